/*
 * imap_fetch: what the two files of FETCH share.
 */
#ifndef SERVER_IMAP_FETCH_H
#define SERVER_IMAP_FETCH_H

#include "net/spool.h"
#include "server/imap_mail.h"
#include "server/imapd.h"

struct fetch_job;
struct fetch_item;

enum {
	FETCH_SECTION = 1 << 0, /* "[…]" stands behind the name */
	FETCH_BINARY = 1 << 1,	/* in it a part number and nothing else */
	FETCH_MAIL = 1 << 2,	/* the message's file is needed */
	FETCH_SIZE = 1 << 3,	/* its octets must be counted */
	FETCH_DATE = 1 << 4,
	FETCH_SEEN = 1 << 5,  /* it makes the message \\Seen */
	FETCH_WHOLE = 1 << 6, /* it cannot be partial */
};

struct fetch_kind {
	const char *name;
	const char *label; /* in the response; NULL: name */
	unsigned flags;
	/* Appends the value to tx, or begins to stream it. */
	void (*put)(struct client *c, struct fetch_job *j,
	    const struct fetch_item *item);
};

/* Ends with a NULL name. */
extern const struct fetch_kind fetch_kinds[];

struct fetch_item {
	const struct fetch_kind *kind;
	struct section section;
	bool partial; /* <origin.length> */
	uint64_t origin, length;
};

struct fetch_job {
	struct imap_job job;
	struct seqset uids;
	struct seqpos at;
	struct fetch_item *items;
	size_t n;
	unsigned flags; /* of all items */
	bool missing;	/* a message was gone */
	bool unknown_encoding;
	/* The message that is being told of. */
	uint32_t uid; /* 0: none */
	size_t item;  /* the next one */
	bool told_flags, changed_flags;
	struct imap_mail mail;
	/* The octets that are being streamed: of the message, or decoded. */
	bool streaming, literal8;
	struct spool *decoded;
	uint64_t from, to;
	struct err e;
};

/* Goes on with what is streamed, as far as there is room. */
void fetch_more_octets(struct client *c, struct fetch_job *j);

void fetch_put_flags(
    struct client *c, struct fetch_job *j, const struct fetch_item *item);

#endif
