/* framer: against cases, and against a naive model octet by octet. */
#include "wire/framer.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LONG = 20000 };

static void
drain(struct buf *b, struct buf *out)
{
	assert_int_equal(buf_add(out, buf_str(b)), 0);
	buf_take(b, b->len);
}

/* Feeds s into f through a buffer of `room` octets, which is emptied whenever
 * the framer goes no further. */
static void
feed(struct framer *f, struct buf *b, struct str s, struct buf *out)
{
	size_t n;

	while (s.n > 0) {
		n = framer_add(f, b, s);
		assert_true(n <= s.n);
		if (n == 0)
			assert_true(b->len > 0 || buf_free(b) < 2);
		s = str_skip(s, n);
		if (s.n > 0)
			drain(b, out);
	}
}

static void
finish(struct framer *f, struct buf *b, struct buf *out)
{
	if (framer_end(f, b) < 0) {
		drain(b, out);
		assert_int_equal(framer_end(f, b), 0);
	}
	drain(b, out);
}

/* s in slices of `slice` octets, the first one of `first`. */
static void
run(enum frame frame, struct str s, size_t first, size_t slice, size_t room,
    struct buf *out)
{
	struct framer f;
	struct buf b;
	size_t n = first;

	buf_init(&b, room);
	buf_clear(out);
	framer_init(&f, frame);
	while (s.n > 0) {
		n = n < s.n ? n : s.n;
		feed(&f, &b, str_head(s, n), out);
		s = str_skip(s, n);
		n = slice;
	}
	finish(&f, &b, out);
	buf_fini(&b);
}

/* The same by the letter of framer.h. */
static void
model(enum frame frame, struct str s, struct buf *out)
{
	bool start = true;
	size_t i;

	buf_clear(out);
	if (frame == FRAME_EXACT) {
		buf_add(out, s);
		return;
	}
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n') {
			if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
				i++;
			buf_addz(out, "\r\n");
			start = true;
			continue;
		}
		if (frame == FRAME_DOT && start && s.p[i] == '.')
			buf_addc(out, '.');
		buf_addc(out, s.p[i]);
		start = false;
	}
	if (!start)
		buf_addz(out, "\r\n");
	if (frame == FRAME_DOT)
		buf_addz(out, ".\r\n");
}

static void
same(const struct buf *got, const struct buf *want, struct str in)
{
	if (str_eq(buf_str(got), buf_str(want)))
		return;
	print_error("in   <%.*s>\ngot  <%.*s>\nwant <%.*s>\n", STRF(in),
	    STRF(buf_str(got)), STRF(buf_str(want)));
	fail();
}

/* Whole, octet by octet, cut at every place, and with little room. */
static void
every_way(enum frame frame, struct str in, const struct buf *want)
{
	struct buf got;
	size_t cut, room;

	buf_init(&got, 1 << 20);
	run(frame, in, in.n, 1, 1 << 16, &got);
	same(&got, want, in);
	run(frame, in, 1, 1, 1 << 16, &got);
	same(&got, want, in);
	for (cut = 1; cut < in.n; cut++) {
		run(frame, in, cut, in.n, 1 << 16, &got);
		same(&got, want, in);
	}
	for (room = 5; room < 9; room++) {
		run(frame, in, in.n, 1, room, &got);
		same(&got, want, in);
	}
	buf_fini(&got);
}

static const struct {
	enum frame frame;
	struct str in, out;
} cases[] = {
    {FRAME_EXACT, STR(""), STR("")},
    {FRAME_EXACT, STR(".a\r\n\n\r"), STR(".a\r\n\n\r")},
    {FRAME_CRLF, STR(""), STR("")},
    {FRAME_CRLF, STR("a"), STR("a\r\n")},
    {FRAME_CRLF, STR(".a\nb\rc\r\n"), STR(".a\r\nb\r\nc\r\n")},
    {FRAME_CRLF, STR("\r\r\n\n"), STR("\r\n\r\n\r\n")},
    {FRAME_CRLF, STR("a\0b\n"), STR("a\0b\r\n")},
    {FRAME_DOT, STR(""), STR(".\r\n")},
    {FRAME_DOT, STR("a"), STR("a\r\n.\r\n")},
    {FRAME_DOT, STR("a\r\n"), STR("a\r\n.\r\n")},
    {FRAME_DOT, STR("a\r"), STR("a\r\n.\r\n")},
    {FRAME_DOT, STR("."), STR("..\r\n.\r\n")},
    {FRAME_DOT, STR(".\r\n"), STR("..\r\n.\r\n")},
    {FRAME_DOT, STR("..\n.a\n"), STR("...\r\n..a\r\n.\r\n")},
    {FRAME_DOT, STR("a\r\n.\r\nb\r\n"), STR("a\r\n..\r\nb\r\n.\r\n")},
    /* What smuggling is made of (CVE-2023-51764 and kin). */
    {FRAME_DOT, STR("a\n.\nMAIL"), STR("a\r\n..\r\nMAIL\r\n.\r\n")},
    {FRAME_DOT, STR("a\r.\rMAIL"), STR("a\r\n..\r\nMAIL\r\n.\r\n")},
    {FRAME_DOT, STR("a\n.\r\nMAIL"), STR("a\r\n..\r\nMAIL\r\n.\r\n")},
    {FRAME_DOT, STR("a\r\n.\nMAIL"), STR("a\r\n..\r\nMAIL\r\n.\r\n")},
    {FRAME_DOT, STR("a.b\r\n"), STR("a.b\r\n.\r\n")},
};

