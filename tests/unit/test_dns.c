/* dns: answers of name servers, good and hostile, and who is one. */
#include "net/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>

/* -- Messages -------------------------------------------------------------- */

static uint8_t msg[4096];
static size_t msg_n;
static struct dns_answer answer;

enum { AD = 0x20, NXDOMAIN = 3 };

static void
put(const void *p, size_t n)
{
	assert_true(msg_n + n <= sizeof(msg));
	memcpy(msg + msg_n, p, n);
	msg_n += n;
}

static void
put16(unsigned v)
{
	put((const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

/* A name whose labels are divided by dots; "" is the root. */
static void
put_name(const char *name)
{
	struct str s = str_z(name), label;

	while (s.n > 0) {
		label = str_cut(&s, '.');
		put(&(uint8_t){(uint8_t)label.n}, 1);
		put(label.p, label.n);
	}
	put("", 1);
}

/* The beginning of an answer to a question for name. */
static void
begin(const char *name, unsigned type, unsigned flags, unsigned records)
{
	msg_n = 0;
	put16(7);
	put16(0x8180 | flags);
	put16(1);
	put16(records);
	put16(0);
	put16(0);
	put_name(name);
	put16(type);
	put16(1);
}

/* The head of a record; its data, of n octets, is to follow. */
static void
put_head(const char *owner, unsigned type, size_t n)
{
	put_name(owner);
	put16(type);
	put16(1);
	put16(0);
	put16(60);
	put16((unsigned)n);
}

static size_t
length_of(const char *name)
{
	return *name == '\0' ? 1 : strlen(name) + 2;
}

static void
put_srv(const char *owner, unsigned priority, unsigned weight, unsigned port,
    const char *target)
{
	put_head(owner, DNS_SRV, 6 + length_of(target));
	put16(priority);
	put16(weight);
	put16(port);
	put_name(target);
}

static void
put_cname(const char *owner, const char *target)
{
	put_head(owner, 5, length_of(target));
	put_name(target);
}

#define SRV "_imaps._tcp.example.org"

static void
parse(const char *name, enum dns_type type, bool trusted)
{
	struct dns_asked asked = {.type = type};
	/* At the end of its own memory, for the sanitizers. */
	uint8_t *own = malloc(msg_n + 1);

	assert_non_null(own);
	memcpy(own, msg, msg_n);
	(void)str_copy(asked.name, sizeof(asked.name), str_z(name));
	dns_parse(own, msg_n, &asked, trusted, &answer);
	free(own);
}

static void
assert_failed(const char *why)
{
	assert_int_equal(answer.e.kind, ERR_DNS);
	assert_string_equal(answer.e.msg, why);
	assert_int_equal(answer.n, 0);
	assert_false(answer.authenticated);
}

/* -- Tests ----------------------------------------------------------------- */

static void
test_srv(void **state)
{
	(void)state;
	begin(SRV, DNS_SRV, 0, 3);
	put_srv("_IMAPS._tcp.Example.org", 1, 2, 993, "Mail.Example.org");
	put_srv("elsewhere.example", 0, 0, 993, "evil.example");
	put_srv(SRV, 9, 0, 0, "");
	parse(SRV, DNS_SRV, true);
	assert_int_equal(answer.e.kind, ERR_NONE);
	assert_true(answer.exists);
	assert_false(answer.authenticated);
	assert_int_equal(answer.n, 2);
	assert_int_equal(answer.left_out, 0);
	assert_int_equal(answer.r[0].priority, 1);
	assert_int_equal(answer.r[0].weight, 2);
	assert_int_equal(answer.r[0].port, 993);
	assert_string_equal(answer.r[0].u.target, "mail.example.org");
	assert_string_equal(answer.r[1].u.target, "");
}

static void
test_mx_and_addresses(void **state)
{
	char text[INET6_ADDRSTRLEN];

	(void)state;
	begin("example.org", DNS_MX, 0, 1);
	put_head("example.org", DNS_MX, 2 + length_of("mx.example"));
	put16(10);
	put_name("mx.example");
	parse("example.org", DNS_MX, false);
	assert_int_equal(answer.n, 1);
	assert_int_equal(answer.r[0].priority, 10);
	assert_string_equal(answer.r[0].u.target, "mx.example");

	begin("h.example", DNS_AAAA, 0, 2);
	put_head("h.example", DNS_AAAA, 16);
	put("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	put_head("h.example", DNS_AAAA, 4);
	put("\1\2\3\4", 4);
	parse("h.example", DNS_AAAA, false);
	assert_int_equal(answer.n, 1);
	assert_int_equal(answer.left_out, 1);
	assert_string_equal(
	    inet_ntop(AF_INET6, &answer.r[0].u.addr.u.in6.sin6_addr, text,
		sizeof(text)),
	    "2001:db8::1");

	begin("h.example", DNS_A, 0, 1);
	put_head("h.example", DNS_A, 4);
	put("\300\0\2\1", 4);
	parse("h.example", DNS_A, false);
	assert_int_equal(answer.n, 1);
	assert_int_equal(
	    ntohl(answer.r[0].u.addr.u.in.sin_addr.s_addr), 0xC0000201);
}

static void
test_tlsa(void **state)
{
	static uint8_t data[DNS_TLSA_MAX + 1];

	(void)state;
	begin("_993._tcp.h.example", DNS_TLSA, 0, 3);
	put_head("_993._tcp.h.example", DNS_TLSA, 5);
	put("\3\1\1xy", 5);
	put_head("_993._tcp.h.example", DNS_TLSA, 3);
	put("\3\1\1", 3);
	put_head("_993._tcp.h.example", DNS_TLSA, 3 + sizeof(data));
	put("\3\1\0", 3);
	put(data, sizeof(data));
	parse("_993._tcp.h.example", DNS_TLSA, false);
	assert_int_equal(answer.n, 1);
	assert_int_equal(answer.left_out, 2);
	assert_int_equal(answer.r[0].u.tlsa.usage, 3);
	assert_int_equal(answer.r[0].u.tlsa.n, 2);
	assert_memory_equal(answer.r[0].u.tlsa.data, "xy", 2);
}

/* AD counts where the server is trusted, and nowhere else. */
static void
test_authenticated(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		begin(SRV, DNS_SRV, i & 1 ? AD : 0, 1);
		put_srv(SRV, 0, 0, 1, "h.example");
		parse(SRV, DNS_SRV, (i & 2) != 0);
		assert_int_equal(answer.authenticated, i == 3);
	}
}

static void
test_nothing(void **state)
{
	(void)state;
	begin(SRV, DNS_SRV, 0, 0);
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.e.kind, ERR_NONE);
	assert_true(answer.exists);
	assert_int_equal(answer.n, 0);
	begin(SRV, DNS_SRV, NXDOMAIN, 0);
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.e.kind, ERR_NONE);
	assert_false(answer.exists);
	begin(SRV, DNS_SRV, 9, 0);
	parse(SRV, DNS_SRV, false);
	assert_failed("the name server answers with error 9");
}

static void
test_aliases(void **state)
{
	char from[32], to[32];

	(void)state;
	/* Whatever the order of the records. */
	begin(SRV, DNS_SRV, 0, 3);
	put_srv("c.example", 0, 0, 1, "h.example");
	put_cname("b.example", "c.example");
	put_cname(SRV, "b.example");
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 1);

	begin(SRV, DNS_SRV, 0, 2);
	put_cname(SRV, "b.example");
	put_cname("b.example", SRV);
	parse(SRV, DNS_SRV, false);
	assert_failed("the aliases (CNAME) of " SRV " have no end");

	for (unsigned links = DNS_CHAIN_MAX; links <= DNS_CHAIN_MAX + 1;
	     links++) {
		begin("n0.example", DNS_SRV, 0, links + 1);
		for (unsigned i = 0; i < links; i++) {
			(void)snprintf(from, sizeof(from), "n%u.example", i);
			(void)snprintf(to, sizeof(to), "n%u.example", i + 1);
			put_cname(from, to);
		}
		put_srv(to, 0, 0, 1, "h.example");
		parse("n0.example", DNS_SRV, false);
		assert_int_equal(answer.n, links == DNS_CHAIN_MAX);
	}
}

