/* mailbox: opening, looking, and what one message is asked for. */
#include "base/mem.h"
#include "store/inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* A folder that changed so shortly before it was read may have
	 * changed again within the same tick of its clock: the kernel's, or
	 * of a file system that knows no fractions of a second. */
	RACY_MS = 100,
	RACY_COARSE_MS = 2000,
	/* So often a file is looked for that other programs rename, again and
	 * again perhaps. */
	LOOKS_MAX = 10,
	/* What an interrupted delivery has left in tmp is removed then. */
	LEFT_OVER_S = 36 * 3600,
};

static const char *const looked_at[] = {"new", "cur"};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- looking ---- */

static int
read_times(const struct mailbox *mb, struct timespec t[2], struct err *e)
{
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		if (fstatat(mb->dir, looked_at[i], &st, 0) != 0)
			return err_sys(e, "%s", looked_at[i]);
		t[i] = st.st_mtim;
	}
	return 0;
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
is_racy(struct timespec changed, struct timespec now)
{
	int64_t age = (int64_t)(now.tv_sec - changed.tv_sec) * 1000 +
		      (now.tv_nsec - changed.tv_nsec) / 1000000;

	return age <= (changed.tv_nsec == 0 ? RACY_COARSE_MS : RACY_MS);
}

static int
look(struct mailbox *mb, struct err *e)
{
	uint64_t changes = mb->changes, removals = mb->removals;
	uint32_t next = mb->next;
	struct timespec times[2] = {{0}}, now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (read_times(mb, times, e) < 0)
		return -1;
	if (!mb->racy && same_time(times[0], mb->scanned[0]) &&
	    same_time(times[1], mb->scanned[1]))
		return 0;
	if (scan_mailbox(mb, e) < 0)
		return -1;
	mb->racy = false;
	for (size_t i = 0; i < 2; i++) {
		mb->scanned[i] = times[i];
		mb->racy |= is_racy(times[i], now);
	}
	if (uids_stale(mb) && uids_rewrite(mb, e) < 0)
		return -1;
	if (mb->changes != changes || mb->removals != removals ||
	    mb->next != next)
		mailbox_notify(mb);
	return 0;
}

int
mailbox_refresh(struct mailbox *mb, bool now, struct err *e)
{
	if (mb->gone || (!now && now_ms() - mb->looked < MAILBOX_FRESH_MS))
		return 0;
	if (mb->held)
		return scan_renamed(mb, e);
	mb->looked = now_ms();
	return look(mb, e);
}

/* ---- opening ---- */

