/*
 * engine: bytes in and out of a connection.  It knows segments, lines and
 * bodies, and no protocol.
 */
#include "proto/engine.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>

enum { READ_CHUNK = 64 << 10, READS_A_TURN = 16 };

/* ---- receiving ---- */

/* The protocol that begins with this line; NULL if none does. */
static const struct proto *
recognise(struct str line)
{
	if (str_startscase(line, S("+OK")) || str_startscase(line, S("-ERR")))
		return &proto_pop3;
	if (str_starts(line, S("* ")))
		return &proto_imap;
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' ||
	    !ascii_digit(line.p[1]) || !ascii_digit(line.p[2]))
		return NULL;
	while (line.n > 0)
		if (str_eqcase(str_word(&line), S("LMTP")))
			return &proto_lmtp;
	return &proto_smtp;
}

static void
fail(struct conn *c, enum err_kind kind, const char *what)
{
	struct err e = {0};

	err_set(&e, kind, "%s", what);
	engine_fail(c, &e);
}

static void
body_begins(struct conn *c, struct job *j)
{
	struct item *it;

	c->body_job = j;
	c->swallow = j == NULL;
	if (j == NULL)
		return;
	it = arena_alloc(&j->arena, sizeof(*it));
	if (it == NULL) {
		fail(c, ERR_LIMIT, "the reply is too long");
		return;
	}
	c->body = job_inbody(j, j->cmd.bodies);
	c->body->begun = true;
	if (c->lex.mode == LEX_MODE_COUNT) {
		c->body->has_size = true;
		c->body->size = c->lex.left;
	}
	it->kind = ITEM_BODY;
	it->body = j->cmd.bodies++;
	*j->items_tail = it;
	j->items_tail = &it->next;
	inbody_wake(c->body);
}

/* Switches the stream when a STARTTLS or COMPRESS has been granted. */
static void
upgrade(struct conn *c, struct job *j)
{
	struct err e = {0};
	struct stream *s;

	if (j->flags & VERB_DEFLATE) {
		c->stream = deflate_stream(c->stream, buf_str(&c->rx));
		buf_clear(&c->rx);
		trace_note(c->trace, "compressed from here on");
		return;
	}
	if (c->rx.len > 0) {
		fail(c, ERR_PROTO,
		    "the server sent clear text behind its consent to TLS; "
		    "someone may be injecting replies");
		return;
	}
	s = tls_client(c->stream, c->cfg.host, &c->cfg.tls_config, &e);
	if (s == NULL) {
		engine_fail(c, &e);
		return;
	}
	c->stream = s;
	c->handshaking = true;
	conn_forget(c);
}

/* j's reply is complete, and all of j that was to be sent is sent. */
static void
job_done(struct conn *c, struct job *j)
{
	bool granted = j->cmd.reply.class == REPLY_OK;

	if (granted && j->sasl != NULL && !sasl_done(j->sasl)) {
		fail(c, ERR_AUTH,
		    "the server claims success without proving who it is");
		return;
	}
	if (c->proto->effect != NULL)
		c->proto->effect(c, &j->cmd);
	if (j->flags & VERB_BYE && granted)
		c->closing = true;
	if (granted && j->flags & (VERB_TLS | VERB_DEFLATE))
		upgrade(c, j);
	if (c->phase == CONN_CLOSED || c->handshaking)
		return; /* done when the handshake is */
	j->cmd.state = CMD_DONE;
	if (j->sasl_err.kind != ERR_NONE && !granted) {
		j->cmd.state = CMD_FAILED;
		j->cmd.err = j->sasl_err;
	}
	job_over(j);
}

/* The final reply came.  What a WAIT holds back is not sent any more; a body
 * on its way goes out to its end, since the server counts on it. */
static void
job_replied(struct conn *c, struct job *j)
{
	if (j->cmd.state == CMD_SENDING && j->segs != NULL &&
	    j->segs->kind != SEG_WAIT) {
		j->replied = true;
		return;
	}
	job_drop_segs(j);
	job_done(c, j);
}

