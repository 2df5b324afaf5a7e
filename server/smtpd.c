/*
 * smtpd: SMTP (RFC 5321) and LMTP (RFC 2033), for local accounts only.
 *
 * With STARTTLS (RFC 3207), AUTH (RFC 4954), PIPELINING (RFC 2920), SIZE (RFC
 * 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), CHUNKING (RFC 3030),
 * ENHANCEDSTATUSCODES (RFC 2034) and DSN (RFC 3461), whose parameters are
 * taken and, since nothing is relayed, make no difference.
 */
#include "base/mem.h"
#include "server/exchange.h"
#include "server/services.h"
#include "server/smtpd.h"
#include "wire/smtp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BAD_MAX = 20 }; /* commands that make no sense */

/* What must have been said before a command. */
enum { NOTHING, HELLO, MAIL, RCPT };

/* ---- replies ---- */

bool
smtp_hidden(const struct client *c, const char *keyword)
{
	return faults_hide(c->server->faults, c->service->name, str_z(keyword));
}

void
smtp_reply(
    struct client *c, unsigned code, const char *status, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (status != NULL && !smtp_hidden(c, "ENHANCEDSTATUSCODES"))
		client_say(c, "%u %s %s", code, status, text);
	else
		client_say(c, "%u %s", code, text);
}

/* A line of a reply of several, of which it is the last one or not. */
void
smtp_reply_line(struct client *c, unsigned code, const char *status, bool last,
    const char *text)
{
	bool enhanced =
	    status != NULL && !smtp_hidden(c, "ENHANCEDSTATUSCODES");

	client_say(c, "%u%c%s%s%s", code, last ? ' ' : '-',
	    enhanced ? status : "", enhanced ? " " : "", text);
}

void
smtp_bad(
    struct client *c, unsigned code, const char *status, const char *fmt, ...)
{
	struct smtpd *s = c->state;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (++s->bad > BAD_MAX) {
		smtp_reply(c, 421, "4.7.0", "too many errors");
		client_bye(c);
	} else {
		smtp_reply(c, code, status, "%s", text);
	}
}

void
smtp_as_asked(struct client *c, unsigned code)
{
	smtp_reply(
	    c, code, code < 500 ? "4.0.0" : "5.0.0", "as the address asks for");
}

char *
smtp_copy(struct str s)
{
	return str_copy(mem_zalloc(s.n + 1), s.n + 1, s);
}

void
smtp_reset(struct smtpd *s)
{
	incoming_free(s->incoming);
	s->incoming = NULL;
	free(s->sender);
	s->sender = NULL;
	for (size_t i = 0; i < s->rcpts; i++)
		free(s->rcpt[i].address);
	s->rcpts = 0;
	s->to.n = 0;
	s->utf8 = s->chunked = s->last = s->chunk_refused = false;
}

/* ---- logging in ---- */

static void
say_challenge(struct client *c, const char *base64)
{
	client_say(c, "334 %s", base64);
}

static void
logged_in(struct client *c, struct user *u)
{
	struct smtpd *s = c->state;

	s->user = u;
	server_log(c->server, "%s %s: %s logged in", c->service->name, c->peer,
	    u->name);
	smtp_reply(c, 235, "2.7.0", "welcome, %s", u->name);
}

static void
login_failed(struct client *c)
{
	smtp_reply(c, 535, "5.7.8", "wrong user or password");
	if (client_login_failed(c))
		client_bye(c);
}

static void
auth_broken(struct client *c, bool given_up)
{
	if (given_up)
		smtp_reply(c, 501, "5.7.0", "given up");
	else
		smtp_bad(c, 501, "5.5.2", "that is no base64, or none was due");
}

static const struct exchange_words words = {
    .service = "smtp",
    .challenge = say_challenge,
    .granted = logged_in,
    .refused = login_failed,
    .broken = auth_broken,
};

static void
do_auth(struct client *c, struct smtpd *s, struct str args)
{
	struct str mech = str_word(&args), initial = str_trim(args);

	if (s->user != NULL)
		smtp_bad(c, 503, "5.5.1", "you have logged in");
	else if (!s->extended)
		smtp_bad(c, 503, "5.5.1", "AUTH wants EHLO");
	else if (s->sender != NULL)
		smtp_bad(c, 503, "5.5.1", "not in the middle of a transaction");
	else if (!exchange_offers(c, mech))
		smtp_reply(c, 504, "5.5.4", "no such mechanism; %s names them",
		    s->lmtp ? "LHLO" : "EHLO");
	else
		exchange_begin(c, &s->login, &words, mech,
		    initial.n > 0 ? &initial : NULL);
}

/* ---- the session ---- */

/* RFC 5321 4.1.1.1; false, and answered.  The name goes into a header, so it
 * matters what it is made of. */
static bool
greet(struct client *c, struct smtpd *s, struct str name)
{
	if (!smtp_domain(name, false)) {
		smtp_bad(c, 501, "5.5.4", "a domain, or an [address]");
		return false;
	}
	smtp_reset(s);
	free(s->helo);
	s->helo = smtp_copy(name);
	return true;
}

