/*
 * tls: a TLS layer over a stream, by OpenSSL.
 *
 * What TLS writes goes to a buffer first and from there to the stream below,
 * so that SSL_write never has to be repeated with the same bytes.  OpenSSL's
 * error queue is empty whenever a function here returns.
 */
#include "net/tls.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "net/tls_config.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	WRITE_MAX = 64 << 10, /* plain bytes taken at once: four records */
	OUT_MAX = 160 << 10,  /* those as records, and a handshake's flight */
	IN_MAX = 128 << 10,   /* records read from the stream below at once */
	WHY_MAX = 200,	      /* of a message, behind "certificate refused" */
	HEAD = 40,	      /* a ServerHello's version, or a line in clear */
};

struct tls {
	struct stream s;
	SSL *ssl;
	struct buf out; /* records on their way to the stream below */
	struct tls_verdict verdict;
	char head[HEAD]; /* what the other side sent first */
	size_t head_n;
	struct err below; /* why the stream below failed */
	struct err dead;  /* why this one did */
	bool eof;	  /* the stream below has ended */
	bool up;	  /* the handshake is over */
	bool more;	  /* OpenSSL may hold bytes that can be read */
	bool speaks;	  /* the handshake begins with us: a client */
};

static struct tls *
tls_of(struct stream *s)
{
	return CONTAINER_OF(s, struct tls, s);
}

/* Hands what is in t->out to the stream below: 0, AGAIN or ERR. */
static int
push_out(struct tls *t, struct err *e)
{
	while (t->out.len > 0) {
		struct str s = buf_str(&t->out);
		ssize_t n = stream_write(t->s.below, s.p, s.n, e);

		if (n < 0)
			return (int)n;
		buf_take(&t->out, (size_t)n);
	}
	return 0;
}

/* -- The BIO that OpenSSL reads from and writes to ------------------------- */

