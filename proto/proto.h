/*
 * proto: what a protocol brings to the engine.
 *
 * A protocol is a verb table and a few functions.  The engine never asks
 * which one it runs.
 */
#ifndef PROTO_PROTO_H
#define PROTO_PROTO_H

#include "proto/conn.h"

/* What a line that came in means. */
enum verdict {
	VERDICT_MORE, /* part of *whose's reply; more follows */
	VERDICT_BODY, /* the same, and a body follows: the lexer is set */
	VERDICT_GO,   /* the server waits for what *whose has to send next */
	VERDICT_GO_EMPTY, /* the same, but the body must be left out */
	VERDICT_DONE,	  /* completes *whose; its reply is filled */
	VERDICT_UNASKED,  /* belongs to no command */
	VERDICT_BAD,	  /* err of the connection is filled */
};

struct sasl_dialect {
	const char *verb;	   /* "AUTH", "AUTHENTICATE" */
	const char *service;	   /* for SASL: "pop", "smtp", "imap" */
	const char *ir_capability; /* needed for an initial response, or NULL */
	bool ir_always;		   /* an initial response needs no capability */
	/* The longest command line with one, CRLF included; beyond it, it is
	 * the answer to an empty challenge; 0: any. */
	size_t ir_line;
};

struct effect {
	const char *verb; /* as in the verb table, or "greeting" */
	void (*fn)(struct conn *c, struct cmd *cmd);
};

struct proto {
	const char *name;
	uint16_t port, tls_port;
	const char *alpn;
	const struct verb *verbs;
	const char *const *states; /* names of the bits, NULL-terminated */
	const char *bye;
	const struct sasl_dialect *sasl;
	bool pipelines;		/* always; else if PIPELINING is offered */
	bool lists;		/* whether a body follows depends on the verb */
	const size_t *max_line; /* the longest line; in `limits` */
	/* Verb and arguments of conn_send as segments of cmd. */
	int (*encode)(
	    struct cmd *cmd, const struct arg *args, size_t n, struct err *e);
	/* A typed line as segments of cmd. */
	int (*typed)(
	    struct cmd *cmd, struct str line, struct body *body, struct err *e);
	/* Which command does this line belong to, and what does it mean? */
	enum verdict (*input)(
	    struct conn *c, struct str line, struct cmd **whose);
	enum verdict after_body; /* MORE: the reply goes on; DONE: it ends */
	/* What a positive reply to a verb changes in the connection; ends
	 * with a NULL verb. */
	const struct effect *effects;
	/* Whether a job of conn_reset has nothing to do, now that its turn
	 * comes; or NULL. */
	bool (*needless)(const struct conn *c);
	/* What any complete reply changes, before that; or NULL. */
	void (*settled)(struct conn *c, struct cmd *cmd);
	void (*describe)(const struct conn *c, struct buf *out);
};

extern const struct proto proto_pop3, proto_smtp, proto_lmtp, proto_imap;

/* States of the protocols, as bits. */
enum {
	POP3_AUTHORIZATION = 1,
	POP3_TRANSACTION = 2,
	POP3_UPDATE = 4,

	SMTP_CONNECTED = 1, /* before HELO, EHLO, LHLO */
	SMTP_READY = 2,
	SMTP_MAIL = 4, /* MAIL accepted */
	SMTP_RCPT = 8, /* at least one RCPT accepted */
	SMTP_ENDED = 16,

	IMAP_NOT_AUTHENTICATED = 1,
	IMAP_AUTHENTICATED = 2,
	IMAP_SELECTED = 4,
	IMAP_LOGOUT = 8,
};

#endif
