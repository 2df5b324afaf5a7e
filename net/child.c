/* child: ends of processes that we started. */
#include "net/child.h"
#include "net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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

static int
spawn(const struct child *c, const int *fds, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t dfl;
	int rc;

	/* We ignore SIGPIPE; a child that did would not end in a pipe. */
	sigemptyset(&dfl);
	sigaddset(&dfl, SIGPIPE);
	sigaddset(&dfl, SIGXFSZ);
	sigaddset(&dfl, SIGINT);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	posix_spawnattr_setsigdefault(&at, &dfl);
	posix_spawnattr_setflags(
	    &at, (short)(POSIX_SPAWN_SETSIGDEF |
			 (c->group ? POSIX_SPAWN_SETPGROUP : 0)));
	for (size_t i = 0; i < c->nfds; i++)
		if (fds[i] >= 0)
			posix_spawn_file_actions_adddup2(&fa, fds[i], (int)i);
		else if (i >= STANDARD_FDS)
			posix_spawn_file_actions_addclose(&fa, (int)i);
	posix_spawn_file_actions_addclosefrom_np(
	    &fa, c->nfds > STANDARD_FDS ? (int)c->nfds : STANDARD_FDS);
	/* POSIX has it that posix_spawn does not change the words. */
	rc = posix_spawnp(pid, c->argv[0], &fa, &at,
	    (char **)(uintptr_t)c->argv, c->env != NULL ? c->env : environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
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
