/* engine: the life of a connection's stream: events, deadlines, the end. */
#include "proto/engine.h"
#include "base/text.h"

#include <poll.h>

static void
tls_is_up(struct conn *c)
{
	struct job *j = c->head;
	struct buf words;

	engine_lap(c, &c->times.tls);
	buf_init(&words, 256);
	tls_describe(c->stream, &words);
	trace_note(c->trace, "TLS: %.*s", STRF(buf_str(&words)));
	buf_fini(&words);
	if (j != NULL && j->flags & VERB_TLS) {
		j->cmd.state = CMD_DONE;
		job_over(j);
	}
}

/* The stream reaches the server: TLS, if it is there from the first octet, can
 * begin. */
static void
reached(struct conn *c)
{
	struct err e = {0};
	struct stream *over;

	if (!c->cfg.tls)
		return;
	over = tls_client(c->stream, c->cfg.host, &c->cfg.tls_config, &e);
	if (over == NULL) {
		engine_fail(c, &e);
		return;
	}
	c->stream = over;
	c->handshaking = true;
}

static void
tunnel_is_up(struct conn *c)
{
	c->tunnelling = false;
	engine_lap(c, &c->times.proxy);
	trace_note(c->trace, "the proxy is through to %s port %u", c->cfg.host,
	    (unsigned)c->cfg.port);
	via_forget(c);
	reached(c);
}

static void
handshake(struct conn *c)
{
	struct err e = {0};
	int rc = c->tunnelling ? proxy_negotiate(c->stream, &e)
			       : tls_handshake(c->stream, &e);

	if (rc == STREAM_ERR)
		engine_fail(c, &e);
	if (rc != 0)
		return;
	c->handshaking = false;
	c->progress = loop_now();
	if (c->tunnelling)
		tunnel_is_up(c);
	else
		tls_is_up(c);
	if (c->phase == CONN_OPEN)
		engine_wants_fill(c);
}

/*
 * More replies are due, and we have nothing to say until they are there.  While
 * reads give as much as they are asked for more has come already.
 */
static void
acknowledge(struct conn *c)
{
	if (c->phase != CONN_OPEN || !c->heard || c->flying == 0 ||
	    c->tx.len > 0 || c->fill_wanted || stream_pending(c->stream))
		return;
	c->heard = false;
	stream_acknowledge(c->stream);
}

static void
move(struct conn *c, bool in)
{
	conn_ref(c);
	if (c->handshaking)
		handshake(c);
	if (c->phase == CONN_OPEN && !c->handshaking) {
		if (in)
			engine_receive(c);
		if (c->phase == CONN_OPEN && !c->handshaking)
			engine_send(c);
		acknowledge(c);
	}
	engine_events(c);
	conn_unref(c);
}

/* A TLS layer may read when it can write, too. */
static void
in_ready(struct watch *w, short revents)
{
	struct conn *c = CONTAINER_OF(w, struct conn, in);

	move(c, revents & ~POLLOUT || stream_is_tls(c->stream));
}

static void
out_ready(struct watch *w, short revents)
{
	struct conn *c = CONTAINER_OF(w, struct conn, out);

	(void)revents;
	move(c, stream_is_tls(c->stream));
}

static void
kicked(struct timer *t)
{
	move(CONTAINER_OF(t, struct conn, kick), true);
}

/* Whether the server owes us something. */
static bool
owed(const struct conn *c)
{
	const struct job *j = c->head;

	if (c->handshaking || c->tx.len > 0)
		return true;
	return j != NULL && j->cmd.state != CMD_QUEUED &&
	       j->cmd.state != CMD_ASKED &&
	       !(j->flags & VERB_IDLE && j->segs == NULL && !j->may_ask) &&
	       !engine_paused(c);
}

static void
tell_silence(const struct conn *c, double seconds, struct err *e)
{
	if (c->tunnelling) {
		(void)err_set(e, ERR_TIMEOUT,
		    "the proxy made no way to the server in %g s", seconds);
		return;
	}
	if (c->handshaking) {
		(void)err_set(e, ERR_TIMEOUT,
		    "the TLS handshake is not over after %g s", seconds);
		return;
	}
	(void)err_set(
	    e, ERR_TIMEOUT, "no word from the server for %g s", seconds);
	if (c->times.greeting < 0 && c->rx.len == 0 && !c->cfg.tls &&
	    c->cfg.transport == URL_TCP && c->proto != NULL &&
	    c->proto->tls_port != 0)
		err_hint(e,
		    "where TLS begins at once the server waits for us: that is "
		    "%ss://",
		    c->proto->name);
}

