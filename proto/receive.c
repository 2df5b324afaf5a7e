/*
 * receive: bytes into a connection become lines and bodies, and what these
 * mean to the commands in flight.  It knows no protocol.
 */
#include "proto/engine.h"
#include "base/text.h"

#include <assert.h>

enum {
	READ_LEAST = 64 << 10, /* octets asked for at once, */
	READ_MOST = 256 << 10, /* and where more keep coming */
	READS_A_TURN = 16,
};

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

	err_set(&e, kind, "%s", text_of(what));
	engine_fail(c, &e);
}

enum verdict
engine_bad(struct conn *c, const char *what, struct str line)
{
	err_set(&c->err, ERR_PROTO, "%s: %.*s", text_of(what),
	    (int)(line.n < 80 ? line.n : 80), line.p);
	return VERDICT_BAD;
}

static void
body_begins(struct conn *c, struct job *j)
{
	struct item *it;

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
	c->began = loop_now_us();
	/* Anyone may have said what was said in clear. */
	conn_forget(c);
	conn_drop_events(c);
}

/* What the reply changes in the connection. */
static void
take_effect(struct conn *c, struct cmd *cmd)
{
	const struct effect *f;

	if (cmd->verb == NULL)
		return;
	if (c->proto->settled != NULL)
		c->proto->settled(c, cmd);
	if (cmd->reply.class != REPLY_OK)
		return;
	for (f = c->proto->effects; f->verb != NULL; f++)
		if (strcmp(f->verb, cmd->verb->name) == 0)
			f->fn(c, cmd);
}

/* j's reply is complete, and all of j that was to be sent is sent. */
static void
job_done(struct conn *c, struct job *j)
{
	bool granted = j->cmd.reply.class == REPLY_OK, said_bye;
	struct err e = {0};

	if (granted && j->sasl != NULL && !sasl_done(j->sasl)) {
		err_clear(&j->sasl_err); /* what it says now is worse */
		(void)sasl_early(j->sasl, &e);
		engine_fail(c, &e);
		return;
	}
	take_effect(c, &j->cmd);
	if (granted && j->flags & (VERB_TLS | VERB_DEFLATE))
		upgrade(c, j);
	if (c->phase == CONN_CLOSED || c->handshaking)
		return; /* done when the handshake is */
	j->cmd.state = CMD_DONE;
	if (j->sasl_err.kind != ERR_NONE && !granted) {
		j->cmd.state = CMD_FAILED;
		j->cmd.err = j->sasl_err;
	}
	said_bye = j->flags & VERB_BYE && granted;
	job_over(j);
	if (said_bye) /* what is queued behind it cannot be sent any more */
		engine_fail(c, &(struct err){.kind = ERR_NONE});
}

void
engine_replied(struct conn *c, struct job *j)
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
progressed(struct conn *c)
{
	c->progress = loop_now();
	c->trickle = 0;
}

static void
greeted(struct conn *c, struct str line)
{
	str_copy(c->welcome, sizeof(c->welcome), line);
	engine_lap(c, &c->times.greeting);
}

