/*
 * fuzz_lex: the first octet chooses the mode and the limits, the rest is the
 * stream.  Pieces must give what the whole gives, and a body must be what a
 * plain reading of RFC 5321 4.5.2 makes of it.
 */
#include "tests/unit/feed_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Octet by octet, from the end of the rule back: slow, and easy to trust. */
static bool
undot(struct str s, struct buf *out)
{
	bool start = true;
	size_t i;

	(void)buf_addc(out, '{');
	for (i = 0; i < s.n; i++) {
		if (start && str_starts(str_skip(s, i), S(".\r\n")))
			break;
		if (!start || s.p[i] != '.')
			(void)buf_addc(out, s.p[i]);
		start = i > 0 && s.p[i] == '\n' && s.p[i - 1] == '\r';
	}
	if (i < s.n)
		(void)buf_addc(out, '}');
	return i < s.n;
}

static void
check_body(struct str s, struct buf *got)
{
	struct buf want;
	bool ended;

	/* An end that is not all there is held back. */
	if (str_ends(s, S("\r\n.\r")) || str_eq(s, S(".\r")))
		s.n--;
	buf_init(&want, got->max);
	ended = undot(s, &want);
	if (ended ? !str_starts(buf_str(got), buf_str(&want))
		  : !str_eq(buf_str(got), buf_str(&want)))
		abort();
	buf_fini(&want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_lex how = {.mode = LEX_MODE_LINE, .max_line = 1000};
	struct feed_parser parser = {feed_lex_run, &how};
	struct buf out;
	struct str s;

	if (size == 0)
		return 0;
	s = (struct str){(const char *)data + 1, size - 1};
	if (data[0] % 3 == 1)
		how.mode = LEX_MODE_DOT;
	else if (data[0] % 3 == 2)
		how.mode = LEX_MODE_COUNT;
	how.count = data[0] / 3;
	if (data[0] >= 128)
		how.max_line = data[0] % 16;
	buf_init(&out, 16 * size + 64);
	if (!feed_agrees(s, 40, &parser, &out))
		abort();
	if (how.mode == LEX_MODE_DOT)
		check_body(s, &out);
	buf_fini(&out);
	return 0;
}
