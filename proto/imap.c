/* imap: IMAP for the engine (RFC 9051, RFC 3501): input and effects.  What
 * goes out is written in imap_encode.c. */
#include "proto/imap.h"
#include "wire/mutf7.h"
#include "wire/seqset.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- capabilities ---- */

/* The mechanisms of all AUTH=X as "AUTH X Y", the others as they are. */
static void
learn_capabilities(struct conn *c, const struct imap_val *v)
{
	struct buf auth;
	struct str s;

	conn_caps_clear(c);
	c->caps_known = true;
	buf_init(&auth, limits.line / 2);
	for (; v != NULL; v = v->next) {
		s = imap_text(v);
		if (!str_startscase(s, S("AUTH="))) {
			conn_caps_add(c, s, S(""));
			continue;
		}
		if (auth.len > 0)
			(void)buf_addc(&auth, ' ');
		(void)buf_add(&auth, str_skip(s, 5));
	}
	if (auth.len > 0)
		conn_caps_add(c, S("AUTH"), buf_str(&auth));
	buf_fini(&auth);
}

/* ---- what a response changes at once ---- */

static void
code_capability(struct conn *c, const struct imap_val *v)
{
	learn_capabilities(c, v);
}

static void
code_read_only(struct conn *c, const struct imap_val *v)
{
	(void)v;
	c->imap.read_only = true;
}

static void
code_read_write(struct conn *c, const struct imap_val *v)
{
	(void)v;
	c->imap.read_only = false;
}

static void
code_uidvalidity(struct conn *c, const struct imap_val *v)
{
	if (v != NULL && v->kind == IMAP_NUMBER)
		c->imap.uidvalidity = v->num;
}

static void
code_uidnext(struct conn *c, const struct imap_val *v)
{
	if (v != NULL && v->kind == IMAP_NUMBER)
		c->imap.uidnext = v->num;
}

static void
learn_code(struct conn *c, const struct imap_val *code)
{
	static const struct {
		const char *name;
		void (*fn)(struct conn *c, const struct imap_val *v);
	} codes[] = {
	    {"CAPABILITY", code_capability},
	    {"READ-ONLY", code_read_only},
	    {"READ-WRITE", code_read_write},
	    {"UIDVALIDITY", code_uidvalidity},
	    {"UIDNEXT", code_uidnext},
	};
	size_t i;

	if (code == NULL || code->first == NULL)
		return;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (imap_is(code->first, codes[i].name))
			codes[i].fn(c, code->first->next);
}

static void
learn_enabled(struct conn *c, const struct imap_val *v)
{
	for (; v != NULL; v = v->next)
		if (imap_is(v, "UTF8=ACCEPT") || imap_is(v, "IMAP4rev2"))
			c->imap.utf8 = true;
}

static void
learn(struct conn *c, const struct imap_msg *m)
{
	if (m->has_num && str_eqcase(m->name, S("EXISTS")))
		c->imap.exists = m->num;
	else if (m->has_num && str_eqcase(m->name, S("RECENT")))
		c->imap.recent = m->num;
	else if (m->has_num && str_eqcase(m->name, S("EXPUNGE")))
		c->imap.exists -= c->imap.exists > 0;
	else if (str_eqcase(m->name, S("CAPABILITY")))
		learn_capabilities(c, m->vals);
	else if (str_eqcase(m->name, S("ENABLED")))
		learn_enabled(c, m->vals);
	else if (str_eqcase(m->name, S("BYE")))
		conn_set_words(c, m->text);
	learn_code(c, m->code);
}

/* What the user must be shown (RFC 9051 7.1).  Who typed the command that it
 * comes with sees it there; else it is an event. */
static bool
tells_alert(struct conn *c, const struct job *j, const struct imap_msg *m,
    struct str line)
{
	if (m->code == NULL || m->code->first == NULL ||
	    !imap_is(m->code->first, "ALERT") || (j != NULL && j->typed))
		return false;
	conn_add_event(c, S("ALERT"), NULL, line);
	return true;
}

/* ---- whose is it? ---- */

static struct job *
tagged(const struct conn *c, struct str tag)
{
	struct job *j;

	for (j = c->head; j != NULL; j = j->next)
		if (j->cmd.state != CMD_QUEUED && str_eq(j->cmd.tag, tag))
			return j;
	return NULL;
}

