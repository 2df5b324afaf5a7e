/*
 * imapd: IMAP4rev1 (RFC 3501) and, when asked for by ENABLE, IMAP4rev2 (RFC
 * 9051): how commands come, and how they are answered.
 */
#include "server/imapd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "server/services.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LINE_MAX_OCTETS = 256 << 10, /* a set of 10,000 numbers is 60 KiB */
	COMMAND_MAX = 2 << 20,	     /* what a command may take in memory */
	LITERAL_MAX = 64 << 10,	     /* one that is no message … */
	LITERAL_EARLY = 4 << 10,     /* … and before the login */
	NESTING = 64,
};

/* ---- the end of a command ---- */

/* All that belonged to it goes.  Not from within a handler, which may still
 * look at it. */
static void
forget_command(struct imapd *s)
{
	if (s->job != NULL)
		s->job->free(s->job);
	s->job = NULL;
	imap_append_free(s);
	arena_fini(&s->arena);
	s->begun = s->streaming = false;
	s->command = NULL;
	s->uid = s->answered = false;
}

static void respond(struct client *c, const char *word, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0)));

static void
respond(struct client *c, const char *word, const char *fmt, va_list ap)
{
	struct imapd *s = imapd_of(c);
	char text[4096], *more = NULL;
	va_list copy;
	int n;

	va_copy(copy, ap);
	n = vsnprintf(text, sizeof(text), fmt, copy);
	va_end(copy);
	if (n >= (int)sizeof(text)) {
		more = mem_realloc(NULL, (size_t)n + 1);
		(void)vsnprintf(more, (size_t)n + 1, fmt, ap);
	}
	if (s->state == IMAP_SELECTED && s->command != NULL)
		imap_view_sync(
		    c, !(s->command->flags & IMAP_NUMBERS) || s->uid);
	client_say(c, "%s %s %s", s->tag != NULL ? s->tag : "*", word,
	    more != NULL ? more : text);
	free(more);
	s->answered = true;
}

void
imap_ok(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	respond(c, "OK", fmt, ap);
	va_end(ap);
}

void
imap_no(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	respond(c, "NO", fmt, ap);
	va_end(ap);
}

void
imap_bad(struct client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	respond(c, "BAD", fmt, ap);
	va_end(ap);
}

void
imap_bad_usage(struct client *c)
{
	imap_bad(c, "it is: %s", imapd_of(c)->command->usage);
}

void
imap_no_err(struct client *c, const struct err *e)
{
	server_log(c->server, "imap %s: %s", c->peer, e->msg);
	/* RFC 5530 3. */
	imap_no(c, "%s",
	    err_is_full(e) ? "[OVERQUOTA] no room on the disk"
			   : "[SERVERBUG] the mailbox cannot be used");
}

static bool
more_job(struct client *c)
{
	struct imapd *s = imapd_of(c);
	bool more = s->job->more(c);

	if (s->answered)
		forget_command(s);
	return more;
}

void
imap_start(struct client *c, struct imap_job *job)
{
	imapd_of(c)->job = job;
	client_more(c, more_job);
}

/* ---- a command ---- */

/* Whether a rule says what becomes of the command. */
static bool
at_fault(struct client *c, struct str verb)
{
	struct imapd *s = imapd_of(c);
	enum fault_kind kind;
	const char *reply;

	if (!faults_verb(c->server->faults, "imap", verb, &kind, &reply))
		return false;
	if (kind == FAULT_CUT)
		client_drop(c);
	else if (kind == FAULT_REFUSE)
		client_say(c, "%s %s", s->tag, reply);
	s->answered = true;
	return true;
}

static void
wrong_state(struct client *c, const struct imap_command *cmd)
{
	imap_bad(c, "%s is for the %s state", cmd->name,
	    cmd->states == IMAP_NOT_AUTHENTICATED ? "not authenticated"
	    : cmd->states == IMAP_SELECTED	  ? "selected"
						  : "authenticated");
}

/* UID EXPUNGE has one more than EXPUNGE, the others as many either way. */
static bool
arguments_fit(const struct imapd *s, const struct imap_val *args)
{
	const struct imap_command *cmd = s->command;
	size_t n = 0, more = s->uid && cmd->run == imap_expunge;

	for (; args != NULL; args = args->next)
		n++;
	return n >= cmd->argmin + more &&
	       (cmd->argmax == IMAP_MANY || n <= cmd->argmax + more);
}

static void
run_command(struct client *c)
{
	struct imapd *s = imapd_of(c);
	struct str name = s->parser.msg.name;
	const struct imap_val *args = s->parser.msg.vals;
	const struct imap_command *cmd;

	s->uid = str_eqcase(name, S("UID"));
	if (s->uid) {
		name =
		    args != NULL && args->kind == IMAP_ATOM ? args->s : S("");
		args = args != NULL ? args->next : NULL;
	}
	cmd = imap_command_find(name);
	if (cmd == NULL || (s->uid && !(cmd->flags & IMAP_UID)) ||
	    (cmd->capability != NULL && !imap_has(c, cmd->capability)))
		imap_bad(c, "no such command");
	else if (at_fault(c, name))
		;
	else if (!(cmd->states & s->state))
		wrong_state(c, cmd);
	else {
		s->command = cmd;
		if (!arguments_fit(s, args))
			imap_bad_usage(c);
		else if (!imap_strings_are_good(s, args))
			imap_bad(c, "a string with octets that none may have");
		else
			cmd->run(c, s, args);
	}
}

