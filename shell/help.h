/*
 * help: what the tables say, for people.
 */
#ifndef SHELL_HELP_H
#define SHELL_HELP_H

#include "shell/shell.h"

/* "?TOPIC": a verb, a command, or a row of topics.h in
 * all its meanings, those of the protocol spoken first; an exit status. */
int help_topic(struct shell *sh, struct str topic);
/* Appends the names of the states in the set. */
void help_states(struct buf *b, const struct proto *p, unsigned states);
/* ":help": commands by state. */
int help_all(struct shell *sh);

#endif
