/* cmd: commands as jobs: what they send, what they got, and their life. */
#include "proto/engine.h"
#include "base/text.h"
#include "proto/secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- life ---- */

struct job *
job_new(struct conn *c, const struct verb *verb)
{
	struct job *j = mem_zalloc(sizeof(*j));

	j->cmd.conn = conn_ref(c);
	j->cmd.verb = verb;
	j->flags = verb != NULL ? verb->flags : VERB_ALONE;
	j->refs = 1;
	arena_init(&j->arena, limits.reply);
	buf_init(&j->line, limits.imap_line);
	j->segs_tail = &j->segs;
	j->items_tail = &j->cmd.items;
	j->said_tail = &j->cmd.said;
	return j;
}

static void
job_free(struct job *j)
{
	size_t i;

	assert(!j->queued && j->refs == 0);
	job_drop_segs(j);
	for (i = 0; i < j->n_inbodies; i++)
		free(j->inbodies[i]);
	free(j->inbodies);
	spool_free(j->spool);
	sasl_free(j->sasl);
	buf_fini(&j->line);
	arena_fini(&j->arena);
	free(j);
}

struct cmd *
cmd_ref(struct cmd *cmd)
{
	struct job *j = job_of(cmd);

	if (j->refs++ == 0)
		conn_ref(cmd->conn);
	return cmd;
}

void
cmd_unref(struct cmd *cmd)
{
	struct job *j;
	struct conn *c;

	if (cmd == NULL)
		return;
	j = job_of(cmd);
	c = cmd->conn;
	if (--j->refs > 0)
		return;
	if (!j->queued)
		job_free(j);
	conn_unref(c);
}

bool
cmd_over(const struct cmd *cmd)
{
	return cmd->state == CMD_DONE || cmd->state == CMD_FAILED;
}

int64_t
cmd_elapsed(const struct cmd *cmd)
{
	int64_t tls = conn_times(cmd->conn).tls;

	if (cmd->sent_at == 0 || cmd->over_at == 0)
		return -1;
	if (cmd->verb == NULL || (cmd->verb->flags & VERB_TLS) == 0 || tls < 0)
		tls = 0;
	return cmd->over_at - cmd->sent_at - tls;
}

int
job_queue(struct job *j, struct err *e)
{
	struct conn *c = j->cmd.conn;

	if (c->phase == CONN_CLOSED && c->err.kind == ERR_NONE)
		return err_set(e, ERR_CLOSED, "the connection is closed");
	if (c->phase == CONN_CLOSED) {
		if (e->kind == ERR_NONE)
			*e = c->err;
		return -1;
	}
	if (c->queued >= limits.queue)
		return err_set(e, ERR_LIMIT, "too many commands are waiting");
	j->cmd.line = buf_str(&j->line);
	if (c->tail != NULL)
		c->tail->next = j;
	else
		c->head = j;
	c->tail = j;
	if (c->unsent == NULL)
		c->unsent = j;
	c->queued++;
	j->queued = true;
	engine_wants_fill(c);
	return 0;
}

void
job_starts(struct job *j)
{
	struct conn *c = j->cmd.conn;

	/* What the server may ask for comes before all else. */
	j->bars =
	    j->may_ask || j->flags & (VERB_ALONE | VERB_MAILBOX | VERB_LAST);
	j->flying = true;
	c->flying++;
	c->bars += j->bars;
	c->breaks += (j->flags & VERB_BREAKS_SEQ) != 0;
	c->sending = j;
	c->unsent = j->next;
}

/* j counts for nothing any more. */
static void
forget(struct conn *c, const struct job *j)
{
	if (c->unsent == j)
		c->unsent = j->next;
	if (c->sending == j)
		c->sending = NULL;
	if (!j->flying)
		return;
	c->flying--;
	c->bars -= j->bars;
	c->breaks -= (j->flags & VERB_BREAKS_SEQ) != 0;
}

void
job_over(struct job *j)
{
	struct conn *c = j->cmd.conn;
	struct job **at, *prev = NULL;
	size_t i;

	j->cmd.over_at = loop_now_us();
	forget(c, j);
	for (at = &c->head; *at != j; at = &(*at)->next)
		prev = *at;
	*at = j->next;
	if (c->tail == j)
		c->tail = prev;
	j->next = NULL;
	c->queued--;
	j->queued = false;
	job_drop_segs(j);
	/* Whoever holds the command holds no password with it. */
	sasl_free(j->sasl);
	j->sasl = NULL;
	if (c->imap.whose == j)
		c->imap.whose = NULL;
	/* Readers of what is whole, and of what will never come. */
	for (i = 0; i < j->n_inbodies; i++)
		if (j->inbodies[i] != NULL)
			inbody_wake(j->inbodies[i]);
	if (j->refs == 0)
		job_free(j);
	engine_wants_fill(c);
}

