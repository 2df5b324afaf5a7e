/* stream: dispatch to a stream's functions, and streams over descriptors. */
#include "net/stream.h"
#include "base/mem.h"
#include "net/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a command may take to end by itself once its input is closed. */
enum { COMMAND_GRACE_MS = 250 };

struct fd_stream {
	struct stream s;
	pid_t pid;
	bool no_tcp; /* as was found out */
};

ssize_t
stream_read(struct stream *s, void *p, size_t n, struct err *e)
{
	assert(n > 0);
	return s->ops->read(s, p, n, e);
}

ssize_t
stream_write(struct stream *s, const void *p, size_t n, struct err *e)
{
	assert(n > 0);
	return s->ops->write(s, p, n, e);
}

int
stream_flush(struct stream *s, struct err *e)
{
	return s->ops->flush != NULL ? s->ops->flush(s, e) : 0;
}

short
stream_events(struct stream *s, bool want_read, bool want_write)
{
	if (s->ops->events != NULL)
		return s->ops->events(s, want_read, want_write);
	return (short)((want_read ? POLLIN : 0) | (want_write ? POLLOUT : 0));
}

bool
stream_pending(struct stream *s)
{
	for (; s != NULL; s = s->below)
		if (s->ops->pending != NULL && s->ops->pending(s))
			return true;
	return false;
}

void
stream_close(struct stream *s)
{
	if (s != NULL)
		s->ops->close(s);
}

/* What errno means for a connection. */
static int
fd_error(struct err *e, const char *what)
{
	switch (errno) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
		return STREAM_AGAIN;
	case ECONNRESET:
	case EPIPE:
		(void)err_sys(e, "connection lost");
		e->kind = ERR_CLOSED;
		return STREAM_ERR;
	case ETIMEDOUT:
		(void)err_sys(e, "connection lost");
		e->kind = ERR_TIMEOUT;
		return STREAM_ERR;
	default:
		return err_sys(e, "%s", what);
	}
}

static ssize_t
fd_read(struct stream *s, void *p, size_t n, struct err *e)
{
	ssize_t got;

	do
		got = read(s->fd_in, p, n);
	while (got < 0 && errno == EINTR);
	return got >= 0 ? got : fd_error(e, "read");
}

static ssize_t
fd_write(struct stream *s, const void *p, size_t n, struct err *e)
{
	ssize_t put;

	do
		put = write(s->fd_out, p, n);
	while (put < 0 && errno == EINTR);
	return put >= 0 ? put : fd_error(e, "write");
}

static void
fd_close(struct stream *s)
{
	struct fd_stream *f = CONTAINER_OF(s, struct fd_stream, s);

	close(s->fd_in);
	if (s->fd_out != s->fd_in)
		close(s->fd_out);
	if (f->pid > 0)
		child_end(f->pid, COMMAND_GRACE_MS);
	free(f);
}

static const struct stream_ops fd_ops = {
    .read = fd_read,
    .write = fd_write,
    .close = fd_close,
};

void
stream_acknowledge(struct stream *s)
{
	struct fd_stream *f;
	int one = 1;

	while (s->below != NULL)
		s = s->below;
	if (s->ops != &fd_ops)
		return;
	f = CONTAINER_OF(s, struct fd_stream, s);
	if (!f->no_tcp)
		f->no_tcp = setsockopt(s->fd_in, IPPROTO_TCP, TCP_QUICKACK,
				&one, sizeof(one)) != 0;
}

static void
prepare(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

struct stream *
stream_fd(int in, int out, pid_t pid)
{
	struct fd_stream *f = mem_zalloc(sizeof(*f));

	prepare(in);
	if (out != in)
		prepare(out);
	f->s = (struct stream){.ops = &fd_ops, .fd_in = in, .fd_out = out};
	f->pid = pid;
	return &f->s;
}

static _Noreturn void
run_command(int fd, const char *command)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Were fd 0 or 1 itself, dup2 would leave its FD_CLOEXEC on. */
	if (fd <= STDOUT_FILENO)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

struct stream *
stream_command(const char *command, struct err *e)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		(void)err_sys(e, "start command: socketpair");
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		run_command(pair[1], command);
	if (pid < 0)
		(void)err_sys(e, "start command: fork");
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return NULL;
	}
	return stream_fd(pair[0], pair[0], pid);
}
