/* proxy_dial: to the proxy, once it is known what to ask it for. */
#include "base/mem.h"
#include "base/text.h"
#include "net/proxy.h"
#include "net/resolve.h"

#include <stdio.h>
#include <stdlib.h>

struct proxy_dial {
	struct loop *loop;
	const struct proxy *p;
	char *host;
	char looking[128]; /* "look up mx.example", for messages */
	uint16_t port;
	int64_t deadline;
	dial_done *done;
	void *arg;
	struct resolver resolver; /* of the host, unless the proxy does it */
	struct timer timer;	  /* the deadline; or e is due */
	struct dial *dial;
	int64_t began, looked_up; /* microseconds */
	struct err e;
};

static void
dial_free(struct proxy_dial *d)
{
	resolver_stop(&d->resolver);
	loop_untimer(&d->timer);
	if (d->dial != NULL)
		dial_cancel(d->dial);
	free(d->host);
	free(d);
}

/* Ends it, with the stream or with d->e. */
static void
finish(struct proxy_dial *d, struct stream *s)
{
	dial_done *done = d->done;
	void *arg = d->arg;
	int64_t looked_up = d->looked_up;
	struct err e = d->e;

	dial_free(d);
	done(arg, s, looked_up, s != NULL ? NULL : &e);
}

static void
connected(void *arg, struct stream *s, int64_t looked_up, const struct err *e)
{
	struct proxy_dial *d = arg;
	struct stream *over = NULL;

	d->dial = NULL;
	if (looked_up >= 0)
		d->looked_up =
		    looked_up + (d->looked_up > 0 ? d->looked_up : 0);
	if (s == NULL) {
		d->e = *e;
		err_prefix(&d->e, text_of("proxy"));
	} else {
		over = proxy_stream(s, d->p, d->host, d->port, &d->e);
		if (over == NULL)
			stream_close(s);
	}
	finish(d, over);
}

static void
dial_proxy(struct proxy_dial *d)
{
	d->dial = dial_host(d->loop, d->p->host, d->p->port, &d->p->dns,
	    d->deadline, connected, d);
}

static void
fired(struct timer *t)
{
	struct proxy_dial *d = CONTAINER_OF(t, struct proxy_dial, timer);

	(void)err_set(&d->e, ERR_TIMEOUT, "%s: timed out", d->looking);
	finish(d, NULL);
}

/* The first address, in numbers, stands for the name from now on. */
static void
resolved(struct resolver *r)
{
	struct proxy_dial *d = CONTAINER_OF(r, struct proxy_dial, resolver);
	const struct addr *a = &r->answer.addrs.a[0];
	char text[HOST_SIZE];

	loop_untimer(&d->timer);
	d->looked_up = loop_now_us() - d->began;
	if (r->answer.e.kind != ERR_NONE) {
		(void)err_set(&d->e, r->answer.e.kind, "%s: %s", d->looking,
		    r->answer.e.msg);
		finish(d, NULL);
		return;
	}
	if (getnameinfo(&a->u.sa, a->len, text, sizeof(text), NULL, 0,
		NI_NUMERICHOST) == 0) {
		free(d->host);
		d->host = mem_strdup(text);
	}
	dial_proxy(d);
}

struct proxy_dial *
proxy_dial(struct loop *l, const struct proxy *p, const char *host,
    uint16_t port, int64_t deadline, dial_done *done, void *arg)
{
	struct proxy_dial *d = mem_zalloc(sizeof(*d));
	struct addr ignored;
	struct err e = {0};

	d->loop = l;
	d->p = p;
	d->host = mem_strdup(host);
	(void)snprintf(
	    d->looking, sizeof(d->looking), text_of("look up %.90s"), host);
	d->port = port;
	d->deadline = deadline;
	d->done = done;
	d->arg = arg;
	d->began = loop_now_us();
	d->looked_up = -1;
	d->resolver.done = resolved;
	d->timer.fire = fired;
	if (p->looks_up || host_numeric(host, port, &ignored)) {
		dial_proxy(d);
		return d;
	}
	if (resolver_start(&d->resolver, l, host, port, &p->dns, &e) != 0) {
		(void)err_set(&d->e, e.kind, "%s: %s", d->looking, e.msg);
		deadline = loop_now(); /* it is told from a turn */
	}
	if (deadline != LOOP_NEVER)
		loop_timer(l, &d->timer, deadline);
	return d;
}

void
proxy_dial_cancel(struct proxy_dial *d)
{
	dial_free(d);
}