static int
bio_read(BIO *bio, char *p, size_t n, size_t *got)
{
	struct tls *t = ossl.BIO_get_data(bio);
	ssize_t rc = stream_read(t->s.below, p, n, &t->below);

	ossl.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	*got = rc > 0 ? (size_t)rc : 0;
	if (rc == STREAM_AGAIN)
		ossl.BIO_set_flags(
		    bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
	if (rc == STREAM_EOF)
		t->eof = true;
	for (size_t i = 0; i < *got && t->head_n < HEAD; i++)
		t->head[t->head_n++] = p[i];
	return rc > 0;
}

static int
bio_write(BIO *bio, const char *p, size_t n, size_t *put)
{
	struct tls *t = ossl.BIO_get_data(bio);

	ossl.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	*put = n < buf_free(&t->out) ? n : buf_free(&t->out);
	if (*put == 0) {
		ossl.BIO_set_flags(
		    bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
		return 0;
	}
	buf_add(&t->out, (struct str){p, *put});
	return 1;
}

static long
bio_ctrl(BIO *bio, int cmd, long arg, void *p)
{
	struct tls *t = ossl.BIO_get_data(bio);

	(void)arg;
	(void)p;
	if (cmd == BIO_CTRL_EOF)
		return t->eof;
	return cmd == BIO_CTRL_FLUSH; /* flushing is ours to do */
}

static BIO *
bio_new(struct tls *t)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (method == NULL) {
		method = ossl.BIO_meth_new(
		    ossl.BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
		ossl.BIO_meth_set_read_ex(method, bio_read);
		ossl.BIO_meth_set_write_ex(method, bio_write);
		ossl.BIO_meth_set_ctrl(method, bio_ctrl);
	}
	bio = ossl.BIO_new(method);
	ossl.BIO_set_data(bio, t);
	ossl.BIO_set_init(bio, 1);
	return bio;
}

/* -- Errors ---------------------------------------------------------------- */

/* Says why t cannot go on, now and at each later call. */
static int
die(struct tls *t, struct err *e)
{
	if (e->kind == ERR_NONE)
		*e = t->dead;
	return STREAM_ERR;
}

static void
refuse(struct tls *t)
{
	char why[sizeof(t->dead.msg)];

	t->dead = t->verdict.fault;
	(void)snprintf(why, sizeof(why), text_of("certificate refused: %.*s"),
	    STRF(utf8_head(str_z(t->verdict.fault.msg), WHY_MAX)));
	str_copy(t->dead.msg, sizeof(t->dead.msg),
	    utf8_head(str_z(why), sizeof(t->dead.msg) - 1));
}

static void
explain(struct tls *t)
{
	unsigned long code = ossl.ERR_peek_error();

	if (t->below.kind != ERR_NONE)
		t->dead = t->below;
	else if (t->verdict.fault.kind != ERR_NONE && !t->verdict.any)
		refuse(t);
	else if (t->eof && !t->up)
		(void)err_set(&t->dead, ERR_TLS,
		    "connection closed in the TLS handshake");
	else if (t->eof)
		(void)err_set(&t->dead, ERR_CLOSED,
		    "connection closed without TLS close_notify");
	else if (t->up)
		tls_reason(&t->dead, code, "TLS");
	else
		tls_handshake_reason(
		    &t->dead, code, (struct str){t->head, t->head_n});
}

/* What a call of OpenSSL that did not succeed means for our caller. */
static int
outcome(struct tls *t, int rc, struct err *e)
{
	struct err ignored = {0};

	switch (ossl.SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		t->more = false;
		rc = push_out(t, &t->below);
		if (rc != STREAM_ERR)
			return STREAM_AGAIN;
		break;
	case SSL_ERROR_ZERO_RETURN:
		if (t->up)
			return STREAM_EOF;
		t->eof = true;
		break;
	default:
		break;
	}
	explain(t);
	ossl.ERR_clear_error();
	(void)push_out(t, &ignored); /* the alert, perhaps */
	return die(t, e);
}

/* -- The stream ------------------------------------------------------------ */

int
tls_handshake(struct stream *s, struct err *e)
{
	struct tls *t = tls_of(s);
	int rc;

	if (t->dead.kind != ERR_NONE)
		return die(t, e);
	if (!t->up) {
		rc = ossl.SSL_do_handshake(t->ssl);
		if (rc != 1)
			return outcome(t, rc, e);
		/* The search for authorities may leave some. */
		ossl.ERR_clear_error();
		t->up = t->more = true;
	}
	return push_out(t, e) == STREAM_ERR ? STREAM_ERR : 0;
}

/*
 * A record has 16 KiB at most, and many servers write small ones; what is there
 * of them goes to our caller together.  An end or a fault behind the first one
 * is told the next time, for which poll(2) may see no cause.
 */
static ssize_t
tls_read(struct stream *s, void *p, size_t n, struct err *e)
{
	struct tls *t = tls_of(s);
	struct err later = {0};
	size_t got, sum = 0;
	int rc = tls_handshake(s, e);

	if (rc != 0)
		return rc;
	do {
		rc = ossl.SSL_read_ex(t->ssl, (char *)p + sum, n - sum, &got);
		if (rc != 1 && sum == 0)
			return outcome(t, rc, e);
		if (rc != 1) {
			t->more = outcome(t, rc, &later) != STREAM_AGAIN;
			break;
		}
		sum += got;
		t->more = ossl.SSL_has_pending(t->ssl);
	} while (t->more && sum < n);
	return (ssize_t)sum;
}

static ssize_t
tls_write(struct stream *s, const void *p, size_t n, struct err *e)
{
	struct tls *t = tls_of(s);
	size_t put;
	int rc = tls_handshake(s, e);

	if (rc != 0)
		return rc;
	if (t->out.len > 0)
		return STREAM_AGAIN;
	rc = ossl.SSL_write_ex(t->ssl, p, n < WRITE_MAX ? n : WRITE_MAX, &put);
	if (rc != 1)
		return outcome(t, rc, e);
	if (push_out(t, e) == STREAM_ERR)
		return STREAM_ERR;
	return (ssize_t)put;
}

static int
tls_flush(struct stream *s, struct err *e)
{
	int rc = push_out(tls_of(s), e);

	return rc == 0 ? stream_flush(s->below, e) : rc;
}

static short
tls_events(struct stream *s, bool want_read, bool want_write)
{
	struct tls *t = tls_of(s);

	if (!t->up) {
		want_read = true;
		want_write = t->speaks && ossl.SSL_in_before(t->ssl);
	}
	return stream_events(s->below, want_read, want_write || t->out.len > 0);
}

static bool
tls_pending(struct stream *s)
{
	return tls_of(s)->more;
}

static void
tls_close(struct stream *s)
{
	struct tls *t = tls_of(s);
	struct err ignored = {0};

	if (t->up && t->dead.kind == ERR_NONE) {
		(void)ossl.SSL_shutdown(t->ssl);
		(void)push_out(t, &ignored);
	}
	ossl.SSL_free(t->ssl);
	ossl.ERR_clear_error();
	buf_fini(&t->out);
	stream_close(s->below);
	free(t);
}

static const struct stream_ops tls_ops = {
    .read = tls_read,
    .write = tls_write,
    .flush = tls_flush,
    .events = tls_events,
    .pending = tls_pending,
    .close = tls_close,
};

/* Finishes t, whose session there is. */
static struct stream *
put_on(struct tls *t, struct stream *below)
{
	BIO *bio = bio_new(t);

	ossl.SSL_set_bio(t->ssl, bio, bio);
	ossl.SSL_set_default_read_buffer_len(t->ssl, IN_MAX);
	buf_init(&t->out, OUT_MAX);
	t->s = (struct stream){
	    .ops = &tls_ops,
	    .below = below,
	    .fd_in = below->fd_in,
	    .fd_out = below->fd_out,
	};
	return &t->s;
}

struct stream *
tls_client(struct stream *below, const char *name, const struct tls_config *cfg,
    struct err *e)
{
	struct tls *t;

	if (openssl_open(e) != 0)
		return NULL;
	t = mem_zalloc(sizeof(*t));
	t->speaks = true;
	t->ssl = tls_configure(name, cfg, &t->verdict, e);
	ossl.ERR_clear_error();
	if (t->ssl == NULL) {
		free(t);
		return NULL;
	}
	return put_on(t, below);
}

struct stream *
tls_server(struct stream *below, const struct tls_identity *id, struct err *e)
{
	SSL *ssl = tls_accepting(id, e);
	struct tls *t;

	if (ssl == NULL)
		return NULL;
	t = mem_zalloc(sizeof(*t));
	t->ssl = ssl;
	return put_on(t, below);
}

static const struct tls *
find_tls(const struct stream *s)
{
	while (s != NULL && s->ops != &tls_ops)
		s = s->foreign ? NULL : s->below;
	return s != NULL ? (const struct tls *)s : NULL;
}

const struct tls_verdict *
tls_verdict(const struct stream *s)
{
	const struct tls *t = find_tls(s);

	return t != NULL ? &t->verdict : NULL;
}

const SSL *
tls_session(const struct stream *s)
{
	const struct tls *t = find_tls(s);

	return t != NULL && t->up ? t->ssl : NULL;
}

void
tls_describe(const struct stream *s, struct buf *out)
{
	const struct tls *t = find_tls(s);

	if (t != NULL)
		buf_addf(out, "%s, %s", ossl.SSL_get_version(t->ssl),
		    ossl.SSL_CIPHER_get_name(
			ossl.SSL_get_current_cipher(t->ssl)));
}

bool
stream_is_tls(const struct stream *s)
{
	return find_tls(s) != NULL;
}
