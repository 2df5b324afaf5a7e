/*
 * services: the protocols that posteld speaks.
 */
#ifndef SERVER_SERVICES_H
#define SERVER_SERVICES_H

#include "server/client.h"

extern const struct service pop3_service; /* RFC 1939 */
extern const struct service smtp_service; /* RFC 5321 */
extern const struct service lmtp_service; /* RFC 2033 */
extern const struct service imap_service; /* RFC 3501, RFC 9051 */

#endif
