/* mime: the tree of messages as they should be, and as they are. */
#include "tests/unit/feed_mail.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { ALL_PLACES = 1 << 20 };

static const struct {
	struct str in;
	const char *out; /* see feed_mail.h */
} messages[] = {
    /* no header, no body */
    {STR(""), "text/plain 0-0-0 0,0\n"},
    {STR("\r\n"), "text/plain 0-2-2 1,0\n"},
    {STR("\r\n"
	 "body\r\n"),
	"text/plain 0-2-8 1,1\n"},
    {STR("body"), "text/plain 0-4-4 0,0\n"},
    {STR("A: b\r\n"), "text/plain 0-6-6 1,0\n"},
    {STR("A: b"), "text/plain 0-4-4 0,0\n"},
    {STR("A: b\r\n"
	 "\r\n"),
	"text/plain 0-8-8 2,0\n"},
    {STR("A: b\r\n"
	 "\r\n"
	 "body"),
	"text/plain 0-8-12 2,0\n"},
    {STR("A: b\r\n"
	 "\r\n"
	 "\r\n"
	 "\r\n"),
	"text/plain 0-8-12 2,2\n"},
    /* fields count only if MIME is claimed (RFC 2045 4) */
    {STR("Content-ID: x\r\n"
	 "Content-Transfer-Encoding: base64\r\n"
	 "\r\n"),
	"text/plain 0-52-52 3,0\n"},
    {STR("MIME-Version: 1.0\r\n"
	 "Content-ID: x\r\n"
	 "Content-Transfer-Encoding: base64\r\n"
	 "\r\n"),
	"text/plain 0-71-71 4,0 encoding(base64) id(x)\n"},
    {STR("Content-Type: text/html\r\n"
	 "Content-ID: x\r\n"
	 "\r\n"),
	"text/html 0-42-42 3,0 id(x)\n"},
    /* all fields, folded, with comments */
    {STR("Content-Type: (c) Text / (c) HTML (c);\r\n"
	 " charset=\"utf-8\" (c); Format\r\n"
	 " =flowed\r\n"
	 "Content-Transfer-Encoding: (c) 8bit (c)\r\n"
	 "Content-ID:  <a@b>\r\n"
	 "Content-Description: a\r\n"
	 "\tb  c\r\n"
	 "Content-MD5: Q2hl==\r\n"
	 "Content-Disposition: attachment; filename=\"a \\\"b\\\".txt\";\r\n"
	 " size=3\r\n"
	 "Content-Language: de, en-GB (x)\r\n"
	 "Content-Location: http://x.example/\r\n"
	 " y\r\n"
	 "\r\n"),
	"Text/HTML;charset=utf-8;Format=flowed 0-336-336 14,0 encoding(8bit) "
	"id(<a@b>) description(a\tb  c) md5(Q2hl==) disposition(attachment) "
	";filename=a \"b\".txt ;size=3 language(de, en-GB (x)) "
	"location(http://x.example/ y)\n"},
    /* the first of a kind counts, but a disposition may get parameters */
    {STR("Content-Type: a/b\r\n"
	 "Content-Type: c/d\r\n"
	 "Content-ID: 1\r\n"
	 "Content-ID: 2\r\n"
	 "Content-Disposition: x\r\n"
	 "Content-Disposition: y; z=1\r\n"
	 "Content-Disposition: w; v=2\r\n"
	 "\r\n"),
	"a/b 0-152-152 8,0 id(1) disposition(y) ;z=1\n"},
    /* types that are none */
    {STR("Content-Type:\r\n"
	 "\r\n"),
	"/ 0-17-17 2,0\n"},
    {STR("Content-Type: text\r\n"
	 "\r\n"),
	"text/ 0-22-22 2,0\n"},
    {STR("Content-Type: text (c\r\n"
	 "\r\n"),
	"text/ 0-25-25 2,0\n"},
    {STR("Content-Type: text; a=b\r\n"
	 "\r\n"),
	"/ 0-27-27 2,0\n"},
    {STR("Content-Type: text/\r\n"
	 "\r\n"),
	"/ 0-23-23 2,0\n"},
    {STR("Content-Type: /plain\r\n"
	 "\r\n"),
	"/ 0-24-24 2,0\n"},
    {STR("Content-Type: text/plain x\r\n"
	 "\r\n"),
	"/ 0-30-30 2,0\n"},
    {STR("Content-Type: text/plain/x; a=b\r\n"
	 "\r\n"),
	"/ 0-35-35 2,0\n"},
    {STR("Content-Type: multipart\r\n"
	 "\r\n"),
	"multipart/ 0-27-27 2,0\n"},
    /* encodings that are none */
    {STR("Content-Type: a/b\r\n"
	 "Content-Transfer-Encoding: 8bit; x\r\n"
	 "\r\n"),
	"a/b 0-57-57 3,0\n"},
    {STR("Content-Type: a/b\r\n"
	 "Content-Transfer-Encoding: (8bit)\r\n"
	 "Content-Transfer-Encoding: x\r\n"
	 "\r\n"),
	"a/b 0-86-86 4,0 encoding(x)\n"},
    /* languages that are none */
    {STR("Content-Type: a/b\r\n"
	 "Content-Language: ,de\r\n"
	 "\r\n"),
	"a/b 0-44-44 3,0\n"},
    /* a multipart; the line end in front of a boundary is its own (RFC
       2046 5.1.1) */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b\r\n"
	 "A: b\r\n"
	 "\r\n"
	 "two\r\n"
	 "\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-84 2,9\n"
	" text/plain 50-52-55 1,0\n"
	" text/plain 62-70-75 2,1\n"},
    /* preamble and epilogue */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "pre\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b--\r\n"
	 "epi\r\n"
	 "--b\r\n"),
	"multipart/mixed;boundary=b 0-45-79 2,7\n"
	" text/plain 55-57-60 1,0\n"},
    /* no last boundary, or none at all */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"),
	"multipart/mixed;boundary=b 0-45-57 2,3\n"
	" text/plain 50-52-57 1,1\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b"),
	"multipart/mixed;boundary=b 0-45-60 2,3\n"
	" text/plain 50-52-55 1,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b\r\n"),
	"multipart/mixed;boundary=b 0-45-62 2,4\n"
	" text/plain 50-52-55 1,0\n"
	" text/plain 62-62-62 0,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b--"),
	"multipart/mixed;boundary=b 0-45-62 2,3\n"
	" text/plain 50-52-55 1,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "text\r\n"),
	"multipart/mixed;boundary=b 0-45-51 2,1\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"),
	"multipart/mixed;boundary=b 0-45-45 2,0\n"},
    {STR("Content-Type: multipart/mixed\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b--\r\n"),
	"multipart/mixed 0-33-52 2,4\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"),
	"multipart/mixed;boundary=b 0-43-43 1,0\n"},
    /* a line need only begin with a boundary */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--bar\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b-- x\r\n"
	 "--b\r\n"),
	"multipart/mixed;boundary=b 0-45-73 2,5\n"
	" text/plain 52-54-57 1,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "-b\r\n"
	 "--\r\n"
	 "-\r\n"
	 "--a\r\n"
	 " --b\r\n"
	 "\r--b\r\n"
	 "--B\r\n"),
	"multipart/mixed;boundary=b 0-45-78 2,7\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "a--b\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-65 2,4\n"
	" text/plain 50-52-56 1,0\n"},
    /* without a header, an empty line is one */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-68 2,6\n"
	" text/plain 50-52-52 1,0\n"
	" text/plain 57-59-59 1,0\n"},
    /* a boundary ends a header, too */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "A: b\r\n"
	 "--b\r\n"
	 "--b\r\n"
	 "Content-Type: multipart/x; boundary=c\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-112 2,6\n"
	" text/plain 50-54-54 0,0\n"
	" text/plain 61-61-61 0,0\n"
	" multipart/x;boundary=c 66-103-103 0,0\n"},
    /* nested; inner boundaries are forgotten at an outer one */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: multipart/x; boundary=c\r\n"
	 "\r\n"
	 "--c\r\n"
	 "\r\n"
	 "one\r\n"
	 "--c\r\n"
	 "\r\n"
	 "two\r\n"
	 "--b\r\n"
	 "\r\n"
	 "--c\r\n"
	 "\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-136 2,14\n"
	" multipart/x;boundary=c 50-91-113 2,5\n"
	"  text/plain 96-98-101 1,0\n"
	"  text/plain 108-110-113 1,0\n"
	" text/plain 120-122-127 1,1\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: multipart/x; boundary=c\r\n"
	 "\r\n"
	 "--c\r\n"
	 "\r\n"
	 "one\r\n"
	 "--c--\r\n"
	 "--b\r\n"
	 "\r\n"
	 "two\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-129 2,11\n"
	" multipart/x;boundary=c 50-91-110 2,4\n"
	"  text/plain 96-98-101 1,0\n"
	" text/plain 115-117-120 1,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: multipart/x; boundary=c\r\n"
	 "\r\n"
	 "--c\r\n"
	 "\r\n"
	 "one\r\n"
	 "--c--\r\n"
	 "epi\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-122 2,9\n"
	" multipart/x;boundary=c 50-91-113 2,4\n"
	"  text/plain 96-98-101 1,0\n"},
    /* a boundary that begins with another one, both ways round */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: multipart/x; boundary=bc\r\n"
	 "\r\n"
	 "--bc\r\n"
	 "\r\n"
	 "one\r\n"
	 "--bc--\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-120 2,8\n"
	" multipart/x;boundary=bc 50-92-113 2,4\n"
	"  text/plain 98-100-103 1,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=bc\r\n"
	 "\r\n"
	 "--bc\r\n"
	 "Content-Type: multipart/x; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--bc\r\n"
	 "\r\n"
	 "two\r\n"
	 "--bc--\r\n"),
	"multipart/mixed;boundary=bc 0-46-126 2,10\n"
	" multipart/x;boundary=b 52-93-103 2,2\n"
	"  text/plain 98-100-103 1,0\n"
	" text/plain 111-113-116 1,0\n"},
    /* the same one twice: the inner one is meant */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: multipart/x; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b--\r\n"
	 "--b\r\n"
	 "\r\n"
	 "two\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-129 2,11\n"
	" multipart/x;boundary=b 50-91-110 2,4\n"
	"  text/plain 96-98-101 1,0\n"
	" text/plain 115-117-120 1,0\n"},
    /* an empty one */
    {STR("Content-Type: multipart/mixed; boundary=\"\"\r\n"
	 "\r\n"
	 "--\r\n"
	 "\r\n"
	 "one\r\n"
	 "--x\r\n"
	 "\r\n"
	 "two\r\n"
	 "----\r\n"),
	"multipart/mixed;boundary= 0-46-75 2,7\n"
	" text/plain 50-52-55 1,0\n"
	" text/plain 62-64-67 1,0\n"},
    /* boundaries in odd letters */
    {STR("Content-Type: multipart/mixed; BOUNDARY*0=\"=_a \"; "
	 "boundary*1=\"b--\"\r\n"
	 "\r\n"
	 "--=_a b--\r\n"
	 "\r\n"
	 "one\r\n"
	 "--=_a b----\r\n"),
	"multipart/mixed;BOUNDARY==_a b-- 0-70-101 2,4\n"
	" text/plain 81-83-86 1,0\n"},
    /* messages */
    {STR("Content-Type: message/rfc822\r\n"
	 "\r\n"
	 "A: b\r\n"
	 "\r\n"
	 "body\r\n"),
	"message/rfc822 0-32-46 2,3\n"
	" text/plain 32-40-46 2,1\n"},
    {STR("Content-Type: message/rfc822\r\n"
	 "\r\n"),
	"message/rfc822 0-32-32 2,0\n"
	" text/plain 32-32-32 0,0\n"},
    {STR("Content-Type: message/rfc822\r\n"), "message/rfc822 0-30-30 1,0\n"
					      " text/plain 30-30-30 0,0\n"},
    {STR("Content-Type: message/rfc822\r\n"
	 "\r\n"
	 "Content-Type: message/RFC822\r\n"
	 "\r\n"
	 "Content-ID: x\r\n"
	 "\r\n"
	 "body"),
	"message/rfc822 0-32-85 2,4\n"
	" message/RFC822 32-64-85 2,2\n"
	"  text/plain 64-81-85 2,0\n"},
    {STR("Content-Type: message/global\r\n"
	 "\r\n"
	 "Content-Type: text/html\r\n"
	 "\r\n"
	 "body\r\n"),
	"message/global 0-32-65 2,3\n"
	" text/html 32-59-65 2,1\n"},
    {STR("Content-Type: message/partial\r\n"
	 "\r\n"
	 "A: b\r\n"
	 "\r\n"
	 "body\r\n"),
	"message/partial 0-33-47 2,3\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: message/rfc822\r\n"
	 "\r\n"
	 "Content-Type: multipart/x; boundary=c\r\n"
	 "\r\n"
	 "--c\r\n"
	 "\r\n"
	 "one\r\n"
	 "--c--\r\n"
	 "\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-151 2,11\n"
	" message/rfc822 50-82-142 2,6\n"
	"  multipart/x;boundary=c 82-123-142 2,4\n"
	"   text/plain 128-130-133 1,0\n"},
    /* messages cut short */
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: message/rfc822\r\n"
	 "--b\r\n"
	 "Content-Type: message/rfc822\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: message/rfc822\r\n"
	 "\r\n"
	 "A: b\r\n"
	 "--b\r\n"
	 "Content-Type: message/rfc822\r\n"
	 "\r\n"
	 "A: b\r\n"
	 "\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-212 2,15\n"
	" message/rfc822 50-78-78 0,0\n"
	"  text/plain 78-78-78 0,0\n"
	" message/rfc822 85-117-117 2,0\n"
	"  text/plain 117-117-117 0,0\n"
	" message/rfc822 122-154-160 2,1\n"
	"  text/plain 154-158-158 0,0\n"
	" message/rfc822 165-197-205 2,2\n"
	"  text/plain 197-205-205 2,0\n"},
    {STR("Content-Type: multipart/mixed; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "Content-Type: message/global\r\n"
	 "\r\n"
	 "A: b\r\n"
	 "--b--\r\n"),
	"multipart/mixed;boundary=b 0-45-95 2,5\n"
	" message/global 50-82-88 2,1\n"
	"  text/plain 82-86-86 0,0\n"},
    /* parts of a digest are messages (RFC 2046 5.1.5) */
    {STR("Content-Type: multipart/digest; boundary=b\r\n"
	 "\r\n"
	 "--b\r\n"
	 "\r\n"
	 "A: b\r\n"
	 "\r\n"
	 "one\r\n"
	 "--b\r\n"
	 "Content-Type: text/plain\r\n"
	 "\r\n"
	 "two\r\n"
	 "--b\r\n"
	 "\r\n"
	 "Content-Type: multipart/digest; boundary=c\r\n"
	 "\r\n"
	 "--c\r\n"
	 "\r\n"
	 "--c--\r\n"
	 "--b--\r\n"),
	"multipart/digest;boundary=b 0-46-178 2,17\n"
	" message/rfc822 51-53-64 1,2\n"
	"  text/plain 53-61-64 2,0\n"
	" text/plain 71-99-102 2,0\n"
	" message/rfc822 109-111-171 1,5\n"
	"  multipart/digest;boundary=c 111-157-171 2,3\n"
	"   message/rfc822 162-164-164 1,0\n"
	"    text/plain 164-164-164 0,0\n"},
    /* CR alone and LF alone */
    {STR("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nA: b\n"
	 "--b--\n"),
	"multipart/mixed;boundary=b 0-43-67 2,6\n"
	" text/plain 47-48-51 1,0\n"
	" text/plain 56-60-60 0,0\n"},
    {STR("A: b\rC: d\r\r\r\n"
	 "\r\n"
	 "x\ry\r\r\r\n"
	 "z"),
	"text/plain 0-15-23 2,1\n"},
};

