/* smtp: SMTP and LMTP for the engine (RFC 5321, 2033, 2920, 3030, 4954). */
#include "proto/engine.h"
#include "proto/verbs.h"
#include "wire/smtp.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

static bool
is(const struct cmd *cmd, const char *name)
{
	return cmd->verb != NULL && strcmp(cmd->verb->name, name) == 0;
}

/* ---- out ---- */

/* "FROM:<…>" and "TO:<…>"; the address may come with or without < >. */
static int
encode_path(struct job *j, char letter, struct str s, struct err *e)
{
	bool utf8 = conn_has(j->cmd.conn, "SMTPUTF8");

	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = (struct str){s.p + 1, s.n - 2};
	if (!smtp_address(s, utf8))
		return err_set(e, ERR_USE,
		    smtp_address(s, true)
			? N_("this is no mail address for a server without "
			     "SMTPUTF8: %.*s")
			: N_("this is no mail address: %.*s"),
		    STRF(s));
	if (job_bytes(j, letter == 'f' ? S("FROM:<") : S("TO:<"), e) < 0 ||
	    job_bytes(j, s, e) < 0)
		return -1;
	return job_bytes(j, S(">"), e);
}

static int
encode_arg(struct job *j, size_t i, struct str s, struct err *e)
{
	const struct verb *v = j->cmd.verb;
	const char *sig = v != NULL && v->sig != NULL ? v->sig : "r";
	char letter = i < strlen(sig) ? sig[i] : sig[strlen(sig) - 1];

	if (str_has_eol(s))
		return err_set(e, ERR_USE,
		    "an argument of %.*s holds a line end or NUL",
		    STRF(j->word));
	if (job_bytes(j, S(" "), e) < 0)
		return -1;
	if (i == 0 && (letter == 'f' || letter == 't'))
		return encode_path(j, letter, s, e);
	if (v != NULL && v->flags & VERB_SECRET && i >= v->secret)
		return job_secret(j, s, e);
	return job_bytes(j, s, e);
}

/* DATA waits for 354; BDAT says the size and does not wait. */
static int
add_message(struct job *j, struct body *body, struct err *e)
{
	uint64_t size;
	enum frame frame;
	struct str words;

	if (is(&j->cmd, "DATA")) {
		if (job_bytes(j, S("\r\n"), e) < 0 || job_wait(j, e) < 0)
			return -1;
		return job_body(j, body, FRAME_DOT, NULL, e);
	}
	if (!is(&j->cmd, "BDAT"))
		return err_set(e, ERR_USE, "no message goes with this command");
	if (sized_body(body, &size, &frame, e) < 0)
		return -1;
	words =
	    arena_fmt(&j->arena, " %llu LAST\r\n", (unsigned long long)size);
	if (words.p == NULL)
		return err_set(e, ERR_LIMIT, "the command is too long");
	if (job_bytes(j, words, e) < 0)
		return -1;
	return job_body(j, body, frame, &size, e);
}

static int
encode(struct cmd *cmd, const struct arg *args, size_t n, struct err *e)
{
	struct job *j = job_of(cmd);
	size_t i;

	if (job_bytes(j, j->word, e) < 0)
		return -1;
	if (n > 0 && args[0].kind == ARG_STR)
		j->subject = job_dup(j, args[0].s);
	for (i = 0; i < n; i++) {
		if (args[i].kind == ARG_BODY && i + 1 < n)
			return err_set(
			    e, ERR_USE, "a message must be the last argument");
		if (args[i].kind == ARG_BODY)
			return add_message(j, args[i].body, e);
		if (encode_arg(j, i, args[i].s, e) < 0)
			return -1;
	}
	j->may_ask = j->flags & VERB_SASL || is(cmd, "DATA");
	return job_bytes(j, S("\r\n"), e);
}

/* "BDAT 5": both sides would wait for octets that never come. */
static bool
lacks_octets(struct str line)
{
	uint64_t n;

	(void)str_word(&line);
	return str_u64(str_word(&line), UINT64_MAX, &n) && n > 0;
}

