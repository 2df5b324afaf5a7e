/* Bodies from memory, files and spools, and what is found in them. */
#include "proto/body.h"
#include "wire/framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All of b from here on. */
static void
assert_content(struct body *b, struct str want)
{
	struct err e = {0};
	struct buf all;
	struct str s;
	enum pull got;

	buf_init(&all, 1 << 20);
	while ((got = body_pull(b, &s, &e)) == PULL_SLICE) {
		/* What was not taken comes again. */
		size_t n = s.n > 1 ? s.n / 2 : 1;

		assert_int_equal(buf_add(&all, str_head(s, n)), 0);
		body_took(b, n);
	}
	assert_int_equal(got, PULL_END);
	assert_int_equal(all.len, want.n);
	assert_memory_equal(buf_str(&all).p, want.p, want.n);
	buf_fini(&all);
}

static int
temporary(struct str content)
{
	char name[] = "/tmp/postel-body-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, content.p, content.n), content.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct body *
of_spool(struct str content, size_t memory)
{
	struct spool *s = spool_new(memory);
	struct err e = {0};

	assert_int_equal(spool_add(s, content, &e), 0);
	return body_spool(s);
}

static void
test_each_source_gives_what_it_was_given(void **state)
{
	static const struct str content = STR("Subject: x\r\n\r\nline\r\n");
	struct body *bodies[] = {body_mem(content), body_fd(temporary(content)),
	    of_spool(content, 4096), of_spool(content, 4)};
	uint64_t size;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_true(body_size(bodies[i], &size));
		assert_int_equal(size, content.n);
		assert_content(bodies[i], content);
		assert_int_equal(body_taken(bodies[i]), content.n);
		assert_true(body_rewind(bodies[i]));
		assert_content(bodies[i], content);
		body_unref(bodies[i]);
	}
}

static void
test_file_starts_where_it_stands(void **state)
{
	int fd = temporary(S("skipped, and read"));
	struct body *b;
	uint64_t size;

	(void)state;
	assert_int_equal(lseek(fd, 9, SEEK_SET), 9);
	b = body_fd(fd);
	assert_true(body_size(b, &size));
	assert_int_equal(size, 8);
	assert_content(b, S("and read"));
	assert_true(body_rewind(b));
	assert_content(b, S("and read"));
	body_unref(b);
}

static void
test_pipe_is_read_once(void **state)
{
	struct body_facts facts;
	struct err e = {0};
	struct body *b;
	uint64_t size;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "through", 7), 7);
	close(fds[1]);
	b = body_fd(fds[0]);
	assert_false(body_size(b, &size));
	assert_int_equal(body_examine(b, &facts, &e), -1);
	assert_int_equal(e.kind, ERR_USE);
	assert_content(b, S("through"));
	assert_false(body_rewind(b));
	body_unref(b);
}

static void
test_open_says_what_is_wrong(void **state)
{
	static const char *const bad[] = {"/nonexistent/mail", "/tmp"};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct err e = {0};

		assert_null(body_open(bad[i], &e));
		assert_int_equal(e.kind, ERR_SYS);
		assert_non_null(strstr(e.msg, bad[i]));
	}
}

static void
test_examine(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		uint64_t crlf;
		bool eight, cr, lf, nul, no_eol;
	} cases[] = {
	    {"", 0, .crlf = 0},
	    {"a\r\n", 3, .crlf = 3},
	    {"a\n", 2, .crlf = 3, .lf = true},
	    {"\n\n", 2, .crlf = 4, .lf = true},
	    {"a", 1, .crlf = 3, .no_eol = true},
	    {"a\rb\r\n", 5, .crlf = 6, .cr = true},
	    {"a\r", 2, .crlf = 3, .cr = true},
	    {"\r\r\n", 3, .crlf = 4, .cr = true},
	    {"\xc3\xa9\r\n", 4, .crlf = 4, .eight = true},
	    {"a\0b\r\n", 5, .crlf = 5, .nul = true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct body *b =
		    body_mem((struct str){cases[i].in, cases[i].n});
		struct body_facts f;
		struct err e = {0};

		assert_int_equal(body_examine(b, &f, &e), 0);
		assert_int_equal(f.size, cases[i].n);
		assert_int_equal(f.crlf_size, cases[i].crlf);
		assert_int_equal(f.eight_bit, cases[i].eight);
		assert_int_equal(f.bare_cr, cases[i].cr);
		assert_int_equal(f.bare_lf, cases[i].lf);
		assert_int_equal(f.nul, cases[i].nul);
		assert_int_equal(f.no_final_eol, cases[i].no_eol);
		assert_int_equal(body_taken(b), 0);
		body_unref(b);
	}
}

/* What examine announces is what the framer sends. */
static void
test_examined_size_is_the_framed_size(void **state)
{
	static const char octets[] = "\r\n.a";
	char text[6];
	unsigned n, code, i;

	(void)state;
	for (n = 0; n <= sizeof(text); n++)
		for (code = 0; code < 1u << (2 * n); code++) {
			struct framer framer;
			struct body_facts f;
			struct err e = {0};
			struct buf out;
			struct body *b;

			for (i = 0; i < n; i++)
				text[i] = octets[code >> (2 * i) & 3];
			b = body_mem((struct str){text, n});
			assert_int_equal(body_examine(b, &f, &e), 0);
			buf_init(&out, 64);
			framer_init(&framer, FRAME_CRLF);
			assert_int_equal(
			    framer_add(&framer, &out, (struct str){text, n}),
			    n);
			assert_int_equal(framer_end(&framer, &out), 0);
			assert_int_equal(out.len, f.crlf_size);
			buf_fini(&out);
			body_unref(b);
		}
}

