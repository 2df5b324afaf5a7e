/*
 * body_inner: what a body is made of, for those files that make some.
 */
#ifndef PROTO_BODY_INNER_H
#define PROTO_BODY_INNER_H

#include "proto/body.h"

#include <sys/types.h>

struct inbody;
struct job;

struct body_ops {
	enum pull (*pull)(struct body *b, struct str *out, struct err *e);
	void (*took)(struct body *b, size_t n); /* NULL: nothing to do */
	bool (*size)(struct body *b, uint64_t *size);
	bool (*rewind)(struct body *b);
	void (*free)(struct body *b);
};

struct body {
	const struct body_ops *ops;
	unsigned refs;
	uint64_t taken;
	bool claimed;
	void (*wake)(void *arg);
	void *wake_arg;
	/* memory, and the window of a file */
	struct buf buf;
	/* file */
	int fd;
	bool regular;
	bool last; /* what is in buf is the end of it */
	off_t start;
	uint64_t first_size; /* from there on, when it was opened */
	uint64_t window;     /* buf begins with the octet of that position */
	/* spool */
	struct spool *spool;
	/* reply */
	struct job *job;
	struct inbody *in;
	/* behind a prefix, which is in buf; see body_held */
	struct body *inner;
	size_t prefix; /* its octets */
	bool held, due;
	bool gathered; /* something of inner is in buf … */
	bool ended;    /* … and it was all of it */
};

/* A body with one reference, and nothing in it. */
struct body *body_new(const struct body_ops *ops);

#endif
