/* batch: many messages on their way into a Maildir. */
#include "store/batch.h"
#include "base/mem.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many files are synced each by itself, and are open until then.  syncfs of
 * 256 messages took 7 ms where fsync of each took 23. */
enum { FEW = 16 };

struct batch {
	int dir;
	struct delivery *d; /* made with the first message */
	bool open;	    /* it has a message that is not sealed */
	size_t count, moved;
	int fds[FEW];
	/* Of each that is sealed, "new/…" or "cur/…"; for there is no NUL in a
	 * file's name, each ends in one. */
	struct buf names;
};

struct batch *
batch_new(int dir, struct err *e)
{
	struct batch *b;
	int own = fcntl(dir, F_DUPFD_CLOEXEC, 0);

	if (own < 0) {
		(void)err_sys(e, "deliver");
		return NULL;
	}
	b = mem_zalloc(sizeof(*b));
	b->dir = own;
	buf_init(&b->names, SIZE_MAX / 2);
	return b;
}

static int
begin(struct batch *b, struct err *e)
{
	if (b->d == NULL)
		b->d = delivery_new(b->dir, e);
	else if (delivery_again(b->d, e) < 0)
		return -1;
	b->open = b->d != NULL;
	return b->open ? 0 : -1;
}

int
batch_add(struct batch *b, struct str octets, struct err *e)
{
	if (!b->open && begin(b, e) < 0)
		return -1;
	return delivery_add(b->d, octets, e);
}

void
batch_drop(struct batch *b)
{
	if (b->open)
		delivery_drop(b->d);
	b->open = false;
}

int
batch_seal(struct batch *b, uint32_t flags, int64_t when, struct str *base,
    struct str *name, struct err *e)
{
	size_t at = b->names.len;
	int fd;

	if ((!b->open && begin(b, e) < 0) ||
	    delivery_written(b->d, when, e) < 0) {
		batch_drop(b);
		return -1;
	}
	b->open = false;
	fd = delivery_detach(b->d);
	if (b->count < FEW)
		b->fds[b->count] = fd;
	else
		close(fd);
	b->count++;
	*base = str_z(delivery_base(b->d));
	maildir_final(&b->names, *base, flags);
	*name = str_skip(buf_str(&b->names), at + strlen("new/"));
	(void)buf_add(&b->names, (struct str){"", 1});
	return 0;
}

size_t
batch_count(const struct batch *b)
{
	return b->count;
}

int
batch_sync(struct batch *b, struct err *e)
{
	if (b->count > FEW)
		return syncfs(b->dir) != 0 ? err_sys(e, "deliver") : 0;
	for (size_t i = 0; i < b->count; i++)
		if (fsync(b->fds[i]) != 0)
			return err_sys(e, "deliver");
	return 0;
}

/* The path in tmp of a message that belongs to `final`. */
static void
in_tmp(char *path, size_t size, const char *final)
{
	const char *base = final + strlen("new/");

	(void)snprintf(path, size, "tmp/%.*s", (int)strcspn(base, ":"), base);
}

/* All that was sealed is forgotten; what of it is there is removed. */
static void
forget(struct batch *b, bool remove)
{
	char tmp[NAME_MAX + 8];
	const char *final = buf_cstr(&b->names);

	for (size_t i = 0; i < b->count; i++) {
		in_tmp(tmp, sizeof(tmp), final);
		if (remove)
			(void)unlinkat(b->dir, i < b->moved ? final : tmp, 0);
		if (i < FEW)
			close(b->fds[i]);
		final += strlen(final) + 1;
	}
	b->count = b->moved = 0;
	buf_clear(&b->names);
}

static int
move_all(struct batch *b, bool sync, struct err *e)
{
	char tmp[NAME_MAX + 8];
	const char *final = buf_cstr(&b->names);
	bool cur = false, new = false;

	for (; b->moved < b->count; b->moved++) {
		in_tmp(tmp, sizeof(tmp), final);
		if (renameat(b->dir, tmp, b->dir, final) != 0)
			return err_sys(e, "deliver");
		cur = cur || *final == 'c';
		new = new || *final == 'n';
		final += strlen(final) + 1;
	}
	if (sync && cur && maildir_sync(b->dir, "cur", e) < 0)
		return -1;
	return sync && new ? maildir_sync(b->dir, "new", e) : 0;
}

int
batch_commit(struct batch *b, bool sync, struct err *e)
{
	int rc = move_all(b, sync, e);

	forget(b, rc != 0);
	return rc;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	forget(b, true);
	delivery_free(b->d);
	close(b->dir);
	buf_fini(&b->names);
	free(b);
}
