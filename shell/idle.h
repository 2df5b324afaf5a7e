/*
 * idle: IDLE in the background (RFC 9051 6.3.13): what happens in a mailbox
 * appears above the prompt, on any number of connections.
 *
 * A session that idles is interrupted by whatever is typed to it and goes on
 * behind that.  Servers may end an IDLE after 30 minutes; it is renewed before.
 */
#ifndef SHELL_IDLE_H
#define SHELL_IDLE_H

#include "shell/shell.h"

/* The current session idles from now on, whenever nothing else is done on it;
 * an exit status. */
int idle_start(struct shell *sh);
/* Not any more; waits for the end of an IDLE that is under way. */
void idle_stop(struct shell *sh, struct session *s);
/* Ends an IDLE that is under way, since something else is to be sent; false,
 * which is told, if Ctrl-C ended the waiting for that. */
bool idle_pause(struct shell *sh, struct session *s);
/* Nothing else is done now: sessions that are to idle do so. */
void idle_resume(struct shell *sh);

#endif