/* What stands in a record goes into commands, messages and files. */
static void
test_hosts_that_are_none(void **state)
{
	static const char *const bad[] = {"a b.example", "a\tb.example",
	    "a\033[2J.example", "a\\b.example", "a/b.example", "a_b.example",
	    "-a.example", "a-.example", "127.0.0.1", "1", "a.example.7",
	    "a@b.example", "a%b.example", "\xc3\xa9.example", "a:b.example"};
	static const char *const good[] = {
	    "a.example", "A", "1.2.example", "xn--9ca.example", "a.7b"};
	static const char nul[] = "\5a\0b.c\7example";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin(SRV, DNS_SRV, AD, 1);
		put_srv(SRV, 0, 0, 1, bad[i]);
		parse(SRV, DNS_SRV, true);
		assert_failed(
		    "what the name server answers names no possible host");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		begin(SRV, DNS_SRV, 0, 1);
		put_srv(SRV, 0, 0, 1, good[i]);
		parse(SRV, DNS_SRV, false);
		assert_int_equal(answer.n, 1);
	}
	begin(SRV, DNS_SRV, 0, 2);
	put_head(SRV, DNS_SRV, 6 + sizeof(nul));
	put("\0\0\0\0\0\1", 6);
	put(nul, sizeof(nul));
	put_srv(SRV, 0, 0, 1, "good.example");
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 1);
	assert_int_equal(answer.left_out, 1);
	assert_string_equal(answer.r[0].u.target, "good.example");
	/* A dot within a label is no dot between two. */
	begin(SRV, DNS_SRV, 0, 1);
	put_head(SRV, DNS_SRV, 6 + 13);
	put("\0\0\0\0\0\1\3a.b\7example", 6 + 12);
	put("", 1);
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 0);
	/* Nobody listens on port 0. */
	begin(SRV, DNS_SRV, 0, 1);
	put_srv(SRV, 0, 0, 0, "h.example");
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 0);
}

