/*
 * incoming: a message on its way from an SMTP or LMTP client to the mailboxes
 * of those it is for.
 *
 * It is written to all of them as it comes, under tmp, and appears in none
 * before it is whole and safely on disk in each.
 */
#ifndef SERVER_INCOMING_H
#define SERVER_INCOMING_H

#include "server/client.h"

struct incoming;

/* What the header that is put in front says of the transaction. */
struct envelope {
	const char *sender;    /* "" for <> */
	const char *helo;      /* the name that the client gave */
	const char *protocol;  /* "ESMTPSA" (RFC 3848, RFC 6531) */
	const char *recipient; /* of the only RCPT, or NULL */
};

/* Begins a message for these users, each of whom gets one. */
struct incoming *incoming_new(
    struct client *c, const struct recipients *to, const struct envelope *env);
/* Octets of it; whatever goes wrong is told at the end. */
void incoming_add(struct incoming *in, struct str octets);

enum incoming_result {
	INCOMING_OK,	    /* all who were meant have it, for good */
	INCOMING_LINE_ENDS, /* a bare CR or LF in it (RFC 5321 2.3.8) */
	INCOMING_TOO_BIG,
	INCOMING_LOOP,	/* it has been through too many servers */
	INCOMING_FULL,	/* no room on the disk */
	INCOMING_ERROR, /* err says what */
};
/* Delivers it to all, or to none. */
enum incoming_result incoming_finish(struct incoming *in, struct err *e);
/* As incoming_finish, to the n-th of the recipients only (LMTP). */
enum incoming_result incoming_finish_one(
    struct incoming *in, size_t n, struct err *e);
/* Frees it, and what was not delivered; in may be NULL. */
void incoming_free(struct incoming *in);

#endif
