/*
 * sasl: the client side of SASL exchanges (RFC 4422).
 *
 * Knows mechanisms, not protocols: it takes decoded challenges and gives
 * decoded answers.  Most mechanisms are libgsasl's, which is opened on first
 * use; SCRAM and the two that carry a token are our own (sasl_inner.h).
 */
#ifndef PROTO_SASL_H
#define PROTO_SASL_H

#include "base/buf.h"
#include "base/err.h"

struct sasl;

/* What ties an exchange to the TLS below it (RFC 5056). */
struct sasl_binding {
	const char *name; /* "tls-exporter" …; NULL: there is none to be had */
	struct str data;
	/* The server offers a mechanism that binds.  If not, one that could
	 * says so, and a server that did offer it notices (RFC 5802 6). */
	bool offered;
};

struct sasl_login {
	struct str mech; /* "PLAIN", "LOGIN" … any case */
	struct str user, authzid;
	struct str password; /* or the token */
	const char *service; /* "imap", "smtp", "pop" (RFC 4422) */
	const char *host;
	uint16_t port; /* 0: there is none */
	struct sasl_binding binding;
	const char *nonce; /* instead of a random one, for tests; or NULL */
};

/* Whether the mechanism can be had here. */
bool sasl_knows(struct str mech);
/* Whether it binds to TLS: it cannot be had without a binding. */
bool sasl_binds(struct str mech);
/* Whether the client speaks first in it. */
bool sasl_client_first(struct str mech);
/* The i-th mechanism of our table, NULL behind the last; libgsasl may lack
 * some of them. */
const char *sasl_mechanism(size_t i);

/* What the client must know for a mechanism.  One that nobody knows is taken
 * to want a password. */
enum sasl_secret { SASL_PASSWORD, SASL_TOKEN, SASL_NO_SECRET };
enum sasl_secret sasl_secret(struct str mech);
/* Whether who listens learns the secret; of one that nobody knows: yes. */
bool sasl_shows_secret(struct str mech);
/* Whether it can say who to be, an authzid (RFC 4422 3.4.1).  Who asks for one
 * must never be let in as the user: what is read and deleted then is another's
 * mail. */
bool sasl_says_authzid(struct str mech);

/* Copies what it needs.  NULL with ERR_AUTH or ERR_USE. */
struct sasl *sasl_new(const struct sasl_login *login, struct err *e);
/* Wipes the secrets; s may be NULL. */
void sasl_free(struct sasl *s);

enum sasl_step {
	SASL_MORE,
	SASL_DONE,
	SASL_FAIL,    /* with err; the exchange is to be broken off */
	SASL_REFUSED, /* the same, but the answer lets the server say so, too */
};
/* One step: decoded challenge in, decoded answer appended to out. */
enum sasl_step sasl_step(
    struct sasl *s, struct str challenge, struct buf *out, struct err *e);
/* Appends an answer of s as it may be shown: without password and proof. */
void sasl_mask(const struct sasl *s, struct str answer, struct buf *out);
/* Whether the mechanism is satisfied with what the server proved; a
 * positive reply before that must not count as a login. */
bool sasl_done(const struct sasl *s);
/* The error of such a positive reply. */
int sasl_early(const struct sasl *s, struct err *e);

#endif
