/* buf: against a naive model, at its maximum, and with secrets in it. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
assert_buf(struct buf *b, const char *z)
{
	assert_int_equal(b->len, strlen(z));
	assert_memory_equal(buf_str(b).p, z, b->len);
	assert_true(b->off + b->len <= b->cap);
}

static void
test_empty(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.p);
	assert_int_equal(buf_free(&b), 10);
	assert_non_null(buf_str(&b).p);
	assert_int_equal(buf_str(&b).n, 0);
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(buf_add(&b, S("")), 0);
	assert_int_equal(buf_add(&b, (struct str){NULL, 0}), 0);
	buf_take(&b, 0);
	buf_clear(&b);
	buf_fini(&b);
	assert_null(b.p);
	assert_int_equal(b.max, 10);
}

/* One octet over is refused, and nothing is added. */
static void
test_maximum(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b, 5);
	assert_int_equal(buf_addz(&b, "abc"), 0);
	assert_int_equal(buf_addz(&b, "def"), -1);
	assert_int_equal(buf_addf(&b, "%d", 123), -1);
	assert_buf(&b, "abc");
	assert_null(buf_room(&b, 3));
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_addf(&b, "%c", 'd'), 0);
	assert_int_equal(buf_addc(&b, 'e'), 0);
	assert_int_equal(buf_addc(&b, 'f'), -1);
	assert_buf(&b, "abcde");
	assert_string_equal(buf_cstr(&b), "abcde");
	assert_int_equal(buf_free(&b), 0);
	buf_take(&b, 2);
	assert_int_equal(buf_free(&b), 2);
	room = buf_room(&b, 2);
	assert_non_null(room);
	memcpy(room, "fg", 2);
	buf_grew(&b, 2);
	assert_string_equal(buf_cstr(&b), "cdefg");
	buf_fini(&b);
}

/* A queue much longer in the whole than what it ever holds. */
static void
test_queue(void **state)
{
	unsigned seed = 1, in = 0, out = 0;
	struct buf b;
	size_t n, i;
	char text[64];

	(void)state;
	buf_init(&b, 1000);
	while (in < 100000) {
		seed = seed * 1103515245 + 12345;
		n = seed >> 16 & 63;
		if (seed >> 24 & 1) {
			for (i = 0; i < n; i++)
				text[i] = (char)(in + i);
			if (buf_add(&b, (struct str){text, n}) == 0)
				in += (unsigned)n;
			else
				assert_true(b.len + n > b.max);
		} else {
			n = n < b.len ? n : b.len;
			for (i = 0; i < n; i++)
				assert_int_equal(
				    buf_str(&b).p[i], (char)(out + i));
			buf_take(&b, n);
			out += (unsigned)n;
		}
		assert_int_equal(b.len, in - out);
		assert_true(b.cap <= 2 * b.max);
	}
	buf_fini(&b);
}

/* Formatting needs a place for the NUL at each fill level of the memory. */
static void
test_format(void **state)
{
	struct buf b;
	size_t n, i;

	(void)state;
	for (n = 240; n < 270; n++) {
		buf_init(&b, 1000);
		for (i = 0; i < n; i++)
			assert_int_equal(buf_addc(&b, 'x'), 0);
		assert_int_equal(buf_addf(&b, "%s-%03u", "end", 7u), 0);
		assert_int_equal(b.len, n + 7);
		assert_memory_equal(buf_str(&b).p + n - 1, "xend-007", 8);
		assert_int_equal(strlen(buf_cstr(&b)), n + 7);
		buf_take(&b, n);
		assert_int_equal(buf_addf(&b, "%s", ""), 0);
		assert_string_equal(buf_cstr(&b), "end-007");
		buf_fini(&b);
	}
}

/* Whether the first n octets of memory, live or not, still show z. */
static bool
shows(const struct buf *b, size_t n, const char *z)
{
	return memmem(b->p, n, z, strlen(z)) != NULL;
}

static void
test_secret(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	b.secret = true;
	assert_int_equal(buf_addz(&b, "PASS sesame\r\nNOOP"), 0);
	assert_true(shows(&b, 17, "sesame"));
	buf_take(&b, 13);
	assert_false(shows(&b, 17, "sesame"));
	assert_string_equal(buf_cstr(&b), "NOOP");
	assert_int_equal(buf_addz(&b, " sesame"), 0);
	assert_true(shows(&b, 24, "sesame"));
	buf_clear(&b);
	assert_false(shows(&b, 24, "sesame"));
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_maximum),
	    cmocka_unit_test(test_queue),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
