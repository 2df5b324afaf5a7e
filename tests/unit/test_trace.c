/* The trace: lines, pieces, secrets, bytes that would harm a terminal. */
#include "net/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* In a case, stands for a call of trace_secret. */
static const char SECRET[] = "";

/* One call: bytes, a secret, or the text of a note; NULL ends the list. */
struct call {
	enum trace_dir dir;
	const char *bytes;
};

static const struct {
	const char *name, *label;
	unsigned form;
	struct call calls[8];
	const char *want;
} cases[] = {
    {
	.name = "a command and its reply",
	.calls = {{TRACE_C, "a1 NOOP\r\n"}, {TRACE_S, "a1 OK\r\n"}},
	.want = "C: a1 NOOP\nS: a1 OK\n",
    },
    {
	.name = "several lines at once, and an empty one",
	.calls = {{TRACE_S, "+OK\r\nx\r\n\r\n.\r\n"}},
	.want = "S: +OK\nS: x\nS:\nS: .\n",
    },
    {
	.name = "a label",
	.label = "src",
	.calls = {{TRACE_C, "STAT\r\n"}, {TRACE_NOTE, "closed"}},
	.want = "src C: STAT\nsrc -- closed\n",
    },
    {
	.name = "a line in pieces, its end cut",
	.calls = {{TRACE_C, "a1 "}, {TRACE_C, "NO"}, {TRACE_C, "OP\r"},
	    {TRACE_C, "\n"}},
	.want = "C: a1 NOOP\n",
    },
    {
	.name = "octets",
	.form = TRACE_HEX,
	.calls = {{TRACE_C, "PASS "}, {TRACE_C, SECRET}, {TRACE_C, "\r\n"},
	    {TRACE_S, "+OK \033[31m 45678\r\n"}},
	.want =
	    "C: 0000  50 41 53 53 20                                   PASS \n"
	    "C: <secret>\n"
	    "C: 0000  0d 0a                                            ..\n"
	    "S: 0000  2b 4f 4b 20 1b 5b 33 31 6d 20 34 35 36 37 38 0d  +OK "
	    ".[31m 45678.\n"
	    "S: 0010  0a                                               .\n",
    },
    {
	.name = "a line held when the direction changes",
	.calls = {{TRACE_C, "user: "}, {TRACE_S, "no\r\n"}, {TRACE_C, "x\r\n"}},
	.want = "C: user: \\\nS: no\nC: x\n",
    },
    {
	.name = "a line held when a note comes",
	.calls = {{TRACE_S, "* OK"}, {TRACE_NOTE, "closed"}},
	.want = "S: * OK\\\n-- closed\n",
    },
    {
	.name = "a line held at the end",
	.calls = {{TRACE_S, "* OK"}},
	.want = "S: * OK\\\n",
    },
    {
	.name = "a secret within a line",
	.calls = {{TRACE_C, "a1 LOGIN asterix "}, {TRACE_C, SECRET},
	    {TRACE_C, "\r\n"}},
	.want = "C: a1 LOGIN asterix <secret>\n",
    },
    {
	.name = "a secret in pieces is one",
	.calls = {{TRACE_C, "PASS "}, {TRACE_C, SECRET}, {TRACE_C, SECRET},
	    {TRACE_C, SECRET}, {TRACE_C, "\r\n"}},
	.want = "C: PASS <secret>\n",
    },
    {
	.name = "two secrets on one line, and one on each of two",
	.calls = {{TRACE_C, SECRET}, {TRACE_C, " "}, {TRACE_C, SECRET},
	    {TRACE_C, "\r\n"}, {TRACE_C, SECRET}, {TRACE_C, "\r\n"}},
	.want = "C: <secret> <secret>\nC: <secret>\n",
    },
    {
	.name = "a secret from the server",
	.calls = {{TRACE_S, "+ "}, {TRACE_S, SECRET}, {TRACE_S, "\r\n"}},
	.want = "S: + <secret>\n",
    },
    {
	.name = "bytes made visible",
	.calls = {{TRACE_S, "\033[31mred\x9b\x7f\a\tu\xc3\xbc\r\n"}},
	.want = "S: ^[[31mred\\x9b^?^G\tu\xc3\xbc\n",
    },
    {
	.name = "a character cut between two calls",
	.calls = {{TRACE_S, "u\xc3"}, {TRACE_S, "\xbc\r\n"}},
	.want = "S: u\xc3\xbc\n",
    },
    {
	.name = "LF without CR, CR without LF",
	.calls = {{TRACE_S, "a\nb\rc\r\r\n"}},
	.want = "S: a^J\nS: b^Mc^M\n",
    },
    {
	.name = "a backslash of the line's own",
	.calls = {{TRACE_S, "dir\\\r\n"}, {TRACE_S, "a\\b\r\n"}},
	.want = "S: dir\\x5c\nS: a\\b\n",
    },
    {
	.name = "a note made visible",
	.calls = {{TRACE_NOTE, "to \033[1mhere\n"}},
	.want = "-- to ^[[1mhere^J\n",
    },
    {
	.name = "nothing",
	.calls = {{TRACE_S, ""}},
	.want = "",
    },
};