static void
test_too_many(void **state)
{
	(void)state;
	begin(SRV, DNS_SRV, 0, DNS_RECORDS_MAX + 5);
	for (unsigned i = 0; i < DNS_RECORDS_MAX + 5; i++)
		put_srv(SRV, i, 0, 1, "h.example");
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, DNS_RECORDS_MAX);
	assert_int_equal(answer.left_out, 5);
}

/* Cut anywhere, and with any octet changed: no crash, and no record is made
 * up of what is not there. */
static void
test_broken(void **state)
{
	static uint8_t whole[sizeof(msg)];
	size_t n;

	(void)state;
	begin(SRV, DNS_SRV, AD, 3);
	put_cname(SRV, "b.example");
	put_srv("b.example", 1, 2, 3, "h.example");
	put_srv("b.example", 1, 2, 3, "i.example");
	memcpy(whole, msg, n = msg_n);
	for (msg_n = 0; msg_n < n; msg_n++) {
		parse(SRV, DNS_SRV, true);
		assert_failed("the name server's answer is garbled");
	}
	for (size_t i = 0; i < n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(msg, whole, n);
			msg_n = n;
			msg[i] ^= (uint8_t)(1U << bit);
			parse(SRV, DNS_SRV, true);
			assert_true(answer.n <= 2);
		}
	}
	/* A record's data are its own, not what stands behind them. */
	begin(SRV, DNS_SRV, 0, 2);
	put_head(SRV, DNS_SRV, 6);
	put("\0\0\0\0\0\1", 6);
	put_srv(SRV, 0, 0, 1, "h.example");
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 1);
	assert_int_equal(answer.left_out, 1);
	begin(SRV, DNS_SRV, 0, 2);
	put_head(SRV, DNS_SRV, 6 + 3);
	put("\0\0\0\0\0\1\7ex", 6 + 3);
	put_srv("ample", 0, 0, 1, "h.example");
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 0);
	begin(SRV, DNS_SRV, 0, 1);
	put_head(SRV, DNS_SRV, 6 + 11 + 1);
	put("\0\0\0\0\0\1\1h\7example\0x", 6 + 11 + 1);
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 0);
	/* Of another class than the Internet's. */
	begin(SRV, DNS_SRV, 0, 1);
	put_srv(SRV, 0, 0, 1, "h.example");
	msg[msg_n - length_of("h.example") - 6 - 7] = 3;
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n + answer.left_out, 0);
	/* A pointer of a name to itself: the owner's, and the host's. */
	begin(SRV, DNS_SRV, 0, 2);
	put_srv(SRV, 0, 0, 1, "h.example");
	put16(0xC000 | (unsigned)msg_n);
	put("\0\x21\0\1\0\0\0\1\0\1x", 11);
	parse(SRV, DNS_SRV, false);
	assert_failed("the name server's answer is garbled");
	begin(SRV, DNS_SRV, 0, 1);
	put_head(SRV, DNS_SRV, 8);
	put("\0\0\0\0\0\1", 6);
	put16(0xC000 | (unsigned)msg_n);
	parse(SRV, DNS_SRV, false);
	assert_int_equal(answer.n, 0);
}

static void
test_server(void **state)
{
	static const struct {
		const char *text;
		int family;
		unsigned port;
	} good[] = {
	    {"127.0.0.1", AF_INET, 53},
	    {"127.0.0.1:5353", AF_INET, 5353},
	    {"::1", AF_INET6, 53},
	    {"2001:db8::1", AF_INET6, 53},
	    {"[::1]", AF_INET6, 53},
	    {"[::1]:5353", AF_INET6, 5353},
	};
	static const char *const bad[] = {"", ":", ":53", "localhost",
	    "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:x", "[::1",
	    "[::1]53", "[::1]:", "[]", "[1.2.3.4]x", "1.2.3.4 ",
	    "ns.example:53"};
	struct err e = {0};
	struct addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(dns_server_parse(good[i].text, &a, &e), 0);
		assert_int_equal(a.u.sa.sa_family, good[i].family);
		assert_int_equal(ntohs(a.u.in.sin_port), good[i].port);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear(&e);
		assert_int_equal(dns_server_parse(bad[i], &a, &e), -1);
		assert_int_equal(e.kind, ERR_USE);
		assert_int_equal(a.len, 0);
	}
}

static void
test_types(void **state)
{
	(void)state;
	assert_int_equal(dns_type_find(S("TLSA")), DNS_TLSA);
	assert_int_equal(dns_type_find(S("TXT")), 0);
	assert_string_equal(dns_type_name(DNS_SRV), "SRV");
	assert_null(dns_type_name((enum dns_type)99));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_srv),
	    cmocka_unit_test(test_mx_and_addresses),
	    cmocka_unit_test(test_tlsa),
	    cmocka_unit_test(test_authenticated),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_aliases),
	    cmocka_unit_test(test_hosts_that_are_none),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_server),
	    cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