static void
timed_out(struct timer *t)
{
	struct conn *c = CONTAINER_OF(t, struct conn, timer);
	int64_t ms = c->handshaking ? c->cfg.connect_ms : c->cfg.reply_ms;
	struct err e = {0};

	conn_ref(c);
	if (owed(c) && c->progress + ms <= loop_now()) {
		tell_silence(c, (double)ms / 1000, &e);
		engine_fail(c, &e);
	} else if (owed(c)) {
		loop_timer(c->loop, t, c->progress + ms);
	}
	conn_unref(c);
}

void
engine_events(struct conn *c)
{
	bool want_read, want_write;
	short ev;

	if (c->phase != CONN_OPEN)
		return;
	want_read = !engine_paused(c);
	want_write = c->tx.len > 0 || c->fill_wanted || c->flush_wanted;
	ev = stream_events(c->stream, want_read, want_write);
	if (c->stream->fd_in == c->stream->fd_out) {
		c->in.events = ev;
	} else {
		c->in.events = ev & POLLIN;
		c->out.events = ev & POLLOUT;
	}
	if (want_read && !c->handshaking && stream_pending(c->stream))
		loop_timer(c->loop, &c->kick, loop_now());
	if (c->timer.loop == NULL && owed(c)) {
		c->progress = loop_now();
		loop_timer(c->loop, &c->timer,
		    c->progress +
			(c->handshaking ? c->cfg.connect_ms : c->cfg.reply_ms));
	}
}

void
engine_wants_fill(struct conn *c)
{
	c->fill_wanted = true;
	engine_events(c);
}

void
engine_lap(struct conn *c, int64_t *us)
{
	int64_t now = loop_now_us();

	*us = now - c->began;
	c->began = now;
}

void
engine_start(struct conn *c, struct stream *s)
{
	c->stream = s;
	c->phase = CONN_OPEN;
	engine_lap(c, &c->times.connect);
	if (c->proto != NULL)
		c->lex.max_line = *c->proto->max_line;
	c->progress = loop_now();
	c->in = (struct watch){.fd = s->fd_in, .ready = in_ready};
	c->out = (struct watch){.fd = s->fd_out, .ready = out_ready};
	c->timer.fire = timed_out;
	c->kick.fire = kicked;
	loop_watch(c->loop, &c->in);
	if (s->fd_out != s->fd_in)
		loop_watch(c->loop, &c->out);
	c->tunnelling = c->handshaking = c->via.name != NULL;
	if (!c->tunnelling)
		reached(c);
	if (c->phase == CONN_OPEN)
		engine_wants_fill(c);
}

void
engine_fail(struct conn *c, const struct err *e)
{
	struct job *j;

	if (c->phase == CONN_CLOSED)
		return;
	if (c->err.kind == ERR_NONE)
		c->err = *e;
	c->phase = CONN_CLOSED;
	c->handshaking = false;
	if (c->dial != NULL)
		dial_cancel(c->dial);
	c->dial = NULL;
	if (c->proxy_dial != NULL)
		proxy_dial_cancel(c->proxy_dial);
	c->proxy_dial = NULL;
	via_forget(c);
	loop_unwatch(&c->in);
	loop_unwatch(&c->out);
	loop_untimer(&c->timer);
	loop_untimer(&c->kick);
	if (c->err.kind != ERR_NONE)
		trace_note(c->trace, "closed: %s", c->err.msg);
	else
		trace_note(c->trace, "closed");
	stream_close(c->stream);
	c->stream = NULL;
	c->live = S("");
	c->body = NULL;
	conn_add_event(c, S("closed"), NULL, str_z(c->err.msg));
	conn_ref(c);
	while ((j = c->head) != NULL) {
		j->cmd.state = CMD_FAILED;
		/* A login that we broke off has its own cause. */
		if (j->cmd.err.kind == ERR_NONE)
			j->cmd.err = j->sasl_err;
		if (j->cmd.err.kind == ERR_NONE)
			j->cmd.err = c->err;
		if (j->cmd.err.kind == ERR_NONE)
			err_set(&j->cmd.err, ERR_CLOSED,
			    "the connection was closed");
		job_over(j);
	}
	conn_unref(c);
}
