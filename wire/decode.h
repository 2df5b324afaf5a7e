/*
 * decode: the octets behind a Content-Transfer-Encoding (RFC 2045 6), and the
 * characters behind a charset, in UTF-8.  Both take their input in any pieces.
 */
#ifndef WIRE_DECODE_H
#define WIRE_DECODE_H

#include "base/buf.h"

enum transfer_encoding {
	TRANSFER_IDENTITY, /* 7bit, 8bit, binary, or none named */
	TRANSFER_QUOTED_PRINTABLE,
	TRANSFER_BASE64,
	TRANSFER_UNKNOWN, /* not to be decoded */
};

/* By the field's value, comments and case ignored; p may be NULL. */
enum transfer_encoding transfer_encoding(struct str value);

struct transfer {
	enum transfer_encoding encoding;
	/* private */
	uint32_t bits;
	unsigned have;
	struct buf held; /* bounded: what the next octets will decide */
};

void transfer_init(struct transfer *t, enum transfer_encoding encoding);
/*
 * Appends what is decoded of in, which may be less than all of it; the rest
 * comes with later calls or transfer_end.  What is not in order is decoded as
 * far as it goes: base64 passes over what is no base64 and ends at padding
 * (another unit may follow), quoted-printable leaves a "=" that means nothing
 * as it is.  -1 if out is full.
 */
int transfer_feed(struct transfer *t, struct str in, struct buf *out);
int transfer_end(struct transfer *t, struct buf *out);
void transfer_fini(struct transfer *t);

struct charset;

/* NULL if the name is none of those that mail is written in.  An empty name is
 * US-ASCII. */
struct charset *charset_open(struct str name);
/* Appends in as UTF-8; each octet that is invalid becomes U+FFFD.  -1 if out
 * is full. */
int charset_feed(struct charset *c, struct str in, struct buf *out);
int charset_end(struct charset *c, struct buf *out);
void charset_close(struct charset *c); /* c may be NULL */

#endif
