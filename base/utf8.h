/*
 * utf8: characters of UTF-8 text (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/*
 * Decodes the character at the start of s, which is not empty, into *c.
 * Returns its length, or 0 if it is invalid or cut short.
 */
size_t utf8_decode(struct str s, uint32_t *c);
/* Appends the character c, which must be valid; -1 if b is full. */
int utf8_put(struct buf *b, uint32_t c);
/* Whether all of s is valid. */
bool utf8_valid(struct str s);
/* The longest beginning of s of at most n octets that cuts no character. */
struct str utf8_head(struct str s, size_t n);

#endif
