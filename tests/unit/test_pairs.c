/* Pairs of integers: beside a plain array, in whatever order they come. */
#include "base/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 3000

/* All of it from the first to the last, beside values[key], 0 for none. */
static void
assert_pairs(const struct pairs *p, const int64_t values[KEYS])
{
	struct pair at = {.key = INT64_MIN};
	size_t count = 0;
	int64_t value;

	for (int64_t key = 0; key < KEYS; key++) {
		value = 0;
		assert_int_equal(pairs_get(p, key, &value), values[key] != 0);
		assert_int_equal(value, values[key]);
		count += values[key] != 0;
	}
	assert_int_equal(p->count, count);
	while (pairs_from(p, at.key, &at)) {
		assert_int_equal(at.value, values[at.key]);
		at.key++;
		count--;
	}
	assert_int_equal(count, 0);
}

static void
test_random(void **state)
{
	static int64_t values[KEYS];
	struct pairs p = {0};

	(void)state;
	srandom(3);
	for (int round = 0; round < 60000; round++) {
		int64_t key = random() % KEYS;

		/* It grows first, and is emptied in the end. */
		if (random() % 60000 > round) {
			values[key] = 1 + round;
			pairs_put(&p, key, values[key]);
		} else {
			assert_int_equal(
			    pairs_remove(&p, key), values[key] != 0);
			values[key] = 0;
		}
		if (round % 3000 == 0)
			assert_pairs(&p, values);
	}
	for (int64_t key = 0; key < KEYS; key++) {
		(void)pairs_remove(&p, key);
		values[key] = 0;
	}
	assert_pairs(&p, values);
	assert_int_equal(p.n, 0);
	pairs_fini(&p);
}

static void
test_ends(void **state)
{
	struct pairs p = {0};
	struct pair at;
	int64_t value;

	(void)state;
	assert_false(pairs_get(&p, 0, &value));
	assert_false(pairs_from(&p, INT64_MIN, &at));
	assert_false(pairs_remove(&p, 0));
	pairs_put(&p, INT64_MAX, -1);
	pairs_put(&p, INT64_MIN, -2);
	assert_true(pairs_from(&p, INT64_MIN, &at));
	assert_int_equal(at.value, -2);
	assert_true(pairs_from(&p, INT64_MIN + 1, &at));
	assert_int_equal(at.key, INT64_MAX);
	assert_int_equal(at.value, -1);
	pairs_fini(&p);
}

/* What comes in order fills its blocks, also in several runs. */
static void
test_rising(void **state)
{
	struct pairs p = {0};

	(void)state;
	for (int64_t key = 0; key < 100000; key++)
		pairs_put(&p, 7 * key, key);
	assert_true(p.n <= 100000 / 254 + 1);
	for (int64_t key = 0; key < 100000; key++)
		pairs_put(&p, 7 * key, -key);
	assert_true(p.n <= 100000 / 254 + 1);
	assert_int_equal(p.count, 100000);
	pairs_fini(&p);
}

/* No order is slow: a million of them in each take well under a second. */
static void
test_orders(void **state)
{
	struct pairs p = {0};

	(void)state;
	for (int64_t key = 0; key < 1000000; key++)
		pairs_put(&p, -key, key);
	pairs_fini(&p);
	for (int64_t key = 0; key < 1000000; key++)
		pairs_put(&p, key * 7919 % 1000003, key);
	assert_int_equal(p.count, 1000000);
	pairs_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_rising),
	    cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
