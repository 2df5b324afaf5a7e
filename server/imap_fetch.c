/*
 * imap_fetch: FETCH (RFC 9051 6.4.5), a message after the other and an item
 * after the other, as there is room for what they say.
 */
#include "server/imap_fetch.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { ITEMS_MAX = 200 };

static const struct macro {
	const char *name;
	const char *items; /* divided by spaces */
} macros[] = {
    {"ALL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"},
    {"FAST", "FLAGS INTERNALDATE RFC822.SIZE"},
    {"FULL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"},
};

/* ---- one message ---- */

/* The flag is set before it is told. */
static void
make_seen(struct client *c, struct fetch_job *j)
{
	struct imapd *s = imapd_of(c);
	const struct message *m = mailbox_find(s->view.mb, j->uid);
	struct err e = {0};

	if (m->flags & FLAG_SEEN || s->view.read_only)
		return;
	j->changed_flags =
	    mailbox_change_flags(s->view.mb, j->uid, 0, FLAG_SEEN, s, &e) == 0;
}

/* Gets hold of what the items will ask for; -1 if the message is gone, or
 * with j->e. */
static int
prepare(struct client *c, struct fetch_job *j)
{
	struct mailbox *mb = imapd_of(c)->view.mb;
	struct err e = {0};
	int rc = 0;

	if (mailbox_find(mb, j->uid) == NULL)
		return -1;
	if (j->flags & FETCH_MAIL)
		rc = imap_mail_open(&j->mail, mb, j->uid, &e);
	else if (j->flags & FETCH_SIZE)
		rc = mailbox_measure(mb, j->uid, NULL, &e);
	else if (j->flags & FETCH_DATE)
		rc = mailbox_date(mb, j->uid, &e);
	if (rc < 0 && e.sys != ENOENT)
		j->e = e;
	return rc;
}

static void
begin_message(struct client *c, struct fetch_job *j, uint32_t uid)
{
	struct imapd *s = imapd_of(c);

	j->uid = uid;
	j->item = 0;
	j->told_flags = j->changed_flags = false;
	if (prepare(c, j) < 0) {
		j->missing = true;
		j->uid = 0;
		return;
	}
	if (j->flags & FETCH_SEEN)
		make_seen(c, j);
	imap_view_tell_keywords(c); /* there may be new ones in its flags */
	(void)buf_addf(
	    &c->tx, "* %" PRIu32 " FETCH (", imap_view_number(&s->view, uid));
}

static void
put_label(struct client *c, const struct fetch_item *item)
{
	const struct fetch_kind *k = item->kind;

	(void)buf_addz(&c->tx, k->label != NULL ? k->label : k->name);
	if (k->flags & FETCH_SECTION) {
		(void)buf_addc(&c->tx, '[');
		section_put(&c->tx, &item->section);
		(void)buf_addc(&c->tx, ']');
	}
	if (item->partial && k->flags & FETCH_SECTION)
		(void)buf_addf(&c->tx, "<%" PRIu64 ">", item->origin);
	(void)buf_addc(&c->tx, ' ');
}

static void
next_item(struct client *c, struct fetch_job *j)
{
	const struct fetch_item *item = &j->items[j->item];

	if (j->item > 0)
		(void)buf_addc(&c->tx, ' ');
	put_label(c, item);
	item->kind->put(c, j, item);
	j->item++;
}

static void
end_message(struct client *c, struct fetch_job *j)
{
	if (j->changed_flags && !j->told_flags) {
		client_put(c, S(" FLAGS "));
		fetch_put_flags(c, j, NULL);
	}
	client_put(c, S(")\r\n"));
	if (j->flags & FETCH_MAIL)
		imap_mail_close(&j->mail);
	j->uid = 0;
}

/* ---- the job ---- */

static void
finish(struct client *c, const struct fetch_job *j)
{
	struct imapd *s = imapd_of(c);

	if (j->flags & FETCH_SEEN)
		mailbox_notify(s->view.mb);
	if (j->e.kind != ERR_NONE)
		imap_no_err(c, &j->e);
	else if (j->unknown_encoding)
		imap_no(c, "[UNKNOWN-CTE] some of it cannot be decoded");
	else if (j->missing && !s->uid)
		imap_no(c, "[EXPUNGEISSUED] some of them are gone");
	else
		imap_ok(c, "fetched");
}

/* Of the message that is being told of. */
static void
next_piece(struct client *c, struct fetch_job *j)
{
	if (j->streaming)
		fetch_more_octets(c, j);
	else if (j->item < j->n)
		next_item(c, j);
	else
		end_message(c, j);
}

