/* err: the first fault stays, on one harmless line. */
#include "base/err.h"
#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_first_stays(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, ERR_PROTO, "line %d", 7), -1);
	assert_int_equal(err_set(&e, ERR_CLOSED, "later"), -1);
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "later still"), -1);
	assert_int_equal(e.kind, ERR_PROTO);
	assert_int_equal(e.sys, 0);
	assert_string_equal(e.msg, "line 7");
	err_clear(&e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_string_equal(e.msg, "");
}

static void
test_full(void **state)
{
	static const int full[] = {ENOSPC, EDQUOT, EFBIG};
	struct err e = {0};

	(void)state;
	assert_false(err_is_full(&e));
	for (size_t i = 0; i < sizeof(full) / sizeof(*full); i++) {
		err_clear(&e);
		errno = full[i];
		(void)err_sys(&e, "write");
		assert_true(err_is_full(&e));
	}
	err_clear(&e);
	errno = EIO;
	(void)err_sys(&e, "write");
	assert_false(err_is_full(&e));
}

static void
test_sys(void **state)
{
	struct err e = {0};

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "cannot open %s", "x\x1b"), -1);
	assert_int_equal(e.kind, ERR_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(
	    e.msg, "cannot open x^[: No such file or directory");
}

static void
test_bytes_of_a_peer(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, ERR_PROTO, "said \"%s\"", "\x1b[2J\r\n\xff");
	assert_string_equal(e.msg, "said \"^[[2J^M^J\\xff\"");
}

/* Too long a message is cut, also where filtering makes it longer. */
static void
test_long(void **state)
{
	char text[1000];
	struct err e = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, ERR_PROTO, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_prefix(&e, "mail.example");
	assert_true(strlen(e.msg) < sizeof(e.msg));
	assert_memory_equal(e.msg, "mail.example: xxx", 17);
	err_clear(&e);
	memset(text, '\xff', sizeof(text) - 1);
	err_set(&e, ERR_PROTO, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_memory_equal(e.msg, "\\xff\\xff", 8);
	err_clear(&e);
	memset(text, 'x', sizeof(text) - 1);
	errno = EPIPE;
	err_sys(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
}

/* A cut goes between characters, never through one. */
static void
test_cut_between_characters(void **state)
{
	char text[400];
	struct err e;
	size_t shift, i;

	(void)state;
	for (shift = 0; shift < 3; shift++) {
		memset(text, 'x', shift);
		for (i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		text[i] = '\0';
		err_clear(&e);
		err_set(&e, ERR_PROTO, "%s", text);
		assert_true(utf8_valid(str_z(e.msg)));
		assert_null(strstr(e.msg, "\\x"));
		err_prefix(&e, "y");
		assert_true(utf8_valid(str_z(e.msg)));
	}
}

static void
test_prefix(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, ERR_TLS, "refused");
	err_prefix(&e, "mail.example");
	assert_string_equal(e.msg, "mail.example: refused");
	assert_int_equal(e.kind, ERR_TLS);
}

static void
test_names(void **state)
{
	int kind;

	(void)state;
	for (kind = ERR_NONE; kind <= ERR_USE; kind++)
		assert_non_null(err_kind_name((enum err_kind)kind));
	assert_string_equal(err_kind_name(ERR_TIMEOUT), "timeout");
	assert_string_equal(err_kind_name(ERR_USE), "use");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_stays),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_sys),
	    cmocka_unit_test(test_bytes_of_a_peer),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_cut_between_characters),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
