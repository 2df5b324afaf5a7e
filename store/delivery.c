/* delivery: a message on its way into a Maildir. */
#include "base/mem.h"
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERED = 64 << 10 };

struct delivery {
	int dir, fd;
	bool cr; /* the last octet was a CR, and is not written yet */
	bool synced;
	struct buf base;  /* the file's name, as it is in tmp */
	struct buf final; /* "new/…" or "cur/…"; empty: not committed */
	size_t n;	  /* octets in out */
	char out[BUFFERED];
};

/* "tmp/NAME", good until the next call. */
static const char *
path_in_tmp(const char *base)
{
	static char path[sizeof("tmp/") + NAME_MAX];

	(void)snprintf(path, sizeof(path), "tmp/%s", base);
	return path;
}

static int
begin(struct delivery *d, struct err *e)
{
	buf_clear(&d->base);
	buf_clear(&d->final);
	d->cr = d->synced = false;
	d->n = 0;
	maildir_unique(&d->base);
	d->fd = openat(d->dir, path_in_tmp(buf_cstr(&d->base)),
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return d->fd < 0 ? err_sys(e, "deliver") : 0;
}

struct delivery *
delivery_new(int dir, struct err *e)
{
	/* Not zeroed: what is in out is not looked at before it is written. */
	struct delivery *d = mem_realloc(NULL, sizeof(*d));

	buf_init(&d->base, NAME_MAX);
	buf_init(&d->final, NAME_MAX + 8);
	d->fd = -1;
	d->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (d->dir < 0)
		(void)err_sys(e, "deliver");
	if (d->dir < 0 || begin(d, e) < 0) {
		delivery_free(d);
		d = NULL;
	}
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
	struct str s = {d->out, d->n};

	while (s.n > 0) {
		ssize_t n = write(d->fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "deliver");
		s = str_skip(s, (size_t)n);
	}
	d->n = 0;
	return 0;
}

/* A CR is held back until it is known that no LF follows. */
static int
held_cr(struct delivery *d, struct str octets, struct err *e)
{
	if (!d->cr || (octets.n > 0 && *octets.p == '\n')) {
		d->cr = false;
		return 0;
	}
	if (d->n == BUFFERED && flush(d, e) < 0)
		return -1;
	d->out[d->n++] = '\r';
	d->cr = false;
	return 0;
}

int
delivery_add(struct delivery *d, struct str octets, struct err *e)
{
	size_t n;

	while (octets.n > 0) {
		if (held_cr(d, octets, e) < 0 ||
		    (d->n == BUFFERED && flush(d, e) < 0))
			return -1;
		n = BUFFERED - d->n < octets.n ? BUFFERED - d->n : octets.n;
		n = str_find(str_head(octets, n), '\r');
		memcpy(d->out + d->n, octets.p, n);
		d->n += n;
		octets = str_skip(octets, n);
		if (octets.n > 0 && *octets.p == '\r') {
			octets = str_skip(octets, 1);
			d->cr = true;
		}
	}
	return 0;
}

/* All that was added is written. */
static int
drain(struct delivery *d, struct err *e)
{
	return held_cr(d, S(""), e) < 0 ? -1 : flush(d, e);
}

int
delivery_sync(struct delivery *d, struct err *e)
{
	if (d->synced)
		return 0;
	if (drain(d, e) < 0)
		return -1;
	if (fsync(d->fd) != 0)
		return err_sys(e, "deliver");
	d->synced = true;
	return 0;
}

int
delivery_written(struct delivery *d, int64_t when, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = when}};

	/* A write sets the time anew, so this comes behind the last one. */
	if (drain(d, e) < 0)
		return -1;
	if (when == DELIVERY_NOW)
		return 0;
	if (futimens(d->fd, times) != 0)
		return err_sys(e, "deliver");
	d->synced = false;
	return 0;
}

int
delivery_detach(struct delivery *d)
{
	int fd = d->fd;

	d->fd = -1;
	return fd;
}

int
delivery_again(struct delivery *d, struct err *e)
{
	delivery_drop(d);
	return begin(d, e);
}

int
delivery_commit(struct delivery *d, uint32_t flags, int64_t when,
    const char **name, struct err *e)
{
	if (delivery_written(d, when, e) < 0 || delivery_sync(d, e) < 0)
		return -1;
	maildir_final(&d->final, buf_str(&d->base), flags);
	if (renameat(d->dir, path_in_tmp(buf_cstr(&d->base)), d->dir,
		buf_cstr(&d->final)) != 0) {
		buf_clear(&d->final);
		return err_sys(e, "deliver");
	}
	*name = buf_cstr(&d->final) + strlen("new/");
	if (maildir_sync(d->dir, flags != 0 ? "cur" : "new", e) == 0)
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
delivery_drop(struct delivery *d)
{
	if (d->fd < 0)
		return;
	close(d->fd);
	d->fd = -1;
	if (d->final.len == 0)
		(void)unlinkat(d->dir, path_in_tmp(buf_cstr(&d->base)), 0);
}

void
delivery_free(struct delivery *d)
{
	if (d == NULL)
		return;
	delivery_drop(d);
	if (d->dir >= 0)
		close(d->dir);
	buf_fini(&d->base);
	buf_fini(&d->final);
	free(d);
}