static void
test_messages(void **state)
{
	size_t max = 1 << 20;
	struct feed_parser parser = {feed_mail_run, &max};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1 << 16);
	for (i = 0; i < COUNT(messages); i++) {
		assert_true(
		    feed_agrees(messages[i].in, ALL_PLACES, &parser, &out));
		assert_string_equal(buf_cstr(&out), messages[i].out);
	}
	buf_fini(&out);
}

static const struct {
	const char *in, *out; /* behind "text/plain" */
} params[] = {
    {"; a=b; C = d", ";a=b;C=d"},
    {";a=b;", ";a=b"},
    {";\r\n\ta=b\r\n ;c=d ", ";a=b;c=d"},
    {"(x); (x) a (x) = (x) b (x) ; c=d", ";a=b;c=d"},
    {"; a=\"\"; b=; c=\" d ;\\\"\\e\"", ";a=;b=;c= d ;\"e"},
    {"; a=\"b\r\n c\"", ";a=b c"},
    {"; a=\"b\r\r\n c\"", ";a=b c"},
    {"; a=b; a=c; A=d", ";a=b;a=c;A=d"},
    {"; a==?utf-8?q?b;c?=; d=e", ";a==?utf-8?q?b;d=e"},
    {"; a=\xfc", ";a=\xfc"},
    /* what is not in order is passed over */
    {"; a=b c; d=e", ";a=b;d=e"},
    {"; a=b/c; d=e", ";a=b;d=e"},
    {"; a; b=c; d=e", ";d=e"},
    {"; =b; c=d", ";=b;c=d"},
    {";; a=b; c=d", ";c=d"},
    {"; a b=c; d=e", ";d=e"},
    {"; a=\"b; c=d", ""},
    {"; a=b (x; c=d", ""},
    {"; a", ""},
    {";", ""},
    /* RFC 2231 3, 4, 4.1 */
    {"; URL*0=\"ftp://\"; URL*1=\"cs.example/\"", ";URL=ftp://cs.example/"},
    {"; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
	";title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A"},
    {"; title*0*=us-ascii'en'This%20is%20even%20more%20; "
     "title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
	";title*=us-ascii'en'This%20is%20even%20more%20"
	"%2A%2A%2Afun%2A%2A%2A%20isn't it!"},
    /* in any order, behind the whole ones; by name and number */
    {"; b*1=y; a*10=k; c=z; b*0=x; a*0=0; a*1=1; a*2=2; a*3=3; a*4=4; "
     "a*5=5; a*6=6; a*7=7; a*8=8; a*9=9",
	";c=z;a=0123456789k;b=xy"},
    {"; a*0=x%; a*1*=%20y", ";a*=''x%25%20y"},
    {"; a*0*=u''%20; a*1=\"%%\"; a*2=z", ";a*=u''%20%25%25z"},
    {"; a*00=x; a*01=y", ";a=xy"},
    {"; a**=x", ";a*=x"},
    {"; A*0=x; a*1=y", ";A=xy"},
    /* incomplete ones stay apart */
    {"; a*1=x", ";a*1=x"},
    {"; a*0=x; a*2*=y", ";a*0=x;a*2*=y"},
    {"; a*0=x; a*0=y", ";a*0=x;a*0=y"},
    {"; a*=x; a*0=y", ";a*0*=x;a*0=y"},
    {"; a*4294967296=x; a*x=y; a*0*0=z", ";a*4294967296=x;a*x=y;a*0*0=z"},
    {"; a*4294967295=x", ";a*4294967295=x"},
    {"; *0=x; *1=y", ";=xy"},
};

