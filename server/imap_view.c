/* imap_view: the selected mailbox as its client knows it. */
#include "base/mem.h"
#include "server/imapd.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

/* ---- numbers ---- */

/* The index of the first UID that is not smaller. */
static size_t
view_index(const struct imap_view *v, uint32_t uid)
{
	size_t low = 0, high = v->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (v->uids[mid] < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t
imap_view_number(const struct imap_view *v, uint32_t uid)
{
	size_t i = view_index(v, uid);

	return i < v->n && v->uids[i] == uid ? (uint32_t)i + 1 : 0;
}

/* By UID: what is there of each range. */
static void
pick_uids(
    const struct imap_view *v, const struct seqset *asked, struct seqset *out)
{
	for (size_t r = 0; r < asked->n; r++)
		for (size_t i = view_index(v, asked->ranges[r].low);
		     i < v->n && v->uids[i] <= asked->ranges[r].high; i++)
			seqset_add(out, v->uids[i], v->uids[i]);
}

/* By number; whether one is beyond the last, and be it that * is none. */
static bool
pick_numbers(
    const struct imap_view *v, const struct seqset *asked, struct seqset *out)
{
	bool beyond = v->n == 0;

	for (size_t r = 0; r < asked->n; r++) {
		beyond = beyond || asked->ranges[r].high > v->n;
		for (size_t i = asked->ranges[r].low - 1;
		     i < asked->ranges[r].high && i < v->n; i++)
			seqset_add(out, v->uids[i], v->uids[i]);
	}
	return beyond;
}

enum imap_picked
imap_view_pick(
    const struct imap_view *v, struct str text, bool uid, struct seqset *out)
{
	enum imap_picked picked = IMAP_PICKED;
	struct seqset asked = {0};
	uint32_t star = 0;

	if (str_eq(text, S("$"))) {
		pick_uids(v, &v->saved, out);
		return IMAP_PICKED;
	}
	/* RFC 9051 9: a set may end in the saved one. */
	if (str_ends(text, S(",$"))) {
		pick_uids(v, &v->saved, out);
		text.n -= 2;
	}
	if (v->n > 0)
		star = uid ? v->uids[v->n - 1] : (uint32_t)v->n;
	if (!seqset_parse(&asked, text, star))
		picked = IMAP_PICKED_NO_SET;
	else if (uid)
		pick_uids(v, &asked, out);
	else if (pick_numbers(v, &asked, out))
		picked = IMAP_PICKED_BEYOND;
	seqset_fini(&asked);
	return picked;
}

bool
imap_set_arg(struct client *c, const struct imap_val *v, struct seqset *out)
{
	struct imapd *s = imapd_of(c);
	bool named = v != NULL && (imap_is_set(v) || imap_is(v, "$"));

	if (named && imap_view_pick(&s->view, v->s, s->uid, out) == IMAP_PICKED)
		return true;
	imap_bad(c, named ? "there is no such message"
			  : "a set of messages is missing");
	return false;
}

/* ---- what changes ---- */

/* Messages from this UID on that are recent to nobody yet are so to us. */
static void
claim(struct client *c, uint32_t first)
{
	struct imap_view *v = &imapd_of(c)->view;
	struct mailbox *mb = v->mb;
	struct err e = {0};
	size_t i = mailbox_index(mb, first > mb->recent ? first : mb->recent);

	for (; i < mb->n; i++)
		seqset_add(&v->recent, mb->msgs[i].uid, mb->msgs[i].uid);
	if (!v->read_only && mailbox_claim(mb, &e) < 0)
		server_log(c->server, "imap %s: %s", c->peer, e.msg);
}

/* Takes in what has come; whether anything has. */
static bool
take_new(struct client *c)
{
	struct imap_view *v = &imapd_of(c)->view;
	struct mailbox *mb = v->mb;
	uint32_t first = v->next;
	size_t had = v->n;

	for (size_t i = mailbox_index(mb, first); i < mb->n; i++) {
		if (v->n == v->cap) {
			v->cap = v->cap > 0 ? v->cap + v->cap / 2 : mb->n + 16;
			v->uids =
			    mem_realloc(v->uids, v->cap * sizeof(*v->uids));
		}
		v->uids[v->n++] = mb->msgs[i].uid;
	}
	v->next = mb->next;
	if (v->n > had)
		claim(c, first);
	return v->n > had;
}

size_t
imap_view_recent(const struct imapd *s)
{
	const struct imap_view *v = &s->view;
	size_t n = 0;

	for (size_t r = 0; r < v->recent.n; r++)
		for (size_t i = view_index(v, v->recent.ranges[r].low);
		     i < v->n && v->uids[i] <= v->recent.ranges[r].high; i++)
			n++;
	return n;
}

void
imap_view_tell_recent(struct client *c)
{
	struct imapd *s = imapd_of(c);

	s->view.recent_told = imap_view_recent(s);
	client_say(c, "* %zu RECENT", s->view.recent_told);
}

/* Both lists are sorted, so one pass finds what is missing. */
static void
tell_expunges(struct client *c)
{
	struct imap_view *v = &imapd_of(c)->view;
	const struct mailbox *mb = v->mb;
	size_t at = 0, n = 0;

	for (size_t i = 0; i < v->n; i++) {
		while (at < mb->n && mb->msgs[at].uid < v->uids[i])
			at++;
		if (at < mb->n && mb->msgs[at].uid == v->uids[i])
			v->uids[n++] = v->uids[i];
		else
			client_say(c, "* %zu EXPUNGE", n + 1);
	}
	v->n = n;
	v->removals = mb->removals;
}

void
imap_view_tell_keywords(struct client *c)
{
	struct imapd *s = imapd_of(c);
	struct imap_view *v = &s->view;
	const struct mailbox *mb = v->mb;
	unsigned n = 0;
	struct buf b;

	for (unsigned i = 0; i < FLAG_KEYWORDS; i++)
		n += mb->keywords[i] != NULL;
	if (n == v->keywords)
		return;
	v->keywords = n;
	buf_init(&b, 16 << 10);
	imap_put_flags(s, &b, mb, UINT32_MAX, false);
	client_say(c, "* FLAGS %s", buf_cstr(&b));
	if (!v->read_only) {
		b.len--;
		client_say(c, "* OK [PERMANENTFLAGS %s%s] flags that last",
		    buf_cstr(&b), mailbox_keyword_room(mb) ? " \\*)" : ")");
	} else {
		client_say(
		    c, "* OK [PERMANENTFLAGS ()] nothing can be changed");
	}
	buf_fini(&b);
}

void
imap_view_tell_flags(struct client *c, const struct message *m, uint32_t number)
{
	struct imapd *s = imapd_of(c);
	struct buf b;

	imap_view_tell_keywords(c);
	buf_init(&b, 16 << 10);
	(void)buf_addf(&b, "* %" PRIu32 " FETCH (", number);
	if (s->uid || s->rev2)
		(void)buf_addf(&b, "UID %" PRIu32 " ", m->uid);
	(void)buf_addz(&b, "FLAGS ");
	imap_put_flags(
	    s, &b, s->view.mb, m->flags, seqset_has(&s->view.recent, m->uid));
	client_put(c, buf_str(&b));
	client_say(c, ")");
	buf_fini(&b);
}

static void
tell_flags(struct client *c)
{
	struct imapd *s = imapd_of(c);
	struct imap_view *v = &s->view;
	const struct mailbox *mb = v->mb;
	uint32_t number;

	for (size_t i = 0; i < mb->n; i++) {
		const struct message *m = &mb->msgs[i];

		if (m->changed <= v->changes || m->by == s)
			continue;
		number = imap_view_number(v, m->uid);
		if (number > 0)
			imap_view_tell_flags(c, m, number);
	}
	v->changes = mb->changes;
}

void
imap_view_refresh(struct imapd *s)
{
	struct err ignored = {0}; /* imap_view_sync meets it again */

	if (s->view.mb != NULL)
		(void)mailbox_refresh(s->view.mb, true, &ignored);
}

void
imap_view_sync(struct client *c, bool expunges)
{
	struct imapd *s = imapd_of(c);
	struct imap_view *v = &s->view;
	struct err e = {0};
	bool come;

	if (v->mb == NULL || s->bye)
		return;
	if (mailbox_refresh(v->mb, false, &e) < 0)
		server_log(c->server, "imap %s: %s", c->peer, e.msg);
	if (v->mb->gone) {
		client_say(c, "* BYE somebody has deleted the mailbox");
		s->bye = true;
		client_bye(c);
		return;
	}
	imap_view_tell_keywords(c);
	if (expunges && v->removals != v->mb->removals)
		tell_expunges(c);
	/* Before the first message that has a new one. */
	imap_view_tell_keywords(c);
	/* Flags of what the client knows; what is new has none to it yet. */
	if (v->changes != v->mb->changes)
		tell_flags(c);
	come = take_new(c);
	if (come)
		client_say(c, "* %zu EXISTS", v->n);
	if (!s->rev2 && (come || v->recent_told != imap_view_recent(s)))
		imap_view_tell_recent(c);
}

/* ---- selecting ---- */

void
imap_view_open(struct client *c, struct mailbox *mb, bool read_only)
{
	struct imapd *s = imapd_of(c);
	struct imap_view *v = &s->view;

	*v = (struct imap_view){.mb = mb,
	    .read_only = read_only,
	    .next = 1,
	    .keywords = UINT_MAX,
	    .changes = mb->changes,
	    .removals = mb->removals};
	s->state = IMAP_SELECTED;
	(void)take_new(c);
	/* What its files have been renamed to is no news. */
	v->changes = mb->changes;
}

void
imap_view_close(struct imapd *s)
{
	struct imap_view *v = &s->view;

	if (v->mb == NULL)
		return;
	observer_stop(&v->observer);
	account_release(s->account, v->mb);
	free(v->uids);
	seqset_fini(&v->recent);
	seqset_fini(&v->saved);
	*v = (struct imap_view){0};
	if (s->state == IMAP_SELECTED)
		s->state = IMAP_AUTHENTICATED;
}
