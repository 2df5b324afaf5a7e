/*
 * loop: one poll(2) pass at a time.
 *
 * The loop knows descriptors and deadlines and nothing else.  Watches and
 * timers are embedded in their owners and linked while active; the owner must
 * stop them before it goes away.  Callbacks may start and stop any watch or
 * timer, their own included, and may call loop_turn: the turn they were called
 * from then ends, since what it knew is old (their own watch should be paused,
 * or it is called again).  A watch whose fd changes is stopped and started
 * again.  Times are milliseconds of the monotonic clock.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/err.h"

#include <stdint.h>

/* A deadline that never comes. */
#define LOOP_NEVER INT64_MAX

struct loop;

struct watch {
	int fd;
	/* POLLIN, POLLOUT; may be changed at any time; 0 pauses. */
	short events;
	/* revents as poll(2) gives them, POLLHUP and POLLERR included. */
	void (*ready)(struct watch *w, short revents);
	/* private to the loop */
	struct loop *loop; /* NULL: not running, so zeroed is right */
	struct watch *prev, *next;
	size_t slot;
};

struct timer {
	int64_t due;
	/* The timer is stopped before the call. */
	void (*fire)(struct timer *t);
	/* private to the loop */
	struct loop *loop; /* NULL: not running, so zeroed is right */
	struct timer *prev, *next;
};

enum turn {
	TURN_WORK, /* something moved */
	TURN_IDLE, /* nothing by the deadline */
	TURN_STOP, /* loop_interrupt was called (SIGINT); the flag is cleared */
};

struct loop *loop_new(void);
/* All watches and timers must have been stopped. */
void loop_free(struct loop *l);

/* Monotonic milliseconds. */
int64_t loop_now(void);

/* Monotonic microseconds, to measure with. */
int64_t loop_now_us(void);

/* Starts w, whose fd, events and ready are set; no effect if it runs. */
void loop_watch(struct loop *l, struct watch *w);
/* No effect if it does not run. */
void loop_unwatch(struct watch *w);

/* Starts t or moves it to a new due time; fire is set. */
void loop_timer(struct loop *l, struct timer *t, int64_t due);
void loop_untimer(struct timer *t);

/*
 * One pass: waits until a watch is ready, a timer is due, the deadline has
 * come, or loop_interrupt was called; calls what is ready; returns.  A
 * deadline in the past polls without waiting.
 */
enum turn loop_turn(struct loop *l, int64_t deadline);

/* Whether any watch with events, or any timer, is active. */
bool loop_busy(const struct loop *l);

/* Makes the running or the next loop_turn return TURN_STOP.
 * Async-signal-safe. */
void loop_interrupt(struct loop *l);

#endif
