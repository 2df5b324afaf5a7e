/*
 * verb: what the protocols' commands are, as data.
 *
 * One table a protocol drives encoding, pipelining, completion and help; no
 * other place knows a command by name for these purposes.
 */
#ifndef PROTO_VERB_H
#define PROTO_VERB_H

#include "base/str.h"

enum verb_flag {
	/* Nothing else may be in flight before it or behind it. */
	VERB_ALONE = 1 << 0,
	/* Ends a group: nothing behind it until its reply (RFC 2920 3.1). */
	VERB_LAST = 1 << 1,
	/* IMAP, RFC 9051 5.5: names messages by sequence number … */
	VERB_USES_SEQ = 1 << 2,
	/* … its reply may carry EXPUNGE, which shifts the numbers … */
	VERB_BREAKS_SEQ = 1 << 3,
	/* … selects or leaves a mailbox, which changes what all else means. */
	VERB_MAILBOX = 1 << 4,
	/* POP3: a positive status line is followed by a dot-ended body:
	 * always, or only when the verb has no argument (LIST, UIDL). */
	VERB_MULTI = 1 << 5,
	VERB_MULTI_NOARG = 1 << 6,
	/* Arguments from `secret` on reach neither trace nor history. */
	VERB_SECRET = 1 << 7,
	/* Sends a message or a part of one behind it: DATA, BDAT, APPEND. */
	VERB_BODY = 1 << 8,
	/* Changes stored mail or sends some; not sent in a dry run. */
	VERB_CHANGES = 1 << 9,
	/* A SASL exchange follows (AUTH, AUTHENTICATE). */
	VERB_SASL = 1 << 10,
	/* A positive reply is followed by a TLS handshake. */
	VERB_TLS = 1 << 11,
	/* A positive reply switches both directions to deflate. */
	VERB_DEFLATE = 1 << 12,
	/* Stays open after "+", until DONE (IMAP IDLE). */
	VERB_IDLE = 1 << 13,
	/* The server hangs up after its reply: QUIT, LOGOUT. */
	VERB_BYE = 1 << 14,
	/* A positive reply means that the user is logged in. */
	VERB_LOGIN = 1 << 15,
};

enum { VERB_ANY = 255 }; /* argmax: any number of arguments */

struct verb {
	const char *name; /* upper case; two words for "UID FETCH" */
	uint8_t argmin, argmax;
	uint16_t states; /* bits of struct proto's state names; 0: all */
	uint32_t flags;	 /* enum verb_flag */
	/*
	 * How encode writes each argument, a letter each; the last one holds
	 * for all that follow; NULL means "r".
	 *	r  raw: as it is; CR, LF and NUL are refused
	 *	a  IMAP astring: atom, quoted or literal as needed
	 *	m  IMAP mailbox: UTF-8, as modified UTF-7 or UTF-8, then as a
	 *	l  a body: IMAP literal
	 *	f  "FROM:<…>", t "TO:<…>": SMTP path
	 */
	const char *sig;
	uint8_t secret; /* VERB_SECRET: index of the first secret argument */
	/*
	 * IMAP: the untagged responses that belong to it, "FETCH" or "LIST
	 * STATUS"; NULL: none.  Others that come meanwhile are unasked.
	 */
	const char *data;
	const char *capability; /* offered under this name only; or NULL */
	const char *usage;	/* "<n> [<lines>]" */
	const char *help;	/* one sentence */
	const char *example;	/* a line one could type */
	const char *rfc;	/* "RFC 1939 7" */
};

/* The next word of a line that a person typed: tabs divide, too, so that a
 * secret behind one is known for what it is. */
struct str verb_word(struct str *line);

/*
 * The verb that `line` begins with (any case, two words tried before one),
 * or NULL.  verbs ends with a NULL name.  *rest, if not NULL, gets what is
 * behind the verb, leading space included.
 */
const struct verb *verb_find(
    const struct verb *verbs, struct str line, struct str *rest);
/* The verb most like the first word of `line` by edit distance, or NULL when
 * none is near. */
const struct verb *verb_nearest(const struct verb *verbs, struct str line);
/* Whether the space-separated `words` hold `word`, case ignored. */
bool verb_word_in(const char *words, struct str word);

#endif
