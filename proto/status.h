/*
 * status: the exit statuses of postel, and which outcome has which.
 */
#ifndef PROTO_STATUS_H
#define PROTO_STATUS_H

#include "proto/conn.h"

enum {
	STATUS_OK = 0,
	STATUS_SCRIPT = 1, /* a script's own error */
	STATUS_USAGE = 2,  /* wrong command line, or a file that is not there */
	STATUS_CONNECT = 3,  /* look-up or connect */
	STATUS_TLS = 4,	     /* TLS or certificate */
	STATUS_AUTH = 5,     /* authentication */
	STATUS_REFUSED = 6,  /* NO, -ERR, 5xx */
	STATUS_TEMPFAIL = 7, /* 4xx, UNAVAILABLE, IN-USE, SYS/TEMP */
	STATUS_PROTO = 8,    /* protocol violated, BAD, a limit exceeded */
	STATUS_LOST = 9,     /* timeout or lost connection */
	STATUS_PART = 10,    /* done in part */
	STATUS_INTERRUPTED = 130,
};

/* STATUS_OK if e's kind is NONE.  ERR_SYS is STATUS_SCRIPT: a local file or
 * disk failed; EPIPE too. */
int status_of_err(const struct err *e);
/* A refusal's status; a refused login (VERB_LOGIN) is STATUS_AUTH, a
 * temporary one STATUS_TEMPFAIL. */
int status_of_reply(const struct cmd *cmd);

#endif
