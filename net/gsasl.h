/*
 * gsasl: the end of a SASL session of libgsasl, client's or server's.
 */
#ifndef NET_GSASL_H
#define NET_GSASL_H

#include <gsasl.h>

/* gsasl_finish, after wiping what libgsasl would leave in memory: the password
 * and what was made of it.  session may be NULL. */
void gsasl_end(Gsasl_session *session);

#endif
