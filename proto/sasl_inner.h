/*
 * sasl_inner: what makes a mechanism, for proto/sasl*.c alone.
 *
 * SCRAM is not left to libgsasl, since version 2.2 cannot say that it could
 * bind to TLS ("y", RFC 5802 6: it fails), takes any number of iterations, also
 * one that its int does not hold, and a nonce that the server has not extended.
 */
#ifndef PROTO_SASL_INNER_H
#define PROTO_SASL_INNER_H

#include "base/limits.h"
#include "base/mem.h"
#include "net/gsasl.h"
#include "proto/sasl.h"

#include <stdlib.h>

/* A mechanism of our own: begin fills s->own, end frees it and wipes. */
struct sasl_own {
	int (*begin)(
	    struct sasl *s, const struct sasl_login *login, struct err *e);
	enum sasl_step (*step)(struct sasl *s, struct str challenge,
	    struct buf *out, struct err *e);
	void (*end)(struct sasl *s);
};

struct sasl_mech {
	const char *name;
	const struct sasl_own *own; /* NULL: libgsasl's */
	const char *digest;	    /* SCRAM: as net/digest.h has it */
	enum sasl_secret secret;
	bool server_first; /* the client has nothing to say before */
	bool shows;	   /* who listens learns the secret */
	bool mutual;	   /* the server proves itself at the end */
	bool binds;	   /* to TLS */
	bool alone;	   /* it cannot say who to be: no authzid */
	/* Where in an answer the proof begins: behind the last of these; ""
	 * is its begin; NULL: there is none but the secret itself. */
	const char *proof;
	/* A challenge that libgsasl must not see, or NULL. */
	int (*check)(struct str challenge, const char *mech, struct err *e);
};

struct sasl {
	const struct sasl_mech *mech;
	Gsasl_session *session; /* or NULL: our own */
	void *own;
	char *user, *authzid, *password, *service, *host;
	uint16_t port;
	unsigned steps; /* answers so far */
	bool done;
};

extern const struct sasl_own sasl_scram, sasl_oauthbearer, sasl_xoauth2;

/* Appends a name as RFC 5801 4 and RFC 5802 5.1 write it: "," and "=" are
 * "=2C" and "=3D". */
void sasl_put_name(struct buf *out, struct str name);

#endif
