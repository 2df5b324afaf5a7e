/*
 * header: the header of a message or of a part of one, field by field (RFC
 * 5322 2.2, RFC 2045 3, RFC 2047).  No I/O.
 *
 * Lines may end in CRLF or LF.  What is no field (no colon, or a name with
 * octets that none may have) is passed over: mail of all ages has such lines.
 */
#ifndef WIRE_HEADER_H
#define WIRE_HEADER_H

#include "base/buf.h"

/* Slices of the header. */
struct field {
	struct str name;  /* "Subject"; spaces in front of the colon are off */
	struct str value; /* behind the colon, folded as it stands, without the
			   * line end that ends the field */
	struct str whole; /* all of it, name to line end */
};

/*
 * Cuts the next field off the front of *header.  False when there is none:
 * at an empty line, which is left in place, or at the end.
 */
bool header_next(struct str *header, struct field *out);
/* The first field of this name, ASCII case ignored; false if there is none. */
bool header_find(struct str header, struct str name, struct field *out);

/* Appends value on one line: its line ends taken out (RFC 5322 2.2.3) and
 * spaces at both ends too; -1 if b is full.  A CR alone becomes a space. */
int header_unfold(struct buf *b, struct str value);
/* The same, but of spaces only those are taken out that stand between the
 * colon and the first word on the same line: what IMAP shows. */
int header_join(struct buf *b, struct str value);

/*
 * Appends value as people read it, in UTF-8: unfolded, with encoded words (RFC
 * 2047) decoded where the character set is known and the word is in order;
 * white space between two of them is left out.  Octets that are no valid UTF-8
 * become U+FFFD.  -1 if b is full.
 */
int header_decode(struct buf *b, struct str value);

#endif
