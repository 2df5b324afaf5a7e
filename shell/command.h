/*
 * command: the shell's own commands, ":name".
 *
 * Each stands in a file of its own, cmd_NAME.c, and in the table.  :help,
 * completion and the test of the manual page read the same table.
 */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include "shell/shell.h"

enum { COMMAND_WORDS = 8 };

struct command {
	const char *name;
	uint8_t argmin, argmax;
	const char *usage; /* its arguments: "[NAME]" */
	const char *help;  /* one sentence */
	const char *more;  /* further lines of help, or NULL */
	/* What an argument can be completed to; NULL: nothing.  The n-th one
	 * (from 0), or NULL behind the last. */
	const char *(*complete)(const struct shell *sh, size_t n);
	/* argv has argc words and a NULL; an exit status. */
	int (*run)(struct shell *sh, size_t argc, char **argv);
};

/* In the order in which :help shows them; NULL at the end. */
extern const struct command *const commands[];

/* By name or by an unambiguous beginning of one; NULL if there is none. */
const struct command *command_find(struct str name);
/* What stands behind the colon; an exit status. */
int command_line(struct shell *sh, struct str line);
/* The command with the words of rest. */
int command_run(struct shell *sh, const struct command *cmd, struct str rest);

/* Names of the sessions, for .complete. */
const char *command_session_name(const struct shell *sh, size_t n);

extern const struct command cmd_open, cmd_close, cmd_drop, cmd_use, cmd_conns,
    cmd_caps, cmd_trace, cmd_explain, cmd_help, cmd_quit;

#endif
