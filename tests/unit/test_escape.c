/* escape: bytes that a person cannot type. */
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	struct str in, out;
	bool open;
} good[] = {
    {.in = STR(""), .out = STR("")},
    {.in = STR("EHLO x"), .out = STR("EHLO x")},
    {.in = STR("a\\r\\n\\tb"), .out = STR("a\r\n\tb")},
    {.in = STR("\\0\\e\\x00\\xfF"), .out = STR("\0\033\0\xff")},
    {.in = STR("\\\\n"), .out = STR("\\n")},
    {.in = STR("\\:open \\= \\! \\? \\."), .out = STR(":open = ! ? .")},
    {.in = STR("DATA\\n\\c"), .out = STR("DATA\n"), .open = true},
    {.in = STR("\\c"), .out = STR(""), .open = true},
    {.in = STR("caf\xc3\xa9"), .out = STR("caf\xc3\xa9")},
};

static void
test_good(void **state)
{
	struct err e = {0};
	struct buf b;
	bool open;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		buf_init(&b, 64);
		assert_int_equal(escape_undo(&b, good[i].in, &open, &e), 0);
		assert_int_equal(b.len, good[i].out.n);
		assert_memory_equal(buf_str(&b).p, good[i].out.p, b.len);
		assert_int_equal(open, good[i].open);
		buf_fini(&b);
	}
}

static void
test_bad(void **state)
{
	static const struct str bad[] = {STR("\\q"), STR("a\\"), STR("\\x"),
	    STR("\\x4"), STR("\\xg0"), STR("\\cx"), STR("\\1"), STR("\\ ")};
	struct buf b;
	bool open;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {0};

		buf_init(&b, 64);
		assert_int_equal(escape_undo(&b, bad[i], &open, &e), -1);
		assert_int_equal(e.kind, ERR_USE);
		buf_fini(&b);
	}
}

static void
test_full(void **state)
{
	struct err e = {0};
	struct buf b;
	bool open;

	(void)state;
	buf_init(&b, 3);
	assert_int_equal(escape_undo(&b, S("abcd"), &open, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
