/*
 * topics: what servers say, in words.
 *
 * A word means different things at different places (AUTH, SIZE, RECENT), so
 * the rows stand in tables, one a kind.
 */
#ifndef SHELL_TOPICS_H
#define SHELL_TOPICS_H

#include "base/str.h"

enum topic_kind {
	TOPIC_SMTP_CODE,       /* "250"; "2xx" */
	TOPIC_SMTP_ENHANCED,   /* "x.1.1"; "x.1"; "2.x.x" */
	TOPIC_SMTP_CAPABILITY, /* keywords of EHLO */
	TOPIC_POP3_STATUS,
	TOPIC_POP3_CODE,
	TOPIC_POP3_CAPABILITY,
	TOPIC_IMAP_STATUS,
	TOPIC_IMAP_RESPONSE, /* untagged: EXISTS, FETCH */
	TOPIC_IMAP_CODE,     /* in brackets */
	TOPIC_IMAP_CAPABILITY,
	TOPIC_IMAP_FLAG,      /* flags and keywords of messages */
	TOPIC_IMAP_ATTRIBUTE, /* of mailboxes, in LIST */
	TOPIC_IMAP_FETCH,     /* what FETCH can tell of a message */
	TOPIC_IMAP_COUNT,     /* what STATUS can tell of a mailbox */
	TOPIC_MECHANISM,      /* SASL */
	TOPIC_KINDS,
};

/* A key that ends in '=' or '[' stands for all that begin with it. */
struct topic {
	const char *key;
	const char *text; /* to be shown by text_of */
	const char *rfc;
};

struct topic_table {
	const char *protocol; /* "smtp"; NULL: any */
	const char *title;    /* "SMTP reply code": to be shown by text_of */
	const struct topic *rows; /* ends with a NULL key */
};
extern const struct topic_table topic_tables[TOPIC_KINDS];

/* The row of a key, case ignored; NULL if there is none. */
const struct topic *topic_find(enum topic_kind kind, struct str key);
/* The row of an enhanced status code, "5.1.1", perhaps that of its subject
 * alone; NULL if s is none (RFC 3463 2). */
const struct topic *topic_enhanced(struct str s);
/* What its class says. */
const char *topic_class(struct str s);

/* The rows, for the tables. */
extern const struct topic topics_smtp_codes[], topics_smtp_enhanced[],
    topics_smtp_capabilities[], topics_pop3_statuses[], topics_pop3_codes[],
    topics_pop3_capabilities[], topics_imap_statuses[], topics_imap_responses[],
    topics_imap_codes[], topics_imap_capabilities[], topics_imap_flags[],
    topics_imap_attributes[], topics_imap_fetch[], topics_imap_counts[],
    topics_mechanisms[];

#endif
