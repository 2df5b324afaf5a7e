/* scan: the words that structured header fields are made of. */
#include "wire/scan.h"

static bool
is_word_octet(char c, enum scan_class class)
{
	if ((unsigned char)c >= 0x80 || ascii_alpha(c) || ascii_digit(c))
		return true;
	if (c <= ' ' || c == 0x7f)
		return false;
	switch (class) {
	case SCAN_ATOM: /* RFC 5322 3.2.3 */
		return !str_has(S("()<>[]:;@\\,.\""), c);
	case SCAN_DOTTED:
		return !str_has(S("()<>[]:;@\\,\""), c);
	case SCAN_TOKEN: /* RFC 2045 5.1 */
		return !str_has(S("()<>@,;:\\\"/[]?="), c);
	}
	return false;
}

size_t
scan_length(struct str s, enum scan_class class)
{
	size_t n = 0;

	while (n < s.n && is_word_octet(s.p[n], class))
		n++;
	return n;
}

/* There is room, as scan.h demands. */
static void
put(struct buf *out, struct str s)
{
	if (out != NULL)
		(void)buf_add(out, s);
}

/* Octets in front of the line end at in.p[at], a LF, with the CR of a CRLF
 * left out too, and with one more that a careless mailer put there. */
static struct str
before_eol(struct str in, size_t from, size_t at)
{
	size_t n = at - from;

	if (n > 0 && in.p[from + n - 1] == '\r')
		n--;
	if (n > 0 && in.p[from + n - 1] == '\r')
		n--;
	return (struct str){in.p + from, n};
}

/* Whether in.p[at] is a backslash that makes another octet mean itself; of a
 * line end it cannot (RFC 5322 3.2.1). */
static bool
is_escape(struct str in, size_t at)
{
	return in.p[at] == '\\' && at + 1 < in.n && in.p[at + 1] != '\r' &&
	       in.p[at + 1] != '\n';
}

/*
 * What is between s->in's first octet and `close`, which ends it, with a
 * backslash in front of an octet taken out, and line ends too.  With `open`,
 * pairs nest.  False if it does not end; then s->in is empty.
 */
static bool
enclosed(struct scanner *s, char open, char close, struct buf *out)
{
	struct str in = str_skip(s->in, 1);
	size_t from = 0, depth = 1, i;

	for (i = 0; i < in.n; i++) {
		if (in.p[i] == close && --depth == 0) {
			put(out, str_skip(str_head(in, i), from));
			s->in = str_skip(in, i + 1);
			return true;
		}
		if (in.p[i] == open) {
			depth++;
		} else if (in.p[i] == '\n') {
			put(out, before_eol(in, from, i));
			from = i + 1;
		} else if (is_escape(in, i)) {
			put(out, str_skip(str_head(in, i), from));
			from = ++i;
		}
	}
	s->in = str_skip(in, in.n);
	return false;
}

enum scan
scan_space(struct scanner *s)
{
	while (s->in.n > 0) {
		if (str_has(S(" \t\r\n"), *s->in.p)) {
			s->in = str_skip(s->in, 1);
			continue;
		}
		if (*s->in.p != '(')
			return SCAN_MORE;
		if (s->comment != NULL)
			buf_clear(s->comment);
		if (!enclosed(s, '(', ')', s->comment))
			return SCAN_BAD;
	}
	return SCAN_END;
}

enum scan
scan_word(struct scanner *s, enum scan_class class, struct buf *out)
{
	size_t n = scan_length(s->in, class);

	put(out, str_head(s->in, n));
	s->in = str_skip(s->in, n);
	return scan_space(s);
}

enum scan
scan_quoted(struct scanner *s, struct buf *out)
{
	/* A quote cannot open another one: it closes. */
	return enclosed(s, '"', '"', out) ? scan_space(s) : SCAN_BAD;
}

enum scan
scan_literal(struct scanner *s, struct buf *out)
{
	struct str in = s->in;
	size_t from = 0, i;

	for (i = 1; i < in.n && in.p[i] != ']' && in.p[i] != '['; i++) {
		if (in.p[i] == '\n') {
			put(out, before_eol(in, from, i));
			from = i + 1;
		} else if (is_escape(in, i)) {
			i++;
		}
	}
	if (i == in.n || in.p[i] == '[') {
		s->in = str_skip(in, in.n);
		return SCAN_BAD;
	}
	put(out, str_skip(str_head(in, i + 1), from));
	s->in = str_skip(in, i + 1);
	return scan_space(s);
}
