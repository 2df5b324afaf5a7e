/* header: fields, folded and odd ones, and what people read in them. */
#include "wire/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* A copy of exactly s.n octets: ASan sees a read past them. */
static struct str
exact(struct str s)
{
	char *p = malloc(s.n > 0 ? s.n : 1);

	assert_non_null(p);
	memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

static void
drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static void
test_fields(void **state)
{
	/* Fields as "name(value)" with line ends as "$". */
	static const struct {
		struct str in;
		const char *out;
	} rows[] = {
	    {STR(""), ""},
	    {STR("\r\n"), ""},
	    {STR("\n"), ""},
	    {STR("\r\nA: b\r\n"), ""},
	    {STR("A: b\r\n"), "A( b)"},
	    {STR("A: b\n"), "A( b)"},
	    {STR("A: b"), "A( b)"},
	    {STR("A: b\r"), "A( b$)"},
	    {STR("A:b\r\nC:d\r\n\r\nE:f\r\n"), "A(b)C(d)"},
	    {STR("A:\r\nB:\r\n"), "A()B()"},
	    {STR("A: b\r\n c\r\n\td\r\nE:f\r\n"), "A( b$$ c$$\td)E(f)"},
	    {STR("A: b\n c\n\nE:f\n"), "A( b$ c)"},
	    {STR("A:\r\n b\r\n"), "A($$ b)"},
	    {STR("A: b\r\n \r\nC:d\r\n"), "A( b$$ )C(d)"},
	    {STR("A: b\r\n "), "A( b$$ )"},
	    {STR("A: b\rC: d\r\n"), "A( b$C: d)"},
	    {STR("A: b\r\r\nC:d\r\n"), "A( b$)C(d)"},
	    /* spaces in front of the colon, colons in the value */
	    {STR("A : b:c\r\nD\t\t: e\r\n"), "A( b:c)D( e)"},
	    {STR("a!~#:b\r\n"), "a!~#(b)"},
	    /* what is no field, its continuation lines included */
	    {STR("nothing\nA:b\n"), "A(b)"},
	    {STR("A:b\nnothing"), "A(b)"},
	    {STR("no colon\r\nA:b\r\n"), "A(b)"},
	    {STR("no colon\r\n : here\r\nA:b\r\n"), "A(b)"},
	    {STR("From a@b Mon 10:00\r\n c: d\r\nA:b\r\n"), "A(b)"},
	    {STR(" A: b\r\nC:d\r\n"), "C(d)"},
	    {STR(": b\r\nC:d\r\n"), "C(d)"},
	    {STR("A\x01: b\r\nC:d\r\n"), "C(d)"},
	    {STR("A\0: b\r\nC:d\r\n"), "C(d)"},
	    {STR("\xc3\xbc: b\r\nC:d\r\n"), "C(d)"},
	    {STR("A\r: b\r\nC:d\r\n"), "C(d)"},
	    {STR("A: b\r\n\r\r\nC:d\r\n"), "A( b)C(d)"},
	    {STR("\r\r\nC:d\r\n"), "C(d)"},
	};
	struct str all, in;
	struct field f;
	struct buf out;
	size_t i, n;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&out);
		for (n = 0; n <= rows[i].in.n; n++) {
			all = in = exact(str_head(rows[i].in, n));
			buf_clear(&out);
			while (header_next(&in, &f)) {
				assert_true(f.whole.p + f.whole.n == in.p);
				assert_true(f.name.p == f.whole.p);
				(void)buf_addf(&out, "%.*s(%.*s)", STRF(f.name),
				    STRF(f.value));
			}
			assert_true(
			    in.n == 0 || *in.p == '\r' || *in.p == '\n');
			drop(all);
		}
		for (n = 0; n < out.len; n++)
			if (str_has(S("\r\n"), out.p[out.off + n]))
				out.p[out.off + n] = '$';
		assert_string_equal(buf_cstr(&out), rows[i].out);
	}
	buf_fini(&out);
}

