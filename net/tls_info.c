/* tls_info: what was agreed in a TLS handshake, and whose certificates came. */
#include "net/tls_info.h"
#include "base/buf.h"
#include "base/text.h"
#include "net/tls_config.h"

#include <arpa/inet.h>
#include <time.h>

/* A chain of a hundred is no chain, and a thousand names are no name. */
enum { CHAIN_MAX = 20, NAMES_MAX = 500, FINGERPRINT = 3 * EVP_MAX_MD_SIZE };

/* RFC 4514, and readable: what is not ASCII stays. */
static struct str
name_text(struct arena *a, const X509_NAME *name)
{
	BIO *bio = ossl.BIO_new(ossl.BIO_s_mem());
	struct str s = S("");
	char *p = NULL;
	long n;

	if (bio == NULL)
		return s;
	if (ossl.X509_NAME_print_ex(bio, name, 0,
		XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		n = ossl.BIO_ctrl(bio, BIO_CTRL_INFO, 0, (char *)&p);
		if (n > 0)
			s = arena_dup(a, (struct str){p, (size_t)n});
	}
	ossl.BIO_free(bio);
	return s.p != NULL ? s : S("");
}

static struct str
address_text(struct arena *a, struct str octets)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (octets.n == 4)
		(void)inet_ntop(AF_INET, octets.p, text, sizeof(text));
	else if (octets.n == 16)
		(void)inet_ntop(AF_INET6, octets.p, text, sizeof(text));
	return arena_dup(a, str_z(text));
}

static struct str
alternative_text(struct arena *a, const GENERAL_NAME *name)
{
	const ASN1_STRING *value;
	struct str s;

	if (name->type != GEN_DNS && name->type != GEN_EMAIL &&
	    name->type != GEN_URI && name->type != GEN_IPADD)
		return S("");
	value = name->d.ia5;
	s.p = (const char *)ossl.ASN1_STRING_get0_data(value);
	s.n = (size_t)ossl.ASN1_STRING_length(value);
	return name->type == GEN_IPADD ? address_text(a, s) : arena_dup(a, s);
}

static void
read_names(struct arena *a, const X509 *x, struct tls_cert *out)
{
	GENERAL_NAMES *all =
	    ossl.X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	struct tls_name **at = &out->names;
	struct str text;
	int n;

	if (all == NULL)
		return;
	n = ossl.OPENSSL_sk_num((const OPENSSL_STACK *)all);
	for (int i = 0; i < n && i < NAMES_MAX; i++) {
		text = alternative_text(
		    a, ossl.OPENSSL_sk_value((const OPENSSL_STACK *)all, i));
		if (text.n == 0)
			continue;
		*at = arena_alloc(a, sizeof(**at));
		if (*at == NULL)
			break;
		(*at)->text = text;
		at = &(*at)->next;
	}
	ossl.GENERAL_NAMES_free(all);
}

static bool
read_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm = {0};

	if (t == NULL || ossl.ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

static struct str
key_text(struct arena *a, const X509 *x)
{
	EVP_PKEY *key = ossl.X509_get0_pubkey(x);
	const char *type =
	    key != NULL ? ossl.EVP_PKEY_get0_type_name(key) : NULL;

	if (type == NULL)
		return S("unknown");
	return arena_fmt(a, "%s, %d bits", type, ossl.EVP_PKEY_get_bits(key));
}

static struct tls_cert *
read_cert(struct arena *a, X509 *x)
{
	struct tls_cert *c = arena_alloc(a, sizeof(*c));
	char print[FINGERPRINT];

	if (c == NULL)
		return NULL;
	c->subject = name_text(a, ossl.X509_get_subject_name(x));
	c->issuer = name_text(a, ossl.X509_get_issuer_name(x));
	read_names(a, x, c);
	c->key = key_text(a, x);
	tls_fingerprint(x, print, sizeof(print));
	c->fingerprint = arena_dup(a, str_z(print));
	c->has_begin = read_time(ossl.X509_get0_notBefore(x), &c->begins);
	c->has_end = read_time(ossl.X509_get0_notAfter(x), &c->ends);
	return c;
}

static void
read_chain(struct arena *a, const SSL *ssl, struct tls_info *out)
{
	const OPENSSL_STACK *chain =
	    (const OPENSSL_STACK *)ossl.SSL_get_peer_cert_chain(ssl);
	X509 *own = ossl.SSL_get0_peer_certificate(ssl);
	struct tls_cert **at = &out->chain;
	int n = chain != NULL ? ossl.OPENSSL_sk_num(chain) : 0;

	if (n <= 0 && own != NULL)
		*at = read_cert(a, own);
	for (int i = 0; i < n && i < CHAIN_MAX; i++) {
		*at = read_cert(a, ossl.OPENSSL_sk_value(chain, i));
		if (*at == NULL)
			return;
		at = &(*at)->next;
	}
}

static void
read_verdict(struct arena *a, const SSL *ssl, struct tls_info *out)
{
	long result = ossl.SSL_get_verify_result(ssl);

	out->checked = ossl.SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
	out->verified = out->chain != NULL && result == X509_V_OK;
	out->dane = out->verified && tls_dane_matched(ssl);
	if (out->chain == NULL)
		out->reason =
		    str_z(text_of("the other side has shown no certificate"));
	else if (!out->verified)
		out->reason = arena_dup(a,
		    str_z(text_of(ossl.X509_verify_cert_error_string(result))));
}

struct tls_info *
tls_info(const struct stream *s, struct arena *a)
{
	const SSL *ssl = tls_session(s);
	struct tls_info *out;
	const unsigned char *alpn = NULL;
	unsigned n = 0;

	if (ssl == NULL || (out = arena_alloc(a, sizeof(*out))) == NULL)
		return NULL;
	out->version = arena_dup(a, str_z(ossl.SSL_get_version(ssl)));
	out->cipher = arena_dup(a,
	    str_z(ossl.SSL_CIPHER_get_name(ossl.SSL_get_current_cipher(ssl))));
	ossl.SSL_get0_alpn_selected(ssl, &alpn, &n);
	out->alpn = arena_dup(a, (struct str){(const char *)alpn, n});
	out->resumed = ossl.SSL_session_reused(ssl) == 1;
	read_chain(a, ssl, out);
	read_verdict(a, ssl, out);
	ossl.ERR_clear_error();
	return out;
}
