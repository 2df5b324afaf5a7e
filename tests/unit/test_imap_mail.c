/*
 * imap_mail: what Dovecot 2.3 says of the same messages, literals aside.
 */
#include "tests/unit/feed_wire.h"
#include "wire/address.h"
#include "wire/imap_mail.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define U "\xef\xbf\xbd" /* U+FFFD */

static void
test_strings(void **state)
{
	static const struct {
		struct str s;
		const char *plain, *utf8;
	} rows[] = {
	    {{NULL, 0}, "NIL", "NIL"},
	    {STR(""), "\"\"", "\"\""},
	    {STR("atom"), "\"atom\"", "\"atom\""},
	    {STR("nil"), "\"nil\"", "\"nil\""},
	    {STR("a \"b\\"), "\"a \\\"b\\\\\"", "\"a \\\"b\\\\\""},
	    {STR("\x01\x7f\t"), "\"\x01\x7f\t\"", "\"\x01\x7f\t\""},
	    {STR("a\rb"), "{3}\r\na\rb", "{3}\r\na\rb"},
	    {STR("a\nb"), "{3}\r\na\nb", "{3}\r\na\nb"},
	    {STR("\xc3\xbc"), "{2}\r\n\xc3\xbc", "\"\xc3\xbc\""},
	    {STR("\xfc"), "{1}\r\n\xfc", "{1}\r\n\xfc"},
	    {STR("a\0b\0"), "{8}\r\na" U "b" U, "{8}\r\na" U "b" U},
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&b);
		assert_int_equal(imap_put_nstring(&b, rows[i].s, false), 0);
		assert_string_equal(buf_cstr(&b), rows[i].plain);
		buf_clear(&b);
		assert_int_equal(imap_put_nstring(&b, rows[i].s, true), 0);
		assert_string_equal(buf_cstr(&b), rows[i].utf8);
	}
	buf_fini(&b);
}

/* Lines do not grow without end. */
static void
test_long_string(void **state)
{
	char mem[2000];
	struct buf b;

	(void)state;
	memset(mem, 'a', sizeof(mem));
	buf_init(&b, 3000);
	assert_int_equal(
	    imap_put_string(&b, (struct str){mem, sizeof(mem)}, false), 0);
	assert_true(str_starts(buf_str(&b), S("{2000}\r\naaa")));
	buf_fini(&b);
}

#define EMPTY "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
#define FROM "((NIL NIL \"a\" \"b\"))"

