/*
 * added: commands that are not built in: aliases, of :alias and postel.alias,
 * and functions, of postel.command.
 *
 * None has the name of a built-in command.  Of the same name the last one
 * counts.
 */
#ifndef SHELL_ADDED_H
#define SHELL_ADDED_H

#include "shell/shell.h"

struct added {
	struct added *next;
	char *name;
	char *line; /* what an alias stands for; NULL: a function of Lua */
	char *help; /* of a function, or NULL */
};

/* -1 with ERR_USE if the name cannot be. */
int added_alias(
    struct shell *sh, const char *name, const char *line, struct err *e);
int added_command(
    struct shell *sh, const char *name, const char *help, struct err *e);
void added_free(struct shell *sh);

/* By its whole name; by name or by a beginning that fits only one. */
const struct added *added_find(const struct shell *sh, struct str name);
const struct added *added_begins(const struct shell *sh, struct str name);
/* Runs it with the words of rest; an exit status. */
int added_run(struct shell *sh, const struct added *a, struct str rest);

/*
 * Appends the line of an alias, $1 ... $9 and $* in it replaced by the words
 * of rest; words that it has no place for come behind it.  -1 with ERR_USE if
 * one is missing.
 */
int added_expand(
    const struct added *a, struct str rest, struct buf *out, struct err *e);

/* Appends what a is, for people, without secrets: its line, or its help. */
void added_describe(const struct added *a, struct buf *out);

/* How much of a typed line may be kept: of an alias that stands for a line
 * with a secret in it, only the name. */
struct str added_keep(const struct shell *sh, struct str line);

#endif