static void
test_long_line(void **state)
{
	static const struct {
		size_t n;
		bool is_long;
	} cases[] = {{998, false}, {999, true}};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		char line[1001];
		struct body_facts f;
		struct err e = {0};
		struct body *b;

		memset(line, 'x', cases[i].n);
		memcpy(line + cases[i].n, "\r\n", 2);
		b = body_mem((struct str){line, cases[i].n + 2});
		assert_int_equal(body_examine(b, &f, &e), 0);
		assert_int_equal(f.long_line, cases[i].is_long);
		body_unref(b);
	}
}

/* ---- behind a prefix ---- */

static void
count_wakes(void *arg)
{
	(*(int *)arg)++;
}

static void
test_held_body_gives_prefix_and_inner(void **state)
{
	struct body *inner = body_fd(temporary(S("Subject: x\r\n\r\nline")));
	struct body *b = body_held(S("Resent-To: y\r\n"), inner, false);
	struct body_facts facts;
	struct err e = {0};
	uint64_t size;

	(void)state;
	body_unref(inner);
	assert_true(body_size(b, &size));
	assert_int_equal(size, 14 + 18);
	assert_int_equal(body_examine(b, &facts, &e), 0);
	assert_int_equal(facts.crlf_size, 14 + 18 + 2);
	assert_false(body_due(b));
	assert_content(b, S("Resent-To: y\r\nSubject: x\r\n\r\nline"));
	body_unref(b);
}

static void
test_end_of_a_held_body_waits(void **state)
{
	struct body *inner = body_mem(S("ab"));
	struct body *b = body_held(S(""), inner, true);
	struct err e = {0};
	struct str s;
	int wakes = 0;

	(void)state;
	body_unref(inner);
	assert_int_equal(body_pull(b, &s, &e), PULL_SLICE);
	assert_false(body_due(b));
	body_took(b, s.n);
	assert_int_equal(body_pull(b, &s, &e), PULL_LATER);
	assert_true(body_due(b));
	body_on_ready(b, count_wakes, &wakes);
	body_release(b);
	assert_int_equal(wakes, 1);
	assert_false(body_due(b));
	assert_int_equal(body_pull(b, &s, &e), PULL_END);
	body_release(b);
	assert_int_equal(wakes, 1);
	body_unref(b);
}

static void
test_held_body_of_nothing(void **state)
{
	struct body *inner = body_mem(S(""));
	struct body *b = body_held(S(""), inner, true);
	struct err e = {0};
	struct str s;

	(void)state;
	body_unref(inner);
	body_release(b);
	assert_int_equal(body_pull(b, &s, &e), PULL_END);
	body_unref(b);
}

/* What can be read once, behind a prefix. */
static struct body *
behind_prefix(const char *content)
{
	struct body *inner, *b;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(
	    write(fd[1], content, strlen(content)), strlen(content));
	close(fd[1]);
	inner = body_fd(fd[0]);
	b = body_held(S("x: y\r\n"), inner, false);
	body_unref(inner);
	return b;
}

static void
test_gathered_body_can_be_read_twice(void **state)
{
	struct body *b = behind_prefix("a\nb");
	struct body_facts facts;
	struct err e = {0};
	struct str s;
	uint64_t size;

	(void)state;
	assert_false(body_whole(b));
	assert_int_equal(body_examine(b, &facts, &e), -1);
	assert_true(body_gather(b, 3));
	assert_false(body_whole(b)); /* nobody has looked for more */
	assert_true(body_gather(b, 100));
	assert_true(body_whole(b));
	assert_true(body_size(b, &size));
	assert_int_equal(size, 9);
	assert_int_equal(body_examine(b, &facts, &e), 0);
	assert_int_equal(facts.crlf_size, 6 + 3 + 3);
	assert_content(b, S("x: y\r\na\nb"));
	assert_true(body_rewind(b));
	body_hold(b);
	assert_int_equal(body_pull(b, &s, &e), PULL_SLICE);
	body_took(b, s.n);
	assert_int_equal(body_pull(b, &s, &e), PULL_LATER);
	assert_true(body_due(b));
	body_unref(b);
}

static void
test_what_was_gathered_of_a_long_body_comes_first(void **state)
{
	struct body *b = behind_prefix("some lines\nof text\n");
	uint64_t size;

	(void)state;
	assert_true(body_gather(b, 7));
	assert_false(body_whole(b));
	assert_false(body_size(b, &size));
	assert_content(b, S("x: y\r\nsome lines\nof text\n"));
	assert_false(body_rewind(b));
	body_unref(b);
}

static void
test_what_can_be_read_twice_is_not_gathered(void **state)
{
	struct body *inner = body_mem(S("ab"));
	struct body *b = body_held(S(""), inner, false);

	(void)state;
	assert_true(body_gather(b, 1));
	assert_true(body_whole(b));
	assert_int_equal(body_taken(inner), 0);
	body_unref(inner);
	assert_content(b, S("ab"));
	body_unref(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_held_body_gives_prefix_and_inner),
	    cmocka_unit_test(test_end_of_a_held_body_waits),
	    cmocka_unit_test(test_held_body_of_nothing),
	    cmocka_unit_test(test_gathered_body_can_be_read_twice),
	    cmocka_unit_test(test_what_was_gathered_of_a_long_body_comes_first),
	    cmocka_unit_test(test_what_can_be_read_twice_is_not_gathered),
	    cmocka_unit_test(test_each_source_gives_what_it_was_given),
	    cmocka_unit_test(test_file_starts_where_it_stands),
	    cmocka_unit_test(test_pipe_is_read_once),
	    cmocka_unit_test(test_open_says_what_is_wrong),
	    cmocka_unit_test(test_examine),
	    cmocka_unit_test(test_examined_size_is_the_framed_size),
	    cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