static void
take_tag(struct imapd *s)
{
	struct str tag = s->parser.msg.tag;

	free(s->tag);
	s->tag =
	    tag.n > 0 ? str_copy(mem_zalloc(tag.n + 1), tag.n + 1, tag) : NULL;
}

/* ---- literals ---- */

/* Whether the line ends in a literal that follows without being asked for. */
static bool
announces(struct str line, uint64_t *size)
{
	struct str digits;
	size_t open;

	if (!str_ends(line, S("+}")))
		return false;
	for (open = line.n - 2; open > 0 && line.p[open - 1] != '{'; open--)
		;
	digits = (struct str){line.p + open, line.n - 2 - open};
	return open > 0 && str_u64(digits, INT64_MAX, size);
}

/* The command is answered; what it still brings must not be taken for
 * commands. */
static void
skip_rest(struct client *c, struct str line)
{
	uint64_t size;

	imapd_of(c)->skipping = announces(line, &size);
	if (imapd_of(c)->skipping)
		client_count(c, size);
}

/* Whether the literal that is announced may come. */
static bool
want_literal(struct client *c)
{
	struct imapd *s = imapd_of(c);
	const struct imap_literal *lit = &s->parser.literal;
	bool early = s->state == IMAP_NOT_AUTHENTICATED;

	/* RFC 9051 4.3.1: only servers send such. */
	if (lit->binary) {
		imap_bad(c, "a literal here is {n}, and not ~{n}");
		return false;
	}
	if (lit->body && !early) {
		s->streaming = true;
		return imap_append_begin(c);
	}
	s->streaming = false;
	if (lit->size <= (early ? LITERAL_EARLY : LITERAL_MAX))
		return true;
	imap_bad(c, "[TOOBIG] no literal here may have that many octets");
	return false;
}

static void
take_literal(struct client *c, struct str line)
{
	struct imapd *s = imapd_of(c);

	take_tag(s);
	if (!want_literal(c)) {
		skip_rest(c, line);
		return;
	}
	if (!s->parser.literal.nonsync)
		client_say(c, "+ go ahead");
	else if (!imap_has(c, "LITERAL+")) {
		imap_bad(c, "{n+} wants LITERAL+, which is not offered");
		skip_rest(c, line);
		return;
	}
	if (s->streaming)
		(void)imap_literal_stream(&s->parser);
	client_count(c, s->parser.literal.size);
}

static void
imap_data(struct client *c, struct str piece)
{
	struct imapd *s = imapd_of(c);
	struct err e = {0};

	if (s->skipping)
		return;
	if (s->streaming)
		imap_append_data(c, piece);
	else if (imap_literal_add(&s->parser, piece, &e) < 0) {
		client_say(c, "* BYE the command is too long");
		s->skipping = true;
		client_bye(c);
	}
}

static void
imap_data_end(struct client *c)
{
	/* The line goes on behind it. */
	(void)c;
}

/* ---- lines ---- */

static void
take_command_line(struct client *c, struct str line)
{
	struct imapd *s = imapd_of(c);
	struct err e = {0};

	if (!s->begun) {
		free(s->tag);
		s->tag = NULL;
		imap_begin(&s->parser, &s->arena, true, NESTING);
		s->begun = true;
	}
	switch (imap_line(&s->parser, line, &e)) {
	case IMAP_GOT_MSG:
		take_tag(s);
		run_command(c);
		break;
	case IMAP_GOT_LITERAL:
		take_literal(c, line);
		break;
	case IMAP_GOT_BAD:
		take_tag(s);
		imap_bad(c, "%s", e.msg);
		skip_rest(c, line);
		break;
	}
}

static void
imap_take_line(struct client *c, struct str line, bool bare_lf)
{
	struct imapd *s = imapd_of(c);

	(void)bare_lf; /* typed by nc(1), and harmless */
	if (s->skipping)
		skip_rest(c, line);
	else if (s->login != NULL)
		imap_authenticate_line(c, line);
	else if (s->idle)
		imap_idle_line(c, line);
	else
		take_command_line(c, line);
	if (s->answered)
		forget_command(s);
}

/* ---- the connection ---- */

static void
imap_open(struct client *c)
{
	struct imapd *s = c->state = mem_zalloc(sizeof(*s));
	struct buf b;

	s->state = IMAP_NOT_AUTHENTICATED;
	arena_init(&s->arena, COMMAND_MAX);
	s->arena.secret = true;
	buf_init(&b, 4096);
	imap_put_capabilities(c, &b);
	client_say(
	    c, "* OK [CAPABILITY %s] posteld at your service", buf_cstr(&b));
	buf_fini(&b);
}

static void
imap_late(struct client *c)
{
	client_say(c, "* BYE nothing was said for too long");
}

static void
imap_too_long(struct client *c)
{
	client_say(c, "* BYE a line of more than %d octets", LINE_MAX_OCTETS);
}

static void
imap_gone(struct client *c)
{
	struct imapd *s = imapd_of(c);

	forget_command(s);
	imap_idle_stop(s);
	imap_view_close(s);
	login_free(s->login);
	free(s->tag);
	free(s);
}

const struct service imap_service = {
    .name = "imap",
    .line_max = LINE_MAX_OCTETS,
    .idle_ms = 30 * 60 * 1000, /* RFC 9051 5.4 */
    .open = imap_open,
    .line = imap_take_line,
    .data = imap_data,
    .data_end = imap_data_end,
    .late = imap_late,
    .too_long = imap_too_long,
    .close = imap_gone,
};
