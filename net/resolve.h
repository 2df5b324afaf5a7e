/*
 * resolve: a host's addresses, without blocking.
 *
 * getaddrinfo(3) runs in a child (question.h); where a name server is given,
 * that one alone is asked there, by dns.h.  Addresses come in the order of
 * RFC 6724, as getaddrinfo gives them, with the families then interleaved
 * (RFC 8305 4).
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/question.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

/* More addresses of one name than this are not tried. */
enum { ADDRS_MAX = 32 };

struct addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} u;
};

struct addrs {
	size_t n;
	struct addr a[ADDRS_MAX];
};

/* Room for a host name (RFC 1035 2.3.4) and a NUL. */
enum { HOST_SIZE = 256 };

/*
 * Writes the name that the DNS and certificates know for host: a name in
 * UTF-8 becomes its A-labels (RFC 5891), one in ASCII stays, a dot at the end
 * goes.  -1 and ERR_DNS if there is none.
 */
int host_ascii(const char *host, char out[static HOST_SIZE], struct err *e);

/* Whether host is an IPv4 or IPv6 address in numbers ("::1", "fe80::1%lo"),
 * which with the port then is *a. */
bool host_numeric(const char *host, uint16_t port, struct addr *a);

void addr_set_port(struct addr *a, uint16_t port);

/*
 * Interleaves the families, beginning with that of the first address, and
 * leaves the order within each as it is.
 */
void addrs_interleave(struct addrs *as);

struct resolver {
	/* Called once, from a loop turn, when the look-up is over: with
	 * answer.addrs, or, if it found none, with answer.e. */
	void (*done)(struct resolver *r);
	struct resolver_answer {
		struct err e;
		struct addrs addrs;
	} answer;
	/* private */
	struct question question;
};

/*
 * Starts to look up host; `done` is set, all else zeroed.  server, whose len
 * may be 0, is the name server to ask in place of the system's ways.  -1 and
 * ERR_DNS or ERR_SYS if that cannot be.
 */
int resolver_start(struct resolver *r, struct loop *l, const char *host,
    uint16_t port, const struct addr *server, struct err *e);
/* Ends the child, if there still is one; `done` is not called any more. */
void resolver_stop(struct resolver *r);
bool resolver_busy(const struct resolver *r);

/* getaddrinfo(3); tests put a slow or lying one in its place. */
extern int (*resolver_lookup)(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res);

#endif