/* The server is ready for what j has to send next. */
static void
job_goes_on(struct conn *c, struct job *j, struct str challenge, bool empty)
{
	struct err e = {0};
	struct body *none;

	if (j->segs != NULL)
		j->segs = j->segs->next; /* the WAIT; the arena owns it */
	if (j->segs == NULL)
		j->segs_tail = &j->segs;
	if (empty && j->segs != NULL && j->segs->kind == SEG_BODY) {
		none = body_mem(S(""));
		body_unclaim(j->segs->body);
		body_unref(j->segs->body);
		j->segs->body = none;
	}
	if (j->segs == NULL && j->sasl != NULL) {
		if (auth_challenge(j, challenge, &e) < 0)
			engine_fail(c, &e);
	} else if (j->segs == NULL) {
		j->cmd.challenge = job_dup(j, challenge);
		j->cmd.state = CMD_ASKED;
	}
	engine_wants_fill(c);
}

/* Whether j is at a place where a continuation is due. */
static bool
awaits_go(const struct job *j)
{
	if (j->segs != NULL)
		return j->segs->kind == SEG_WAIT;
	return j->cmd.state == CMD_WAITING && (j->may_ask || j->sasl != NULL);
}

static void
take_line(struct conn *c, struct str line)
{
	struct cmd *whose = NULL;
	struct item *it = NULL;
	enum verdict v;

	if (c->proto == NULL) {
		c->proto = recognise(line);
		if (c->proto == NULL) {
			fail(c, ERR_PROTO,
			    "the greeting is none of POP3, SMTP or IMAP");
			return;
		}
		c->lex.max_line = c->proto->max_line();
		c->state = 1;
	}
	v = c->proto->input(c, line, &whose);
	if (v == VERDICT_BAD) {
		engine_fail(c, &c->err);
		return;
	}
	if (whose != NULL && (it = job_item(job_of(whose), line)) == NULL) {
		fail(c, ERR_LIMIT, "the reply is too long");
		return;
	}
	switch (v) {
	case VERDICT_BODY:
		body_begins(c, whose != NULL ? job_of(whose) : NULL);
		break;
	case VERDICT_GO:
	case VERDICT_GO_EMPTY:
		if (!awaits_go(job_of(whose)))
			fail(c, ERR_PROTO,
			    "the server asks for more where none was due");
		else
			job_goes_on(c, job_of(whose), whose->reply.text,
			    v == VERDICT_GO_EMPTY);
		break;
	case VERDICT_DONE:
		it->final = true;
		job_replied(c, job_of(whose));
		break;
	case VERDICT_MORE:
	case VERDICT_UNASKED:
	case VERDICT_BAD:
		break;
	}
}

static void
body_ends(struct conn *c)
{
	struct job *j = c->body_job;
	struct inbody *in = c->body;
	enum verdict v;

	c->body = NULL;
	c->body_job = NULL;
	c->swallow = false;
	if (in != NULL) {
		in->ended = true;
		inbody_wake(in);
	}
	if (c->phase == CONN_CLOSED)
		return;
	v = c->proto->ended(c, j != NULL ? &j->cmd : NULL);
	if (v == VERDICT_DONE)
		job_replied(c, j);
	else if (v == VERDICT_BAD)
		engine_fail(c, &c->err);
}

static void
body_bytes(struct conn *c, struct str s)
{
	struct err e = {0};

	if (c->swallow || c->body->discard)
		return;
	if (inbody_held(c->body)) {
		c->live = s;
		inbody_wake(c->body);
	} else if (inbody_keep(c->body, s, &e) < 0) {
		engine_fail(c, &e);
	}
}

/* A reader let go of the body, or lets it be kept from now on. */
static bool
live_is_settled(struct conn *c)
{
	struct str s = c->live;

	if (s.n == 0)
		return true;
	if (inbody_held(c->body) && !c->body->discard)
		return false;
	c->live = S("");
	body_bytes(c, s);
	return c->live.n == 0;
}

void
engine_parse(struct conn *c)
{
	struct str in, tok, all;
	enum lex got;

	if (c->parsing)
		return;
	c->parsing = true;
	while (c->phase == CONN_OPEN && !c->handshaking && live_is_settled(c)) {
		all = in = buf_str(&c->rx);
		got = lex_next(&c->lex, &in, &tok);
		trace_bytes(c->trace, TRACE_S, str_head(all, all.n - in.n));
		buf_take(&c->rx, all.n - in.n);
		if (got == LEX_MORE)
			break;
		if (got == LEX_BAD)
			fail(c, ERR_LIMIT, "the server sent an endless line");
		else if (got == LEX_LINE)
			take_line(c, tok);
		else if (got == LEX_DATA)
			body_bytes(c, tok);
		else
			body_ends(c);
	}
	c->parsing = false;
}

