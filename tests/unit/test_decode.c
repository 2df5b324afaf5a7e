/* decode: transfer encodings and charsets, however their input is cut. */
#include "tests/unit/feed.h"
#include "wire/decode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { ALL_PLACES = 1 << 20 };

#define U "\xef\xbf\xbd" /* U+FFFD */

static void
test_encoding(void **state)
{
	static const struct {
		const char *in;
		enum transfer_encoding encoding;
	} rows[] = {
	    {"", TRANSFER_IDENTITY},
	    {" (none)\r\n ", TRANSFER_IDENTITY},
	    {"7bit", TRANSFER_IDENTITY},
	    {" 8BIT ", TRANSFER_IDENTITY},
	    {"binary", TRANSFER_IDENTITY},
	    {"base64", TRANSFER_BASE64},
	    {"(x) Base64 (y)\r\n", TRANSFER_BASE64},
	    {"quoted-printable", TRANSFER_QUOTED_PRINTABLE},
	    {"Quoted-Printable", TRANSFER_QUOTED_PRINTABLE},
	    {"base64 x", TRANSFER_UNKNOWN},
	    {"base64;", TRANSFER_UNKNOWN},
	    {"base64 (", TRANSFER_UNKNOWN},
	    {"\"base64\"", TRANSFER_UNKNOWN},
	    {"x-uuencode", TRANSFER_UNKNOWN},
	    {"base6", TRANSFER_UNKNOWN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    transfer_encoding(str_z(rows[i].in)), rows[i].encoding);
	assert_int_equal(
	    transfer_encoding((struct str){NULL, 0}), TRANSFER_IDENTITY);
}

static void
run_transfer(struct feed *f, struct buf *out, void *ctx)
{
	struct transfer t;

	transfer_init(&t, *(enum transfer_encoding *)ctx);
	while (feed_more(f)) {
		assert_int_equal(transfer_feed(&t, f->in, out), 0);
		f->in = str_skip(f->in, f->in.n);
	}
	assert_int_equal(transfer_end(&t, out), 0);
	transfer_fini(&t);
}

static const struct {
	enum transfer_encoding encoding;
	struct str in, out;
} transfers[] = {
    {TRANSFER_IDENTITY, STR("a=41\r\n\0"), STR("a=41\r\n\0")},
    {TRANSFER_UNKNOWN, STR("a=41"), STR("a=41")},
    /* RFC 4648 10 */
    {TRANSFER_BASE64, STR(""), STR("")},
    {TRANSFER_BASE64, STR("Zg=="), STR("f")},
    {TRANSFER_BASE64, STR("Zm8="), STR("fo")},
    {TRANSFER_BASE64, STR("Zm9v"), STR("foo")},
    {TRANSFER_BASE64, STR("Zm9vYg=="), STR("foob")},
    {TRANSFER_BASE64, STR("Zm9vYmE="), STR("fooba")},
    {TRANSFER_BASE64, STR("Zm9vYmFy"), STR("foobar")},
    {TRANSFER_BASE64, STR("++//"), STR("\xfb\xef\xff")},
    {TRANSFER_BASE64, STR("AAAA"), STR("\0\0\0")},
    /* lines, and what is no base64 */
    {TRANSFER_BASE64, STR("Zm\r\n9v\r\n"), STR("foo")},
    {TRANSFER_BASE64, STR(" Z-m9\xff!v\0"), STR("foo")},
    /* another unit behind the padding */
    {TRANSFER_BASE64, STR("Zg==Zg=="), STR("ff")},
    {TRANSFER_BASE64, STR("Zm8=\r\nZm9v"), STR("fofoo")},
    /* no padding, or nothing but it */
    {TRANSFER_BASE64, STR("Zg"), STR("f")},
    {TRANSFER_BASE64, STR("Zm8"), STR("fo")},
    {TRANSFER_BASE64, STR("Z"), STR("")},
    {TRANSFER_BASE64, STR("Zm9vZ"), STR("foo")},
    {TRANSFER_BASE64, STR("=Zm9v"), STR("foo")},
    {TRANSFER_BASE64, STR("Z=Zm9v"), STR("foo")},
    {TRANSFER_BASE64, STR("===="), STR("")},
    /* RFC 2045 6.7 */
    {TRANSFER_QUOTED_PRINTABLE, STR(""), STR("")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a b\r\nc\r\n"), STR("a b\r\nc\r\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=41=62=3D=c3=BC=00"),
	STR("Ab=\xc3\xbc\0")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a=\r\nb"), STR("ab")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a=\nb"), STR("ab")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a= \t \r\nb"), STR("ab")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a =\r\n b"), STR("a  b")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=0D=0A"), STR("\r\n")},
    /* blanks at the end of a line are not the writer's */
    {TRANSFER_QUOTED_PRINTABLE, STR("a \t\r\nb \nc"), STR("a\r\nb\nc")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a=20\r\n"), STR("a \r\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a \t b"), STR("a \t b")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a \r b"), STR("a \r b")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a \r\r\n"), STR("a \r\r\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a \r=41"), STR("a \rA")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a  "), STR("a")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a\r"), STR("a")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a="), STR("a")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a= \r"), STR("a")},
    /* a "=" that means nothing */
    {TRANSFER_QUOTED_PRINTABLE, STR("a=b"), STR("a=b")},
    {TRANSFER_QUOTED_PRINTABLE, STR("a=b\r\n"), STR("a=b\r\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=4=41"), STR("=4A")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=4\n"), STR("=4\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=4\r\n"), STR("=4\r\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("==41"), STR("=A")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=4X=X4"), STR("=4X=X4")},
    {TRANSFER_QUOTED_PRINTABLE, STR("= x"), STR("= x")},
    {TRANSFER_QUOTED_PRINTABLE, STR("= \rx"), STR("= \rx")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=\r=41"), STR("=\rA")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=4"), STR("=4")},
    {TRANSFER_QUOTED_PRINTABLE, STR("=4 \r\n"), STR("=4\r\n")},
    {TRANSFER_QUOTED_PRINTABLE, STR("\xff\0"), STR("\xff\0")},
};

