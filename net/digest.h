/*
 * digest: the one digest that a protocol here computes by itself.
 */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include "base/err.h"

enum { DIGEST_APOP_SIZE = 33 }; /* hexadecimal, and a NUL */

/*
 * RFC 1939 7: MD5 of the time stamp of the greeting and the password, in
 * hexadecimal.  -1 with ERR_AUTH or ERR_TLS where there is no MD5.
 */
int digest_apop(struct str stamp, struct str password,
    char out[static DIGEST_APOP_SIZE], struct err *e);

#endif