/* The first command in flight that untagged responses of this name answer. */
static struct job *
expecting(const struct conn *c, struct str name)
{
	struct job *j;

	for (j = c->head; j != NULL; j = j->next) {
		if (j->cmd.state == CMD_QUEUED)
			continue;
		if (j->typed)
			return j;
		if (j->cmd.verb != NULL && j->cmd.verb->data != NULL &&
		    verb_word_in(j->cmd.verb->data, name))
			return j;
	}
	return NULL;
}

/* The command that waits for "+". */
static struct job *
awaiting(const struct conn *c)
{
	struct job *j;

	for (j = c->head; j != NULL; j = j->next)
		if (j->segs != NULL ? j->segs->kind == SEG_WAIT
				    : j->cmd.state == CMD_WAITING &&
					  (j->may_ask || j->sasl != NULL))
			return j;
	return NULL;
}

/* Whose response begins with this line.  Only the words are looked at. */
static struct job *
owner(const struct conn *c, struct str line)
{
	struct str word = str_word(&line);
	uint64_t n;

	if (str_eq(word, S("+")))
		return awaiting(c);
	if (!str_eq(word, S("*")))
		return tagged(c, word);
	word = str_word(&line);
	if (str_u64(word, UINT64_MAX, &n))
		word = str_word(&line);
	return expecting(c, word);
}

/* ---- replies ---- */

static bool
is_temporary(struct str code)
{
	static const char later[] =
	    "UNAVAILABLE INUSE SERVERBUG LIMIT EXPUNGEISSUED";

	return verb_word_in(later, str_head(code, str_find(code, ' ')));
}

static void
fill_reply(struct job *j, const struct imap_msg *m)
{
	struct reply *r = &j->cmd.reply;
	struct buf code;

	r->status = job_dup(j, m->name);
	r->text = job_dup(j, m->text);
	if (m->code != NULL && m->code->first != NULL) {
		buf_init(&code, limits.line);
		(void)imap_put_vals(&code, m->code->first);
		r->code = job_dup(j, buf_str(&code));
		buf_fini(&code);
	}
	if (str_eqcase(m->name, S("OK")) || str_eqcase(m->name, S("PREAUTH")))
		r->class = REPLY_OK;
	else
		r->class = str_eqcase(m->name, S("BAD")) ? REPLY_BAD : REPLY_NO;
	r->temporary = r->class == REPLY_NO && is_temporary(r->code);
}

static enum verdict
tagged_reply(
    struct conn *c, struct job *j, const struct imap_msg *m, struct str line)
{
	if (j == NULL)
		return engine_bad(
		    c, "a reply with a tag that nobody sent", line);
	if (!verb_word_in("OK NO BAD", m->name))
		return engine_bad(c, "this is no reply", line);
	fill_reply(j, m);
	learn_code(c, m->code);
	(void)tells_alert(c, j, m, line);
	return VERDICT_DONE;
}

/* The first thing a server says (RFC 9051 7.1). */
static enum verdict
greeting(
    struct conn *c, struct job *j, const struct imap_msg *m, struct str line)
{
	if (m->type != IMAP_UNTAGGED ||
	    !verb_word_in("OK PREAUTH BYE", m->name))
		return engine_bad(c, "this is no IMAP greeting", line);
	fill_reply(j, m);
	learn(c, m);
	return VERDICT_DONE;
}

static enum verdict
continuation(struct conn *c, struct job *j, struct str line)
{
	if (j == NULL) {
		conn_add_event(c, S("+"), NULL, line);
		return VERDICT_UNASKED;
	}
	j->cmd.reply.text = job_dup(j, c->imap.parser.msg.text);
	return VERDICT_GO;
}

static enum verdict
complete(struct conn *c, struct job *j, struct str line)
{
	const struct imap_msg *m = &c->imap.parser.msg;
	bool alert;

	if (j != NULL && j->cmd.verb == &conn_greeting)
		return greeting(c, j, m, line);
	switch (m->type) {
	case IMAP_CONTINUE:
		return continuation(c, j, line);
	case IMAP_TAGGED:
		return tagged_reply(c, j, m, line);
	case IMAP_UNTAGGED:
	case IMAP_COMMAND:
		break;
	}
	learn(c, m);
	alert = tells_alert(c, j, m, line);
	if (j != NULL)
		return VERDICT_MORE;
	if (!alert)
		conn_add_event(c, m->name, m->has_num ? &m->num : NULL, line);
	return VERDICT_UNASKED;
}

