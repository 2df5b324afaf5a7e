/*
 * mime: the structure of a message (RFC 2045, RFC 2046) as a tree of parts.
 *
 * The parser is fed the octets of a message, lines ended by CRLF, in any
 * pieces, and keeps of them the headers only.  It does no I/O.  All it makes
 * lives in the arena it was given.
 *
 * Where mail breaks the rules, the tree is the one that Dovecot makes of it.
 */
#ifndef WIRE_MIME_H
#define WIRE_MIME_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * A tree has no more levels and no more parts than this.  What lies deeper, or
 * comes later, is body of the last part that there is room for: a multipart
 * or message without a child, of which neither mime_is_multipart nor
 * mime_is_message is true.
 */
enum { MIME_NESTING = 100, MIME_PARTS = 10000 };

/* So many octets of one header are kept; the rest counts and is no more. */
enum { MIME_HEADER_MAX = 256 << 10 };

/* So many parameters of a field are read; what is none counts too. */
enum { MIME_PARAMS = 128 };

struct mime_param {
	struct mime_param *next;
	struct str name, value; /* RFC 2231 continuations joined, quotes undone,
				 * character sets left as written: then the
				 * name ends in '*' */
};

struct mime_part {
	struct mime_part *parent, *first, *next;
	/* Octets of the message, counted from 0: [header, body) is the header
	 * with the empty line behind it, [body, end) the body.  The line end
	 * in front of a boundary belongs to the boundary (RFC 2046 5.1.1). */
	uint64_t header, body, end;
	uint64_t lines;	     /* line ends in the body */
	uint64_t head_lines; /* those of the header */
	struct str raw;	     /* the header, as far as it is kept */

	/* From the header; with the defaults of RFC 2045 5.2 and RFC 2046
	 * 5.1.5 where there is none; a Content-Type that makes no sense has
	 * type and subtype empty.  Of a message that does not claim to be MIME
	 * nothing is taken.  p is NULL where nothing was said. */
	struct str type, subtype; /* never NULL: "text", "plain" as written */
	struct mime_param *params;
	struct str encoding, id, description, md5, location;
	struct str disposition;
	struct mime_param *disposition_params;
	struct str language; /* the field's value; see mime_language */

	/* private */
	struct mime_part *last; /* child */
	enum { MIME_LEAF, MIME_MULTIPART, MIME_MESSAGE } kind;
};

/* A multipart's children are its parts; a message/rfc822's (and
 * message/global's) only child is the message in it, whose header begins at
 * the part's body. */
bool mime_is_multipart(const struct mime_part *p);
bool mime_is_message(const struct mime_part *p);

/* The value of the first parameter of that name; p is NULL without one. */
struct str mime_param(const struct mime_param *params, struct str name);
/* Cuts the next tag off the front of a Content-Language; false at the end. */
bool mime_language(struct str *value, struct str *tag);

struct mime_parser;

/* A parser whose parts live in a; free it with mime_free. */
struct mime_parser *mime_new(struct arena *a);
/* -1 with ERR_LIMIT if the arena is full. */
int mime_feed(struct mime_parser *p, struct str octets, struct err *e);
/* At the end of the message: its root; NULL with ERR_LIMIT. */
struct mime_part *mime_finish(struct mime_parser *p, struct err *e);
void mime_free(struct mime_parser *p);

#endif
