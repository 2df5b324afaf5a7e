/*
 * scan: the words that structured header fields are made of (RFC 5322 3.2, RFC
 * 2045 5.1).  No I/O.
 *
 * Each function eats a prefix of s->in, and the blanks, line ends and comments
 * behind it.  What a word stands for is appended to out, which may be NULL; its
 * maximum must leave room for s->in.n octets.  Octets above 127 are letters.
 */
#ifndef WIRE_SCAN_H
#define WIRE_SCAN_H

#include "base/buf.h"

enum scan {
	SCAN_BAD,  /* no such word begins here, or it does not end, or a
		    * comment behind it does not */
	SCAN_END,  /* nothing is behind it: s->in is empty */
	SCAN_MORE, /* s->in begins with what is behind it */
};

struct scanner {
	struct str in;
	struct buf *comment; /* takes the text of the last comment seen, with
			      * the same room as out; may be NULL */
};

/* What may stand in an unquoted word. */
enum scan_class {
	SCAN_ATOM,   /* atext */
	SCAN_DOTTED, /* atext and dots */
	SCAN_TOKEN,  /* of MIME: no tspecials */
};

/* Blanks, line ends and comments (CFWS), if any. */
enum scan scan_space(struct scanner *s);
/* How many octets in front of s are of that class. */
size_t scan_length(struct str s, enum scan_class class);
/* A word of that class; it may be empty. */
enum scan scan_word(struct scanner *s, enum scan_class class, struct buf *out);
/* A quoted string; s->in begins with its quote.  Line ends in it go. */
enum scan scan_quoted(struct scanner *s, struct buf *out);
/* "[127.0.0.1]", as it stands but for line ends; s->in begins with '['. */
enum scan scan_literal(struct scanner *s, struct buf *out);

#endif
