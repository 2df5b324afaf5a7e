/* Sets of numbers: their text, what is in them, and how they grow. */
#include "wire/seqset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
assert_set(const struct seqset *s, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(seqset_put(&b, s), 0);
	assert_string_equal(buf_cstr(&b), want);
	buf_fini(&b);
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		uint32_t star;
		const char *want; /* NULL: no set */
	} rows[] = {
	    {"1", 9, "1"},
	    {"1,2,3", 9, "1:3"},
	    {"1:3,5", 9, "1:3,5"},
	    {"5,1:3", 9, "1:3,5"},
	    {"3:1", 9, "1:3"},
	    {"*", 9, "9"},
	    {"*:4", 9, "4:9"},
	    {"12:*", 9, "9:12"},
	    {"1:*", 9, "1:9"},
	    {"2:4,3:7,7", 9, "2:7"},
	    {"1:4294967295", 9, "1:4294967295"},
	    {"4294967295,1", 9, "1,4294967295"},
	    {"4294967294,4294967295", 9, "4294967294:4294967295"},
	    {"*", 0, ""},
	    {"1:*,4", 0, "4"},
	    {"", 9, NULL},
	    {"0", 9, NULL},
	    {"1:0", 9, NULL},
	    {"01", 9, NULL},
	    {"1:02", 9, NULL},
	    {"4294967296", 9, NULL},
	    {"99999999999999999999", 9, NULL},
	    {"1,", 9, NULL},
	    {",1", 9, NULL},
	    {"1,,2", 9, NULL},
	    {"1:", 9, NULL},
	    {":1", 9, NULL},
	    {"1:2:3", 9, NULL},
	    {"1 ", 9, NULL},
	    {"a", 9, NULL},
	    {"-1", 9, NULL},
	    {"1-3", 9, NULL},
	    {"**", 9, NULL},
	    {"$", 9, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct seqset s = {0};

		assert_int_equal(
		    seqset_parse(&s, str_z(rows[i].text), rows[i].star),
		    rows[i].want != NULL);
		if (rows[i].want != NULL)
			assert_set(&s, rows[i].want);
		seqset_fini(&s);
	}
}

/* Against a set of bits, whatever the order. */
static void
test_add(void **state)
{
	struct seqset s = {0};
	bool bits[200];

	(void)state;
	srandom(1);
	for (int round = 0; round < 500; round++) {
		seqset_clear(&s);
		memset(bits, 0, sizeof(bits));
		for (int i = 0; i < 20; i++) {
			uint32_t low = 1 + (uint32_t)random() % 190;
			uint32_t high = low + (uint32_t)random() % 8;

			seqset_add(&s, low, high);
			for (uint32_t n = low; n <= high; n++)
				bits[n] = true;
		}
		uint64_t count = 0;
		for (uint32_t n = 1; n < 200; n++) {
			assert_int_equal(seqset_has(&s, n), bits[n]);
			count += bits[n];
		}
		assert_int_equal(s.count, count);
		for (size_t i = 1; i < s.n; i++)
			assert_true(s.ranges[i - 1].high + 1 < s.ranges[i].low);
	}
	seqset_clear(&s);
	seqset_add(&s, 5, UINT32_MAX);
	seqset_add(&s, 7, 8);
	assert_set(&s, "5:4294967295");
	assert_int_equal(s.count, 4294967291);
	seqset_add(&s, 4, 4);
	seqset_add(&s, 1, 2);
	assert_set(&s, "1:2,4:4294967295");
	seqset_fini(&s);
}

static void
fill(struct seqset *s, bool bits[100])
{
	memset(bits, 0, 100 * sizeof(bits[0]));
	for (int i = (int)(random() % 12); i > 0; i--) {
		uint32_t low = 1 + (uint32_t)random() % 90;
		uint32_t high = low + (uint32_t)random() % 6;

		seqset_add(s, low, high);
		for (uint32_t n = low; n <= high; n++)
			bits[n] = true;
	}
}

