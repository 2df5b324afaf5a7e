/* proxy: the layer over the stream to a proxy. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/proxy_inner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { READ_MAX = 4096 };

static struct tunnel *
of(struct stream *s)
{
	return CONTAINER_OF(s, struct tunnel, s);
}

struct str
tunnel_in(const struct tunnel *t)
{
	return str_skip(buf_str(&t->in), t->at);
}

/* What held a secret is wiped as soon as it is not needed any more. */
static void
forget(struct tunnel *t)
{
	buf_fini(&t->out);
	buf_fini(&t->login);
	buf_fini(&t->request);
}

/* -- The negotiation ------------------------------------------------------- */

/* Says why t cannot go on, now and at each later call. */
static int
die(struct tunnel *t, struct err *e)
{
	if (e->kind == ERR_NONE)
		*e = t->dead;
	return STREAM_ERR;
}

/* t has failed for the reason in t->dead, told by the stream below or a
 * step. */
static int
give_up(struct tunnel *t, struct err *e)
{
	if (t->dead.kind != ERR_TLS)
		t->dead.kind = ERR_CONNECT;
	err_prefix(&t->dead, t->name);
	forget(t);
	return die(t, e);
}

/* Hands t->out to the stream below: 0, AGAIN or ERR. */
static int
push_out(struct tunnel *t)
{
	while (t->out.len > 0) {
		struct str s = buf_str(&t->out);
		ssize_t n = stream_write(t->s.below, s.p, s.n, &t->dead);

		if (n < 0)
			return (int)n;
		buf_take(&t->out, (size_t)n);
	}
	return stream_flush(t->s.below, &t->dead);
}

/* Reads more of what the proxy says: 0, AGAIN or ERR. */
static int
pull_in(struct tunnel *t)
{
	size_t room = buf_free(&t->in) < READ_MAX ? buf_free(&t->in) : READ_MAX;
	ssize_t n;

	if (room == 0)
		return err_set(&t->dead, ERR_CONNECT, "its answer is endless");
	n = stream_read(t->s.below, buf_room(&t->in, room), room, &t->dead);
	if (n == STREAM_EOF)
		return err_set(
		    &t->dead, ERR_CONNECT, "it hung up instead of an answer");
	if (n < 0)
		return (int)n;
	buf_grew(&t->in, (size_t)n);
	return 0;
}

int
proxy_negotiate(struct stream *s, struct err *e)
{
	struct tunnel *t = of(s);
	int rc = STEP_MORE;

	if (t->dead.kind != ERR_NONE)
		return die(t, e);
	while (!t->up) {
		rc = push_out(t);
		if (rc == 0)
			rc = t->step(t, &t->dead);
		if (rc == STEP_MORE)
			rc = pull_in(t);
		else if (rc == STEP_DONE)
			t->up = true;
		if (rc == STREAM_ERR)
			return give_up(t, e);
		if (rc == STREAM_AGAIN)
			return rc;
	}
	if (t->at > 0) {
		buf_take(&t->in, t->at);
		t->at = 0;
		forget(t);
	}
	return 0;
}

/* -- The stream ------------------------------------------------------------ */

/* What the server said right behind the proxy's answer comes first. */
static ssize_t
tunnel_read(struct stream *s, void *p, size_t n, struct err *e)
{
	struct tunnel *t = of(s);
	int rc = proxy_negotiate(s, e);

	if (rc != 0)
		return rc;
	if (t->in.len == 0)
		return stream_read(s->below, p, n, e);
	if (n > t->in.len)
		n = t->in.len;
	memcpy(p, buf_str(&t->in).p, n);
	buf_take(&t->in, n);
	return (ssize_t)n;
}

static ssize_t
tunnel_write(struct stream *s, const void *p, size_t n, struct err *e)
{
	int rc = proxy_negotiate(s, e);

	return rc == 0 ? stream_write(s->below, p, n, e) : rc;
}

