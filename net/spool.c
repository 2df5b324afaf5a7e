/* spool: bytes kept for later, in memory and then in a temporary file. */
#include "net/spool.h"
#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WINDOW = 64 << 10 }; /* bytes read from the file at once */

/* The file holds [0, in_file), the buffer what comes behind. */
struct spool {
	struct buf tail;
	uint64_t in_file;
	int fd; /* -1: no file yet */
	char *window;
};

struct spool *
spool_new(size_t memory)
{
	struct spool *s = mem_zalloc(sizeof(*s));

	buf_init(&s->tail, memory);
	s->fd = -1;
	return s;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	buf_fini(&s->tail);
	free(s->window);
	free(s);
}

/* A file without a name in dir; -1 and errno. */
static int
unnamed_file(const char *dir)
{
	char path[4096];
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/postel.XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

int
spool_temporary(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (dir != NULL && *dir != '\0') {
		fd = unnamed_file(dir);
		return fd >= 0 ? fd : err_sys(e, "temporary file in %s", dir);
	}
	fd = unnamed_file("/var/tmp");
	if (fd < 0)
		fd = unnamed_file("/tmp");
	return fd >= 0 ? fd : err_sys(e, "temporary file in /tmp");
}

/* in_file grows only when all is written: a failed append leaves no trace. */
static int
to_file(struct spool *s, struct str data, struct err *e)
{
	size_t done = 0;

	if (s->fd < 0)
		s->fd = spool_temporary(e);
	if (s->fd < 0)
		return -1;
	while (done < data.n) {
		ssize_t put = pwrite(s->fd, data.p + done, data.n - done,
		    (off_t)(s->in_file + done));

		if (put < 0 && errno != EINTR)
			return err_sys(e, "write temporary file");
		if (put > 0)
			done += (size_t)put;
	}
	s->in_file += done;
	return 0;
}

int
spool_add(struct spool *s, struct str data, struct err *e)
{
	if (buf_add(&s->tail, data) == 0)
		return 0;
	if (s->tail.len > 0) {
		if (to_file(s, buf_str(&s->tail), e) != 0)
			return -1;
		buf_clear(&s->tail);
	}
	if (data.n <= s->tail.max)
		return buf_add(&s->tail, data);
	return to_file(s, data, e);
}

uint64_t
spool_size(const struct spool *s)
{
	return s->in_file + s->tail.len;
}

int
spool_read(struct spool *s, uint64_t offset, size_t max, struct str *out,
    struct err *e)
{
	uint64_t left;
	ssize_t got;

	*out = (struct str){"", 0};
	if (offset >= spool_size(s))
		return 0;
	if (offset >= s->in_file) {
		*out =
		    str_skip(buf_str(&s->tail), (size_t)(offset - s->in_file));
		if (out->n > max)
			out->n = max;
		return 0;
	}
	left = s->in_file - offset;
	if (max > left)
		max = (size_t)left;
	if (max > WINDOW)
		max = WINDOW;
	if (s->window == NULL)
		s->window = mem_realloc(NULL, WINDOW);
	do
		got = pread(s->fd, s->window, max, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, "read temporary file");
	if (got == 0)
		return err_set(e, ERR_SYS, "temporary file has shrunk");
	*out = (struct str){s->window, (size_t)got};
	return 0;
}

int
spool_file(struct spool *s, struct err *e)
{
	if (to_file(s, buf_str(&s->tail), e) != 0)
		return -1;
	buf_clear(&s->tail);
	return lseek(s->fd, 0, SEEK_SET) == 0
		   ? s->fd
		   : err_sys(e, "read temporary file");
}
