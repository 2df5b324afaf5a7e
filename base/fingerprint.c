/* fingerprint: a certificate's SHA-256, as people write it. */
#include "base/fingerprint.h"

#include "base/text.h"

#include <stdio.h>

const char *const fingerprint_form =
    N_("the SHA-256 of a certificate, 64 hexadecimal digits with or without "
       "colons");

bool
fingerprint_parse(struct str s, unsigned char out[static FINGERPRINT_SIZE])
{
	size_t step = s.n == FINGERPRINT_TEXT - 1 ? 3 : 2;
	int octet;

	if (s.n != FINGERPRINT_TEXT - 1 && s.n != 2 * (size_t)FINGERPRINT_SIZE)
		return false;
	for (size_t i = 0; i < FINGERPRINT_SIZE; i++) {
		octet = str_hex(str_skip(s, i * step));
		if (octet < 0 ||
		    (step == 3 && i > 0 && s.p[i * step - 1] != ':'))
			return false;
		out[i] = (unsigned char)octet;
	}
	return true;
}

void
fingerprint_text(const unsigned char print[static FINGERPRINT_SIZE],
    char out[static FINGERPRINT_TEXT])
{
	for (size_t i = 0; i < FINGERPRINT_SIZE; i++)
		(void)snprintf(
		    out + 3 * i, FINGERPRINT_TEXT - 3 * i, "%02X:", print[i]);
	out[FINGERPRINT_TEXT - 1] = '\0';
}
