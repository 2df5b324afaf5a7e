/*
 * tls_verdict: whether a server's certificate is taken.
 *
 * OpenSSL's check of the chain goes on behind a fault, so that all of them are
 * known, and a hint is not given that the next fault would make vain.
 */
#include "net/tls_config.h"

enum { FAULTS_MAX = 16 };

struct tls_search {
	struct tls_found found[FAULTS_MAX];
	size_t n;
};

static struct tls_verdict *
verdict_of(X509_STORE_CTX *ctx)
{
	SSL *ssl = ossl.X509_STORE_CTX_get_ex_data(
	    ctx, ossl.SSL_get_ex_data_X509_STORE_CTX_idx());

	return ossl.SSL_get_ex_data(ssl, 0);
}

static void
note(X509_STORE_CTX *ctx, struct tls_verdict *v)
{
	struct tls_search *s = v->search;
	X509 *at = ossl.X509_STORE_CTX_get_current_cert(ctx);
	X509 *own = ossl.X509_STORE_CTX_get0_cert(ctx);

	if (s->n < FAULTS_MAX)
		s->found[s->n++] = (struct tls_found){
		    .code = ossl.X509_STORE_CTX_get_error(ctx),
		    .depth = ossl.X509_STORE_CTX_get_error_depth(ctx),
		    .cert = at != NULL ? at : own,
		    .own = own,
		    .v = v,
		};
}

/* Another name may do, which OpenSSL does not know of. */
static bool
has_srv_id(X509_STORE_CTX *ctx, const struct tls_verdict *v)
{
	return ossl.X509_STORE_CTX_get_error(ctx) ==
		   X509_V_ERR_HOSTNAME_MISMATCH &&
	       v->srv_id[0] != '\0' &&
	       tls_has_srv_id(ossl.X509_STORE_CTX_get0_cert(ctx), v->srv_id);
}

static int
go_on(int ok, X509_STORE_CTX *ctx)
{
	struct tls_verdict *v = verdict_of(ctx);

	if (!ok && !has_srv_id(ctx, v))
		note(ctx, v);
	return 1;
}

static int64_t
first_expiry(X509_STORE_CTX *ctx)
{
	const OPENSSL_STACK *chain =
	    (const OPENSSL_STACK *)ossl.X509_STORE_CTX_get0_chain(ctx);
	int n = chain != NULL ? ossl.OPENSSL_sk_num(chain) : 0;
	int64_t until = INT64_MAX, t;

	for (int i = 0; i < n; i++)
		if (tls_read_time(ossl.X509_get0_notAfter(
				      ossl.OPENSSL_sk_value(chain, i)),
			&t) &&
		    t < until)
			until = t;
	return until;
}

/*
 * Of a pinned certificate nothing else counts, not even its dates: whoever has
 * compared it knows whose it is, better than an authority could, and what
 * devices sign for themselves is often out of date.
 */
static bool
is_pinned(X509_STORE_CTX *ctx, const struct tls_verdict *v)
{
	unsigned char print[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return ossl.X509_digest(ossl.X509_STORE_CTX_get0_cert(ctx),
		   ossl.EVP_sha256(), print, &n) == 1 &&
	       n == FINGERPRINT_SIZE && memcmp(print, v->pin, n) == 0;
}

int
tls_judge(X509_STORE_CTX *ctx, void *unused)
{
	struct tls_verdict *v = verdict_of(ctx);
	struct tls_search s = {.n = 0};
	int code = X509_V_OK, ok;

	(void)unused;
	v->search = &s;
	if (v->pinned && is_pinned(ctx, v)) {
		v->until = INT64_MAX;
	} else if (v->pinned) {
		ossl.X509_STORE_CTX_set_error(
		    ctx, X509_V_ERR_APPLICATION_VERIFICATION);
		note(ctx, v);
	} else {
		ossl.X509_STORE_CTX_set_verify_cb(ctx, go_on);
		ok = ossl.X509_verify_cert(ctx);
		if (ok != 1 && s.n == 0)
			note(ctx, v);
		v->until = first_expiry(ctx);
	}
	v->search = NULL;
	if (s.n > 0) {
		tls_tell_fault(v, s.found, s.n);
		code = s.found[0].code;
	}
	ossl.X509_STORE_CTX_set_error(ctx, code);
	return s.n == 0;
}
