/*
 * lex: cuts a stream of bytes into lines, dot-ended bodies and counted data.
 *
 * The lexer does no I/O and keeps no bytes: it eats a prefix of the caller's
 * input and gives back slices of it.  It can be stopped and taken up again at
 * any byte.  Client and practice server share it.
 *
 *	LEX_MODE_LINE   a line; the terminator is eaten and not part of it.
 *	                CRLF ends a line; a bare LF does too, and is told
 *	                apart (bare_lf), for those who must refuse it.
 *	LEX_MODE_DOT    a body that ends with CRLF.CRLF (RFC 5321 4.5.2,
 *	                RFC 1939 3).  Only that ends it: no bare LF, no bare
 *	                CR does.  Dot-stuffing is undone.  The CRLF before the
 *	                last dot belongs to the body.
 *	LEX_MODE_COUNT  exactly n bytes.
 *
 * After LEX_END of a body the mode is LINE again.
 */
#ifndef WIRE_LEX_H
#define WIRE_LEX_H

#include "base/str.h"

enum lex {
	LEX_MORE, /* all of *in is eaten, or (LINE) the line is not whole */
	LEX_LINE, /* *tok is a line */
	LEX_DATA, /* *tok is a non-empty piece of the body */
	LEX_END,  /* the body is over; *tok is empty */
	LEX_BAD,  /* the line is longer than max_line; nothing is eaten */
};

enum lex_mode { LEX_MODE_LINE, LEX_MODE_DOT, LEX_MODE_COUNT };

struct lexer {
	enum lex_mode mode;
	size_t max_line; /* octets, without the terminator */
	size_t scanned;	 /* LINE: so many bytes of *in hold no LF */
	uint64_t left;	 /* COUNT: bytes to come */
	int dot;	 /* DOT: state, private */
	bool bare_lf;	 /* LINE: the last line ended in LF without CR */
};

/* Starts in mode LINE. */
void lex_init(struct lexer *l, size_t max_line);
/* Switches to a body that begins with the next byte. */
void lex_dot(struct lexer *l);
void lex_count(struct lexer *l, uint64_t n);

/*
 * Eats a prefix of *in.  In mode LINE an incomplete line is left in *in, so
 * the caller comes again with the same bytes and more behind them.  *tok
 * points into the old *in; but in mode DOT, a CR that an earlier call had to
 * hold back comes as a constant, and nothing is eaten for it.
 */
enum lex lex_next(struct lexer *l, struct str *in, struct str *tok);

#endif