static void
test_find(void **state)
{
	const struct str h = S("To: a\r\nSubject: b\r\nsubject: c\r\n\r\nX: d");
	struct field f;

	(void)state;
	assert_true(header_find(h, S("SUBJECT"), &f));
	assert_true(str_eq(f.value, S(" b")));
	assert_true(str_eq(f.whole, S("Subject: b\r\n")));
	assert_false(header_find(h, S("X"), &f));
	assert_false(header_find(h, S("Subj"), &f));
	assert_false(header_find(S(""), S("To"), &f));
}

static void
test_unfold(void **state)
{
	static const struct {
		const char *in, *unfolded, *joined;
	} rows[] = {
	    {"", "", ""},
	    {" ", "", ""},
	    {"  ", "", " "},
	    {"a", "a", "a"},
	    {" a b ", "a b", "a b "},
	    {"  a", "a", "a"},
	    {" a\r\n b", "a b", "a b"},
	    {" a\n\tb", "a\tb", "a\tb"},
	    {" a  \r\n  b", "a    b", "a    b"},
	    {"\r\n <a@b>", "<a@b>", " <a@b>"},
	    {"  \r\n <a@b>", "<a@b>", "  <a@b>"},
	    {" a\r\n ", "a", "a "},
	    {" a\r\n \r\n b", "a  b", "a  b"},
	    /* a CR alone is no line end, but may not stay */
	    {" a\rb", "a b", "a b"},
	    {" a\r\rb", "a b", "a b"},
	    {" a\r b", "a b", "a b"},
	    {" a \rb", "a  b", "a  b"},
	    {" \ra", "a", " a"},
	    {"  \ra", "a", " a"},
	    {" a\r", "a", "a"},
	    {" a\r\r\n b", "a b", "a b"},
	};
	struct buf b;
	struct str s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		s = exact(str_z(rows[i].in));
		buf_init(&b, 100);
		assert_int_equal(header_unfold(&b, s), 0);
		assert_string_equal(buf_cstr(&b), rows[i].unfolded);
		buf_clear(&b);
		assert_int_equal(header_join(&b, s), 0);
		assert_string_equal(buf_cstr(&b), rows[i].joined);
		buf_fini(&b);
		drop(s);
	}
	/* It never gets longer than it was. */
	buf_init(&b, 5);
	assert_int_equal(header_join(&b, S("a\rb\rc")), 0);
	assert_int_equal(header_join(&b, S("d")), -1);
	buf_fini(&b);
}

