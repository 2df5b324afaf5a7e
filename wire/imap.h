/*
 * imap: the grammar of IMAP (RFC 9051 9, RFC 3501 9) as a value tree.
 *
 * The parser is fed what a lexer cuts: a line, and where the line ends in a
 * literal, the literal's bytes, then the next line, until the response (or,
 * for a server, the command) is complete.  It does no I/O.  All it makes
 * lives in the arena it was given, copies of the lines included.
 */
#ifndef WIRE_IMAP_H
#define WIRE_IMAP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum imap_kind {
	IMAP_ATOM,   /* also \Flag, \*, *, sequence sets, BODY[…]<n> */
	IMAP_NUMBER, /* digits only, fits 63 bits */
	IMAP_QUOTED,
	IMAP_LITERAL, /* {n}, {n+} and literal8 ~{n} */
	IMAP_NIL,
	IMAP_LIST,
};

/* A SEARCH may answer with a million of these, so they are kept small. */
struct imap_val {
	enum imap_kind kind;
	bool binary : 1;	/* literal8 */
	signed int stream : 31; /* LITERAL: the ordinal among the streamed
				 * ones of the response, from 0; -1 if its
				 * bytes are in s */
	struct str s;		/* ATOM, NUMBER, NIL: as written; QUOTED:
				 * unescaped; LITERAL: its bytes, p NULL if
				 * streamed */
	uint64_t num;		/* NUMBER: its value; LITERAL: its size */
	struct imap_val *first; /* LIST: members */
	struct imap_val *next;	/* sibling */
};

enum imap_type {
	IMAP_UNTAGGED, /* "* …" */
	IMAP_TAGGED,   /* "tag …" */
	IMAP_CONTINUE, /* "+ …" */
	IMAP_COMMAND,  /* what a client sends */
};

struct imap_msg {
	enum imap_type type;
	struct str tag;
	struct str name; /* as written: OK, FETCH, EXISTS; of a command
			  * its verb; "UID FETCH" is name UID, then
			  * FETCH is the first value */
	bool has_num;
	uint64_t num;	       /* the 23 of "* 23 EXISTS" */
	struct imap_val *code; /* [CODE …] of a status: a list whose first
				* member is the name, or NULL */
	struct str text;       /* of a status or a continuation: for people */
	struct imap_val *vals; /* what follows name otherwise */
};

/* A literal that the line just parsed announced. */
struct imap_literal {
	uint64_t size;
	bool nonsync; /* {n+}: the sender does not wait (RFC 7888) */
	bool binary;  /* ~{n} */
	bool body;    /* the value of a FETCH item that holds (part of) a
		       * message: BODY[…], BINARY[…], RFC822, RFC822.HEADER,
		       * RFC822.TEXT; for IMAP_COMMAND: of APPEND */
};

enum imap_got {
	IMAP_GOT_MSG,	  /* msg is complete */
	IMAP_GOT_LITERAL, /* literal says what comes; then imap_line again */
	IMAP_GOT_BAD,	  /* err says what; the parser must be begun anew */
};

struct imap_parser {
	struct imap_msg msg;
	struct imap_literal literal;
	/* private */
	struct arena *arena;
	bool command;
	unsigned max_nesting;
	unsigned depth;
	int streams;
	struct imap_val **tail;	  /* where the next value is linked */
	struct imap_val *last;	  /* the value before it, or NULL */
	struct imap_val *stack;	  /* open lists, innermost first; next leads
				   * to the outer one until it is closed */
	struct imap_val *pending; /* the literal being received */
	struct str section;	  /* BODY[… cut short by that literal */
	char *fill;		  /* where the literal's next byte goes */
	uint64_t missing;
	bool begun;
};

/*
 * Begins a response (command false) or a command (true).  What the parser
 * makes lives in `a`.  Nesting beyond max_nesting is IMAP_GOT_BAD with
 * ERR_LIMIT; a full arena too; anything else that is wrong ERR_PROTO.
 */
void imap_begin(
    struct imap_parser *p, struct arena *a, bool command, unsigned max_nesting);

/*
 * Takes the next line, without its CRLF.  Status responses (OK NO BAD BYE
 * PREAUTH) and continuations end in text for people: "{5}" at the end of
 * such a line is text and no literal.
 */
enum imap_got imap_line(struct imap_parser *p, struct str line, struct err *e);

/*
 * Bytes of the announced literal, to be kept in the tree; any number of
 * calls, size bytes in all.  -1 with ERR_LIMIT if the arena is full.
 */
int imap_literal_add(struct imap_parser *p, struct str bytes, struct err *e);
/*
 * Instead: the bytes go elsewhere, the tree gets their ordinal (returned).
 */
int imap_literal_stream(struct imap_parser *p);

/* Whether v is an atom equal to z, ASCII case ignored; v may be NULL. */
bool imap_is(const struct imap_val *v, const char *z);
/* Content of an astring or nstring (ATOM, NUMBER, QUOTED, inline LITERAL);
 * empty slice for others and for NULL. */
struct str imap_text(const struct imap_val *v);
/* The n-th (from 0) sibling from v on, or NULL. */
const struct imap_val *imap_nth(const struct imap_val *v, size_t n);
/* Depth-first count of values, for tests. */
size_t imap_count(const struct imap_val *v);

/*
 * "BODY[1.2.HEADER.FIELDS (FROM TO)]<100>" in its parts: name "BODY",
 * section "1.2.HEADER.FIELDS (FROM TO)", origin 100.  False if s has no
 * section.  Also "<0.100>" of a command: then has_length.
 */
struct imap_section {
	struct str name, section;
	bool has_origin, has_length;
	uint64_t origin, length;
};
bool imap_section(struct str s, struct imap_section *out);

/*
 * Which form s needs where an astring stands.  NUL and (without `utf8`)
 * octets above 127 need a literal; NUL is not even allowed there except in a
 * literal8, which the caller must refuse.
 */
enum imap_form { IMAP_FORM_ATOM, IMAP_FORM_QUOTED, IMAP_FORM_LITERAL };
enum imap_form imap_form(struct str s, bool utf8);
/* Appends s between quotes, " and \ escaped; -1 if b is full. */
int imap_put_quoted(struct buf *b, struct str s);
/* Writes v and its siblings back as IMAP text (literals in literal form,
 * streamed ones as {n} alone); for tests, traces and posteld. */
int imap_put_vals(struct buf *b, const struct imap_val *v);

#endif
