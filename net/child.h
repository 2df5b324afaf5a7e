/*
 * child: ends of processes that we started.
 */
#ifndef NET_CHILD_H
#define NET_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Waits at most grace_ms for the child to end by itself, then kills it
 * (SIGTERM and a moment, SIGKILL).  Returns in bounded time: a child that
 * cannot even be killed is left to init.
 */
void child_end(pid_t pid, int64_t grace_ms);

/* SIGKILL at once; as child_end otherwise. */
void child_kill(pid_t pid);

#endif
