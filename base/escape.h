/*
 * escape: bytes that a person cannot type, written with a backslash.
 *
 *	\r \n \t \0 \e    CR, LF, TAB, NUL, ESC
 *	\xHH              the octet of two hexadecimal digits
 *	\\ and any other punctuation: that character itself
 *	\c                at the end: nothing more follows, no line end either
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends the octets that text stands for; *open is whether it ended in "\c".
 * -1 with ERR_USE for an escape that there is not, ERR_LIMIT if b is full.
 */
int escape_undo(struct buf *b, struct str text, bool *open, struct err *e);

#endif
