/*
 * proxy_inner: what the protocols of proxies share.  For net/proxy*.c alone.
 */
#ifndef NET_PROXY_INNER_H
#define NET_PROXY_INNER_H

#include "base/buf.h"
#include "net/proxy.h"
#include "net/resolve.h"

/* Where a proxy is to go. */
struct target {
	bool numeric;	      /* addr, and name is that in numbers */
	struct addr addr;     /* without the port */
	char name[HOST_SIZE]; /* in ASCII */
	uint16_t port;
};

/* What a step made of the proxy's octets, besides STREAM_ERR. */
enum {
	STEP_DONE = 0, /* the way is free */
	STEP_ON = 1,   /* the next step is due */
	STEP_MORE = 2, /* it needs more octets than there are */
};

struct tunnel {
	struct stream s;
	char name[128];	    /* "proxy px.example port 1080", for messages */
	struct buf out, in; /* on the way to the proxy; what it said */
	size_t at;	    /* how much of `in` the steps have taken */
	/*
	 * Looks at `in` from `at` on, takes from it what it used, and says by
	 * `out` what is to be sent.
	 */
	int (*step)(struct tunnel *t, struct err *e);
	bool up;
	struct err dead; /* why it cannot go on */
	/* SOCKS: what is sent when the proxy is ready for it. */
	struct buf login, request;
};

/* What of t->in no step has taken yet. */
struct str tunnel_in(const struct tunnel *t);

/* Set t->out and t->step for the way to `to`; -1 with ERR_USE. */
int proxy_socks_begin(struct tunnel *t, const struct proxy *p,
    const struct target *to, struct err *e);
int proxy_http_begin(struct tunnel *t, const struct proxy *p,
    const struct target *to, struct err *e);

#endif
