/* width: the columns of a text on a terminal, in any locale. */
#include "base/width.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	struct str in;
	size_t columns;
} rows[] = {
    {STR(""), 0},
    {STR("plain"), 5},
    {STR("caf\xc3\xa9"), 4},
    {STR("cafe\xcc\x81"), 4},		  /* e and a combining accent */
    {STR("\xe6\x97\xa5\xe6\x9c\xac"), 4}, /* two wide characters */
    {STR("\xf0\x9f\x98\x80"), 2},	  /* a face */
    {STR("\xff\xfe"), 2},		  /* no UTF-8: one each */
    {STR("\xe6\x97"), 2},
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(width_of(rows[i].in), rows[i].columns);
	/* What the caller's locale is does not matter, and is kept. */
	assert_string_equal(setlocale(LC_CTYPE, NULL), "C");
}

static void
check_head(const char *text, size_t n, const char *head)
{
	struct str got = width_head(str_z(text), n);

	assert_int_equal(got.n, strlen(head));
	assert_memory_equal(got.p, head, got.n);
}

static void
test_heads(void **state)
{
	(void)state;
	check_head("plain", 0, "");
	check_head("plain", 3, "pla");
	check_head("plain", 9, "plain");
	check_head("a\xe6\x97\xa5z", 2, "a"); /* none is cut in half */
	check_head("a\xe6\x97\xa5z", 3, "a\xe6\x97\xa5");
	check_head("e\xcc\x81x", 1, "e\xcc\x81");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
