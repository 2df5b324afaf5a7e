/*
 * body: a message body as a pull stream.
 *
 * Bodies flow one way: whoever sends or saves one pulls slices and says what
 * it took.  A source that has nothing yet says PULL_LATER and calls the wake
 * function when it has.  Memory is bounded by the source's window whatever
 * the size of the body.  Bodies are counted references: the engine holds one
 * while it sends, a script as long as it likes.
 */
#ifndef PROTO_BODY_H
#define PROTO_BODY_H

#include "base/buf.h"
#include "base/err.h"
#include "net/spool.h"

struct cmd;
struct body;

enum pull {
	PULL_SLICE, /* *out has at least one byte, good until body_took */
	PULL_LATER, /* nothing now; the wake function will be called */
	PULL_END,   /* the body is complete */
	PULL_FAIL,  /* err is filled; the body must not count as sent */
};

struct body *body_ref(struct body *b);
void body_unref(struct body *b); /* b may be NULL */

/* A copy of s. */
struct body *body_mem(struct str s);
/*
 * A file from its current position on; fd is closed with the body.  Its size
 * is known if it is a regular file.
 */
struct body *body_fd(int fd);
/* Opens path for body_fd; NULL with ERR_SYS. */
struct body *body_open(const char *path, struct err *e);
/* All of s, which belongs to the body from then on. */
struct body *body_spool(struct spool *s);
/*
 * The n-th body (from 0) of a command's reply: the dot-ended part of a POP3
 * reply, or the n-th message literal of an IMAP one.  It may be asked for
 * before it has begun to arrive; PULL_END at once then never happens: if the
 * reply ends without it, that is PULL_FAIL with ERR_PROTO, or with ERR_USE
 * and the server's words if the command was refused.  Holds cmd.
 *
 * A body that has a reader waits for it: the connection reads no further than
 * its window, until the body is read, let go, or somebody waits for what
 * comes behind it (cmd_expect).  Then, and if nobody ever asked for it, it is
 * kept in the command's spool as it comes.
 */
struct body *body_reply(struct cmd *cmd, size_t n);

/*
 * prefix, and behind it all of inner, to which it takes a reference.  If it is
 * held, its end is not told (PULL_LATER) until body_release: whoever has to do
 * something before a message counts as sent whole waits until it is due.
 */
struct body *body_held(struct str prefix, struct body *inner, bool held);
/* Holds it from now on. */
void body_hold(struct body *b);
/* Whether only the end is missing, and asked for. */
bool body_due(const struct body *b);
void body_release(struct body *b); /* nothing if it is not held */
/*
 * Takes what has come of inner into memory, max octets of it or a slice more:
 * whoever wants to know a message before it is sent calls it until it is true,
 * which says that it would take no more.  Then body_whole says whether all of
 * it is there; if not, it was longer, or has failed, and can be sent all the
 * same, once.  Of an inner body that can be read twice by itself nothing is
 * taken, unless it is a small file.
 */
bool body_gather(struct body *b, uint64_t max);
/* Whether all of any body can be read twice. */
bool body_whole(const struct body *b);

/* As described; never blocks. */
enum pull body_pull(struct body *b, struct str *out, struct err *e);
/* The first n bytes of the last slice are consumed. */
void body_took(struct body *b, size_t n);
/* Whom to call after PULL_LATER; one at a time; NULL to stop. */
void body_on_ready(struct body *b, void (*wake)(void *), void *arg);

/*
 * Says that b will be pulled soon, so that its source waits with it (a
 * bounded window) instead of keeping it; called by whoever sends a body.
 */
void body_claim(struct body *b);

/* Exact size in octets, if it is known before the end. */
bool body_size(struct body *b, uint64_t *size);
/* Whether b is a literal of a reply, behind a prefix perhaps, and its size,
 * known since it began. */
bool body_literal(const struct body *b, uint64_t *size);
/* Octets taken so far. */
uint64_t body_taken(const struct body *b);

/*
 * Back to the beginning: true for memory, regular files and spools, and for
 * a reply's body of which all that was taken is still kept.
 */
bool body_rewind(struct body *b);

/*
 * What a message needs of its carrier, learned by reading a rewindable body
 * once: its size with CRLF line ends, 8-bit octets, NUL or bare CR (which
 * DATA cannot carry unchanged), lines over 998 octets (RFC 5322 2.1.1).
 * -1 if b cannot be rewound or read; it is rewound behind.
 */
struct body_facts {
	uint64_t crlf_size;
	uint64_t size;
	uint64_t served_size; /* as servers count files: a bare LF is CRLF */
	bool eight_bit, bare_cr, bare_lf, nul, long_line, no_final_eol;
};
int body_examine(struct body *b, struct body_facts *facts, struct err *e);

#endif
