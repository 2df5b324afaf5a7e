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

struct added;
struct memory;
struct recorder;
struct running;
struct shell;

/* When a list of capabilities came. */
enum caps_stage { CAPS_CLEAR, CAPS_TLS, CAPS_LOGIN, CAPS_STAGES };

/* What a session was when its last command was over: explain.c, caps.c. */
struct known {
	char *state; /* "selected INBOX, 22 messages"; NULL: none yet */
	char *user;
	bool tls;
	bool tag;		 /* what a tag is has been told */
	char *caps[CAPS_STAGES]; /* lists, a line each; or NULL */
};

/* A connection with a name. */
struct session {
	struct session *next;
	char *name;
	char *url; /* what it was opened by, without its password; or NULL */
	struct conn *conn;
	struct running *runs; /* commands not yet shown to their end */
	struct running *raw;  /* of them, the one of ":raw on", or NULL */
	struct running *idle; /* of them, the IDLE of ":idle on", or NULL */
	bool idles;	      /* it is to idle whenever nothing else is done */
	struct timer renew;   /* of that */
	struct trace *trace;  /* or NULL */
	FILE *trace_file;
	struct known known;
	bool on_screen;	       /* the trace is */
	bool json;	       /* replies are shown as JSON */
	bool closing;	       /* its end is no news: QUIT, LOGOUT, :drop */
	char last[24];	       /* the message fetched last: "3", or "" */
	bool last_uid;	       /* that is a UID */
	uint64_t used;	       /* when it became the current one: shell.uses */
	struct memory *memory; /* for completion; NULL: nobody types */
	/* hooks.c: what was told, and what is to be. */
	bool told_open, told_login, told_close;
	struct cmd **heard;
	size_t n_heard;
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
	struct options *opt; /* the command line's, until :set changes it */
	lua_State *L;
	struct added *added; /* aliases and commands of init.lua */
	struct session *sessions;
	struct session *current;
	uint64_t uses;	  /* how often another one became that */
	bool interactive; /* a person at a terminal: readline, prompts */
	/* Puts a line, without its end, into *line, pumping the loop. */
	enum got (*ask)(
	    struct shell *sh, const struct ask *ask, struct buf *line);
	void *source;		   /* of ask; NULL: a person types */
	struct recorder *recorder; /* or NULL: see record.h */
	bool explains;		   /* ":explain on" */
	char *pager;		   /* a command, "" for $PAGER; NULL: none */
	bool time;		   /* each reply tells what it cost */
	bool quit;		   /* end after this line */
	int failed;		   /* a batch: the status so far */
	/* Ctrl-C was typed while something ran: what follows in a file that
	 * is being run is not. */
	bool stopped;
	unsigned nesting;      /* aliases and :source, in one another */
	bool confirm, history; /* as :set says */
	uint64_t given;	       /* settings that the command line has */
	bool configuring;      /* init.lua runs */
};

/* Aliases and files may stand so deep in one another. */
enum { SHELL_NESTING_MAX = 8 };

/* One turn of the loop; then whatever came is on the screen. */
enum turn shell_turn(struct shell *sh, int64_t deadline);
/* Shows what has come and has not been shown. */
void shell_show(struct shell *sh);
/* Asks a question, which is translated and answered by y or n; false for all
 * but y, or the first letter of "yes" in the user's language. */
bool shell_yes(struct shell *sh, const char *question);

/* Whether there is a person who can be asked: not in the middle of a file. */
bool shell_can_ask(const struct shell *sh);
/* Gives the terminal to Lua, which may print, ask and wait; and takes it back,
 * with the exit status of what ran. */
void shell_lend(struct shell *sh);
void shell_regain(struct shell *sh, int status);

/* Whether sh->current can be sent lines. */
bool shell_is_open(const struct shell *sh);

/* The most octets of one line of input. */
enum { SHELL_LINE_MAX = 1 << 20 };

/* main.c: the last signal that asks the program to end, or 0. */
int shell_ended_by(void);

/* batch.c: lines from -c and -f, or standard input.  An exit status. */
int batch_run(struct shell *sh, const struct cmdline *cl);
/* :source: the lines of a file, until one is refused; an exit status. */
int batch_source(struct shell *sh, const char *path);
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
