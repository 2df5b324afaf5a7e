/* digest: APOP's, by OpenSSL. */
#include "net/digest.h"
#include "base/mem.h"
#include "net/openssl.h"

#include <stdio.h>

int
digest_apop(struct str stamp, struct str password,
    char out[static DIGEST_APOP_SIZE], struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;
	EVP_MD_CTX *ctx;
	bool ok;

	if (openssl_open(e) < 0)
		return -1;
	ctx = ossl.EVP_MD_CTX_new();
	ok = ctx != NULL && ossl.EVP_DigestInit_ex(ctx, ossl.EVP_md5(), NULL) &&
	     ossl.EVP_DigestUpdate(ctx, stamp.p, stamp.n) &&
	     ossl.EVP_DigestUpdate(ctx, password.p, password.n) &&
	     ossl.EVP_DigestFinal_ex(ctx, md, &n) &&
	     n == (DIGEST_APOP_SIZE - 1) / 2;
	ossl.EVP_MD_CTX_free(ctx);
	for (i = 0; ok && i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", md[i]);
	mem_wipe(md, sizeof(md));
	return ok ? 0 : err_set(e, ERR_AUTH, "MD5 is not to be had here");
}
