/*
 * framer: message bodies in the form that they have on the wire.
 *
 * It turns slices of a body into wire bytes and keeps the state that spans
 * slices.  Client and practice server share it; the lexer is its counterpart.
 */
#ifndef WIRE_FRAMER_H
#define WIRE_FRAMER_H

#include "base/buf.h"

enum frame {
	FRAME_EXACT, /* as it is: literals of known size, BDAT */
	FRAME_CRLF,  /* bare CR and bare LF become CRLF, a last line without
		      * end gets one */
	FRAME_DOT,   /* FRAME_CRLF, dots stuffed, ".\r\n" behind */
};
struct framer {
	enum frame frame;
	bool in_line;  /* part of a line is out, its end is not */
	bool after_cr; /* a line end is out for a CR: a LF adds nothing */
};
void framer_init(struct framer *f, enum frame frame);
/*
 * Appends the wire form of a prefix of `in` to b as room allows.  Returns
 * the octets of `in` that were consumed: not 0 where b has room for 2 and
 * `in` is not empty.
 */
size_t framer_add(struct framer *f, struct buf *b, struct str in);
/* How many octets in front of `in` would come out as they are. */
size_t framer_run(const struct framer *f, struct str in);
/*
 * The same as framer_add for the first n > 0 octets of a run, which have gone
 * out by themselves; appends to b, which is empty, the LF of a CR at their end.
 */
size_t framer_passed(struct framer *f, struct buf *b, struct str run, size_t n);
/* Appends what the end of the body needs; -1 if b is full. */
int framer_end(struct framer *f, struct buf *b);

#endif