static void
test_transfer(void **state)
{
	enum transfer_encoding encoding;
	struct feed_parser parser = {run_transfer, &encoding};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(transfers); i++) {
		encoding = transfers[i].encoding;
		assert_true(
		    feed_agrees(transfers[i].in, ALL_PLACES, &parser, &out));
		assert_int_equal(out.len, transfers[i].out.n);
		assert_memory_equal(
		    buf_cstr(&out), transfers[i].out.p, out.len);
	}
	buf_fini(&out);
}

/* Blanks without end are text but for the last ones. */
static void
test_blanks(void **state)
{
	enum { SIZE = 100000 };
	enum transfer_encoding encoding = TRANSFER_QUOTED_PRINTABLE;
	struct feed_parser parser = {run_transfer, &encoding};
	char *p = malloc(SIZE + 2);
	struct buf out;

	(void)state;
	assert_non_null(p);
	memset(p, ' ', SIZE);
	memcpy(p + SIZE, "\r\n", 2);
	buf_init(&out, 2 * SIZE);
	assert_true(feed_agrees((struct str){p, SIZE + 2}, 3, &parser, &out));
	assert_in_range(out.len, SIZE - 1000, SIZE);
	assert_true(str_ends(buf_str(&out), S(" \r\n")));
	p[0] = '=';
	assert_true(feed_agrees((struct str){p, SIZE + 2}, 3, &parser, &out));
	assert_true(str_starts(buf_str(&out), S("= ")));
	buf_fini(&out);
	free(p);
}

struct charset_case {
	const char *name;
	struct str in, out;
};

static void
run_charset(struct feed *f, struct buf *out, void *ctx)
{
	struct charset *c = charset_open(str_z(ctx));

	assert_non_null(c);
	while (feed_more(f)) {
		assert_int_equal(charset_feed(c, f->in, out), 0);
		f->in = str_skip(f->in, f->in.n);
	}
	assert_int_equal(charset_end(c, out), 0);
	charset_close(c);
}

