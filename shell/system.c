/* system: commands of the system, run with the terminal in their hands. */
#include "net/child.h"
#include "shell/screen.h"
#include "shell/shell.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

/* The modes that we had when a command got the terminal. */
static struct termios modes;
static bool have_modes;

/* Starts command; in >= 0 becomes its standard input. */
static int
spawn(const char *command, int in, pid_t *pid, struct err *e)
{
	screen_sync();
	repl_release();
	have_modes = tcgetattr(STDIN_FILENO, &modes) == 0;
	return child_start(command, in, -1, pid, e);
}

int
system_wait(pid_t pid)
{
	struct sigaction ign = {.sa_handler = SIG_IGN}, old;
	int status;

	/* Ctrl-C is meant for the command as long as that runs. */
	sigaction(SIGINT, &ign, &old);
	status = child_wait(pid);
	sigaction(SIGINT, &old, NULL);
	if (have_modes)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
	return status;
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
