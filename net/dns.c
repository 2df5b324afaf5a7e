/* dns: records of a name, by the C library's resolver. */
#include "net/dns.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>
#include <stdlib.h>
#include <strings.h>

static const struct type {
	enum dns_type type;
	const char *name;
} types[] = {
    {DNS_A, "A"},
    {DNS_AAAA, "AAAA"},
    {DNS_MX, "MX"},
    {DNS_SRV, "SRV"},
    {DNS_TLSA, "TLSA"},
};

enum { N_TYPES = sizeof(types) / sizeof(types[0]) };

enum dns_type
dns_type_find(struct str name)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (str_eq(str_z(types[i].name), name))
			return types[i].type;
	return (enum dns_type)0;
}

const char *
dns_type_name(enum dns_type type)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

int
dns_server_parse(const char *text, struct addr *out, struct err *e)
{
	struct str s = str_z(text), host, port;
	char name[INET6_ADDRSTRLEN + 1];
	uint64_t n = NS_DEFAULTPORT;
	bool good = true;

	if (str_starts(s, S("["))) {
		good = str_has(s, ']');
		s = str_skip(s, 1);
		host = str_cut(&s, ']');
		good = good && (s.n == 0 || *s.p == ':');
	} else {
		/* More than one colon, and it is IPv6 without a port. */
		host = str_head(s, str_find(s, ':'));
		s = str_skip(s, host.n);
		if (s.n > 0 && str_has(str_skip(s, 1), ':')) {
			host = str_z(text);
			s = S("");
		}
	}
	port = str_skip(s, s.n > 0);
	if (good && host.n < sizeof(name) &&
	    (s.n == 0 || (str_u64(port, 65535, &n) && n > 0)) &&
	    host_numeric(str_copy(name, sizeof(name), host), (uint16_t)n, out))
		return 0;
	out->len = 0;
	return err_set(e, ERR_USE,
	    "%s is no name server: ADDRESS or ADDRESS:PORT in numbers, an IPv6 "
	    "address with a port in brackets",
	    text);
}

/* ---- asking ---- */

