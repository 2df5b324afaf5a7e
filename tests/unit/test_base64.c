/* base64: pairs of octets and text, and what is no base64. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	struct str plain, coded;
} pairs[] = {
    {STR(""), STR("")},
    {STR("f"), STR("Zg==")},
    {STR("fo"), STR("Zm8=")},
    {STR("foo"), STR("Zm9v")},
    {STR("foob"), STR("Zm9vYg==")},
    {STR("fooba"), STR("Zm9vYmE=")},
    {STR("foobar"), STR("Zm9vYmFy")},
    {STR("\0\xff\xfe"), STR("AP/+")},
    {STR("\0"), STR("AA==")},
};
static const struct str invalid[] = {
    STR("Z"),
    STR("Zg"),
    STR("Zg="),
    STR("Zm9"),
    STR("Zg==="),
    STR("===="),
    STR("Z==="),
    STR("Zg==Zg=="),
    STR("Zm=v"),
    STR("Zm9v "),
    STR(" Zm9v"),
    STR("Zm9v\r\n"),
    STR("Zm 9"),
    STR("Zm9\0"),
    STR("Zm9-"),
    STR("Zm9\xff"),
    STR("Zh=="), /* bits that count for nothing */
    STR("Zm9="),
    STR("="),
};

static void
test_base64(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 64);
	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(base64_encode(&b, pairs[i].plain), 0);
		assert_true(str_eq(buf_str(&b), pairs[i].coded));
		buf_clear(&b);
		assert_int_equal(base64_decode(&b, pairs[i].coded), 0);
		assert_true(str_eq(buf_str(&b), pairs[i].plain));
		buf_clear(&b);
	}
	for (i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
		assert_int_equal(base64_decode(&b, invalid[i]), -1);
		assert_int_equal(b.len, 0);
	}
	buf_fini(&b);
}

static void
test_base64_all_octets(void **state)
{
	char octets[256];
	struct buf coded, plain;
	struct str s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(octets); i++)
		octets[i] = (char)i;
	buf_init(&coded, 1024);
	buf_init(&plain, 1024);
	for (i = 0; i <= sizeof(octets); i++) {
		s = (struct str){octets + sizeof(octets) - i, i};
		assert_int_equal(base64_encode(&coded, s), 0);
		assert_int_equal(base64_decode(&plain, buf_str(&coded)), 0);
		assert_true(str_eq(buf_str(&plain), s));
		buf_clear(&coded);
		buf_clear(&plain);
	}
	buf_fini(&coded);
	buf_fini(&plain);
}

static void
test_base64_full(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 7);
	assert_int_equal(base64_encode(&b, S("foob")), -1);
	assert_int_equal(base64_encode(&b, S("foo")), 0);
	assert_int_equal(base64_decode(&b, S("Zm9vYg==")), -1);
	assert_int_equal(base64_decode(&b, S("Zm9v")), 0);
	assert_true(str_eq(buf_str(&b), S("Zm9vfoo")));
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_base64_all_octets),
	    cmocka_unit_test(test_base64_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
