/* lex: lines, dot-ended bodies and counted data, however they arrive. */
#include "tests/unit/feed_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MAX_LINE = 8, ALL_PLACES = 1 << 20 };

static const struct {
	enum lex_mode mode;
	uint64_t count;
	struct str in;
	struct str out;
} cases[] = {
    /* lines */
    {.in = STR(""), .out = STR("")},
    {.in = STR("a\r\n"), .out = STR("line(a)")},
    {.in = STR("\r\n\r\n"), .out = STR("line()line()")},
    {.in = STR("a\nb\r\n"), .out = STR("bare(a)line(b)")},
    {.in = STR("\n\n"), .out = STR("bare()bare()")},
    {.in = STR("a\r"), .out = STR("")},
    {.in = STR("a"), .out = STR("")},
    {.in = STR("a\rb\r\n"), .out = STR("line(a\rb)")},
    {.in = STR("a\r\r\n"), .out = STR("line(a\r)")},
    {.in = STR("\r\n.\r\n"), .out = STR("line()line(.)")},
    {.in = STR("12345678\r\n1234567\r\n"),
	.out = STR("line(12345678)line(1234567)")},
    {.in = STR("12345678\n"), .out = STR("bare(12345678)")},
    {.in = STR("ab\r\n123456789\r\n"), .out = STR("line(ab)bad")},
    {.in = STR("123456789\n"), .out = STR("bad")},
    {.in = STR("123456789"), .out = STR("bad")},
    {.in = STR("1234567\r\r\n"), .out = STR("line(1234567\r)")},
    {.in = STR("12345678\r\r\n"), .out = STR("bad")},
    /* dot: the end */
    {.mode = LEX_MODE_DOT, .in = STR(".\r\n"), .out = STR("{}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r\n.\r\nb\r\n"),
	.out = STR("{a\r\n}line(b)")},
    {.mode = LEX_MODE_DOT,
	.in = STR("\r\n.\r\n.\r\n"),
	.out = STR("{\r\n}line(.)")},
    {.mode = LEX_MODE_DOT, .in = STR("a\r\n."), .out = STR("{a\r\n")},
    {.mode = LEX_MODE_DOT, .in = STR("a\r\n.\r"), .out = STR("{a\r\n")},
    {.mode = LEX_MODE_DOT, .in = STR(""), .out = STR("{")},
    /* dot: stuffing */
    {.mode = LEX_MODE_DOT, .in = STR("..\r\n.\r\n"), .out = STR("{.\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("..a\r\n...\r\n.\r\n"),
	.out = STR("{.a\r\n..\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a.\r\n.b\r\n.\r\n"),
	.out = STR("{a.\r\nb\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r\n..\r\n..\r\n.\r\n"),
	.out = STR("{a\r\n.\r\n.\r\n}")},
    /* dot: what other readers took for the end (CVE-2023-51764) */
    {.mode = LEX_MODE_DOT,
	.in = STR("a\n.\nb\r\n.\r\n"),
	.out = STR("{a\n.\nb\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\n.\r\nb\r\n.\r\n"),
	.out = STR("{a\n.\r\nb\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r\n.\nb\r\n.\r\n"),
	.out = STR("{a\r\n\nb\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r.\rb\r\n.\r\n"),
	.out = STR("{a\r.\rb\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r\n.\rb\r\n.\r\n"),
	.out = STR("{a\r\n\rb\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r\n.\r\r\n.\r\n"),
	.out = STR("{a\r\n\r\r\n}")},
    {.mode = LEX_MODE_DOT, .in = STR("a\r\r\n.\r\n"), .out = STR("{a\r\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\r\n\n.\r\n\r\n.\r\n"),
	.out = STR("{a\r\n\n.\r\n\r\n}")},
    {.mode = LEX_MODE_DOT, .in = STR("\n.\r\n.\r\n"), .out = STR("{\n.\r\n}")},
    {.mode = LEX_MODE_DOT, .in = STR(".\r.\r\n.\r\n"), .out = STR("{\r.\r\n}")},
    {.mode = LEX_MODE_DOT,
	.in = STR("a\0b\r\n.\r\n"),
	.out = STR("{a\0b\r\n}")},
    /* counted */
    {.mode = LEX_MODE_COUNT,
	.count = 0,
	.in = STR("a\r\n"),
	.out = STR("{}line(a)")},
    {.mode = LEX_MODE_COUNT, .count = 0, .in = STR(""), .out = STR("{}")},
    {.mode = LEX_MODE_COUNT,
	.count = 5,
	.in = STR("\r\n.\r\na\r\n"),
	.out = STR("{\r\n.\r\n}line(a)")},
    {.mode = LEX_MODE_COUNT, .count = 3, .in = STR("abc"), .out = STR("{abc}")},
    {.mode = LEX_MODE_COUNT, .count = 4, .in = STR("abc"), .out = STR("{abc")},
    {.mode = LEX_MODE_COUNT,
	.count = UINT64_MAX,
	.in = STR("abc\r\n"),
	.out = STR("{abc\r\n")},
};

static void
test_cases(void **state)
{
	struct feed_lex how;
	struct feed_parser parser = {feed_lex_run, &how};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1 << 20);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		how = (struct feed_lex){.mode = cases[i].mode,
		    .count = cases[i].count,
		    .max_line = MAX_LINE};
		assert_true(
		    feed_agrees(cases[i].in, ALL_PLACES, &parser, &out));
		assert_int_equal(out.len, cases[i].out.n);
		assert_memory_equal(buf_cstr(&out), cases[i].out.p, out.len);
	}
	buf_fini(&out);
}

