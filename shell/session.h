/*
 * session: connections with names, and what they say unasked.
 */
#ifndef SHELL_SESSION_H
#define SHELL_SESSION_H

#include "shell/shell.h"

/*
 * Opens what a user named: a URL or an account (by the policy in Lua), or a
 * host and a port (as telnet has it: nothing is sent).  It becomes the current
 * one.  An exit status; what went wrong has been printed.
 */
int session_open_url(struct shell *sh, const char *url, const char *name);
int session_open_host(
    struct shell *sh, const char *host, const char *port, const char *name);

struct session *session_find(const struct shell *sh, struct str name);
/* Whether s is still one of the sessions. */
bool session_is_listed(const struct shell *sh, const struct session *s);
bool session_is_open(const struct session *s);
/* Makes way on the current connection, if there is one, for what is about to be
 * said: ends an IDLE in the background; false, which is told, if it is raw or
 * Ctrl-C was typed. */
bool session_make_way(struct shell *sh);
/* Makes s the current one. */
void session_use(struct shell *sh, struct session *s);
/* Says QUIT or LOGOUT and waits for the reply, which is shown or not; an exit
 * status. */
int session_bye(struct shell *sh, struct session *s, bool shown);
/* Forgets s, dropping the connection if it is still open.  If it was the
 * current one, that is again the one that was so before. */
void session_free(struct shell *sh, struct session *s);
/* bye, then free, for all; an exit status. */
int session_bye_all(struct shell *sh, bool shown);

/* Shows what servers said unasked. */
void session_events(struct shell *sh, struct session *s);

/* Where the session's trace goes: "off", "on" or "hex" (standard
 * error), or a file. */
int session_trace(struct session *s, const char *to, struct err *e);

#endif
