/* child: ends of processes that we started. */
#include "net/child.h"
#include "net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A killed process is gone within this, unless it hangs in the kernel. */
enum { MOMENT_MS = 100, STEP_NS = 1000000 };

/* Whether the child is gone within ms. */
static bool
gone(pid_t pid, int64_t ms)
{
	const struct timespec step = {.tv_nsec = STEP_NS};
	int64_t until = loop_now() + ms;
	pid_t got;

	for (;;) {
		got = waitpid(pid, NULL, WNOHANG);
		if (got == pid || (got < 0 && errno != EINTR))
			return true;
		if (loop_now() >= until)
			return false;
		nanosleep(&step, NULL);
	}
}

void
child_end(pid_t pid, int64_t grace_ms)
{
	if (gone(pid, grace_ms))
		return;
	kill(pid, SIGTERM);
	if (!gone(pid, MOMENT_MS))
		child_kill(pid);
}

void
child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	(void)gone(pid, MOMENT_MS);
}

/* Descriptors for a child are first moved beyond all that it shall have, so
 * that none is overwritten before it is copied. */
enum { CHILD_FDS = 16, STANDARD_FDS = 3 };

/* What is waiting when a program begins is its own affair: it finds the signals
 * as they are by default, but for those that we ignore for all.  (We ignore
 * SIGPIPE; a child that did would not end in a pipe.) */
static void
default_signals(void)
{
	struct sigaction sa, dfl = {.sa_handler = SIG_DFL};

	for (int sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &sa) == 0 &&
		    (sa.sa_handler != SIG_IGN || sig == SIGPIPE ||
			sig == SIGXFSZ || sig == SIGINT))
			(void)sigaction(sig, &dfl, NULL);
}

/* In the child: it has the descriptors that it shall have, and report, which a
 * program closes as it begins. */
static void
take_files(const struct child *c, const int *fds, int report)
{
	int n = c->nfds > STANDARD_FDS ? (int)c->nfds : STANDARD_FDS;

	for (int i = 0; i < (int)c->nfds; i++)
		if (fds[i] >= 0)
			(void)dup2(fds[i], i);
		else if (i >= STANDARD_FDS)
			(void)close(i);
	(void)close_range((unsigned)n, (unsigned)report - 1, 0);
	(void)close_range((unsigned)report + 1, ~0U, 0);
}

/* In the child: becomes the program, or says by its errno why not. */
static _Noreturn void
become(const struct child *c, const int *fds, int report, pid_t parent,
    const sigset_t *mask)
{
	int no;

	if (c->session) {
		(void)setsid();
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(128 + SIGTERM);
	}
	take_files(c, fds, report);
	default_signals();
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* POSIX has it that exec does not change the words. */
	(void)execvpe(c->argv[0], (char **)(uintptr_t)c->argv,
	    c->env != NULL ? c->env : environ);
	no = errno;
	(void)!write(report, &no, sizeof(no));
	_exit(127);
}

/* What the child reports: 0 when the program has begun, else an errno. */
static int
reported(int fd)
{
	ssize_t n;
	int no = 0;

	do
		n = read(fd, &no, sizeof(no));
	while (n < 0 && errno == EINTR);
	return n > 0 ? no : 0;
}

static int
spawn(const struct child *c, const int *fds, pid_t *pid)
{
	sigset_t all, old;
	pid_t parent = getpid();
	int report[2], far, no;

	if (pipe2(report, O_CLOEXEC) != 0)
		return errno;
	far = fcntl(report[1], F_DUPFD_CLOEXEC, CHILD_FDS);
	no = errno;
	close(report[1]);
	if (far >= 0) {
		/* Our handlers are not for the child. */
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, &old);
		*pid = fork();
		no = errno;
		if (*pid == 0)
			become(c, fds, far, parent, &old);
		sigprocmask(SIG_SETMASK, &old, NULL);
		close(far);
		if (*pid > 0 && (no = reported(report[0])) != 0)
			(void)child_wait(*pid);
	}
	close(report[0]);
	return no;
}

int
child_spawn(const struct child *c, pid_t *pid, struct err *e)
{
	int fds[CHILD_FDS], rc = 0;

	if (c->nfds > CHILD_FDS)
		return err_set(e, ERR_USE, "too many descriptors");
	for (size_t i = 0; i < c->nfds; i++) {
		fds[i] = -1;
		if (c->fds[i] >= 0 && rc == 0) {
			fds[i] = fcntl(c->fds[i], F_DUPFD_CLOEXEC, CHILD_FDS);
			rc = fds[i] < 0 ? errno : 0;
		}
	}
	if (rc == 0)
		rc = spawn(c, fds, pid);
	for (size_t i = 0; i < c->nfds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	errno = rc;
	return rc == 0 ? 0 : err_sys(e, "%s", c->argv[0]);
}

int
child_start(const char *command, int in, int out, pid_t *pid, struct err *e)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	const int fds[] = {in, out};

	return child_spawn(
	    &(struct child){.argv = argv, .fds = fds, .nfds = 2}, pid, e);
}

static int
status_of(int st)
{
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

int
child_wait(pid_t pid)
{
	int st = 0;
	pid_t rc;

	do
		rc = waitpid(pid, &st, 0);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? 127 : status_of(st);
}

int
child_ended(pid_t pid)
{
	int st = 0;
	pid_t rc;

	do
		rc = waitpid(pid, &st, WNOHANG);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return -1;
	return rc < 0 ? 127 : status_of(st);
}
