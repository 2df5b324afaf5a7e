/*
 * tls_config: what TLS trusts, whom it expects, and how it says no.
 * For tls*.c alone.
 */
#ifndef NET_TLS_CONFIG_H
#define NET_TLS_CONFIG_H

#include "base/fingerprint.h"
#include "net/openssl.h"
#include "net/tls.h"
#include "net/tls_info.h"

/* -- The server's certificate (tls_verdict.c) ------------------------------ */

/* What a certificate is held against, and what came of it. */
struct tls_verdict {
	char
	    host[256]; /* the name that is wanted, in A-labels, or an address */
	char srv_id[256]; /* or this one, which may be empty (RFC 4985) */
	uint16_t port;	  /* 0: sessions are not kept */
	bool any;	  /* a fault is told, and taken */
	bool pinned;
	unsigned char pin[FINGERPRINT_SIZE];
	bool system;	  /* it is the system's authorities that count */
	struct err fault; /* ERR_TLS and what is wrong; NONE if nothing is */
	int64_t until;	  /* when the first of the chain expires */
	struct tls_search *search; /* private */
};

/* A fault, and where in the chain it is. */
struct tls_found {
	int code;   /* X509_V_ERR_… */
	int depth;  /* 0: the server's own */
	X509 *cert; /* the one at fault */
	X509 *own;
	const struct tls_verdict *v;
	struct arena *a; /* of tls_tell_fault */
};
/* Fills v->fault with the first, in its own order, of n > 0 faults.
 * (tls_faults.c) */
void tls_tell_fault(struct tls_verdict *v, struct tls_found *found, size_t n);

/* For SSL_CTX_set_cert_verify_callback; the verdict is the session's ex_data
 * 0. */
int tls_judge(X509_STORE_CTX *ctx, void *unused);

/* -- Clients (tls_config.c, tls_shared.c) --------------------------------- */

/*
 * A client session for cfg and name, which is to get its BIO.  *v must live as
 * long.  NULL if cfg is unusable; then OpenSSL's error queue may be left
 * filled.
 */
SSL *tls_configure(const char *name, const struct tls_config *cfg,
    struct tls_verdict *v, struct err *e);

/*
 * The context for cfg, which stays the cache's: connections of one
 * configuration share what they trust, read once as long as its files stay the
 * same, and the sessions they can resume.  NULL if cfg is unusable.
 */
struct tls_shared *tls_shared_get(const struct tls_config *cfg, struct err *e);
/* A session of the context; if one was kept for the same host and port, it is
 * proposed to the server.  NULL if the library refuses. */
SSL *tls_shared_session(struct tls_shared *x, struct tls_verdict *v);

/* Begins to trust the authorities of ca, a file or folder, or the system's; 1
 * if that could be.  (tls_trust.c) */
int tls_trust(SSL_CTX *ctx, const char *ca);
/* Whether the system has authorities at all.  If not, where they were looked
 * for. */
bool tls_system_trust(const char **file, const char **dir);

/* The file of SSLKEYLOGFILE, or NULL.  (tls_keylog.c) */
const char *tls_keylog_file(void);
/* Writes the keys of ctx's sessions there, and tells so. */
void tls_keylog(SSL_CTX *ctx);

/* -- Servers (tls_identity.c) ---------------------------------------------- */

/* A server session with the identity; NULL if the library refuses. */
SSL *tls_accepting(const struct tls_identity *id, struct err *e);

/* -- Both ------------------------------------------------------------------ */

/* A context for clients or servers with what holds for both: TLS 1.2 or later,
 * no renegotiation.  NULL if the library refuses. */
SSL_CTX *tls_context(const SSL_METHOD *method, struct err *e);

/* The session of a stream that is TLS, or lies on it, and has shaken hands;
 * else NULL.  In tls.c. */
const SSL *tls_session(const struct stream *s);

/* What was found of its peer's certificate; NULL where there is no TLS. */
const struct tls_verdict *tls_verdict(const struct stream *s);

/* Whether the certificate has the SRV-ID (RFC 4985).  In tls_names.c. */
bool tls_has_srv_id(X509 *cert, const char *srv_id);

/* Makes the records of cfg->dane decide, before the names are set.  False if
 * the library refuses.  In tls_dane.c. */
bool tls_dane(SSL *ssl, const char *host, const char *records);
/* Whether one has matched. */
bool tls_dane_matched(const SSL *ssl);

/* "AB:CD:…" of the certificate's SHA-256; empty if there is none. */
void tls_fingerprint(X509 *cert, char out[static FINGERPRINT_TEXT]);

/* The names of a certificate's subjectAltName; "CN=x,O=y" (RFC 4514).  In
 * tls_info.c. */
struct tls_name *tls_cert_names(struct arena *a, const X509 *x);
struct str tls_name_text(struct arena *a, const X509_NAME *name);
/* "RSA, 2048 bits"; "RSA-SHA256". */
struct str tls_key_text(struct arena *a, const X509 *x);
struct str tls_signature_text(struct arena *a, const X509 *x);
/* Seconds since 1970; false if t is no time. */
bool tls_read_time(const ASN1_TIME *t, int64_t *out);

/* Shows the certificate, and what stands behind it, from PEM files.  0, or -1
 * with ERR_TLS where they cannot be read or do not fit together.  In
 * tls_identity.c. */
int tls_use_certificate(
    SSL_CTX *ctx, const char *cert, const char *key, struct err *e);

/* Sets e to ERR_TLS and "what: " with the words for OpenSSL's code.
 * (tls_words.c) */
void tls_reason(struct err *e, unsigned long code, const char *what);
/* The same for a handshake that failed; head: what the server sent first. */
void tls_handshake_reason(struct err *e, unsigned long code, struct str head);

#endif
