/* imap: responses and commands, in the forms of RFC 9051 9 and RFC 3501 9. */
#include "tests/unit/feed_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ALL_PLACES = 1 << 20, NESTING = 6 };

struct row {
	const char *in, *out;
};

static void
check(const struct row *rows, size_t n, struct feed_imap how)
{
	struct feed_parser parser = {feed_imap_run, &how};
	struct buf out;
	size_t i;

	buf_init(&out, 1 << 20);
	for (i = 0; i < n; i++) {
		assert_true(
		    feed_agrees(str_z(rows[i].in), ALL_PLACES, &parser, &out));
		assert_string_equal(buf_cstr(&out), rows[i].out);
	}
	buf_fini(&out);
}

#define CHECK(rows, ...)                                                       \
	check(rows, sizeof(rows) / sizeof((rows)[0]),                          \
	    (struct feed_imap){                                                \
		.nesting = NESTING, .arena = 1 << 20, __VA_ARGS__})

static void
test_status(void **state)
{
	static const struct row rows[] = {
	    {"a1 OK done\r\n", "tagged tag=a1 name=OK text=done\n"},
	    {"a1 OK\r\n", "tagged tag=a1 name=OK\n"},
	    {"a1 OK \r\n", "tagged tag=a1 name=OK\n"},
	    {". no [TRYCREATE] none\r\n",
		"tagged tag=. name=no code=(TRYCREATE) text=none\n"},
	    {"* OK hello {5}\r\n", "untagged name=OK text=hello {5}\n"},
	    {"* BYE \"so\" (long]\r\n",
		"untagged name=BYE text=\"so\" (long]\n"},
	    {"* PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n",
		"untagged name=PREAUTH code=(CAPABILITY IMAP4rev1 "
		"AUTH=PLAIN) text=hi\n"},
	    {"* OK [PERMANENTFLAGS (\\Answered \\*)] x\r\n",
		"untagged name=OK code=(PERMANENTFLAGS (\\Answered \\*)) "
		"text=x\n"},
	    {"* OK [UIDVALIDITY 1]\r\n",
		"untagged name=OK code=(UIDVALIDITY 1)\n"},
	    {"t OK [COPYUID 1 2:3 4:5] x\r\n",
		"tagged tag=t name=OK code=(COPYUID 1 2:3 4:5) text=x\n"},
	    {"t OK [APPENDUID 38505 3955]x\r\n",
		"tagged tag=t name=OK code=(APPENDUID 38505 3955) text=x\n"},
	    {"t NO [BADCHARSET (utf-8 \"a]b\")] x\r\n",
		"tagged tag=t name=NO code=(BADCHARSET (utf-8 \"a]b\")) "
		"text=x\n"},
	    {"* NO [X-NEW it's (not \"a list] x\r\n",
		"untagged name=NO code=(X-NEW it's (not \"a list) text=x\n"},
	    {"* OK [X {5}] x\r\n", "untagged name=OK code=(X {5}) text=x\n"},
	    {"* OK [never ends\r\n", "untagged name=OK text=[never ends\n"},
	    {"* OK [] x\r\n", "untagged name=OK text=[] x\n"},
	    {"* OK\r\n", "untagged name=OK\n"},
	    {"* ok  two\r\n", "untagged name=ok text= two\n"},
	    {"+ go on\r\n", "continue text=go on\n"},
	    {"+\r\n", "continue\n"},
	    {"+ \r\n", "continue\n"},
	    {"+ PDEyMzRAaD4=\r\n", "continue text=PDEyMzRAaD4=\n"},
	};

	(void)state;
	CHECK(rows, .command = false);
}

