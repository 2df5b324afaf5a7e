/* str, near, utf8: slices, and what is read out of them. */
#include "base/near.h"
#include "base/str.h"
#include "base/utf8.h"

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
test_compare(void **state)
{
	static const struct {
		struct str a, b;
		bool eq, eqcase, starts, startscase, ends;
	} rows[] = {
	    {STR(""), STR(""), true, true, true, true, true},
	    {STR("a"), STR(""), false, false, true, true, true},
	    {STR(""), STR("a"), false, false, false, false, false},
	    {STR("ab"), STR("ab"), true, true, true, true, true},
	    {STR("aB"), STR("Ab"), false, true, false, true, false},
	    {STR("abc"), STR("AB"), false, false, false, true, false},
	    {STR("abc"), STR("ab"), false, false, true, true, false},
	    {STR("abc"), STR("bc"), false, false, false, false, true},
	    {STR("a\0b"), STR("a\0b"), true, true, true, true, true},
	    {STR("a\0b"), STR("a\0c"), false, false, false, false, false},
	    /* only ASCII has case: [ and {, @ and `, e9 and c9 differ */
	    {STR("["), STR("{"), false, false, false, false, false},
	    {STR("@"), STR("`"), false, false, false, false, false},
	    {STR("\xe9"), STR("\xc9"), false, false, false, false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].eq);
		assert_int_equal(
		    str_eqcase(rows[i].a, rows[i].b), rows[i].eqcase);
		assert_int_equal(
		    str_starts(rows[i].a, rows[i].b), rows[i].starts);
		assert_int_equal(
		    str_startscase(rows[i].a, rows[i].b), rows[i].startscase);
		assert_int_equal(str_ends(rows[i].a, rows[i].b), rows[i].ends);
	}
	assert_true(str_eq((struct str){NULL, 0}, S("")));
}

/* A pair at each place of a slice of each length, and things like it. */
static void
test_find_pair(void **state)
{
	char text[300];
	size_t at, n;

	(void)state;
	for (n = 0; n <= sizeof(text); n += n < 10 ? 1 : 29)
		for (at = 0; at < n; at++) {
			memset(text, 'b', sizeof(text));
			text[at] = 'a';
			assert_int_equal(
			    str_find_pair((struct str){text, n}, 'a', 'b'),
			    at + 1 < n ? at : n);
			assert_int_equal(
			    str_find_pair((struct str){text, n}, 'a', 'a'), n);
			assert_int_equal(
			    str_find_pair((struct str){text, n}, 'b', 'a'),
			    at > 0 ? at - 1 : n);
		}
	assert_int_equal(str_find_pair((struct str){NULL, 0}, 'a', 'b'), 0);
}

static void
test_search(void **state)
{
	(void)state;
	assert_int_equal(str_find(S("abcb"), 'b'), 1);
	assert_int_equal(str_find(S("abc"), 'x'), 3);
	assert_int_equal(str_find(S("a\0c"), 'c'), 2);
	assert_int_equal(str_find((struct str){NULL, 0}, 'x'), 0);
	assert_int_equal(str_find(str_head(S("abc"), 2), 'c'), 2);
	assert_true(str_has(S("abc"), 'c'));
	assert_false(str_has(S(""), '\0'));
	assert_true(str_has_eol(S("a\r")));
	assert_true(str_has_eol(S("\nb")));
	assert_true(str_has_eol(S("a\0b")));
	assert_false(str_has_eol(S("a\t\x0b\x1b\x85")));
	assert_int_equal(str_z(NULL).n, 0);
	assert_non_null(str_z(NULL).p);
}

static void
test_trim(void **state)
{
	(void)state;
	assert_str(str_trim(S(" \t a b\t ")), "a b");
	assert_str(str_trim(S(" \t ")), "");
	assert_str(str_trim(S("a\r\n")), "a\r\n");
	assert_str(str_chomp(S("a\r\n\n")), "a");
	assert_str(str_chomp(S("\r\n")), "");
	assert_str(str_chomp(S("a \n")), "a ");
	assert_true(str_is_ascii(S("")));
	assert_true(str_is_ascii(S("a\0~\x7f")));
	assert_false(str_is_ascii(S("caf\xc3\xa9")));
}

static void
test_cut(void **state)
{
	struct str s = S("a:b::c");

	(void)state;
	assert_str(str_cut(&s, ':'), "a");
	assert_str(str_cut(&s, ':'), "b");
	assert_str(str_cut(&s, ':'), "");
	assert_str(s, "c");
	assert_str(str_cut(&s, ':'), "c");
	assert_int_equal(s.n, 0);
	assert_str(str_cut(&s, ':'), "");
	s = S("x:");
	assert_str(str_cut(&s, ':'), "x");
	assert_int_equal(s.n, 0);
}

static void
test_word(void **state)
{
	struct str s = S("  one two\tx  ");

	(void)state;
	assert_str(str_word(&s), "one");
	assert_str(s, " two\tx  ");
	assert_str(str_word(&s), "two\tx");
	assert_str(str_word(&s), "");
	assert_str(s, "");
	assert_str(str_word(&s), "");
}

