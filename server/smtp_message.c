/* smtp_message: DATA and BDAT, and what becomes of the message. */
#include "base/mem.h"
#include "server/smtpd.h"

#include <stdio.h>

/* RFC 3848, RFC 6531 4.3. */
static void
protocol_name(const struct client *c, char out[static 16])
{
	const struct smtpd *s = c->state;
	const char *base = s->lmtp ? "LMTP" : "SMTP";

	(void)snprintf(out, 16, "%s%s%s%s%s", s->utf8 ? "UTF8" : "",
	    s->extended && !s->lmtp && !s->utf8 ? "E" : "", base,
	    c->tls ? "S" : "", s->user != NULL ? "A" : "");
}

static void
begin_message(struct client *c)
{
	struct smtpd *s = c->state;
	char protocol[16];
	struct envelope env = {.sender = s->sender,
	    .helo = s->helo,
	    .protocol = protocol,
	    .recipient = s->rcpts == 1 ? s->rcpt[0].address : NULL};

	protocol_name(c, protocol);
	s->incoming = incoming_new(c, &s->to, &env);
}

static const struct outcome {
	enum incoming_result result;
	unsigned code;
	const char *status, *text;
} outcomes[] = {
    {INCOMING_OK, 250, "2.0.0", "it is in the mailbox"},
    {INCOMING_LINE_ENDS, 554, "5.6.0",
	"a bare CR or LF in the message (RFC 5321 2.3.8)"},
    {INCOMING_TOO_BIG, 552, "5.3.4", "the message is too big"},
    {INCOMING_LOOP, 554, "5.4.6", "the message goes in circles"},
    {INCOMING_FULL, 452, "4.3.1", "no room on the disk"},
    {INCOMING_ERROR, 451, "4.3.0", "cannot write the message"},
};

static void
tell_outcome(struct client *c, enum incoming_result result, const struct err *e)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (outcomes[i].result == result)
			smtp_reply(c, outcomes[i].code, outcomes[i].status,
			    "%s", outcomes[i].text);
	if (e->kind != ERR_NONE)
		server_log(
		    c->server, "%s %s: %s", c->service->name, c->peer, e->msg);
}

static enum incoming_result
finish_one(struct smtpd *s, const struct rcpt *r, struct err *e)
{
	enum incoming_result result = INCOMING_OK;

	for (size_t i = 0; i < s->to.n && result == INCOMING_OK; i++)
		if (r->users[i])
			result = incoming_finish_one(s->incoming, i, e);
	return result;
}

/* RFC 2033 4.2: one reply for each recipient. */
static void
finish_lmtp(struct client *c)
{
	struct smtpd *s = c->state;

	for (size_t i = 0; i < s->rcpts; i++) {
		struct err e = {0};

		if (s->rcpt[i].data_code > 0)
			smtp_as_asked(c, s->rcpt[i].data_code);
		else
			tell_outcome(c, finish_one(s, &s->rcpt[i], &e), &e);
	}
}

static void
finish_smtp(struct client *c)
{
	struct smtpd *s = c->state;
	struct err e = {0};

	for (size_t i = 0; i < s->rcpts; i++)
		if (s->rcpt[i].data_code > 0) {
			smtp_as_asked(c, s->rcpt[i].data_code);
			return;
		}
	tell_outcome(c, incoming_finish(s->incoming, &e), &e);
}

static void
finish_message(struct client *c)
{
	struct smtpd *s = c->state;

	(s->lmtp ? finish_lmtp : finish_smtp)(c);
	smtp_reset(s);
}

void
smtp_do_data(struct client *c, struct smtpd *s, struct str args)
{
	(void)args;
	if (s->chunked) {
		smtp_bad(c, 503, "5.5.1", "BDAT has begun it");
		return;
	}
	begin_message(c);
	client_say(c, "354 go ahead; a line with a single dot ends it");
	client_dot(c);
}

/*
 * RFC 3030 2: the octets follow at once, whatever the reply will be, so they
 * are taken also where they are not wanted.
 */
void
smtp_do_bdat(struct client *c, struct smtpd *s, struct str args)
{
	struct str size = str_word(&args), last = str_trim(args);
	uint64_t n;

	if (!str_u64(size, INT64_MAX, &n) ||
	    (last.n > 0 && !str_eqcase(last, S("LAST")))) {
		/* What follows cannot be told from commands. */
		smtp_reply(c, 501, "5.5.4", "BDAT octets [LAST]");
		client_bye(c);
		return;
	}
	s->last = last.n > 0;
	s->chunk_refused = s->rcpts == 0 || !s->extended;
	if (!s->chunk_refused && s->incoming == NULL)
		begin_message(c);
	s->chunked = true;
	client_count(c, n);
}

static void
end_chunk(struct client *c)
{
	struct smtpd *s = c->state;

	if (s->chunk_refused) {
		smtp_bad(c, 503, "5.5.1", "MAIL and RCPT come first");
		smtp_reset(s);
	} else if (s->last) {
		finish_message(c);
	} else {
		smtp_reply(c, 250, "2.0.0", "and the next chunk?");
	}
}

void
smtp_data(struct client *c, struct str piece)
{
	struct smtpd *s = c->state;

	if (!s->chunk_refused)
		incoming_add(s->incoming, piece);
}

void
smtp_data_end(struct client *c)
{
	struct smtpd *s = c->state;

	if (s->chunked)
		end_chunk(c);
	else
		finish_message(c);
}
