/*
 * str: a borrowed slice of bytes.
 *
 * A slice is passed by value and never freed; it lives as long as the memory
 * it points into, which each function that returns one names.  Slices may
 * hold any byte, NUL included, and are not terminated.  No function here
 * allocates.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A slice of a string literal; usable in static initialisers. */
#define STR(lit)                                                               \
	{                                                                      \
		(lit), sizeof(lit) - 1                                         \
	}
/* The same as an expression. */
#define S(lit) ((struct str){(lit), sizeof(lit) - 1})
/* The two arguments that printf's "%.*s" wants. */
#define STRF(s) (int)(s).n, (s).p

/* The slice of a C string; z may be NULL, which gives the empty slice. */
static inline struct str
str_z(const char *z)
{
	return (struct str){z != NULL ? z : "", z != NULL ? strlen(z) : 0};
}

/* What remains of s behind its first n bytes; n <= s.n. */
static inline struct str
str_skip(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

/* The first n bytes of s; n <= s.n. */
static inline struct str
str_head(struct str s, size_t n)
{
	return (struct str){s.p, n};
}

bool str_eq(struct str a, struct str b);
/* ASCII letters are compared without regard to case; locale plays no part. */
bool str_eqcase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_startscase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has(struct str s, char c);
/* Whether s has an octet that no protocol line may carry: CR, LF or NUL. */
bool str_has_eol(struct str s);

/* Index of the first c in s, or s.n. */
size_t str_find(struct str s, char c);
/* Index of the first a that has a b behind it, or s.n. */
size_t str_find_pair(struct str s, char a, char b);
/* Without the spaces and tabs at both ends. */
struct str str_trim(struct str s);
/* Whether no octet of it is over 127. */
bool str_is_ascii(struct str s);
/* Without the CR and LF octets at its end. */
struct str str_chomp(struct str s);

/*
 * Cuts *s at the first c: returns what is before it and leaves in *s what is
 * behind it.  Without a c, returns all and leaves *s empty.
 */
struct str str_cut(struct str *s, char c);

/*
 * Eats leading spaces of *s, then returns the bytes up to the next space,
 * which *s is left at.  An empty slice means that there was no word.
 */
struct str str_word(struct str *s);

/*
 * Reads s, which must be one or more decimal digits and nothing else, into
 * *n.  Returns false, leaving *n alone, if it is not, or exceeds max.
 */
bool str_u64(struct str s, uint64_t max, uint64_t *n);

/*
 * Copies s into dst, which holds size bytes, cut to fit, and terminates it.
 * Returns dst.
 */
char *str_copy(char *dst, size_t size, struct str s);

/* ASCII only, whatever the locale. */
static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_alpha(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

/* The value of a hexadecimal digit, or -1. */
static inline int
ascii_hex(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet that s begins with as two hexadecimal digits, or -1. */
static inline int
str_hex(struct str s)
{
	int high = s.n >= 2 ? ascii_hex(s.p[0]) : -1;
	int low = s.n >= 2 ? ascii_hex(s.p[1]) : -1;

	return high >= 0 && low >= 0 ? high << 4 | low : -1;
}

#endif