static void
test_params(void **state)
{
	size_t max = 1 << 20;
	struct feed_parser parser = {feed_mail_run, &max};
	struct buf in, out;
	size_t i;

	(void)state;
	buf_init(&in, 1000);
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(params); i++) {
		buf_clear(&in);
		(void)buf_addf(&in, "Content-Type: text/plain%s", params[i].in);
		assert_true(
		    feed_agrees(buf_str(&in), ALL_PLACES, &parser, &out));
		buf_clear(&in);
		(void)buf_addf(&in, "text/plain%s ", params[i].out);
		assert_true(str_starts(buf_str(&out), buf_str(&in)));
		assert_true(ascii_digit(buf_cstr(&out)[in.len]));
	}
	buf_fini(&in);
	buf_fini(&out);
}

static void
test_languages(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"", ""},
	    {"de", "de;"},
	    {" de , en-GB(x),fr ", "de;en-GB;fr;"},
	    {"de,,en", "de;"},
	    {"de en", "de;"},
	    {"de(", ""},
	    {"(x), de", ""},
	    {"\"de\"", ""},
	};
	struct str value, tag;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 100);
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&out);
		value = str_z(rows[i].in);
		while (mime_language(&value, &tag))
			(void)buf_addf(&out, "%.*s;", STRF(tag));
		assert_string_equal(buf_cstr(&out), rows[i].out);
	}
	buf_fini(&out);
}

