/*
 * mutf7: mailbox names in modified UTF-7 (RFC 3501 5.1.3) and in UTF-8.
 */
#ifndef WIRE_MUTF7_H
#define WIRE_MUTF7_H

#include "base/buf.h"

/* Where one of these fails, nothing is added to b. */

/*
 * UTF-8 to modified UTF-7; -1 if s is no valid UTF-8, holds a NUL, or b is
 * full.
 */
int mutf7_encode(struct buf *b, struct str s);
/*
 * Modified UTF-7 to UTF-8; -1 if s is not the one valid encoding of a name
 * (then the name is to be shown and used as it is) or b is full.
 */
int mutf7_decode(struct buf *b, struct str s);

#endif
