/*
 * gsasl: libgsasl, set up and wiped, for clients and servers.
 */
#ifndef NET_GSASL_H
#define NET_GSASL_H

#include <gsasl.h>

/* The library with its callback, set up in *ctx at the first call; NULL if it
 * cannot be. */
Gsasl *gsasl_library(Gsasl **ctx, Gsasl_callback_function provide);

/* gsasl_finish, after wiping what libgsasl would leave in memory: the password
 * and what was made of it.  session may be NULL. */
void gsasl_end(Gsasl_session *session);

#endif
