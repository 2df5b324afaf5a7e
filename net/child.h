/*
 * child: ends of processes that we started.
 */
#ifndef NET_CHILD_H
#define NET_CHILD_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Waits at most grace_ms for the child to end by itself, then kills it
 * (SIGTERM and a moment, SIGKILL).  Returns in bounded time: a child that
 * cannot even be killed is left to init.
 */
void child_end(pid_t pid, int64_t grace_ms);

/* How a child is started. */
struct child {
	const char *const *argv; /* argv[0] is looked for in PATH */
	char *const *env;	 /* NULL: ours */
	const int *fds;		 /* fds[i] becomes descriptor i; -1: none, */
	size_t nfds;		 /* but of 0 to 2 ours stay */
	/* It leads a session, and so a process group, of its own: no terminal
	 * asks there.  However we end, SIGTERM ends it. */
	bool session;
};
/* -1 and err, also if there is no such program. */
int child_spawn(const struct child *c, pid_t *pid, struct err *e);

/*
 * Starts a command of the shell; in and out become its standard input and
 * output, unless they are -1.  -1 and err.
 */
int child_start(
    const char *command, int in, int out, pid_t *pid, struct err *e);
/* Waits, without a bound, for a child to end: its exit status, 128 and the
 * signal's number, or 127. */
int child_wait(pid_t pid);
/* The same if the child has ended, else -1 at once. */
int child_ended(pid_t pid);

/* SIGKILL at once; as child_end otherwise. */
void child_kill(pid_t pid);

#endif
