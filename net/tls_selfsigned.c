/* tls_selfsigned: a certificate that a server makes for itself. */
#include "net/tls_config.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { VALID_S = 365 * 24 * 3600 };

static bool
extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	bool good;

	ossl.X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = ossl.X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	good = ext != NULL && ossl.X509_add_ext(x, ext, -1) == 1;
	ossl.X509_EXTENSION_free(ext);
	return good;
}

/* For the machine itself, by whichever name it is called, and for host. */
static bool
fill(X509 *x, EVP_PKEY *key, const char *host)
{
	X509_NAME *name = ossl.X509_get_subject_name(x);
	char names[512];

	(void)snprintf(names, sizeof(names),
	    "DNS:localhost,IP:127.0.0.1,IP:::1,DNS:%.253s", host);
	return ossl.X509_set_version(x, 2) == 1 &&
	       ossl.ASN1_INTEGER_set_uint64(
		   ossl.X509_get_serialNumber(x), (uint64_t)time(NULL)) == 1 &&
	       ossl.X509_gmtime_adj(ossl.X509_getm_notBefore(x), -3600) !=
		   NULL &&
	       ossl.X509_gmtime_adj(ossl.X509_getm_notAfter(x), VALID_S) !=
		   NULL &&
	       ossl.X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		   (const unsigned char *)"posteld", -1, -1, 0) == 1 &&
	       ossl.X509_set_issuer_name(x, name) == 1 &&
	       ossl.X509_set_pubkey(x, key) == 1 &&
	       extend(x, NID_subject_alt_name, names) &&
	       extend(x, NID_basic_constraints, "critical,CA:TRUE") &&
	       ossl.X509_sign(x, key, ossl.EVP_sha256()) > 0;
}

/* A file of ours alone. */
static FILE *
create(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (f == NULL)
		(void)err_sys(e, "%s", path);
	return f;
}

static int
finish(FILE *f, bool written, const char *path, struct err *e)
{
	if (fclose(f) == 0 && written)
		return 0;
	(void)err_sys(e, "%s", path);
	(void)unlink(path);
	return -1;
}

static int
save(X509 *x, EVP_PKEY *key, const char *cert_path, const char *key_path,
    struct err *e)
{
	FILE *f = create(key_path, e);

	if (f == NULL || finish(f,
			     ossl.PEM_write_PrivateKey(
				 f, key, NULL, NULL, 0, NULL, NULL) == 1,
			     key_path, e) < 0)
		return -1;
	f = create(cert_path, e);
	if (f == NULL)
		return -1;
	return finish(f, ossl.PEM_write_X509(f, x) == 1, cert_path, e);
}

int
tls_self_signed(const char *cert_path, const char *key_path, const char *host,
    struct err *e)
{
	EVP_PKEY *key;
	X509 *x;
	int rc = -1;

	if (access(cert_path, R_OK) == 0 && access(key_path, R_OK) == 0)
		return 0;
	if (openssl_open(e) < 0)
		return -1;
	key = ossl.EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	x = ossl.X509_new();
	if (key == NULL || x == NULL || !fill(x, key, host))
		tls_reason(e, ossl.ERR_peek_error(), "TLS library");
	else
		rc = save(x, key, cert_path, key_path, e);
	ossl.ERR_clear_error();
	ossl.X509_free(x);
	ossl.EVP_PKEY_free(key);
	return rc;
}
