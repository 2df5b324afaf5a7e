/*
 * tls_config: what TLS trusts, whom it expects, and how it says no.
 * For tls.c alone.
 */
#ifndef NET_TLS_CONFIG_H
#define NET_TLS_CONFIG_H

#include "net/openssl.h"
#include "net/tls.h"

/* Why the certificate was refused. */
struct tls_verdict {
	char host[256];	  /* the name that was wanted */
	char srv_id[256]; /* or this one; empty if none */
	char text[240];	  /* the reason and the fingerprint, or empty */
};

/*
 * A client session for cfg and name, which is to get its BIO.  A refusal of
 * the certificate will be told in *v, which must live as long.  NULL if cfg is
 * unusable; then OpenSSL's error queue may be left filled.
 */
SSL *tls_configure(const char *name, const struct tls_config *cfg,
    struct tls_verdict *v, struct err *e);

/* A server session with the identity; NULL if the library refuses. */
SSL *tls_accepting(const struct tls_identity *id, struct err *e);

/* A context for clients or servers with what holds for both: TLS 1.2 or later,
 * no renegotiation.  NULL if the library refuses. */
SSL_CTX *tls_context(const SSL_METHOD *method, struct err *e);

/* The session of a stream that is TLS, or lies on it, and has shaken hands;
 * else NULL.  In tls.c. */
const SSL *tls_session(const struct stream *s);

/* "AB:CD:…" of the certificate's SHA-256, cut to what out holds; empty if there
 * is none. */
void tls_fingerprint(X509 *cert, char *out, size_t size);

/* Whether the certificate has the SRV-ID (RFC 4985).  In tls_names.c. */
bool tls_has_srv_id(X509 *cert, const char *srv_id);

/* Makes the records of cfg->dane decide, before the names are set.  False if
 * the library refuses.  In tls_dane.c. */
bool tls_dane(SSL *ssl, const char *host, const char *records);
/* Whether one has matched. */
bool tls_dane_matched(const SSL *ssl);

/* A key with a passphrase is refused: OpenSSL would ask on the terminal. */
int tls_no_passphrase(char *p, int size, int rw, void *arg);

/* Sets e to ERR_TLS and "what: " with the words for OpenSSL's code. */
void tls_reason(struct err *e, unsigned long code, const char *what);

#endif