static int
typed(struct cmd *cmd, struct str line, struct body *body, struct err *e)
{
	struct job *j = job_of(cmd);

	if (is(cmd, "BDAT") && body != NULL)
		line = str_head(line, 4);
	else if (is(cmd, "BDAT") && lacks_octets(line))
		return err_set(e, ERR_USE,
		    "BDAT counts the octets of a file: BDAT :< FILE");
	if (job_typed_line(j, line, e) < 0)
		return -1;
	if (body != NULL)
		return add_message(j, body, e);
	j->may_ask = j->flags & VERB_SASL || is(cmd, "DATA");
	return job_bytes(j, S("\r\n"), e);
}

/* ---- in ---- */

static bool
is_last_chunk(const struct job *j)
{
	return is(&j->cmd, "BDAT") && str_ends(j->cmd.line, S("LAST"));
}

/* Whether a command was not taken for one: that is said once. */
static bool
is_unknown(unsigned code)
{
	return code == 500 || code == 502 || code == 503;
}

/* LMTP answers a message once for each recipient that it accepted (RFC 2033
 * 4.2); the reply as a whole is a refusal if any is one. */
static enum verdict
one_of_many(struct job *j, enum reply_class before)
{
	if (before > REPLY_OK)
		j->cmd.reply.class = before;
	return --j->due > 0 ? VERDICT_MORE : VERDICT_DONE;
}

static void
fill_reply(struct job *j, struct str line, const struct smtp_line *in)
{
	struct reply *r = &j->cmd.reply;

	r->number = in->code;
	r->status = job_dup(j, str_head(line, 3));
	r->enhanced = job_dup(j, in->status);
	r->text = job_dup(j, in->message);
	r->class = in->code < 400 ? REPLY_OK : REPLY_NO;
	r->temporary = in->code >= 400 && in->code < 500;
}

static enum verdict
unasked(struct conn *c, struct str line, const struct smtp_line *in)
{
	/* A server may say that it leaves; a success in advance could be
	 * taken for the answer to what is sent next. */
	if (in->code < 400)
		return engine_bad(
		    c, "the server answers what nobody asked", line);
	conn_set_words(c, line);
	conn_add_event(c, str_head(line, 3), NULL, line);
	return VERDICT_UNASKED;
}

/* 354 for DATA, 334 for AUTH. */
static enum verdict
intermediate(struct conn *c, struct job *j, struct str line)
{
	if (j->segs == NULL && !j->may_ask && j->sasl == NULL)
		return engine_bad(
		    c, "the server asks for more where none was due", line);
	/* Without a recipient there is nobody to send it to (RFC 2920 3.1);
	 * who types it by hand gets what is typed. */
	if (is(&j->cmd, "DATA") && !j->typed && c->state != SMTP_RCPT)
		return VERDICT_GO_EMPTY;
	if (c->proto == &proto_lmtp && is(&j->cmd, "DATA"))
		j->due = c->smtp.rcpts;
	return VERDICT_GO;
}

static enum verdict
input(struct conn *c, struct str line, struct cmd **whose)
{
	struct job *j = c->head;
	struct smtp_line in;
	enum reply_class before;

	if (!smtp_line(line, &in))
		return engine_bad(c, "this is no SMTP reply", line);
	if (j == NULL || j->cmd.state == CMD_QUEUED)
		return unasked(c, line, &in);
	*whose = &j->cmd;
	if (in.more)
		return VERDICT_MORE;
	before = j->cmd.reply.class;
	fill_reply(j, line, &in);
	if (in.code == 421)
		conn_set_words(c, line);
	if (in.code >= 300 && in.code < 400) {
		j->cmd.reply.class = REPLY_NONE;
		return intermediate(c, j, line);
	}
	if (c->proto == &proto_lmtp && is_last_chunk(j) && j->due == 0 &&
	    !is_unknown(in.code))
		j->due = c->smtp.rcpts;
	return j->due > 0 ? one_of_many(j, before) : VERDICT_DONE;
}

/* ---- effects ---- */

/* A transaction, or what may be left of one, is over. */
static void
forget_transaction(struct conn *c)
{
	c->smtp.rcpts = 0;
	c->smtp.unclear = false;
}

