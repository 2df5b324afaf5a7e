/* vis: what strangers send does nothing to a terminal. */
#include "base/utf8.h"
#include "base/vis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	struct str in;
	const char *out;
} rows[] = {
    {STR(""), ""},
    {STR("plain ~ text"), "plain ~ text"},
    {STR("a\tb"), "a\tb"},
    {STR("\x1b[31mred"), "^[[31mred"},
    {STR("\x1b]0;title\x07"), "^[]0;title^G"},
    {STR("a\0b"), "a^@b"},
    {STR("good\rbad\n"), "good^Mbad^J"},
    {STR("\x08\x7f\x1f"), "^H^?^_"},
    {STR("caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"),
	"caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"},
    {STR("\xc2\x9b"
	 "31m"),
	"<U+009B>31m"},
    {STR("\x9b"
	 "31m"),
	"\\x9b31m"},
    {STR("\xc3"), "\\xc3"},
    {STR("\xc3("), "\\xc3("},
    {STR("\xe2\x80\xae"
	 "txt.exe"),
	"<U+202E>txt.exe"},
    {STR("a\xe2\x80\x8b"
	 "b"),
	"a<U+200B>b"},
    {STR("\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf"), "<U+2066><U+2028><U+FEFF>"},
    {STR("\xf3\xa0\x80\x81"), "<U+E0001>"},
    {STR("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
    {STR("\xc0\xaf"), "\\xc0\\xaf"},
    {STR("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
    {STR("\xff\xfe"), "\\xff\\xfe"},
};

static void
test_rows(void **state)
{
	struct buf b;
	size_t i, max;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		max = strlen(rows[i].out);
		buf_init(&b, max);
		assert_int_equal(vis_add(&b, rows[i].in), 0);
		assert_string_equal(buf_cstr(&b), rows[i].out);
		buf_fini(&b);
		if (max == 0)
			continue;
		buf_init(&b, max - 1);
		assert_int_equal(vis_add(&b, rows[i].in), -1);
		buf_fini(&b);
	}
}

/* After any two octets, behind any third: no control, valid UTF-8, and what
 * was made harmless stays as it is when it goes through again. */
static void
test_all_pairs(void **state)
{
	unsigned char in[3] = {0, 0, 'x'};
	struct buf b, again;
	struct str s;
	unsigned pair;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	buf_init(&again, 100);
	for (pair = 0; pair < 65536; pair++) {
		in[0] = (unsigned char)(pair >> 8);
		in[1] = (unsigned char)pair;
		buf_clear(&b);
		buf_clear(&again);
		assert_int_equal(
		    vis_add(&b, (struct str){(const char *)in, 3}), 0);
		s = buf_str(&b);
		assert_true(utf8_valid(s));
		for (i = 0; i < s.n; i++)
			assert_true(
			    (unsigned char)s.p[i] >= ' ' || s.p[i] == '\t');
		assert_int_equal(vis_add(&again, s), 0);
		assert_true(str_eq(buf_str(&again), s));
	}
	buf_fini(&b);
	buf_fini(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_all_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
