/*
 * transmit: segments of commands become bytes out of a connection, as many
 * as may be in flight.  It knows no protocol.
 */
#include "proto/engine.h"
#include "base/text.h"

/* Whether the server may still ask something of one that is in flight. */
static bool
is_asking(const struct conn *c)
{
	const struct job *j;

	for (j = c->head; j != NULL && j->flying; j = j->next)
		if (j->may_ask && !j->told_all)
			return true;
	return false;
}

/* Whether j may be sent while those before it wait for their replies (RFC 2920
 * 3.1, RFC 9051 5.5). */
static bool
may_send(const struct conn *c, const struct job *j)
{
	if (c->flying == 0)
		return true;
	if (c->proto == NULL || c->cfg.one_by_one ||
	    !(c->proto->pipelines || conn_has(c, "PIPELINING")))
		return false;
	if (j->ahead)
		return !is_asking(c);
	if (c->bars > 0 || j->flags & (VERB_ALONE | VERB_MAILBOX))
		return false;
	return !(j->flags & VERB_USES_SEQ && c->breaks > 0);
}

/* The first job that may be sent now; those that are needless are over without.
 */
static struct job *
next_unsent(struct conn *c)
{
	struct job *j;

	while ((j = c->unsent) != NULL && may_send(c, j) && j->needless &&
	       c->proto->needless(c)) {
		j->cmd.state = CMD_DONE;
		j->cmd.reply.class = REPLY_OK;
		job_over(j);
	}
	return j != NULL && may_send(c, j) ? j : NULL;
}

/* The first job that has something left to send, if it may. */
static struct job *
sender(struct conn *c)
{
	struct job *j = c->sending;

	if (j != NULL && j->segs != NULL)
		return j->segs->kind != SEG_WAIT ? j : NULL;
	if (j != NULL && j->cmd.state == CMD_ASKED)
		return NULL;
	return next_unsent(c);
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

	err_prefix(&why, text_of("the message could not be sent whole"));
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

/* Something has gone out, and with it that what was read has come. */
static void
wrote(struct conn *c)
{
	c->progress = loop_now();
	c->heard = false;
}

/*
 * A long piece of a body that goes as it is needs no copy in tx: it goes to the
 * stream, as far as that takes it.  Returns how much was used; nothing, too,
 * if there is none or the stream has failed, which tx will hear again.
 */
static size_t
pass_slice(struct conn *c, struct job *j, struct str s)
{
	struct err e = {0};
	size_t used;
	ssize_t n;

	if (c->tx.len > 0 || s.n < limits.send_high_water)
		return 0;
	s = str_head(s, framer_run(&j->framer, s));
	if (s.n < limits.send_high_water)
		return 0;
	n = stream_write(c->stream, s.p, s.n, &e);
	if (n <= 0)
		return 0;
	used = framer_passed(&j->framer, &c->tx, s, (size_t)n);
	trace_bytes(c->trace, TRACE_C, str_head(s, used));
	wrote(c);
	j->framed += used;
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
			used = pass_slice(c, j, s);
			if (used == 0)
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

	/* Until it is empty, what leaves it is wiped. */
	if (seg->kind == SEG_SECRET)
		c->tx.secret = true;
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

	if (!j->flying)
		job_starts(j);
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
		j->cmd.sent_at = loop_now_us();
		j->cmd.state = j->owes ? CMD_ASKED : CMD_WAITING;
	}
	if (j->replied)
		engine_replied(c, j);
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
	/* A full tx leaves open whether there is more. */
	c->fill_wanted =
	    got == SENT_FULL || c->tx.len >= limits.send_high_water;
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
			engine_receive(c);
			if (c->phase == CONN_OPEN)
				engine_fail(c, &e);
			return false;
		}
		buf_take(&c->tx, (size_t)n);
		wrote(c);
	}
	c->tx.secret = false;
	rc = stream_flush(c->stream, &e);
	c->flush_wanted = rc == STREAM_AGAIN;
	if (rc == STREAM_ERR) {
		engine_fail(c, &e);
		return false;
	}
	return true;
}

void
engine_send(struct conn *c)
{
	do {
		fill(c);
		if (c->phase != CONN_OPEN || !drain(c))
			return;
	} while (c->fill_wanted && c->tx.len == 0);
}