static void
do_helo(struct client *c, struct smtpd *s, struct str args)
{
	if (!greet(c, s, args))
		return;
	s->extended = false;
	client_say(c, "250 %s", c->server->host);
}

/* Whether the extension is there for this client now. */
static bool
has(const struct client *c, const char *keyword)
{
	if (strcmp(keyword, "STARTTLS") == 0 &&
	    (c->server->tls == NULL || c->tls))
		return false;
	return !smtp_hidden(c, keyword);
}

static void
do_ehlo(struct client *c, struct smtpd *s, struct str args)
{
	static const char *const keywords[] = {"PIPELINING", "8BITMIME",
	    "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN", "STARTTLS",
	    "VRFY", "EXPN", "HELP"};
	struct buf mechanisms;

	if (!greet(c, s, args))
		return;
	s->extended = true;
	client_say(c, "250-%s greets %s", c->server->host, s->helo);
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (has(c, keywords[i]))
			client_say(c, "250-%s", keywords[i]);
	buf_init(&mechanisms, 256);
	exchange_mechanisms(c, " ", &mechanisms);
	if (has(c, "AUTH") && mechanisms.len > 0)
		client_say(c, "250-AUTH%s", buf_cstr(&mechanisms));
	buf_fini(&mechanisms);
	if (has(c, "SIZE"))
		client_say(c, "250 SIZE %" PRIu64, c->server->message_max);
	else
		client_say(c, "250 NOOP");
}

/* RFC 3207 4.2: all that was known before is forgotten. */
static void
do_starttls(struct client *c, struct smtpd *s, struct str args)
{
	(void)args;
	if (c->server->tls == NULL || c->tls) {
		smtp_bad(c, c->tls ? 503 : 502, "5.5.1",
		    c->tls ? "TLS is on already" : "there is no TLS here");
		return;
	}
	smtp_reply(c, 220, "2.0.0", "begin TLS");
	smtp_reset(s);
	free(s->helo);
	s->helo = NULL;
	s->user = NULL;
	client_starttls(c);
}

static void
do_rset(struct client *c, struct smtpd *s, struct str args)
{
	(void)args;
	smtp_reset(s);
	smtp_reply(c, 250, "2.0.0", "forgotten");
}

static void
do_noop(struct client *c, struct smtpd *s, struct str args)
{
	(void)s;
	(void)args;
	smtp_reply(c, 250, "2.0.0", "done nothing");
}

static void
do_quit(struct client *c, struct smtpd *s, struct str args)
{
	(void)s;
	(void)args;
	smtp_reply(c, 221, "2.0.0", "bye");
	client_bye(c);
}

static void do_help(struct client *c, struct smtpd *s, struct str args);

/* ---- the commands ---- */

enum { IN_SMTP = 1, IN_LMTP = 2, IN_BOTH = 3 };

static const struct verb {
	const char *name;
	unsigned in;
	unsigned after;	     /* what must have been said */
	bool wants;	     /* an argument, or none may be */
	bool may;	     /* have one or not */
	const char *keyword; /* without it the command is not there */
	void (*run)(struct client *c, struct smtpd *s, struct str args);
	const char *usage;
} verbs[] = {
    {"HELO", IN_SMTP, NOTHING, true, false, NULL, do_helo, "HELO name"},
    {"EHLO", IN_SMTP, NOTHING, true, false, NULL, do_ehlo, "EHLO name"},
    {"LHLO", IN_LMTP, NOTHING, true, false, NULL, do_ehlo, "LHLO name"},
    {"MAIL", IN_BOTH, HELLO, true, false, NULL, smtp_do_mail,
	"MAIL FROM:<address> [SIZE=octets] [BODY=8BITMIME] [SMTPUTF8]"},
    {"RCPT", IN_BOTH, MAIL, true, false, NULL, smtp_do_rcpt,
	"RCPT TO:<address>"},
    {"DATA", IN_BOTH, RCPT, false, false, NULL, smtp_do_data, "DATA"},
    {"BDAT", IN_BOTH, NOTHING, true, false, "CHUNKING", smtp_do_bdat,
	"BDAT octets [LAST]"},
    {"RSET", IN_BOTH, NOTHING, false, false, NULL, do_rset, "RSET"},
    {"VRFY", IN_BOTH, NOTHING, true, false, "VRFY", smtp_do_vrfy, "VRFY name"},
    {"EXPN", IN_BOTH, NOTHING, true, false, "EXPN", smtp_do_expn, "EXPN list"},
    {"HELP", IN_BOTH, NOTHING, false, true, NULL, do_help, "HELP [command]"},
    {"NOOP", IN_BOTH, NOTHING, false, true, NULL, do_noop, "NOOP"},
    {"QUIT", IN_BOTH, NOTHING, false, false, NULL, do_quit, "QUIT"},
    {"STARTTLS", IN_BOTH, HELLO, false, false, "STARTTLS", do_starttls,
	"STARTTLS"},
    {"AUTH", IN_BOTH, HELLO, true, false, "AUTH", do_auth,
	"AUTH mechanism [initial-response]"},
};
enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

