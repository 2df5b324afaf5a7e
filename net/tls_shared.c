/*
 * tls_shared: what connections of one configuration have in common.
 *
 * A context is found again by all that it was made of: the names of files and
 * when they were changed, the pin, whether any certificate is good.  So a
 * session is never resumed under another trust than it was made under.  What
 * was verified stays so until a certificate of its chain expires; where any
 * certificate is good nothing is resumed, so that each is looked at.
 */
#include "base/mem.h"
#include "base/text.h"
#include "net/tls_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum {
	CONTEXTS_MAX = 8,   /* configurations of one process */
	SESSIONS_MAX = 32,  /* of one configuration; a server sends two */
	KEY_MAX = 64 << 10, /* names of files are no longer */
};

struct kept {
	SSL_SESSION *session; /* NULL: the place is free */
	char *host;
	uint16_t port;
	int64_t until; /* as in struct tls_verdict */
};

struct tls_shared {
	SSL_CTX *ctx; /* NULL: the place is free */
	struct buf key;
	struct kept kept[SESSIONS_MAX];
	size_t next; /* the oldest, whose place is taken next */
};

static struct tls_shared cache[CONTEXTS_MAX];

/* -- Sessions -------------------------------------------------------------- */

static void
forget(struct kept *k)
{
	if (k->session == NULL)
		return;
	ossl.SSL_SESSION_free(k->session);
	free(k->host);
	*k = (struct kept){0};
}

static struct tls_shared *
shared_of(const SSL_CTX *ctx)
{
	for (size_t i = 0; i < CONTEXTS_MAX; i++)
		if (cache[i].ctx == ctx)
			return &cache[i];
	return NULL;
}

/* For SSL_CTX_sess_set_new_cb: 1 keeps the session. */
static int
keep(SSL *ssl, SSL_SESSION *session)
{
	struct tls_verdict *v = ossl.SSL_get_ex_data(ssl, 0);
	struct tls_shared *x = shared_of(ossl.SSL_get_SSL_CTX(ssl));
	struct kept *k;

	if (x == NULL || v->port == 0 || v->any)
		return 0;
	k = &x->kept[x->next++ % SESSIONS_MAX];
	forget(k);
	k->session = session;
	k->host = mem_strdup(v->host);
	k->port = v->port;
	k->until = v->until;
	return 1;
}

static bool
fits(const struct kept *k, const struct tls_verdict *v)
{
	return k->session != NULL && k->port == v->port &&
	       strcmp(k->host, v->host) == 0;
}

/* Proposes the newest session of v's server, if there is one.  RFC 8446 C.4: a
 * ticket of TLS 1.3 is used once. */
static void
propose(struct tls_shared *x, SSL *ssl, struct tls_verdict *v)
{
	struct kept *k;

	for (size_t i = 1; i <= SESSIONS_MAX && i <= x->next; i++) {
		k = &x->kept[(x->next - i) % SESSIONS_MAX];
		if (!fits(k, v))
			continue;
		if (k->until <= (int64_t)time(NULL)) {
			forget(k);
			continue;
		}
		v->until = k->until;
		(void)ossl.SSL_set_session(ssl, k->session);
		if (ossl.SSL_SESSION_get_protocol_version(k->session) >=
		    TLS1_3_VERSION)
			forget(k);
		return;
	}
}

SSL *
tls_shared_session(struct tls_shared *x, struct tls_verdict *v)
{
	SSL *ssl = ossl.SSL_new(x->ctx);

	if (ssl == NULL)
		return NULL;
	(void)ossl.SSL_set_ex_data(ssl, 0, v);
	if (v->port != 0)
		propose(x, ssl, v);
	return ssl;
}

/* -- Contexts -------------------------------------------------------------- */

/* What a context is made of; a NUL ends each part. */
static void
put_text(struct buf *b, const char *text)
{
	(void)buf_addz(b, text != NULL ? text : "\1");
	(void)buf_addc(b, '\0');
}

static void
put_file(struct buf *b, const char *path)
{
	struct stat st;

	put_text(b, path);
	if (path == NULL || stat(path, &st) != 0)
		return;
	(void)buf_addf(b, "%ju %ju %jd %jd %ld", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino, (intmax_t)st.st_size,
	    (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	(void)buf_addc(b, '\0');
}

static void
put_key(struct buf *b, const struct tls_config *cfg)
{
	const char *file, *dir;

	(void)tls_system_trust(&file, &dir);
	put_file(b, cfg->ca);
	put_file(b, cfg->ca == NULL ? file : NULL);
	put_file(b, cfg->ca == NULL ? dir : NULL);
	put_file(b, cfg->cert);
	put_file(b, cfg->key);
	put_text(b, cfg->fingerprint);
	put_text(b, cfg->insecure ? "insecure" : NULL);
	put_text(b, tls_keylog_file());
}

/* Places are taken in turn: connections hold what they use of the oldest. */
static struct tls_shared *
take_place(void)
{
	static size_t next;
	struct tls_shared *x = &cache[next++ % CONTEXTS_MAX];

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		forget(&x->kept[i]);
	ossl.SSL_CTX_free(x->ctx);
	buf_fini(&x->key);
	*x = (struct tls_shared){.ctx = NULL};
	return x;
}

static int
show_certificate(SSL_CTX *ctx, const struct tls_config *cfg, struct err *e)
{
	const char *key = cfg->key != NULL ? cfg->key : cfg->cert;

	if (cfg->cert == NULL)
		return cfg->key == NULL
			   ? 0
			   : err_set(e, ERR_USE,
				 "a key is of no use without its certificate");
	return tls_use_certificate(ctx, cfg->cert, key, e);
}

static SSL_CTX *
context_new(const struct tls_config *cfg, struct err *e)
{
	SSL_CTX *ctx = tls_context(ossl.TLS_client_method(), e);

	if (ctx == NULL)
		return NULL;
	/* Where any certificate is good, what is wrong with it can be told. */
	if (tls_trust(ctx, cfg->ca) != 1 && !cfg->insecure &&
	    cfg->fingerprint == NULL)
		tls_reason(e, ossl.ERR_peek_error(),
		    cfg->ca != NULL ? cfg->ca : text_of("system certificates"));
	ossl.ERR_clear_error();
	if (e->kind != ERR_NONE || show_certificate(ctx, cfg, e) != 0) {
		ossl.SSL_CTX_free(ctx);
		return NULL;
	}
	ossl.SSL_CTX_set_cert_verify_callback(ctx, tls_judge, NULL);
	(void)ossl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_MODE,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, NULL);
	ossl.SSL_CTX_sess_set_new_cb(ctx, keep);
	tls_keylog(ctx);
	return ctx;
}

struct tls_shared *
tls_shared_get(const struct tls_config *cfg, struct err *e)
{
	struct tls_shared *x;
	struct buf key;
	SSL_CTX *ctx;

	buf_init(&key, KEY_MAX);
	put_key(&key, cfg);
	for (size_t i = 0; i < CONTEXTS_MAX; i++) {
		if (cache[i].ctx != NULL &&
		    str_eq(buf_str(&cache[i].key), buf_str(&key))) {
			buf_fini(&key);
			return &cache[i];
		}
	}
	ctx = context_new(cfg, e);
	if (ctx == NULL) {
		buf_fini(&key);
		return NULL;
	}
	x = take_place();
	x->ctx = ctx;
	x->key = key;
	return x;
}
