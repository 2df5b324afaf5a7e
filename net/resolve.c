/* resolve: a host's addresses, by getaddrinfo(3) or a name server. */
#include "net/resolve.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/dns.h"
#include "net/idn2.h"

#include <errno.h>
#include <strings.h>

int (*resolver_lookup)(const char *, const char *, const struct addrinfo *,
    struct addrinfo **) = getaddrinfo;

int
host_ascii(const char *host, char out[static HOST_SIZE], struct err *e)
{
	const char *name = host;
	uint8_t *made = NULL;
	size_t n;
	int rc;

	if (!str_is_ascii(str_z(host))) {
		if (idn2_open(e) < 0)
			return -1;
		rc = idn2.idn2_lookup_u8((const uint8_t *)host, &made,
		    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
		if (rc != IDN2_OK)
			return err_set(
			    e, ERR_DNS, "%s", idn2.idn2_strerror(rc));
		name = (const char *)made;
	}
	n = strlen(name);
	if (n > 0 && name[n - 1] == '.')
		n--;
	rc = n > 0 && n < HOST_SIZE ? 0 : -1;
	if (rc == 0)
		str_copy(out, HOST_SIZE, (struct str){name, n});
	if (made != NULL)
		idn2.idn2_free(made);
	if (rc != 0)
		return err_set(e, ERR_DNS,
		    n == 0 ? N_("host name is empty")
			   : N_("host name is longer than 255 octets"));
	return 0;
}

void
addr_set_port(struct addr *a, uint16_t port)
{
	if (a->u.sa.sa_family == AF_INET6)
		a->u.in6.sin6_port = htons(port);
	else
		a->u.in.sin_port = htons(port);
}

/* Copies the Internet addresses of the list, as many as there is room for. */
static void
collect(struct addrs *as, const struct addrinfo *ai, uint16_t port)
{
	for (; ai != NULL && as->n < ADDRS_MAX; ai = ai->ai_next) {
		struct addr *a = &as->a[as->n];

		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		if (ai->ai_addrlen > sizeof(a->u))
			continue;
		memcpy(&a->u, ai->ai_addr, ai->ai_addrlen);
		a->len = ai->ai_addrlen;
		addr_set_port(a, port);
		as->n++;
	}
}

bool
host_numeric(const char *host, uint16_t port, struct addr *a)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrs as = {0};
	struct addrinfo *ai;

	if (getaddrinfo(host, NULL, &hints, &ai) != 0)
		return false;
	collect(&as, ai, port);
	freeaddrinfo(ai);
	*a = as.a[0];
	return as.n > 0;
}

void
addrs_interleave(struct addrs *as)
{
	struct addrs old = *as;
	size_t at[2] = {0, 0}; /* next of the first family, of the others */
	int first = old.n > 0 ? old.a[0].u.sa.sa_family : AF_UNSPEC;
	size_t turn = 0, i;

	for (i = 0; i < as->n; turn ^= 1) {
		size_t *k = &at[turn];

		while (*k < old.n &&
		       (old.a[*k].u.sa.sa_family == first) == (turn == 1))
			++*k;
		if (*k < old.n)
			as->a[i++] = old.a[(*k)++];
	}
}

struct asked {
	char host[HOST_SIZE];
	uint16_t port;
	struct addr server; /* len 0: as the system does */
};

static void
look_up_here(const struct asked *asked, struct resolver_answer *answer)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	bool local = strcasecmp(asked->host, "localhost") == 0;
	struct addrinfo *ai = NULL;
	int rc = resolver_lookup(asked->host, NULL, &hints, &ai);

	/* RFC 6761 6.3: this name is known even where no file has it. */
	if (rc != 0 && local)
		rc = resolver_lookup(NULL, "0", &hints, &ai);
	if (rc == 0)
		collect(&answer->addrs, ai, asked->port);
	else
		(void)err_set(&answer->e, ERR_DNS, "%s",
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
}

/* In the child.  Localhost is nothing to ask a name server for. */
static void
look_up(const void *arg, void *out)
{
	const struct asked *asked = arg;
	struct resolver_answer *answer = out;

	if (asked->server.len == 0 || strcasecmp(asked->host, "localhost") == 0)
		look_up_here(asked, answer);
	else
		dns_addresses(asked->host, asked->port, &asked->server,
		    &answer->addrs, &answer->e);
	if (answer->addrs.n == 0)
		(void)err_set(&answer->e, ERR_DNS, "no Internet address");
	addrs_interleave(&answer->addrs);
}

static void
answered(struct question *q)
{
	struct resolver *r = CONTAINER_OF(q, struct resolver, question);

	if (!q->answered) {
		r->answer = (struct resolver_answer){0};
		(void)err_set(&r->answer.e, ERR_DNS,
		    "the look-up ended without an answer");
	}
	r->done(r);
}

int
resolver_start(struct resolver *r, struct loop *l, const char *host,
    uint16_t port, const struct addr *server, struct err *e)
{
	struct asked asked = {.port = port, .server = *server};

	if (host_ascii(host, asked.host, e) != 0)
		return -1;
	r->question.done = answered;
	return question_ask(
	    &r->question, l, look_up, &asked, &r->answer, sizeof(r->answer), e);
}

void
resolver_stop(struct resolver *r)
{
	question_drop(&r->question);
}

bool
resolver_busy(const struct resolver *r)
{
	return question_pending(&r->question);
}