static const struct {
	const char *in, *out;
} words[] = {
    {"", ""},
    {" plain text ", "plain text"},
    {"a\r\n b", "a b"},
    /* RFC 2047 8 */
    {"=?US-ASCII?Q?Keith_Moore?= <moore@cs.example>",
	"Keith Moore <moore@cs.example>"},
    {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\xc3\xb8rn Simonsen"},
    {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
     " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
	"If you can read this you understand the example."},
    {"(=?ISO-8859-1?Q?a?=)", "(a)"},
    {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
    {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
    {"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
    {"(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"},
    {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
    {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
    /* case, language (RFC 2231 5), encodings */
    {"=?utf-8?q?=c3=BC?=", "\xc3\xbc"},
    {"=?UTF-8*de?Q?=C3=BC?=", "\xc3\xbc"},
    {"=?utf-8?b?w7w=?=", "\xc3\xbc"},
    {"=?utf-8?B?w7w?=", "\xc3\xbc"},
    {"=?utf-8?Q?\?=", ""},
    {"a =?utf-8?Q?\?= b", "a  b"},
    {"=?koi8-r?b?8NLJ18XU?=",
	"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
    {"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac"},
    {"=?gb2312?B?1tA=?=", "\xe4\xb8\xad"},
    {"=?windows-1252?Q?=80?=", "\xe2\x82\xac"},
    /* words that cut a character, of the same charset or not */
    {"=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "\xc3\xbc"},
    {"=?utf-8?Q?a=E2=82?=\r\n =?UTF-8?B?rGI=?=", "a\xe2\x82\xac"
						 "b"},
    {"=?utf-8?Q?=C3?= x =?utf-8?Q?=BC?=", "\xef\xbf\xbd x \xef\xbf\xbd"},
    {"=?utf-8?Q?=C3?= =?utf8?Q?=BC?=", "\xef\xbf\xbd\xef\xbf\xbd"},
    /* words stuck together, and to text */
    {"=?utf-8?q?a?==?utf-8?q?b?=", "ab"},
    {"x=?utf-8?q?a?=y", "xay"},
    {"==?utf-8?q?a?==", "=a="},
    /* nobody knows the charset: as written, spaces too */
    {"=?x-none?q?a?=", "=?x-none?q?a?="},
    {"=?x?q?a?= =?x?q?b?=", "=?x?q?a?= =?x?q?b?="},
    {"=?utf-8?q?a?= =?x?q?b?= =?utf-8?q?c?=", "a =?x?q?b?= c"},
    {"=?//TRANSLIT?q?a?=", "=?//TRANSLIT?q?a?="},
    /* what is no word */
    {"=?utf-8?q?a", "=?utf-8?q?a"},
    {"=?utf-8?q?a?", "=?utf-8?q?a?"},
    {"=?utf-8?q?a b?=", "=?utf-8?q?a b?="},
    {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
    {"=?utf-8?qq?a?=", "=?utf-8?qq?a?="},
    {"=?\?q?a?=", "=?\?q?a?="},
    {"=?", "=?"},
    {"=", "="},
    {"=?=?=?=?=", "=?=?=?=?="},
    {"=?utf-8?=?utf-8?q?a?=", "=?utf-8?a"},
    {"a?=b", "a?=b"},
    /* what is not in order inside */
    {"=?utf-8?q?=4_=XY_=?=", "=4 =XY ="},
    {"=?utf-8?b?w7?=", "\xef\xbf\xbd"},
    {"=?utf-8?b?w*7-w=?=", "\xc3\xbc"},
    {"=?us-ascii?q?=FC?=", "\xef\xbf\xbd"},
    /* raw octets */
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"gr\xfc\xdf", "gr\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc3=?utf-8?q?=BC?=", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    /* what a word hides stays on its line */
    {"=?utf-8?q?a=0D=0ABcc:_x?=", "a  Bcc: x"},
};

static void
test_decode(void **state)
{
	struct buf b;
	struct str s;
	size_t i, n;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < COUNT(words); i++)
		for (n = 0; n <= strlen(words[i].in); n++) {
			s = exact(str_head(str_z(words[i].in), n));
			buf_clear(&b);
			assert_int_equal(header_decode(&b, s), 0);
			drop(s);
			if (n == strlen(words[i].in))
				assert_string_equal(buf_cstr(&b), words[i].out);
		}
	buf_fini(&b);
}

/* Every maximum below what is needed is told. */
static void
test_decode_full(void **state)
{
	const struct str s = S("a \xff =?utf-8?q?=C3=BC?= =?x?q?b?= "
			       "=?iso-8859-1?b?/A==?= c");
	struct buf b;
	size_t need, max;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(header_decode(&b, s), 0);
	need = b.len;
	buf_fini(&b);
	for (max = 0; max <= need; max++) {
		buf_init(&b, max);
		assert_int_equal(header_decode(&b, s), max < need ? -1 : 0);
		buf_fini(&b);
	}
}

/* Time is linear in hostile values: were it not, this would take hours. */
static void
test_hostile(void **state)
{
	static const char *const tiles[] = {"=?", "=?a", "=?a?q?",
	    "=?a?q?b?=", "=?utf-8?q?b?= ", "\r\n ", "=", "\xff", "=?a?q?=?",
	    "\r"};
	enum { SIZE = 1 << 20 };
	char *p = malloc(SIZE);
	struct buf b;
	size_t i, k, n;

	(void)state;
	assert_non_null(p);
	buf_init(&b, 4 * SIZE);
	for (i = 0; i < COUNT(tiles); i++) {
		n = strlen(tiles[i]);
		for (k = 0; k < SIZE; k++)
			p[k] = tiles[i][k % n];
		buf_clear(&b);
		assert_int_equal(header_decode(&b, (struct str){p, SIZE}), 0);
	}
	buf_fini(&b);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_unfold),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_decode_full),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
