/* imap_append: APPEND (RFC 9051 6.3.12, UIDPLUS of RFC 4315). */
#include "base/mem.h"
#include "server/imapd.h"
#include "wire/date.h"

#include <inttypes.h>
#include <stdlib.h>

struct imap_append {
	struct mailbox *mb; /* in use for us */
	struct delivery *delivery;
	uint32_t flags;
	int64_t when; /* or DELIVERY_NOW */
	bool empty;
	bool nul; /* no message may have one in it (RFC 9051 4.3.1) */
	struct err e;
};

/*
 * What stands between the mailbox and the message: flags, a date, both or
 * neither.  The message, if it is there already, has been streamed.
 */
static bool
take_options(struct imap_append *a, const struct imap_val *v)
{
	const struct imap_val *flags = NULL;
	struct date date;

	a->when = DELIVERY_NOW;
	if (v != NULL && v->kind == IMAP_LIST) {
		flags = v;
		v = v->next;
	}
	if (v != NULL && v->kind == IMAP_QUOTED) {
		/* The day has two places (RFC 9051 9, date-day-fixed). */
		if (v->s.n != strlen("01-Feb-2020 12:30:45 +0000") ||
		    !date_imap(v->s, &date))
			return false;
		a->when = date.time;
		v = v->next;
	}
	if (v == NULL || v->kind != IMAP_LITERAL || v->next != NULL ||
	    (flags != NULL && flags->first != NULL &&
		!imap_are_flags(flags->first)))
		return false;
	if (flags != NULL && flags->first != NULL)
		a->flags = imap_make_flags(a->mb, flags->first);
	return true;
}

/* The mailbox, open; false, and answered. */
static bool
take_mailbox(struct client *c, struct imap_append *a, const struct imap_val *v)
{
	struct imapd *s = imapd_of(c);
	enum account_result r = ACCOUNT_FAIL;
	struct err e = {0};
	struct buf name;
	bool good;

	buf_init(&name, NAME_MAX_OCTETS);
	good = imap_mailbox_arg(c, v, &name);
	if (good)
		r = account_use(s->account, buf_str(&name), &a->mb, &e);
	buf_fini(&name);
	if (good && r == ACCOUNT_NONE)
		imap_no(c, "[TRYCREATE] there is no such mailbox");
	else if (good && r != ACCOUNT_OK)
		imap_no_account(c, r, &e);
	if (r != ACCOUNT_OK)
		a->mb = NULL;
	return good && r == ACCOUNT_OK;
}

bool
imap_append_begin(struct client *c)
{
	struct imapd *s = imapd_of(c);
	const struct imap_val *args = s->parser.msg.vals;
	struct imap_append *a;

	if (s->append != NULL) {
		imap_bad(c, "one message at a time");
		return false;
	}
	if (s->parser.literal.size > c->server->message_max) {
		imap_no(c, "[TOOBIG] at most %" PRIu64 " octets",
		    c->server->message_max);
		return false;
	}
	a = s->append = mem_zalloc(sizeof(*a));
	a->empty = s->parser.literal.size == 0;
	if (!take_mailbox(c, a, args))
		return false;
	if (!take_options(a, args->next)) {
		imap_bad(c, "APPEND mailbox [(flags)] [\"date\"] {message}");
		return false;
	}
	a->delivery = delivery_new(a->mb->dir, &a->e);
	if (a->delivery != NULL)
		return true;
	imap_no_err(c, &a->e);
	return false;
}

void
imap_append_data(struct client *c, struct str piece)
{
	struct imap_append *a = imapd_of(c)->append;

	a->nul = a->nul || str_has(piece, '\0');
	if (a->e.kind == ERR_NONE)
		(void)delivery_add(a->delivery, piece, &a->e);
}

void
imap_append_free(struct imapd *s)
{
	struct imap_append *a = s->append;

	if (a == NULL)
		return;
	delivery_free(a->delivery);
	if (a->mb != NULL)
		account_release(s->account, a->mb);
	free(a);
	s->append = NULL;
}

void
imap_append(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct imap_append *a = s->append;
	uint32_t uid = 0, validity;

	while (args->next != NULL)
		args = args->next;
	/* The message came before: the grammar saw it as a literal.  It must be
	 * the last of all. */
	if (a == NULL || args->stream < 0) {
		imap_bad_usage(c);
	} else if (a->empty) {
		/* As Dovecot has it: RFC 3502 4 calls an APPEND off so. */
		imap_no(c, "a message of no octets is none");
	} else if (a->nul) {
		imap_no(c, "[UNKNOWN-CTE] a NUL in the message");
	} else {
		validity = a->mb->validity;
		if (a->e.kind == ERR_NONE)
			uid = mailbox_deliver(
			    a->mb, a->delivery, a->flags, a->when, &a->e);
		if (uid == 0) {
			imap_no_err(c, &a->e);
			return;
		}
		mailbox_notify(a->mb);
		imap_ok(c, "[APPENDUID %" PRIu32 " %" PRIu32 "] there it is",
		    validity, uid);
	}
}
