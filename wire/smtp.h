/*
 * smtp: the grammar of SMTP replies, keywords and paths (RFC 5321 4.2,
 * 4.1.1.1, 4.1.2; enhanced status codes RFC 2034, RFC 3463).  No I/O, no
 * allocation: slices point into the line given.
 */
#ifndef WIRE_SMTP_H
#define WIRE_SMTP_H

#include "base/str.h"

struct smtp_line {
	unsigned code;	    /* 200 … 599 */
	bool more;	    /* "250-": other lines follow */
	struct str text;    /* behind code and separator, status included */
	struct str status;  /* "5.1.1", or empty; only when its class is that
			     * of the code (RFC 2034 4) */
	struct str message; /* text without the status */
};

/* False if line is no reply line ("250", "250 x", "250-x"). */
bool smtp_line(struct str line, struct smtp_line *out);

/* Whether s is an enhanced status code: class 2, 4 or 5, then two numbers
 * of at most three digits. */
bool smtp_status(struct str s);

/* An EHLO line "SIZE 1000": keyword "SIZE", parameters "1000".  "AUTH=LOGIN"
 * of old servers is taken as "AUTH LOGIN". */
struct str smtp_keyword(struct str text, struct str *params);

/*
 * Whether s may stand between < and > of MAIL or RCPT: no CR, LF, NUL,
 * controls, spaces or angle brackets outside of a quoted local part.  With
 * utf8 (RFC 6531), valid UTF-8 beyond ASCII too.  The empty path is good.
 */
bool smtp_address(struct str s, bool utf8);

/*
 * For a server, which is stricter with others than a client with its user:
 * whether s is a Domain or an address literal (RFC 5321 4.1.2, 4.1.3), and
 * whether s is a Mailbox, or a Local-part alone.  With utf8 also those of RFC
 * 6531 3.3.  A Local-part may have its dots anywhere, as mailers have it.
 */
bool smtp_domain(struct str s, bool utf8);
bool smtp_mailbox(struct str s, bool utf8);

/*
 * For a server: cuts "<path> PARAM=VALUE …" at the start of *s.  Source
 * routes (RFC 5321 appendix C) are skipped.  False if there is no path.
 */
bool smtp_path(struct str *s, struct str *path);

#endif
