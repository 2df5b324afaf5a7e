/*
 * record: what is typed, written as a Lua script that does the same.
 *
 * Lines become calls of the raw layer (conn:line), so that the script says to
 * a server what was said to it.  A command that was refused must be refused
 * again.  No secret is written: where one was given, the script asks for it.
 *
 * All functions do nothing while nothing is being recorded.
 */
#ifndef SHELL_RECORD_H
#define SHELL_RECORD_H

#include "shell/run.h"
#include "shell/session.h"

struct recorder;

/* Begins: a new file; the connections that are open come first.  -1 with
 * err if something is being recorded already, or the file is there. */
int record_start(struct shell *sh, const char *path, struct err *e);
/* Ends; -1 with err if the file is not whole.  *path gets the name of what
 * was recorded, freed by free(3), or NULL if nothing was. */
int record_stop(struct shell *sh, char **path, struct err *e);
/* The file's name, or NULL. */
const char *record_path(const struct shell *sh);

/* A connection was opened. */
void record_open(struct shell *sh, struct session *s);
/* It is left: by "close" or "drop". */
void record_leave(struct shell *sh, struct session *s, const char *how);

/* What is known of a line before its reply. */
struct recorded;
/* A line that has been sent; NULL while nothing is recorded. */
struct recorded *record_line(struct shell *sh, const struct verb *verb,
    struct str args, struct str line, const struct redirects *rd);
/* What was answered: octets, or a body, which is read and rewound. */
void record_answer(struct recorded *rec, struct str bytes);
void record_answer_body(struct recorded *rec, struct body *body);
/* r is over: its line goes to the file. */
void record_reply(struct shell *sh, struct running *r);
void record_free(struct recorded *rec); /* rec may be NULL */

/* What follows was typed behind ":multi"; rec may be NULL. */
void record_multi(struct recorded *rec);
/* :login, done; whether it has begun TLS. */
void record_login(
    struct shell *sh, struct session *s, const char *user, bool began_tls);
/* Something is done that no line of a script stands for, in words: a comment
 * says so. */
void record_gap(struct shell *sh, const char *what);
/* :save, done. */
void record_save(struct shell *sh, struct session *s, const char *set,
    const char *target, bool uid, bool overwrite);
/* "=…" and "!…". */
void record_lua(struct shell *sh, struct str text);
void record_system(struct shell *sh, struct str text);

#endif
