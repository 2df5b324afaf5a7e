/* client: one connection, from its greeting to its end. */
#include "server/client.h"
#include "base/mem.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	READ_SIZE = 16 << 10,
	READ_AHEAD = 64 << 10, /* beyond this the client has to wait */
	/* No handler puts that much; it is a bound, not a size. */
	TX_MAX = 32 << 20,
	/* What one client may take, before the others have their turn. */
	TURN_MS = 1,
	/* Against guessing; one wrong password is a slip of the hand. */
	LOGIN_PAUSE_MS = 1000,
	LOGINS_MAX = 5,
	/* A slow client is given so many pieces a second. */
	SLOW_TICKS = 20,
};

static void run(struct client *c);

/* ---- for the protocols ---- */

void
client_put(struct client *c, struct str octets)
{
	if (buf_add(&c->tx, octets) < 0)
		c->dead = true;
}

void
client_say(struct client *c, const char *fmt, ...)
{
	char small[1024], *text = small;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(small)) {
		text = mem_realloc(NULL, (size_t)n + 1);
		va_start(ap, fmt);
		(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	client_put(c, (struct str){text, (size_t)n});
	client_put(c, S("\r\n"));
	if (text != small)
		free(text);
}

size_t
client_room(const struct client *c)
{
	return c->tx.len < CLIENT_HIGH_WATER ? CLIENT_HIGH_WATER - c->tx.len
					     : 0;
}

void
client_more(struct client *c, bool (*more)(struct client *c))
{
	c->more = more;
}

void
client_dot(struct client *c)
{
	lex_dot(&c->lex);
}

void
client_count(struct client *c, uint64_t n)
{
	lex_count(&c->lex, n);
}

void
client_pause(struct client *c, int64_t ms)
{
	c->paused_until = loop_now() + ms;
}

bool
client_login_failed(struct client *c)
{
	if (c->failures++ > 0)
		client_pause(c, LOGIN_PAUSE_MS);
	return c->failures >= LOGINS_MAX;
}

void
client_starttls(struct client *c)
{
	c->upgrade = true;
}

void
client_bye(struct client *c)
{
	c->bye = true;
}

void
client_drop(struct client *c)
{
	c->dead = true;
}

/* ---- in and out ---- */

/* A line that is not whole is read on, up to the service's limit. */
static bool
wants_more(const struct client *c)
{
	return !c->eof && !c->dead && !c->bye && !c->upgrade &&
	       (c->hungry || c->rx.len < READ_AHEAD) &&
	       buf_free(&c->rx) >= READ_SIZE;
}

static void
read_in(struct client *c)
{
	struct err e = {0};
	ssize_t n = 0;

	while (wants_more(c) && n >= 0) {
		n = stream_read(
		    c->stream, buf_room(&c->rx, READ_SIZE), READ_SIZE, &e);
		if (n == STREAM_ERR)
			c->dead = true;
		else if (n == STREAM_EOF)
			c->eof = true;
		else if (n > 0)
			buf_grew(&c->rx, (size_t)n);
		/* What has come makes a whole line, perhaps. */
		if (n > 0 && c->rx.len >= READ_AHEAD)
			return;
	}
}

/* How much of n octets the rules of faults let out now. */
static size_t
allowed(struct client *c, size_t n)
{
	uint64_t piece;

	if (c->rate > 0) {
		if (loop_now() < c->slow_until)
			return 0;
		piece = c->rate < SLOW_TICKS ? 1 : c->rate / SLOW_TICKS;
		c->slow_until = loop_now() + (int64_t)(piece * 1000 / c->rate);
		n = piece < n ? (size_t)piece : n;
	}
	return c->drop_after < n ? (size_t)c->drop_after : n;
}

/* Whether anything went out. */
static bool
write_out(struct client *c)
{
	size_t n, had = c->tx.len;
	struct err e = {0};
	ssize_t put;

	while (c->tx.len > 0 && !c->dead) {
		n = allowed(c, c->tx.len);
		if (n == 0)
			break;
		put = stream_write(c->stream, buf_str(&c->tx).p, n, &e);
		if (put == STREAM_AGAIN)
			break;
		if (put == STREAM_ERR) {
			c->dead = true;
			break;
		}
		buf_take(&c->tx, (size_t)put);
		if (c->drop_after != UINT64_MAX)
			c->drop_after -= (uint64_t)put;
	}
	if (!c->dead && stream_flush(c->stream, &e) == STREAM_ERR)
		c->dead = true;
	if (c->drop_after == 0)
		c->dead = true;
	return c->tx.len < had;
}

/* ---- one step after the other ---- */

/* Deals with what lies at the front of rx; false if that is not whole. */
static bool
next_piece(struct client *c)
{
	struct str in = buf_str(&c->rx), tok;
	size_t had = in.n;
	enum lex got = lex_next(&c->lex, &in, &tok);

	switch (got) {
	case LEX_LINE:
		c->service->line(c, tok, c->lex.bare_lf);
		break;
	case LEX_DATA:
		c->service->data(c, tok);
		break;
	case LEX_END:
		c->service->data_end(c);
		break;
	case LEX_BAD:
		c->service->too_long(c);
		client_bye(c);
		break;
	case LEX_MORE:
		break;
	}
	buf_take(&c->rx, had - in.n);
	c->hungry = got == LEX_MORE;
	return got != LEX_MORE;
}

static bool
is_paused(const struct client *c)
{
	return c->paused_until > loop_now();
}

/* One step; false if there is none to do now. */
static bool
step(struct client *c)
{
	if (c->dead || c->upgrade || client_room(c) == 0 || is_paused(c))
		return false;
	if (c->more != NULL) {
		if (!c->more(c))
			c->more = NULL;
		return true;
	}
	return !c->bye && next_piece(c);
}

static void
begin_tls(struct client *c)
{
	struct err e = {0};
	struct stream *s;

	/* Said before TLS, to be taken for said under it. */
	if (c->rx.len > 0) {
		server_log(c->server, "%s %s: octets behind STARTTLS",
		    c->service->name, c->peer);
		c->dead = true;
		return;
	}
	s = tls_server(c->stream, c->server->tls, &e);
	if (s == NULL) {
		c->dead = true;
		return;
	}
	c->stream = s;
	c->tls = true;
	c->upgrade = false;
}

/* ---- the loop ---- */

static void
client_free(struct client *c)
{
	struct server *srv = c->server;

	loop_unwatch(&c->watch);
	loop_untimer(&c->idle);
	loop_untimer(&c->again);
	if (c->state != NULL)
		c->service->close(c);
	stream_close(c->stream);
	buf_fini(&c->rx);
	buf_fini(&c->tx);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	srv->n_clients--;
	server_log(srv, "%s %s: closed", c->service->name, c->peer);
	free(c);
}

/* Whether the conversation is over and all is said. */
static bool
is_over(const struct client *c)
{
	if (c->dead)
		return true;
	return (c->bye || c->eof) && c->more == NULL && c->tx.len == 0 &&
	       !is_paused(c);
}

/* poll(2) wakes us for the stream, the timer for what it cannot know of. */
static void
set_events(struct client *c, bool more_now)
{
	bool slow = c->slow_until > loop_now();
	int64_t due = LOOP_NEVER;

	c->watch.events =
	    stream_events(c->stream, wants_more(c), c->tx.len > 0 && !slow);
	if (is_paused(c))
		due = c->paused_until;
	if (c->tx.len > 0 && slow && c->slow_until < due)
		due = c->slow_until;
	if (more_now || (wants_more(c) && stream_pending(c->stream)))
		due = loop_now();
	if (due != LOOP_NEVER)
		loop_timer(c->server->loop, &c->again, due);
}

static void
set_idle(struct client *c)
{
	int64_t ms =
	    c->server->idle_ms > 0 ? c->server->idle_ms : c->service->idle_ms;

	loop_timer(c->server->loop, &c->idle, loop_now() + ms);
}

static void
run(struct client *c)
{
	int64_t until = loop_now() + TURN_MS;
	size_t had = c->rx.len;
	bool went = false, moved, over = false;

	read_in(c);
	if (c->rx.len != had)
		set_idle(c);
	do {
		moved = false;
		while (!over && step(c)) {
			moved = true;
			over = loop_now() >= until;
		}
		if (write_out(c))
			went = moved = true;
		if (c->upgrade && c->tx.len == 0 && !c->dead)
			begin_tls(c);
	} while (moved && !over && !c->dead);
	if (c->dead || (!over && is_over(c))) {
		client_free(c);
		return;
	}
	if (went)
		set_idle(c);
	set_events(c, over);
}

static void
ready(struct watch *w, short revents)
{
	(void)revents;
	run(CONTAINER_OF(w, struct client, watch));
}

static void
again(struct timer *t)
{
	run(CONTAINER_OF(t, struct client, again));
}

/* Nothing has moved for too long. */
static void
late(struct timer *t)
{
	struct client *c = CONTAINER_OF(t, struct client, idle);

	if (c->bye)
		c->dead = true;
	else if (c->service->late != NULL)
		c->service->late(c);
	client_bye(c);
	c->more = NULL;
	set_idle(c);
	run(c);
}

void
client_wake(struct client *c)
{
	loop_timer(c->server->loop, &c->again, loop_now());
}

/* ---- beginning and end ---- */

struct client *
client_new(struct server *srv, const struct service *service,
    struct stream *stream, bool tls, const char *peer, const char *local)
{
	struct client *c = mem_zalloc(sizeof(*c));

	*c = (struct client){.server = srv,
	    .service = service,
	    .stream = stream,
	    .next = srv->clients,
	    .link = &srv->clients,
	    .drop_after = faults_number(
		srv->faults, FAULT_DROP, service->name, UINT64_MAX),
	    .rate = faults_number(srv->faults, FAULT_SLOW, service->name, 0)};
	(void)str_copy(c->peer, sizeof(c->peer), str_z(peer));
	(void)str_copy(c->local, sizeof(c->local), str_z(local));
	lex_init(&c->lex, service->line_max);
	buf_init(&c->rx, service->line_max + READ_AHEAD + 2 * READ_SIZE);
	buf_init(&c->tx, TX_MAX);
	c->rx.secret = true;
	c->watch.ready = ready;
	c->watch.fd = stream->fd_in;
	c->again.fire = again;
	c->idle.fire = late;
	if (c->next != NULL)
		c->next->link = &c->next;
	srv->clients = c;
	srv->n_clients++;
	server_log(srv, "%s %s: connected", service->name, peer);
	if (tls)
		begin_tls(c);
	if (!c->dead)
		service->open(c);
	set_idle(c);
	loop_watch(srv->loop, &c->watch);
	client_wake(c);
	return c;
}

void
client_drop_all(struct server *srv)
{
	struct client *c, *next;

	for (c = srv->clients; c != NULL; c = next) {
		next = c->next;
		client_free(c);
	}
}