/* Two sets against two sets of bits. */
static void
test_algebra(void **state)
{
	bool a[100], b[100];

	(void)state;
	srandom(2);
	for (int round = 0; round < 2000; round++) {
		struct seqset x = {0}, y = {0}, any = {0}, both = {0},
			      less = {0};
		uint64_t count = 0;

		fill(&x, a);
		fill(&y, b);
		seqset_or(&any, &x, &y);
		seqset_and(&both, &x, &y);
		seqset_without(&less, &x, &y);
		for (uint32_t n = 1; n < 100; n++) {
			assert_int_equal(seqset_has(&any, n), a[n] || b[n]);
			assert_int_equal(seqset_has(&both, n), a[n] && b[n]);
			assert_int_equal(seqset_has(&less, n), a[n] && !b[n]);
			count += a[n] || b[n];
		}
		assert_int_equal(any.count, count);
		assert_int_equal(any.count + both.count, x.count + y.count);
		assert_int_equal(less.count + both.count, x.count);
		assert_int_equal(
		    seqset_eq(&x, &y), memcmp(a, b, sizeof(a)) == 0);
		seqset_fit(&any);
		assert_true(any.n == any.cap);
		seqset_fini(&x);
		seqset_fini(&y);
		seqset_fini(&any);
		seqset_fini(&both);
		seqset_fini(&less);
	}
}

/* The ends of the numbers. */
static void
test_algebra_of_all(void **state)
{
	struct seqset all = {0}, end = {0}, s = {0};

	(void)state;
	seqset_add(&all, 1, UINT32_MAX);
	seqset_add(&end, UINT32_MAX, UINT32_MAX);
	seqset_or(&s, &all, &end);
	assert_set(&s, "1:4294967295");
	seqset_clear(&s);
	seqset_without(&s, &all, &end);
	assert_set(&s, "1:4294967294");
	seqset_clear(&s);
	seqset_without(&s, &end, &all);
	assert_set(&s, "");
	seqset_and(&s, &all, &end);
	assert_set(&s, "4294967295");
	seqset_fini(&all);
	seqset_fini(&end);
	seqset_fini(&s);
}

/* What SEARCH answers; nothing is taken of what is not all numbers. */
static void
test_search(void **state)
{
	static const struct {
		const char *line, *want; /* NULL: not a list of numbers */
	} rows[] = {
	    {"* SEARCH", "50"},
	    {"* SEARCH 2 3 6", "2:3,6,50"},
	    {"* search 2", "2,50"},
	    {"* SEARCH 9 7 8 1 1", "1,7:9,50"},
	    {"* SEARCH 49 51", "49:51"},
	    {"* SEARCH 4294967295 4294967294", "50,4294967294:4294967295"},
	    {"* SEARCH ", NULL},
	    {"* SEARCH 2 ", NULL},
	    {"* SEARCH  2", NULL},
	    {"* SEARCH 2 (MODSEQ 3)", NULL},
	    {"* SEARCH 4294967296", NULL},
	    {"* SEARCH 51 52 0", NULL},
	    {"* SEARCH 1 02", NULL},
	    {"* SEARCH *", NULL},
	    {"* SEARCH 1:2", NULL},
	    {"* SEARCHES 1", NULL},
	    {"* SEARC", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct seqset s = {0};
		struct str line = str_z(rows[i].line);

		seqset_add(&s, 50, 50);
		assert_int_equal(seqset_search(&s, line), rows[i].want != NULL);
		assert_int_equal(
		    seqset_search(NULL, line), rows[i].want != NULL);
		seqset_settle(&s);
		assert_set(&s, rows[i].want != NULL ? rows[i].want : "50");
		seqset_fini(&s);
	}
}

/* A million of them in any order, one by one, and in responses of one each. */
static void
test_push(void **state)
{
	struct seqset s = {0};
	char line[32];

	(void)state;
	for (uint32_t i = 1; i < 1000003; i++) {
		uint32_t n = (uint32_t)((uint64_t)i * 7919 % 1000003);

		seqset_push(&s, n, n);
		(void)snprintf(line, sizeof(line), "* SEARCH %u", n);
		assert_true(seqset_search(&s, str_z(line)));
	}
	seqset_settle(&s);
	assert_set(&s, "1:1000002");
	assert_int_equal(s.count, 1000002);
	seqset_fini(&s);
}

/* One number after the other, to the end and no further. */
static void
test_next(void **state)
{
	static const uint32_t want[] = {
	    1, 3, 4, 5, UINT32_MAX - 1, UINT32_MAX, 0, 0};
	struct seqset s = {0};
	struct seqpos at = {0};

	(void)state;
	assert_int_equal(seqset_next(&s, &at), 0);
	assert_true(seqset_parse(&s, S("1,3:5,4294967294:4294967295"), 0));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(seqset_next(&s, &at), want[i]);
	seqset_fini(&s);
}

static void
test_full(void **state)
{
	struct seqset s = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_true(seqset_parse(&s, S("10:20,30"), 0));
	assert_int_equal(seqset_put(&b, &s), -1);
	buf_fini(&b);
	seqset_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_algebra),
	    cmocka_unit_test(test_algebra_of_all),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_push),
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
