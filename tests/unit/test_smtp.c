/* smtp: reply lines, enhanced status codes, keywords, addresses, paths. */
#include "wire/smtp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
assert_str(struct str s, const char *z)
{
	assert_int_equal(s.n, strlen(z));
	assert_memory_equal(s.p, z, s.n);
}

static void
test_line(void **state)
{
	static const struct {
		const char *in;
		unsigned code;
		bool more;
		const char *text, *status, *message;
	} rows[] = {
	    {"250", 250, false, "", "", ""},
	    {"250 ", 250, false, "", "", ""},
	    {"250-", 250, true, "", "", ""},
	    {"250 ok", 250, false, "ok", "", "ok"},
	    {"250-SIZE 1000", 250, true, "SIZE 1000", "", "SIZE 1000"},
	    {"550 5.1.1 no such user", 550, false, "5.1.1 no such user",
		"5.1.1", "no such user"},
	    {"550-5.1.1 no", 550, true, "5.1.1 no", "5.1.1", "no"},
	    {"250 2.0.0", 250, false, "2.0.0", "2.0.0", ""},
	    {"452 4.2.2  full", 452, false, "4.2.2  full", "4.2.2", "full"},
	    /* a status of another class is text (RFC 2034 4) */
	    {"250 5.1.1 x", 250, false, "5.1.1 x", "", "5.1.1 x"},
	    {"354 3.0.0 x", 354, false, "3.0.0 x", "", "3.0.0 x"},
	    {"220 2.0.0.1 x", 220, false, "2.0.0.1 x", "", "2.0.0.1 x"},
	    {"220 2.0 x", 220, false, "2.0 x", "", "2.0 x"},
	    {"599 x", 599, false, "x", "", "x"},
	    {"200 x", 200, false, "x", "", "x"},
	};
	static const char *const bad[] = {"", "2", "25", "199 x", "600 x",
	    "2500", "250x", "25x", "x50", " 250 x", "250\tx", "-50 x", "2a0 x",
	    "+OK", "* OK"};
	struct smtp_line got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(smtp_line(str_z(rows[i].in), &got));
		assert_int_equal(got.code, rows[i].code);
		assert_int_equal(got.more, rows[i].more);
		assert_str(got.text, rows[i].text);
		assert_str(got.status, rows[i].status);
		assert_str(got.message, rows[i].message);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(smtp_line(str_z(bad[i]), &got));
}

static void
test_status(void **state)
{
	static const char *const good[] = {
	    "2.0.0", "4.7.12", "5.999.999", "5.1.10"};
	static const char *const bad[] = {"", "2", "2.", "2.0", "2.0.", "2..0",
	    "1.0.0", "3.0.0", "6.0.0", "2.0.0.", "2.0.0 ", "2.1000.0",
	    "2.0.1000", "22.0.0", "2.a.0", "2.0.a", " 2.0.0", "-2.0.0"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(smtp_status(str_z(good[i])));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(smtp_status(str_z(bad[i])));
}

static void
test_keyword(void **state)
{
	static const struct {
		const char *in, *keyword, *params;
	} rows[] = {
	    {"PIPELINING", "PIPELINING", ""},
	    {"SIZE 1000", "SIZE", "1000"},
	    {" size  1000 ", "size", "1000"},
	    {"AUTH PLAIN LOGIN", "AUTH", "PLAIN LOGIN"},
	    {"AUTH=LOGIN", "AUTH", "LOGIN"},
	    {"auth=LOGIN PLAIN", "auth", "LOGIN PLAIN"},
	    {"AUTH=", "AUTH", ""},
	    {"X=Y Z", "X=Y", "Z"},
	    {"", "", ""},
	};
	struct str keyword, params;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		keyword = smtp_keyword(str_z(rows[i].in), &params);
		assert_str(keyword, rows[i].keyword);
		assert_str(params, rows[i].params);
	}
}

