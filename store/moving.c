/* moving: messages that come into a mailbox, leave it, or change to another. */
#include "base/mem.h"
#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- out ---- */

static int
unlink_mail(struct mailbox *mb, struct message *m, const char *path, void *arg)
{
	(void)arg;
	if (unlinkat(mb->dir, path, 0) != 0)
		return -1;
	free(m->name);
	m->name = NULL;
	return 0;
}

/* Of messages whose names are NULL: they are gone from msgs and the file. */
static void
forget(struct mailbox *mb, const uint32_t *uids, size_t n)
{
	struct err ignored = {0};

	if (n == 0)
		return;
	uids_drop_nameless(mb);
	mb->removals++;
	/* A line that is left has no message, and so no meaning. */
	(void)uids_add_removed(mb, uids, n, &ignored);
	if (uids_stale(mb))
		(void)uids_rewrite(mb, &ignored);
}

int
mailbox_remove(
    struct mailbox *mb, const uint32_t *uids, size_t n, struct err *e)
{
	struct err why = {0};
	size_t done = 0;

	while (done < n && (mailbox_with_path(
				mb, uids[done], unlink_mail, NULL, &why) == 0 ||
			       why.sys == ENOENT)) {
		err_clear(&why);
		done++;
	}
	forget(mb, uids, done);
	if (done == n)
		return 0;
	*e = why;
	return -1;
}

/* ---- in ---- */

/* Messages that were added from index `first` on get UIDs that last; else
 * they are taken off again. */
static int
keep(struct mailbox *mb, size_t first, struct err *e)
{
	if (uids_add_messages(mb, first, e) == 0 && uids_sync(mb, e) == 0)
		return 0;
	while (mb->n > first)
		free(mb->msgs[--mb->n].name);
	return -1;
}

uint32_t
mailbox_deliver(struct mailbox *mb, struct delivery *d, uint32_t flags,
    int64_t when, struct err *e)
{
	const char *name;
	struct message *m;

	if (mb->gone || mb->next == UINT32_MAX) {
		(void)err_set(e, ERR_USE, "the mailbox is gone");
		return 0;
	}
	if (delivery_commit(d, flags, when, &name, e) < 0)
		return 0;
	m = uids_new_message(mb, mb->next, str_z(name));
	m->flags = flags;
	m->fresh = flags == 0;
	if (keep(mb, mb->n - 1, e) < 0) {
		delivery_undo(d);
		return 0;
	}
	return mb->msgs[mb->n - 1].uid;
}

/* ---- from one to another ---- */

struct transfer {
	struct mailbox *dest;
	bool move;
	struct message *made; /* what dest gets; their UIDs are given later */
	size_t n;
};

/* The same flags in dest, where a keyword may have another letter. */
static uint32_t
flags_in(struct mailbox *dest, const struct mailbox *mb, uint32_t flags)
{
	uint32_t out = flags & ((1U << FLAG_KEYWORD_0) - 1);

	for (unsigned i = 0; i < FLAG_KEYWORDS; i++)
		if (flags & 1U << (FLAG_KEYWORD_0 + i) &&
		    mb->keywords[i] != NULL)
			out |=
			    mailbox_keyword(dest, str_z(mb->keywords[i]), true);
	return out;
}

/* By a second file where a second name is not possible. */
static int
copy_file(
    struct mailbox *mb, const char *path, struct mailbox *dest, struct buf *to)
{
	struct err e = {0};
	struct mail *mail = mail_open(mb->dir, path, &e);
	struct delivery *d = mail != NULL ? delivery_new(dest->dir, &e) : NULL;
	uint64_t at = 0;
	const char *name;
	struct str s;
	int rc = d != NULL ? 0 : -1;

	while (rc == 0 && (rc = mail_read(mail, at, &s, &e)) == 0 && s.n > 0) {
		at += s.n;
		rc = delivery_add(d, s, &e);
	}
	if (rc == 0)
		rc = delivery_commit(d, 0, mail_stamp(mail).mtime, &name, &e);
	if (rc == 0) {
		struct buf from;

		buf_init(&from, NAME_MAX + 8);
		(void)buf_addf(&from, "new/%s", name);
		rc = renameat(
		    dest->dir, buf_cstr(&from), dest->dir, buf_cstr(to));
		buf_fini(&from);
	}
	delivery_free(d);
	mail_close(mail);
	if (rc != 0 && e.sys != 0)
		errno = e.sys;
	return rc;
}

