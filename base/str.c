/* str: a borrowed slice of bytes. */
#include "base/str.h"

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_eqcase(struct str a, struct str b)
{
	return a.n == b.n && str_startscase(a, b);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

bool
str_startscase(struct str s, struct str prefix)
{
	size_t i;

	if (s.n < prefix.n)
		return false;
	for (i = 0; i < prefix.n; i++)
		if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
			return false;
	return true;
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

size_t
str_find(struct str s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : s.n;
}

/*
 * Few places have one, so whole blocks are looked at without a branch; of a
 * constant number of octets compilers make a few vector instructions.
 */
size_t
str_find_pair(struct str s, char a, char b)
{
	enum { BLOCK = 128 };
	size_t at = 0, i;

	for (; s.n - at > BLOCK; at += BLOCK) {
		const char *p = s.p + at;
		uint8_t found = 0;

		for (i = 0; i < BLOCK; i++)
			found |= (uint8_t)((p[i] == a) & (p[i + 1] == b));
		if (found)
			break;
	}
	for (; at + 1 < s.n; at++) {
		at += str_find(str_skip(s, at), a);
		if (at + 1 < s.n && s.p[at + 1] == b)
			return at;
	}
	return s.n;
}

bool
str_has(struct str s, char c)
{
	return str_find(s, c) < s.n;
}

bool
str_has_eol(struct str s)
{
	return str_has(s, '\r') || str_has(s, '\n') || str_has(s, '\0');
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		s = str_skip(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

struct str
str_chomp(struct str s)
{
	while (s.n > 0 && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
		s.n--;
	return s;
}

struct str
str_cut(struct str *s, char c)
{
	size_t at = str_find(*s, c);
	struct str head = str_head(*s, at);

	*s = str_skip(*s, at < s->n ? at + 1 : at);
	return head;
}

struct str
str_word(struct str *s)
{
	struct str word;

	while (s->n > 0 && *s->p == ' ')
		*s = str_skip(*s, 1);
	word = str_head(*s, str_find(*s, ' '));
	*s = str_skip(*s, word.n);
	return word;
}

bool
str_u64(struct str s, uint64_t max, uint64_t *n)
{
	uint64_t v = 0, digit;
	size_t i;

	if (s.n == 0)
		return false;
	for (i = 0; i < s.n; i++) {
		if (!ascii_digit(s.p[i]))
			return false;
		digit = (uint64_t)(s.p[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*n = v;
	return true;
}

char *
str_copy(char *dst, size_t size, struct str s)
{
	size_t n = s.n < size ? s.n : size - 1;

	if (n > 0)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
	return dst;
}

bool
str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 127)
			return false;
	return true;
}
