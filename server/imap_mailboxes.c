/* imap_mailboxes: commands about mailboxes as a whole. */
#include "base/mem.h"
#include "server/imapd.h"

#include <inttypes.h>
#include <stdlib.h>

void
imap_no_account(struct client *c, enum account_result r, const struct err *e)
{
	switch (r) {
	case ACCOUNT_NONE:
		imap_no(c, "[NONEXISTENT] there is no such mailbox");
		break;
	case ACCOUNT_EXISTS:
		imap_no(c, "[ALREADYEXISTS] there is a mailbox of that name");
		break;
	case ACCOUNT_CHILDREN:
		imap_no(c, "[HASCHILDREN] only mailboxes below it exist");
		break;
	case ACCOUNT_CANNOT:
		imap_no(c, "[CANNOT] not with that name");
		break;
	case ACCOUNT_FAIL:
	case ACCOUNT_OK:
		imap_no_err(c, e);
		break;
	}
}

/* ---- SELECT ---- */

/* The number of the first message that is not seen, 0 if all are. */
static size_t
first_unseen(const struct imap_view *v)
{
	for (size_t i = 0; i < v->mb->n; i++)
		if (!(v->mb->msgs[i].flags & FLAG_SEEN))
			return imap_view_number(v, v->mb->msgs[i].uid);
	return 0;
}

/* RFC 9051 6.3.2, RFC 3501 6.3.1. */
static void
tell_selected(struct client *c, struct str name, struct str old)
{
	struct imapd *s = imapd_of(c);
	const struct imap_view *v = &s->view;
	size_t unseen = first_unseen(v);

	imap_view_tell_keywords(c);
	client_say(c, "* %zu EXISTS", v->n);
	if (!s->rev2) {
		imap_view_tell_recent(c);
		if (unseen > 0)
			client_say(
			    c, "* OK [UNSEEN %zu] the first one", unseen);
	}
	client_say(
	    c, "* OK [UIDVALIDITY %" PRIu32 "] UIDs valid", v->mb->validity);
	client_say(c, "* OK [UIDNEXT %" PRIu32 "] the next one is at least",
	    v->mb->next);
	imap_tell_name(c, name, old);
}

static void
open_mailbox(struct client *c, const struct imap_val *args, bool read_only)
{
	struct imapd *s = imapd_of(c);
	enum account_result r;
	struct mailbox *mb;
	struct err e = {0};
	struct buf name;
	struct str raw;

	if (!imap_astring(args, &raw)) {
		imap_bad_usage(c);
		return;
	}
	/* Whatever comes of it, the old one is left (RFC 9051 6.3.2). */
	if (s->view.mb != NULL) {
		imap_view_close(s);
		client_say(c, "* OK [CLOSED] the old one is left");
	}
	buf_init(&name, NAME_MAX_OCTETS);
	if (imap_mailbox_arg(c, args, &name)) {
		r = account_use(s->account, buf_str(&name), &mb, &e);
		if (r != ACCOUNT_OK) {
			imap_no_account(c, r, &e);
		} else {
			imap_view_open(c, mb, read_only);
			tell_selected(c, buf_str(&name), raw);
			imap_ok(c, "[READ-%s] selected",
			    read_only ? "ONLY" : "WRITE");
		}
	}
	buf_fini(&name);
}

void
imap_select(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	open_mailbox(c, args, false);
}

void
imap_examine(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	open_mailbox(c, args, true);
}

void
imap_check(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)args;
	imap_view_refresh(s);
	imap_ok(c, "all is on disk");
}

void
imap_unselect(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)args;
	imap_view_close(s);
	imap_ok(c, "left, and nothing expunged");
}

/* RFC 9051 6.4.1: what is \Deleted goes, and nothing is said of it. */
void
imap_close(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct mailbox *mb = s->view.mb;
	uint32_t *uids = mem_zalloc((mb->n + 1) * sizeof(*uids));
	struct err e = {0};
	size_t n = 0;
	int rc = 0;

	(void)args;
	for (size_t i = 0; i < mb->n && !s->view.read_only; i++)
		if (mb->msgs[i].flags & FLAG_DELETED)
			uids[n++] = mb->msgs[i].uid;
	if (n > 0) {
		rc = mailbox_remove(mb, uids, n, &e);
		mailbox_notify(mb);
	}
	free(uids);
	imap_view_close(s);
	if (rc < 0)
		imap_no_err(c, &e);
	else
		imap_ok(c, "left, %zu expunged", n);
}

