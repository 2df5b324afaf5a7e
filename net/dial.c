/* dial: connection attempts, raced as RFC 8305 5 has it. */
#include "net/dial.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How soon a unix socket whose queue is full is tried again. */
enum { BUSY_MS = 20 };

struct attempt {
	struct dial *dial;
	struct watch watch;
	bool running;
};

struct dial {
	struct loop *loop;
	dial_done *done;
	void *arg;
	/* For messages: "look up mx.example", "connect to mx.example port 25".
	 */
	char looking[128], connecting[128];
	struct resolver resolver;
	struct addrs addrs;
	struct attempt attempts[ADDRS_MAX]; /* of the addresses */
	size_t next, running;
	struct timer again; /* the next attempt is due */
	struct timer limit;
	int64_t began, looked_up; /* microseconds */
	struct err e;
};

static void
dial_free(struct dial *d)
{
	resolver_stop(&d->resolver);
	for (size_t i = 0; i < d->next; i++) {
		if (!d->attempts[i].running)
			continue;
		loop_unwatch(&d->attempts[i].watch);
		close(d->attempts[i].watch.fd);
	}
	loop_untimer(&d->again);
	loop_untimer(&d->limit);
	free(d);
}

/* Ends the dial: with the connected fd, or with -1 and d->e. */
static void
finish(struct dial *d, int fd)
{
	dial_done *done = d->done;
	void *arg = d->arg;
	int64_t looked_up = d->looked_up;
	struct err e = d->e;

	dial_free(d);
	if (fd >= 0)
		done(arg, stream_fd(fd, fd, 0), looked_up, NULL);
	else
		done(arg, NULL, looked_up, &e);
}

/*
 * Keeps the error of an address that failed.  An address family that the
 * machine cannot reach at all says less than a refusal does.
 */
static void
note_failure(struct dial *d, int sys)
{
	bool vague =
	    sys == ENETUNREACH || sys == EAFNOSUPPORT || sys == EADDRNOTAVAIL;

	if (d->e.kind != ERR_NONE && vague)
		return;
	err_clear(&d->e);
	errno = sys;
	(void)err_sys(&d->e, "%s", d->connecting);
	d->e.kind = ERR_CONNECT;
}

static void
note_no_answer(struct dial *d, const struct err *e)
{
	(void)err_set(&d->e, e->kind, "%s: %s", d->looking, e->msg);
	d->e.sys = e->sys;
}

static void try_next(struct dial *d);

static void
attempt_ready(struct watch *w, short revents)
{
	struct attempt *a = CONTAINER_OF(w, struct attempt, watch);
	struct dial *d = a->dial;
	socklen_t len = sizeof(int);
	int sys = 0;

	(void)revents;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &sys, &len) != 0)
		sys = errno;
	loop_unwatch(w);
	a->running = false;
	d->running--;
	if (sys == 0) {
		finish(d, w->fd);
		return;
	}
	close(w->fd);
	note_failure(d, sys);
	try_next(d);
}

/* A connecting socket, or -1 and errno. */
static int
start_connect(const struct addr *addr)
{
	int family = addr->u.sa.sa_family, one = 1, sys;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (family != AF_UNIX) {
		/* The engine writes whole batches, and may idle for hours. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	}
	if (connect(fd, &addr->u.sa, addr->len) == 0 || errno == EINPROGRESS ||
	    errno == EINTR)
		return fd;
	sys = errno;
	close(fd);
	errno = sys;
	return -1;
}

/* Starts attempts until one is under way, or none is left. */
static void
try_next(struct dial *d)
{
	int64_t now = loop_now();

	while (d->next < d->addrs.n) {
		const struct addr *addr = &d->addrs.a[d->next];
		struct attempt *a = &d->attempts[d->next];
		int fd = start_connect(addr);

		if (fd < 0 && errno == EAGAIN &&
		    addr->u.sa.sa_family == AF_UNIX) {
			loop_timer(d->loop, &d->again, now + BUSY_MS);
			return;
		}
		d->next++;
		if (fd < 0) {
			note_failure(d, errno);
			continue;
		}
		a->dial = d;
		a->running = true;
		d->running++;
		a->watch = (struct watch){
		    .fd = fd, .events = POLLOUT, .ready = attempt_ready};
		loop_watch(d->loop, &a->watch);
		loop_timer(d->loop, &d->again, now + limits.attempt_ms);
		return;
	}
	loop_untimer(&d->again);
	if (d->running == 0)
		finish(d, -1);
}

/* Also the first turn of a dial that needed no look-up, or has failed. */
static void
again_fired(struct timer *t)
{
	try_next(CONTAINER_OF(t, struct dial, again));
}

static void
limit_fired(struct timer *t)
{
	struct dial *d = CONTAINER_OF(t, struct dial, limit);

	err_clear(&d->e);
	(void)err_set(&d->e, ERR_TIMEOUT, "%s: timed out",
	    resolver_busy(&d->resolver) ? d->looking : d->connecting);
	finish(d, -1);
}

static void
resolved(struct resolver *r)
{
	struct dial *d = CONTAINER_OF(r, struct dial, resolver);

	if (r->answer.e.kind != ERR_NONE)
		note_no_answer(d, &r->answer.e);
	d->addrs = r->answer.addrs;
	d->looked_up = loop_now_us() - d->began;
	try_next(d);
}

static struct dial *
dial_new(struct loop *l, int64_t deadline, dial_done *done, void *arg)
{
	struct dial *d = mem_zalloc(sizeof(*d));

	d->loop = l;
	d->done = done;
	d->arg = arg;
	d->began = loop_now_us();
	d->looked_up = -1;
	d->again.fire = again_fired;
	d->limit.fire = limit_fired;
	d->resolver.done = resolved;
	if (deadline != LOOP_NEVER)
		loop_timer(l, &d->limit, deadline);
	return d;
}

struct dial *
dial_host(struct loop *l, const char *host, uint16_t port,
    const struct addr *server, int64_t deadline, dial_done *done, void *arg)
{
	struct dial *d = dial_new(l, deadline, done, arg);
	struct err e = {0};

	(void)snprintf(
	    d->looking, sizeof(d->looking), text_of("look up %.90s"), host);
	(void)snprintf(d->connecting, sizeof(d->connecting),
	    text_of("connect to %.90s port %u"), host, (unsigned)port);
	if (host_numeric(host, port, &d->addrs.a[0]))
		d->addrs.n = 1;
	else if (resolver_start(&d->resolver, l, host, port, server, &e) == 0)
		return d;
	else
		note_no_answer(d, &e);
	/* Without a look-up to wait for: what there is to do, or say, is due.
	 */
	loop_timer(l, &d->again, loop_now());
	return d;
}

struct dial *
dial_unix(struct loop *l, const char *path, int64_t deadline, dial_done *done,
    void *arg)
{
	struct dial *d = dial_new(l, deadline, done, arg);
	struct addr *a = &d->addrs.a[0];

	(void)snprintf(d->connecting, sizeof(d->connecting),
	    text_of("connect to %.110s"), path);
	if (strlen(path) < sizeof(a->u.un.sun_path)) {
		a->u.un.sun_family = AF_UNIX;
		memcpy(a->u.un.sun_path, path, strlen(path) + 1);
		a->len = sizeof(a->u.un);
		d->addrs.n = 1;
	} else {
		note_failure(d, ENAMETOOLONG);
	}
	loop_timer(l, &d->again, loop_now());
	return d;
}

void
dial_cancel(struct dial *d)
{
	dial_free(d);
}
