/* imap_store: commands that change, copy and remove messages: STORE, COPY,
 * MOVE (RFC 6851), EXPUNGE, with UIDs as UIDPLUS has them (RFC 4315). */
#include "base/mem.h"
#include "server/imapd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Whether the mailbox may be changed; else the command is answered. */
static bool
may_change(struct client *c)
{
	if (!imapd_of(c)->view.read_only)
		return true;
	imap_no(c, "[READ-ONLY] it was opened by EXAMINE");
	return false;
}

/* ---- STORE ---- */

static const struct store_item {
	const char *name;
	bool others; /* the flags that are not named stay */
	bool set;    /* those named come, or else go */
	bool silent;
} store_items[] = {
    {"FLAGS", false, true, false},
    {"+FLAGS", true, true, false},
    {"-FLAGS", true, false, false},
    {"FLAGS.SILENT", false, true, true},
    {"+FLAGS.SILENT", true, true, true},
    {"-FLAGS.SILENT", true, false, true},
};

struct store_job {
	struct imap_job job;
	struct seqset uids;
	struct seqpos at;
	bool silent;
	uint32_t remove, add; /* flags */
	bool missing;
	struct err e;
};

static void
store_one(struct client *c, struct store_job *j, uint32_t uid)
{
	struct imapd *s = imapd_of(c);
	struct imap_view *v = &s->view;
	struct message *m = mailbox_find(v->mb, uid);
	uint32_t want;
	struct err e = {0};
	bool news;

	if (m == NULL) {
		j->missing = true;
		return;
	}
	/* What another has changed meanwhile is told, silent or not (RFC 9051
	 * 6.4.6), also if it is found only now. */
	news = m->changed > v->changes && m->by != s;
	want = (m->flags & ~j->remove) | j->add;
	if (want != m->flags &&
	    mailbox_change_flags(v->mb, uid, j->remove, j->add, s, &e) < 0) {
		if (e.sys == ENOENT)
			j->missing = true;
		else
			j->e = e;
		return;
	}
	m = mailbox_find(v->mb, uid);
	if (!j->silent || news || m->flags != want)
		imap_view_tell_flags(c, m, imap_view_number(v, uid));
}

static void
finish_store(struct client *c, const struct store_job *j)
{
	mailbox_notify(imapd_of(c)->view.mb);
	if (j->e.kind != ERR_NONE)
		imap_no_err(c, &j->e);
	/* RFC 2180 4.2: a silent one does not miss what is gone. */
	else if (j->missing && !imapd_of(c)->uid && !j->silent)
		imap_no(c, "[EXPUNGEISSUED] some of them are gone");
	else
		imap_ok(c, "stored");
}

static bool
more_store(struct client *c)
{
	struct store_job *j = (struct store_job *)imapd_of(c)->job;
	uint32_t uid =
	    j->e.kind == ERR_NONE ? seqset_next(&j->uids, &j->at) : 0;

	if (uid == 0) {
		finish_store(c, j);
		return false;
	}
	store_one(c, j, uid);
	return true;
}

static void
free_store(struct imap_job *job)
{
	struct store_job *j = (struct store_job *)job;

	seqset_fini(&j->uids);
	free(j);
}

static const struct store_item *
find_item(const struct imap_val *v)
{
	for (size_t i = 0; i < sizeof(store_items) / sizeof(*store_items); i++)
		if (imap_is(v, store_items[i].name))
			return &store_items[i];
	return NULL;
}

void
imap_store(struct client *c, struct imapd *s, const struct imap_val *args)
{
	const struct store_item *item = find_item(args->next);
	struct seqset uids = {0};
	struct store_job *j;
	uint32_t flags;

	if (item == NULL || !imap_are_flags(args->next->next)) {
		imap_bad_usage(c);
		return;
	}
	if (!imap_set_arg(c, args, &uids) || !may_change(c)) {
		seqset_fini(&uids);
		return;
	}
	flags = imap_make_flags(s->view.mb, args->next->next);
	j = mem_zalloc(sizeof(*j));
	*j = (struct store_job){.job = {more_store, free_store},
	    .uids = uids,
	    .silent = item->silent,
	    .remove = item->others ? flags : UINT32_MAX,
	    .add = item->set ? flags : 0};
	imap_start(c, &j->job);
}

/* ---- COPY and MOVE ---- */

/* The UIDs of a set in one list, with `there` only those that are in mb;
 * freed by the caller. */