static char *text;
static size_t text_size;

static void
make(struct trace *t, const struct call *c)
{
	if (c->dir == TRACE_NOTE)
		trace_note(t, "%s", c->bytes);
	else if (c->bytes == SECRET)
		trace_secret(t, c->dir);
	else
		trace_bytes(t, c->dir, str_z(c->bytes));
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *f = open_memstream(&text, &text_size);
		struct trace *t = trace_new(f, cases[i].label, cases[i].form);

		for (const struct call *c = cases[i].calls; c->bytes; c++)
			make(t, c);
		trace_free(t);
		assert_int_equal(fclose(f), 0);
		if (strcmp(text, cases[i].want) != 0)
			print_error("case: %s\n", cases[i].name);
		assert_string_equal(text, cases[i].want);
		free(text);
	}
}

/* What a trace shows of s, fed in slices of step after a first one of cut. */
static void
show(struct str s, size_t cut, size_t step)
{
	FILE *f = open_memstream(&text, &text_size);
	struct trace *t = trace_new(f, NULL, 0);
	size_t n = cut;

	while (s.n > 0) {
		n = n < s.n ? n : s.n;
		trace_bytes(t, TRACE_S, str_head(s, n));
		s = str_skip(s, n);
		n = step;
	}
	trace_free(t);
	assert_int_equal(fclose(f), 0);
}

/* However the bytes arrive, the text is the same. */
static void
test_every_cut(void **state)
{
	const struct str all = STR("* OK [x] hi\r\n+ \xe2\x82\xac\r\n\r\n"
				   "lf\ncr\rin\\\r\n\xf0\x9f\x93\xa7 end");
	char *want;

	(void)state;
	show(all, all.n, all.n);
	want = text;
	for (size_t step = 1; step <= all.n; step++)
		for (size_t cut = 0; cut <= all.n; cut++) {
			show(all, cut, step);
			assert_string_equal(text, want);
			free(text);
		}
	free(want);
}

/* Joins the pieces of one long line: undoes "S: " and "\\\n" between them. */
static size_t
join(char *out)
{
	const char *at = text;
	size_t n = 0, len;

	while (*at != '\0') {
		const char *end = strchr(at, '\n');

		assert_memory_equal(at, "S: ", 3);
		len = (size_t)(end - at) - 3;
		assert_true(len <= 40000);
		if (end[1] != '\0') {
			assert_int_equal(end[-1], '\\');
			len--;
		}
		memcpy(out + n, at + 3, len);
		n += len;
		at = end + 1;
	}
	return n;
}

/* Long lines come in pieces that cut no character. */
static void
test_long_lines(void **state)
{
	const struct {
		const char *unit, *shown;
	} units[] = {
	    {"x", "x"},
	    {"\xc3\xbc", "\xc3\xbc"},
	    {"\xe2\x82\xac", "\xe2\x82\xac"},
	    {"\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7"},
	    {"\x9b", "\\x9b"},
	    {"\xc2\x9b", "<U+009B>"},
	};
	enum { TIMES = 50000 };
	char *line = malloc(4 * TIMES + 8), *out = malloc(8 * TIMES + 8);

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		for (size_t shift = 0; shift < 4; shift++) {
			struct str u = str_z(units[i].unit);
			struct str v = str_z(units[i].shown);
			size_t n = shift;

			memset(line, '.', shift);
			for (size_t k = 0; k < TIMES; k++, n += u.n)
				memcpy(line + n, u.p, u.n);
			memcpy(line + n, "\r\n", 2);
			show((struct str){line, n + 2}, 7777, 1234567);
			n = join(out);
			free(text);
			assert_int_equal(n, shift + TIMES * v.n);
			for (size_t k = 0; k < TIMES; k++)
				assert_memory_equal(
				    out + shift + k * v.n, v.p, v.n);
		}
	free(line);
	free(out);
}

/* The end of a line may fall anywhere near the longest piece. */
static void
test_end_at_piece(void **state)
{
	static char line[8192 + 64];

	(void)state;
	memset(line, 'x', sizeof(line));
	for (size_t n = 8192 - 4; n < 8192 + 4; n++) {
		memcpy(line + n, "\r\n", 2);
		show((struct str){line, n + 2}, n + 1, 1);
		assert_null(strstr(text, "^"));
		free(text);
		memset(line + n, 'x', 2);
	}
}

static void
test_null(void **state)
{
	(void)state;
	trace_bytes(NULL, TRACE_C, S("x"));
	trace_secret(NULL, TRACE_C);
	trace_note(NULL, "x");
	trace_flush(NULL);
	trace_free(NULL);
}

/* A file that takes nothing harms nobody. */
static void
test_full_disk(void **state)
{
	FILE *f = fopen("/dev/full", "w");
	struct trace *t = trace_new(f, "x", 0);

	(void)state;
	setvbuf(f, NULL, _IONBF, 0);
	for (int i = 0; i < 1000; i++)
		trace_bytes(t, TRACE_S, S("line\r\n"));
	trace_free(t);
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_every_cut),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_end_at_piece),
	    cmocka_unit_test(test_null),
	    cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
