/* What body_examine finds, against a naive model octet by octet. */
#include "proto/body_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

enum { ROUNDS = 3000, LONGEST = 5000 };

/* The same numbers each time (a linear congruential generator). */
static uint64_t state_of_numbers = 998;

static size_t
number(void)
{
	state_of_numbers =
	    state_of_numbers * 6364136223846793005U + 1442695040888963407U;
	return (size_t)(state_of_numbers >> 33);
}

/* ---- a body that comes in slices of any size ---- */

static size_t slice_most;

static enum pull
cut_pull(struct body *b, struct str *out, struct err *e)
{
	struct str rest = str_skip(buf_str(&b->buf), (size_t)b->taken);
	size_t n = 1 + number() % slice_most;

	(void)e;
	*out = str_head(rest, n < rest.n ? n : rest.n);
	return out->n > 0 ? PULL_SLICE : PULL_END;
}

static bool
cut_rewind(struct body *b)
{
	(void)b;
	return true;
}

static struct body *
body_cut(struct str s)
{
	static const struct body_ops ops = {
	    .pull = cut_pull, .rewind = cut_rewind};
	struct body *b = body_new(&ops);

	assert_int_equal(buf_add(&b->buf, s), 0);
	return b;
}

/* ---- the model: by the letter of body.h ---- */

static struct body_facts
model(struct str s)
{
	struct body_facts f = {.size = s.n, .served_size = s.n};
	size_t line = 0, i;

	for (i = 0; i < s.n; i++) {
		bool cr = s.p[i] == '\r', lf = s.p[i] == '\n';
		bool behind_cr = i > 0 && s.p[i - 1] == '\r';
		bool before_lf = i + 1 < s.n && s.p[i + 1] == '\n';

		f.bare_lf |= lf && !behind_cr;
		f.bare_cr |= cr && !before_lf;
		f.served_size += lf && !behind_cr ? 1u : 0u;
		f.crlf_size += (lf && !behind_cr) || (cr && !before_lf) ? 2 : 1;
		f.nul |= s.p[i] == '\0';
		f.eight_bit |= (unsigned char)s.p[i] >= 0x80;
		line = cr || lf ? 0 : line + 1;
		f.long_line |= line > 998;
	}
	f.no_final_eol =
	    s.n > 0 && s.p[s.n - 1] != '\n' && s.p[s.n - 1] != '\r';
	f.crlf_size += f.no_final_eol ? 2u : 0u;
	return f;
}

static void
assert_examined(struct str s)
{
	struct body_facts want = model(s), got;
	struct body *b = body_cut(s);
	struct err e = {0};

	assert_int_equal(body_examine(b, &got, &e), 0);
	assert_int_equal(got.size, want.size);
	assert_int_equal(got.crlf_size, want.crlf_size);
	assert_int_equal(got.served_size, want.served_size);
	assert_int_equal(got.eight_bit, want.eight_bit);
	assert_int_equal(got.bare_cr, want.bare_cr);
	assert_int_equal(got.bare_lf, want.bare_lf);
	assert_int_equal(got.nul, want.nul);
	assert_int_equal(got.long_line, want.long_line);
	assert_int_equal(got.no_final_eol, want.no_final_eol);
	body_unref(b);
}

/* One octet of a line; now and then one that is worth telling. */
static char
octet(int odd)
{
	if (odd < 2 && number() % 2000 == 0)
		return "\0\x80"[odd];
	return (char)(' ' + (char)(number() % 95));
}

/* Lines of about `line` octets with ends of all kinds. */
static size_t
compose(char *p, size_t size, size_t line)
{
	static const char *const ends[] = {
	    "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", "\n\n"};
	/* Some texts know one end only. */
	size_t kinds = 1 + number() % (sizeof(ends) / sizeof(*ends));
	int odd = (int)(number() % 3);
	size_t n = 0;

	while (n < size) {
		size_t left = number() % (2 * line + 1);
		const char *end = ends[number() % kinds];

		for (; left > 0 && n < size; left--)
			p[n++] = octet(odd);
		for (; *end != '\0' && n < size; end++)
			p[n++] = *end;
	}
	return n;
}

static void
test_examined_as_by_the_model(void **state)
{
	static const size_t lines[] = {0, 3, 60, 480, 499, 600, 900, 2000};
	static const size_t slices[] = {1, 7, 150, 1000, LONGEST};
	static char text[LONGEST];
	size_t n;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		slice_most = slices[number() % 5];
		n = compose(text, number() % LONGEST, lines[number() % 8]);
		assert_examined((struct str){text, n});
	}
}

/* Lines of just the length, wherever they begin and whatever ends them. */
static void
test_line_of_998_octets(void **state)
{
	static const char *const ends[] = {"\r\n", "\n", "\r", ""};
	static char text[3 * 1024];

	(void)state;
	for (size_t before = 0; before < 300; before += 7)
		for (size_t line = 997; line <= 1000; line++)
			for (size_t end = 0; end < 4; end++) {
				size_t n = before;

				memset(text, 'x', sizeof(text));
				if (before >= 2)
					memcpy(text + before - 2, "\r\n", 2);
				n += line;
				memcpy(text + n, ends[end], strlen(ends[end]));
				n += strlen(ends[end]);
				slice_most = 1 + before * 3;
				assert_examined((struct str){text, n});
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_examined_as_by_the_model),
	    cmocka_unit_test(test_line_of_998_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
