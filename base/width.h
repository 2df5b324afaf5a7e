/*
 * width: how many columns of a terminal a text takes.
 *
 * The text is UTF-8 that vis has made harmless.  Wide characters (East Asian,
 * most emoji) take two columns, combining ones none, whatever the locale.
 */
#ifndef BASE_WIDTH_H
#define BASE_WIDTH_H

#include "base/str.h"

/* The columns of s. */
size_t width_of(struct str s);
/* The longest beginning of s that takes no more than n columns; combining
 * characters stay with what they stand on. */
struct str width_head(struct str s, size_t n);

#endif