static const struct {
	const char *header, *out;
} envelopes[] = {
    {"", EMPTY},
    {"Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)\r\n"
     "From: Fred Foobar <foobar@blurdybloop.example>\r\n"
     "Subject: afternoon meeting\r\n"
     "To: mooch@owatagu.example\r\n"
     "Message-Id: <B27397-0100000@blurdybloop.example>\r\n"
     "MIME-Version: 1.0\r\n",
	"(\"Mon, 7 Feb 1994 21:52:25 -0800 (PST)\" \"afternoon meeting\" "
	"((\"Fred Foobar\" NIL \"foobar\" \"blurdybloop.example\")) "
	"((\"Fred Foobar\" NIL \"foobar\" \"blurdybloop.example\")) "
	"((\"Fred Foobar\" NIL \"foobar\" \"blurdybloop.example\")) "
	"((NIL NIL \"mooch\" \"owatagu.example\")) NIL NIL NIL "
	"\"<B27397-0100000@blurdybloop.example>\")"},
    /* From's where there is no Sender, or an empty one */
    {"From: a@b\r\nSender: \r\nReply-To: (c)\r\n",
	"(NIL NIL " FROM " " FROM " " FROM " NIL NIL NIL NIL NIL)"},
    {"From: a@b\r\nSender: c@d\r\nReply-To: e@f\r\n",
	"(NIL NIL " FROM " ((NIL NIL \"c\" \"d\")) ((NIL NIL \"e\" \"f\")) "
	"NIL NIL NIL NIL NIL)"},
    {"Sender: a@b\r\n", "(NIL NIL NIL " FROM " NIL NIL NIL NIL NIL NIL)"},
    /* twice: the last line, all addresses */
    {"Subject: x\r\nTo: a@b\r\nSubject: y\r\nTo: \r\nTo: c@d\r\n",
	"(NIL \"y\" NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" "
	"\"d\")) NIL NIL NIL NIL)"},
    {"Subject: x\r\nSubject:\r\nDate:\r\n",
	"(\"\" \"\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    /* blanks: one in subjects and names, all elsewhere */
    {"Subject:  a \t b\r\n\tc \r\nDate:  a \t b\r\n\tc \r\n"
     "Message-ID:\r\n\t<x>\r\n",
	"(\"a \t b\tc \" \"a b c\" NIL NIL NIL NIL NIL NIL NIL "
	"\"\t<x>\")"},
    {"Subject: a\rb\r\nDate: a\rb\r\n",
	"(\"a b\" \"a b\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"From: \"a  b\rc\" <\"d  e\"@f>\r\n"
     "Sender: g@h (i\r\n  j)\r\n",
	"(NIL NIL ((\"a b c\" NIL \"d  e\" \"f\")) ((\"i j\" NIL \"g\" "
	"\"h\")) ((\"a b c\" NIL \"d  e\" \"f\")) NIL NIL NIL NIL NIL)"},
    /* encoded words stay, octets too */
    {"Subject: =?utf-8?q?x?=\r\n =?utf-8?q?y?=\r\n",
	"(NIL \"=?utf-8?q?x?= =?utf-8?q?y?=\" NIL NIL NIL NIL NIL NIL NIL "
	"NIL)"},
    {"Subject: gr\xfc\xdf\r\nTo: \xc3\xbc <a@b>\r\n",
	"(NIL {4}\r\ngr\xfc\xdf NIL NIL NIL (({2}\r\n\xc3\xbc NIL \"a\" "
	"\"b\")) NIL NIL NIL NIL)"},
    {"Subject: \"\\\"\r\n",
	"(NIL \"\\\"\\\\\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    /* groups */
    {"To: g: a@b;, undisclosed:;\r\n",
	"(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL "
	"NIL NIL NIL)(NIL NIL \"undisclosed\" NIL)(NIL NIL NIL NIL)) NIL "
	"NIL NIL NIL)"},
    /* what is missing has a name */
    {"To: a, b c, <>, <@r>, <d, <@s:e@f>\r\n",
	"(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"MISSING_DOMAIN\")(\"b c\" "
	"NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(NIL NIL "
	"\"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(NIL \"INVALID_ROUTE\" "
	"\"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(NIL NIL \"d\" "
	"\"SYNTAX_ERROR\")(NIL \"@s\" \"e\" \"f\")) NIL NIL NIL NIL)"},
    {"To: \"\"@b\r\n",
	"(NIL NIL NIL NIL NIL ((NIL NIL \"\" \"b\")) NIL NIL NIL NIL)"},
    /* what is no field */
    {"From a@b Mon\r\n Subject: x\r\nSubject : y\r\nSub ject: z\r\n",
	"(NIL \"y\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
};

static void
test_envelopes(void **state)
{
	struct buf b;
	size_t i, max;

	(void)state;
	for (i = 0; i < COUNT(envelopes); i++) {
		buf_init(&b, 2000);
		assert_int_equal(
		    imap_put_envelope(&b, str_z(envelopes[i].header), false),
		    0);
		assert_string_equal(buf_cstr(&b), envelopes[i].out);
		max = b.len;
		buf_fini(&b);
		while (max-- > 0) {
			buf_init(&b, max);
			assert_int_equal(imap_put_envelope(&b,
					     str_z(envelopes[i].header), false),
			    -1);
			buf_fini(&b);
		}
	}
}

/* A limit for all To fields together. */
static void
test_many_addresses(void **state)
{
	struct buf header, b;
	size_t i;

	(void)state;
	buf_init(&header, 1 << 20);
	buf_init(&b, 8 << 20);
	for (i = 0; i < 2 * (size_t)ADDRESS_MAX; i++)
		(void)buf_addz(
		    &header, i % (ADDRESS_MAX / 10) == 0 ? "\nTo:b" : ",a");
	assert_int_equal(
	    imap_put_envelope(&b, str_skip(buf_str(&header), 1), false), 0);
	assert_int_equal(b.len,
	    strlen(EMPTY) - 3 + 2 +
		ADDRESS_MAX * strlen("(NIL NIL \"a\" \"MISSING_DOMAIN\")"));
	buf_fini(&header);
	buf_fini(&b);
}

#define TEXT0 "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\""

static const struct {
	struct str message;
	const char *body, *extended;
} structures[] = {
    {STR(""), "(" TEXT0 " 0 0)", "(" TEXT0 " 0 0 NIL NIL NIL NIL)"},
    {STR("\r\nx\r\ny"), "(" TEXT0 " 4 1)", "(" TEXT0 " 4 1 NIL NIL NIL NIL)"},
    {STR("Content-Type: Text/HTML; charset=UTF-8; a=b\r\n"
	 "Content-ID: <x>\r\nContent-Description:\r\n y\r\n"
	 "Content-Transfer-Encoding: 8bit\r\nContent-MD5: m\r\n"
	 "Content-Disposition: inline; filename=\"a b\"\r\n"
	 "Content-Language: de,en\r\nContent-Location: l\r\n\r\nx"),
	"(\"Text\" \"HTML\" (\"charset\" \"UTF-8\" \"a\" \"b\") \"<x>\" "
	"\" y\" \"8bit\" 1 0)",
	"(\"Text\" \"HTML\" (\"charset\" \"UTF-8\" \"a\" \"b\") \"<x>\" "
	"\" y\" \"8bit\" 1 0 \"m\" (\"inline\" (\"filename\" \"a b\")) "
	"(\"de\" \"en\") \"l\")"},
    {STR("Content-Type: text/plain; a=b\r\nContent-Disposition: x\r\n\r\n"),
	"(\"text\" \"plain\" (\"a\" \"b\" \"charset\" \"us-ascii\") NIL NIL "
	"\"7bit\" 0 0)",
	"(\"text\" \"plain\" (\"a\" \"b\" \"charset\" \"us-ascii\") NIL NIL "
	"\"7bit\" 0 0 NIL (\"x\" NIL) NIL NIL)"},
    {STR("Content-Type: image/png\r\n\r\nx\r\n"),
	"(\"image\" \"png\" NIL NIL NIL \"7bit\" 3)",
	"(\"image\" \"png\" NIL NIL NIL \"7bit\" 3 NIL NIL NIL NIL)"},
    /* types that are none */
    {STR("Content-Type: text\r\n\r\nx"),
	"(\"text\" \"\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)",
	"(\"text\" \"\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL "
	"NIL NIL NIL)"},
    {STR("Content-Type: a b\r\n\r\nx"), "(\"\" \"\" NIL NIL NIL \"7bit\" 1)",
	"(\"\" \"\" NIL NIL NIL \"7bit\" 1 NIL NIL NIL NIL)"},
    {STR("Content-Type: multipart\r\n\r\nx"),
	"(\"application\" \"octet-stream\" NIL NIL NIL \"7bit\" 1)",
	"(\"application\" \"octet-stream\" NIL NIL NIL \"7bit\" 1 NIL NIL "
	"NIL NIL)"},
    /* multiparts, with and without parts */
    {STR("Content-Type: multipart/Mixed; boundary=b\r\n"
	 "Content-Disposition: x; y=z\r\nContent-Language: de\r\n"
	 "Content-Location: l\r\nContent-MD5: m\r\n\r\n"
	 "--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\n\r\n--b--\r\n"),
	"((" TEXT0 " 3 0)(\"a\" \"b\" NIL NIL NIL \"7bit\" 0) \"Mixed\")",
	"((" TEXT0 " 3 0 NIL NIL NIL NIL)(\"a\" \"b\" NIL NIL NIL \"7bit\" 0 "
	"NIL NIL NIL NIL) \"Mixed\" (\"boundary\" \"b\") (\"x\" (\"y\" "
	"\"z\")) (\"de\") \"l\")"},
    {STR("Content-Type: multipart/mixed\r\n\r\nx"),
	"((" TEXT0 " 0 0) \"mixed\")",
	"((" TEXT0 " 0 0 NIL NIL NIL NIL) \"mixed\" NIL NIL NIL NIL)"},
    /* messages */
    {STR("Content-Type: Message/RFC822\r\n\r\nSubject: s\r\n"
	 "Content-Type: multipart/x; boundary=b\r\n\r\n--b\r\n\r\n"),
	"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 60 (NIL \"s\" NIL NIL "
	"NIL NIL NIL NIL NIL NIL) ((" TEXT0 " 0 0) \"x\") 5)",
	"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 60 (NIL \"s\" NIL NIL "
	"NIL NIL NIL NIL NIL NIL) ((" TEXT0 " 0 0 NIL NIL NIL NIL) \"x\" "
	"(\"boundary\" \"b\") NIL NIL NIL) 5 NIL NIL NIL NIL)"},
    {STR("Content-Type: message/rfc822; a=b\r\nContent-MD5: m\r\n"),
	"(\"message\" \"rfc822\" (\"a\" \"b\") NIL NIL \"7bit\" 0 " EMPTY
	" (" TEXT0 " 0 0) 0)",
	"(\"message\" \"rfc822\" (\"a\" \"b\") NIL NIL \"7bit\" 0 " EMPTY
	" (" TEXT0 " 0 0 NIL NIL NIL NIL) 0 \"m\" NIL NIL NIL)"},
    {STR("Content-Type: message/global\r\n\r\nSubject: s\r\n"),
	"(\"message\" \"global\" NIL NIL NIL \"7bit\" 12)",
	"(\"message\" \"global\" NIL NIL NIL \"7bit\" 12 NIL NIL NIL NIL)"},
    {STR("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"),
	"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 " EMPTY " (" TEXT0
	" 0 0) 0) \"digest\")",
	"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 " EMPTY " (" TEXT0
	" 0 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL) \"digest\" (\"boundary\" "
	"\"b\") NIL NIL NIL)"},
};

static struct mime_part *
parse(struct arena *a, struct str message)
{
	struct mime_parser *p = mime_new(a);
	struct mime_part *root;
	struct err e = {0};

	assert_int_equal(mime_feed(p, message, &e), 0);
	root = mime_finish(p, &e);
	assert_non_null(root);
	mime_free(p);
	return root;
}

/* Writes it, then with every smaller maximum, which must be told. */
static void
check_structure(
    const struct mime_part *root, bool extended, bool utf8, const char *want)
{
	struct buf b;
	size_t max;

	buf_init(&b, 2000);
	assert_int_equal(imap_put_structure(&b, root, extended, utf8), 0);
	assert_string_equal(buf_cstr(&b), want);
	max = b.len;
	buf_fini(&b);
	while (max-- > 0) {
		buf_init(&b, max);
		assert_int_equal(
		    imap_put_structure(&b, root, extended, utf8), -1);
		buf_fini(&b);
	}
}

static void
test_structures(void **state)
{
	const struct mime_part *root;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(structures); i++) {
		arena_init(&a, 1 << 20);
		root = parse(&a, structures[i].message);
		check_structure(root, false, false, structures[i].body);
		check_structure(root, true, false, structures[i].extended);
		arena_fini(&a);
	}
}

/* RFC 9051 knows message/global, which RFC 3501 does not. */
static void
test_global(void **state)
{
	const struct mime_part *root;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	root = parse(&a, S("Content-Type: message/Global\r\n\r\n"
			   "Subject: \xc3\xbc\r\n\r\nx\r\n"));
	check_structure(root, false, true,
	    "(\"message\" \"Global\" NIL NIL NIL \"7bit\" 18 (NIL "
	    "\"\xc3\xbc\" NIL NIL NIL NIL NIL NIL NIL NIL) (" TEXT0 " 3 1) 3)");
	arena_fini(&a);
}

/* Our own client reads what is as deep as it gets. */
static void
test_deepest(void **state)
{
	struct feed_imap how = {
	    .nesting = MIME_NESTING + 10, .arena = 16 << 20};
	struct feed_parser parser = {feed_imap_run, &how};
	const struct mime_part *root;
	struct arena a;
	struct buf b, out;
	size_t i;

	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	buf_init(&out, 1 << 20);
	for (i = 0; i < 2 * (size_t)MIME_NESTING; i++)
		(void)buf_addz(&b, "Content-Type: message/rfc822\r\n\r\n");
	root = parse(&a, buf_str(&b));
	buf_clear(&b);
	(void)buf_addz(&b, "* 1 FETCH (BODYSTRUCTURE ");
	assert_int_equal(imap_put_structure(&b, root, true, false), 0);
	(void)buf_addz(&b, ")\r\n");
	assert_true(feed_agrees(buf_str(&b), 3, &parser, &out));
	assert_true(str_starts(buf_str(&out), S("untagged num=1 name=FETCH")));
	buf_fini(&b);
	buf_fini(&out);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_long_string),
	    cmocka_unit_test(test_envelopes),
	    cmocka_unit_test(test_many_addresses),
	    cmocka_unit_test(test_structures),
	    cmocka_unit_test(test_global),
	    cmocka_unit_test(test_deepest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
