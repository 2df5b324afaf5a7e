/* child: ends of processes that we started. */
#include "net/child.h"
#include "net/loop.h"

#include <errno.h>
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

int
child_start(const char *command, int in, int out, pid_t *pid, struct err *e)
{
	char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
	    (char *)(uintptr_t)command, NULL};
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
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	rc = posix_spawn(pid, "/bin/sh", &fa, &at, argv, environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	if (rc != 0) {
		errno = rc;
		return err_sys(e, "/bin/sh");
	}
	return 0;
}

int
child_wait(pid_t pid)
{
	int st = 0;
	pid_t rc;

	do
		rc = waitpid(pid, &st, 0);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return 127;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}
