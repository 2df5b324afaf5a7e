/* fuzz_dns: answers of name servers; the first octet chooses what was asked. */
#include "net/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

static void
check_host(const char *host)
{
	size_t n = strlen(host);

	check(n < HOST_SIZE);
	for (size_t i = 0; i < n; i++)
		check(ascii_alpha(host[i]) || ascii_digit(host[i]) ||
		      host[i] == '-' || host[i] == '.');
}

static void
check_record(enum dns_type type, const struct dns_record *r)
{
	switch (type) {
	case DNS_SRV:
		check(r->port > 0 || r->u.target[0] == '\0');
		check_host(r->u.target);
		break;
	case DNS_MX:
		check_host(r->u.target);
		break;
	case DNS_TLSA:
		check(r->u.tlsa.n > 0 && r->u.tlsa.n <= DNS_TLSA_MAX);
		break;
	case DNS_A:
	case DNS_AAAA:
		check(r->u.addr.len > 0);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {
	    DNS_A, DNS_AAAA, DNS_MX, DNS_SRV, DNS_TLSA};
	static struct dns_answer answer;
	struct dns_asked asked = {.name = "a.b"};

	if (size == 0)
		return 0;
	asked.type = types[data[0] % 5];
	dns_parse(data + 1, size - 1, &asked, true, &answer);
	check(answer.n <= DNS_RECORDS_MAX);
	if (answer.e.kind != ERR_NONE)
		check(answer.n == 0 && !answer.authenticated);
	for (size_t i = 0; i < answer.n; i++)
		check_record(asked.type, &answer.r[i]);
	return 0;
}
