/*
 * gsasl: libgsasl, opened on first use, set up and wiped, for clients and
 * servers.  With what it needs itself it would take a fifth of the start.
 */
#ifndef NET_GSASL_H
#define NET_GSASL_H

#include "net/library.h"

#include <gsasl.h>

/* Those that are called. */
#define GSASL_FUNCTIONS(F)                                                     \
	F(gsasl_callback_set)                                                  \
	F(gsasl_check_version)                                                 \
	F(gsasl_client_start)                                                  \
	F(gsasl_client_support_p)                                              \
	F(gsasl_finish)                                                        \
	F(gsasl_free)                                                          \
	F(gsasl_init)                                                          \
	F(gsasl_nonce)                                                         \
	F(gsasl_property_fast)                                                 \
	F(gsasl_property_set)                                                  \
	F(gsasl_saslprep)                                                      \
	F(gsasl_server_start)                                                  \
	F(gsasl_session_hook_get)                                              \
	F(gsasl_session_hook_set)                                              \
	F(gsasl_step)                                                          \
	F(gsasl_strerror)

struct gsasl_functions {
	GSASL_FUNCTIONS(LIBRARY_MEMBER)
};

/* Good after gsasl_open has returned 0 once, or gsasl_library a pointer. */
extern struct gsasl_functions gsl;

/* 0, or -1 with ERR_AUTH where the library is not there. */
int gsasl_open(struct err *e);

/* The library with its callback, set up in *ctx at the first call; NULL if it
 * cannot be. */
Gsasl *gsasl_library(Gsasl **ctx, Gsasl_callback_function provide);

/* gsasl_finish, after wiping what libgsasl would leave in memory: the password
 * and what was made of it.  session may be NULL. */
void gsasl_end(Gsasl_session *session);

#endif