/* ---- CREATE, DELETE, RENAME ---- */

void
imap_create(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct imap_val plain;
	enum account_result r;
	struct err e = {0};
	struct buf name;

	/* RFC 9051 6.3.4: a "/" behind the name says that there will be others
	 * below it, which any mailbox here can have. */
	if (args->s.n > 1 && str_ends(args->s, S("/"))) {
		plain = *args;
		plain.s.n--;
		args = &plain;
	}
	buf_init(&name, NAME_MAX_OCTETS);
	if (imap_mailbox_arg(c, args, &name)) {
		r = account_create(s->account, buf_str(&name), &e);
		if (r != ACCOUNT_OK) {
			imap_no_account(c, r, &e);
		} else {
			imap_tell_other_name(
			    c, buf_str(&name), imap_text(args));
			imap_ok(c, "made");
		}
	}
	buf_fini(&name);
}

void
imap_delete(struct client *c, struct imapd *s, const struct imap_val *args)
{
	enum account_result r;
	struct err e = {0};
	struct buf name;

	buf_init(&name, NAME_MAX_OCTETS);
	if (imap_mailbox_arg(c, args, &name)) {
		r = account_delete(s->account, buf_str(&name), &e);
		/* It may be our own. */
		if (s->view.mb != NULL && s->view.mb->gone) {
			imap_view_close(s);
			client_say(c, "* OK [CLOSED] that was selected");
		}
		if (r != ACCOUNT_OK) {
			imap_no_account(c, r, &e);
		} else {
			imap_tell_other_name(
			    c, buf_str(&name), imap_text(args));
			imap_ok(c, "deleted");
		}
	}
	buf_fini(&name);
}

void
imap_rename(struct client *c, struct imapd *s, const struct imap_val *args)
{
	enum account_result r;
	struct err e = {0};
	struct buf from, to;

	buf_init(&from, NAME_MAX_OCTETS);
	buf_init(&to, NAME_MAX_OCTETS);
	if (imap_mailbox_arg(c, args, &from) &&
	    imap_mailbox_arg(c, args->next, &to)) {
		r = account_rename(
		    s->account, buf_str(&from), buf_str(&to), &e);
		if (r != ACCOUNT_OK) {
			imap_no_account(c, r, &e);
		} else {
			/* With the old name, if one of them was another. */
			if (!str_eq(buf_str(&from), imap_text(args)) ||
			    !str_eq(buf_str(&to), imap_text(args->next)))
				imap_tell_name(
				    c, buf_str(&to), imap_text(args));
			imap_ok(c, "renamed");
		}
	}
	buf_fini(&from);
	buf_fini(&to);
}

/* ---- subscriptions, namespaces ---- */

static void
subscribe(struct client *c, const struct imap_val *args, bool yes)
{
	struct imapd *s = imapd_of(c);
	const char *root = account_path(s->account);
	struct err e = {0};
	struct buf name;

	buf_init(&name, NAME_MAX_OCTETS);
	if (imap_mailbox_arg(c, args, &name)) {
		if (yes && !name_exists(root, buf_str(&name)))
			imap_no_account(c, ACCOUNT_NONE, &e);
		else if (names_subscribe(root, buf_str(&name), yes, &e) < 0)
			imap_no_err(c, &e);
		else
			imap_ok(c, yes ? "subscribed" : "unsubscribed");
	}
	buf_fini(&name);
}

void
imap_subscribe(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	subscribe(c, args, true);
}

void
imap_unsubscribe(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	subscribe(c, args, false);
}

void
imap_namespace(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	(void)args;
	client_say(c, "* NAMESPACE ((\"\" \"/\")) NIL NIL");
	imap_ok(c, "there is but your own");
}

/* ---- STATUS ---- */

