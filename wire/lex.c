/* lex: cuts a stream of bytes into lines, dot-ended bodies, counted data. */
#include "wire/lex.h"

/* Where a dot-ended body stands before the next byte. */
enum {
	AT_START, /* of a line, behind CRLF */
	IN_LINE,
	BEHIND_CR,     /* which is given out already */
	BEHIND_DOT,    /* the first of its line; it is never given out */
	BEHIND_DOT_CR, /* CR held back: it may belong to the end */
};

void
lex_init(struct lexer *l, size_t max_line)
{
	*l = (struct lexer){.mode = LEX_MODE_LINE, .max_line = max_line};
}

void
lex_dot(struct lexer *l)
{
	l->mode = LEX_MODE_DOT;
	l->scanned = 0;
	l->dot = AT_START;
}

void
lex_count(struct lexer *l, uint64_t n)
{
	l->mode = LEX_MODE_COUNT;
	l->scanned = 0;
	l->left = n;
}

/* Eats n bytes and gives them as *tok. */
static void
give(struct str *in, size_t n, struct str *tok)
{
	*tok = str_head(*in, n);
	*in = str_skip(*in, n);
}

static enum lex
end_of_body(struct lexer *l, struct str *in, size_t n)
{
	*in = str_skip(*in, n);
	l->mode = LEX_MODE_LINE;
	return LEX_END;
}

static enum lex
next_line(struct lexer *l, struct str *in, struct str *tok)
{
	size_t at = l->scanned;
	size_t n;

	if (in->n > at)
		at += str_find(str_skip(*in, at), '\n');
	n = at > 0 && in->p[at - 1] == '\r' ? at - 1 : at;
	if (n > l->max_line)
		return LEX_BAD;
	l->scanned = at;
	if (at == in->n)
		return LEX_MORE;
	l->scanned = 0;
	l->bare_lf = n == at;
	give(in, at + 1, tok);
	tok->n = n;
	return LEX_LINE;
}

/* Where a body stands behind s, which is not empty. */
static int
place_behind(struct str s, bool cr)
{
	char last = s.p[s.n - 1];

	if (s.n > 1)
		cr = s.p[s.n - 2] == '\r';
	if (last == '\n' && cr)
		return AT_START;
	return last == '\r' ? BEHIND_CR : IN_LINE;
}

/* How much of s is text before the next line that begins with a dot. */
static size_t
text_size(struct lexer *l, struct str s)
{
	bool cr = l->dot == BEHIND_CR;
	size_t at, from;

	for (from = 0; from < s.n; from = at + 2) {
		at = from + str_find_pair(str_skip(s, from), '\n', '.');
		if (at == s.n)
			break;
		if (at > 0 ? s.p[at - 1] == '\r' : cr) {
			l->dot = AT_START;
			return at + 1;
		}
	}
	l->dot = place_behind(s, cr);
	return s.n;
}

/* Behind the first dot of a line; in holds at least one byte. */
static enum lex
behind_dot(struct lexer *l, struct str *in, struct str *tok)
{
	if (l->dot == BEHIND_DOT_CR) {
		if (*in->p == '\n')
			return end_of_body(l, in, 1);
		l->dot = BEHIND_CR;
		*tok = S("\r");
		return LEX_DATA;
	}
	if (in->n == 1 && *in->p == '\r') {
		*in = str_skip(*in, 1);
		l->dot = BEHIND_DOT_CR;
		return LEX_MORE;
	}
	if (str_starts(*in, S("\r\n")))
		return end_of_body(l, in, 2);
	l->dot = IN_LINE;
	give(in, text_size(l, *in), tok);
	return LEX_DATA;
}

static enum lex
next_dot(struct lexer *l, struct str *in, struct str *tok)
{
	if (in->n > 0 && l->dot == AT_START && *in->p == '.') {
		*in = str_skip(*in, 1);
		l->dot = BEHIND_DOT;
	}
	if (in->n == 0)
		return LEX_MORE;
	if (l->dot == BEHIND_DOT || l->dot == BEHIND_DOT_CR)
		return behind_dot(l, in, tok);
	give(in, text_size(l, *in), tok);
	return LEX_DATA;
}

static enum lex
next_count(struct lexer *l, struct str *in, struct str *tok)
{
	if (l->left == 0)
		return end_of_body(l, in, 0);
	if (in->n == 0)
		return LEX_MORE;
	give(in, in->n < l->left ? in->n : (size_t)l->left, tok);
	l->left -= tok->n;
	return LEX_DATA;
}

enum lex
lex_next(struct lexer *l, struct str *in, struct str *tok)
{
	*tok = (struct str){"", 0};
	switch (l->mode) {
	case LEX_MODE_LINE:
		return next_line(l, in, tok);
	case LEX_MODE_DOT:
		return next_dot(l, in, tok);
	case LEX_MODE_COUNT:
		return next_count(l, in, tok);
	}
	return LEX_BAD;
}