static void
test_param(void **state)
{
	struct mime_param b = {NULL, S("b"), S("2")};
	struct mime_param a = {&b, S("A"), S("1")};

	(void)state;
	assert_true(str_eq(mime_param(&a, S("a")), S("1")));
	assert_true(str_eq(mime_param(&a, S("B")), S("2")));
	assert_null(mime_param(&a, S("c")).p);
	assert_null(mime_param(NULL, S("a")).p);
}

/* Feeds n times s, as a number where s has a "%zu". */
static void
feed_times(struct mime_parser *p, const char *s, size_t n)
{
	struct buf b;
	struct err e = {0};
	size_t i;

	buf_init(&b, 1 << 20);
	for (i = 0; i < n; i++) {
		buf_clear(&b);
		(void)buf_addz(&b, s);
		if (str_ends(buf_str(&b), S("#"))) {
			b.len--;
			(void)buf_addf(&b, "%05zu\r\n", i);
		}
		assert_int_equal(mime_feed(p, buf_str(&b), &e), 0);
	}
	buf_fini(&b);
}

static size_t
count_parts(const struct mime_part *p, size_t depth, size_t *deepest)
{
	size_t n = 0;

	for (; p != NULL; p = p->next) {
		if (depth > *deepest)
			*deepest = depth;
		n += 1 + count_parts(p->first, depth + 1, deepest);
	}
	return n;
}