static void
test_address(void **state)
{
	static const struct {
		struct str s;
		bool ascii, utf8;
	} rows[] = {
	    {STR(""), true, true},
	    {STR("a@b.example"), true, true},
	    {STR("postmaster"), true, true},
	    {STR("a.b+c=d/e{f}@[127.0.0.1]"), true, true},
	    {STR("a@[IPv6:::1]"), true, true},
	    {STR("\"a b<c>@\"@d.example"), true, true},
	    {STR("\"a\\\"b\\\\\"@d.example"), true, true},
	    {STR("\"a\""), true, true},
	    {STR("gr\xc3\xbc\xc3\x9f@d.example"), false, true},
	    {STR("\"\xc3\xbc\"@d.example"), false, true},
	    {STR("a@b\r\nRCPT TO:<c@d>"), false, false},
	    {STR("a\r@b"), false, false},
	    {STR("a\n@b"), false, false},
	    {STR("a\0@b"), false, false},
	    {STR("\"a\r\"@b"), false, false},
	    {STR("\"a\\\r\"@b"), false, false},
	    {STR("a\x1b@b"), false, false},
	    {STR("a\x7f@b"), false, false},
	    {STR("a\t@b"), false, false},
	    {STR("a\xc2\x9b@b"), false, false}, /* CSI of C1 */
	    {STR("a b@c"), false, false},
	    {STR("a@b>"), false, false},
	    {STR("<a@b"), false, false},
	    {STR("a\\"), false, false},
	    {STR("a\"b\"@c"), false, false},
	    {STR("\""), false, false},
	    {STR("\"a"), false, false},
	    {STR("\"a\\\""), false, false},
	    {STR("\"a\"b@c"), false, false},
	    {STR("\"a\">@c"), false, false},
	    {STR("\"a\"@b> x"), false, false},
	    {STR("gr\xfc\xdf@b"), false, false},
	    {STR("a@b\xc3"), false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(smtp_address(rows[i].s, false), rows[i].ascii);
		assert_int_equal(smtp_address(rows[i].s, true), rows[i].utf8);
	}
}

static void
test_domain(void **state)
{
	static const struct {
		struct str s;
		bool ascii, utf8;
	} rows[] = {
	    {STR("x"), true, true},
	    {STR("X-1.test"), true, true},
	    {STR("1.2.3.4"), true, true},
	    {STR("[127.0.0.1]"), true, true},
	    {STR("[IPv6:::1]"), true, true},
	    {STR("[ipv6:2001:db8::1]"), true, true},
	    {STR("gr\xc3\xbc\xc3\x9f.test"), false, true},
	    {STR("gr\xc3.test"), false, false},
	    {STR(""), false, false},
	    {STR("-x"), false, false},
	    {STR("x-"), false, false},
	    {STR("x-.test"), false, false},
	    {STR(".x"), false, false},
	    {STR("x."), false, false},
	    {STR("x..y"), false, false},
	    {STR("x_y"), false, false},
	    {STR("x y"), false, false},
	    {STR("x\0y"), false, false},
	    {STR("["), false, false},
	    {STR("[]"), false, false},
	    {STR("[127.0.0.1"), false, false},
	    {STR("[127.0.0]"), false, false},
	    {STR("[::1]"), false, false},
	    {STR("[IPv6:]"), false, false},
	    {STR("[IPv6:127.0.0.1]"), false, false},
	    {STR("[127.0.0.1\0]"), false, false},
	    {STR("[x:y]"), false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(smtp_domain(rows[i].s, false), rows[i].ascii);
		assert_int_equal(smtp_domain(rows[i].s, true), rows[i].utf8);
	}
}

static void
test_mailbox(void **state)
{
	static const struct {
		const char *in;
		bool good;
	} rows[] = {
	    {"a@b", true},
	    {"a", true},
	    {"a.b.@c.test", true},
	    {"!#$%&'*+-/=?^_`{|}~@c", true},
	    {"\"a b@(c)\"@d", true},
	    {"\"\"@d", true},
	    {"\"a\"", true},
	    {"a@[127.0.0.1]", true},
	    {"", false},
	    {"@b", false},
	    {"a@", false},
	    {"a@b@c", false},
	    {"a@-b", false},
	    {"a,b@c", false},
	    {"a(b)@c", false},
	    {"a:b@c", false},
	    {"a[b@c", false},
	    {"a\\b@c", false},
	    {"\"a\"b@c", false},
	    {"\"a", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    smtp_mailbox(str_z(rows[i].in), false), rows[i].good);
}

static void
test_path(void **state)
{
	static const struct {
		const char *in, *path, *rest; /* path NULL: none */
	} rows[] = {
	    {"<a@b>", "a@b", ""},
	    {" <a@b>  ", "a@b", ""},
	    {"<>", "", ""},
	    {"<a@b> SIZE=10 BODY=8BITMIME", "a@b", " SIZE=10 BODY=8BITMIME"},
	    {"<@x,@y:a@b>", "a@b", ""},
	    {"<\"a>b\"@c> X", "\"a>b\"@c", " X"},
	    {"<\"a\\\">\"@c>", "\"a\\\">\"@c", ""},
	    {"<@x:\">\"@c>", "\">\"@c", ""},
	    {.in = ""},
	    {.in = "<"},
	    {.in = "<a@b"},
	    {.in = "a@b"},
	    {.in = "a<b>"},
	    {.in = "<a>b"},
	    {.in = "<@x>"},
	    {.in = "<@x> y:z>"},
	    {.in = "<@x,"},
	    {.in = "<@x:>"},
	    {.in = "<@:a@b>"},
	    {.in = "<@x,y:a@b>"},
	    {.in = "<@x,:a@b>"},
	    {.in = "<@x,,@y:a@b>"},
	};
	struct str s, path;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		s = str_z(rows[i].in);
		assert_int_equal(smtp_path(&s, &path), rows[i].path != NULL);
		if (rows[i].path == NULL)
			continue;
		assert_str(path, rows[i].path);
		assert_str(s, rows[i].rest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_keyword),
	    cmocka_unit_test(test_address),
	    cmocka_unit_test(test_domain),
	    cmocka_unit_test(test_mailbox),
	    cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
