/*
 * digest: the digests that are computed here, by OpenSSL.
 */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include "base/err.h"

/* In hexadecimal, with a NUL. */
enum { DIGEST_APOP_SIZE = 33, DIGEST_SHA256_SIZE = 65 };

/*
 * RFC 1939 7: MD5 of the time stamp of the greeting and the password, in
 * hexadecimal.  -1 with ERR_AUTH or ERR_TLS where there is no MD5.
 */
int digest_apop(struct str stamp, struct str password,
    char out[static DIGEST_APOP_SIZE], struct err *e);

/* SHA-256 of text, in hexadecimal; -1 with ERR_TLS without OpenSSL. */
int digest_sha256(
    struct str text, char out[static DIGEST_SHA256_SIZE], struct err *e);

#endif
