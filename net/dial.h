/*
 * dial: from an address in words to a connected stream.
 *
 * A host name is looked up in a child (resolve.h): so a slow resolver neither
 * blocks the loop nor outlives the deadline, and there are no threads.  An
 * address in numbers needs no child.  The addresses are sorted and tried as RFC
 * 8305 4 and 5 have it: families interleaved beginning with the first one's,
 * the next attempt after limits.attempt_ms or at once when one fails, the first
 * to connect wins and the others are closed.  Host names may be in UTF-8
 * (IDNA2008 by libidn2).
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/resolve.h"
#include "net/stream.h"

struct dial;

/*
 * Begins to connect to host (name, IPv4, IPv6 without brackets) and port.
 * `done` is called once, from a loop turn and never from dial_host itself,
 * with a stream that the callee owns from then on, or with NULL and the
 * error (kinds DNS, CONNECT, TIMEOUT, SYS); the dial frees itself before.
 * looked_up: how long the look-up took, in microseconds; -1 if there was none.
 * The message names what was tried: "connect to mx.example port 25:
 * Connection refused".  server: the name server to ask, its len 0 for the
 * system's ways.  deadline: monotonic milliseconds.
 */
typedef void dial_done(
    void *arg, struct stream *s, int64_t looked_up, const struct err *e);
struct dial *dial_host(struct loop *l, const char *host, uint16_t port,
    const struct addr *server, int64_t deadline, dial_done *done, void *arg);
/* The same for a unix socket; a server that is busy is asked again. */
struct dial *dial_unix(struct loop *l, const char *path, int64_t deadline,
    dial_done *done, void *arg);
/* Gives up: `done` is not called any more. */
void dial_cancel(struct dial *d);

#endif
