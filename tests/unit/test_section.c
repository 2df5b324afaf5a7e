/* Sections of FETCH: what is one, and which part it means. */
#include "server/imap_mail.h"
#include "tests/unit/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		bool binary;
		const char *again; /* NULL: no section */
	} rows[] = {
	    {"", false, ""},
	    {"HEADER", false, "HEADER"},
	    {"header", false, "HEADER"},
	    {"TEXT", false, "TEXT"},
	    {"1", false, "1"},
	    {"1.2.3", false, "1.2.3"},
	    {"1.MIME", false, "1.MIME"},
	    {"2.1.TEXT", false, "2.1.TEXT"},
	    {"HEADER.FIELDS (From To)", false, "HEADER.FIELDS (From To)"},
	    {"header.fields.not (\"From\")", false, "HEADER.FIELDS.NOT (From)"},
	    {"1.HEADER.FIELDS ( a  b )", false, "1.HEADER.FIELDS (a b)"},
	    {"HEADER.FIELDS (\"a b\" c)", false, "HEADER.FIELDS (\"a b\" c)"},
	    {"MIME", false, NULL},
	    {"0", false, NULL},
	    {"1.0", false, NULL},
	    {"01", false, NULL},
	    {"1.", false, NULL},
	    {".1", false, NULL},
	    {"1..2", false, NULL},
	    {"1.2.", false, NULL},
	    {"4294967296", false, NULL},
	    {"HEADERS", false, NULL},
	    {"HEADER.FIELDS", false, NULL},
	    {"HEADER.FIELDS ()", false, NULL},
	    {"HEADER.FIELDS (a", false, NULL},
	    {"HEADER.FIELDS(a)", false, NULL},
	    {"HEADER.FIELDS (a) ", false, NULL},
	    {"TEXT.1", false, NULL},
	    {"1 ", false, NULL},
	    {"", true, ""},
	    {"1.2", true, "1.2"},
	    {"1.TEXT", true, NULL},
	    {"HEADER", true, NULL},
	};
	struct section s;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    section_parse(str_z(rows[i].text), rows[i].binary, &s),
		    rows[i].again != NULL);
		if (rows[i].again == NULL)
			continue;
		buf_clear(&b);
		section_put(&b, &s);
		assert_string_equal(buf_cstr(&b), rows[i].again);
	}
	buf_fini(&b);
}

static void
test_too_deep(void **state)
{
	struct section s;
	struct buf b;

	(void)state;
	buf_init(&b, 4 * SECTION_DEPTH);
	(void)buf_addc(&b, '1');
	for (int i = 1; i < SECTION_DEPTH; i++)
		(void)buf_addz(&b, ".1");
	assert_true(section_parse(buf_str(&b), false, &s));
	(void)buf_addz(&b, ".1");
	assert_false(section_parse(buf_str(&b), false, &s));
	buf_fini(&b);
}

static const char message[] = "MIME-Version: 1.0\n"
			      "Subject: outer\n"
			      "Content-Type: multipart/mixed; boundary=b\n"
			      "\n"
			      "--b\n"
			      "\n"
			      "one\n"
			      "--b\n"
			      "Content-Type: message/rfc822\n"
			      "\n"
			      "Subject: inner\n"
			      "From: a@b.test\n"
			      "\n"
			      "two\n"
			      "--b--\n";

static uint32_t
validity(void *arg)
{
	(void)arg;
	return 1;
}

static void
test_ranges(void **state)
{
	static const struct {
		const char *section;
		const char *want; /* NULL: no such part */
	} rows[] = {
	    {"1", "one"},
	    {"1.MIME", "\r\n"},
	    {"2", "Subject: inner\r\nFrom: a@b.test\r\n\r\ntwo"},
	    {"2.HEADER", "Subject: inner\r\nFrom: a@b.test\r\n\r\n"},
	    {"2.TEXT", "two"},
	    {"2.1", "two"},
	    {"2.MIME", "Content-Type: message/rfc822\r\n\r\n"},
	    {"2.1.MIME", "Subject: inner\r\nFrom: a@b.test\r\n\r\n"},
	    {"1.1", NULL},
	    {"1.HEADER", NULL},
	    {"1.TEXT", NULL},
	    {"2.2", NULL},
	    {"2.1.1", NULL},
	    {"3", NULL},
	};
	struct err e = {0};
	struct imap_mail m;
	struct mailbox *mb;
	struct section s;
	uint64_t from, to;
	struct str got;
	struct buf b;

	(void)state;
	(void)folder_make();
	assert_int_equal(maildir_make(folder_path("m"), &e), 0);
	folder_put("m/cur/1.a:2,", str_z(message));
	mb = mailbox_open(folder_path("m"), validity, NULL, &e);
	assert_int_equal(imap_mail_open(&m, mb, 1, &e), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(section_parse(str_z(rows[i].section), false, &s));
		assert_int_equal(section_range(&m, &s, &from, &to, &e),
		    rows[i].want != NULL);
		if (rows[i].want == NULL)
			continue;
		assert_int_equal(to - from, strlen(rows[i].want));
		assert_int_equal(mail_read(m.mail, from, &got, &e), 0);
		assert_memory_equal(got.p, rows[i].want, strlen(rows[i].want));
	}
	buf_init(&b, 1000);
	assert_true(section_parse(S("2.HEADER.FIELDS.NOT (from)"), false, &s));
	assert_int_equal(section_fields(&m, &s, &b, &e), 1);
	assert_string_equal(buf_cstr(&b), "Subject: inner\r\n\r\n");
	buf_fini(&b);
	imap_mail_close(&m);
	mailbox_free(mb);
	folder_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_too_deep),
	    cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
