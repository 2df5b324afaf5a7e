/* escape: bytes that a person cannot type, written with a backslash. */
#include "base/escape.h"

static const char letters[] = "rnt0e", octets[] = "\r\n\t\0\033";

/* The octet behind a backslash; *used is how much of s says it, 0 if that is
 * no escape. */
static char
octet(struct str s, size_t *used)
{
	const char *at;

	*used = 1;
	if (*s.p == 'x' && str_hex(str_skip(s, 1)) >= 0) {
		*used = 3;
		return (char)str_hex(str_skip(s, 1));
	}
	at = memchr(letters, *s.p, sizeof(letters) - 1);
	if (at != NULL)
		return octets[at - letters];
	if (*s.p <= ' ' || *s.p == '\177' || ascii_alpha(*s.p) ||
	    ascii_digit(*s.p))
		*used = 0;
	return *s.p;
}

int
escape_undo(struct buf *b, struct str text, bool *open, struct err *e)
{
	size_t n;
	char c;

	*open = false;
	for (; text.n > 0; text = str_skip(text, n)) {
		n = 1;
		c = *text.p;
		if (c == '\\') {
			text = str_skip(text, 1);
			if (str_eq(text, S("c"))) {
				*open = true;
				return 0;
			}
			n = 0;
			if (text.n > 0)
				c = octet(text, &n);
			if (n == 0)
				return err_set(e, ERR_USE,
				    "\\%.*s is no escape; these are: \\r \\n "
				    "\\t \\0 \\e \\xHH \\\\, and \\c at the "
				    "end",
				    STRF(str_head(text, text.n > 0)));
		}
		if (buf_addc(b, c) != 0)
			return err_set(e, ERR_LIMIT, "the line is too long");
	}
	return 0;
}