static int
tunnel_flush(struct stream *s, struct err *e)
{
	int rc = proxy_negotiate(s, e);

	return rc == 0 ? stream_flush(s->below, e) : rc;
}

static short
tunnel_events(struct stream *s, bool want_read, bool want_write)
{
	const struct tunnel *t = of(s);

	if (t->up)
		return stream_events(s->below, want_read, want_write);
	return stream_events(s->below, true, t->out.len > 0);
}

static bool
tunnel_pending(struct stream *s)
{
	return of(s)->up && of(s)->in.len > 0;
}

static void
tunnel_close(struct stream *s)
{
	struct tunnel *t = of(s);

	forget(t);
	buf_fini(&t->in);
	stream_close(s->below);
	free(t);
}

static const struct stream_ops tunnel_ops = {
    .read = tunnel_read,
    .write = tunnel_write,
    .flush = tunnel_flush,
    .events = tunnel_events,
    .pending = tunnel_pending,
    .close = tunnel_close,
};

static void
secret_buf(struct buf *b)
{
	buf_init(b, limits.line);
	b->secret = true;
}

/* Whether a name can stand in what a proxy is told: no line end, no space. */
static bool
is_name(const char *z)
{
	while (ascii_alpha(*z) || ascii_digit(*z) || str_has(S("-._"), *z))
		z++;
	return *z == '\0';
}

/* Fills *to; -1 and err for what a proxy cannot be told. */
static int
aim(struct target *to, const char *host, uint16_t port, struct err *e)
{
	const struct addr *a = &to->addr;

	to->port = port;
	to->numeric = host_numeric(host, port, &to->addr);
	if (!to->numeric && host_ascii(host, to->name, e) != 0)
		return -1;
	if (!to->numeric)
		return is_name(to->name)
			   ? 0
			   : err_set(e, ERR_USE, "%s is no host name", host);
	if (strchr(host, '%') != NULL)
		return err_set(e, ERR_USE,
		    "%s is an address of this machine's network; no proxy can "
		    "be asked for it",
		    host);
	(void)inet_ntop(a->u.sa.sa_family,
	    a->u.sa.sa_family == AF_INET6 ? (const void *)&a->u.in6.sin6_addr
					  : (const void *)&a->u.in.sin_addr,
	    to->name, sizeof(to->name));
	return 0;
}

/* The negotiation, and, with tls, TLS on the way to the proxy, which is none
 * on the way to the server; NULL and err. */
static struct stream *
prepare(struct tunnel *t, struct stream *below, const struct proxy *p,
    const struct target *to, struct err *e)
{
	int rc = p->kind == PROXY_SOCKS5 ? proxy_socks_begin(t, p, to, e)
					 : proxy_http_begin(t, p, to, e);

	if (rc != 0)
		return NULL;
	return p->tls ? tls_client(below, p->host, &p->tls_config, e) : below;
}

struct stream *
proxy_stream(struct stream *below, const struct proxy *p, const char *host,
    uint16_t port, struct err *e)
{
	struct tunnel *t;
	struct target to;

	if (aim(&to, host, port, e) != 0)
		return NULL;
	t = mem_zalloc(sizeof(*t));
	(void)snprintf(t->name, sizeof(t->name), text_of("proxy %.90s port %u"),
	    p->host, (unsigned)p->port);
	secret_buf(&t->out);
	secret_buf(&t->login);
	secret_buf(&t->request);
	buf_init(&t->in, limits.proxy_reply);
	below = prepare(t, below, p, &to, e);
	if (below == NULL) {
		err_prefix(e, t->name);
		forget(t);
		free(t);
		return NULL;
	}
	t->s = (struct stream){
	    .ops = &tunnel_ops,
	    .below = below,
	    .foreign = true,
	    .fd_in = below->fd_in,
	    .fd_out = below->fd_out,
	};
	return &t->s;
}
