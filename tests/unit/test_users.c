/* Who has an account, and whom an address means. */
#include "server/users.h"
#include "tests/unit/folder.h"

#include <crypt.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct users *us;

static int
setup(void **state)
{
	struct err e = {0};

	(void)state;
	(void)folder_make();
	folder_put("users", S("# a remark\n\nasterix:gaul:Asterix the Gaul\n"
			      "obelix:menhir:Obelix the Gaul\n"
			      "Dog.1-x_y:woof\n"));
	folder_put("aliases", S("gauls: asterix, obelix , nobody\n"
				"none: nobody\n"));
	us = users_open(folder_path("."), &e);
	assert_string_equal(e.msg, "");
	return us != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	users_close(us);
	folder_remove();
	return 0;
}

static void
test_passwords(void **state)
{
	const struct user *asterix = users_find(us, S("ASTERIX"));

	(void)state;
	assert_non_null(asterix);
	assert_string_equal(asterix->full_name, "Asterix the Gaul");
	assert_true(user_check(asterix, S("gaul")));
	assert_false(user_check(asterix, S("Gaul")));
	assert_false(user_check(asterix, S("gau")));
	assert_false(user_check(asterix, S("gaul ")));
	assert_false(user_check(asterix, S("")));
	assert_false(user_check(asterix, S("gaul\0")));
	assert_false(user_check(NULL, S("")));
	assert_false(user_check(NULL, S("nobody")));
	assert_string_equal(user_password(asterix), "gaul");
	assert_null(users_find(us, S("nobody")));
	assert_null(users_find(us, S("")));
}

static void
test_logins(void **state)
{
	struct user *asterix = users_find(us, S("asterix"));

	(void)state;
	assert_ptr_equal(users_find_login(us, S("Asterix")), asterix);
	assert_ptr_equal(
	    users_find_login(us, S("asterix@example.org")), asterix);
	assert_ptr_equal(users_find_login(us, S("asterix@x.test")), asterix);
	assert_null(users_find_login(us, S("asterix@elsewhere.invalid")));
	assert_null(users_find_login(us, S("asterix@")));
	assert_null(users_find_login(us, S("@example.org")));
	assert_null(users_find_login(us, S("a@asterix@example.org")));
	assert_null(users_find(us, S("asterix@example.org")));
}

/* Made with the system's own crypt(3), so that it is this one that holds. */
static void
test_hashes(void **state)
{
	static struct crypt_data data;
	char line[256];
	const struct user *u;

	(void)state;
	assert_true(users_have_passwords(us));
	(void)snprintf(line, sizeof(line), "asterix:%s\n",
	    crypt_r("gaul", "$6$saltsalt$", &data));
	folder_put("users", str_z(line));
	assert_false(users_have_passwords(us));
	u = users_find(us, S("asterix"));
	assert_true(user_check(u, S("gaul")));
	assert_false(user_check(u, S("Gaul")));
	/* The hash is no password, and there is none to compute with. */
	assert_false(user_check(u, str_z(u->password)));
	assert_null(user_password(u));
	assert_false(user_check(u, S("gaul\0x")));
}

static void
test_refresh(void **state)
{
	const struct user *held = users_find(us, S("obelix"));

	(void)state;
	folder_put("users", S("asterix:new\nidefix:bone\n"));
	assert_null(users_find(us, S("obelix")));
	assert_string_equal(held->name, "obelix"); /* somebody holds him */
	assert_true(user_check(users_find(us, S("asterix")), S("new")));
	assert_non_null(users_find(us, S("idefix")));
	/* A broken file changes nothing. */
	folder_put("users", S("asterix:other\n../etc:x\n"));
	assert_non_null(freopen("/dev/null", "w", stderr));
	assert_true(user_check(users_find(us, S("asterix")), S("new")));
	folder_put("users", S("obelix:back\n"));
	assert_ptr_equal(users_find(us, S("obelix")), held);
}

