/* url: passwords found in texts. */
#include "wire/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
test_mask(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {"nothing here", "nothing here"},
	    {"imap://h is no URL", "imap://h is no URL"},
	    {"not imap://a:secret@h, no", "not imap://a:***@h, no"},
	    {"two a:b@c pop3://d:e@f", "two a:***@c pop3://d:***@f"},
	    {"near ''imap://a:se:cr@t@h'", "near ''imap://a:***@h'"},
	    {"imap://a:sec/r?et@h/box", "imap://a:***@h/box"},
	    {"imap://a@h:143/box", "imap://a@h:143/box"},
	    {"a@b.test: 550 5.1.1 no", "a@b.test: 550 5.1.1 no"},
	    {"RCPT TO:<a@b.test>: 550", "RCPT TO:<a@b.test>: 550"},
	    {"mail.example:25: 421 bye", "mail.example:25: 421 bye"},
	    {"@ : :@", "@ : :@"},
	    {"at imap:a@b.test", "at imap:a@b.test"},
	    {"at imap:a:secret@b.test", "at imap:a:***@b.test"},
	    {"imap://a:b@h?proxy=socks5h://c:d@p",
		"imap://a:***@h?proxy=socks5h://c:***@p"},
	    {"imap://a@h?ca=x&proxy=http://c:d@p",
		"imap://a@h?ca=x&proxy=http://c:***@p"},
	    {"--proxy=socks5h://c:d@p", "--proxy=socks5h://c:***@p"},
	    {"imap://a:b@h?proxy=none", "imap://a:***@h?proxy=none"},
	    {"imap://h/box?ca=/x:y@z", "imap://h/box?ca=/x:y@z"},
	    {":set proxy a:b@h", ":set proxy a:***@h"},
	};
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_init(&b, 1 << 10);
		assert_int_equal(url_mask(&b, str_z(cases[i][0])), 0);
		assert_string_equal(buf_cstr(&b), cases[i][1]);
		buf_fini(&b);
	}
	buf_init(&b, 8);
	assert_int_equal(url_mask(&b, S("imap://a:b@h")), -1);
	buf_fini(&b);
}

static void
test_password(void **state)
{
	static const char *const cases[][2] = {
	    {"imap://a:b@h", "b"},
	    {"imap://a:b%20c@h/x", "b%20c"},
	    {"see imap://a@h and pop3://c:d@i", "d"},
	    {"imap://a:p@ss@h", "p@ss"},
	    {"imap://a:p:q@h", "p:q"},
	    {"imap://a:p/q@h", "p/q"}, /* no URL, but still a password */
	    {"imap://a:p@h/x@y", "p"},
	    {"imap://a@h:143/x@y", NULL},
	    {"imap://h:143/x@y", NULL},
	    {"imap://[::1]/x@y", NULL},
	    {"imap://a@h", NULL},
	    {"imap://a:@h", NULL},
	    {"imap:a:b@h.example", "b"},
	    {":open 'pop3s:a%40b:c/d@h.example'", "c/d"},
	    {"imap:a@h.example", NULL},
	    {"noimap:a:b@h.example", NULL},
	    {":set proxy a:b@h", "b"},
	    {"imap://h?proxy=a:b@h", "b"},
	    {"MAIL FROM:a@b.example", NULL},
	    {"://", NULL},
	    {"", NULL},
	};
	struct str got;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		got = url_password(str_z(cases[i][0]));
		assert_int_equal(got.p != NULL, cases[i][1] != NULL);
		if (got.p != NULL)
			assert_true(str_eq(got, str_z(cases[i][1])));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
