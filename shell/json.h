/*
 * json: replies and unasked responses as JSON, a line each (indented for a
 * person at a terminal).  postel(1) has the members.
 */
#ifndef SHELL_JSON_H
#define SHELL_JSON_H

#include "shell/run.h"

/* The reply of r, which is over, to standard output. */
void json_reply(struct shell *sh, struct running *r);
/* What s was told unasked. */
void json_event(struct shell *sh, struct session *s, const struct event *ev);

#endif
