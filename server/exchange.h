/*
 * exchange: a SASL exchange as POP3, SMTP and IMAP lead it, line by line.
 *
 * Each protocol brings its words; the rest is the same in all of them.
 */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/client.h"
#include "server/login.h"

struct exchange_words {
	const char *service; /* as SASL knows it: "imap", "smtp", "pop" */
	/* The server's turn, in base64. */
	void (*challenge)(struct client *c, const char *base64);
	/* How it ended: logged in as u; wrong user or password; given up by
	 * the client, or its answer makes no sense. */
	void (*granted)(struct client *c, struct user *u);
	void (*refused)(struct client *c);
	void (*broken)(struct client *c, bool given_up);
};

/* Whether there is the mechanism for this client: a rule may hide it, under its
 * own name or as IMAP has it (AUTH=PLAIN). */
bool exchange_offers(const struct client *c, struct str mech);
/* The names of those that there are, each with `before` in front. */
void exchange_mechanisms(
    const struct client *c, const char *before, struct buf *out);

/*
 * Begins an exchange by a mechanism that exchange_offers.  initial: the
 * client's first answer in base64, or NULL.  While *l is not NULL, lines of the
 * client belong to exchange_line.
 */
void exchange_begin(struct client *c, struct login **l,
    const struct exchange_words *words, struct str mech,
    const struct str *initial);
void exchange_line(struct client *c, struct login **l,
    const struct exchange_words *words, struct str line);

#endif
