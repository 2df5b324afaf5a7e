/*
 * redirect: ":> FILE", ":>> FILE", ":| COMMAND" and ":< FILE" behind a line.
 *
 * A regular file gets its name when all of it is written: until then it is a
 * temporary file beside it.  Before anything is sent that may delete the
 * original, redirect_sync waits until it is on disk.  Devices, fifos and
 * commands get their bytes as they come.
 */
#ifndef SHELL_REDIRECT_H
#define SHELL_REDIRECT_H

#include "base/buf.h"
#include "base/err.h"
#include "net/loop.h"

#include <sys/types.h>

enum sink_kind { SINK_FILE, SINK_APPEND, SINK_PIPE };

struct redirects {
	bool has_out, has_in;
	enum sink_kind out_kind;
	struct str out, in; /* file names or a command; slices of the line */
};

/*
 * Cuts the redirections off *line.  What stands between double quotes is none.
 * -1 with ERR_USE for one without a name, or two of a kind.
 */
int redirect_cut(struct str *line, struct redirects *out, struct err *e);

/* A file name as the user means it, "~/" expanded; freed by free(3). */
char *redirect_path(struct str name);

/*
 * Waits until all files that were committed are on disk; -1 and err if one
 * cannot be brought there.
 */
int redirect_sync(struct err *e);

struct sink;
/* Opens a file at once, so that what cannot be written is not fetched; a
 * command is started by the first byte. */
struct sink *sink_new(
    struct loop *l, enum sink_kind kind, struct str target, struct err *e);
/* Name of the file or command, for messages. */
const char *sink_name(const struct sink *s);
/*
 * Octets taken; 0 if the command does not read now (the loop turns when it
 * does); -1 on failure.  A command that has gone away
 * swallows the rest.
 */
ssize_t sink_write(struct sink *s, struct str bytes, struct err *e);
/* All of bytes, waiting for a slow command; 0 or -1. */
int sink_all(struct sink *s, struct str bytes, struct err *e);
/* Octets taken so far. */
uint64_t sink_size(const struct sink *s);
bool sink_is_pipe(const struct sink *s);
/* Whether a command has the terminal now. */
bool sink_has_terminal(const struct sink *s);
/* Makes it final, or waits for the command, whose exit status goes to
 * *status; frees s. */
int sink_commit(struct sink *s, int *status, struct err *e);
/* As if it had never been, as far as that can be; frees s, may be NULL. */
void sink_abort(struct sink *s);

#endif
