/* question: a forked child that answers through a pipe. */
#include "net/question.h"
#include "base/mem.h"
#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/*
 * The child keeps no descriptor but the pipe: a connection that the parent
 * closes must not stay open here.  All signals are blocked already, for a
 * Ctrl-C is the parent's affair and its handlers are not for us.
 */
static int
keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (fd <= STDERR_FILENO + 1)
		fd = fcntl(fd, F_DUPFD, STDERR_FILENO + 2);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(fd, STDERR_FILENO + 1);
	closefrom(STDERR_FILENO + 2);
	return STDERR_FILENO + 1;
}

static _Noreturn void
reply(int fd, question_fn *fn, const void *asked, void *answer, size_t size)
{
	const char *p = answer;
	ssize_t n;

	fd = keep_only(fd);
	fn(asked, answer);
	while (size > 0) {
		n = write(fd, p, size);
		if (n < 0)
			_exit(1);
		p += n;
		size -= (size_t)n;
	}
	_exit(0);
}

static void
heard(struct watch *w, short revents)
{
	struct question *q = CONTAINER_OF(w, struct question, watch);
	ssize_t got;

	(void)revents;
	got = read(w->fd, (char *)q->answer + q->got, q->size - q->got);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got > 0)
		q->got += (size_t)got;
	if (got > 0 && q->got < q->size)
		return;
	question_drop(q);
	q->answered = q->got == q->size;
	q->done(q);
}

int
question_ask(struct question *q, struct loop *l, question_fn *fn,
    const void *asked, void *answer, size_t size, struct err *e)
{
	sigset_t all, old;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(e, "pipe");
	q->answer = answer;
	q->size = size;
	q->got = 0;
	q->answered = false;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	q->pid = fork();
	if (q->pid == 0)
		reply(fds[1], fn, asked, answer, size);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fds[1]);
	if (q->pid < 0) {
		q->pid = 0;
		close(fds[0]);
		return err_sys(e, "fork");
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	q->watch.fd = fds[0];
	q->watch.events = POLLIN;
	q->watch.ready = heard;
	loop_watch(l, &q->watch);
	return 0;
}

void
question_drop(struct question *q)
{
	if (q->pid == 0)
		return;
	loop_unwatch(&q->watch);
	close(q->watch.fd);
	child_kill(q->pid);
	q->pid = 0;
}

bool
question_pending(const struct question *q)
{
	return q->pid != 0;
}
