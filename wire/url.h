/*
 * url: what a user writes to name a server (RFC 5092 imap, RFC 2384 pop3, and
 * smtp, submission, lmtp in their manner).
 *
 *	imap[s]://user;AUTH=MECH@host:port/mailbox?starttls=require&ca=FILE
 *	imap+unix:/path	imap+pipe:COMMAND	(each protocol)
 *
 * Percent escapes are undone, and refused where they make NUL, CR or LF.
 * A COMMAND is taken as it stands, without escapes and query.
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum url_transport { URL_TCP, URL_UNIX, URL_PIPE };
enum url_starttls {
	URL_STARTTLS_UNSET,
	URL_STARTTLS_AUTO,
	URL_STARTTLS_REQUIRE,
	URL_STARTTLS_NO
};

/* All strings are NUL-terminated, in the arena; p is NULL when absent. */
struct url {
	struct str scheme;   /* as written, lower case: "imaps" */
	struct str protocol; /* "imap", "pop3", "smtp", "lmtp" */
	bool tls;	     /* implicit TLS */
	enum url_transport transport;
	struct str host; /* without brackets */
	uint16_t port;	 /* the scheme's own where none is written */
	struct str path; /* URL_UNIX: of the socket; URL_PIPE: command */
	struct str user, password, auth; /* auth: "PLAIN", "*", … */
	struct str mailbox; /* imap, without the leading slash, decoded UTF-8 */
	enum url_starttls starttls;
	bool insecure;
	struct str ca, cert, key;
	struct str fingerprint; /* as fingerprint.h has it */
	bool has_timeout;
	uint64_t timeout; /* seconds */
};

/* The words for starttls=, NULL for UNSET; url_starttls gives the value, UNSET
 * for a word that is none of them. */
extern const char *const url_starttls_words[URL_STARTTLS_NO + 1];
enum url_starttls url_starttls(struct str word);

/* -1 with ERR_USE and a message that names the fault and not the password.
 * An unknown scheme or query key is an error that suggests the nearest. */
int url_parse(struct str s, struct arena *a, struct url *out, struct err *e);

/* The n-th scheme (from 0), for lists; NULL behind the last. */
const char *url_scheme_name(size_t n);
/* Whether s begins like a URL of any scheme: "word://", "word+unix:". */
bool url_looks(struct str s);

/* The URL again, canonical, without the password; for prompts and traces.
 * -1 if b is full. */
int url_put(struct buf *b, const struct url *u);

/* Text for people, with *** for each password in what looks like a URL, or
 * like the user and host of one.  -1 if b is full. */
int url_mask(struct buf *b, struct str text);

#endif