static void
test_broken_files(void **state)
{
	static const struct {
		const char *lines, *words;
	} rows[] = {
	    {"asterix", "line 1: it is name:password[:full name]"},
	    {":x", "line 1: a name is of letters"},
	    {"asterix:", "line 1: it is name:password[:full name]"},
	    {"../x:y", "line 1: a name is of letters"},
	    {"a/b:c", "line 1: a name is of letters"},
	    {".a:b", "line 1: a name is of letters"},
	    {"-a:b", "line 1: a name is of letters"},
	    {"a b:c", "line 1: a name is of letters"},
	    {"a:b\n\nA:c", "line 3: that user is there already"},
	    {"users:x", "line 1: that is the name of a file"},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		e = (struct err){0};
		folder_put("users", str_z(rows[i].lines));
		assert_null(users_open(folder_path("."), &e));
		assert_non_null(strstr(e.msg, rows[i].words));
	}
}

/* It opens like a file, and has no lines. */
static void
test_a_folder_of_users(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(unlink(folder_path("users")), 0);
	assert_int_equal(mkdir(folder_path("users"), 0700), 0);
	assert_null(users_open(folder_path("."), &e));
	assert_int_equal(e.sys, EISDIR);
}

static void
test_long_lines(void **state)
{
	char line[20000] = "asterix:";
	const struct user *u;

	(void)state;
	memset(line + 8, 'x', sizeof(line) - 9);
	folder_put("users", str_z(line));
	u = users_find(us, S("asterix"));
	assert_true(user_check(u, str_z(line + 8)));
}

static void
test_resolve(void **state)
{
	static const struct {
		const char *address;
		enum resolved want;
		const char *first;
		size_t n;
	} rows[] = {
	    {"asterix", RESOLVED_USER, "asterix", 1},
	    {"Asterix@gaul.test", RESOLVED_USER, "asterix", 1},
	    {"asterix@localhost", RESOLVED_USER, "asterix", 1},
	    {"asterix@[127.0.0.1]", RESOLVED_USER, "asterix", 1},
	    {"asterix@deep.example.org", RESOLVED_USER, "asterix", 1},
	    {"asterix+boar@gaul.test", RESOLVED_USER, "asterix", 1},
	    {"\"asterix\"@gaul.test", RESOLVED_USER, "asterix", 1},
	    {"dog.1-X_y@gaul.test", RESOLVED_USER, "Dog.1-x_y", 1},
	    {"gauls@gaul.test", RESOLVED_LIST, "asterix", 2},
	    {"none", RESOLVED_UNKNOWN, NULL, 0},
	    {"postmaster", RESOLVED_USER, "asterix", 1},
	    {"Postmaster@gaul.test", RESOLVED_USER, "asterix", 1},
	    {"nobody@gaul.test", RESOLVED_UNKNOWN, NULL, 0},
	    {"@gaul.test", RESOLVED_UNKNOWN, NULL, 0},
	    {"asterix@gaul.invalid", RESOLVED_FOREIGN, NULL, 0},
	    {"asterix@test.gaul", RESOLVED_FOREIGN, NULL, 0},
	    {"asterix@", RESOLVED_FOREIGN, NULL, 0},
	    {"asterix@gaul.test@rome.invalid", RESOLVED_FOREIGN, NULL, 0},
	    {"../asterix@gaul.test", RESOLVED_UNKNOWN, NULL, 0},
	};
	struct recipients who;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    users_resolve(us, str_z(rows[i].address), &who),
		    rows[i].want);
		assert_int_equal(who.n, rows[i].n);
		if (rows[i].n > 0)
			assert_string_equal(who.user[0]->name, rows[i].first);
	}
	users_domain(us, "gaul.invalid");
	assert_int_equal(
	    users_resolve(us, S("asterix@Gaul.invalid"), &who), RESOLVED_USER);
}

static void
test_search(void **state)
{
	struct recipients who;

	(void)state;
	users_search(us, S("GAUL"), &who);
	assert_int_equal(who.n, 2);
	users_search(us, S("obe"), &who);
	assert_int_equal(who.n, 1);
	users_search(us, S("woof"), &who); /* a password is no name */
	assert_int_equal(who.n, 0);
	users_search(us, S(""), &who);
	assert_int_equal(who.n, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_passwords),
	    TEST(test_logins),
	    TEST(test_hashes),
	    TEST(test_refresh),
	    TEST(test_broken_files),
	    TEST(test_a_folder_of_users),
	    TEST(test_long_lines),
	    TEST(test_resolve),
	    TEST(test_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
