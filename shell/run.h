/*
 * run: commands that were typed, from sending to the last line of the reply.
 *
 * A running command belongs to its session and is shown by whatever turn of
 * the loop brings something of it; whoever typed it may wait or go on.
 */
#ifndef SHELL_RUN_H
#define SHELL_RUN_H

#include "shell/pager.h"
#include "shell/redirect.h"
#include "shell/screen.h"
#include "shell/shell.h"

/* A line on the terminal is shown in pieces beyond this. */
enum { RUN_PIECE = 8 << 10 };

struct recorded;
struct explain;

struct running {
	struct running *next;
	struct session *session;
	struct cmd *cmd;
	struct item *last;	      /* the last item that is shown */
	const struct sasl_said *said; /* the last step that is shown */
	struct explain *explain;      /* what has been told; or NULL */
	const struct item *explained; /* the last one that is explained */
	struct body *body;	 /* the next one, claimed before it begins */
	size_t bodies;		 /* those that are done */
	struct sink *sink;	 /* where bodies go; NULL: the screen */
	struct pager *pager;	 /* where lines go; NULL: the screen */
	struct buf line;	 /* a line on the screen that has no end yet */
	struct recorded *record; /* or NULL */
	struct lesson *lesson;	 /* what completion learns of it; or NULL */
	uint64_t literal;	 /* octets that the line announces at its end */
	bool counts;		 /* the server counts on them unasked: {n+} */
	bool answered;		 /* what the server asked for was given */
	bool quiet;		 /* not typed: only a refusal is shown */
	bool json;		 /* shown as JSON when it is over */
	bool mute;		 /* bodies are read and not shown */
	bool cut;		 /* a body ended before its end */
	bool waited;		 /* run_wait holds it */
	bool left;		 /* the user wants to hear no more of it */
	bool misplaced;		 /* sent in a state that does not allow it */
	bool over;
	int64_t deadline; /* of waiting for it */
	int status;
};

/*
 * Shows cmd, whose reference it takes, from now on.  Takes sink, which may be
 * NULL, too.
 */
struct running *run_new(struct session *s, struct cmd *cmd, struct sink *sink);
/* What was held for a pager is shown, or the user has seen it. */
void run_unpage(struct running *r);
/* Its exit status when it is over, or when the user has left it. */
int run_wait(struct shell *sh, struct running *r);
/* Goes on with what has come; true if r is over, shown, and gone unless
 * someone waits for it. */
bool run_step(struct shell *sh, struct running *r);

/* The exit status of what was not even sent: it cannot be, or a file is not
 * there. */
int run_status(const struct err *e);

/* A line of the protocol as typed, redirections taken off. */
int run_line(struct shell *sh, struct str line, const struct redirects *rd);
/* The same with redirections, for ":multi": conn_line_multi. */
int run_multi(struct shell *sh, struct str line);

/* answer.c: gives r, whose command is CMD_ASKED, what it asks for. */
void answer(struct shell *sh, struct running *r);
/* Reads and forgets what the line would have been followed by. */
void answer_skip(struct shell *sh, const struct verb *verb, struct str line);
/* Asks whether to drop the connection, which is the only way out of a body or
 * a literal; true if that was done. */
bool answer_give_up(struct shell *sh, struct running *r);
/* Whether line announces a literal: {n}, {n+} at its end. */
bool answer_literal_of(struct str line, uint64_t *n);

/* render.c: shows what has come of r; false if more must come first. */
bool render_items(struct running *r);
/* Gets hold of the next body of r, so that it waits for us. */
void render_claim(struct running *r);
/* Ends what is on the screen of a line without an end. */
void render_end(struct running *r);
/* The paint of a server's line, by its status. */
enum paint render_paint(struct str line);

#endif