static void
begin(struct conn *c, struct str line)
{
	arena_fini(&c->imap.arena);
	imap_begin(&c->imap.parser, &c->imap.arena, false, limits.nesting);
	c->imap.begun = true;
	c->imap.whose = c->head != NULL && c->head->cmd.verb == &conn_greeting
			    ? c->head
			    : owner(c, line);
}

/* Whether a response, which is at its beginning, is nothing but the numbers
 * that SEARCH has found: nothing here changes by them, and a tree of a million
 * takes 50 MB. */
static bool
is_numbers(struct imap_parser *p, struct str line)
{
	if (p->begun || !seqset_search(NULL, line))
		return false;
	p->msg = (struct imap_msg){.type = IMAP_UNTAGGED, .name = S("SEARCH")};
	return true;
}

static enum verdict
input(struct conn *c, struct str line, struct cmd **whose)
{
	struct imap_parser *p = &c->imap.parser;
	struct err e = {0};
	enum verdict v = VERDICT_BAD;
	struct job *j;

	if (!c->imap.begun)
		begin(c, line);
	j = c->imap.whose;
	switch (is_numbers(p, line) ? IMAP_GOT_MSG : imap_line(p, line, &e)) {
	case IMAP_GOT_LITERAL:
		if (!p->literal.body &&
		    p->literal.size > limits.literal_inline) {
			err_set(&c->err, ERR_LIMIT,
			    "a literal too long for what is no message");
			break;
		}
		(void)imap_literal_stream(p);
		lex_count(&c->lex, p->literal.size);
		v = VERDICT_BODY;
		break;
	case IMAP_GOT_MSG:
		c->imap.begun = false;
		c->imap.whose = NULL;
		v = complete(c, j, line);
		break;
	case IMAP_GOT_BAD:
		c->imap.begun = false;
		if (j != NULL && j->cmd.verb == &conn_greeting)
			(void)engine_bad(c, "this is no IMAP greeting", line);
		else
			c->err = e;
		break;
	}
	if (j != NULL && v != VERDICT_UNASKED && v != VERDICT_BAD)
		*whose = &j->cmd;
	return v;
}

/* ---- effects ---- */

static void
no_mailbox(struct conn *c)
{
	if (c->state == IMAP_SELECTED)
		c->state = IMAP_AUTHENTICATED;
	free(c->imap.mailbox);
	c->imap.mailbox = NULL;
	c->imap.read_only = false;
	c->imap.exists = c->imap.recent = 0;
}

static void
greeted(struct conn *c, struct cmd *cmd)
{
	if (str_eqcase(cmd->reply.status, S("PREAUTH")))
		c->state = IMAP_AUTHENTICATED;
}

static void
logged_in(struct conn *c, struct cmd *cmd)
{
	c->state = IMAP_AUTHENTICATED;
	conn_set_name(&c->user, job_of(cmd)->subject);
}

static void
selected(struct conn *c, struct cmd *cmd)
{
	struct buf name;

	c->state = IMAP_SELECTED;
	free(c->imap.mailbox);
	buf_init(&name, limits.line);
	if (c->imap.utf8 || mutf7_decode(&name, job_of(cmd)->subject) < 0) {
		buf_clear(&name);
		(void)buf_add(&name, job_of(cmd)->subject);
	}
	c->imap.mailbox = mem_strdup(buf_cstr(&name));
	buf_fini(&name);
	c->imap.read_only = strcmp(cmd->verb->name, "EXAMINE") == 0 ||
			    str_eqcase(cmd->reply.code, S("READ-ONLY"));
}

static void
closed(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	no_mailbox(c);
}

static void
logged_out(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	c->state = IMAP_LOGOUT;
}

static void
unauthenticated(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	no_mailbox(c);
	conn_forget(c);
}