static void
test_data(void **state)
{
	static const struct row rows[] = {
	    {"* 23 EXISTS\r\n", "untagged num=23 name=EXISTS\n"},
	    {"* 4294967295 EXPUNGE\r\n",
		"untagged num=4294967295 name=EXPUNGE\n"},
	    {"* SEARCH\r\n", "untagged name=SEARCH\n"},
	    {"* SEARCH 2 3 (MODSEQ 917162500)  \r\n",
		"untagged name=SEARCH vals=2 3 (MODSEQ 917162500)\n"},
	    {"* ESEARCH (TAG \"a1\") UID ALL 1:3,5:*\r\n",
		"untagged name=ESEARCH vals=(TAG \"a1\") UID ALL 1:3,5:*\n"},
	    {"* LIST (\\Noselect \\HasChildren) NIL \"\"\r\n",
		"untagged name=LIST vals=(\\Noselect \\HasChildren) NIL "
		"\"\"\n"},
	    {"* LIST () \"\\\\\" \"a\\\\b \\\"c\\\"\"\r\n",
		"untagged name=LIST vals=() \"\\\\\" \"a\\\\b "
		"\\\"c\\\"\"\n"},
	    {"* LIST () \"/\" \"C:\\x\"\r\n",
		"untagged name=LIST vals=() \"/\" \"C:\\\\x\"\n"},
	    {"* LIST () \"/\" [Gmail]/All{x\r\n",
		"untagged name=LIST vals=() \"/\" [Gmail]/All{x\n"},
	    {"* LIST () \".\" \"caf\xe9\"\r\n",
		"untagged name=LIST vals=() \".\" \"caf\xe9\"\n"},
	    {"* STATUS {5}\r\nIN(OX (MESSAGES 2 UIDNEXT 44292)\r\n",
		"untagged name=STATUS vals={5}\r\nIN(OX (MESSAGES 2 UIDNEXT "
		"44292)\n"},
	    {"* NAMESPACE ((\"\" \"/\")(\"#m/\" NIL)) nil NIL\r\n",
		"untagged name=NAMESPACE vals=((\"\" \"/\") (\"#m/\" NIL)) "
		"NIL NIL\n"},
	    {"* ID (\"name\" \"x\" \"version\" NIL)\r\n",
		"untagged name=ID vals=(\"name\" \"x\" \"version\" NIL)\n"},
	    {"* QUOTA \"\" (STORAGE 10 512)\r\n",
		"untagged name=QUOTA vals=\"\" (STORAGE 10 512)\n"},
	    {"* QUOTAROOT INBOX \"\"\r\n",
		"untagged name=QUOTAROOT vals=INBOX \"\"\n"},
	    {"* ENABLED CONDSTORE QRESYNC\r\n",
		"untagged name=ENABLED vals=CONDSTORE QRESYNC\n"},
	    {"* THREAD (1 2 (3)(4 5))(6)\r\n",
		"untagged name=THREAD vals=(1 2 (3) (4 5)) (6)\n"},
	    {"* ACL INBOX fred rwipslda -chris lrs\r\n",
		"untagged name=ACL vals=INBOX fred rwipslda -chris lrs\n"},
	    {"* METADATA \"\" (/shared/comment {3}\r\nabc)\r\n",
		"untagged name=METADATA vals=\"\" (/shared/comment "
		"{3}\r\nabc)\n"},
	    {"* VANISHED (EARLIER) 1:3,9\r\n",
		"untagged name=VANISHED vals=(EARLIER) 1:3,9\n"},
	    {"* FLAGS (\\Seen $Forwarded NonJunk \\*)\r\n",
		"untagged name=FLAGS vals=(\\Seen $Forwarded NonJunk "
		"\\*)\n"},
	    {"*  7  FETCH  (FLAGS  ( \\Seen ) ) \r\n",
		"untagged num=7 name=FETCH vals=(FLAGS (\\Seen))\n"},
	    {"* X 9223372036854775807 9223372036854775808 00 -1\r\n",
		"untagged name=X vals=9223372036854775807 "
		"9223372036854775808 00 -1\n"},
	};

	(void)state;
	CHECK(rows, .command = false);
}

