/*
 * timing: what the phases of a conversation cost, in words.
 */
#ifndef SHELL_TIMING_H
#define SHELL_TIMING_H

#include "proto/conn.h"

/* "look-up 1.2 ms, connect 0.3 ms, TLS 4.5 ms, greeting 0.9 ms": the parts that
 * there were. */
void timing_conn(const struct conn *c);
/* Of a command that is over. */
void timing_cmd(const struct cmd *cmd);

#endif
