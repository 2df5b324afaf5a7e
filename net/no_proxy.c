/* no_proxy: the hosts that NO_PROXY keeps from the proxy. */
#include "net/no_proxy.h"

#include <arpa/inet.h>

struct address {
	int family; /* 0: none */
	unsigned char octets[16];
};

static size_t
size_of(const struct address *a)
{
	return a->family == AF_INET6 ? 16 : 4;
}

/* The address that s is in numbers; family 0 if it is none. */
static struct address
address_of(struct str s)
{
	struct address a = {0};
	char text[INET6_ADDRSTRLEN];

	if (str_starts(s, S("[")) && str_ends(s, S("]")))
		s = str_head(str_skip(s, 1), s.n - 2);
	if (s.n >= sizeof(text))
		return a;
	str_copy(text, sizeof(text), s);
	if (inet_pton(AF_INET, text, a.octets) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, text, a.octets) == 1)
		a.family = AF_INET6;
	return a;
}

static bool
same_bits(const unsigned char *a, const unsigned char *b, size_t bits)
{
	size_t whole = bits / 8;
	unsigned mask = 0xffu << (8 - bits % 8) & 0xff;

	return memcmp(a, b, whole) == 0 &&
	       (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

/* Whether word is the address, or a network that it is in. */
static bool
has_address(struct str word, const struct address *host)
{
	size_t slash = str_find(word, '/');
	struct address a = address_of(str_head(word, slash));
	uint64_t bits = 8 * size_of(host);

	if (a.family != host->family)
		return false;
	if (slash < word.n && !str_u64(str_skip(word, slash + 1), bits, &bits))
		return false;
	return same_bits(a.octets, host->octets, bits);
}

static struct str
without_dot(struct str s)
{
	return str_ends(s, S(".")) ? str_head(s, s.n - 1) : s;
}

/* Whether word is the name, or a domain that it is below. */
static bool
has_name(struct str word, struct str host)
{
	struct str label;

	word = without_dot(word);
	if (str_starts(word, S(".")))
		word = str_skip(word, 1);
	if (word.n == 0 || word.n > host.n ||
	    !str_eqcase(word, str_skip(host, host.n - word.n)))
		return false;
	label = str_head(host, host.n - word.n);
	return label.n == 0 || str_ends(label, S("."));
}

/* The next word; empty at the end. */
static struct str
next_word(struct str *list)
{
	struct str word;
	size_t n = 0;

	while (list->n > 0 && str_has(S(", \t"), *list->p))
		*list = str_skip(*list, 1);
	while (n < list->n && !str_has(S(", \t"), list->p[n]))
		n++;
	word = str_head(*list, n);
	*list = str_skip(*list, n);
	return word;
}

bool
no_proxy_has(struct str list, const char *host)
{
	struct str name = str_z(host), word;
	struct address a = address_of(str_head(name, str_find(name, '%')));

	name = without_dot(name);
	while ((word = next_word(&list)).n > 0)
		if (str_eq(word, S("*")) ||
		    (a.family != 0 ? has_address(word, &a)
				   : has_name(word, name)))
			return true;
	return false;
}