static void
test_fetch(void **state)
{
	static const struct row rows[] = {
	    {"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (FROM \"X Y\")]<0> {3}\r\n"
	     "abc FLAGS ())\r\n",
		"body 3 untagged num=1 name=FETCH vals=(UID 7 "
		"BODY[HEADER.FIELDS (FROM \"X Y\")]<0> {3}\r\nabc FLAGS "
		"())\n"},
	    {"* 1 FETCH (BODY[HEADER.FIELDS.NOT (\"a]b\")] \"x\")\r\n",
		"untagged num=1 name=FETCH vals=(BODY[HEADER.FIELDS.NOT "
		"(\"a]b\")] \"x\")\n"},
	    {"* 1 FETCH (BODY[]{0}\r\n)\r\n",
		"body 0 untagged num=1 name=FETCH vals=(BODY[] "
		"{0}\r\n)\n"},
	    {"* 1 FETCH (BINARY[1]<5> ~{4}\r\na\r\n) UID 2)\r\n",
		"body~4 untagged num=1 name=FETCH vals=(BINARY[1]<5> "
		"~{4}\r\na\r\n) UID 2)\n"},
	    {"* 1 FETCH (BINARY.SIZE[1] 44 RFC822.SIZE 9 rfc822 {1+}\r\na)"
	     "\r\n",
		"body 1+ untagged num=1 name=FETCH vals=(BINARY.SIZE[1] 44 "
		"RFC822.SIZE 9 rfc822 {1}\r\na)\n"},
	    {"* 1 FETCH (RFC822.TEXT {1}\r\na RFC822.HEADER {1}\r\nb)\r\n",
		"body 1 body 1 untagged num=1 name=FETCH vals=(RFC822.TEXT "
		"{1}\r\na RFC822.HEADER {1}\r\nb)\n"},
	    {"* 1 FETCH (ENVELOPE (NIL {2}\r\nhi ((NIL NIL {1}\r\na "
	     "\"b\"))))\r\n",
		"literal 2 literal 1 untagged num=1 name=FETCH "
		"vals=(ENVELOPE (NIL {2}\r\nhi ((NIL NIL {1}\r\na "
		"\"b\"))))\n"},
	    {"* 1 FETCH (BODYSTRUCTURE ((\"text\" \"plain\")(\"text\" "
	     "\"html\"(\"charset\" \"x\")) \"alternative\"))\r\n",
		"untagged num=1 name=FETCH vals=(BODYSTRUCTURE ((\"text\" "
		"\"plain\") (\"text\" \"html\" (\"charset\" \"x\")) "
		"\"alternative\"))\n"},
	    {"* 1 FETCH (BODY (NIL {1}\r\na) BODY {1}\r\nb)\r\n",
		"literal 1 literal 1 untagged num=1 name=FETCH vals=(BODY "
		"(NIL {1}\r\na) BODY {1}\r\nb)\n"},
	    {"* 2 UIDFETCH (BODY[TEXT] {1}\r\na)\r\n",
		"body 1 untagged num=2 name=UIDFETCH vals=(BODY[TEXT] "
		"{1}\r\na)\n"},
	    {"* X (BODY[] {1}\r\na)\r\n",
		"literal 1 untagged name=X vals=(BODY[] {1}\r\na)\n"},
	    /* a header field's name may be a literal */
	    {"* 1 FETCH (BODY[HEADER.FIELDS ({4}\r\nFROM {3+}\r\n\"]\\)] "
	     "{2}\r\nhi)\r\n",
		"literal 4 literal 3+ body 2 untagged num=1 name=FETCH "
		"vals=(BODY[HEADER.FIELDS (\"FROM\" \"\\\"]\\\\\")] "
		"{2}\r\nhi)\n"},
	    /* what looks like a reply inside a literal is none */
	    {"* 1 FETCH (BODY[] {9}\r\na1 OK x\r\n)\r\na1 OK y\r\n",
		"body 9 untagged num=1 name=FETCH vals=(BODY[] {9}\r\na1 OK "
		"x\r\n)\ntagged tag=a1 name=OK text=y\n"},
	};

	(void)state;
	CHECK(rows, .tell_bodies = true);
}

