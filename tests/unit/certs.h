/*
 * certs: keys and certificates made for a test, and gone with it.
 */
#ifndef TESTS_UNIT_CERTS_H
#define TESTS_UNIT_CERTS_H

#include <openssl/x509.h>
#include <stdbool.h>

struct cert {
	X509 *x;
	EVP_PKEY *key;
};

struct cert_spec {
	const char *cn;
	const char *san;	   /* "DNS:mx.example,IP:127.0.0.1", or NULL */
	const char *eku;	   /* "clientAuth", or NULL */
	const struct cert *issuer; /* NULL: self-signed */
	int from_days, to_days;	   /* from now; both 0: -1 and 30 */
	long seconds;		   /* added to to_days */
	const char *digest;	   /* of the signature; NULL: SHA-256 */
	const char *key;	   /* "ED25519", "RSA1024"; NULL: EC, P-256 */
	const char *usage;	   /* keyUsage: "keyCertSign", or NULL */
	const char *permitted;	   /* nameConstraints: "permitted;DNS:x" */
	const char *basic;  /* basicConstraints in place of what ca says */
	const char *octets; /* a DNS name of any octets, n of them */
	size_t n;
	bool ca;
};

/* A new key and a certificate for it. Asserts that it worked. */
struct cert cert_make(const struct cert_spec *spec);
void cert_free(struct cert *c);

/* Writes the certificate, and the key if with_key, to a PEM file. */
void cert_save(const struct cert *c, const char *path, bool with_key);

#endif
