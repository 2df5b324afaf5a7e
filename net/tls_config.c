/* tls_config: a session of TLS as its configuration wants it. */
#include "net/tls_config.h"
#include "net/resolve.h"
#include "base/text.h"

SSL_CTX *
tls_context(const SSL_METHOD *method, struct err *e)
{
	SSL_CTX *ctx = ossl.SSL_CTX_new(method);

	if (ctx == NULL ||
	    ossl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION,
		TLS1_2_VERSION, NULL) != 1) {
		tls_reason(e, ossl.ERR_peek_error(), "TLS library");
		ossl.SSL_CTX_free(ctx);
		return NULL;
	}
	ossl.SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	(void)ossl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_READ_AHEAD, 1, NULL);
	return ctx;
}

/* RFC 9525: a name must be in subjectAltName as a DNS name, an address as an
 * address; the subject's CN plays no part. */
static int
expect(SSL *ssl, const char *host, const struct tls_config *cfg)
{
	X509_VERIFY_PARAM *p = ossl.SSL_get0_param(ssl);
	const char *sni = cfg->sni != NULL ? cfg->sni : host;
	struct addr a;

	if (*host == '\0')
		return 1; /* a socket or a pipe, where any will do */
	ossl.X509_VERIFY_PARAM_set_hostflags(
	    p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
		   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!host_numeric(host, 0, &a))
		return ossl.X509_VERIFY_PARAM_set1_host(p, host, 0) == 1 &&
		       (cfg->also == NULL || ossl.X509_VERIFY_PARAM_add1_host(
						 p, cfg->also, 0) == 1) &&
		       ossl.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			   TLSEXT_NAMETYPE_host_name,
			   (char *)(uintptr_t)sni) == 1;
	if (a.u.sa.sa_family == AF_INET6)
		return ossl.X509_VERIFY_PARAM_set1_ip(
		    p, a.u.in6.sin6_addr.s6_addr, sizeof(struct in6_addr));
	return ossl.X509_VERIFY_PARAM_set1_ip(
	    p, (void *)&a.u.in.sin_addr, sizeof(struct in_addr));
}

static int
offer(SSL *ssl, const char *alpn)
{
	unsigned char list[64];
	size_t n = str_z(alpn).n;

	if (n == 0)
		return 1;
	if (n >= sizeof(list))
		return 0;
	list[0] = (unsigned char)n;
	memcpy(list + 1, alpn, n);
	/* Unlike its kin it returns 0 on success. */
	return ossl.SSL_set_alpn_protos(ssl, list, (unsigned)n + 1) == 0;
}

/* What the certificate will be held against. */
static int
want(struct tls_verdict *v, const char *name, const struct tls_config *cfg,
    struct err *e)
{
	*v = (struct tls_verdict){.port = cfg->port,
	    .any = cfg->insecure && cfg->fingerprint == NULL,
	    .pinned = cfg->fingerprint != NULL,
	    .system = cfg->ca == NULL};
	/* More than the name decides there: nothing is resumed. */
	if (cfg->also != NULL || cfg->srv_id != NULL || cfg->dane != NULL)
		v->port = 0;
	if (cfg->srv_id != NULL)
		(void)str_copy(
		    v->srv_id, sizeof(v->srv_id), str_z(cfg->srv_id));
	if (v->pinned && !fingerprint_parse(str_z(cfg->fingerprint), v->pin))
		return err_set(e, ERR_USE, "a fingerprint is %s, not %s",
		    text_of(fingerprint_form), cfg->fingerprint);
	if (name == NULL && !v->any && !v->pinned)
		return err_set(e, ERR_TLS,
		    "a socket or a pipe has no name that a certificate could "
		    "have; insecure takes any");
	return name != NULL ? host_ascii(name, v->host, e) : 0;
}

SSL *
tls_configure(const char *name, const struct tls_config *cfg,
    struct tls_verdict *v, struct err *e)
{
	struct tls_shared *x;
	SSL *ssl;

	if (want(v, name, cfg, e) != 0)
		return NULL;
	x = tls_shared_get(cfg, e);
	if (x == NULL)
		return NULL;
	ssl = tls_shared_session(x, v);
	if (ssl == NULL ||
	    (cfg->dane != NULL && !tls_dane(ssl, v->host, cfg->dane)) ||
	    !expect(ssl, v->host, cfg) || !offer(ssl, cfg->alpn)) {
		tls_reason(e, ossl.ERR_peek_error(), "TLS library");
		ossl.SSL_free(ssl);
		return NULL;
	}
	ossl.SSL_set_verify(
	    ssl, v->any ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	ossl.SSL_set_connect_state(ssl);
	return ssl;
}