static void
test_commands(void **state)
{
	static const struct row rows[] = {
	    {"a1 NOOP\r\n", "command tag=a1 name=NOOP\n"},
	    {". logout \r\n", "command tag=. name=logout\n"},
	    {"a OK [x] y\r\n", "command tag=a name=OK vals=[x] y\n"},
	    {"a LOGIN {3}\r\nb c {0+}\r\n\r\n",
		"literal 3 literal 0+ command tag=a name=LOGIN "
		"vals={3}\r\nb c {0}\r\n\n"},
	    {"a UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (A)]<0.10>)\r\n",
		"command tag=a name=UID vals=FETCH 1:* (FLAGS "
		"BODY.PEEK[HEADER.FIELDS (A)]<0.10>)\n"},
	    {"a APPEND {1}\r\nx (\\Seen) \"1-Jan-2026\" {2}\r\nhi\r\n",
		"literal 1 body 2 command tag=a name=APPEND vals={1}\r\nx "
		"(\\Seen) \"1-Jan-2026\" {2}\r\nhi\n"},
	    {"a APPEND x UTF8 (~{2}\r\nhi)\r\n",
		"body~2 command tag=a name=APPEND vals=x UTF8 "
		"(~{2}\r\nhi)\n"},
	    {"a append x CATENATE (URL {1}\r\nu TEXT {1}\r\nt)\r\n",
		"literal 1 body 1 command tag=a name=append vals=x CATENATE "
		"(URL {1}\r\nu TEXT {1}\r\nt)\n"},
	    {"a SEARCH NOT (OR TO \"x\" 1,$) % *\r\n",
		"command tag=a name=SEARCH vals=NOT (OR TO \"x\" 1,$) % "
		"*\n"},
	    {"a\r\n", "bad proto: a tag without a command\n"},
	    {"a X \"\"x\r\n", "bad proto: a space is missing\n"},
	    {"a X (y)(z)\r\n", "bad proto: a space is missing\n"},
	    {"a X (y)z\r\n", "bad proto: a space is missing\n"},
	    {"a X \"y\"\"z\"\r\n", "bad proto: a space is missing\n"},
	    {"a X y~{1}\r\n", "bad proto: a space is missing\n"},
	    {"a X (y){1}\r\n", "bad proto: a space is missing\n"},
	    {"a NOOP \r\n", "command tag=a name=NOOP\n"},
	    {"a  NOOP\r\n", "bad proto: two spaces behind the tag\n"},
	    {"a X b{c\r\n", "bad proto: an octet that no atom may have\n"},
	    {"a X b\x01\r\n", "bad proto: an octet that no atom may have\n"},
	    {"a X \xc3\xa9\r\n", "bad proto: an octet that no atom may have\n"},
	    {"a X b(c)\r\n", "bad proto: a space is missing\n"},
	    {"a X b\"c\"\r\n", "bad proto: a space is missing\n"},
	    {"a X b{1}\r\nc\r\n", "bad proto: a space is missing\n"},
	    {"a X \"\xc3\xa9\" (\\A) (\"\x01\")\r\n",
		"command tag=a name=X vals=\"\xc3\xa9\" (\\A) (\"\x01\")\n"},
	    {"a]~[.1 OK\r\n", "command tag=a]~[.1 name=OK\n"},
	    {"* OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"a+ OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"%a OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"\\a OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"\xe9 OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"+ OK\r\n", "bad proto: the line begins with no tag\n"},
	};

	(void)state;
	CHECK(rows, .command = true, .tell_bodies = true);
}

static void
test_streams(void **state)
{
	static const struct row rows[] = {
	    {"* 1 FETCH (BODY[] {3}\r\nabc UID {1}\r\nx RFC822 {4}\r\n"
	     "abcd)\r\n",
		"untagged num=1 name=FETCH vals=(BODY[] {3} UID {1}\r\nx "
		"RFC822 {4})\n"},
	    {"* 1 FETCH (BODY[HEADER.FIELDS ({4}\r\nFROM)] {0}\r\n)\r\n",
		"untagged num=1 name=FETCH vals=(BODY[HEADER.FIELDS "
		"(\"{streamed}\")] {0}\r\n)\n"},
	};

	(void)state;
	CHECK(rows, .stream = 2);
}

static void
test_bad(void **state)
{
	static const struct row rows[] = {
	    {"\r\n", "bad proto: the line begins with no tag\n"},
	    {" a OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"+x\r\n", "bad proto: the line begins with no tag\n"},
	    {"a\"b OK\r\n", "bad proto: the line begins with no tag\n"},
	    {"+OK POP3 ready\r\n", "bad proto: the line begins with no tag\n"},
	    {"a1\r\n", "bad proto: a tagged response is neither OK nor NO nor "
		       "BAD\n"},
	    {"a1 BYE x\r\n", "bad proto: a tagged response is neither OK nor "
			     "NO nor BAD\n"},
	    {"a1 {5}\r\n", "bad proto: a tagged response is neither OK nor NO "
			   "nor BAD\n"},
	    {"*\r\n", "bad proto: a response without a name\n"},
	    {"* \r\n", "bad proto: a response without a name\n"},
	    {"* {3}\r\n", "bad proto: a response without a name\n"},
	    {"* 5\r\n", "bad proto: a response without a name\n"},
	    {"* (x)\r\n", "bad proto: a response without a name\n"},
	    {"* 4294967296 EXISTS\r\n", "bad proto: a number out of range\n"},
	    {"* 1x EXISTS\r\n", "bad proto: a number out of range\n"},
	    {"* X (\r\n", "bad proto: the line ends inside a list\n"},
	    {"* X ({1}\r\na\r\n", "bad proto: the line ends inside a list\n"},
	    {"* X ())\r\n", "bad proto: ')' without '('\n"},
	    {"* X \"a\\\"\r\n", "bad proto: a quoted string does not end\n"},
	    {"* X \"\r\n", "bad proto: a quoted string does not end\n"},
	    {"* X a\rb\r\n", "bad proto: a line end where none may be\n"},
	    {"* X {99999999999999999999}\r\n",
		"bad proto: a literal's size is no number\n"},
	    {"* X {9223372036854775808}\r\n",
		"bad proto: a literal's size is no number\n"},
	    {"* X {1}\r\nab\r\n",
		"bad proto: a literal is longer than was announced\n"},
	    {"* X ({0}\r\n\"a\")\r\n",
		"bad proto: a literal is longer than was announced\n"},
	    {"* X a{5} b\r\n", "bad proto: a literal's size is no number\n"},
	    {"* X {5} \r\n", "bad proto: a literal's size is no number\n"},
	    {"* X BODY[HEADER\r\n", "bad proto: a section has no ']'\n"},
	    {"* X BODY[\"]\r\n", "bad proto: a section has no ']'\n"},
	    {"* X BODY[{2}\r\na\rb]\r\n",
		"bad proto: a line end in a section\n"},
	    {"* X ((((((x))))))\r\n", "untagged name=X vals=((((((x))))))\n"},
	    {"* X (((((((x)))))))\r\n",
		"bad limit: lists are nested deeper than 6\n"},
	    {"* X ()()()()()()()\r\n",
		"untagged name=X vals=() () () () () () ()\n"},
	};

	(void)state;
	CHECK(rows, .command = false);
}

static void
test_nul(void **state)
{
	struct imap_parser p;
	struct arena a;
	struct err e = {0};

	(void)state;
	arena_init(&a, 1000);
	imap_begin(&p, &a, false, NESTING);
	assert_int_equal(imap_line(&p, S("* OK a\0b"), &e), IMAP_GOT_BAD);
	assert_int_equal(e.kind, ERR_PROTO);
	arena_fini(&a);
}

/* Whatever fills the arena, the end is ERR_LIMIT. */
static void
test_full_arena(void **state)
{
	static const char text[] =
	    "* 1 FETCH (A \"b\\\\c\" BODY[X ({2}\r\nhi)] "
	    "{3}\r\nabc (x))\r\n* OK [A (B \"] t\r\n";
	struct feed_imap how = {.nesting = NESTING};
	struct feed_parser parser = {feed_imap_run, &how};
	struct buf out;
	bool whole = false;

	(void)state;
	buf_init(&out, 1 << 20);
	for (how.arena = 0; !whole; how.arena++) {
		assert_in_range(how.arena, 0, 4000);
		feed_run(str_z(text), 1000, 1000, &parser, &out);
		whole = str_ends(buf_str(&out), S("text=t\n"));
		assert_true(
		    whole ||
		    str_ends(buf_str(&out),
			S("bad limit: the response is too long to keep\n")));
	}
	assert_in_range(how.arena, 300, 4000);
	buf_fini(&out);
}

/* ---- imap_text.c ---- */

static void
test_looking(void **state)
{
	struct imap_parser p;
	struct arena a;
	struct err e = {0};
	const struct imap_val *v;

	(void)state;
	arena_init(&a, 10000);
	imap_begin(&p, &a, false, NESTING);
	assert_int_equal(
	    imap_line(&p, S("* X atom 12 \"q\" NIL (a (b) \"atom\")"), &e),
	    IMAP_GOT_MSG);
	v = p.msg.vals;
	assert_true(imap_is(v, "ATOM"));
	assert_false(imap_is(v, "ATO"));
	assert_false(imap_is(NULL, "ATOM"));
	assert_true(str_eq(imap_text(v), S("atom")));
	assert_true(str_eq(imap_text(imap_nth(v, 1)), S("12")));
	assert_int_equal(imap_nth(v, 1)->num, 12);
	assert_false(imap_is(imap_nth(v, 2), "q"));
	assert_true(str_eq(imap_text(imap_nth(v, 2)), S("q")));
	assert_int_equal(imap_nth(v, 3)->kind, IMAP_NIL);
	assert_int_equal(imap_text(imap_nth(v, 3)).n, 0);
	assert_int_equal(imap_text(imap_nth(v, 4)).n, 0);
	assert_int_equal(imap_text(NULL).n, 0);
	assert_null(imap_nth(v, 5));
	assert_int_equal(imap_count(v), 9);
	arena_fini(&a);
}

static void
test_section(void **state)
{
	static const struct {
		const char *in, *name, *section; /* name NULL: none */
		bool has_origin, has_length;
		uint64_t origin, length;
	} rows[] = {
	    {.in = "BODY[]", .name = "BODY", .section = ""},
	    {.in = "BODY[1.2.HEADER.FIELDS (FROM TO)]<100>",
		.name = "BODY",
		.section = "1.2.HEADER.FIELDS (FROM TO)",
		.has_origin = true,
		.origin = 100},
	    {.in = "BODY.PEEK[X (\"a]b\")]<0.9>",
		.name = "BODY.PEEK",
		.section = "X (\"a]b\")",
		.has_origin = true,
		.has_length = true,
		.length = 9},
	    {.in = "BODY"},
	    {.in = ""},
	    {.in = "[]"},
	    {.in = "BODY["},
	    {.in = "BODY]"},
	    {.in = "BODY]["},
	    {.in = "BODY[]x"},
	    {.in = "BODY[]<"},
	    {.in = "BODY[]<>"},
	    {.in = "BODY[]<1.>"},
	    {.in = "BODY[]<.1>"},
	    {.in = "BODY[]<x>"},
	    {.in = "BODY[]<99999999999999999999>"},
	};
	struct imap_section s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    imap_section(str_z(rows[i].in), &s), rows[i].name != NULL);
		if (rows[i].name == NULL)
			continue;
		assert_true(str_eq(s.name, str_z(rows[i].name)));
		assert_true(str_eq(s.section, str_z(rows[i].section)));
		assert_int_equal(s.has_origin, rows[i].has_origin);
		assert_int_equal(s.has_length, rows[i].has_length);
		assert_int_equal(s.origin, rows[i].origin);
		assert_int_equal(s.length, rows[i].length);
	}
}