/* What interrupted deliveries have left. */
static void
clean_up(const struct mailbox *mb)
{
	int fd = openat(mb->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;
	struct stat st;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (*de->d_name != '.' &&
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    st.st_mtim.tv_sec + LEFT_OVER_S < time(NULL))
			(void)unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
}

static int
load(struct mailbox *mb, uint32_t (*validity)(void *arg), void *arg,
    struct err *e)
{
	int rc;

	mb->dir = open(mb->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mb->dir < 0)
		return err_sys(e, "%s", mb->path);
	rc = uids_load(mb, e);
	if (rc < 0)
		return -1;
	if (rc > 0) {
		mb->validity = validity(arg);
		if (uids_rewrite(mb, e) < 0)
			return -1;
	}
	clean_up(mb);
	return mailbox_refresh(mb, true, e);
}

struct mailbox *
mailbox_open(
    const char *path, uint32_t (*validity)(void *arg), void *arg, struct err *e)
{
	struct mailbox *mb = mem_zalloc(sizeof(*mb));

	mb->path = mem_strdup(path);
	mb->log = -1;
	mb->observers.prev = mb->observers.next = &mb->observers;
	if (load(mb, validity, arg, e) == 0)
		return mb;
	mailbox_free(mb);
	return NULL;
}

void
mailbox_free(struct mailbox *mb)
{
	if (mb == NULL)
		return;
	for (size_t i = 0; i < mb->n; i++)
		free(mb->msgs[i].name);
	for (size_t i = 0; i < FLAG_KEYWORDS; i++)
		free(mb->keywords[i]);
	if (mb->log >= 0)
		close(mb->log);
	if (mb->dir >= 0)
		close(mb->dir);
	free(mb->msgs);
	free(mb->path);
	free(mb);
}

/* ---- messages and keywords ---- */

size_t
mailbox_index(const struct mailbox *mb, uint32_t uid)
{
	size_t low = 0, high = mb->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (mb->msgs[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct message *
mailbox_find(const struct mailbox *mb, uint32_t uid)
{
	size_t i = mailbox_index(mb, uid);

	return i < mb->n && mb->msgs[i].uid == uid ? &mb->msgs[i] : NULL;
}

uint32_t
mailbox_keyword(struct mailbox *mb, struct str name, bool make)
{
	struct err ignored = {0};
	unsigned i, room = FLAG_KEYWORDS;

	for (i = 0; i < FLAG_KEYWORDS; i++) {
		if (mb->keywords[i] == NULL)
			room = room < i ? room : i;
		else if (str_eqcase(str_z(mb->keywords[i]), name))
			return 1U << (FLAG_KEYWORD_0 + i);
	}
	if (!make || room == FLAG_KEYWORDS || name.n > FLAG_KEYWORD_MAX)
		return 0;
	mb->keywords[room] = str_copy(mem_zalloc(name.n + 1), name.n + 1, name);
	if (uids_add_keyword(mb, room, &ignored) == 0)
		return 1U << (FLAG_KEYWORD_0 + room);
	free(mb->keywords[room]);
	mb->keywords[room] = NULL;
	return 0;
}

bool
mailbox_keyword_room(const struct mailbox *mb)
{
	for (unsigned i = 0; i < FLAG_KEYWORDS; i++)
		if (mb->keywords[i] == NULL)
			return true;
	return false;
}

void
mailbox_path(struct buf *b, const struct message *m)
{
	buf_clear(b);
	(void)buf_addf(b, "%s/%s", m->fresh ? "new" : "cur", m->name);
}

int
mailbox_with_path(struct mailbox *mb, uint32_t uid,
    int (*act)(
	struct mailbox *mb, struct message *m, const char *path, void *arg),
    void *arg, struct err *e)
{
	struct message *m;
	struct buf path;
	int rc = -1;

	buf_init(&path, NAME_MAX + 8);
	for (int i = 0; i < LOOKS_MAX && rc != 0; i++) {
		if (i > 0 && mailbox_refresh(mb, true, e) < 0)
			break;
		m = mailbox_find(mb, uid);
		errno = ENOENT;
		if (m == NULL)
			break;
		mailbox_path(&path, m);
		rc = act(mb, m, buf_cstr(&path), arg);
		if (rc != 0 && errno != ENOENT)
			break;
	}
	buf_fini(&path);
	return rc == 0 ? 0 : err_sys(e, "message");
}

/* ---- flags ---- */

struct renaming {
	uint32_t remove, add;
	const void *by;
};

static int
rename_for_flags(
    struct mailbox *mb, struct message *m, const char *path, void *arg)
{
	struct renaming *r = arg;
	uint32_t flags = (m->flags & ~r->remove) | r->add, ignored;
	struct buf to;
	const char *name;
	int rc;

	buf_init(&to, NAME_MAX + 8);
	(void)buf_addz(&to, "cur/");
	rc = maildir_name(&to, maildir_base(str_z(m->name), &ignored), flags);
	if (rc < 0)
		errno = ENAMETOOLONG;
	else
		rc = renameat(mb->dir, path, mb->dir, buf_cstr(&to));
	if (rc == 0) {
		name = buf_cstr(&to) + strlen("cur/");
		free(m->name);
		m->name = mem_strdup(name);
		m->fresh = false;
		if (m->flags != flags) {
			m->flags = flags;
			m->changed = ++mb->changes;
			m->by = r->by;
		}
	}
	buf_fini(&to);
	return rc;
}

int
mailbox_change_flags(struct mailbox *mb, uint32_t uid, uint32_t remove,
    uint32_t add, const void *by, struct err *e)
{
	struct renaming r = {.remove = remove, .add = add, .by = by};

	return mailbox_with_path(mb, uid, rename_for_flags, &r, e);
}

int
mailbox_claim(struct mailbox *mb, struct err *e)
{
	struct err ignored = {0};

	for (size_t i = 0; i < mb->n; i++)
		if (mb->msgs[i].fresh)
			(void)mailbox_change_flags(
			    mb, mb->msgs[i].uid, 0, 0, NULL, &ignored);
	if (mb->recent == mb->next)
		return 0;
	mb->recent = mb->next;
	return uids_add_recent(mb, e);
}

/* ---- content ---- */

static int
open_mail(struct mailbox *mb, struct message *m, const char *path, void *arg)
{
	struct mail **out = arg;
	struct err e = {0};

	(void)m;
	*out = mail_open(mb->dir, path, &e);
	errno = e.sys;
	return *out != NULL ? 0 : -1;
}

struct mail *
mailbox_read(struct mailbox *mb, uint32_t uid, struct err *e)
{
	struct mail *mail = NULL;

	(void)mailbox_with_path(mb, uid, open_mail, &mail, e);
	return mail;
}

static int
stat_mail(struct mailbox *mb, struct message *m, const char *path, void *arg)
{
	struct mail_stamp *stamp = arg;
	struct stat st;

	(void)m;
	if (fstatat(mb->dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	*stamp = (struct mail_stamp){.size = (uint64_t)st.st_size,
	    .mtime = st.st_mtim.tv_sec,
	    .mtime_ns = st.st_mtim.tv_nsec};
	return 0;
}

static int
count(struct mailbox *mb, uint32_t uid, struct mail *mail, struct err *e)
{
	struct message *m = mailbox_find(mb, uid);
	struct mail_stamp stamp = mail_stamp(mail);

	if (m == NULL) {
		errno = ENOENT;
		return err_sys(e, "message");
	}
	m->date = stamp.mtime;
	m->dated = true;
	if (mail_stamp_eq(&stamp, &m->stamp))
		return 0;
	if (mail_size(mail, &m->octets, e) < 0)
		return -1;
	m->stamp = stamp;
	return 0;
}

int
mailbox_measure(
    struct mailbox *mb, uint32_t uid, struct mail *open, struct err *e)
{
	struct mail_stamp stamp = {0};
	struct message *m;
	struct mail *mail;
	int rc;

	if (open != NULL)
		return count(mb, uid, open, e);
	if (mailbox_with_path(mb, uid, stat_mail, &stamp, e) < 0)
		return -1;
	m = mailbox_find(mb, uid);
	if (mail_stamp_eq(&stamp, &m->stamp) && m->dated)
		return 0;
	mail = mailbox_read(mb, uid, e);
	if (mail == NULL)
		return -1;
	rc = count(mb, uid, mail, e);
	mail_close(mail);
	return rc;
}

int
mailbox_date(struct mailbox *mb, uint32_t uid, struct err *e)
{
	struct message *m = mailbox_find(mb, uid);
	struct mail_stamp stamp = {0};

	if (m != NULL && m->dated)
		return 0;
	if (mailbox_with_path(mb, uid, stat_mail, &stamp, e) < 0)
		return -1;
	m = mailbox_find(mb, uid);
	m->date = stamp.mtime;
	m->dated = true;
	return 0;
}

/* ---- observers ---- */

void
mailbox_observe(struct mailbox *mb, struct observer *o)
{
	o->next = &mb->observers;
	o->prev = mb->observers.prev;
	o->prev->next = o->next->prev = o;
}

void
observer_stop(struct observer *o)
{
	if (o->next == NULL)
		return;
	o->prev->next = o->next;
	o->next->prev = o->prev;
	o->prev = o->next = NULL;
}

void
mailbox_notify(struct mailbox *mb)
{
	struct observer *o, *next;

	for (o = mb->observers.next; o != &mb->observers; o = next) {
		next = o->next;
		o->changed(o);
	}
}
