/*
 * url: what a user writes to name a server (RFC 5092 imap, RFC 2384 pop3, and
 * smtp, submission, lmtp in their manner).
 *
 *	imap[s]://user;AUTH=MECH@host:port/mailbox?starttls=require&ca=FILE
 *	imap+unix:/path	imap+pipe:COMMAND	(each protocol)
 *	imap[s]:user@domain/mailbox?…	(also pop3, submission)
 *	mx:domain
 *
 * The last two name a domain, whose server DNS tells (RFC 6186, RFC 5321 5).
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
	struct str scheme; /* as written, lower case: "imaps" */
	/* The scheme again, if host is a domain whose server is to be found by
	 * DNS; port is 0 then, and tls may turn out otherwise.  Else p is NULL.
	 */
	struct str service;
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
	struct str proxy; /* as url_parse_proxy takes it; it has no password */
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

/*
 * The same for a proxy's: socks5h, socks5, http or https, user, password, host
 * and port, nothing else; protocol is "socks5" or "http".  "none" and the empty
 * text are no proxy: host.p is NULL.
 */
int url_parse_proxy(
    struct str s, struct arena *a, struct url *out, struct err *e);

/* The n-th scheme (from 0), for lists; NULL behind the last. */
const char *url_scheme_name(size_t n);
/* Whether s begins like a URL of any scheme: "word://", "word+unix:"; or is
 * "imap:…" and its kin with something behind the colon. */
bool url_looks(struct str s);

/* The URL again, canonical, without the password; for prompts and traces.
 * -1 if b is full. */
int url_put(struct buf *b, const struct url *u);

/*
 * The password, escapes and all, of the first URL in a text that has one, a
 * server's, a domain's ("imap:user:password@domain") or a proxy's; p is NULL if
 * none has.  It is also found in a URL that is wrong because it holds a slash.
 */
struct str url_password(struct str text);
/* Text for people, with *** for each of these, and for that of what looks like
 * user, password and host with nothing in front.  -1 if b is full. */
int url_mask(struct buf *b, struct str text);

#endif
