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

static const EVP_MD *
find(const char *name, struct err *e)
{
	const EVP_MD *md;

	if (openssl_open(e) < 0)
		return NULL;
	md = ossl.EVP_get_digestbyname(name);
	if (md == NULL)
		err_set(e, ERR_AUTH, "%s is not to be had here", name);
	return md;
}

static const unsigned char *
octets(struct str s)
{
	return (const unsigned char *)s.p;
}

/* What OpenSSL refuses here is a digest that the machine's policy forbids. */
static int
made(const char *name, bool ok, struct err *e)
{
	if (ok)
		return 0;
	ossl.ERR_clear_error();
	return err_set(e, ERR_AUTH, "%s is not to be had here", name);
}

int
digest_of(const char *name, struct str data, struct digest *out, struct err *e)
{
	const EVP_MD *md = find(name, e);

	if (md == NULL)
		return -1;
	return made(name,
	    ossl.EVP_Digest(data.p, data.n, out->p, &out->n, md, NULL) == 1, e);
}

int
digest_hmac(const char *name, struct str key, struct str data,
    struct digest *out, struct err *e)
{
	const EVP_MD *md = find(name, e);

	if (md == NULL)
		return -1;
	return made(name,
	    ossl.HMAC(md, key.p, (int)key.n, octets(data), data.n, out->p,
		&out->n) != NULL,
	    e);
}

int
digest_pbkdf2(const char *name, struct str password, struct str salt,
    unsigned iterations, struct digest *out, struct err *e)
{
	struct digest size;
	const EVP_MD *md = find(name, e);

	/* Its size is that of what it makes. */
	if (md == NULL || digest_of(name, S(""), &size, e) < 0)
		return -1;
	out->n = size.n;
	return made(name,
	    ossl.PKCS5_PBKDF2_HMAC(password.p, (int)password.n, octets(salt),
		(int)salt.n, (int)iterations, md, (int)out->n, out->p) == 1,
	    e);
}
