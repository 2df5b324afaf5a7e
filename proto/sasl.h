/*
 * sasl: the client side of SASL exchanges (RFC 4422), over libgsasl.
 *
 * Knows mechanisms, not protocols: it takes decoded challenges and gives
 * decoded answers.  libgsasl is opened on first use.
 */
#ifndef PROTO_SASL_H
#define PROTO_SASL_H

#include "base/buf.h"
#include "base/err.h"

struct sasl;

struct sasl_login {
	struct str mech; /* "PLAIN", "LOGIN" … any case */
	struct str user, authzid, password;
	const char *service; /* "imap", "smtp", "pop" (RFC 4422) */
	const char *host;
};

/* Whether libgsasl has the mechanism on the client side. */
bool sasl_knows(struct str mech);
/* Whether the client speaks first in it. */
bool sasl_client_first(struct str mech);

/* Copies what it needs.  NULL with ERR_AUTH or ERR_USE. */
struct sasl *sasl_new(const struct sasl_login *login, struct err *e);
/* Wipes the secrets; s may be NULL. */
void sasl_free(struct sasl *s);

enum sasl_step { SASL_MORE, SASL_DONE, SASL_FAIL };
/* One step: decoded challenge in, decoded answer appended to out. */
enum sasl_step sasl_step(
    struct sasl *s, struct str challenge, struct buf *out, struct err *e);
/* Appends an answer of s as it may be shown: without password and proof. */
void sasl_mask(const struct sasl *s, struct str answer, struct buf *out);
/* Whether the mechanism is satisfied with what the server proved; a
 * positive reply before that must not count as a login. */
bool sasl_done(const struct sasl *s);

#endif
