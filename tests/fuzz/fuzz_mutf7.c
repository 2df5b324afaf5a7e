/*
 * fuzz_mutf7: each name has one encoding; whatever is taken for one is the one
 * that we write.
 */
#include "base/utf8.h"
#include "wire/mutf7.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};
	struct buf there, back;

	buf_init(&there, 8 * size + 8);
	buf_init(&back, 8 * size + 8);
	if (mutf7_decode(&there, s) == 0) {
		check(utf8_valid(buf_str(&there)));
		check(mutf7_encode(&back, buf_str(&there)) == 0);
		check(str_eq(buf_str(&back), s));
	} else {
		check(there.len == 0);
	}
	buf_clear(&there);
	buf_clear(&back);
	check((mutf7_encode(&there, s) == 0) ==
	      (utf8_valid(s) && !str_has(s, '\0')));
	if (utf8_valid(s) && !str_has(s, '\0')) {
		check(mutf7_decode(&back, buf_str(&there)) == 0);
		check(str_eq(buf_str(&back), s));
	}
	buf_fini(&there);
	buf_fini(&back);
	return 0;
}
