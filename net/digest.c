/* digest: APOP's, and SHA-256, by OpenSSL. */
#include "net/digest.h"
#include "base/mem.h"
#include "net/openssl.h"

#include <stdio.h>

/* The digest of two strings in a row, in size - 1 hexadecimal digits; false if
 * the library refuses. */
static bool
digest(const EVP_MD *type, struct str a, struct str b, char *out, size_t size)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;
	EVP_MD_CTX *ctx = ossl.EVP_MD_CTX_new();
	bool ok;

	ok = ctx != NULL && ossl.EVP_DigestInit_ex(ctx, type, NULL) &&
	     ossl.EVP_DigestUpdate(ctx, a.p, a.n) &&
	     ossl.EVP_DigestUpdate(ctx, b.p, b.n) &&
	     ossl.EVP_DigestFinal_ex(ctx, md, &n) && n == (size - 1) / 2;
	ossl.EVP_MD_CTX_free(ctx);
	for (i = 0; ok && i < n; i++)
		(void)snprintf(out + (size_t)2 * i, 3, "%02x", md[i]);
	mem_wipe(md, sizeof(md));
	return ok;
}

int
digest_apop(struct str stamp, struct str password,
    char out[static DIGEST_APOP_SIZE], struct err *e)
{
	if (openssl_open(e) < 0)
		return -1;
	if (digest(ossl.EVP_md5(), stamp, password, out, DIGEST_APOP_SIZE))
		return 0;
	return err_set(e, ERR_AUTH, "MD5 is not to be had here");
}

int
digest_sha256(
    struct str text, char out[static DIGEST_SHA256_SIZE], struct err *e)
{
	if (openssl_open(e) < 0)
		return -1;
	if (digest(ossl.EVP_sha256(), text, S(""), out, DIGEST_SHA256_SIZE))
		return 0;
	return err_set(e, ERR_TLS, "SHA-256 is not to be had here");
}
