/*
 * tls_info: what was agreed in a TLS handshake, and whose certificates came.
 *
 * A certificate is written by a stranger: each string may hold any octet,
 * and must pass vis before it is shown on a terminal.
 */
#ifndef NET_TLS_INFO_H
#define NET_TLS_INFO_H

#include "base/arena.h"
#include "net/tls.h"

struct tls_name {
	struct tls_name *next;
	struct str text; /* "mx.example", "192.0.2.1", "x@y.example" */
};

/* One certificate. */
struct tls_cert {
	struct tls_cert *next;	 /* the one behind it in the chain */
	struct str subject;	 /* "CN=mx.example,O=Example", RFC 4514 */
	struct str issuer;	 /* the same */
	struct tls_name *names;	 /* of subjectAltName, in their order */
	struct str key;		 /* "RSA, 2048 bits" */
	struct str signature;	 /* "sha256WithRSAEncryption" */
	struct str fingerprint;	 /* of SHA-256: "AB:CD:…" */
	int64_t begins, ends;	 /* seconds since 1970 */
	bool has_begin, has_end; /* false: that is no time */
};

struct tls_info {
	struct str version; /* "TLSv1.3" */
	struct str cipher;
	struct str group; /* of the key exchange, "x25519"; empty: none known */
	struct str alpn;  /* the protocol agreed on (RFC 7301), or empty */
	bool resumed;	  /* the session is one of before */
	bool checked;	  /* a bad certificate would have ended it */
	bool verified; /* it is good: authority, dates, and name; or pinned */
	bool pinned;   /* it is the one of the fingerprint, all else aside */
	bool dane;     /* by a TLSA record (RFC 6698) */
	struct str reason; /* why it is not, in words; empty if it is */
	bool bindings[TLS_SERVER_END_POINT + 1]; /* which ones there are */
	/* The peer's, as it sent them, its own one first; NULL if none. */
	struct tls_cert *chain;
};

/* All of it, in memory of a.  NULL if s has no TLS that is up, or a is full. */
struct tls_info *tls_info(const struct stream *s, struct arena *a);

#endif