static uint32_t *
list_of(
    const struct seqset *set, const struct mailbox *mb, bool there, size_t *n)
{
	struct seqpos at = {0};
	uint32_t *uids, uid;
	size_t total = 0;

	for (size_t r = 0; r < set->n; r++)
		total += set->ranges[r].high - set->ranges[r].low + 1;
	uids = mem_zalloc((total + 1) * sizeof(*uids));
	*n = 0;
	while ((uid = seqset_next(set, &at)) != 0)
		if (!there || mailbox_find(mb, uid) != NULL)
			uids[(*n)++] = uid;
	return uids;
}

/* "COPYUID 7 1:3 12:14" */
static void
put_copyuid(struct buf *b, const struct mailbox *dest, const uint32_t *from,
    const uint32_t *to, size_t n)
{
	struct seqset sets[2] = {{0}};

	for (size_t i = 0; i < n; i++) {
		seqset_add(&sets[0], from[i], from[i]);
		seqset_add(&sets[1], to[i], to[i]);
	}
	(void)buf_addf(b, "COPYUID %" PRIu32 " ", dest->validity);
	(void)seqset_put(b, &sets[0]);
	(void)buf_addc(b, ' ');
	(void)seqset_put(b, &sets[1]);
	seqset_fini(&sets[0]);
	seqset_fini(&sets[1]);
}

static void
copy_to(struct client *c, const struct seqset *uids, struct mailbox *dest,
    bool move)
{
	struct mailbox *mb = imapd_of(c)->view.mb;
	size_t n, done;
	/* RFC 9051 6.4.9: a UID that is gone is passed over. */
	uint32_t *from = list_of(uids, mb, imapd_of(c)->uid, &n);
	uint32_t *to = mem_zalloc((n + 1) * sizeof(*to));
	struct err e = {0};
	struct buf b;
	int rc;

	if (move) {
		rc = mailbox_move(mb, from, n, dest, to, &done, &e);
	} else {
		rc = mailbox_copy(mb, from, n, dest, to, &e);
		done = rc == 0 ? n : 0;
	}
	buf_init(&b, 4 << 20);
	if (done > 0)
		put_copyuid(&b, dest, from, to, done);
	/* RFC 6851 4.3: told before the expunges. */
	if (move && done > 0)
		client_say(c, "* OK [%s] moved", buf_cstr(&b));
	mailbox_notify(mb);
	mailbox_notify(dest);
	if (rc < 0 && e.sys == ENOENT)
		imap_no(c, "[EXPUNGEISSUED] some of them are gone");
	else if (rc < 0)
		imap_no_err(c, &e);
	else if (move || done == 0)
		imap_ok(c, "%zu moved or copied", done);
	else
		imap_ok(c, "[%s] copied", buf_cstr(&b));
	buf_fini(&b);
	free(from);
	free(to);
}

static void
copy_or_move(struct client *c, const struct imap_val *args, bool move)
{
	struct imapd *s = imapd_of(c);
	struct seqset uids = {0};
	enum account_result r;
	struct mailbox *dest;
	struct err e = {0};
	struct buf name;

	buf_init(&name, NAME_MAX_OCTETS);
	if (imap_set_arg(c, args, &uids) && (!move || may_change(c)) &&
	    imap_mailbox_arg(c, args->next, &name)) {
		r = account_use(s->account, buf_str(&name), &dest, &e);
		if (r == ACCOUNT_OK) {
			copy_to(c, &uids, dest, move);
			account_release(s->account, dest);
		} else if (r == ACCOUNT_NONE) {
			imap_no(c, "[TRYCREATE] there is no such mailbox");
		} else {
			imap_no_account(c, r, &e);
		}
	}
	buf_fini(&name);
	seqset_fini(&uids);
}

void
imap_copy(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	copy_or_move(c, args, false);
}

void
imap_move(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	copy_or_move(c, args, true);
}

/* ---- EXPUNGE ---- */

/* Those that are \Deleted, of `only` if that is not NULL. */
static int
expunge(struct mailbox *mb, const struct seqset *only, struct err *e)
{
	uint32_t *uids = mem_zalloc((mb->n + 1) * sizeof(*uids));
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < mb->n; i++)
		if (mb->msgs[i].flags & FLAG_DELETED &&
		    (only == NULL || seqset_has(only, mb->msgs[i].uid)))
			uids[n++] = mb->msgs[i].uid;
	rc = mailbox_remove(mb, uids, n, e);
	free(uids);
	mailbox_notify(mb);
	return rc;
}

void
imap_expunge(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct seqset only = {0};
	struct err e = {0};

	if ((args == NULL || imap_set_arg(c, args, &only)) && may_change(c)) {
		if (expunge(s->view.mb, args != NULL ? &only : NULL, &e) < 0)
			imap_no_err(c, &e);
		else
			imap_ok(c, "expunged");
	}
	seqset_fini(&only);
}
