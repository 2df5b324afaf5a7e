/*
 * login: the server's side of SASL exchanges (RFC 4422), over libgsasl.
 *
 * Knows mechanisms and users, not protocols: it takes a line of the client's
 * and gives the text of the next challenge, both in base64.
 */
#ifndef SERVER_LOGIN_H
#define SERVER_LOGIN_H

#include "net/stream.h"
#include "server/users.h"

struct login;

/* Whether the server has the mechanism. */
bool login_knows(struct str mech);
/* Whether one that is known can be used: -PLUS wants TLS, and those that
 * compute with the password want it in clear, of each user. */
bool login_fits(struct str mech, struct users *us, bool tls);
/* The names of those it has, from i = 0 on; NULL behind the last. */
const char *login_mechanism(size_t i);

/* Begins an exchange; the service is "imap", "smtp" or "pop".  The mechanism
 * is known.  The stream is what it can be bound to, and must outlive it; NULL:
 * nothing is. */
struct login *login_new(struct users *us, struct str mech, const char *service,
    const char *host, const struct stream *stream);
void login_free(struct login *l); /* wipes what it knows; l may be NULL */

enum login_step {
	LOGIN_MORE,	 /* send the challenge */
	LOGIN_DONE,	 /* login_user says who it is; send no challenge */
	LOGIN_FAILED,	 /* wrong, or nothing that the mechanism knows */
	LOGIN_BROKEN,	 /* no base64, or none was due */
	LOGIN_CANCELLED, /* "*" */
};

/* How the exchange begins: with the client's initial response in base64 ("="
 * is an empty one), or with NULL if it gave none. */
enum login_step login_begin(
    struct login *l, const struct str *initial, struct buf *challenge);
/* The client's answer to the last challenge. */
enum login_step login_line(
    struct login *l, struct str line, struct buf *challenge);

/* Who has logged in; good as long as the users are. */
struct user *login_user(const struct login *l);

#endif
