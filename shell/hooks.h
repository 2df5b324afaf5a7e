/*
 * hooks: tells the functions of postel.on what happens to connections.
 *
 * They are called between lines, when nothing else is going on: a hook may
 * send and wait as any script does, and no command is lost by what it does.
 */
#ifndef SHELL_HOOKS_H
#define SHELL_HOOKS_H

#include "shell/session.h"

/* A typed command is over; its reply will be told. */
void hooks_heard(struct shell *sh, struct session *s, struct cmd *cmd);
/* Tells what has happened since the last time. */
void hooks_run(struct shell *sh);
/* The same of one connection, for the last time: it is about to go. */
void hooks_last(struct shell *sh, struct session *s);

#endif
