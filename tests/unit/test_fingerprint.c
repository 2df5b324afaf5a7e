/* Fingerprints as people write them. */
#include "base/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PLAIN "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define COLONS                                                                 \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                     \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static void
test_parse(void **state)
{
	unsigned char print[FINGERPRINT_SIZE];
	char text[FINGERPRINT_TEXT];

	(void)state;
	assert_true(fingerprint_parse(S(PLAIN), print));
	for (size_t i = 0; i < sizeof(print); i++)
		assert_int_equal(print[i], 0x11 * (i % 16));
	fingerprint_text(print, text);
	assert_string_equal(text, COLONS);
	print[0] = 1;
	assert_true(fingerprint_parse(S(COLONS), print));
	assert_int_equal(print[0], 0);
	assert_int_equal(print[31], 0xff);
}

/* Each octet matters, at every place. */
static void
test_malformed(void **state)
{
	unsigned char print[FINGERPRINT_SIZE];
	char text[] = COLONS;

	(void)state;
	assert_false(fingerprint_parse(S(""), print));
	for (size_t n = 1; n < sizeof(text) - 1; n++)
		if (n != 64)
			assert_false(
			    fingerprint_parse((struct str){text, n}, print));
	assert_false(fingerprint_parse((struct str){text, 64}, print));
	assert_false(fingerprint_parse(S(COLONS ":"), print));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char c = text[i];

		text[i] = c == ':' ? '0' : ':';
		assert_false(fingerprint_parse(
		    (struct str){text, sizeof(text) - 1}, print));
		text[i] = c;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