static bool
is_loopback(const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (sa->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* The one server to ask.  An address of IPv6 stands where glibc has its own
 * copies of the list, and res_nclose frees it. */
static void
ask_only(res_state rs, const struct addr *server)
{
	struct sockaddr_in6 *in6;

	rs->nscount = 1;
	if (server->u.sa.sa_family == AF_INET) {
		rs->nsaddr_list[0] = server->u.in;
		return;
	}
	in6 = malloc(sizeof(*in6));
	if (in6 == NULL)
		abort();
	*in6 = server->u.in6;
	rs->nsaddr_list[0].sin_family = 0;
	free(rs->_u._ext.nsaddrs[0]);
	rs->_u._ext.nsaddrs[0] = in6;
	rs->_u._ext.nssocks[0] = -1;
	rs->_u._ext.nscount = 1;
}

static bool
all_loopback(res_state rs)
{
	const struct sockaddr *sa;

	for (int i = 0; i < rs->nscount; i++) {
		sa = (const void *)&rs->nsaddr_list[i];
		if (sa->sa_family == 0)
			sa = (const void *)rs->_u._ext.nsaddrs[i];
		if (sa == NULL || !is_loopback(sa))
			return false;
	}
	return rs->nscount > 0;
}

/*
 * Makes the resolver ask for AD, and leave it in the answer, or not.  What
 * resolv.conf says of trust is said of the servers that it names.
 */
static bool
decide_trust(res_state rs, bool own_server)
{
	if (all_loopback(rs))
		rs->options |= RES_TRUSTAD;
	else if (own_server)
		rs->options &= ~(unsigned long)RES_TRUSTAD;
	return (rs->options & RES_TRUSTAD) != 0;
}

/* A failure that the server owns to (RFC 1035 4.1.1, RCODE). */
static void
set_rcode(struct err *e, unsigned rcode)
{
	static const char *const words[] = {
	    [ns_r_formerr] =
		N_("the name server does not understand (FORMERR)"),
	    [ns_r_servfail] = N_("the name server has failed (SERVFAIL)"),
	    [ns_r_notimpl] = N_("the name server does not know how (NOTIMP)"),
	    [ns_r_refused] = N_("the name server refuses (REFUSED)"),
	};

	if (rcode < sizeof(words) / sizeof(*words) && words[rcode] != NULL)
		(void)err_set(e, ERR_DNS, "%s", text_of(words[rcode]));
	else
		(void)err_set(
		    e, ERR_DNS, "the name server answers with error %u", rcode);
}

/* Why res_nsend has failed.  It passes over answers that say that there was a
 * failure, but the last one is still in the buffer. */
static void
no_answer(const HEADER *query, const HEADER *last, int sys, struct err *e)
{
	if (last->qr && last->id == query->id && last->rcode != ns_r_noerror)
		set_rcode(e, last->rcode);
	else if (sys == ETIMEDOUT)
		(void)err_set(e, ERR_DNS, "the name server does not answer");
	else
		(void)err_set(e, ERR_DNS, "the name server: %s", strerror(sys));
}

void
dns_query(const struct dns_asked *asked, struct dns_answer *out)
{
	struct __res_state rs = {0};
	union {
		HEADER header;
		uint8_t octets[NS_PACKETSZ];
	} query;
	static union {
		HEADER header;
		uint8_t octets[NS_MAXMSG];
	} msg;
	bool own = asked->server.len > 0, trusted;
	int n;

	*out = (struct dns_answer){0};
	if (res_ninit(&rs) != 0) {
		(void)err_set(&out->e, ERR_DNS, "no resolver");
		return;
	}
	if (own)
		ask_only(&rs, &asked->server);
	trusted = decide_trust(&rs, own);
	n = res_nmkquery(&rs, ns_o_query, asked->name, ns_c_in,
	    (int)asked->type, NULL, 0, NULL, query.octets, sizeof(query));
	if (n < 0) {
		(void)err_set(&out->e, ERR_DNS,
		    "%s is no name that DNS can have", asked->name);
	} else {
		memset(&msg.header, 0, sizeof(msg.header));
		n = res_nsend(&rs, query.octets, n, msg.octets, sizeof(msg));
		if (n < 0)
			no_answer(&query.header, &msg.header, errno, &out->e);
		else
			dns_parse(msg.octets, (size_t)n, asked, trusted, out);
	}
	res_nclose(&rs);
}

/* ---- the answer ---- */

/* Cuts the dot at the end off a name in the form of RFC 1035 5.1. */
static struct str
without_dot(struct str name)
{
	return str_ends(name, S(".")) ? str_head(name, name.n - 1) : name;
}

static bool
same_name(const char *a, const char *b)
{
	return str_eqcase(without_dot(str_z(a)), without_dot(str_z(b)));
}

/* RFC 1123 2.1: labels of letters, digits and inner hyphens; the last one is
 * not all digits, so that it is no address. */
static bool
is_host(struct str name)
{
	struct str label;
	bool digits = true;

	if (name.n == 0 || name.n >= HOST_SIZE)
		return false;
	while (name.n > 0) {
		size_t dot = str_find(name, '.');

		label = str_head(name, dot);
		if (dot + 1 == name.n)
			return false;
		name = str_skip(name, dot + (dot < name.n));
		if (label.n == 0 || label.n > NS_MAXLABEL || *label.p == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		digits = true;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];

			if (!ascii_alpha(c) && !ascii_digit(c) && c != '-')
				return false;
			digits = digits && ascii_digit(c);
		}
	}
	return !digits;
}

/* The name that stands in the record's data from `at` on, to their end. */
static bool
expand(
    const ns_msg *h, const ns_rr *rr, size_t at, char name[static NS_MAXDNAME])
{
	size_t size = ns_rr_rdlen(*rr);
	int n;

	if (size <= at)
		return false;
	n = dn_expand(ns_msg_base(*h), ns_msg_end(*h), ns_rr_rdata(*rr) + at,
	    name, NS_MAXDNAME);
	return n >= 0 && (size_t)n == size - at;
}

/* The same in lower case; false also if it is no host. */
static bool
read_host(
    const ns_msg *h, const ns_rr *rr, size_t at, char out[static HOST_SIZE])
{
	char name[NS_MAXDNAME];
	struct str s;

	if (!expand(h, rr, at, name))
		return false;
	s = without_dot(str_z(name));
	if (s.n > 0 && !is_host(s))
		return false;
	(void)str_copy(out, HOST_SIZE, s);
	for (size_t i = 0; i < s.n; i++)
		out[i] = ascii_lower(out[i]);
	return true;
}

static bool
read_address(const ns_rr *rr, struct addr *a)
{
	const uint8_t *p = ns_rr_rdata(*rr);

	*a = (struct addr){0};
	if (ns_rr_type(*rr) == ns_t_a && ns_rr_rdlen(*rr) == NS_INADDRSZ) {
		a->u.in.sin_family = AF_INET;
		memcpy(&a->u.in.sin_addr, p, NS_INADDRSZ);
		a->len = sizeof(a->u.in);
	} else if (ns_rr_rdlen(*rr) == NS_IN6ADDRSZ) {
		a->u.in6.sin6_family = AF_INET6;
		memcpy(&a->u.in6.sin6_addr, p, NS_IN6ADDRSZ);
		a->len = sizeof(a->u.in6);
	}
	return a->len > 0;
}

static bool
read_tlsa(const uint8_t *p, size_t n, struct dns_tlsa *t)
{
	if (n <= 3 || n - 3 > sizeof(t->data))
		return false;
	t->usage = p[0];
	t->selector = p[1];
	t->matching = p[2];
	t->n = (uint16_t)(n - 3);
	memcpy(t->data, p + 3, n - 3);
	return true;
}

/* One record of the type that was asked for; false if it is not in order. */
static bool
read_record(const ns_msg *h, const ns_rr *rr, struct dns_record *r)
{
	const uint8_t *p = ns_rr_rdata(*rr);
	size_t n = ns_rr_rdlen(*rr);

	*r = (struct dns_record){0};
	switch ((unsigned)ns_rr_type(*rr)) {
	case ns_t_mx: /* RFC 1035 3.3.9 */
		if (n < 3)
			return false;
		r->priority = (uint16_t)ns_get16(p);
		return read_host(h, rr, 2, r->u.target);
	case ns_t_srv: /* RFC 2782 */
		if (n < 7)
			return false;
		r->priority = (uint16_t)ns_get16(p);
		r->weight = (uint16_t)ns_get16(p + 2);
		r->port = (uint16_t)ns_get16(p + 4);
		return read_host(h, rr, 6, r->u.target) &&
		       (r->port > 0 || r->u.target[0] == '\0');
	case DNS_TLSA:
		return read_tlsa(p, n, &r->u.tlsa);
	default:
		return read_address(rr, &r->u.addr);
	}
}

/* The next record of the answer that is of this name and type, from *at on;
 * false if there is none, or if the answer is broken, which is *broken. */
static bool
next_record(ns_msg *h, int *at, const char *name, unsigned type, ns_rr *rr,
    bool *broken)
{
	while (*at < ns_msg_count(*h, ns_s_an)) {
		if (ns_parserr(h, ns_s_an, (*at)++, rr) != 0) {
			*broken = true;
			return false;
		}
		if (ns_rr_type(*rr) == type && ns_rr_class(*rr) == ns_c_in &&
		    same_name(ns_rr_name(*rr), name))
			return true;
	}
	return false;
}

/* Goes along the CNAMEs of name, which becomes the last one (RFC 1034 3.6.2);
 * -1 if they have no end. */
static int
follow(ns_msg *h, char name[static NS_MAXDNAME], bool *broken)
{
	ns_rr rr;
	int at = 0;

	for (int links = 0; next_record(h, &at, name, ns_t_cname, &rr, broken);
	     links++) {
		if (links == DNS_CHAIN_MAX)
			return -1;
		if (!expand(h, &rr, 0, name)) {
			*broken = true;
			return 0;
		}
		at = 0;
	}
	return 0;
}

static void
collect(ns_msg *h, const char *name, enum dns_type type, struct dns_answer *out,
    bool *broken)
{
	ns_rr rr;
	int at = 0;

	while (next_record(h, &at, name, type, &rr, broken)) {
		if (out->n < DNS_RECORDS_MAX &&
		    read_record(h, &rr, &out->r[out->n]))
			out->n++;
		else
			out->left_out++;
	}
}

void
dns_parse(const uint8_t *msg, size_t n, const struct dns_asked *asked,
    bool trusted, struct dns_answer *out)
{
	char name[NS_MAXDNAME];
	bool broken = false;
	unsigned rcode;
	ns_msg h;

	*out = (struct dns_answer){0};
	if (n > NS_MAXMSG || ns_initparse(msg, (int)n, &h) != 0) {
		(void)err_set(
		    &out->e, ERR_DNS, "the name server's answer is garbled");
		return;
	}
	rcode = (unsigned)ns_msg_getflag(h, ns_f_rcode);
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain) {
		set_rcode(&out->e, rcode);
		return;
	}
	out->exists = rcode == ns_r_noerror;
	out->authenticated = trusted && ns_msg_getflag(h, ns_f_ad) != 0;
	(void)str_copy(name, sizeof(name), str_z(asked->name));
	if (follow(&h, name, &broken) != 0)
		(void)err_set(&out->e, ERR_DNS,
		    "the aliases (CNAME) of %s have no end", asked->name);
	else
		collect(&h, name, asked->type, out, &broken);
	if (broken)
		(void)err_set(
		    &out->e, ERR_DNS, "the name server's answer is garbled");
	else if (out->n == 0 && out->left_out > 0)
		(void)err_set(&out->e, ERR_DNS,
		    "what the name server answers names no possible host");
	if (out->e.kind != ERR_NONE) {
		out->n = 0;
		out->authenticated = false;
	}
}

