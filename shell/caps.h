/*
 * caps: the lists of capabilities that a server has announced, one in clear,
 * one after TLS, one after the login.
 */
#ifndef SHELL_CAPS_H
#define SHELL_CAPS_H

#include "shell/shell.h"

/* A command is over (cmd, or NULL: a connection is new): keeps the list if it
 * is news. */
void caps_note(struct session *s, const struct cmd *cmd);
void caps_free(struct session *s);

#endif