void
engine_took(struct conn *c, size_t n)
{
	assert(n <= c->live.n);
	c->live = str_skip(c->live, n);
	if (c->live.n == 0) {
		engine_parse(c);
		engine_events(c);
	}
}

/* Whether a reader or a full buffer holds up the receiving. */
static bool
paused(const struct conn *c)
{
	if (c->live.n > 0)
		return true;
	return c->body != NULL && inbody_held(c->body) &&
	       c->rx.len >= limits.receive;
}

static void
hung_up(struct conn *c)
{
	struct err e = {0};
	struct job *j = c->head;

	if (c->body_job != NULL || c->swallow)
		err_set(&e, ERR_CLOSED,
		    "the server hung up in the middle of a body");
	else if (c->last_words.n > 0 && !c->closing)
		err_set(&e, ERR_CLOSED, "the server hung up, saying: %.*s",
		    STRF(c->last_words));
	else if (c->rx.len > 0)
		err_set(&e, ERR_CLOSED,
		    "the server hung up in the middle of a line");
	else if (j != NULL && j->cmd.verb == &conn_greeting)
		err_set(
		    &e, ERR_CLOSED, "the server hung up without a greeting");
	else if (j != NULL && j->cmd.state != CMD_QUEUED)
		err_set(&e, ERR_CLOSED,
		    "the server hung up before its reply to %s",
		    j->cmd.verb != NULL ? j->cmd.verb->name : "a command");
	else if (!c->closing)
		err_set(&e, ERR_CLOSED, "the server hung up");
	engine_fail(c, &e);
}

static void
receive(struct conn *c)
{
	struct err e = {0};
	char *room;
	ssize_t n;
	int i;

	for (i = 0; i < READS_A_TURN && !paused(c); i++) {
		room = buf_room(&c->rx, READ_CHUNK);
		assert(room != NULL);
		n = stream_read(c->stream, room, READ_CHUNK, &e);
		if (n == STREAM_AGAIN)
			break;
		if (n == STREAM_ERR) {
			engine_fail(c, &e);
			return;
		}
		if (n == STREAM_EOF) {
			hung_up(c);
			return;
		}
		c->progress = loop_now();
		buf_grew(&c->rx, (size_t)n);
		engine_parse(c);
		if (c->phase != CONN_OPEN || c->handshaking)
			return;
		if (n < READ_CHUNK && !stream_pending(c->stream))
			break;
	}
}

/* ---- sending ---- */

/* Whether `later` may be sent while `now` waits for its reply (RFC 2920 3.1,
 * RFC 9051 5.5). */
static bool
may_follow(const struct job *now, const struct job *later)
{
	uint32_t both = now->flags | later->flags;

	if (both & (VERB_ALONE | VERB_MAILBOX))
		return false;
	if (now->flags & VERB_LAST || now->segs != NULL)
		return false;
	return !(later->flags & VERB_USES_SEQ && now->flags & VERB_BREAKS_SEQ);
}

static bool
cmd_may_send(const struct conn *c, const struct job *j)
{
	const struct job *i;
	bool pipelines = c->proto != NULL &&
			 (c->proto->pipelines || conn_has(c, "PIPELINING"));

	for (i = c->head; i != j; i = i->next)
		if (!pipelines || !may_follow(i, j))
			return false;
	return true;
}

/* The first job that has something left to send, if it may. */
static struct job *
sender(struct conn *c)
{
	struct job *j;

	for (j = c->head; j != NULL; j = j->next) {
		if (j->cmd.state == CMD_QUEUED)
			return cmd_may_send(c, j) ? j : NULL;
		if (j->segs != NULL)
			return j->segs->kind != SEG_WAIT ? j : NULL;
		if (j->cmd.state == CMD_ASKED)
			return NULL;
	}
	return NULL;
}

enum sent {
	SENT_ALL,
	SENT_FULL,  /* above the high-water mark */
	SENT_LATER, /* the body has nothing now */
	SENT_FAIL,  /* the connection is closed */
};

static void
fill_again(void *arg)
{
	struct conn *c = arg;

	if (c->filling)
		c->refill = true;
	else
		engine_wants_fill(c);
}

static void
body_failed(struct conn *c, struct job *j, const struct err *e)
{
	struct err why = *e;

	err_prefix(&why, "the message could not be sent whole");
	j->cmd.err = why;
	engine_fail(c, &why);
}

