/*
 * digest: the digests that protocols here compute by themselves, by OpenSSL.
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

enum { DIGEST_MAX = 64 };

/* A digest: what it makes of something, n octets.  To be wiped by who has it,
 * where it is secret. */
struct digest {
	unsigned char p[DIGEST_MAX];
	unsigned n;
};

/*
 * By the digest of a name that OpenSSL knows ("SHA1", "SHA256"): of data
 * alone; HMAC (RFC 2104); PBKDF2 with HMAC (RFC 8018 5.2), which takes as long
 * as there are iterations (1 to INT_MAX).  -1 with ERR_AUTH or ERR_TLS.
 */
int digest_of(
    const char *name, struct str data, struct digest *out, struct err *e);
int digest_hmac(const char *name, struct str key, struct str data,
    struct digest *out, struct err *e);
int digest_pbkdf2(const char *name, struct str password, struct str salt,
    unsigned iterations, struct digest *out, struct err *e);

/* The octets of d. */
static inline struct str
digest_str(const struct digest *d)
{
	return (struct str){(const char *)d->p, d->n};
}

#endif