static void
hello(struct conn *c, struct cmd *cmd)
{
	struct item *it = cmd->items;
	struct smtp_line in;
	struct str word, params;

	conn_caps_clear(c);
	c->state = SMTP_READY;
	forget_transaction(c);
	if (is(cmd, "HELO"))
		return;
	c->caps_known = true;
	for (it = it != NULL ? it->next : NULL; it != NULL; it = it->next) {
		if (it->kind != ITEM_LINE || !smtp_line(it->line, &in))
			continue;
		word = smtp_keyword(in.text, &params);
		conn_caps_add(c, word, params);
	}
}

static void
mail(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	c->state = SMTP_MAIL;
	forget_transaction(c);
}

static void
rcpt(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	c->state = SMTP_RCPT;
	c->smtp.rcpts++;
}

static void
ready(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	if (c->state != SMTP_CONNECTED)
		c->state = SMTP_READY;
	forget_transaction(c);
}

static void
authenticated(struct conn *c, struct cmd *cmd)
{
	conn_set_name(
	    &c->user, job_of(cmd)->sasl != NULL ? job_of(cmd)->subject : S(""));
}

static void
ended_session(struct conn *c, struct cmd *cmd)
{
	(void)cmd;
	c->state = SMTP_ENDED;
}

/* Whether the server has asked for the message. */
static bool
was_asked(const struct cmd *cmd)
{
	struct smtp_line in;

	for (const struct item *it = cmd->items; it != NULL; it = it->next)
		if (it->kind == ITEM_LINE && smtp_line(it->line, &in) &&
		    in.code >= 300 && in.code < 400)
			return true;
	return false;
}

/* A message is over whether it was taken or not; a chunk is not, and neither
 * is what DATA was refused for before there was a message (RFC 5321 4.1.1.4).
 */
static bool
ends_transaction(const struct job *j)
{
	return (is(&j->cmd, "DATA") && was_asked(&j->cmd)) ||
	       is_last_chunk(j) ||
	       (is(&j->cmd, "BDAT") && j->cmd.reply.class != REPLY_OK);
}

static const struct effect effects[] = {
    {"HELO", hello},
    {"EHLO", hello},
    {"LHLO", hello},
    {"MAIL", mail},
    {"RCPT", rcpt},
    {"RSET", ready},
    {"AUTH", authenticated},
    {"QUIT", ended_session},
    {NULL, NULL},
};

static void
settled(struct conn *c, struct cmd *cmd)
{
	if (ends_transaction(job_of(cmd)))
		ready(c, cmd);
	c->smtp.unclear |= is(cmd, "BDAT") && cmd->reply.class != REPLY_OK;
}

/* Of a DATA in flight it is known that its message ends the transaction,
 * whatever the server will think of it, once the server has asked for it (RFC
 * 5321 4.1.1.4); of a BDAT in flight nothing is known. */
static bool
needless(const struct conn *c)
{
	if (c->flying > 0)
		return c->sending != NULL && is(&c->sending->cmd, "DATA") &&
		       was_asked(&c->sending->cmd);
	return c->state == SMTP_READY && !c->smtp.unclear;
}

static void
describe(const struct conn *c, struct buf *out)
{
	if (c->state == SMTP_MAIL)
		(void)buf_addz(out, "(mail)");
	else if (c->state == SMTP_RCPT)
		(void)buf_addf(out, "(%u rcpt)", c->smtp.rcpts);
}

static const char *const states[] = {
    "connected", "ready", "mail", "rcpt", "ended", NULL};

static const struct sasl_dialect sasl = {
    .verb = "AUTH",
    .service = "smtp",
    .ir_always = true,
    .ir_line = 512, /* RFC 4954 4, RFC 5321 4.5.3.1.4 */
};

/* What SMTP and LMTP share. */
#define SMTP_COMMON                                                            \
	.alpn = NULL, .states = states, .bye = "QUIT", .sasl = &sasl,          \
	.max_line = &limits.line, .encode = encode, .typed = typed,            \
	.input = input, .after_body = VERDICT_MORE, .effects = effects,        \
	.needless = needless, .settled = settled, .describe = describe

const struct proto proto_smtp = {
    .name = "smtp",
    .port = 25,
    .tls_port = 465,
    .verbs = smtp_verbs,
    SMTP_COMMON,
};

const struct proto proto_lmtp = {
    .name = "lmtp",
    .port = 24,
    .tls_port = 24,
    .verbs = lmtp_verbs,
    SMTP_COMMON,
};
