/*
 * err: what went wrong, for a person and for an exit status.
 *
 * An error is a failure of transport or protocol.  A refusal (-ERR, 4xx, 5xx,
 * NO, BAD) is not one: it is a reply.  Functions that can fail take a struct
 * err last and return -1 or NULL when they have filled it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

enum err_kind {
	ERR_NONE,
	ERR_SYS,     /* a system call failed; errno is in sys */
	ERR_DNS,     /* a name could not be looked up */
	ERR_CONNECT, /* no address answered */
	ERR_TLS,     /* handshake, certificate, or TLS required but missing */
	ERR_AUTH,    /* no way to log in, or the login was refused */
	ERR_TIMEOUT, /* a deadline passed */
	ERR_CLOSED,  /* the peer hung up */
	ERR_PROTO,   /* the peer broke the protocol */
	ERR_LIMIT,   /* the peer went beyond one of our limits */
	ERR_CANCEL,  /* interrupted by the user */
	ERR_USE,     /* the caller asked for what cannot be */
};

struct err {
	enum err_kind kind;
	int sys; /* errno, or 0 */
	char msg[240];
	/* What else can be told, each empty if there is nothing. */
	char hint[240];	 /* how to go on, in one line */
	char reason[24]; /* which fault, in a word for programs: "expired" */
	char fingerprint[96]; /* SHA-256 of the certificate that was refused */
};

/*
 * Fills *e and returns -1 always, so that `return err_set(...)` reads well.
 * A message is one line in lower case without a full stop.  Bytes of a peer
 * in it are made visible (vis.h) here.  The format is translated (text.h).  An
 * error that is already set stays: the first one is the cause.
 */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As err_set with ERR_SYS and errno, whose text is put behind the message. */
int err_sys(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether a disk or a quota is full, or a file would grow too large. */
bool err_is_full(const struct err *e);
/* Sets the hint of e, which is set already; translated and made visible as a
 * message is. */
void err_hint(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts "prefix: " in front of the message of e. */
void err_prefix(struct err *e, const char *prefix);
/* Back to ERR_NONE. */
void err_clear(struct err *e);
/* "timeout", "tls" …: the lower-case name that Lua and --json show. */
const char *err_kind_name(enum err_kind kind);

#endif
