/*
 * raw: lines that break the rules, for those who test servers.
 *
 * A session that is raw has left its protocol (conn_raw): lines go out octet
 * by octet, escapes undone (base/escape.h), with CRLF behind unless they end
 * in \c; no tag, no check, no stuffing.  What comes back is shown as it comes,
 * and nobody waits for it.
 */
#ifndef SHELL_RAW_H
#define SHELL_RAW_H

#include "shell/shell.h"

/* Makes the current session raw; an exit status.  No effect if it is. */
int raw_begin(struct shell *sh);
/* Back to the protocol, once the server has been silent for a moment. */
void raw_end(struct shell *sh, struct session *s);
/* A line as typed; an exit status.  Without a person, the lines of a batch
 * give the server a moment each to say something. */
int raw_line(struct shell *sh, struct str line);
/* A file, octet by octet. */
int raw_file(struct shell *sh, const char *name);

#endif
