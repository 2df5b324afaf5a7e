/* certs: keys and certificates made for a test, and gone with it. */
#include "tests/unit/certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "certs: %s failed\n", what);
	abort();
}

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

/* What no syntax can express: a NUL in a name, UTF-8. */
static void
name_octets(X509 *x, const char *octets, size_t n)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	must(ASN1_STRING_set(text, octets, (int)n) == 1, "octets");
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	must(sk_GENERAL_NAME_push(names, name) == 1, "names");
	must(X509_add1_ext_i2d(
		 x, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) == 1,
	    "subjectAltName");
	GENERAL_NAMES_free(names);
}

static EVP_PKEY *
key_make(const char *kind)
{
	if (kind == NULL)
		return EVP_EC_gen("P-256");
	if (strcmp(kind, "RSA1024") == 0)
		return EVP_RSA_gen(1024);
	return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}

/* Ed25519 signs without one. */
static const EVP_MD *
digest_of(const struct cert_spec *spec)
{
	if (spec->key != NULL && spec->issuer == NULL &&
	    strcmp(spec->key, "ED25519") == 0)
		return NULL;
	return EVP_get_digestbyname(
	    spec->digest != NULL ? spec->digest : "SHA256");
}

struct cert
cert_make(const struct cert_spec *spec)
{
	static long serial = 1;
	struct cert c = {X509_new(), key_make(spec->key)};
	const struct cert *issuer = spec->issuer != NULL ? spec->issuer : &c;
	bool usual = spec->from_days == 0 && spec->to_days == 0;
	X509_NAME *name = X509_get_subject_name(c.x);

	must(c.key != NULL && X509_set_version(c.x, 2) == 1, "key");
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), serial++);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)spec->cn, -1, -1, 0);
	X509_set_issuer_name(c.x, X509_get_subject_name(issuer->x));
	X509_set_pubkey(c.x, c.key);
	X509_time_adj_ex(
	    X509_getm_notBefore(c.x), usual ? -1 : spec->from_days, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(c.x), usual ? 30 : spec->to_days,
	    spec->seconds, NULL);
	extend(c.x, issuer->x, NID_basic_constraints,
	    spec->basic != NULL ? spec->basic
	    : spec->ca		? "critical,CA:TRUE"
				: "CA:FALSE");
	extend(c.x, issuer->x, NID_subject_alt_name, spec->san);
	extend(c.x, issuer->x, NID_ext_key_usage, spec->eku);
	extend(c.x, issuer->x, NID_key_usage, spec->usage);
	extend(c.x, issuer->x, NID_name_constraints, spec->permitted);
	if (spec->octets != NULL)
		name_octets(c.x, spec->octets, spec->n);
	must(X509_sign(c.x, issuer->key, digest_of(spec)) > 0, "sign");
	return c;
}

void
cert_free(struct cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	*c = (struct cert){0};
}

void
cert_save(const struct cert *c, const char *path, bool with_key)
{
	FILE *f = fopen(path, "w");

	must(f != NULL && PEM_write_X509(f, c->x) == 1, path);
	must(!with_key || PEM_write_PrivateKey(
			      f, c->key, NULL, NULL, 0, NULL, NULL) == 1,
	    path);
	must(fclose(f) == 0, path);
}
