/* Where in a line that somebody typed a password begins; and the vault. */
#include "base/mem.h"
#include "base/vault.h"
#include "proto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

/* A bar stands where the secret begins. */
static void
test_lines(void **state)
{
	static const char *const cases[] = {
	    "LOGIN alice| xyzzy",
	    "login  alice|  xyzzy",
	    "a1 LOGIN alice| xyzzy",
	    "LOGIN \"a \\\" b\"| xyzzy",
	    "LOGIN alice| {5+}",
	    "PASS| x y z",
	    "pass|\tx",
	    "PASS",
	    "LOGIN alice",
	    "APOP alice| 0123",
	    "AUTH PLAIN| AGEAYg==",
	    "x AUTHENTICATE PLAIN| AGEAYg==",
	    "URLFETCH| imap://h/x;URLAUTH=anonymous:internal:0",
	    "PAS| xyzzy",
	    "PASS:| xyzzy",
	    "LOGN alice| xyzzy",
	    "a1 LOGON alice| xyzzy",
	    "AUHT PLAIN| AGEAYg==",
	    "LAST 1",
	    "FETCH 1 PASS",
	    "MAIL FROM:<pas@a.example>",
	    "LIST \"\" pass",
	    "HELO pas x",
	    "",
	};
	char line[80];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		n = str_find(str_z(cases[i]), '|');
		(void)snprintf(line, sizeof(line), "%.*s%s", (int)n, cases[i],
		    cases[i][n] != '\0' ? cases[i] + n + 1 : "");
		if (secret_in_line(str_z(line), true) != n)
			fail_msg("%s: %zu", cases[i],
			    secret_in_line(str_z(line), true));
	}
	assert_int_equal(secret_in_line(S("PAS xyzzy"), false), 9);
}

/* A child sees zeros; so a command started by the shell sees nothing. */
static void
test_vault(void **state)
{
	char *p = vault_new(6);
	int status;
	pid_t pid;

	(void)state;
	memcpy(p, "menhir", 6);
	pid = fork();
	if (pid == 0)
		_exit(*p != '\0' ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_equal(p, "menhir", 6);
	vault_free(p, 6);
	vault_free(NULL, 0);
}

static void
test_growth(void **state)
{
	char *p = malloc(24), *q;

	(void)state;
	memcpy(p, "menhir", 7);
	for (size_t n = 24; n < 1 << 20; n *= 3) {
		q = realloc(p, n);
		assert_non_null(q);
		assert_string_equal(q, "menhir");
		memset(q + 7, 'x', n - 7);
		p = q;
	}
	p = realloc(p, 30);
	assert_memory_equal(p, "menhir\0xxx", 10);
	mem_wipe_block(p);
	assert_int_equal(p[29], 0);
	free(p);
	mem_wipe_stack();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_vault),
	    cmocka_unit_test(test_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
