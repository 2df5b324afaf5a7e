/* pop3: status lines, time stamps of APOP, listings. */
#include "wire/pop3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

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
		enum pop3_status status;
		const char *code, *text;
	} rows[] = {
	    {"+OK", POP3_OK, "", ""},
	    {"+OK ", POP3_OK, "", ""},
	    {"+ok 2 320", POP3_OK, "", "2 320"},
	    {"-ERR no", POP3_ERR, "", "no"},
	    {"-err", POP3_ERR, "", ""},
	    {"-ERR [IN-USE] busy", POP3_ERR, "IN-USE", "busy"},
	    {"-ERR [SYS/TEMP] later", POP3_ERR, "SYS/TEMP", "later"},
	    {"-ERR [AUTH]", POP3_ERR, "AUTH", ""},
	    {"+OK [X-Y] [Z] t", POP3_OK, "X-Y", "[Z] t"},
	    {"-ERR [two words] x", POP3_ERR, "", "[two words] x"},
	    {"-ERR [] x", POP3_ERR, "", "[] x"},
	    {"-ERR [open", POP3_ERR, "", "[open"},
	    {"-ERR [a[b] x", POP3_ERR, "", "[a[b] x"},
	    {"-ERR x [AUTH]", POP3_ERR, "", "x [AUTH]"},
	    {"+ ", POP3_CONTINUE, "", ""},
	    {"+", POP3_CONTINUE, "", ""},
	    {"+ PDE+", POP3_CONTINUE, "", "PDE+"},
	    {"+ [x] y", POP3_CONTINUE, "", "[x] y"},
	};
	static const char *const bad[] = {"", "O", "OK", "+O", "+OKAY", "-",
	    "-ER", "-ERROR x", " +OK", "* OK", "250 x", "+x", "."};
	struct pop3_line got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(pop3_line(str_z(rows[i].in), &got));
		assert_int_equal(got.status, rows[i].status);
		assert_str(got.code, rows[i].code);
		assert_str(got.text, rows[i].text);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(pop3_line(str_z(bad[i]), &got));
}

static void
test_timestamp(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"ready <1896.697170952@mail.example>",
		"<1896.697170952@mail.example>"},
	    {"<a.b_c=/+@[10.0.0.1]> hi", "<a.b_c=/+@[10.0.0.1]>"},
	    {"<1@[IPv6:::1]>", "<1@[IPv6:::1]>"},
	    {"ready", ""},
	    {"", ""},
	    {"<", ""},
	    {"<>", ""},
	    {"<@>", ""},
	    {"<a@>", ""},
	    {"<@b>", ""},
	    {"<a@b", ""},
	    {"a@b>", ""},
	    {"<a b@c>", ""},
	    {"<a@b@c>", ""},
	    {"<a..b@c>", ""},
	    {"<.a@c>", ""},
	    {"<a@c.>", ""},
	    {"<a@[b>", ""},
	    {"<a@[b]c]>", ""},
	    {"<a@[b\\]>", ""},
	    {"<\"a\"@c>", ""},
	    {"<a\x80@c>", ""},
	    {"<a\x01@c>", ""},
	    {"<a@[\xff]>", ""},
	    {"<a(b)@c>", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_str(pop3_timestamp(str_z(rows[i].in)), rows[i].out);
	assert_int_equal(pop3_timestamp(S("<a\0@b>")).n, 0);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *in;
		bool zero_ok, good;
		uint64_t n, size;
	} rows[] = {
	    {"1 120", false, true, 1, 120},
	    {"0 0", true, true, 0, 0},
	    {"2 320 octets", false, true, 2, 320},
	    {" 2  320 ", false, true, 2, 320},
	    {"1 9223372036854775807", false, true, 1, INT64_MAX},
	    {"0 0", false, false, 0, 0},
	    {"1 9223372036854775808", false, false, 0, 0},
	    {"99999999999999999999 1", false, false, 0, 0},
	    {"1", false, false, 0, 0},
	    {"1 ", false, false, 0, 0},
	    {"1 -1", false, false, 0, 0},
	    {"-1 1", false, false, 0, 0},
	    {"1 0x10", false, false, 0, 0},
	    {"1 120octets", false, false, 0, 0},
	    {"a b", false, false, 0, 0},
	    {"", false, false, 0, 0},
	};
	uint64_t n, size;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		n = size = 77;
		assert_int_equal(
		    pop3_numbers(str_z(rows[i].in), rows[i].zero_ok, &n, &size),
		    rows[i].good);
		assert_int_equal(n, rows[i].good ? rows[i].n : 77);
		assert_int_equal(size, rows[i].good ? rows[i].size : 77);
	}
}

static void
test_uid(void **state)
{
	static const char seventy[] = "1 1234567890123456789012345678901234567"
				      "890123456789012345678901234567890";
	static const char *const bad[] = {"", "1", "1 ", "0 a", "-1 a", "a b",
	    "1 a b", "1 a\x80", "1 a\x7f", "1 \x1b[", "1 \t"};
	struct str uid;
	uint64_t n;
	char more[sizeof(seventy) + 1];
	size_t i;

	(void)state;
	assert_true(pop3_uid(S("1 whqtswO00WBw418f9t5JxYwZ"), &n, &uid));
	assert_int_equal(n, 1);
	assert_str(uid, "whqtswO00WBw418f9t5JxYwZ");
	assert_true(pop3_uid(S("23 ! "), &n, &uid));
	assert_int_equal(n, 23);
	assert_str(uid, "!");
	assert_true(pop3_uid(str_z(seventy), &n, &uid));
	assert_int_equal(uid.n, 70);
	memcpy(more, seventy, sizeof(seventy));
	memcpy(more + strlen(seventy), "x", 2);
	assert_false(pop3_uid(str_z(more), &n, &uid));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(pop3_uid(str_z(bad[i]), &n, &uid));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_timestamp),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