static const struct effect effects[] = {
    {"greeting", greeted},
    {"LOGIN", logged_in},
    {"AUTHENTICATE", logged_in},
    {"SELECT", selected},
    {"EXAMINE", selected},
    {"CLOSE", closed},
    {"UNSELECT", closed},
    {"LOGOUT", logged_out},
    {"UNAUTHENTICATE", unauthenticated},
    {NULL, NULL},
};

static void
settled(struct conn *c, struct cmd *cmd)
{
	/* RFC 9051 6.3.2: a SELECT that fails leaves nothing selected; a
	 * syntax error was no SELECT. */
	if (cmd->reply.class == REPLY_NO && cmd->verb->flags & VERB_MAILBOX)
		no_mailbox(c);
}

static void
describe(const struct conn *c, struct buf *out)
{
	if (c->state == IMAP_SELECTED)
		(void)buf_addf(out, "%s[%llu]%s", c->imap.mailbox,
		    (unsigned long long)c->imap.exists,
		    c->imap.read_only ? " read-only" : "");
}

/* ---- responses on demand ---- */

/* A literal on its way into a tree: messages stay outside of it. */
static int
tree_literal(struct imap_parser *p, struct cmd *cmd, size_t n, struct err *e)
{
	struct body *b;
	struct str s;
	enum pull got;
	int rc = 0;

	if (p->literal.body || p->literal.size > limits.literal_inline) {
		p->streams = (int)n;
		(void)imap_literal_stream(p);
		return 0;
	}
	b = body_reply(cmd, n);
	while (rc == 0 && (got = body_pull(b, &s, e)) != PULL_END) {
		if (got != PULL_SLICE)
			rc = got == PULL_LATER ? 1 : -1;
		else if ((rc = imap_literal_add(p, s, e)) == 0)
			body_took(b, s.n);
	}
	body_unref(b);
	return rc;
}

/* Feeds items to p until a response is whole: 1, with *at behind it; 0 if none
 * is, and *behind says whether the last item was a body; -1. */
static int
feed_items(struct imap_parser *p, struct cmd *cmd, const struct item **at,
    bool *behind, struct err *e)
{
	const struct item *it;
	int rc;

	*behind = false;
	for (it = *at; it != NULL; it = it->next) {
		*behind = it->kind == ITEM_BODY;
		if (*behind) {
			rc = tree_literal(p, cmd, it->body, e);
			if (rc != 0)
				return rc < 0 ? -1 : 0;
			continue;
		}
		switch (imap_line(p, it->line, e)) {
		case IMAP_GOT_MSG:
			*at = it->next;
			return 1;
		case IMAP_GOT_LITERAL:
			break;
		case IMAP_GOT_BAD:
			return -1;
		}
	}
	return 0;
}

int
cmd_response(struct cmd *cmd, const struct item **at, struct arena *a,
    struct imap_msg *msg, struct err *e)
{
	struct imap_parser p;
	bool behind;
	int rc;

	imap_begin(&p, a, false, limits.nesting);
	rc = feed_items(&p, cmd, at, &behind, e);
	*msg = p.msg;
	return rc;
}

int
cmd_response_so_far(struct cmd *cmd, const struct item **at, struct arena *a,
    struct imap_msg *msg, struct err *e)
{
	struct imap_parser p;
	bool behind;
	struct err ignored = {0};
	int rc;

	imap_begin(&p, a, false, limits.nesting);
	rc = feed_items(&p, cmd, at, &behind, e);
	if (rc == 0 && behind &&
	    imap_line(&p, S(")"), &ignored) == IMAP_GOT_MSG)
		rc = 2;
	*msg = p.msg;
	return rc;
}

static const char *const states[] = {
    "not authenticated", "authenticated", "selected", "logout", NULL};

static const struct sasl_dialect sasl = {
    .verb = "AUTHENTICATE", .service = "imap", .ir_capability = "SASL-IR"};

const struct proto proto_imap = {
    .name = "imap",
    .port = 143,
    .tls_port = 993,
    .alpn = "imap",
    .verbs = imap_verbs,
    .states = states,
    .bye = "LOGOUT",
    .sasl = &sasl,
    .pipelines = true,
    .max_line = &limits.imap_line,
    .encode = imap_encode,
    .typed = imap_typed,
    .input = input,
    .after_body = VERDICT_MORE,
    .effects = effects,
    .settled = settled,
    .describe = describe,
};
