/* pop3: POP3 for the engine (RFC 1939, 2449, 2595, 5034). */
#include "proto/engine.h"
#include "proto/verbs.h"
#include "wire/pop3.h"

#include <stdio.h>
#include <stdlib.h>

static int
encode(struct cmd *cmd, const struct arg *args, size_t n, struct err *e)
{
	struct job *j = job_of(cmd);
	bool secret = j->flags & VERB_SECRET;
	size_t i;

	if (job_bytes(j, j->word, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (args[i].kind == ARG_BODY)
			return err_set(
			    e, ERR_USE, "POP3 does not take messages");
		if (str_has_eol(args[i].s))
			return err_set(e, ERR_USE,
			    "an argument of %.*s holds a line end or NUL",
			    STRF(j->word));
		if (job_bytes(j, S(" "), e) < 0 ||
		    (secret && i >= cmd->verb->secret
			    ? job_secret(j, args[i].s, e)
			    : job_bytes(j, args[i].s, e)) < 0)
			return -1;
	}
	if (n > 0 && j->flags & VERB_MULTI_NOARG)
		j->flags &= ~(uint32_t)VERB_MULTI_NOARG;
	if (n > 0 && !(j->flags & VERB_SASL))
		j->subject = job_dup(j, args[0].s);
	j->may_ask = j->flags & VERB_SASL;
	return job_bytes(j, S("\r\n"), e);
}

static int
typed(struct cmd *cmd, struct str line, struct body *body, struct err *e)
{
	struct job *j = job_of(cmd);
	struct str rest = line;

	if (body != NULL)
		return err_set(e, ERR_USE, "POP3 does not take messages");
	(void)str_word(&rest);
	rest = str_trim(rest);
	if (rest.n > 0)
		j->flags &= ~(uint32_t)VERB_MULTI_NOARG;
	if (!(j->flags & VERB_SASL))
		j->subject = job_dup(j, str_word(&rest));
	j->may_ask = j->flags & VERB_SASL;
	if (job_typed_line(j, line, e) < 0)
		return -1;
	return job_bytes(j, S("\r\n"), e);
}

/* Response codes that say "later" (RFC 2449 8.1, RFC 3206). */
static bool
is_temporary(struct str code)
{
	static const char later[] = "IN-USE LOGIN-DELAY SYS/TEMP";

	return verb_word_in(later, code);
}

/* A server may say that it leaves; a success in advance could be taken for
 * the answer to what is sent next. */
static enum verdict
unasked(struct conn *c, struct str line, const struct pop3_line *in)
{
	if (in->status != POP3_ERR)
		return engine_bad(
		    c, "the server answers what nobody asked", line);
	conn_set_words(c, in->text);
	conn_add_event(c, S("-ERR"), NULL, line);
	return VERDICT_UNASKED;
}

static enum verdict
input(struct conn *c, struct str line, struct cmd **whose)
{
	struct job *j = c->head;
	struct reply *r;
	struct pop3_line in;

	if (!pop3_line(line, &in))
		return engine_bad(c, "this is no POP3 reply", line);
	if (j == NULL || j->cmd.state == CMD_QUEUED)
		return unasked(c, line, &in);
	*whose = &j->cmd;
	r = &j->cmd.reply;
	r->text = job_dup(j, in.text);
	if (in.status == POP3_CONTINUE)
		return VERDICT_GO;
	r->status = in.status == POP3_OK ? S("+OK") : S("-ERR");
	r->code = job_dup(j, in.code);
	r->class = in.status == POP3_OK ? REPLY_OK : REPLY_NO;
	r->temporary = r->class == REPLY_NO && is_temporary(in.code);
	if (r->class != REPLY_OK ||
	    !(j->flags & (VERB_MULTI | VERB_MULTI_NOARG)))
		return VERDICT_DONE;
	/* What it tells is for us, too, whoever else reads it. */
	j->keep =
	    j->cmd.verb != NULL && str_eq(str_z(j->cmd.verb->name), S("CAPA"));
	lex_dot(&c->lex);
	return VERDICT_BODY;
}

/* ---- effects ---- */

static void
greeted(struct conn *c, struct cmd *cmd)
{
	str_copy(c->pop3.stamp, sizeof(c->pop3.stamp),
	    pop3_timestamp(cmd->reply.text));
}

static void
logged_in(struct conn *c, struct cmd *cmd)
{
	struct job *j = job_of(cmd);

	/* AUTH alone asks for the list of mechanisms. */
	if (j->flags & VERB_MULTI_NOARG)
		return;
	c->state = POP3_TRANSACTION;
	if (strcmp(cmd->verb->name, "PASS") == 0)
		conn_set_name(&c->user, str_z(c->pop3.name));
	else
		conn_set_name(&c->user, j->subject);
}

static void
named(struct conn *c, struct cmd *cmd)
{
	conn_set_name(&c->pop3.name, job_of(cmd)->subject);
}

static void
counted(struct conn *c, struct cmd *cmd)
{
	uint64_t size;

	c->pop3.counted =
	    pop3_numbers(cmd->reply.text, true, &c->pop3.count, &size);
	/* RFC 1939 5: those that are marked are not counted. */
	c->pop3.count += c->pop3.deleted;
}

static void
deleted(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	c->pop3.deleted++;
}

static void
reset(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	c->pop3.deleted = 0;
}

static void
quit(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	if (c->state == POP3_TRANSACTION)
		c->state = POP3_UPDATE;
}

static void
capabilities(struct conn *c, struct cmd *cmd)
{
	struct body *b = body_reply(cmd, 0);
	struct buf all;
	struct err e = {0};
	struct str s, line, name;

	conn_caps_clear(c);
	buf_init(&all, limits.line);
	while (body_pull(b, &s, &e) == PULL_SLICE && buf_add(&all, s) == 0)
		body_took(b, s.n);
	s = buf_str(&all);
	c->caps_known = true;
	while (s.n > 0) {
		line = str_chomp(str_cut(&s, '\n'));
		name = str_word(&line);
		conn_caps_add(c, name, str_trim(line));
	}
	buf_fini(&all);
	body_unref(b);
}

static const struct effect effects[] = {
    {"greeting", greeted},
    {"USER", named},
    {"PASS", logged_in},
    {"APOP", logged_in},
    {"AUTH", logged_in},
    {"STAT", counted},
    {"DELE", deleted},
    {"RSET", reset},
    {"CAPA", capabilities},
    {"QUIT", quit},
    {NULL, NULL},
};

static void
describe(const struct conn *c, struct buf *out)
{
	if (c->state != POP3_TRANSACTION)
		return;
	if (c->pop3.deleted > 0 && c->pop3.counted)
		(void)buf_addf(out, "%llu/%llu del",
		    (unsigned long long)c->pop3.deleted,
		    (unsigned long long)c->pop3.count);
	else if (c->pop3.deleted > 0)
		(void)buf_addf(
		    out, "%llu del", (unsigned long long)c->pop3.deleted);
	else if (c->pop3.counted)
		(void)buf_addf(out, "%llu", (unsigned long long)c->pop3.count);
}

static const char *const states[] = {
    "authorization", "transaction", "update", NULL};

static const struct sasl_dialect sasl = {
    .verb = "AUTH",
    .service = "pop",
    .ir_always = true,
    .ir_line = 255, /* RFC 5034 4, RFC 2449 4 */
};

const struct proto proto_pop3 = {
    .name = "pop3",
    .port = 110,
    .tls_port = 995,
    .alpn = "pop3",
    .verbs = pop3_verbs,
    .states = states,
    .bye = "QUIT",
    .sasl = &sasl,
    .lists = true,
    .max_line = &limits.line,
    .encode = encode,
    .typed = typed,
    .input = input,
    .after_body = VERDICT_DONE,
    .effects = effects,
    .describe = describe,
};