/* The innermost of the last children. */
static const struct mime_part *
last_part(const struct mime_part *p)
{
	while (p->first != NULL)
		for (p = p->first; p->next != NULL; p = p->next)
			;
	return p;
}

/* Messages in messages, 1000 deep. */
static void
test_nesting(void **state)
{
	const struct mime_part *root, *last;
	struct mime_parser *p;
	struct arena a;
	struct err e = {0};
	size_t deepest = 0;

	(void)state;
	arena_init(&a, 1 << 20);
	p = mime_new(&a);
	feed_times(p, "Content-Type: message/rfc822\r\n\r\n", 1000);
	root = mime_finish(p, &e);
	assert_non_null(root);
	feed_mail_check_part(root, 1);
	assert_int_equal(count_parts(root, 1, &deepest), MIME_NESTING);
	assert_int_equal(deepest, MIME_NESTING);
	last = last_part(root);
	assert_false(mime_is_message(last));
	assert_true(str_eq(last->type, S("message")));
	assert_int_equal(last->end - last->body, 32 * (1000 - MIME_NESTING));
	mime_free(p);
	arena_fini(&a);
}

/* Multiparts in multiparts, each with a boundary of its own. */
static void
test_nested_multiparts(void **state)
{
	const struct mime_part *root, *last;
	struct mime_parser *p;
	struct arena a;
	struct buf b;
	struct err e = {0};
	size_t i, deepest = 0;

	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&b, 1000);
	p = mime_new(&a);
	for (i = 0; i < 200; i++) {
		buf_clear(&b);
		(void)buf_addf(&b,
		    "Content-Type: multipart/x; boundary=%03zu\r\n\r\n"
		    "--%03zu\r\n",
		    i, i);
		assert_int_equal(mime_feed(p, buf_str(&b), &e), 0);
	}
	root = mime_finish(p, &e);
	assert_non_null(root);
	feed_mail_check_part(root, 1);
	assert_int_equal(count_parts(root, 1, &deepest), MIME_NESTING);
	last = last_part(root);
	assert_false(mime_is_multipart(last));
	assert_true(str_eq(last->type, S("multipart")));
	mime_free(p);
	buf_fini(&b);
	arena_fini(&a);
}