/* ---- the program ---- */

static struct seg *
add_seg(struct job *j, enum seg_kind kind, struct err *e)
{
	struct seg *seg = arena_alloc(&j->arena, sizeof(*seg));

	if (seg == NULL) {
		err_set(e, ERR_LIMIT, "the command is too long");
		return NULL;
	}
	seg->kind = kind;
	*j->segs_tail = seg;
	j->segs_tail = &seg->next;
	return seg;
}

static int
add_bytes(struct job *j, enum seg_kind kind, struct str s, struct err *e)
{
	struct seg *seg;
	struct str copy = arena_dup(&j->arena, s);

	if (copy.p == NULL)
		return err_set(e, ERR_LIMIT, "the command is too long");
	seg = add_seg(j, kind, e);
	if (seg == NULL)
		return -1;
	seg->s = copy;
	return 0;
}

int
job_bytes(struct job *j, struct str s, struct err *e)
{
	if (j->cmd.state == CMD_QUEUED)
		(void)buf_add(&j->line, str_chomp(s));
	return add_bytes(j, SEG_BYTES, s, e);
}

int
job_secret(struct job *j, struct str s, struct err *e)
{
	j->arena.secret = true;
	if (j->cmd.state == CMD_QUEUED && s.n > 0)
		(void)buf_addz(&j->line, "<secret>");
	return add_bytes(j, SEG_SECRET, s, e);
}

int
job_wait(struct job *j, struct err *e)
{
	return add_seg(j, SEG_WAIT, e) != NULL ? 0 : -1;
}

int
job_body(struct job *j, struct body *body, enum frame frame,
    const uint64_t *size, struct err *e)
{
	struct seg *seg = add_seg(j, SEG_BODY, e);

	if (seg == NULL)
		return -1;
	seg->body = body_ref(body);
	seg->frame = frame;
	seg->sized = size != NULL;
	seg->size = size != NULL ? *size : 0;
	body_claim(body);
	return 0;
}

void
job_drop_segs(struct job *j)
{
	struct seg *seg;

	for (seg = j->segs; seg != NULL; seg = seg->next)
		if (seg->body != NULL) {
			body_on_ready(seg->body, NULL, NULL);
			body_unclaim(seg->body);
			body_unref(seg->body);
			seg->body = NULL;
		} else if (seg->kind == SEG_SECRET) {
			mem_wipe((char *)(uintptr_t)seg->s.p, seg->s.n);
		}
	j->segs = NULL;
	j->segs_tail = &j->segs;
	j->framing = false;
}

int
sized_body(struct body *b, uint64_t *size, enum frame *frame, struct err *e)
{
	struct body_facts facts;
	struct err ignored = {0};

	if (body_examine(b, &facts, &ignored) == 0) {
		*frame = FRAME_CRLF;
		*size = facts.crlf_size;
		return 0;
	}
	*frame = FRAME_EXACT;
	if (body_size(b, size))
		return 0;
	return err_set(e, ERR_USE,
	    "the size of the message must be known before it is sent");
}

/* ---- the reply ---- */

struct str
job_dup(struct job *j, struct str s)
{
	struct str copy = arena_dup(&j->arena, s);

	return copy.p != NULL ? copy : S("");
}

/* A server that answers before all is out tells nothing of the way. */
static void
first_line(struct job *j)
{
	struct conn *c = j->cmd.conn;
	int64_t us;

	j->cmd.first_at = loop_now_us();
	us = j->cmd.first_at - j->cmd.sent_at;
	if (j->cmd.sent_at != 0 && (c->round_trip < 0 || us < c->round_trip))
		c->round_trip = us;
}

struct item *
job_item(struct job *j, struct str line)
{
	struct item *it;

	if (++j->lines > limits.lines)
		return NULL;
	if (j->cmd.first_at == 0)
		first_line(j);
	it = arena_alloc(&j->arena, sizeof(*it));
	if (it == NULL)
		return NULL;
	it->kind = ITEM_LINE;
	it->line = arena_dup(&j->arena, line);
	if (it->line.p == NULL)
		return NULL;
	*j->items_tail = it;
	j->items_tail = &it->next;
	return it;
}

