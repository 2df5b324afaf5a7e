/* child: ends of processes that we started. */
#include "net/child.h"
#include "net/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

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
