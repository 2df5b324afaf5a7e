/* status: which outcome has which exit status. */
#include "proto/status.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_errors(void **state)
{
	static const struct {
		enum err_kind kind;
		int status;
	} cases[] = {
	    {ERR_NONE, 0},
	    {ERR_SYS, 1},
	    {ERR_USE, 1},
	    {ERR_DNS, 3},
	    {ERR_CONNECT, 3},
	    {ERR_TLS, 4},
	    {ERR_AUTH, 5},
	    {ERR_PROTO, 8},
	    {ERR_LIMIT, 8},
	    {ERR_TIMEOUT, 9},
	    {ERR_CLOSED, 9},
	    {ERR_CANCEL, 130},
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		e = (struct err){.kind = cases[i].kind};
		assert_int_equal(status_of_err(&e), cases[i].status);
	}
}

static void
test_replies(void **state)
{
	static const struct verb fetch = {.name = "FETCH"},
				 login = {.name = "LOGIN", .flags = VERB_LOGIN};
	static const struct {
		const struct verb *verb;
		enum reply_class class;
		bool temporary;
		int status;
	} cases[] = {
	    {&fetch, REPLY_OK, false, 0},
	    {&fetch, REPLY_NO, false, 6},
	    {&fetch, REPLY_NO, true, 7},
	    {&fetch, REPLY_BAD, false, 8},
	    {&login, REPLY_OK, false, 0},
	    {&login, REPLY_NO, false, 5},
	    {&login, REPLY_NO, true, 7},
	    {&login, REPLY_BAD, false, 5},
	    {NULL, REPLY_NO, false, 6},
	    {NULL, REPLY_BAD, false, 8},
	};
	struct cmd cmd;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cmd = (struct cmd){.verb = cases[i].verb,
		    .reply = {.class = cases[i].class,
			.temporary = cases[i].temporary}};
		assert_int_equal(status_of_reply(&cmd), cases[i].status);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
