/*
 * fingerprint: a certificate's SHA-256, as people write it.
 */
#ifndef BASE_FINGERPRINT_H
#define BASE_FINGERPRINT_H

#include "base/str.h"

enum { FINGERPRINT_SIZE = 32, FINGERPRINT_TEXT = 3 * FINGERPRINT_SIZE };

/* What a fingerprint looks like, for messages; text_of translates it. */
extern const char *const fingerprint_form;

/* Whether s is one: 64 hexadecimal digits in any case, a colon between all
 * pairs or none. */
bool fingerprint_parse(
    struct str s, unsigned char out[static FINGERPRINT_SIZE]);

/* "AB:CD:..." */
void fingerprint_text(const unsigned char print[static FINGERPRINT_SIZE],
    char out[static FINGERPRINT_TEXT]);

#endif
