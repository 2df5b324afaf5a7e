/*
 * typed: the words of a protocol line as a person types it.
 */
#ifndef SHELL_TYPED_H
#define SHELL_TYPED_H

#include "proto/conn.h"

/* The next word, from a quote to its end taken as one, quotes included. */
struct str typed_word(struct str *rest);
/* The same, what stands between parentheses or brackets taken as one. */
struct str typed_group(struct str *rest);
/* Appends word without its quotes; -1 if b is full. */
int typed_unquote(struct buf *b, struct str word);

/*
 * IMAP: appends line, whose verb is v, as the server needs it: names of
 * mailboxes that were typed in UTF-8 are put into modified UTF-7 (RFC 3501
 * 5.1.3).  A name in ASCII stays as it was typed, and so does all if the
 * session is one of UTF-8 or a name is no UTF-8.  -1 if b is full.
 */
int typed_mailboxes(
    struct buf *b, const struct conn *c, const struct verb *v, struct str line);

#endif
