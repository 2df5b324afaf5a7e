/*
 * faulty: a stream over another one, on which things go wrong as planned.
 */
#ifndef TESTS_UNIT_FAULTY_H
#define TESTS_UNIT_FAULTY_H

#include "net/stream.h"

enum fault {
	FAULT_RESET, /* ERR_CLOSED, as ECONNRESET gives it */
	FAULT_EOF,   /* read: STREAM_EOF; write: ERR_CLOSED, as EPIPE */
	FAULT_AGAIN, /* STREAM_AGAIN from then on, for ever */
};

struct faulty_plan {
	size_t read_max, write_max; /* bytes per call; 0: any number */
	unsigned again_every;	    /* each n-th call gives AGAIN; 0: none */
	/* The call, counted from 1, from which on the fault holds; 0: none. */
	unsigned read_at, write_at;
	enum fault read_fault, write_fault;
	/* Counted here. */
	unsigned reads, writes;
	uint64_t bytes_read, bytes_written;
	bool closed;
};

/*
 * A stream over `below`, which it owns, that goes by *plan.  The plan stays
 * the caller's, outlives the stream, and may change at any time.
 */
struct stream *faulty_stream(struct stream *below, struct faulty_plan *plan);

/*
 * A connected pair of non-blocking streams in one process, by socketpair(2).
 * Asserts that it worked.
 */
void stream_pair(struct stream *pair[static 2]);

#endif
