/*
 * pop3d: what the files of the POP3 server share.
 */
#ifndef SERVER_POP3D_H
#define SERVER_POP3D_H

#include "server/client.h"
#include "server/login.h"
#include "store/mailbox.h"

/* The states of RFC 1939 3, as bits; UPDATE is but a moment of QUIT. */
enum pop3_state {
	POP3_AUTHORIZATION = 1,
	POP3_TRANSACTION = 2,
	POP3_BOTH = 3,
};

/* A message as it was when the session began: its number is its place. */
struct drop {
	uint32_t uid;
	bool deleted, read;
	uint64_t octets;
};

struct pop3d {
	enum pop3_state state;
	char stamp[160]; /* what APOP signs */
	char *name;	 /* of USER, or NULL */
	bool utf8;
	struct login *login; /* an AUTH under way */
	struct user *user;
	struct mailbox *mb; /* locked; NULL until the login */
	struct drop *drops;
	size_t n;
	/* What is being sent: a list, from this one on, of sizes or UIDs. */
	size_t at;
	bool uids;
	/* Or a message. */
	struct mail *mail;
	uint64_t offset;
	bool in_line; /* part of a line is out, its end is not */
	/* TOP: lines of the body still to send, UINT64_MAX for RETR. */
	uint64_t lines;
	bool header, blank; /* in the header; nothing in this line yet */
};

/* ---- pop3_drop.c: the maildrop, and the commands on it ---- */

/* Opens and locks the user's maildrop; -1, and said why not. */
int pop3_take_drop(struct client *c, struct user *u);
/* Unlocks it, as it is; no effect if there is none. */
void pop3_leave_drop(struct pop3d *p);
/* The UPDATE state: removes what is deleted; what was fetched counts as seen,
 * as other servers have it.  -1 if not all could be removed. */
int pop3_update(struct client *c, struct pop3d *p);

typedef void pop3_run(struct client *c, struct pop3d *p, struct str args);

pop3_run pop3_stat, pop3_list, pop3_uidl, pop3_retr, pop3_top, pop3_dele,
    pop3_rset;

#endif
