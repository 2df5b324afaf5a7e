/*
 * trace: both directions of a conversation, a line each, secrets masked.
 *
 *	C: a1 LOGIN asterix <secret>
 *	S: a1 OK Logged in
 *
 * This is the format of the wire tests, so a session pastes into one.  With
 * TRACE_TIMES the seconds since trace_new stand in front ("0.012 C: NOOP"),
 * with TRACE_HEX bytes are shown as numbers, sixteen a line, as they went.  The
 * trace cuts what it gets into lines by itself; a last line without an end
 * is held until its end comes or the direction changes, and is then marked
 * with a trailing backslash; so is each piece of a line longer than 8 KiB.
 * A line that ends in a backslash of its own shows it as \x5c, one that ends
 * in LF without CR ends in ^J, and an empty one has no space behind "C:".
 * Bytes are made visible by vis.h.  The engine, which knows what is secret,
 * says so: a run of secret bytes shows as <secret>, whatever its length.
 */
#ifndef NET_TRACE_H
#define NET_TRACE_H

#include "base/buf.h"

#include <stdio.h>

enum trace_dir { TRACE_C, TRACE_S, TRACE_NOTE };

enum trace_form { TRACE_TIMES = 1, TRACE_HEX = 2 };

struct trace;

/*
 * form: of enum trace_form.  A trace that writes to f, which stays the
 * caller's.  label, if not NULL, stands in front of each line as "label "; it
 * is copied.  Each call hands what it completed to stdio at once; buffering
 * beyond is the caller's choice.
 */
struct trace *trace_new(FILE *f, const char *label, unsigned form);
void trace_free(struct trace *t); /* t may be NULL */

/* Bytes that went out (TRACE_C) or came in (TRACE_S); t may be NULL. */
void trace_bytes(struct trace *t, enum trace_dir dir, struct str bytes);
/* Secret bytes that went out; only their place is kept. */
void trace_secret(struct trace *t, enum trace_dir dir);
/* "-- text" on a line of its own: connected, TLS up, closed. */
void trace_note(struct trace *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Ends a held line. */
void trace_flush(struct trace *t);

#endif
