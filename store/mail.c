/* mail: a message in its file, read with CRLF at the ends of its lines. */
#include "store/mail.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 16 << 10 };

struct mail {
	int fd;
	struct mail_stamp stamp;
	uint64_t at; /* offset of crlf[0] */
	size_t n;    /* octets in crlf */
	bool cr;     /* the last of them was a CR */
	char block[BLOCK];
	char crlf[2 * BLOCK];
};

struct mail *
mail_open(int dir, const char *path, struct err *e)
{
	/* O_NONBLOCK: a FIFO that somebody put there keeps nobody waiting. */
	int fd =
	    openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	struct mail *m;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			errno = EINVAL;
		(void)err_sys(e, "message");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Not zeroed: the blocks are written before they are read. */
	m = mem_realloc(NULL, sizeof(*m));
	m->fd = fd;
	m->stamp = (struct mail_stamp){.size = (uint64_t)st.st_size,
	    .mtime = st.st_mtim.tv_sec,
	    .mtime_ns = st.st_mtim.tv_nsec};
	m->at = 0;
	m->n = 0;
	m->cr = false;
	return m;
}

void
mail_close(struct mail *m)
{
	if (m != NULL)
		close(m->fd);
	free(m);
}

struct mail_stamp
mail_stamp(const struct mail *m)
{
	return m->stamp;
}

bool
mail_stamp_eq(const struct mail_stamp *a, const struct mail_stamp *b)
{
	return a->size == b->size && a->mtime == b->mtime &&
	       a->mtime_ns == b->mtime_ns;
}

static ssize_t
read_block(struct mail *m, struct err *e)
{
	ssize_t n;

	do
		n = read(m->fd, m->block, BLOCK);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, "message") : n;
}

/* Writes s into m->crlf with each LF that has no CR in front made CRLF. */
static void
convert(struct mail *m, struct str s)
{
	char *to = m->crlf;
	size_t n;

	while (s.n > 0) {
		n = str_find(s, '\n');
		if (n > 0) {
			memcpy(to, s.p, n);
			to += n;
			m->cr = s.p[n - 1] == '\r';
		}
		if (n == s.n)
			break;
		if (!m->cr)
			*to++ = '\r';
		*to++ = '\n';
		m->cr = false;
		s = str_skip(s, n + 1);
	}
	m->n = (size_t)(to - m->crlf);
}

/* The next block behind the one that is there; m->n is 0 at the end. */
static int
next_block(struct mail *m, struct err *e)
{
	ssize_t n;

	m->at += m->n;
	m->n = 0;
	n = read_block(m, e);
	if (n < 0)
		return -1;
	convert(m, (struct str){m->block, (size_t)n});
	return 0;
}

static int
rewind_to_start(struct mail *m, struct err *e)
{
	if (lseek(m->fd, 0, SEEK_SET) != 0)
		return err_sys(e, "message");
	m->at = 0;
	m->n = 0;
	m->cr = false;
	return 0;
}

int
mail_read(struct mail *m, uint64_t offset, struct str *out, struct err *e)
{
	if (offset < m->at && rewind_to_start(m, e) < 0)
		return -1;
	while (offset >= m->at + m->n) {
		if (next_block(m, e) < 0)
			return -1;
		if (m->n == 0) {
			*out = S("");
			return 0;
		}
	}
	*out = str_skip((struct str){m->crlf, m->n}, (size_t)(offset - m->at));
	return 0;
}

int
mail_size(struct mail *m, uint64_t *size, struct err *e)
{
	if (rewind_to_start(m, e) < 0)
		return -1;
	do
		if (next_block(m, e) < 0)
			return -1;
	while (m->n > 0);
	*size = m->at;
	return 0;
}