struct inbody *
job_inbody(struct job *j, size_t n)
{
	size_t room = 2 * (n + 1);

	if (n >= j->n_inbodies) {
		j->inbodies =
		    mem_realloc(j->inbodies, room * sizeof(*j->inbodies));
		for (; j->n_inbodies < room; j->n_inbodies++)
			j->inbodies[j->n_inbodies] = NULL;
	}
	if (j->inbodies[n] == NULL) {
		j->inbodies[n] = mem_zalloc(sizeof(*j->inbodies[n]));
		j->inbodies[n]->job = j;
	}
	return j->inbodies[n];
}

/* ---- conn_send ---- */

static int
count_args(const struct verb *v, size_t n, struct err *e)
{
	if (v == NULL ||
	    (n >= v->argmin && (v->argmax == VERB_ANY || n <= v->argmax)))
		return 0;
	return err_set(e, ERR_USE,
	    n < v->argmin ? N_("%s takes more arguments: %s %s")
			  : N_("%s takes fewer arguments: %s %s"),
	    v->name, v->name, v->usage);
}

/* The job of a verb with its arguments, not queued; NULL and err. */
static struct job *
verb_job(struct conn *c, struct str verb, const struct arg *args, size_t n,
    struct err *e)
{
	const struct verb *v;
	struct job *j;

	if (c->proto == NULL) {
		err_set(e, ERR_USE, "the server has not greeted yet");
		return NULL;
	}
	if (verb.n == 0 || str_has_eol(verb)) {
		err_set(e, ERR_USE, "a command cannot hold a line end or NUL");
		return NULL;
	}
	v = verb_find(c->proto->verbs, verb, NULL);
	if (v != NULL && !str_eqcase(str_z(v->name), verb))
		v = NULL;
	if (count_args(v, n, e) < 0)
		return NULL;
	j = job_new(c, v);
	j->word = job_dup(j, verb);
	if (c->proto->encode(&j->cmd, args, n, e) < 0) {
		cmd_unref(&j->cmd);
		return NULL;
	}
	return j;
}

/* Into the queue; NULL and err, and then j is gone. */
static struct cmd *
queued(struct job *j, struct err *e)
{
	if (j != NULL && job_queue(j, e) == 0)
		return &j->cmd;
	if (j != NULL)
		cmd_unref(&j->cmd);
	return NULL;
}

struct cmd *
conn_send(struct conn *c, struct str verb, const struct arg *args, size_t n,
    struct err *e)
{
	return queued(verb_job(c, verb, args, n, e), e);
}

struct cmd *
conn_send_ahead(struct conn *c, struct str verb, const struct arg *args,
    size_t n, struct err *e)
{
	struct job *j = verb_job(c, verb, args, n, e);

	if (j != NULL)
		j->ahead = true;
	return queued(j, e);
}

int
conn_reset(struct conn *c, struct err *e)
{
	struct cmd *cmd = conn_send(c, S("RSET"), NULL, 0, e);

	if (cmd == NULL)
		return -1;
	job_of(cmd)->needless = true;
	cmd_unref(cmd);
	return 0;
}

/* ---- conn_line ---- */

static struct str
blanks_skip(struct str s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		s = str_skip(s, 1);
	return s;
}

/* Where the secret words of a typed line begin, or line.n.  What is no verb
 * here may be one elsewhere, or a slip. */
static size_t
secret_at(const struct job *j, struct str line)
{
	const struct verb *v = j->cmd.verb;
	struct str args = S("");
	size_t at;

	(void)verb_find(j->cmd.conn->proto->verbs, line, &args);
	at = v == NULL ? secret_in_line(line, true)
		       : line.n - args.n + secret_in_args(v, args);
	return line.n - blanks_skip(str_skip(line, at)).n;
}

int
job_typed_line(struct job *j, struct str line, struct err *e)
{
	size_t at = secret_at(j, line);

	if (job_bytes(j, str_head(line, at), e) < 0)
		return -1;
	return at < line.n ? job_secret(j, str_skip(line, at), e) : 0;
}

/* The job of a typed line, not queued; NULL and err. */
static struct job *
line_job(struct conn *c, struct str line, struct body *body, struct err *e)
{
	struct job *j;

	if (c->proto == NULL) {
		err_set(e, ERR_USE, "the server has not greeted yet");
		return NULL;
	}
	if (str_has_eol(line)) {
		err_set(e, ERR_USE, "a line cannot hold a line end or NUL");
		return NULL;
	}
	j = job_new(c, verb_find(c->proto->verbs, line, NULL));
	j->typed = true;
	if (c->proto->typed(&j->cmd, line, body, e) < 0) {
		cmd_unref(&j->cmd);
		return NULL;
	}
	return j;
}

