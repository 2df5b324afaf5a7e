/* header: the header of a message or of a part of one, field by field. */
#include "wire/header.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_eol(char c)
{
	return c == '\r' || c == '\n';
}

/* The length of the field in front of s, all its lines included: a line that
 * begins with a blank goes on with the one before (RFC 5322 2.2.3). */
static size_t
field_length(struct str s)
{
	size_t n = 0;

	do {
		n += str_find(str_skip(s, n), '\n');
		if (n < s.n)
			n++;
	} while (n < s.n && is_blank(s.p[n]));
	return n;
}

/* RFC 5322 3.6.8: ftext. */
static bool
is_name(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

/* Blanks in front of the colon are obsolete, but seen (RFC 5322 4.5). */
static bool
split_field(struct str whole, struct field *out)
{
	struct str line = str_head(whole, str_find(whole, '\n'));
	size_t colon = str_find(line, ':'), n = colon;

	while (n > 0 && is_blank(line.p[n - 1]))
		n--;
	out->whole = whole;
	out->name = str_head(whole, n);
	if (colon == line.n || !is_name(out->name))
		return false;
	out->value = str_skip(whole, colon + 1);
	if (str_ends(out->value, S("\n")))
		out->value.n--;
	if (str_ends(whole, S("\r\n")))
		out->value.n--;
	return true;
}

bool
header_next(struct str *header, struct field *out)
{
	struct str whole;

	while (header->n > 0 && !str_starts(*header, S("\n")) &&
	       !str_starts(*header, S("\r\n"))) {
		whole = str_head(*header, field_length(*header));
		*header = str_skip(*header, whole.n);
		if (split_field(whole, out))
			return true;
	}
	return false;
}

bool
header_find(struct str header, struct str name, struct field *out)
{
	while (header_next(&header, out))
		if (str_eqcase(out->name, name))
			return true;
	return false;
}

/* A line end in front of s: 2 for CRLF, 1 for LF, 0 if there is none. */
static size_t
eol_length(struct str s)
{
	return str_starts(s, S("\r\n")) ? 2 : str_starts(s, S("\n")) ? 1 : 0;
}

/* How many blanks behind the colon are no part of the value: all, but only one
 * of a line that holds nothing else. */
static size_t
leading_blanks(struct str value)
{
	size_t n = 0;

	while (n < value.n && is_blank(value.p[n]))
		n++;
	if (n > 0 && (n == value.n || eol_length(str_skip(value, n)) > 0))
		return 1;
	return n;
}

int
header_join(struct buf *b, struct str value)
{
	size_t n;

	value = str_skip(value, leading_blanks(value));
	while (value.n > 0) {
		for (n = 0; n < value.n && !is_eol(value.p[n]); n++)
			;
		if (buf_add(b, str_head(value, n)) < 0)
			return -1;
		value = str_skip(value, n);
		if (value.n == 0)
			break;
		while (value.n > 0 && is_eol(*value.p))
			value = str_skip(value, 1);
		/* A CR alone parts words, too. */
		if (value.n > 0 && !is_blank(*value.p) && buf_addc(b, ' ') < 0)
			return -1;
	}
	return 0;
}

int
header_unfold(struct buf *b, struct str value)
{
	while (value.n > 0 && (is_blank(*value.p) || is_eol(*value.p)))
		value = str_skip(value, 1);
	while (value.n > 0 &&
	       (is_blank(value.p[value.n - 1]) || is_eol(value.p[value.n - 1])))
		value.n--;
	return header_join(b, value);
}
