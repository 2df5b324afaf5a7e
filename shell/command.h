/*
 * command: the shell's own commands, ":name".
 *
 * Each stands in a file of its own, cmd_NAME.c, and in the table.  :help,
 * completion and the test of the manual page read the same table.
 */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include "shell/shell.h"

enum { COMMAND_WORDS = 64 };

struct command {
	const char *name;
	uint8_t argmin, argmax;
	const char *usage; /* its arguments: "[NAME]" */
	const char *help;  /* one sentence */
	const char *more;  /* further lines of help, or NULL */
	/* What an argument can be completed to; NULL: nothing.  The n-th one
	 * (from 0), or NULL behind the last. */
	const char *(*complete)(const struct shell *sh, size_t n);
	/* The same, for what depends on the words before. */
	const char *(*complete_behind)(
	    const struct shell *sh, struct str before, size_t n);
	bool files;   /* arguments may be names of files */
	uint8_t line; /* this argument, from 1, is the rest of the line as it
		       * was typed; 0: none is */
	bool talks;   /* it says something to the server: not while raw is on */
	/* argv has argc words and a NULL; an exit status. */
	int (*run)(struct shell *sh, size_t argc, char **argv);
};

/* In the order in which :help shows them; NULL at the end. */
extern const struct command *const commands[];

/* By name or by an unambiguous beginning of one; NULL if there is none. */
const struct command *command_find(struct str name);
/* The next word as it was typed, between quotes perhaps; empty at the end. */
struct str command_raw_word(struct str *rest);
/* Cuts the words of rest, copies that mem_free_secret frees, into argv, which
 * has room for COMMAND_WORDS and a NULL; false if there are more. */
bool command_split(struct str *rest, char **argv, size_t *argc);
/* What stands behind the colon; an exit status. */
int command_line(struct shell *sh, struct str line);
/* The command with the words of rest. */
int command_run(struct shell *sh, const struct command *cmd, struct str rest);

/* For .complete: names of the sessions; "on" and "off". */
const char *command_session_name(const struct shell *sh, size_t n);
const char *command_on_off(const struct shell *sh, size_t n);
/* "on" or "off" into *on; -1 if word is neither, which is told. */
int command_switch(const char *word, bool *on);
/* Whether a connection is open; tells if none is. */
bool command_needs_open(const struct shell *sh);

extern const struct command cmd_open, cmd_close, cmd_drop, cmd_use, cmd_conns,
    cmd_login, cmd_auth, cmd_tls, cmd_caps, cmd_explain, cmd_idle, cmd_json,
    cmd_save, cmd_record, cmd_run, cmd_source, cmd_multi, cmd_raw, cmd_send,
    cmd_trace, cmd_time, cmd_set, cmd_alias, cmd_lua, cmd_help, cmd_quit;

#endif