struct cmd *
conn_line(struct conn *c, struct str line, struct body *body, struct err *e)
{
	return queued(line_job(c, line, body, e), e);
}

struct cmd *
conn_line_multi(struct conn *c, struct str line, struct err *e)
{
	struct job *j;

	if (c->proto != NULL && !c->proto->lists) {
		err_set(e, ERR_USE,
		    "replies say by themselves where they end, except on "
		    "POP3");
		return NULL;
	}
	j = line_job(c, line, NULL, e);
	if (j != NULL)
		j->flags |= VERB_MULTI;
	return queued(j, e);
}

/* ---- conn_raw ---- */

struct cmd *
conn_raw(struct conn *c, struct err *e)
{
	struct job *j;

	if (c->head != NULL || c->handshaking || c->lex.mode != LEX_MODE_LINE) {
		err_set(e, ERR_USE, "a command still waits for its reply");
		return NULL;
	}
	j = job_new(c, NULL);
	j->raw = true;
	if (queued(j, e) == NULL)
		return NULL;
	job_starts(j);
	j->cmd.state = CMD_ASKED;
	engine_raw(c, j);
	return &j->cmd;
}

void
conn_raw_end(struct cmd *cmd)
{
	if (!cmd_over(cmd))
		engine_raw_end(cmd->conn, job_of(cmd));
}

/* ---- answers ---- */

static int
asked(struct job *j, struct err *e)
{
	if (j->cmd.state == CMD_ASKED || (j->raw && !cmd_over(&j->cmd)))
		return 0;
	return err_set(e, ERR_USE, "the server has not asked for more");
}

static void
goes_on(struct job *j)
{
	j->cmd.state = CMD_SENDING;
	engine_wants_fill(j->cmd.conn);
}

int
conn_answer(struct cmd *cmd, struct str bytes, bool secret, struct err *e)
{
	struct job *j = job_of(cmd);
	int rc;

	if (asked(j, e) < 0)
		return -1;
	if (!secret)
		rc = job_bytes(j, bytes, e);
	else if ((rc = job_secret(j, str_chomp(bytes), e)) == 0)
		rc = job_bytes(j, str_skip(bytes, str_chomp(bytes).n), e);
	j->owes = j->raw || (cmd->tag.n > 0 && str_ends(bytes, S("+}\r\n")));
	if (rc == 0)
		goes_on(j);
	return rc;
}

int
conn_answer_body(struct cmd *cmd, struct body *body, struct err *e)
{
	struct job *j = job_of(cmd);

	if (asked(j, e) < 0)
		return -1;
	if (!(j->flags & VERB_BODY) && !j->raw)
		return err_set(e, ERR_USE, "no message is wanted here");
	if (job_body(j, body, j->raw ? FRAME_EXACT : FRAME_DOT, NULL, e) < 0)
		return -1;
	j->owes = j->raw;
	goes_on(j);
	return 0;
}

/* ---- waiting ---- */

void
cmd_expect(struct cmd *cmd)
{
	struct conn *c = cmd->conn;
	struct job *j;

	if (c->body == NULL || !c->body->pulled || c->body->claimed)
		return;
	for (j = c->head; j != NULL && j != job_of(cmd); j = j->next)
		if (j == c->body->job)
			break;
	if (j == NULL || (j != c->body->job && j != job_of(cmd)))
		return;
	if (j == job_of(cmd) && j != c->body->job)
		return; /* it comes before the body */
	c->body->pulled = false;
	conn_ref(c);
	engine_parse(c);
	engine_events(c);
	conn_unref(c);
}

int
conn_wait(struct cmd *cmd, int64_t deadline, struct err *e)
{
	while (!cmd_over(cmd) && cmd->state != CMD_ASKED) {
		cmd_expect(cmd);
		if (cmd_over(cmd) || cmd->state == CMD_ASKED)
			break;
		switch (loop_turn(cmd->conn->loop, deadline)) {
		case TURN_STOP:
			return err_set(e, ERR_CANCEL, "interrupted");
		case TURN_IDLE:
			if (loop_now() >= deadline)
				return err_set(
				    e, ERR_TIMEOUT, "no reply in time");
			break;
		case TURN_WORK:
			break;
		}
	}
	if (cmd->state != CMD_FAILED)
		return 0;
	*e = cmd->err;
	return -1;
}
