/* loop: one poll(2) pass at a time.  Knows nothing of streams. */
#include "net/loop.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct loop {
	/* Heads of rings, so that unlinking needs no loop at hand. */
	struct watch watches;
	struct timer timers; /* soonest first */
	struct timer due;    /* to be fired in this turn */
	/* What poll(2) was asked; fds[0] is the self-pipe. */
	struct pollfd *fds;
	struct watch **polled; /* NULL: stopped since */
	size_t n, cap;
	unsigned long turns;
	int pipe[2];
	volatile sig_atomic_t stop; /* loop_interrupt was called */
};

struct loop *
loop_new(void)
{
	struct loop *l = mem_zalloc(sizeof(*l));

	l->watches.prev = l->watches.next = &l->watches;
	l->timers.prev = l->timers.next = &l->timers;
	l->due.prev = l->due.next = &l->due;
	if (pipe2(l->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		perror("postel: pipe");
		abort();
	}
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	assert(l->watches.next == &l->watches);
	assert(l->timers.next == &l->timers && l->due.next == &l->due);
	close(l->pipe[0]);
	close(l->pipe[1]);
	free(l->fds);
	free(l->polled);
	free(l);
}

int64_t
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
loop_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
loop_watch(struct loop *l, struct watch *w)
{
	if (w->loop != NULL)
		return;
	w->loop = l;
	w->slot = SIZE_MAX;
	w->prev = l->watches.prev;
	w->next = &l->watches;
	w->prev->next = w->next->prev = w;
}

void
loop_unwatch(struct watch *w)
{
	struct loop *l = w->loop;

	if (l == NULL)
		return;
	/* The slot may be of an older turn; then another watch is in it. */
	if (w->slot < l->n && l->polled[w->slot] == w)
		l->polled[w->slot] = NULL;
	w->prev->next = w->next;
	w->next->prev = w->prev;
	w->loop = NULL;
}

static void
insert_before(struct timer *t, struct timer *at)
{
	t->next = at;
	t->prev = at->prev;
	t->prev->next = t->next->prev = t;
}

static void
unlink_timer(struct timer *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
}

void
loop_timer(struct loop *l, struct timer *t, int64_t due)
{
	struct timer *at = &l->timers;

	loop_untimer(t);
	/* New timers are mostly the latest, so the search is from behind. */
	while (at->prev != &l->timers && at->prev->due > due)
		at = at->prev;
	t->due = due;
	t->loop = l;
	insert_before(t, at);
}

void
loop_untimer(struct timer *t)
{
	if (t->loop == NULL)
		return;
	unlink_timer(t);
	t->loop = NULL;
}

static void
reserve(struct loop *l, size_t need)
{
	if (need <= l->cap)
		return;
	l->cap = need * 2;
	l->fds = mem_realloc(l->fds, l->cap * sizeof(*l->fds));
	l->polled = mem_realloc(l->polled, l->cap * sizeof(struct watch *));
}

static void
gather(struct loop *l)
{
	struct watch *w;
	size_t n = 1;

	for (w = l->watches.next; w != &l->watches; w = w->next)
		n += w->events != 0;
	reserve(l, n);
	l->fds[0] = (struct pollfd){.fd = l->pipe[0], .events = POLLIN};
	l->polled[0] = NULL;
	l->n = 1;
	for (w = l->watches.next; w != &l->watches; w = w->next) {
		if (w->events == 0)
			continue;
		w->slot = l->n++;
		l->fds[w->slot] =
		    (struct pollfd){.fd = w->fd, .events = w->events};
		l->polled[w->slot] = w;
	}
}

/* What poll(2) is to wait until `until`. */
static int
timeout_ms(int64_t until)
{
	int64_t now;

	if (until == LOOP_NEVER)
		return -1;
	now = loop_now();
	if (until <= now)
		return 0;
	return until - now > INT_MAX ? INT_MAX : (int)(until - now);
}

/* Polls until something is ready or `until` has come. */
static void
wait_ready(struct loop *l, int64_t until)
{
	while (poll(l->fds, l->n, timeout_ms(until)) < 0)
		if (errno != EINTR && errno != EAGAIN) {
			perror("postel: poll");
			abort();
		}
}

static bool
interrupted(struct loop *l)
{
	char junk[64];

	/* It may have come behind poll, with input that it is to stop. */
	if (l->fds[0].revents == 0 && !l->stop)
		return false;
	l->stop = 0;
	while (read(l->pipe[0], junk, sizeof(junk)) > 0)
		;
	return true;
}

/* Whether any watch was called. */
static bool
call_watches(struct loop *l)
{
	unsigned long turn = l->turns;
	bool any = false;

	/* A callback that ran a turn of its own has replaced the arrays. */
	for (size_t i = 1; turn == l->turns && i < l->n; i++) {
		struct watch *w = l->polled[i];
		short got = l->fds[i].revents;

		if (w == NULL || w->events == 0)
			continue;
		/* A callback before may have asked for less. */
		got &= (short)(w->events | POLLHUP | POLLERR | POLLNVAL);
		if (got == 0)
			continue;
		any = true;
		w->ready(w, got);
	}
	return any;
}

/*
 * Whether any timer fired.  They move to a list of their own first, so that
 * one that starts itself again for now waits for the next turn.
 */
static bool
call_timers(struct loop *l)
{
	int64_t now = loop_now();
	bool any = false;
	struct timer *t;

	while ((t = l->timers.next) != &l->timers && t->due <= now) {
		unlink_timer(t);
		insert_before(t, &l->due);
	}
	while ((t = l->due.next) != &l->due) {
		loop_untimer(t);
		any = true;
		t->fire(t);
	}
	return any;
}

enum turn
loop_turn(struct loop *l, int64_t deadline)
{
	int64_t until = deadline;
	bool any;

	l->turns++;
	gather(l);
	if (l->timers.next != &l->timers && l->timers.next->due < until)
		until = l->timers.next->due;
	/* Left over by the turn that this one runs within. */
	if (l->due.next != &l->due)
		until = 0;
	wait_ready(l, until);
	if (interrupted(l))
		return TURN_STOP;
	any = call_watches(l);
	any |= call_timers(l);
	return any ? TURN_WORK : TURN_IDLE;
}

bool
loop_busy(const struct loop *l)
{
	const struct watch *w;

	if (l->timers.next != &l->timers || l->due.next != &l->due)
		return true;
	for (w = l->watches.next; w != &l->watches; w = w->next)
		if (w->events != 0)
			return true;
	return false;
}

void
loop_interrupt(struct loop *l)
{
	int saved = errno;

	l->stop = 1;
	/* A full pipe wakes the loop just as well. */
	(void)!write(l->pipe[1], "", 1);
	errno = saved;
}
