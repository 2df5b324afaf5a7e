/*
 * smtpd: what the files of the SMTP and LMTP server share.
 */
#ifndef SERVER_SMTPD_H
#define SERVER_SMTPD_H

#include "server/client.h"
#include "server/incoming.h"
#include "server/login.h"

enum { SMTP_RCPT_MAX = 100 }; /* RFC 5321 4.5.3.1.8 */

struct rcpt {
	char *address;
	bool users[USERS_LIST_MAX]; /* which of to.user it means */
	unsigned data_code;	    /* asked for by the address, or 0 */
};

struct smtpd {
	bool lmtp, extended;
	char *helo; /* NULL: not yet greeted */
	struct login *login;
	struct user *user; /* who has logged in, or NULL */
	unsigned bad;
	/* The transaction. */
	char *sender; /* NULL: no MAIL yet */
	bool utf8;
	struct rcpt rcpt[SMTP_RCPT_MAX];
	size_t rcpts;
	struct recipients to;
	struct incoming *incoming; /* DATA, or BDAT so far */
	bool chunked, last;	   /* BDAT; its last one */
	bool chunk_refused;	   /* its octets are thrown away */
};

/* ---- smtpd.c ---- */

/* Whether a rule of faults withdraws the keyword of EHLO. */
bool smtp_hidden(const struct client *c, const char *keyword);

/* A reply.  status: the enhanced code (RFC 3463), or NULL. */
void smtp_reply(struct client *c, unsigned code, const char *status,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* One line of a reply of several, of which it is the last one or not. */
void smtp_reply_line(struct client *c, unsigned code, const char *status,
    bool last, const char *text);
/* A reply to what makes no sense, or comes at the wrong time.  There may be
 * but so many of them. */
void smtp_bad(struct client *c, unsigned code, const char *status,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The reply that an address has asked for (fault.h). */
void smtp_as_asked(struct client *c, unsigned code);

/* Forgets the transaction. */
void smtp_reset(struct smtpd *s);

char *smtp_copy(struct str s);

/* ---- smtp_envelope.c, smtp_message.c, smtp_names.c: commands ---- */

void smtp_do_mail(struct client *c, struct smtpd *s, struct str args);
void smtp_do_rcpt(struct client *c, struct smtpd *s, struct str args);
void smtp_do_data(struct client *c, struct smtpd *s, struct str args);
void smtp_do_bdat(struct client *c, struct smtpd *s, struct str args);
void smtp_do_vrfy(struct client *c, struct smtpd *s, struct str args);
void smtp_do_expn(struct client *c, struct smtpd *s, struct str args);

/* Octets of the message, and the end of it or of a chunk. */
void smtp_data(struct client *c, struct str piece);
void smtp_data_end(struct client *c);

#endif