static void
test_cases(void **state)
{
	struct buf want;
	size_t i;

	(void)state;
	buf_init(&want, 1024);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&want);
		buf_add(&want, cases[i].out);
		every_way(cases[i].frame, cases[i].in, &want);
		model(cases[i].frame, cases[i].in, &want);
		assert_true(str_eq(buf_str(&want), cases[i].out));
	}
	buf_fini(&want);
}

/* All bodies of up to 6 octets out of four. */
static void
test_all_short(void **state)
{
	char in[6];
	struct buf want;
	unsigned n, code, left;
	size_t i;

	(void)state;
	buf_init(&want, 1024);
	for (n = 1; n <= sizeof(in); n++) {
		for (code = 0; code < 1U << (2 * n); code++) {
			for (i = 0, left = code; i < n; i++, left /= 4)
				in[i] = "\r\n.a"[left % 4];
			model(FRAME_DOT, (struct str){in, n}, &want);
			every_way(FRAME_DOT, (struct str){in, n}, &want);
			model(FRAME_CRLF, (struct str){in, n}, &want);
			every_way(FRAME_CRLF, (struct str){in, n}, &want);
		}
	}
	buf_fini(&want);
}

static unsigned
roll(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % sides;
}

static void
test_random_long(void **state)
{
	static char in[LONG];
	unsigned seed = 1, round;
	struct buf want, got;
	size_t i, slice, room;
	struct str s = {in, sizeof(in)};

	(void)state;
	buf_init(&want, 4 * LONG);
	buf_init(&got, 4 * LONG);
	for (round = 0; round < 40; round++) {
		for (i = 0; i < sizeof(in); i++)
			in[i] = roll(&seed, 8) < round / 5
				    ? "\r\n.."[roll(&seed, 4)]
				    : (char)('a' + roll(&seed, 26));
		slice = 1 + roll(&seed, 3000);
		room = 5 + roll(&seed, 5000);
		model(FRAME_DOT, s, &want);
		run(FRAME_DOT, s, slice, slice, room, &got);
		same(&got, &want, S("random"));
	}
	buf_fini(&want);
	buf_fini(&got);
}

/*
 * All bodies of up to 4 octets out of four within long lines, at all places
 * where blocks of a power of two may meet.
 */
static void
test_all_short_within_long(void **state)
{
	char in[400];
	struct str s = {in, sizeof(in)};
	struct buf want, got;
	unsigned code, left;
	size_t i, at;

	(void)state;
	buf_init(&want, 1024);
	buf_init(&got, 1024);
	for (at = 118; at < 2 * 132; at += at == 136 ? 110 : 1)
		for (code = 0; code < 1U << 8; code++) {
			memset(in, 'x', sizeof(in));
			memcpy(in, "x\r\n", 3);
			memcpy(in + 380, "x\r\n", 3);
			for (i = 0, left = code; i < 4; i++, left /= 4)
				in[at + i] = "\r\n.a"[left % 4];
			model(FRAME_DOT, s, &want);
			run(FRAME_DOT, s, s.n, 1, 1024, &got);
			same(&got, &want, s);
			model(FRAME_CRLF, s, &want);
			run(FRAME_CRLF, s, s.n, 1, 1024, &got);
			same(&got, &want, s);
		}
	buf_fini(&want);
	buf_fini(&got);
}

/* s, whose runs go out by themselves, at most `most` octets at a time. */
static void
run_past(enum frame frame, struct str s, size_t most, struct buf *out)
{
	struct framer f;
	struct buf b;
	size_t n;

	buf_init(&b, 16);
	buf_clear(out);
	framer_init(&f, frame);
	while (s.n > 0) {
		n = framer_run(&f, s);
		if (n == 0) {
			/* It says so only where something is to be changed. */
			n = framer_add(&f, &b, str_head(s, s.n < 2 ? s.n : 2));
		} else {
			n = n < most ? n : most;
			assert_int_equal(buf_add(out, str_head(s, n)), 0);
			n = framer_passed(&f, &b, s, n);
		}
		assert_true(n > 0 && n <= s.n);
		drain(&b, out);
		s = str_skip(s, n);
	}
	finish(&f, &b, out);
	buf_fini(&b);
}

static void
test_runs_past_the_buffer(void **state)
{
	static const enum frame frames[] = {FRAME_EXACT, FRAME_CRLF, FRAME_DOT};
	char in[6];
	struct buf want, got;
	unsigned code, left;
	size_t i, n, most, k;

	(void)state;
	buf_init(&want, 1024);
	buf_init(&got, 1024);
	for (n = 1; n <= sizeof(in); n++)
		for (code = 0; code < 1U << (2 * n); code++) {
			struct str s = {in, n};

			for (i = 0, left = code; i < n; i++, left /= 4)
				in[i] = "\r\n.a"[left % 4];
			for (k = 0; k < 3; k++)
				for (most = 1; most <= n; most++) {
					model(frames[k], s, &want);
					run_past(frames[k], s, most, &got);
					same(&got, &want, s);
				}
		}
	assert_int_equal(framer_run(&(struct framer){.frame = FRAME_DOT},
			     S("a\r\nb\r\n.c\r\n")),
	    6);
	buf_fini(&want);
	buf_fini(&got);
}

/* A full buffer loses nothing and is no end. */
static void
test_end_when_full(void **state)
{
	struct framer f;
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	framer_init(&f, FRAME_DOT);
	assert_int_equal(framer_add(&f, &b, S("abcdef")), 4);
	assert_int_equal(framer_add(&f, &b, S("ef")), 0);
	assert_int_equal(framer_end(&f, &b), -1);
	assert_true(str_eq(buf_str(&b), S("abcd")));
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_all_short),
	    cmocka_unit_test(test_random_long),
	    cmocka_unit_test(test_all_short_within_long),
	    cmocka_unit_test(test_runs_past_the_buffer),
	    cmocka_unit_test(test_end_when_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
