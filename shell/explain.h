/*
 * explain: what a server says, in words.  A teacher's mode, ":explain on".
 *
 * Each row of topics.h is told once in a reply, so that a FETCH of 10,000
 * messages is as easy to read as one of a single message.
 */
#ifndef SHELL_EXPLAIN_H
#define SHELL_EXPLAIN_H

#include "shell/topics.h"
#include "shell/run.h"

/* The most bytes of words about one reply. */
enum { EXPLAIN_MAX = 64 << 10, EXPLAIN_TOLD = 200 };

/* What has been told in the reply; begins as zeros. */
struct explain {
	bool literal;	 /* the last line goes on behind a literal */
	bool quoting;	 /* EHLO: the server's name has been seen */
	size_t repeated; /* responses like an earlier one */
	size_t told_count;
	const void *told[EXPLAIN_TOLD];
};

/*
 * Appends what a line of a server means, a line of text for each thing in it.
 * protocol and verb are those of the command ("smtp", "EHLO"; verb may be
 * "").  Any bytes are good: nothing is believed of the line.  What is appended
 * holds bytes of the server, for screen_note to filter.  What goes beyond the
 * buffer's maximum is left out.
 */
void explain_line(struct explain *x, const char *protocol, const char *verb,
    struct str line, struct buf *out);

/*
 * The same for a capability with its parameters: "SIZE 35882577",
 * "AUTH PLAIN", "AUTH=PLAIN"; mechanisms have lines of their own.
 */
void explain_capability(
    struct explain *x, const char *protocol, struct str line, struct buf *out);
/* What a capability of a protocol, or of "sasl" a mechanism, means: see struct
 * script_host.  False if no row has it. */
bool explain_meaning(const char *protocol, struct str line, const char **text,
    const char **rfc, struct buf *here);
/* Its row, or NULL. */
const struct topic *explain_capability_row(
    const char *protocol, struct str line);

/* ---- in the shell ---- */

/* run.c: tells what has been shown of r and not been explained. */
void explain_reply(const struct shell *sh, struct running *r);
/* run.c: what the shell adds to a line, a tag once a session. */
void explain_sent(
    const struct shell *sh, struct session *s, const struct cmd *cmd);
/* session.c: a line that came unasked. */
void explain_event(
    const struct shell *sh, const struct session *s, struct str line);
/* What the connection is now; told if it changed since the last call. */
void explain_change(const struct shell *sh, struct session *s);

#endif