/* What STATUS counts. */
struct sums {
	const struct mailbox *mb;
	uint64_t unseen, recent, deleted, octets;
};

static uint64_t
messages(const struct sums *s)
{
	return s->mb->n;
}

static uint64_t
uid_next(const struct sums *s)
{
	return s->mb->next;
}

static uint64_t
uid_validity(const struct sums *s)
{
	return s->mb->validity;
}

static uint64_t
unseen(const struct sums *s)
{
	return s->unseen;
}

static uint64_t
recent(const struct sums *s)
{
	return s->recent;
}

static uint64_t
deleted(const struct sums *s)
{
	return s->deleted;
}

static uint64_t
octets(const struct sums *s)
{
	return s->octets;
}

/* RFC 9051 6.3.11; RECENT is RFC 3501's. */
static const struct status_item {
	const char *name;
	uint64_t (*value)(const struct sums *s);
} status_items[] = {
    {"MESSAGES", messages},
    {"UIDNEXT", uid_next},
    {"UIDVALIDITY", uid_validity},
    {"UNSEEN", unseen},
    {"RECENT", recent},
    {"DELETED", deleted},
    {"SIZE", octets},
};

static const struct status_item *
find_item(const struct imap_val *v)
{
	for (size_t i = 0; i < sizeof(status_items) / sizeof(*status_items);
	     i++)
		if (imap_is(v, status_items[i].name))
			return &status_items[i];
	return NULL;
}

bool
imap_status_items(const struct imap_val *items)
{
	if (items == NULL || items->kind != IMAP_LIST || items->first == NULL)
		return false;
	for (const struct imap_val *v = items->first; v != NULL; v = v->next)
		if (find_item(v) == NULL)
			return false;
	return true;
}

static void
sum_up(struct sums *s, struct mailbox *mb, bool sizes)
{
	struct err ignored;

	*s = (struct sums){.mb = mb};
	for (size_t i = 0; i < mb->n; i++) {
		const struct message *m = &mb->msgs[i];
		uint32_t uid = m->uid;

		s->unseen += !(m->flags & FLAG_SEEN);
		s->deleted += (m->flags & FLAG_DELETED) != 0;
		s->recent += uid >= mb->recent;
		ignored = (struct err){0};
		if (sizes && mailbox_measure(mb, uid, NULL, &ignored) == 0)
			s->octets += mailbox_find(mb, uid)->octets;
	}
}

enum account_result
imap_put_status(struct client *c, struct buf *b, struct str name,
    const struct imap_val *items, struct err *e)
{
	struct account *a = imapd_of(c)->account;
	const struct imap_val *v;
	enum account_result r;
	struct mailbox *mb;
	bool sizes = false;
	struct sums sums;

	r = account_use(a, name, &mb, e);
	if (r != ACCOUNT_OK)
		return r;
	for (v = items->first; v != NULL; v = v->next)
		sizes = sizes || imap_is(v, "SIZE");
	sum_up(&sums, mb, sizes);
	(void)buf_addz(b, "* STATUS ");
	imap_put_mailbox(c, b, name);
	for (v = items->first; v != NULL; v = v->next)
		(void)buf_addf(b, "%s%s %" PRIu64,
		    v == items->first ? " (" : " ", find_item(v)->name,
		    find_item(v)->value(&sums));
	(void)buf_addc(b, ')');
	account_release(a, mb);
	return ACCOUNT_OK;
}

void
imap_status(struct client *c, struct imapd *s, const struct imap_val *args)
{
	enum account_result r;
	struct err e = {0};
	struct buf name, b;

	(void)s;
	if (!imap_status_items(args->next)) {
		imap_bad_usage(c);
		return;
	}
	buf_init(&name, NAME_MAX_OCTETS);
	buf_init(&b, 8192);
	if (imap_mailbox_arg(c, args, &name)) {
		r = imap_put_status(c, &b, buf_str(&name), args->next, &e);
		if (r == ACCOUNT_OK) {
			client_say(c, "%s", buf_cstr(&b));
			imap_ok(c, "that is how it stands");
		} else {
			imap_no_account(c, r, &e);
		}
	}
	buf_fini(&name);
	buf_fini(&b);
}
