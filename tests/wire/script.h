/*
 * script: the lines of a conversation test; what each does is in README.
 */
#ifndef TESTS_WIRE_SCRIPT_H
#define TESTS_WIRE_SCRIPT_H

#include "proto/conn.h"

#include <stdio.h>

enum { CMDS = 256, TEXT_MAX = 32 << 20 };

struct run {
	const char *file;
	struct str text; /* what is left of the file */
	size_t line;	 /* the number of the line at work */

	struct loop *loop;
	struct conn_config cfg;
	char *protocol;
	struct conn *conn; /* NULL before the first line that needs it */
	int peer;	   /* our end; -1 when it is closed */
	bool slow;	   /* says what it says octet by octet */
	bool deaf;	   /* reads nothing */
	struct buf sent;   /* by the client, and not looked at yet */

	struct cmd *cmds[CMDS];
	size_t n_cmds, next;	 /* the first that has not been looked at */
	struct cmd *last;	 /* the one that the last "=" looked at */
	const struct item *item; /* the next of its lines */
	struct err refusal;	 /* of conn_line and the like */
	bool refused;

	struct trace *trace;
	FILE *trace_file;
	char *traced;
	size_t traced_n;
};

/* ---- run.c ---- */

/* Prints where and what; both return -1. */
int wrong(struct run *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int differs(struct run *r, const char *what, struct str want, struct str got);
/* Turns the loop until nothing moves. */
void settle(struct run *r);
int peer_writes(struct run *r, struct str s);
void peer_closes(struct run *r);
/* Takes cmd over; NULL: it was refused with e. */
int add_cmd(struct run *r, struct cmd *cmd, const struct err *e);
int start(struct run *r);

/* ---- script.c ---- */

/* The next line that says something; false at the end. */
bool next_line(struct run *r, struct str *line);
int run_line(struct run *r, struct str line);
/*
 * Undoes the escapes of s.  A backslash at the end sets *open, which says
 * that no line end follows.
 */
int decode(struct run *r, struct str s, struct buf *out, bool *open);

struct act {
	const char *word; /* that a line begins with; NULL ends a table */
	int (*act)(struct run *r, struct str arg);
	bool before; /* needs no connection */
};

/* ---- check.c ---- */

extern const struct act check_acts[];

#endif