/* A slice of the body into tx.  Returns how much of it was used. */
static size_t
frame_slice(struct conn *c, struct job *j, struct str s)
{
	size_t before = c->tx.len, used;

	used = framer_add(&j->framer, &c->tx, s);
	trace_bytes(c->trace, TRACE_C, str_skip(buf_str(&c->tx), before));
	j->framed += c->tx.len - before;
	return used;
}

static enum sent
body_sent(struct conn *c, struct job *j, struct seg *seg)
{
	size_t before = c->tx.len;
	struct err e = {0};

	if (framer_end(&j->framer, &c->tx) < 0)
		return SENT_FULL;
	trace_bytes(c->trace, TRACE_C, str_skip(buf_str(&c->tx), before));
	j->framed += c->tx.len - before;
	j->framing = false;
	if (seg->sized && j->framed != seg->size) {
		err_set(&e, ERR_SYS, "it is not as long as was announced");
		body_failed(c, j, &e);
		return SENT_FAIL;
	}
	body_on_ready(seg->body, NULL, NULL);
	body_unclaim(seg->body);
	body_unref(seg->body);
	seg->body = NULL;
	return SENT_ALL;
}

static enum sent
send_body(struct conn *c, struct job *j, struct seg *seg)
{
	struct err e = {0};
	struct str s;
	size_t used;

	if (!j->framing) {
		framer_init(&j->framer, seg->frame);
		j->framing = true;
		j->framed = 0;
	}
	while (c->tx.len < limits.send_high_water) {
		switch (body_pull(seg->body, &s, &e)) {
		case PULL_SLICE:
			used = frame_slice(c, j, s);
			body_took(seg->body, used);
			if (c->phase == CONN_CLOSED)
				return SENT_FAIL;
			if (seg->sized && j->framed > seg->size) {
				err_set(&e, ERR_SYS,
				    "it is longer than was announced");
				body_failed(c, j, &e);
				return SENT_FAIL;
			}
			if (used == 0)
				return SENT_FULL;
			break;
		case PULL_LATER:
			body_on_ready(seg->body, fill_again, c);
			return SENT_LATER;
		case PULL_END:
			return body_sent(c, j, seg);
		case PULL_FAIL:
			body_failed(c, j, &e);
			return SENT_FAIL;
		}
		if (c->phase == CONN_CLOSED)
			return SENT_FAIL;
	}
	return SENT_FULL;
}

static enum sent
send_bytes(struct conn *c, struct seg *seg)
{
	size_t n = buf_free(&c->tx) < seg->s.n ? buf_free(&c->tx) : seg->s.n;

	(void)buf_add(&c->tx, str_head(seg->s, n));
	if (seg->kind == SEG_SECRET)
		trace_secret(c->trace, TRACE_C);
	else
		trace_bytes(c->trace, TRACE_C, str_head(seg->s, n));
	if (seg->kind == SEG_SECRET)
		mem_wipe((char *)(uintptr_t)seg->s.p, n);
	seg->s = str_skip(seg->s, n);
	return seg->s.n == 0 ? SENT_ALL : SENT_FULL;
}

/* Sends what j has, up to its next WAIT. */
static enum sent
send_job(struct conn *c, struct job *j)
{
	enum sent got = SENT_ALL;

	j->cmd.state = CMD_SENDING;
	while (j->segs != NULL && j->segs->kind != SEG_WAIT) {
		got = j->segs->kind == SEG_BODY ? send_body(c, j, j->segs)
						: send_bytes(c, j->segs);
		if (got != SENT_ALL)
			return got;
		j->segs = j->segs->next;
	}
	if (j->segs != NULL && !j->replied)
		return SENT_ALL;
	if (j->segs == NULL) {
		j->segs_tail = &j->segs;
		j->cmd.state = CMD_WAITING;
	}
	if (j->replied)
		job_replied(c, j);
	return c->phase == CONN_CLOSED ? SENT_FAIL : SENT_ALL;
}

/* Moves segments into tx until it is full or nothing may be sent. */
static void
fill(struct conn *c)
{
	struct job *j;
	enum sent got = SENT_ALL;

	c->filling = true;
	do {
		c->refill = false;
		while (got != SENT_FAIL && c->tx.len < limits.send_high_water &&
		       c->phase == CONN_OPEN && !c->handshaking &&
		       (j = sender(c)) != NULL) {
			got = send_job(c, j);
			if (got == SENT_LATER || got == SENT_FULL)
				break;
		}
	} while (c->refill && got == SENT_LATER);
	c->filling = false;
	c->fill_wanted = got == SENT_FULL;
}

