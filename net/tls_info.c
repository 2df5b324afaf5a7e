/* tls_info: what was agreed in a TLS handshake, and whose certificates came. */
#include "net/tls_info.h"
#include "base/buf.h"
#include "base/text.h"
#include "net/tls_config.h"

#include <arpa/inet.h>
#include <time.h>

/* A chain of a hundred is no chain, and a thousand names are no name. */
enum { CHAIN_MAX = 20, NAMES_MAX = 500, BINDING_MAX = 64 };

/* RFC 4514, and readable: what is not ASCII stays. */
struct str
tls_name_text(struct arena *a, const X509_NAME *name)
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

struct tls_name *
tls_cert_names(struct arena *a, const X509 *x)
{
	GENERAL_NAMES *all =
	    ossl.X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	struct tls_name *names = NULL, **at = &names;
	struct str text;
	int n;

	if (all == NULL)
		return NULL;
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
	return names;
}

bool
tls_read_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm = {0};

	if (t == NULL || ossl.ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

struct str
tls_key_text(struct arena *a, const X509 *x)
{
	EVP_PKEY *key = ossl.X509_get0_pubkey(x);
	const char *type =
	    key != NULL ? ossl.EVP_PKEY_get0_type_name(key) : NULL;

	if (type == NULL)
		return S("unknown");
	return arena_fmt(a, "%s, %d bits", type, ossl.EVP_PKEY_get_bits(key));
}

struct str
tls_signature_text(struct arena *a, const X509 *x)
{
	const char *name = ossl.OBJ_nid2ln(ossl.X509_get_signature_nid(x));

	return arena_dup(a, str_z(name != NULL ? name : "unknown"));
}

void
tls_fingerprint(X509 *cert, char out[static FINGERPRINT_TEXT])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	*out = '\0';
	if (cert != NULL &&
	    ossl.X509_digest(cert, ossl.EVP_sha256(), md, &n) == 1 &&
	    n == FINGERPRINT_SIZE)
		fingerprint_text(md, out);
}

static struct tls_cert *
read_cert(struct arena *a, X509 *x)
{
	struct tls_cert *c = arena_alloc(a, sizeof(*c));
	char print[FINGERPRINT_TEXT];

	if (c == NULL)
		return NULL;
	c->subject = tls_name_text(a, ossl.X509_get_subject_name(x));
	c->issuer = tls_name_text(a, ossl.X509_get_issuer_name(x));
	c->names = tls_cert_names(a, x);
	c->key = tls_key_text(a, x);
	c->signature = tls_signature_text(a, x);
	tls_fingerprint(x, print);
	c->fingerprint = arena_dup(a, str_z(print));
	c->has_begin = tls_read_time(ossl.X509_get0_notBefore(x), &c->begins);
	c->has_end = tls_read_time(ossl.X509_get0_notAfter(x), &c->ends);
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
read_verdict(struct arena *a, const SSL *ssl, const struct tls_verdict *v,
    struct tls_info *out)
{
	out->checked = !v->any;
	out->pinned = v->pinned;
	out->verified = out->chain != NULL && v->fault.kind == ERR_NONE;
	out->dane = out->verified && tls_dane_matched(ssl);
	if (out->chain == NULL)
		out->reason =
		    str_z(text_of("the other side has shown no certificate"));
	else if (!out->verified)
		out->reason = arena_dup(a, str_z(v->fault.msg));
}

static void
read_bindings(const struct stream *s, struct tls_info *out)
{
	struct buf b;

	buf_init(&b, BINDING_MAX);
	for (enum tls_binding i = 0; i <= TLS_SERVER_END_POINT; i++) {
		buf_clear(&b);
		out->bindings[i] = tls_channel_binding(s, i, &b) == 0;
	}
	buf_fini(&b);
}

/* SSL_get_negotiated_group is a macro of this; 0 where there was none. */
static struct str
group_text(struct arena *a, SSL *ssl)
{
	int group =
	    (int)ossl.SSL_ctrl(ssl, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, NULL);
	const char *name =
	    group != 0 ? ossl.SSL_group_to_name(ssl, group) : NULL;

	return name != NULL ? arena_dup(a, str_z(name)) : S("");
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
	/* Nothing is changed, but the library's signature wants it so. */
	out->group = group_text(a, (SSL *)(uintptr_t)ssl);
	ossl.SSL_get0_alpn_selected(ssl, &alpn, &n);
	out->alpn = arena_dup(a, (struct str){(const char *)alpn, n});
	out->resumed = ossl.SSL_session_reused(ssl) == 1;
	read_chain(a, ssl, out);
	read_verdict(a, ssl, tls_verdict(s), out);
	read_bindings(s, out);
	ossl.ERR_clear_error();
	return out;
}
