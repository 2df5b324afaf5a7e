/*
 * secret: lines that carry a password, or lack one.
 */
#ifndef SHELL_SECRET_H
#define SHELL_SECRET_H

#include "shell/shell.h"

/*
 * A line as it may be kept: the secret arguments of any protocol's verbs and
 * the password of a URL are left out.  -1 if b is full.
 */
int secret_clean(struct buf *b, struct str line);
/* How much of the line, from its beginning, is no secret. */
size_t secret_begins(struct str line);
/* Whether a line or a URL has secrets. */
bool secret_has(struct str arg);
/* Overwrites them in place. */
void secret_scrub(char *arg);

/* Asks with the echo off; NULL and err.  Freed by mem_free_secret. */
char *secret_ask(struct shell *sh, const char *prompt, struct err *e);

/*
 * Sends a line that lacks its secret (PASS, LOGIN alice, AUTH PLAIN) after
 * having asked for that.  1 with *cmd; 0 if the line is none of these; -1.
 * Warns, in any case, of a secret that goes in clear.
 */
int secret_send(struct shell *sh, struct conn *c, const struct verb *verb,
    struct str args, struct str line, struct cmd **cmd, struct err *e);

/*
 * A login by a mechanism, which need not be announced, asking for what is
 * missing; each step stands in the command (conn_login.told).  One that is not
 * known here is begun, and left to whoever answers.  NULL and err.
 */
struct cmd *secret_auth(struct shell *sh, struct str mech, struct str user,
    struct str authzid, struct err *e);

#endif