/* All endings of up to 5 octets out of four, at all places where blocks of a
 * power of two may meet: in one piece as octet by octet. */
static void
test_short_within_long(void **state)
{
	struct feed_lex how = {.mode = LEX_MODE_DOT, .max_line = 1024};
	struct feed_parser parser = {feed_lex_run, &how};
	char in[300];
	struct buf out;
	unsigned code, left;
	size_t i, at;

	(void)state;
	buf_init(&out, 1 << 20);
	for (at = 120; at < 132; at++)
		for (code = 0; code < 1U << 10; code++) {
			memset(in, 'x', sizeof(in));
			for (i = 0, left = code; i < 5; i++, left /= 4)
				in[at + i] = "\r\n.a"[left % 4];
			assert_true(feed_agrees(
			    (struct str){in, sizeof(in)}, 3, &parser, &out));
		}
	buf_fini(&out);
}

/* Bodies go through in few and large pieces. */
static void
test_slices_are_large(void **state)
{
	static char body[64 << 10];
	struct str in = {body, sizeof(body)}, tok;
	struct lexer l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(body); i++)
		body[i] = "some text.\r\n"[i % 12];
	lex_init(&l, MAX_LINE);
	lex_dot(&l);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_DATA);
	assert_int_equal(tok.n, sizeof(body));
	assert_int_equal(in.n, 0);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_MORE);
}

/* A line that comes byte by byte is looked at once, not once a byte. */
static void
test_no_octet_is_searched_twice(void **state)
{
	char line[] = "a line\r\n";
	struct str in = {line, 4}, tok;
	struct lexer l;

	(void)state;
	lex_init(&l, 100);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_MORE);
	assert_int_equal(l.scanned, 4);
	/* What was searched is not searched again: this LF is not seen. */
	line[1] = '\n';
	in = (struct str){line, 8};
	assert_int_equal(lex_next(&l, &in, &tok), LEX_LINE);
	assert_int_equal(tok.n, 6);
	assert_int_equal(l.scanned, 0);
}

/* From line to body and back within one input. */
static void
test_modes_in_turn(void **state)
{
	struct str in = S("+OK\r\nbody\r\n.\r\n* {2}\r\n.\r)\r\n"), tok;
	struct lexer l;

	(void)state;
	lex_init(&l, 100);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_LINE);
	lex_dot(&l);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_DATA);
	assert_true(str_eq(tok, S("body\r\n")));
	assert_int_equal(lex_next(&l, &in, &tok), LEX_END);
	assert_int_equal(tok.n, 0);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_LINE);
	lex_count(&l, 2);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_DATA);
	assert_true(str_eq(tok, S(".\r")));
	assert_int_equal(lex_next(&l, &in, &tok), LEX_END);
	assert_int_equal(lex_next(&l, &in, &tok), LEX_LINE);
	assert_true(str_eq(tok, S(")")));
	assert_int_equal(lex_next(&l, &in, &tok), LEX_MORE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_short_within_long),
	    cmocka_unit_test(test_slices_are_large),
	    cmocka_unit_test(test_no_octet_is_searched_twice),
	    cmocka_unit_test(test_modes_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