static void
test_u64(void **state)
{
	static const struct {
		const char *in;
		uint64_t max, out;
		bool good;
	} rows[] = {
	    {"0", 0, 0, true},
	    {"007", 7, 7, true},
	    {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
	    {"4294967295", UINT32_MAX, UINT32_MAX, true},
	    {"4294967296", UINT32_MAX, 0, false},
	    {"18446744073709551616", UINT64_MAX, 0, false},
	    {"18446744073709551620", UINT64_MAX, 0, false},
	    {"99999999999999999999999", UINT64_MAX, 0, false},
	    {"", 9, 0, false},
	    {"-1", 9, 0, false},
	    {"+1", 9, 0, false},
	    {" 1", 9, 0, false},
	    {"1 ", 9, 0, false},
	    {"1x", 9, 0, false},
	    {"\xb2", 9, 0, false},
	};
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		n = 77;
		assert_int_equal(
		    str_u64(str_z(rows[i].in), rows[i].max, &n), rows[i].good);
		assert_int_equal(n, rows[i].good ? rows[i].out : 77);
	}
}

static void
test_copy(void **state)
{
	char mem[4] = "xxx";

	(void)state;
	assert_string_equal(str_copy(mem, sizeof(mem), S("ab")), "ab");
	assert_string_equal(str_copy(mem, sizeof(mem), S("abc")), "abc");
	assert_string_equal(str_copy(mem, sizeof(mem), S("abcdef")), "abc");
	assert_string_equal(str_copy(mem, 1, S("abc")), "");
	assert_string_equal(str_copy(mem, sizeof(mem), S("")), "");
}

static void
test_ascii(void **state)
{
	int c;

	(void)state;
	for (c = -128; c < 128; c++) {
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

		assert_int_equal(
		    ascii_lower((char)c), upper ? (char)(c + 32) : (char)c);
		assert_int_equal(
		    ascii_upper((char)c), lower ? (char)(c - 32) : (char)c);
		assert_int_equal(ascii_alpha((char)c), upper || lower);
		assert_int_equal(ascii_digit((char)c), c >= '0' && c <= '9');
	}
}

static void
test_near(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
	    {"", "", 0},
	    {"", "abc", 3},
	    {"abc", "", 3},
	    {"FETCH", "fetch", 0},
	    {"kitten", "sitting", 3},
	    {"impa", "imap", 1},
	    {"selct", "select", 1},
	    {"ca", "abc", 3},
	    {"abcdefghijklmnopqrstuvwxyzabcdefg", "a", SIZE_MAX},
	};
	static const char *const names[] = {"LIST", "LOGIN", "LOGOUT", "RETR"};
	static const struct {
		const char *word, *best;
	} picks[] = {{"RTER", "RETR"}, {"logn", "LOGIN"}, {"logot", "LOGOUT"},
	    {"lsit", "LIST"}, {"quux", NULL}, {"", NULL}};
	struct near near;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    near_distance(str_z(rows[i].a), str_z(rows[i].b)),
		    rows[i].distance);
	for (i = 0; i < COUNT(picks); i++) {
		near_init(&near, str_z(picks[i].word));
		for (j = 0; j < COUNT(names); j++)
			near_try(&near, names[j]);
		if (picks[i].best == NULL)
			assert_null(near.best);
		else
			assert_string_equal(near.best, picks[i].best);
	}
}

/* Each character there and back; each other value is no character. */
static void
test_utf8(void **state)
{
	static const struct str bad[] = {STR("\x80"), STR("\xbf"), STR("\xc3"),
	    STR("\xc0\xaf"), STR("\xc1\xbf"), STR("\xc3("), STR("\xe2\x82"),
	    STR("\xe2("), STR("\xe0\x9f\xbf"), STR("\xed\xa0\x80"),
	    STR("\xed\xbf\xbf"), STR("\xf0\x8f\xbf\xbf"), STR("\xf0\x9f\x98"),
	    STR("\xf4\x90\x80\x80"), STR("\xf5\x80\x80\x80"), STR("\xff"),
	    STR("\xf8\x88\x80\x80\x80")};
	static const struct {
		const char *bytes;
		uint32_t c;
	} good[] = {{"a", 'a'}, {"\x7f", 0x7f}, {"\xc2\x80", 0x80},
	    {"\xdf\xbf", 0x7ff}, {"\xe0\xa0\x80", 0x800},
	    {"\xed\x9f\xbf", 0xd7ff}, {"\xee\x80\x80", 0xe000},
	    {"\xef\xbf\xbf", 0xffff}, {"\xf0\x90\x80\x80", 0x10000},
	    {"\xf4\x8f\xbf\xbf", 0x10ffff}};
	struct buf b;
	uint32_t c;
	size_t i;

	(void)state;
	buf_init(&b, 8);
	for (i = 0; i < COUNT(good); i++) {
		assert_int_equal(utf8_decode(str_z(good[i].bytes), &c),
		    strlen(good[i].bytes));
		assert_int_equal(c, good[i].c);
		assert_true(utf8_valid(str_z(good[i].bytes)));
		buf_clear(&b);
		assert_int_equal(utf8_put(&b, c), 0);
		assert_string_equal(buf_cstr(&b), good[i].bytes);
	}
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(utf8_decode(bad[i], &c), 0);
		assert_false(utf8_valid(bad[i]));
	}
	assert_true(utf8_valid(S("")));
	assert_true(utf8_valid(S("a\0\xc3\xa9")));
	assert_false(utf8_valid(S("ok\xc3\xa9\xc3")));
	assert_str(utf8_head(S("a\xe2\x82\xac"), 4), "a\xe2\x82\xac");
	assert_str(utf8_head(S("a\xe2\x82\xac"), 3), "a");
	assert_str(utf8_head(S("a\xe2\x82\xac"), 1), "a");
	assert_str(utf8_head(S("\xe2\x82\xac"), 2), "");
	buf_fini(&b);
	buf_init(&b, 2);
	assert_int_equal(utf8_put(&b, 0x20ac), -1);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find_pair),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_word),
	    cmocka_unit_test(test_u64),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_ascii),
	    cmocka_unit_test(test_near),
	    cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
