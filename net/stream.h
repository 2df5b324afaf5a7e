/*
 * stream: a non-blocking byte stream, and the layers that can be put on one.
 *
 * A stream is a table of functions over an object.  TCP and unix sockets and
 * the pipes of a spawned command share the implementation over descriptors;
 * TLS and deflate are streams over another stream, which they own.  SIGPIPE
 * must be ignored by the process.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/err.h"

#include <sys/types.h>

struct stream;

/* Results of stream_read and stream_write besides a count of bytes > 0. */
enum {
	STREAM_EOF = 0,	   /* read only: the peer has ended its side */
	STREAM_ERR = -1,   /* err is filled; the stream is dead */
	STREAM_AGAIN = -2, /* nothing now; poll for stream_events first */
};

struct stream_ops {
	/* n > 0.  As above; short counts are normal. */
	ssize_t (*read)(struct stream *s, void *p, size_t n, struct err *e);
	ssize_t (*write)(
	    struct stream *s, const void *p, size_t n, struct err *e);
	/*
	 * Pushes out what a layer holds back (deflate, TLS records), those
	 * below included.  0 when all is out, STREAM_AGAIN or STREAM_ERR.
	 * NULL: nothing to do.
	 */
	int (*flush)(struct stream *s, struct err *e);
	/* The poll events that s waits for, given that the caller wants to
	 * read, to write, or both.  NULL: exactly these. */
	short (*events)(struct stream *s, bool want_read, bool want_write);
	/* Bytes can be read now although poll(2) may not say so. NULL: no. */
	bool (*pending)(struct stream *s);
	/* Closes (a goodbye is tried without blocking) and frees s and the
	 * streams below. */
	void (*close)(struct stream *s);
};

struct stream {
	const struct stream_ops *ops;
	struct stream *below; /* owned; NULL at the bottom */
	int fd_in, fd_out;    /* what to poll; the same for a socket */
	/* Those below end at somebody between us and the peer (a proxy): what
	 * TLS there protects is not the peer's. */
	bool foreign;
};

/*
 * A count from stream_write means that s has taken the bytes; a layer may
 * still hold them.  So a writer calls stream_flush after its last write, and
 * again after STREAM_AGAIN, polling for stream_events with want_write.
 */
ssize_t stream_read(struct stream *s, void *p, size_t n, struct err *e);
ssize_t stream_write(struct stream *s, const void *p, size_t n, struct err *e);
int stream_flush(struct stream *s, struct err *e);
short stream_events(struct stream *s, bool want_read, bool want_write);
/* Also asks the streams below. */
bool stream_pending(struct stream *s);
void stream_close(struct stream *s); /* s may be NULL */

/*
 * Has the kernel acknowledge now what has been read, for there is nothing to
 * be sent that could carry it: a peer that gathers what it writes (RFC 9293
 * 3.7.4) holds back its next small piece until it hears that, and a kernel
 * keeps it for 40 ms.  It holds once.  Nothing where there is no TCP below.
 */
void stream_acknowledge(struct stream *s);

/*
 * A stream over descriptors, which it owns and makes non-blocking.  They may
 * be the same.  pid > 0 names the child behind the pipes: closing the stream
 * closes the descriptors, waits a moment for the child, and ends it if it
 * stays.
 */
struct stream *stream_fd(int in, int out, pid_t pid);

/*
 * Starts `command` by /bin/sh -c with its standard input and output on a
 * socket pair, its standard error left as ours.  It ignores SIGINT, which
 * interrupts what we wait for and must not end the connection.  NULL on
 * failure.
 */
struct stream *stream_command(const char *command, struct err *e);

#endif