/* Writes tx.  False if the connection has ended. */
static bool
drain(struct conn *c)
{
	struct err e = {0};
	ssize_t n;
	int rc;

	while (c->tx.len > 0) {
		n = stream_write(c->stream, buf_str(&c->tx).p, c->tx.len, &e);
		if (n == STREAM_AGAIN)
			return true;
		if (n < 0) {
			/* Its last words may still be in the pipe. */
			receive(c);
			if (c->phase == CONN_OPEN)
				engine_fail(c, &e);
			return false;
		}
		buf_take(&c->tx, (size_t)n);
		c->progress = loop_now();
	}
	rc = stream_flush(c->stream, &e);
	c->flush_wanted = rc == STREAM_AGAIN;
	if (rc == STREAM_ERR) {
		engine_fail(c, &e);
		return false;
	}
	return true;
}

static void
send_all(struct conn *c)
{
	do {
		fill(c);
		if (c->phase != CONN_OPEN || !drain(c))
			return;
	} while (c->fill_wanted && c->tx.len == 0);
}

/* ---- the life of a connection's stream ---- */

static void
handshake(struct conn *c)
{
	struct err e = {0};
	struct buf words;
	struct job *j = c->head;

	switch (tls_handshake(c->stream, &e)) {
	case STREAM_AGAIN:
		return;
	case STREAM_ERR:
		engine_fail(c, &e);
		return;
	default:
		break;
	}
	c->handshaking = false;
	c->tls = true;
	c->progress = loop_now();
	buf_init(&words, 256);
	tls_describe(c->stream, &words);
	trace_note(c->trace, "TLS: %.*s", STRF(buf_str(&words)));
	buf_fini(&words);
	if (j != NULL && j->flags & VERB_TLS) {
		j->cmd.state = CMD_DONE;
		job_over(j);
	}
	engine_wants_fill(c);
}

static void
move(struct conn *c, bool in)
{
	conn_ref(c);
	if (c->handshaking)
		handshake(c);
	if (c->phase == CONN_OPEN && !c->handshaking) {
		if (in)
			receive(c);
		if (c->phase == CONN_OPEN && !c->handshaking)
			send_all(c);
	}
	engine_events(c);
	conn_unref(c);
}

static void
in_ready(struct watch *w, short revents)
{
	(void)revents;
	move(CONTAINER_OF(w, struct conn, in), true);
}

static void
out_ready(struct watch *w, short revents)
{
	(void)revents;
	move(CONTAINER_OF(w, struct conn, out), false);
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
	       !paused(c);
}

static void
timed_out(struct timer *t)
{
	struct conn *c = CONTAINER_OF(t, struct conn, timer);
	int64_t ms = c->handshaking ? c->cfg.connect_ms : c->cfg.reply_ms;
	struct err e = {0};

	conn_ref(c);
	if (owed(c) && c->progress + ms <= loop_now()) {
		err_set(&e, ERR_TIMEOUT, "no word from the server for %g s",
		    (double)ms / 1000);
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
	want_read = !paused(c);
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
engine_start(struct conn *c, struct stream *s)
{
	struct err e = {0};
	struct stream *over;

	c->stream = s;
	c->phase = CONN_OPEN;
	if (c->proto != NULL)
		c->lex.max_line = c->proto->max_line();
	c->progress = loop_now();
	c->in = (struct watch){.fd = s->fd_in, .ready = in_ready};
	c->out = (struct watch){.fd = s->fd_out, .ready = out_ready};
	c->timer.fire = timed_out;
	c->kick.fire = kicked;
	loop_watch(c->loop, &c->in);
	if (s->fd_out != s->fd_in)
		loop_watch(c->loop, &c->out);
	if (c->cfg.tls) {
		over = tls_client(s, c->cfg.host, &c->cfg.tls_config, &e);
		if (over == NULL) {
			engine_fail(c, &e);
			return;
		}
		c->stream = over;
		c->handshaking = true;
	}
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
	c->body_job = NULL;
	conn_add_event(c, S("closed"), NULL, str_z(c->err.msg));
	conn_ref(c);
	while ((j = c->head) != NULL) {
		j->cmd.state = CMD_FAILED;
		if (j->cmd.err.kind == ERR_NONE)
			j->cmd.err = c->err;
		if (j->cmd.err.kind == ERR_NONE)
			err_set(&j->cmd.err, ERR_CLOSED,
			    "the connection was closed");
		job_over(j);
	}
	conn_unref(c);
}
