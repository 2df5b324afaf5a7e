/* delivery: a message on its way into a Maildir. */
#include "base/mem.h"
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERED = 32 << 10 };

struct delivery {
	int dir, fd;
	bool cr; /* the last octet was a CR, and is not written yet */
	bool synced;
	bool unsynced; /* the caller does that */
	struct buf out;
	struct buf base;  /* the file's name, as it is in tmp */
	struct buf final; /* "new/…" or "cur/…"; empty: not committed */
};

struct delivery *
delivery_new(int dir, struct err *e)
{
	struct delivery *d = mem_zalloc(sizeof(*d));
	struct buf path;

	buf_init(&d->out, BUFFERED);
	buf_init(&d->base, NAME_MAX);
	buf_init(&d->final, NAME_MAX + 8);
	buf_init(&path, NAME_MAX + 8);
	maildir_unique(&d->base);
	(void)buf_addf(&path, "tmp/%s", buf_cstr(&d->base));
	d->fd = -1;
	d->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (d->dir >= 0)
		d->fd = openat(d->dir, buf_cstr(&path),
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (d->fd < 0) {
		(void)err_sys(e, "deliver");
		delivery_free(d);
		d = NULL;
	}
	buf_fini(&path);
	return d;
}

const char *
delivery_base(const struct delivery *d)
{
	return d->base.p;
}

static int
flush(struct delivery *d, struct err *e)
{
	while (d->out.len > 0) {
		struct str s = buf_str(&d->out);
		ssize_t n = write(d->fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "deliver");
		buf_take(&d->out, (size_t)n);
	}
	return 0;
}

/* Octets that are written as they are. */
static int
put(struct delivery *d, struct str s, struct err *e)
{
	while (s.n > 0) {
		size_t n = buf_free(&d->out) < s.n ? buf_free(&d->out) : s.n;

		(void)buf_add(&d->out, str_head(s, n));
		s = str_skip(s, n);
		if (buf_free(&d->out) == 0 && flush(d, e) < 0)
			return -1;
	}
	return 0;
}

int
delivery_add(struct delivery *d, struct str octets, struct err *e)
{
	size_t n;

	while (octets.n > 0) {
		if (d->cr && *octets.p != '\n' && put(d, S("\r"), e) < 0)
			return -1;
		n = str_find(octets, '\r');
		d->cr = n < octets.n;
		if (put(d, str_head(octets, n), e) < 0)
			return -1;
		octets = str_skip(octets, d->cr ? n + 1 : n);
	}
	return 0;
}

/* All that was added is written. */
static int
drain(struct delivery *d, struct err *e)
{
	if (d->cr && put(d, S("\r"), e) < 0)
		return -1;
	d->cr = false;
	return flush(d, e);
}

int
delivery_sync(struct delivery *d, struct err *e)
{
	if (d->synced)
		return 0;
	if (drain(d, e) < 0)
		return -1;
	if (!d->unsynced && fsync(d->fd) != 0)
		return err_sys(e, "deliver");
	d->synced = true;
	return 0;
}

void
delivery_unsynced(struct delivery *d)
{
	d->unsynced = true;
}

/* A write sets the time anew, so this comes behind the last one. */
static int
set_date(struct delivery *d, int64_t when, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = when}};

	if (drain(d, e) < 0)
		return -1;
	if (futimens(d->fd, times) != 0)
		return err_sys(e, "deliver");
	d->synced = false;
	return 0;
}

int
delivery_commit(struct delivery *d, uint32_t flags, int64_t when,
    const char **name, struct err *e)
{
	const char *folder = flags != 0 ? "cur" : "new";
	struct buf from;
	int rc;

	if (when != DELIVERY_NOW && set_date(d, when, e) < 0)
		return -1;
	if (delivery_sync(d, e) < 0)
		return -1;
	buf_init(&from, NAME_MAX + 8);
	(void)buf_addf(&from, "tmp/%s", buf_cstr(&d->base));
	(void)buf_addf(&d->final, "%s/", folder);
	if (flags != 0)
		(void)maildir_name(&d->final, buf_str(&d->base), flags);
	else
		(void)buf_add(&d->final, buf_str(&d->base));
	rc = renameat(d->dir, buf_cstr(&from), d->dir, buf_cstr(&d->final));
	buf_fini(&from);
	if (rc != 0) {
		buf_clear(&d->final);
		return err_sys(e, "deliver");
	}
	*name = buf_cstr(&d->final) + strlen("new/");
	if (d->unsynced || maildir_sync(d->dir, folder, e) == 0)
		return 0;
	delivery_undo(d);
	return -1;
}

void
delivery_undo(struct delivery *d)
{
	if (d->final.len > 0)
		(void)unlinkat(d->dir, buf_cstr(&d->final), 0);
}

void
delivery_free(struct delivery *d)
{
	struct buf path;

	if (d == NULL)
		return;
	if (d->fd >= 0) {
		close(d->fd);
		buf_init(&path, NAME_MAX + 8);
		(void)buf_addf(&path, "tmp/%s", buf_cstr(&d->base));
		if (d->final.len == 0)
			(void)unlinkat(d->dir, buf_cstr(&path), 0);
		buf_fini(&path);
	}
	if (d->dir >= 0)
		close(d->dir);
	buf_fini(&d->out);
	buf_fini(&d->base);
	buf_fini(&d->final);
	free(d);
}
