/* mutf7: names there and back, and what is no name. */
#include "wire/mutf7.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct {
	const char *utf8, *mutf7;
} names[] = {
    {"", ""},
    {"INBOX", "INBOX"},
    {"a & b", "a &- b"},
    {"&&", "&-&-"},
    {"a-b~+/,", "a-b~+/,"},
    /* RFC 3501 5.1.3 */
    {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa"
     "\x9e",
	"~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
    {"caf\xc3\xa9", "caf&AOk-"},
    {"\xc3\xa9&\xc3\xa9", "&AOk-&-&AOk-"},
    {"\xc3\xa9-", "&AOk--"},
    {"\xf0\x9f\x98\x80", "&2D3eAA-"},
    {"\xc3\xa9\xc3\xa9\xc3\xa9", "&AOkA6QDp-"},
    {"\xef\xbf\xbf", "&,,8-"},
    {"\xf4\x8f\xbf\xbf", "&2,,f,w-"},
    {"a\tb", "a&AAk-b"},
    {"\x7f", "&AH8-"},
};

static void
test_names(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < COUNT(names); i++) {
		buf_clear(&b);
		assert_int_equal(mutf7_encode(&b, str_z(names[i].utf8)), 0);
		assert_string_equal(buf_cstr(&b), names[i].mutf7);
		buf_clear(&b);
		assert_int_equal(mutf7_decode(&b, str_z(names[i].mutf7)), 0);
		assert_string_equal(buf_cstr(&b), names[i].utf8);
	}
	buf_fini(&b);
}

/* Nothing is added where the answer is no. */
static void
check_no(int (*fn)(struct buf *, struct str), struct str s, struct buf *b)
{
	buf_clear(b);
	assert_int_equal(buf_addz(b, "before"), 0);
	assert_int_equal(fn(b, s), -1);
	assert_string_equal(buf_cstr(b), "before");
}

static void
test_no_names(void **state)
{
	static const struct str bad7[] = {
	    STR("&"), STR("a&"), STR("&AOk"), STR("caf\xc3\xa9"), STR("a\tb"),
	    STR("a\0b"), STR("\x7f"), STR("\r"),
	    STR("&AGE-"),      /* "a" needs no base64 */
	    STR("&ACY-"),      /* "&" has a form of its own */
	    STR("&AOk-&AOk-"), /* two shifts where one does */
	    STR("&AOk=-"),     /* padding */
	    STR("&AOl-"),      /* bits that are not zero */
	    STR("&AOkA-"),     /* a digit too many */
	    STR("&A-"), STR("&AO-"), STR("&AO/-"), STR("&AO k-"),
	    STR("&2D0-"),    /* half a pair */
	    STR("&3gA-"),    /* the other half */
	    STR("&2D3YPQ-"), /* two first halves */
	    STR("&2D0A6Q-"), /* half a pair and a letter */
	    STR("&AAA-"),    /* NUL */
	};
	static const struct str bad8[] = {
	    STR("\xe9"),
	    STR("a\xc3"),
	    STR("\xc0\xaf"),
	    STR("\xed\xa0\x80"),
	    STR("\xf4\x90\x80\x80"),
	    STR("\xf8\x88\x80\x80\x80"),
	    STR("\x80"),
	    STR("a\0b"),
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < COUNT(bad7); i++)
		check_no(mutf7_decode, bad7[i], &b);
	for (i = 0; i < COUNT(bad8); i++)
		check_no(mutf7_encode, bad8[i], &b);
	buf_fini(&b);
}

static void
test_full(void **state)
{
	struct str in = S("a&\xc3\xa9\xf0\x9f\x98\x80"), out;
	struct buf want, b;
	size_t max;

	(void)state;
	buf_init(&want, 100);
	assert_int_equal(mutf7_encode(&want, in), 0);
	out = buf_str(&want);
	for (max = 0; max < out.n; max++) {
		buf_init(&b, max);
		assert_int_equal(mutf7_encode(&b, in), -1);
		assert_int_equal(b.len, 0);
		buf_fini(&b);
	}
	for (max = 0; max < in.n; max++) {
		buf_init(&b, max);
		assert_int_equal(mutf7_decode(&b, out), -1);
		assert_int_equal(b.len, 0);
		buf_fini(&b);
	}
	buf_fini(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_no_names),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