static void
test_form(void **state)
{
	static const struct {
		struct str s;
		enum imap_form form, with_utf8;
	} rows[] = {
	    {STR("INBOX"), IMAP_FORM_ATOM, IMAP_FORM_ATOM},
	    {STR("a/b.c-d_&AOk-+1"), IMAP_FORM_ATOM, IMAP_FORM_ATOM},
	    {STR(""), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("nil"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("NILS"), IMAP_FORM_ATOM, IMAP_FORM_ATOM},
	    {STR("a b"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("a\"b"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("\\Seen"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("{5}"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("BODY[x"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("a)"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("*"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("\x7f\t"), IMAP_FORM_QUOTED, IMAP_FORM_QUOTED},
	    {STR("caf\xc3\xa9"), IMAP_FORM_LITERAL, IMAP_FORM_QUOTED},
	    {STR("caf\xe9"), IMAP_FORM_LITERAL, IMAP_FORM_LITERAL},
	    {STR("a\rb"), IMAP_FORM_LITERAL, IMAP_FORM_LITERAL},
	    {STR("a\nb"), IMAP_FORM_LITERAL, IMAP_FORM_LITERAL},
	    {STR("a\0b"), IMAP_FORM_LITERAL, IMAP_FORM_LITERAL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(imap_form(rows[i].s, false), rows[i].form);
		assert_int_equal(imap_form(rows[i].s, true), rows[i].with_utf8);
	}
}

/* What a CR was quoted around comes back in a form that is allowed. */
static void
test_put(void **state)
{
	struct imap_val cr = {.kind = IMAP_QUOTED, .s = STR("a\rb")};
	struct imap_val list = {.kind = IMAP_LIST, .first = &cr};
	struct buf out;
	size_t max;

	(void)state;
	cr.stream = -1;
	for (max = 0; max < 10; max++) {
		buf_init(&out, max);
		assert_int_equal(imap_put_vals(&out, &list), -1);
		buf_fini(&out);
	}
	buf_init(&out, max);
	assert_int_equal(imap_put_vals(&out, &list), 0);
	assert_string_equal(buf_cstr(&out), "({3}\r\na\rb)");
	buf_fini(&out);
	for (max = 0; max < 7; max++) {
		buf_init(&out, max);
		assert_int_equal(imap_put_quoted(&out, S("a\"\\b")), -1);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_data),
	    cmocka_unit_test(test_fetch),
	    cmocka_unit_test(test_commands),
	    cmocka_unit_test(test_streams),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_full_arena),
	    cmocka_unit_test(test_looking),
	    cmocka_unit_test(test_section),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
