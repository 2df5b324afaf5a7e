/* fuzz_pop3: slices stay inside of the line, and mean what they say. */
#include "wire/pop3.h"

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

static bool
printable(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static void
check_timestamp(struct str s)
{
	struct str stamp = pop3_timestamp(s);

	if (stamp.n == 0)
		return;
	check(inside(s, stamp) && printable(stamp) && stamp.n >= 5);
	check(stamp.p[0] == '<' && stamp.p[stamp.n - 1] == '>');
	check(str_has(stamp, '@'));
	check(str_eq(pop3_timestamp(stamp), stamp));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size}, uid;
	struct pop3_line l;
	uint64_t n, bytes, again;

	if (pop3_line(s, &l)) {
		check(inside(s, l.code) && inside(s, l.text));
		check(printable(l.code) && !str_has(l.code, ']'));
	}
	check_timestamp(s);
	if (pop3_numbers(s, false, &n, &bytes)) {
		check(n >= 1 && n <= INT64_MAX && bytes <= INT64_MAX);
		check(pop3_numbers(s, true, &again, &bytes) && again == n);
	}
	if (pop3_uid(s, &n, &uid)) {
		check(n >= 1 && n <= INT64_MAX && inside(s, uid));
		check(uid.n >= 1 && uid.n <= 70 && printable(uid));
	}
	return 0;
}