/* ---- addresses ---- */

void
dns_addresses(const char *host, uint16_t port, const struct addr *server,
    struct addrs *as, struct err *e)
{
	/* RFC 6724 leaves the order to the caller's interfaces; IPv6 goes
	 * first, as its table has it. */
	static const enum dns_type asks[] = {DNS_AAAA, DNS_A};
	static struct dns_answer answer;
	struct dns_asked asked = {.server = *server};
	bool exists = false;

	(void)str_copy(asked.name, sizeof(asked.name), str_z(host));
	for (size_t i = 0; i < 2; i++) {
		asked.type = asks[i];
		dns_query(&asked, &answer);
		if (answer.e.kind != ERR_NONE && e->kind == ERR_NONE)
			*e = answer.e;
		exists = exists || answer.exists;
		for (size_t k = 0; k < answer.n && as->n < ADDRS_MAX; k++) {
			struct addr *a = &as->a[as->n++];

			*a = answer.r[k].u.addr;
			addr_set_port(a, port);
		}
		/* One that is not there has no addresses of any kind. */
		if (answer.e.kind == ERR_NONE && !answer.exists)
			break;
	}
	if (as->n > 0)
		err_clear(e);
	else if (!exists)
		(void)err_set(e, ERR_DNS, "there is no such name");
}