/* What comes behind the last part that there is room for is its body. */
static void
test_parts(void **state)
{
	const struct mime_part *root, *last;
	struct mime_parser *p;
	struct arena a;
	struct err e = {0};
	size_t deepest = 0;

	(void)state;
	arena_init(&a, 16 << 20);
	p = mime_new(&a);
	feed_times(p, "Content-Type: multipart/mixed; boundary=b\r\n\r\n", 1);
	feed_times(p, "--b\r\n\r\n", MIME_PARTS + 10);
	root = mime_finish(p, &e);
	assert_non_null(root);
	assert_int_equal(count_parts(root, 1, &deepest), MIME_PARTS);
	last = last_part(root);
	assert_int_equal(last->end - last->body, 7 * 11);
	assert_int_equal(last->lines, 2 * 11);
	mime_free(p);
	arena_fini(&a);
}

/* Of a large header the beginning is kept, and all of it counts. */
static void
test_large_header(void **state)
{
	const struct mime_part *root;
	struct mime_parser *p;
	struct arena a;
	struct err e = {0};

	(void)state;
	arena_init(&a, 4 << 20);
	p = mime_new(&a);
	feed_times(p, "Content-ID: x\r\nMIME-Version: 1.0\r\n", 1);
	feed_times(p, "X-Number: #", 40000);
	feed_times(p, "Content-Type: text/html\r\n\r\nbody", 1);
	root = mime_finish(p, &e);
	assert_non_null(root);
	assert_int_equal(root->raw.n, MIME_HEADER_MAX);
	assert_int_equal(root->body, 34 + 40000 * 17 + 27);
	assert_int_equal(root->head_lines, 40000 + 4);
	assert_int_equal(root->end, root->body + 4);
	assert_true(str_eq(root->id, S("x")));
	assert_true(str_eq(root->subtype, S("plain")));
	mime_free(p);
	arena_fini(&a);
}

