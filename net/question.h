/*
 * question: what may block, answered by a forked child through a pipe.
 *
 * Resolvers block: getaddrinfo(3), res_nsend(3).  So they run in a child, and
 * the loop hears what it writes: neither a deadline nor Ctrl-C waits for them,
 * and there are no threads.  The child has no descriptor but the pipe, with
 * /dev/null for the standard ones, and all signals are blocked in it.
 */
#ifndef NET_QUESTION_H
#define NET_QUESTION_H

#include "base/err.h"
#include "net/loop.h"

#include <sys/types.h>

struct question {
	/* Called once, from a loop turn, when the child has answered or has
	 * ended without (!answered).  It may ask again, or free the struct. */
	void (*done)(struct question *q);
	bool answered;
	/* private */
	void *answer;
	size_t size, got;
	pid_t pid; /* 0: no child */
	struct watch watch;
};

/* Runs in the child: fills answer, which is the question's own memory as it
 * was at question_ask. */
typedef void question_fn(const void *asked, void *answer);

/*
 * Asks; `done` is set, all else zeroed.  The size octets at answer are the
 * caller's, as the child has left them when `done` is called with answered.
 * asked need not last.  -1 and ERR_SYS if there can be no child.
 */
int question_ask(struct question *q, struct loop *l, question_fn *fn,
    const void *asked, void *answer, size_t size, struct err *e);
/* Ends the child, if there still is one; `done` is not called any more. */
void question_drop(struct question *q);
bool question_pending(const struct question *q);

#endif