static int
put_in_place(struct mailbox *mb, const char *path, const struct transfer *t,
    struct buf *to)
{
	if (t->move) {
		if (renameat(mb->dir, path, t->dest->dir, buf_cstr(to)) == 0)
			return 0;
	} else if (linkat(mb->dir, path, t->dest->dir, buf_cstr(to), 0) == 0) {
		return 0;
	}
	if (errno != EXDEV && errno != EPERM && errno != EMLINK &&
	    errno != EOPNOTSUPP)
		return -1;
	if (copy_file(mb, path, t->dest, to) != 0)
		return -1;
	if (t->move)
		(void)unlinkat(mb->dir, path, 0);
	return 0;
}

static int
transfer_mail(
    struct mailbox *mb, struct message *m, const char *path, void *arg)
{
	struct transfer *t = arg;
	struct message *made = &t->made[t->n];
	struct buf to, base;
	uint32_t flags = flags_in(t->dest, mb, m->flags);
	const char *name;
	int rc;

	buf_init(&base, NAME_MAX);
	buf_init(&to, NAME_MAX + 8);
	maildir_unique(&base);
	(void)buf_addz(&to, flags != 0 ? "cur/" : "new/");
	if (flags != 0)
		(void)maildir_name(&to, buf_str(&base), flags);
	else
		(void)buf_add(&to, buf_str(&base));
	rc = put_in_place(mb, path, t, &to);
	if (rc == 0) {
		*made = *m;
		name = buf_cstr(&to) + strlen("new/");
		made->name = mem_strdup(name);
		made->flags = flags;
		made->fresh = flags == 0;
		made->changed = 0;
		made->by = NULL;
		t->n++;
	}
	if (rc == 0 && t->move) {
		free(m->name);
		m->name = NULL;
	}
	buf_fini(&base);
	buf_fini(&to);
	return rc;
}

/* Takes back what a copy has made so far. */
static void
undo(struct transfer *t)
{
	struct buf path;

	buf_init(&path, NAME_MAX + 8);
	while (t->n > 0) {
		mailbox_path(&path, &t->made[--t->n]);
		(void)unlinkat(t->dest->dir, buf_cstr(&path), 0);
		free(t->made[t->n].name);
	}
	buf_fini(&path);
}

/* What was made becomes messages of dest. */
static int
take_in(struct transfer *t, uint32_t *to, struct err *e)
{
	struct mailbox *dest = t->dest;
	size_t first = dest->n;
	struct message *m;

	if (maildir_sync(dest->dir, "new", e) < 0 ||
	    maildir_sync(dest->dir, "cur", e) < 0)
		return -1;
	if (t->n > UINT32_MAX - dest->next)
		return err_set(e, ERR_LIMIT, "no more UIDs");
	for (size_t i = 0; i < t->n; i++) {
		m = uids_new_message(dest, dest->next, S(""));
		to[i] = m->uid;
		free(m->name);
		t->made[i].uid = m->uid;
		*m = t->made[i];
		m->name = mem_strdup(t->made[i].name);
	}
	return keep(dest, first, e);
}

int
mailbox_copy(struct mailbox *mb, const uint32_t *from, size_t n,
    struct mailbox *dest, uint32_t *to, struct err *e)
{
	struct transfer t = {.dest = dest};
	int rc = 0;

	t.made = mem_zalloc((n + 1) * sizeof(*t.made));
	dest->held = true;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = mailbox_with_path(mb, from[i], transfer_mail, &t, e);
	dest->held = false;
	if (rc == 0)
		rc = take_in(&t, to, e);
	if (rc < 0)
		undo(&t);
	while (t.n > 0)
		free(t.made[--t.n].name);
	free(t.made);
	return rc;
}

int
mailbox_move(struct mailbox *mb, const uint32_t *from, size_t n,
    struct mailbox *dest, uint32_t *to, size_t *done, struct err *e)
{
	struct transfer t = {.dest = dest, .move = true};
	int rc = 0;

	t.made = mem_zalloc((n + 1) * sizeof(*t.made));
	dest->held = true;
	while (t.n < n && rc == 0)
		rc = mailbox_with_path(mb, from[t.n], transfer_mail, &t, e);
	dest->held = false;
	forget(mb, from, t.n);
	*done = t.n;
	/* If their UIDs cannot be written down they are there all the same,
	 * for the next look at the folder to find. */
	if (take_in(&t, to, e) < 0) {
		*done = 0;
		rc = -1;
	}
	while (t.n > 0)
		free(t.made[--t.n].name);
	free(t.made);
	return rc;
}
