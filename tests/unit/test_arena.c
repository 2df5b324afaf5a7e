/* arena: alignment, zeroes, the maximum, and what lives how long. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Blocks of all sizes, around those of a chunk, are apart and zeroed. */
static void
test_blocks(void **state)
{
	static char *blocks[300];
	const size_t step = 17;
	struct arena a;
	size_t i, j;

	(void)state;
	arena_init(&a, 1 << 20);
	for (i = 0; i < 300; i++) {
		blocks[i] = arena_alloc(&a, i * step);
		assert_non_null(blocks[i]);
		assert_int_equal(
		    (uintptr_t)blocks[i] % alignof(max_align_t), 0);
		for (j = 0; j < i * step; j++)
			assert_int_equal(blocks[i][j], 0);
		memset(blocks[i], (int)(i % 255) + 1, i * step);
	}
	for (i = 0; i < 300; i++)
		for (j = 0; j < i * step; j++)
			assert_int_equal(
			    (unsigned char)blocks[i][j], i % 255 + 1);
	assert_true(a.used <= a.max);
	arena_fini(&a);
	assert_null(a.chunks);
	assert_int_equal(a.used, 0);
	assert_int_equal(a.max, 1 << 20);
}

static void
test_maximum(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 100);
	assert_null(arena_alloc(&a, 101));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 64));
	assert_null(arena_alloc(&a, 37));
	/* With its NUL this one fits to the octet. */
	assert_non_null(
	    arena_dup(&a, S("12345678901234567890123456789012345")).p);
	assert_null(arena_dup(&a, S("")).p);
	assert_null(arena_fmt(&a, "%d", 1).p);
	assert_null(arena_join(&a, S("a"), S("b")).p);
	arena_fini(&a);
	assert_non_null(arena_alloc(&a, 100));
	arena_fini(&a);
}

static void
test_strings(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a, 10000);
	s = arena_dup(&a, S("a\0b"));
	assert_int_equal(s.n, 3);
	assert_memory_equal(s.p, "a\0b", 4);
	s = arena_dup(&a, (struct str){NULL, 0});
	assert_non_null(s.p);
	assert_string_equal(s.p, "");
	s = arena_join(&a, S("ab"), S("cd"));
	assert_int_equal(s.n, 4);
	assert_string_equal(s.p, "abcd");
	s = arena_fmt(&a, "%s %zu", "n", (size_t)7);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.p, "n 7");
	s = arena_fmt(&a, "%4000d", 7);
	assert_int_equal(s.n, 4000);
	assert_string_equal(s.p + 3998, " 7");
	arena_fini(&a);
}

static void
test_cleared(void **state)
{
	struct arena a;
	char *p;

	(void)state;
	arena_init(&a, 10000);
	arena_clear(&a); /* of nothing */
	for (size_t n = 10; n < 6000; n += 700) {
		memset(arena_alloc(&a, n), 'x', n);
		arena_clear(&a);
		assert_int_equal(a.used, 0);
		p = arena_alloc(&a, 100);
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(p[i], 0);
	}
	assert_non_null(arena_alloc(&a, 9900));
	assert_null(arena_alloc(&a, 1));
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_maximum),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
