/* fuzz_smtp: slices stay inside of the line, and mean what they say. */
#include "wire/smtp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

/* Empty slices may lie anywhere. */
static bool
inside(struct str in, struct str s)
{
	return s.n == 0 || (s.p >= in.p && s.p + s.n <= in.p + in.n);
}

static void
check_line(struct str s)
{
	struct smtp_line l;

	if (!smtp_line(s, &l))
		return;
	check(l.code >= 200 && l.code <= 599);
	check(inside(s, l.text) && inside(l.text, l.status));
	check(inside(l.text, l.message));
	check(l.status.n == 0 || smtp_status(l.status));
	check(l.status.n == 0 || l.status.p[0] == s.p[0]);
	check(l.status.n + l.message.n <= l.text.n);
}

/* No octet of an address may end the path, the line or the terminal's peace. */
static void
check_address(struct str s)
{
	size_t i;

	if (smtp_address(s, false))
		check(smtp_address(s, true));
	if (!smtp_address(s, true))
		return;
	for (i = 0; i < s.n; i++)
		check((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
	check(str_has(s, '"') || (!str_has(s, ' ') && !str_has(s, '>')));
}

/* What may stand between < and > is found there again. */
static void
check_path(struct str s)
{
	char *mem = malloc(s.n + 4);
	struct str in = {mem, s.n + 4}, path;

	check(mem != NULL);
	memcpy(mem, "<", 1);
	memcpy(mem + 1, s.p, s.n);
	memcpy(mem + 1 + s.n, "> X", 3);
	if (smtp_address(s, true) && (s.n == 0 || *s.p != '@')) {
		check(smtp_path(&in, &path));
		check(str_eq(path, s) && str_eq(in, S(" X")));
	}
	free(mem);
	in = s;
	if (smtp_path(&in, &path))
		check(inside(s, path) && inside(s, in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size}, keyword, params;

	check_line(s);
	check_address(s);
	check_path(s);
	keyword = smtp_keyword(s, &params);
	check(inside(s, keyword) && inside(s, params));
	check(!str_has(keyword, ' '));
	return 0;
}
