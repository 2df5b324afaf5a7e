/*
 * shell: what the parts of the shell share.
 *
 * There is one way to get a line (`ask`), with or without a terminal behind
 * it, and one turn of the loop after which all that has come is shown.  So a
 * DATA, a literal or a question is a plain call in the middle of a command.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "lua/script.h"
#include "proto/status.h"
#include "shell/options.h"

struct memory;
struct running;
struct shell;

/* A connection with a name. */
struct session {
	struct session *next;
	char *name;
	struct conn *conn;
	struct running *runs; /* commands not yet shown to their end */
	struct trace *trace;  /* or NULL */
	FILE *trace_file;
	bool on_screen;	       /* the trace is */
	bool closing;	       /* its end is no news: QUIT, LOGOUT, :drop */
	uint64_t used;	       /* when it became the current one: shell.uses */
	struct memory *memory; /* for completion; NULL: nobody types */
};

enum got {
	GOT_LINE,
	GOT_EOF,  /* Ctrl-D, or the end of the input */
	GOT_INT,  /* Ctrl-C */
	GOT_OVER, /* ask.until is over */
};

struct ask {
	const char *prompt;
	bool command;		 /* with history and completion */
	const struct cmd *until; /* give up when it is over; or NULL */
};

struct shell {
	struct loop *loop;
	const struct options *opt;
	lua_State *L;
	struct session *sessions;
	struct session *current;
	uint64_t uses;	  /* how often another one became that */
	bool interactive; /* a person at a terminal: readline, prompts */
	/* Puts a line, without its end, into *line, pumping the loop. */
	enum got (*ask)(
	    struct shell *sh, const struct ask *ask, struct buf *line);
	void *source; /* of ask */
	bool quit;    /* end after this line */
	int failed;   /* a batch: the status so far */
};

/* One turn of the loop; then whatever came is on the screen. */
enum turn shell_turn(struct shell *sh, int64_t deadline);
/* Shows what has come and has not been shown. */
void shell_show(struct shell *sh);
/* Asks a question that is answered by y or n; false for all but y. */
bool shell_yes(struct shell *sh, const char *question);

/* Whether sh->current can be sent lines. */
bool shell_is_open(const struct shell *sh);

/* The most octets of one line of input. */
enum { SHELL_LINE_MAX = 1 << 20 };

/* main.c: the last signal that asks the program to end, or 0. */
int shell_ended_by(void);

/* batch.c: lines from -c and -f, or standard input.  An exit status. */
int batch_run(struct shell *sh, const struct cmdline *cl);
/* repl.c: lines from a person. */
int repl_run(struct shell *sh);
/* The terminal as other programs expect it; for those, and at exit. */
void repl_release(void);

/* line.c: does what the line says; an exit status. */
int line_run(struct shell *sh, struct str line);

/* complete.c: sets readline's completion up. */
void complete_init(struct shell *sh);
/* Whether TAB completes: not in the text of a message. */
void complete_on(bool on);

/* system.c: runs command by /bin/sh -c; its exit status, or -1 and err. */
int system_run(const char *command, struct err *e);
/* Starts it with standard input from the returned descriptor, which does not
 * block; -1 and err. */
int system_pipe(const char *command, pid_t *pid, struct err *e);
/* Waits for it and gives the terminal back to us; its exit status. */
int system_wait(pid_t pid);

#endif