static bool
more_fetch(struct client *c)
{
	struct fetch_job *j = (struct fetch_job *)imapd_of(c)->job;
	uint32_t uid;

	if (j->uid == 0) {
		uid = j->e.kind == ERR_NONE ? seqset_next(&j->uids, &j->at) : 0;
		if (uid == 0) {
			finish(c, j);
			return false;
		}
		begin_message(c, j, uid);
	}
	while (j->uid != 0 && client_room(c) > 0 && !c->dead)
		next_piece(c, j);
	return true;
}

static void
free_fetch(struct imap_job *job)
{
	struct fetch_job *j = (struct fetch_job *)job;

	if (j->uid != 0 && j->flags & FETCH_MAIL)
		imap_mail_close(&j->mail);
	spool_free(j->decoded);
	seqset_fini(&j->uids);
	free(j->items);
	free(j);
}

/* ---- the command ---- */

static void
add_item(struct fetch_job *j, const struct fetch_item *item)
{
	assert(item->kind != NULL);
	j->items[j->n++] = *item;
	j->flags |= item->kind->flags;
}

/* The kind of that name, with or without a section. */
static const struct fetch_kind *
find_kind(struct str name, bool section)
{
	const struct fetch_kind *k = fetch_kinds;

	while (k->name != NULL &&
	       (!str_eqcase(str_z(k->name), name) ||
		   ((k->flags & FETCH_SECTION) != 0) != section))
		k++;
	return k->name != NULL ? k : NULL;
}

/* What RFC822.HEADER and RFC822.TEXT are short for. */
static enum section_what
what_of(struct str name)
{
	if (str_eqcase(name, S("RFC822.HEADER")))
		return SECTION_HEADER;
	return str_eqcase(name, S("RFC822.TEXT")) ? SECTION_TEXT : SECTION_ALL;
}

/* An item as it stands in the command; false if it is none. */
static bool
take_item(struct fetch_job *j, struct str word)
{
	struct fetch_item item = {0};
	struct imap_section sec;

	if (j->n == ITEMS_MAX)
		return false;
	if (!str_has(word, '[')) {
		item.kind = find_kind(word, false);
		item.section.what = what_of(word);
	} else if (imap_section(word, &sec)) {
		item.kind = find_kind(sec.name, true);
		/* RFC 9051 9: partial = "<" number64 "." nz-number64 ">" */
		item.partial = sec.has_origin;
		item.origin = sec.origin;
		item.length = sec.length;
		if (sec.has_origin && (!sec.has_length || sec.length == 0))
			return false;
		if (item.kind != NULL &&
		    (!section_parse(sec.section,
			 item.kind->flags & FETCH_BINARY, &item.section) ||
			(item.partial && item.kind->flags & FETCH_WHOLE)))
			return false;
	}
	if (item.kind == NULL)
		return false;
	add_item(j, &item);
	return true;
}

static bool
take_items(struct fetch_job *j, const struct imap_val *v)
{
	struct str items, word;

	if (v->kind == IMAP_LIST && v->next == NULL && v->first != NULL) {
		for (v = v->first; v != NULL; v = v->next)
			if (v->kind != IMAP_ATOM || !take_item(j, v->s))
				return false;
		return true;
	}
	if (v->kind != IMAP_ATOM || v->next != NULL)
		return false;
	for (size_t i = 0; i < sizeof(macros) / sizeof(*macros); i++) {
		if (!imap_is(v, macros[i].name))
			continue;
		items = str_z(macros[i].items);
		while ((word = str_word(&items)).n > 0)
			(void)take_item(j, word);
		return true;
	}
	return take_item(j, v->s);
}

/* UID FETCH tells the UID in any case (RFC 9051 6.4.9).  It goes first: there
 * are clients that get lost if something comes behind a literal. */
static void
add_uid(struct fetch_job *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (str_eqcase(str_z(j->items[i].kind->name), S("UID")))
			return;
	memmove(j->items + 1, j->items, j->n * sizeof(*j->items));
	j->items[0] = (struct fetch_item){.kind = find_kind(S("UID"), false)};
	j->n++;
}

void
imap_fetch(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct fetch_job *j;

	j = mem_zalloc(sizeof(*j));
	j->job = (struct imap_job){more_fetch, free_fetch};
	j->items = mem_zalloc((ITEMS_MAX + 1) * sizeof(*j->items));
	if (!take_items(j, args->next)) {
		free_fetch(&j->job);
		imap_bad(c, "that is nothing to fetch of a message");
		return;
	}
	if (s->uid)
		add_uid(j);
	j->items = mem_realloc(j->items, j->n * sizeof(*j->items));
	if (!imap_set_arg(c, args, &j->uids)) {
		free_fetch(&j->job);
		return;
	}
	imap_start(c, &j->job);
}
