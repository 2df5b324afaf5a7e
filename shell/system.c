/* system: commands of the system, run with the terminal in their hands. */
#include "base/mem.h"
#include "shell/screen.h"
#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The modes that we had when a command got the terminal. */
static struct termios modes;
static bool have_modes;

/* Starts command; in >= 0 becomes its standard input. */
static int
spawn(const char *command, int in, pid_t *pid, struct err *e)
{
	char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
	    (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t dfl;
	int rc;

	screen_sync();
	repl_release();
	have_modes = tcgetattr(STDIN_FILENO, &modes) == 0;
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
system_wait(pid_t pid)
{
	struct sigaction ign = {.sa_handler = SIG_IGN}, old;
	int st = 0;
	pid_t rc;

	/* Ctrl-C is meant for the command as long as that runs. */
	sigaction(SIGINT, &ign, &old);
	do
		rc = waitpid(pid, &st, 0);
	while (rc < 0 && errno == EINTR);
	sigaction(SIGINT, &old, NULL);
	if (have_modes)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
	if (rc < 0)
		return 127;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

int
system_run(const char *command, struct err *e)
{
	pid_t pid;

	if (spawn(command, -1, &pid, e) != 0)
		return -1;
	return system_wait(pid);
}

int
system_pipe(const char *command, pid_t *pid, struct err *e)
{
	int fd[2], rc;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_sys(e, "a pipe to %s", command);
	rc = spawn(command, fd[0], pid, e);
	close(fd[0]);
	if (rc != 0 || fcntl(fd[1], F_SETFL, O_NONBLOCK) != 0) {
		close(fd[1]);
		return -1;
	}
	return fd[1];
}