/* A boundary of 200 octets is told by its first 80. */
static void
test_long_boundary(void **state)
{
	static const char *const tails[] = {"\r\n\r\none\r\n", "", "--\r\n"};
	const struct mime_part *root;
	struct mime_parser *p;
	struct arena a;
	struct err e = {0};
	char b[201];
	struct str long_one = {b, 200}, part = {b, 80}, less = {b, 79};

	(void)state;
	memset(b, 'x', sizeof(b));
	arena_init(&a, 1 << 20);
	p = mime_new(&a);
	feed_times(p, "Content-Type: multipart/mixed; boundary=", 1);
	assert_int_equal(mime_feed(p, long_one, &e), 0);
	feed_times(p, "\r\n\r\n--", 1);
	assert_int_equal(mime_feed(p, long_one, &e), 0);
	feed_times(p, tails[0], 1);
	feed_times(p, "--", 1);
	assert_int_equal(mime_feed(p, less, &e), 0);
	feed_times(p, tails[0], 1);
	feed_times(p, "--", 1);
	assert_int_equal(mime_feed(p, part, &e), 0);
	feed_times(p, tails[2], 1);
	root = mime_finish(p, &e);
	assert_non_null(root);
	assert_non_null(root->first);
	assert_null(root->first->next);
	assert_int_equal(
	    root->first->end - root->first->body, 3 + 2 + 81 + 2 + 2 + 3);
	mime_free(p);
	arena_fini(&a);
}

/* A full arena is an error, and stays one. */
static void
test_full_arena(void **state)
{
	struct feed_parser parser;
	struct buf out;
	size_t max, i, full = 0;

	(void)state;
	buf_init(&out, 1 << 16);
	for (i = 0; i < COUNT(messages); i += 7)
		for (max = 0; max < 3000; max += 13) {
			parser = (struct feed_parser){feed_mail_run, &max};
			assert_true(
			    feed_agrees(messages[i].in, 2, &parser, &out));
			full += str_eq(buf_str(&out), S("full"));
			assert_true(
			    max > 0 || str_eq(buf_str(&out), S("full")));
		}
	assert_in_range(full, 100, 1500);
	buf_fini(&out);
}

/* Time is linear in hostile messages, however they come: were it not, this
 * would take hours. */
static void
test_hostile(void **state)
{
	static const char *const tiles[] = {"--", "--b", "--b\r\n", "-", "\r\n",
	    "\r", "a\r\n", "a", "--b\r\na: b\r\n", "--b--\r\n--b\r\n",
	    "a:;b=\"c\\", "Content-Type: a/b;c=d;e=f\r\n "};
	enum { SIZE = 1 << 20 };
	char *mem = malloc(SIZE);
	struct mime_parser *p;
	struct arena a;
	struct err e;
	size_t i, k, n, step;

	(void)state;
	assert_non_null(mem);
	for (i = 0; i < 2 * COUNT(tiles); i++) {
		n = strlen(tiles[i / 2]);
		step = i % 2 == 0 ? 1 : SIZE;
		for (k = 0; k < SIZE; k++)
			mem[k] = tiles[i / 2][k % n];
		arena_init(&a, 64 << 20);
		e = (struct err){0};
		p = mime_new(&a);
		feed_times(p,
		    "Content-Type: multipart/x; boundary=b\r\n\r\n--b\r\n", 1);
		for (k = 0; k < SIZE; k += step)
			assert_int_equal(
			    mime_feed(p, (struct str){mem + k, step}, &e), 0);
		assert_non_null(mime_finish(p, &e));
		mime_free(p);
		arena_fini(&a);
	}
	free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_params),
	    cmocka_unit_test(test_languages),
	    cmocka_unit_test(test_param),
	    cmocka_unit_test(test_nesting),
	    cmocka_unit_test(test_nested_multiparts),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_large_header),
	    cmocka_unit_test(test_long_boundary),
	    cmocka_unit_test(test_full_arena),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
