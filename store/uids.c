/* uids: the file in a Maildir that holds the numbers of its messages. */
#include "store/inner.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char head[] = "postel-uids 1";
const char mailbox_file[] = "postel-uids";
static const char new_file[] = "postel-uids.new";

enum {
	FILE_MAX = 1 << 30,	/* more than any mailbox fills */
	FILE_BLOCK = 256 << 10, /* what is written at once */
	/* A file with so many lines without a meaning is written anew. */
	STALE_LINES = 1000,
};

/* ---- reading ---- */

static int
read_all(int fd, struct buf *b, struct err *e)
{
	ssize_t n;
	char *room;

	for (;;) {
		room = buf_room(b, 64 << 10);
		if (room == NULL)
			return err_set(e, ERR_LIMIT, "%s is too long", head);
		n = read(fd, room, 64 << 10);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "%s", mailbox_file);
		if (n == 0)
			return 0;
		buf_grew(b, (size_t)n);
	}
}

static bool
number(struct str s, uint32_t *out)
{
	uint64_t n;

	if (!str_u64(s, UINT32_MAX, &n) || n == 0)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
load_keyword(struct mailbox *mb, struct str s)
{
	struct str letter = str_cut(&s, ' ');
	unsigned i;

	if (letter.n != 1 || *letter.p < 'a' || *letter.p > 'z' || s.n == 0)
		return false;
	i = (unsigned)(*letter.p - 'a');
	free(mb->keywords[i]);
	mb->keywords[i] = str_copy(mem_zalloc(s.n + 1), s.n + 1, s);
	return true;
}

static bool
load_removed(struct mailbox *mb, struct str s)
{
	uint32_t uid;
	struct message *m;

	if (!number(s, &uid))
		return false;
	m = mailbox_find(mb, uid);
	if (m != NULL) {
		free(m->name);
		m->name = NULL;
	}
	return true;
}

struct message *
uids_new_message(struct mailbox *mb, uint32_t uid, struct str name)
{
	struct message *m;

	assert(mb->n == 0 || uid > mb->msgs[mb->n - 1].uid);
	if (mb->n == mb->cap) {
		mb->cap = mb->cap > 0 ? 2 * mb->cap : 16;
		mb->msgs = mem_realloc(mb->msgs, mb->cap * sizeof(*mb->msgs));
	}
	m = &mb->msgs[mb->n++];
	*m = (struct message){.uid = uid,
	    .name = str_copy(mem_zalloc(name.n + 1), name.n + 1, name)};
	if (uid >= mb->next)
		mb->next = uid + 1;
	return m;
}

void
uids_drop_nameless(struct mailbox *mb)
{
	size_t n = 0;

	for (size_t i = 0; i < mb->n; i++)
		if (mb->msgs[i].name != NULL)
			mb->msgs[n++] = mb->msgs[i];
	mb->n = n;
}

static bool
load_message(struct mailbox *mb, struct str first, struct str base)
{
	uint32_t uid;

	if (!number(first, &uid) || uid == UINT32_MAX || base.n == 0)
		return false;
	/* They are given out in ascending order. */
	if (mb->n > 0 && uid <= mb->msgs[mb->n - 1].uid)
		return false;
	uids_new_message(mb, uid, base);
	return true;
}

static bool
load_line(struct mailbox *mb, struct str line)
{
	struct str word = str_cut(&line, ' ');
	uint32_t n;

	if (str_eq(word, S("K")))
		return load_keyword(mb, line);
	if (str_eq(word, S("-")))
		return load_removed(mb, line);
	if (str_eq(word, S("V")))
		return number(line, &mb->validity);
	if (str_eq(word, S("R")))
		return number(line, &mb->recent);
	if (str_eq(word, S("N"))) {
		if (!number(line, &n))
			return false;
		mb->next = n > mb->next ? n : mb->next;
		return true;
	}
	return load_message(mb, word, line);
}

/* Whether all of it made sense. */
static bool
load_lines(struct mailbox *mb, struct str all)
{
	if (!str_eq(str_cut(&all, '\n'), str_z(head)))
		return false;
	while (str_has(all, '\n')) {
		if (!load_line(mb, str_cut(&all, '\n')))
			return false;
		mb->lines++;
	}
	/* A crash may have cut the last line short.  Nobody was told of it. */
	if (all.n > 0)
		mb->lines += 2 * mb->n + STALE_LINES;
	return mb->validity != 0;
}

static void
forget(struct mailbox *mb)
{
	for (size_t i = 0; i < mb->n; i++)
		free(mb->msgs[i].name);
	for (size_t i = 0; i < FLAG_KEYWORDS; i++) {
		free(mb->keywords[i]);
		mb->keywords[i] = NULL;
	}
	mb->n = mb->lines = 0;
	mb->next = mb->recent = 1;
}

int
uids_load(struct mailbox *mb, struct err *e)
{
	int fd =
	    openat(mb->dir, mailbox_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct buf all;
	int rc;

	forget(mb);
	if (fd < 0)
		return errno == ENOENT ? 1 : err_sys(e, "%s", mailbox_file);
	buf_init(&all, FILE_MAX);
	rc = read_all(fd, &all, e);
	close(fd);
	if (rc == 0 && load_lines(mb, buf_str(&all))) {
		uids_drop_nameless(mb);
	} else if (rc == 0) {
		forget(mb);
		rc = 1;
	}
	buf_fini(&all);
	return rc;
}

/* ---- writing ---- */

static int
write_out(int fd, struct buf *b, struct err *e)
{
	while (b->len > 0) {
		ssize_t n = write(fd, buf_str(b).p, b->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "%s", mailbox_file);
		buf_take(b, (size_t)n);
	}
	return 0;
}

/* Ends a line in b, and writes b if it has grown long. */
static int
end_line(struct mailbox *mb, int fd, struct buf *b, struct err *e)
{
	(void)buf_addc(b, '\n');
	mb->lines++;
	return b->len < FILE_BLOCK ? 0 : write_out(fd, b, e);
}

static void
put_message(struct buf *b, const struct message *m)
{
	uint32_t ignored;
	struct str base = maildir_base(str_z(m->name), &ignored);

	(void)buf_addf(b, "%" PRIu32 " %.*s", m->uid, STRF(base));
}

static int
write_messages(
    struct mailbox *mb, int fd, struct buf *b, size_t at, struct err *e)
{
	for (size_t i = at; i < mb->n; i++) {
		put_message(b, &mb->msgs[i]);
		if (end_line(mb, fd, b, e) < 0)
			return -1;
	}
	return write_out(fd, b, e);
}

static int
write_whole(struct mailbox *mb, int fd, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, FILE_BLOCK + 4096);
	(void)buf_addf(&b, "%s\nV %" PRIu32 "\nN %" PRIu32 "\nR %" PRIu32 "\n",
	    head, mb->validity, mb->next, mb->recent);
	mb->lines = 4;
	for (unsigned i = 0; i < FLAG_KEYWORDS; i++)
		if (mb->keywords[i] != NULL) {
			(void)buf_addf(
			    &b, "K %c %s", 'a' + (int)i, mb->keywords[i]);
			(void)end_line(mb, fd, &b, e);
		}
	rc = write_messages(mb, fd, &b, 0, e);
	if (rc == 0 && fsync(fd) != 0)
		rc = err_sys(e, "%s", mailbox_file);
	buf_fini(&b);
	return rc;
}

bool
uids_stale(const struct mailbox *mb)
{
	return mb->lines > 2 * mb->n + STALE_LINES;
}

int
uids_rewrite(struct mailbox *mb, struct err *e)
{
	int fd = openat(mb->dir, new_file,
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
	    0600);

	if (fd < 0)
		return err_sys(e, "%s", mailbox_file);
	if (write_whole(mb, fd, e) < 0) {
		close(fd);
		(void)unlinkat(mb->dir, new_file, 0);
		return -1;
	}
	if (renameat(mb->dir, new_file, mb->dir, mailbox_file) != 0) {
		close(fd);
		return err_sys(e, "%s", mailbox_file);
	}
	if (mb->log >= 0)
		close(mb->log);
	mb->log = fd;
	return maildir_sync(mb->dir, ".", e);
}

/* Begins to append; the size of the file, or -1. */
static off_t
begin(struct mailbox *mb, struct buf *b, struct err *e)
{
	off_t size = -1;

	buf_init(b, FILE_BLOCK + 4096);
	if (mb->log < 0)
		mb->log = openat(mb->dir, mailbox_file,
		    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (mb->log >= 0)
		size = lseek(mb->log, 0, SEEK_END);
	return size >= 0 ? size : err_sys(e, "%s", mailbox_file);
}

/* Writes what is left, and if not all could be written leaves no part. */
static int
finish(struct mailbox *mb, struct buf *b, off_t size, int rc, struct err *e)
{
	if (size < 0)
		rc = -1;
	else if (rc == 0)
		rc = write_out(mb->log, b, e);
	if (rc < 0 && size >= 0)
		(void)!ftruncate(mb->log, size);
	buf_fini(b);
	return rc;
}

int
uids_add_messages(struct mailbox *mb, size_t at, struct err *e)
{
	struct buf b;
	off_t size = begin(mb, &b, e);
	int rc = size < 0 ? -1 : write_messages(mb, mb->log, &b, at, e);

	return finish(mb, &b, size, rc, e);
}

int
uids_add_removed(
    struct mailbox *mb, const uint32_t *uids, size_t n, struct err *e)
{
	struct buf b;
	off_t size = begin(mb, &b, e);
	int rc = size < 0 ? -1 : 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		(void)buf_addf(&b, "- %" PRIu32, uids[i]);
		rc = end_line(mb, mb->log, &b, e);
	}
	return finish(mb, &b, size, rc, e);
}

int
uids_add_keyword(struct mailbox *mb, unsigned letter, struct err *e)
{
	struct buf b;
	off_t size = begin(mb, &b, e);

	(void)buf_addf(
	    &b, "K %c %s\n", 'a' + (int)letter, mb->keywords[letter]);
	mb->lines++;
	return finish(mb, &b, size, 0, e);
}

int
uids_add_recent(struct mailbox *mb, struct err *e)
{
	struct buf b;
	off_t size = begin(mb, &b, e);

	(void)buf_addf(&b, "R %" PRIu32 "\n", mb->recent);
	mb->lines++;
	return finish(mb, &b, size, 0, e);
}

int
uids_sync(struct mailbox *mb, struct err *e)
{
	if (mb->log >= 0 && fdatasync(mb->log) != 0)
		return err_sys(e, "%s", mailbox_file);
	return 0;
}
