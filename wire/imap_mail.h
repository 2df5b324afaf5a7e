/*
 * imap_mail: what IMAP says of a message's content: ENVELOPE, BODY and
 * BODYSTRUCTURE (RFC 9051 7.5.2, RFC 3501 7.4.2), in Dovecot's reading of
 * what is odd.
 *
 * With utf8 (IMAP4rev2, or UTF8=ACCEPT), strings of valid UTF-8 are quoted;
 * without, whatever a quoted string cannot hold goes out as a literal.  NUL,
 * which neither can hold, becomes U+FFFD.  Long strings are literals, too.
 */
#ifndef WIRE_IMAP_MAIL_H
#define WIRE_IMAP_MAIL_H

#include "wire/imap.h"
#include "wire/mime.h"

/* All: -1 if b is full. */

/* A string; never an atom. */
int imap_put_string(struct buf *b, struct str s, bool utf8);
/* The same, or NIL if s.p is NULL. */
int imap_put_nstring(struct buf *b, struct str s, bool utf8);

/*
 * "(date subject from sender reply-to to cc bcc in-reply-to message-id)" of a
 * raw header.  Sender and Reply-To that are missing or empty are From's.  Of
 * a field that is there twice the last one counts; addresses are those of all.
 * What an address lacks is named: MISSING_MAILBOX, MISSING_DOMAIN,
 * SYNTAX_ERROR, INVALID_ROUTE.
 */
int imap_put_envelope(struct buf *b, struct str header, bool utf8);

/*
 * The parenthesised structure of a part and what is in it; with `extended`
 * BODYSTRUCTURE, else BODY.  A message/global is shown as a message only with
 * utf8, since RFC 3501 knows none.
 */
int imap_put_structure(
    struct buf *b, const struct mime_part *part, bool extended, bool utf8);

#endif
