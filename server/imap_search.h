/*
 * imap_search: the keys of a SEARCH as a tree, and whether a message meets
 * them.
 */
#ifndef SERVER_IMAP_SEARCH_H
#define SERVER_IMAP_SEARCH_H

#include "server/imap_mail.h"
#include "server/imapd.h"

struct search_key;

enum search_parsed {
	SEARCH_GOOD,
	SEARCH_BAD,	/* no key, or arguments that do not fit */
	SEARCH_CHARSET, /* a character set that is not known */
};

/*
 * The keys from v on, all of which must be met; in *out, living in the
 * session's arena.  charset: of the strings in them, or NULL for UTF-8.
 */
enum search_parsed search_parse(struct client *c, const struct imap_val *v,
    struct str charset, struct search_key **out);
void search_free(struct search_key *k); /* what is not in the arena */

/* Whether the message with this UID meets the key.  One that is gone meets
 * none. */
bool search_meets(
    const struct search_key *k, const struct imapd *s, uint32_t uid);
/* Whether messages must be read for it. */
bool search_is_costly(const struct search_key *k);

/* ---- text (imap_text.c) ---- */

/* Appends s, which is UTF-8, so that texts that differ in case are the same. */
void search_fold(struct buf *b, struct str s);
/* Whether a header field of this name (if name.p is NULL, the header, names of
 * fields included) has the folded text in it.  subject: as ENVELOPE has that
 * (RFC 9051 6.4.4). */
bool search_header(
    struct imap_mail *m, struct str name, struct str text, bool subject);
/* Whether the text is in the body, whose parts are decoded; with `headers`,
 * in their headers too. */
bool search_body(struct imap_mail *m, struct str text, bool headers);
/* The date in the Date field, as days since 1970; false if there is none. */
bool search_sent_day(struct imap_mail *m, int64_t *day);

#endif
