/*
 * prompt: who we are talking to, and in which state the server says we are.
 */
#ifndef SHELL_PROMPT_H
#define SHELL_PROMPT_H

#include "shell/session.h"

/*
 * "imaps alice@mx INBOX[22]", "smtp! mx (2 rcpt) +2", "pop3 mx (closed)";
 * painted for readline if colour.
 */
void prompt_session(const struct session *s, struct buf *out, bool colour);
/* The whole prompt, with its end. */
void prompt_put(const struct shell *sh, struct buf *out, bool colour);

#endif
