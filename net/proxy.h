/*
 * proxy: a way to a server through a proxy, SOCKS 5 (RFC 1928, with user and
 * password RFC 1929) or HTTP's CONNECT (RFC 9110 9.3.6, with Basic RFC 7617),
 * as a layer over the stream to the proxy.
 *
 * The negotiation runs inside read, write and flush: any of them makes progress
 * and gives STREAM_AGAIN until it is over; then all goes to the stream below
 * without a copy.  Octets behind the proxy's answer are the server's, and are
 * read first.  What a proxy says is bounded by limits.proxy_reply.
 *
 * Whatever keeps the proxy from giving the way free is of kind CONNECT, as a
 * server that cannot be reached (TLS to the proxy: of kind TLS); the message
 * names the proxy and what it said.  After an error each call gives it again.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "net/dial.h"
#include "net/tls.h"

enum proxy_kind { PROXY_SOCKS5, PROXY_HTTP };

struct proxy {
	enum proxy_kind kind;
	bool looks_up; /* the proxy does, and not we; HTTP's always does */
	bool tls;      /* to the proxy itself */
	const char *host;
	uint16_t port;
	/* Strings, or NULL.  They stand in no message. */
	const char *user, *password;
	/* The name server for look-ups made here; len 0: the system's ways. */
	struct addr dns;
	/* For tls; verified against `host`. */
	struct tls_config tls_config;
};

/*
 * Puts the layer on `below`, which belongs to the result from then on.  host is
 * where the proxy is to go: a name, IPv4, IPv6 without brackets.  Nothing of p
 * or host is kept but for the negotiation.  NULL (and `below` left alone) with
 * ERR_USE if the protocol of the proxy cannot say that: a user or password of
 * more than 255 octets, a user with a colon in it (RFC 7617 2), an address with
 * a zone; with ERR_DNS for a name that can be none.
 */
struct stream *proxy_stream(struct stream *below, const struct proxy *p,
    const char *host, uint16_t port, struct err *e);

/* Goes on with the negotiation: 0 when the way is free, STREAM_AGAIN, or
 * STREAM_ERR. */
int proxy_negotiate(struct stream *s, struct err *e);

struct proxy_dial;

/*
 * As dial_host, through p, which must stay until `done` is called.  The stream
 * is connected to the proxy, and the negotiation has not begun.  looked_up is
 * that of the proxy and, unless the proxy does it, of the host together; of a
 * host's addresses the first one is asked for.
 */
struct proxy_dial *proxy_dial(struct loop *l, const struct proxy *p,
    const char *host, uint16_t port, int64_t deadline, dial_done *done,
    void *arg);
/* Gives up: `done` is not called any more. */
void proxy_dial_cancel(struct proxy_dial *d);

#endif
