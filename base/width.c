/* width: how many columns of a terminal a text takes. */
#include "base/width.h"
#include "base/utf8.h"

#include <locale.h>
#include <wchar.h>

/*
 * The C library knows, but says it only of the locale's characters, and the
 * user's may be C: so it is asked in a locale of UTF-8 that is always there.
 * Where it is not, and for what it does not know, a character is one column.
 */
static locale_t
utf8_locale(void)
{
	static locale_t locale;
	static bool asked;

	if (!asked)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	asked = true;
	return locale;
}

/* The columns of the first character of s, and its length in *n. */
static size_t
first_width(struct str s, size_t *n)
{
	uint32_t c;
	int w;

	*n = utf8_decode(s, &c);
	if (*n == 0)
		*n = 1;
	if (*n == 1) /* ASCII, and a stray octet */
		return 1;
	w = wcwidth((wchar_t)c);
	return w >= 0 ? (size_t)w : 1;
}

/* The length of the longest beginning of at most n columns, and those in
 * *columns. */
static size_t
measure(struct str s, size_t n, size_t *columns)
{
	locale_t ours = utf8_locale(),
		 theirs = ours != (locale_t)0 ? uselocale(ours) : (locale_t)0;
	size_t at = 0, length, width;

	*columns = 0;
	while (at < s.n) {
		width = first_width(str_skip(s, at), &length);
		if (width > n - *columns)
			break;
		*columns += width;
		at += length;
	}
	if (ours != (locale_t)0)
		uselocale(theirs);
	return at;
}

size_t
width_of(struct str s)
{
	size_t columns;

	measure(s, SIZE_MAX, &columns);
	return columns;
}

struct str
width_head(struct str s, size_t n)
{
	size_t columns;

	return str_head(s, measure(s, n, &columns));
}
