/*
 * dns: records of a name, asked of a name server (RFC 1035).
 *
 * The C library's resolver asks (res_nsend(3): over UDP, and over TCP what
 * does not fit), in a child (question.h), which also reads the answer: so the
 * octets of strangers are taken apart where they can do the least.  Names are
 * asked as they are, without a search list.
 *
 * Of an answer only what belongs to the question is taken: records of the
 * name, or of that at the end of its chain of CNAMEs.  A host in a record must
 * have the grammar of a host name (RFC 1123 2.1), and is no address in
 * numbers; a record that breaks this is left out and counted.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "net/resolve.h"

enum dns_type {
	DNS_A = 1,
	DNS_MX = 15,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52,
};

/* More records of one answer than these are left out.  A chain of CNAMEs is
 * followed so far.  A TLSA record may hold a certificate. */
enum { DNS_RECORDS_MAX = 32, DNS_CHAIN_MAX = 8, DNS_TLSA_MAX = 2048 };

struct dns_record {
	/* SRV; of MX the priority is the preference. */
	uint16_t priority, weight, port;
	union {
		/* SRV, MX: without the dot at the end, in lower case; "" is
		 * the root: there is no such service (RFC 2782, RFC 7505). */
		char target[HOST_SIZE];
		struct addr addr; /* A, AAAA: the port is 0 */
		struct dns_tlsa { /* RFC 6698 2.1 */
			uint8_t usage, selector, matching;
			uint16_t n;
			uint8_t data[DNS_TLSA_MAX];
		} tlsa;
	} u;
};

struct dns_answer {
	/* ERR_DNS: there was no answer that can be used, the message says why.
	 * That a name or its records do not exist is an answer. */
	struct err e;
	bool exists; /* the name, if not the records */
	/* The server says that it has verified the answer by DNSSEC (AD), and
	 * is one whose word counts: see dns_query. */
	bool authenticated;
	size_t n, left_out;
	struct dns_record r[DNS_RECORDS_MAX];
};

struct dns_asked {
	char name[HOST_SIZE]; /* ASCII; "_imaps._tcp.example.org" */
	enum dns_type type;
	struct addr server; /* len 0: those of the system */
};

/*
 * Asks and waits, so only in a child.  AD counts from servers on a loopback
 * address, and where resolv.conf(5) says trust-ad: the way to others is open
 * to anybody (RFC 6840 5.8).
 */
void dns_query(const struct dns_asked *asked, struct dns_answer *out);

/* What dns_query makes of the message of n octets. */
void dns_parse(const uint8_t *msg, size_t n, const struct dns_asked *asked,
    bool trusted, struct dns_answer *out);

/* For resolve.c, in its child: A and AAAA of host into *as with the port, or
 * ERR_DNS in e. */
void dns_addresses(const char *host, uint16_t port, const struct addr *server,
    struct addrs *as, struct err *e);

/* "A", "MX" …: the type of that name, and back; 0 and NULL if unknown. */
enum dns_type dns_type_find(struct str name);
const char *dns_type_name(enum dns_type type);

/* "192.0.2.1", "[2001:db8::1]:5353", "::1": a name server, port 53 if none is
 * written.  -1 with ERR_USE. */
int dns_server_parse(const char *text, struct addr *out, struct err *e);

#endif
