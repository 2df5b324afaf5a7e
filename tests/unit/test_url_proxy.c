/* url: those of proxies. */
#include "wire/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
test_proxy(void **state)
{
	/* The URL; and its parts, with a NULL for what is not there. */
	static const struct {
		const char *url, *put, *protocol, *host, *user, *password;
		uint16_t port;
		bool tls;
	} cases[] = {
	    {"socks5h://px.example", "socks5h://px.example:1080", "socks5",
		"px.example", NULL, NULL, 1080, false},
	    {"SOCKS5://px.example:99/", "socks5://px.example:99", "socks5",
		"px.example", NULL, NULL, 99, false},
	    {"http://[::1]:3128", "http://[::1]:3128", "http", "::1", NULL,
		NULL, 3128, false},
	    {"https://px.example", "https://px.example:443", "http",
		"px.example", NULL, NULL, 443, true},
	    {"http://u%40x:p%2Fq%3A@px.example/",
		"http://u%40x@px.example:1080", "http", "px.example", "u@x",
		"p/q:", 1080, false},
	    {"socks5h://u:@px.example", "socks5h://u@px.example:1080", "socks5",
		"px.example", "u", "", 1080, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct err e = {0};
		struct url u;
		struct buf b;

		arena_init(&a, 1 << 16);
		buf_init(&b, 1 << 10);
		assert_int_equal(
		    url_parse_proxy(str_z(cases[i].url), &a, &u, &e), 0);
		assert_string_equal(u.protocol.p, cases[i].protocol);
		assert_string_equal(u.host.p, cases[i].host);
		assert_int_equal(u.port, cases[i].port);
		assert_int_equal(u.tls, cases[i].tls);
		assert_true(str_eq(u.user, str_z(cases[i].user)));
		assert_int_equal(u.user.p == NULL, cases[i].user == NULL);
		assert_true(str_eq(u.password, str_z(cases[i].password)));
		assert_int_equal(
		    u.password.p == NULL, cases[i].password == NULL);
		assert_int_equal(url_put(&b, &u), 0);
		assert_string_equal(buf_cstr(&b), cases[i].put);
		buf_fini(&b);
		arena_fini(&a);
	}
}

static void
test_no_proxy(void **state)
{
	struct arena a;
	struct err e = {0};
	struct url u;

	(void)state;
	arena_init(&a, 1 << 10);
	assert_int_equal(url_parse_proxy(S(""), &a, &u, &e), 0);
	assert_null(u.host.p);
	assert_int_equal(url_parse_proxy(S("none"), &a, &u, &e), 0);
	assert_null(u.host.p);
	arena_fini(&a);
}

static void
test_proxy_faults(void **state)
{
	static const char *const cases[][2] = {
	    {"px.example:1080", "a proxy is none or SCHEME"},
	    {"secret:secret@px.example", "a proxy is none or SCHEME"},
	    {"socks5+unix:/secret", "a proxy is none or SCHEME"},
	    {"socks4://px.example", "unknown kind of proxy socks4"},
	    {"imap://px.example", "unknown kind of proxy imap"},
	    {"http://px.example/secret", "behind the host and port"},
	    {"http://u:sec/secret@px.example", "behind the host and port"},
	    {"http://px.example?secret", "behind the host and port"},
	    {"http://u;AUTH=PLAIN:secret@px.example", "a proxy takes no ;AUTH"},
	    {"http://u:secret@", "the URL names no host"},
	    {"http://u:secret@px.example:0", "the port of the URL"},
	    {"http://u:secret%0A@px.example", "the password of the URL holds"},
	    {"http://px\r\n.example", "the URL has a line end"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct err e = {0};
		struct url u;

		arena_init(&a, 1 << 16);
		assert_int_equal(
		    url_parse_proxy(str_z(cases[i][0]), &a, &u, &e), -1);
		assert_int_equal(e.kind, ERR_USE);
		if (!str_starts(str_z(e.msg), str_z(cases[i][1])))
			fail_msg("%s: %s", cases[i][0], e.msg);
		assert_null(strstr(e.msg, "secret"));
		arena_fini(&a);
	}
}

/* Of a server's URL, that goes by a proxy. */
static void
test_proxy_of_a_url(void **state)
{
	struct str with = S("imaps://h/?proxy=socks5h://u@[::1]:99&insecure");
	struct str bad = S("imaps://h/?proxy=socks5h://u:secret@px.example");
	struct arena a;
	struct err e = {0};
	struct url u;
	struct buf b;

	(void)state;
	arena_init(&a, 1 << 16);
	buf_init(&b, 1 << 10);
	assert_int_equal(url_parse(with, &a, &u, &e), 0);
	assert_string_equal(u.proxy.p, "socks5h://u@[::1]:99");
	assert_int_equal(url_put(&b, &u), 0);
	assert_string_equal(
	    buf_cstr(&b), "imaps://h?insecure&proxy=socks5h://u@[::1]:99");
	assert_int_equal(url_parse(buf_str(&b), &a, &u, &e), 0);
	assert_string_equal(u.proxy.p, "socks5h://u@[::1]:99");
	assert_int_equal(url_parse(bad, &a, &u, &e), -1);
	assert_null(strstr(e.msg, "secret"));
	buf_fini(&b);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_proxy),
	    cmocka_unit_test(test_no_proxy),
	    cmocka_unit_test(test_proxy_faults),
	    cmocka_unit_test(test_proxy_of_a_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