static const struct verb *
find_verb(const struct client *c, struct str name)
{
	const struct smtpd *s = c->state;
	unsigned in = s->lmtp ? IN_LMTP : IN_SMTP;

	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].in & in && str_eqcase(str_z(verbs[i].name), name))
			return verbs[i].keyword == NULL ||
				       !smtp_hidden(c, verbs[i].keyword)
				   ? &verbs[i]
				   : NULL;
	return NULL;
}

static void
do_help(struct client *c, struct smtpd *s, struct str args)
{
	const struct verb *v = find_verb(c, args);
	unsigned in = s->lmtp ? IN_LMTP : IN_SMTP;

	if (args.n > 0) {
		if (v != NULL)
			smtp_reply(c, 214, "2.0.0", "%s", v->usage);
		else
			smtp_bad(c, 504, "5.5.4", "no such command");
		return;
	}
	smtp_reply_line(c, 214, "2.0.0", false, "the commands are");
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].in & in &&
		    (verbs[i].keyword == NULL || has(c, verbs[i].keyword)))
			smtp_reply_line(c, 214, "2.0.0", false, verbs[i].usage);
	smtp_reply_line(c, 214, "2.0.0", true, "RFC 5321 says more");
}

/* Whether what must come first has come; said if not. */
static bool
in_order(struct client *c, const struct verb *v)
{
	const struct smtpd *s = c->state;

	if (v->after >= HELLO && s->helo == NULL)
		smtp_bad(c, 503, "5.5.1", "%s comes first",
		    s->lmtp ? "LHLO" : "EHLO or HELO");
	else if (v->after >= MAIL && s->sender == NULL)
		smtp_bad(c, 503, "5.5.1", "MAIL comes first");
	else if (v->after >= RCPT && s->rcpts == 0)
		smtp_bad(
		    c, 503, "5.5.1", "RCPT comes first, and one must be taken");
	else
		return true;
	return false;
}

static void
run_verb(struct client *c, const struct verb *v, struct str args)
{
	if (!v->may && v->wants != (args.n > 0))
		smtp_bad(c, 501, "5.5.4", "it is: %s", v->usage);
	else if (in_order(c, v))
		v->run(c, c->state, args);
}

/* Whether a rule says what becomes of the command. */
static bool
at_fault(struct client *c, struct str verb)
{
	enum fault_kind kind;
	const char *text;

	if (!faults_verb(
		c->server->faults, c->service->name, verb, &kind, &text))
		return false;
	if (kind == FAULT_CUT)
		client_drop(c);
	else if (kind == FAULT_REFUSE)
		client_say(c, "%s", text);
	if (kind == FAULT_REFUSE && strncmp(text, "421", 3) == 0)
		client_bye(c);
	return true;
}

static void
take_line(struct client *c, struct str line, bool bare_lf)
{
	struct smtpd *s = c->state;
	struct str args = line, name = str_word(&args);
	const struct verb *v = find_verb(c, name);

	if (bare_lf || str_has_eol(line)) {
		/* RFC 5321 2.3.8; telling it early keeps a client from waiting
		 * for the end of a DATA that it has, as it thinks, sent. */
		smtp_bad(
		    c, 500, "5.5.2", "a line ends in CR LF and has none in it");
		return;
	}
	if (s->login != NULL)
		exchange_line(c, &s->login, &words, line);
	else if (at_fault(c, name))
		;
	else if (v == NULL || *line.p == ' ')
		smtp_bad(c, 500, "5.5.1", "no such command");
	else
		run_verb(c, v, str_trim(args));
}

static void
open_any(struct client *c, bool lmtp)
{
	struct smtpd *s = c->state = mem_zalloc(sizeof(*s));

	s->lmtp = lmtp;
	client_say(
	    c, "220 %s %s posteld", c->server->host, lmtp ? "LMTP" : "ESMTP");
}

static void
smtp_open(struct client *c)
{
	open_any(c, false);
}

static void
lmtp_open(struct client *c)
{
	open_any(c, true);
}

static void
smtp_late(struct client *c)
{
	smtp_reply(c, 421, "4.4.2", "nothing was said for too long");
}

static void
smtp_too_long(struct client *c)
{
	smtp_reply(c, 500, "5.5.2", "the line is too long");
}

static void
smtp_close(struct client *c)
{
	struct smtpd *s = c->state;

	smtp_reset(s);
	login_free(s->login);
	free(s->helo);
	free(s);
}

enum {
	LINE_MAX_OCTETS = 16 << 10, /* a long initial response of SASL */
	IDLE_MS = 5 * 60 * 1000,    /* RFC 5321 4.5.3.2.7 */
};

/* Both differ in name and greeting. */
#define SERVICE(name_, open_)                                                  \
	{                                                                      \
		.name = (name_), .line_max = LINE_MAX_OCTETS,                  \
		.idle_ms = IDLE_MS, .open = (open_), .line = take_line,        \
		.data = smtp_data, .data_end = smtp_data_end,                  \
		.late = smtp_late, .too_long = smtp_too_long,                  \
		.close = smtp_close,                                           \
	}

const struct service smtp_service = SERVICE("smtp", smtp_open);
const struct service lmtp_service = SERVICE("lmtp", lmtp_open);
