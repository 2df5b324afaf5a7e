/* Rules by which things go wrong on purpose. */
#include "server/fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct faults *f;

static int
setup(void **state)
{
	(void)state;
	f = faults_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	faults_free(f);
	return 0;
}

static void
add(const char *rule)
{
	struct err e = {0};

	assert_int_equal(faults_add(f, rule, &e), 0);
}

static void
test_bad_rules(void **state)
{
	static const char *const rules[] = {"", "slow", "slow 0", "slow x",
	    "slow 1 2", "nonsense 1", "http:slow 1", "refuse", "refuse RETR",
	    "hide", "hide A B", "hang", "hang A B", "tempfail", "drop -1",
	    ":slow 1", "refuse A b\r\nc"};

	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++) {
		struct err e = {0};

		assert_int_equal(faults_add(f, rules[i], &e), -1);
		assert_int_equal(e.kind, ERR_USE);
	}
	assert_int_equal(faults_number(f, FAULT_SLOW, "pop3", 7), 7);
}

static void
test_numbers(void **state)
{
	(void)state;
	add("pop3:slow 100");
	add("slow 200");
	add("IMAP:drop 5");
	assert_int_equal(faults_number(f, FAULT_SLOW, "pop3", 0), 100);
	assert_int_equal(faults_number(f, FAULT_SLOW, "smtp", 0), 200);
	assert_int_equal(faults_number(f, FAULT_DROP, "smtp", 9), 9);
}

static void
test_verbs(void **state)
{
	enum fault_kind kind;
	const char *reply;

	(void)state;
	add("smtp:refuse mail 452 4.3.1  disk full");
	add("hang NOOP");
	add("imap:cut FETCH");
	assert_true(faults_verb(f, "smtp", S("MAIL"), &kind, &reply));
	assert_int_equal(kind, FAULT_REFUSE);
	assert_string_equal(reply, "452 4.3.1  disk full");
	assert_false(faults_verb(f, "lmtp", S("MAIL"), &kind, &reply));
	assert_true(faults_verb(f, "pop3", S("noop"), &kind, &reply));
	assert_int_equal(kind, FAULT_HANG);
	assert_true(faults_verb(f, "imap", S("FETCH"), &kind, &reply));
	assert_int_equal(kind, FAULT_CUT);
	assert_false(faults_verb(f, "imap", S("FETC"), &kind, &reply));
}

static void
test_capabilities(void **state)
{
	(void)state;
	add("smtp:hide PIPELINING");
	assert_true(faults_hide(f, "smtp", S("pipelining")));
	assert_false(faults_hide(f, "pop3", S("PIPELINING")));
	assert_false(faults_hide(f, "smtp", S("SIZE")));
}

static void
test_tempfail(void **state)
{
	(void)state;
	add("tempfail obelix@mail.test");
	assert_true(faults_tempfail(f, "smtp", S("Obelix@mail.test")));
	assert_false(faults_tempfail(f, "smtp", S("asterix@mail.test")));
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *address;
		unsigned code;
		bool data;
	} rows[] = {
	    {"550@error.test", 550, false},
	    {"421@ERROR.TEST", 421, false},
	    {"data-552@error.test", 552, true},
	    {"Data-451@error.test", 451, true},
	    {"250@error.test", 0, false},
	    {"600@error.test", 0, false},
	    {"55@error.test", 0, false},
	    {"5500@error.test", 0, false},
	    {"55x@error.test", 0, false},
	    {"550@error.test.example", 0, false},
	    {"550", 0, false},
	    {"", 0, false},
	};
	bool data;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		data = false;
		assert_int_equal(
		    fault_of_address(str_z(rows[i].address), &data),
		    rows[i].code);
		if (rows[i].code > 0)
			assert_int_equal(data, rows[i].data);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_bad_rules),
	    TEST(test_numbers),
	    TEST(test_verbs),
	    TEST(test_capabilities),
	    TEST(test_tempfail),
	    TEST(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