static void
take_line(struct conn *c, struct str line)
{
	struct cmd *whose = NULL;
	struct item *it = NULL;
	enum verdict v;

	progressed(c);
	if (c->proto == NULL) {
		c->proto = recognise(line);
		if (c->proto == NULL) {
			fail(c, ERR_PROTO,
			    "the greeting is none of POP3, SMTP or IMAP");
			return;
		}
		c->lex.max_line = *c->proto->max_line;
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
		assert(whose != NULL);
		if (!awaits_go(job_of(whose)))
			fail(c, ERR_PROTO,
			    "the server asks for more where none was due");
		else
			job_goes_on(c, job_of(whose), whose->reply.text,
			    v == VERDICT_GO_EMPTY);
		break;
	case VERDICT_DONE:
		assert(it != NULL);
		it->final = true;
		if (whose->verb == &conn_greeting)
			greeted(c, line);
		engine_replied(c, job_of(whose));
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
	struct inbody *in = c->body;
	struct job *j = in != NULL ? in->job : NULL;

	c->body = NULL;
	if (in != NULL) {
		in->ended = true;
		inbody_wake(in);
	}
	if (c->phase == CONN_CLOSED)
		return;
	if (c->proto->after_body == VERDICT_DONE && j != NULL)
		engine_replied(c, j);
}

/* ---- raw ---- */

void
engine_raw(struct conn *c, struct job *j)
{
	lex_count(&c->lex, UINT64_MAX);
	body_begins(c, j);
	if (c->body != NULL)
		c->body->has_size = false;
	engine_parse(c);
	engine_events(c);
}

void
engine_raw_end(struct conn *c, struct job *j)
{
	struct err e = {0};

	conn_ref(c);
	if (c->body != NULL) {
		(void)inbody_keep(c->body, c->live, &e);
		c->live = S("");
		c->body->ended = true;
		inbody_wake(c->body);
		c->body = NULL;
	}
	lex_init(&c->lex, c->lex.max_line);
	j->cmd.reply.class = REPLY_OK;
	j->cmd.state = CMD_DONE;
	job_over(j);
	engine_parse(c);
	engine_events(c);
	conn_unref(c);
}

/* ---- bodies ---- */

static void
body_bytes(struct conn *c, struct str s)
{
	struct err e = {0};

	if (c->body == NULL || c->body->discard)
		return;
	if (c->body->job->keep && c->body->kept + s.n > limits.line) {
		fail(c, ERR_LIMIT, "the server's list is too long");
		return;
	}
	if (inbody_held(c->body)) {
		c->live = s;
		c->paused = loop_now();
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
	if (c->body != NULL && inbody_held(c->body))
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
		/* The pause was not the server's. */
		c->progress += loop_now() - c->paused;
		engine_parse(c);
		engine_events(c);
	}
}

bool
engine_paused(const struct conn *c)
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
	bool raw = j != NULL && j->raw;

	if (c->lex.mode != LEX_MODE_LINE && !raw)
		err_set(&e, ERR_CLOSED,
		    "the server hung up in the middle of a body");
	else if (c->last_words.n > 0)
		err_set(&e, ERR_CLOSED, "the server hung up, saying: %.*s",
		    STRF(c->last_words));
	else if (c->rx.len > 0)
		err_set(&e, ERR_CLOSED,
		    "the server hung up in the middle of a line");
	else if (j != NULL && j->cmd.verb == &conn_greeting)
		err_set(
		    &e, ERR_CLOSED, "the server hung up without a greeting");
	else if (j != NULL && j->cmd.state != CMD_QUEUED && !raw)
		err_set(&e, ERR_CLOSED,
		    "the server hung up before its reply to %s",
		    j->cmd.verb != NULL ? j->cmd.verb->name
					: text_of("a command"));
	else
		err_set(&e, ERR_CLOSED, "the server hung up");
	engine_fail(c, &e);
}

/* What a connection is asked for grows while it gives as much. */
static size_t
next_chunk(size_t chunk, size_t got)
{
	if (got < chunk)
		return READ_LEAST;
	return chunk < READ_MOST ? 2 * chunk : chunk;
}

void
engine_receive(struct conn *c)
{
	struct err e = {0};
	size_t chunk;
	char *room;
	ssize_t n;
	int i;

	engine_parse(c); /* what a reader has held up and does not any more */
	for (i = 0; i < READS_A_TURN; i++) {
		if (c->phase != CONN_OPEN || c->handshaking || engine_paused(c))
			return;
		chunk = c->chunk > 0 ? c->chunk : READ_LEAST;
		room = buf_room(&c->rx, chunk);
		assert(room != NULL);
		n = stream_read(c->stream, room, chunk, &e);
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
		buf_grew(&c->rx, (size_t)n);
		c->chunk = next_chunk(chunk, (size_t)n);
		c->heard = true;
		c->trickle += (size_t)n;
		if (c->trickle >= limits.least)
			progressed(c);
		engine_parse(c);
		if ((size_t)n < chunk &&
		    (c->phase != CONN_OPEN || !stream_pending(c->stream)))
			break;
	}
}