static const struct charset_case charsets[] = {
    {"", STR("a\r\n\0"), STR("a\r\n\0")},
    {"US-ASCII", STR("a\x80\xff"), STR("a" U U)},
    {"utf-8", STR("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
	STR("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80")},
    {"UTF-8", STR("\xff\xc3\xff\xe2\x82g\xf0\x9f\x98"),
	STR(U U U U U "g" U U U)},
    {"utf8", STR("\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80"),
	STR(U U U U U U U U U)},
    {"utf8", STR("\xc3"), STR(U)},
    {"iso-8859-1", STR("gr\xfc\xdf"), STR("gr\xc3\xbc\xc3\x9f")},
    {"ISO_8859-15", STR("\xa4"), STR("\xe2\x82\xac")},
    {"Latin1", STR("\xe9"), STR("\xc3\xa9")},
    {"windows-1252", STR("\x80\x81"), STR("\xe2\x82\xac" U)},
    {"cp1251", STR("\xcf"), STR("\xd0\x9f")},
    {"koi8-r", STR("\xf0\xd2"), STR("\xd0\x9f\xd1\x80")},
    {"shift_jis", STR("\x93\xfa\x96\x7b\xb1"),
	STR("\xe6\x97\xa5\xe6\x9c\xac\xef\xbd\xb1")},
    {"euc-jp", STR("\xc6\xfc\xcb\xdc\xc6"), STR("\xe6\x97\xa5\xe6\x9c\xac" U)},
    {"iso-2022-jp", STR("a\x1b$BF|K\\\x1b(Bz"),
	STR("a\xe6\x97\xa5\xe6\x9c\xacz")},
    {"gb2312", STR("\xd6\xd0\xce\xc4"), STR("\xe4\xb8\xad\xe6\x96\x87")},
    {"big5", STR("\xa4\xa4"), STR("\xe4\xb8\xad")},
    {"euc-kr", STR("\xc7\xd1"), STR("\xed\x95\x9c")},
};

static void
test_charsets(void **state)
{
	struct feed_parser parser = {run_charset, NULL};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(charsets); i++) {
		parser.ctx = (void *)(uintptr_t)charsets[i].name;
		assert_true(
		    feed_agrees(charsets[i].in, ALL_PLACES, &parser, &out));
		assert_int_equal(out.len, charsets[i].out.n);
		assert_memory_equal(buf_cstr(&out), charsets[i].out.p, out.len);
	}
	buf_fini(&out);
}

static void
test_charset_names(void **state)
{
	static const char *const bad[] = {"x", "utf-", "utf-8 ", "iso-8859-0",
	    "iso-8859-17", "iso-8859-", "iso-8859-1x", "windows-1249", "cp1259",
	    "//IGNORE", "utf-8//TRANSLIT", "utf-7", "wchar_t", "INTERNAL",
	    "char", "../x", "utf-16",
	    "windows-0000000000000000000000000000000001252"};
	static const char *const good[] = {"ISO-8859-16", "windows-1250",
	    "CP1258", "big5-hkscs", "iso-2022-kr", "ks_c_5601-1987",
	    "iso-8859-8-i", "macintosh", "tis-620", "iso-2022-jp-2", "ibm852"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_null(charset_open(str_z(bad[i])));
	assert_null(charset_open(S("utf-8\0")));
	for (i = 0; i < COUNT(good); i++) {
		struct charset *c = charset_open(str_z(good[i]));
		assert_non_null(c);
		charset_close(c);
	}
	charset_close(NULL);
}

/* More than one step of the converter, and a full buffer at every size. */
static void
test_full(void **state)
{
	static const char *const names[] = {
	    "us-ascii", "utf-8", "iso-8859-1", "iso-2022-jp"};
	char in[3000];
	struct str s = {in, sizeof(in)};
	struct charset *c;
	struct buf out;
	size_t i, max, need;

	(void)state;
	memset(in, 'a', sizeof(in));
	in[0] = in[2999] = (char)0xfc;
	for (i = 0; i < COUNT(names); i++) {
		for (max = 0, need = 3004; max <= need; max += 7) {
			buf_init(&out, max);
			c = charset_open(str_z(names[i]));
			if (charset_feed(c, s, &out) < 0 ||
			    charset_end(c, &out) < 0) {
				assert_true(max < 3004);
			} else {
				assert_true(max >= 3000);
				need = max;
			}
			charset_close(c);
			buf_fini(&out);
		}
		assert_in_range(need, 3002, 3010);
	}
}

static void
test_transfer_full(void **state)
{
	struct transfer t;
	struct buf out;
	size_t max;

	(void)state;
	for (max = 0; max <= 6; max++) {
		buf_init(&out, max);
		transfer_init(&t, TRANSFER_BASE64);
		assert_int_equal(
		    transfer_feed(&t, S("Zm9vYmFy"), &out), max < 6 ? -1 : 0);
		transfer_fini(&t);
		buf_clear(&out);
		transfer_init(&t, TRANSFER_QUOTED_PRINTABLE);
		assert_int_equal(transfer_feed(&t, S("a=42 \r\n=x"), &out),
		    max < 6 ? -1 : 0);
		transfer_fini(&t);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encoding),
	    cmocka_unit_test(test_transfer),
	    cmocka_unit_test(test_blanks),
	    cmocka_unit_test(test_charsets),
	    cmocka_unit_test(test_charset_names),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_transfer_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
