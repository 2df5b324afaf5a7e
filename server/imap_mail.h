/*
 * imap_mail: a message that a FETCH or SEARCH looks into.
 */
#ifndef SERVER_IMAP_MAIL_H
#define SERVER_IMAP_MAIL_H

#include "store/mailbox.h"
#include "wire/mime.h"

struct imap_mail {
	struct mail *mail;
	uint64_t size; /* octets, CRLF */
	/* private */
	bool header_read;
	uint64_t header_end;
	struct buf header;
	struct arena arena;
	struct mime_part *root;
	bool opaque; /* its structure is more than can be kept */
};

/* Opens the message; -1 with ENOENT in e->sys if it is gone. */
int imap_mail_open(
    struct imap_mail *m, struct mailbox *mb, uint32_t uid, struct err *e);
void imap_mail_close(struct imap_mail *m);

/* The header, as far as anyone looks at it (MIME_HEADER_MAX octets), with the
 * empty line behind it; good until the message is closed.  -1 if it cannot be
 * read. */
int imap_mail_header(struct imap_mail *m, struct str *out, struct err *e);
/* Its structure; NULL without an error if that is too much to be kept. */
const struct mime_part *imap_mail_root(struct imap_mail *m, struct err *e);

/* Where the header ends: behind the empty line. */
int imap_mail_header_end(struct imap_mail *m, uint64_t *end, struct err *e);

/* ---- sections (RFC 9051 6.4.5) ---- */

enum section_what {
	SECTION_ALL,
	SECTION_HEADER,
	SECTION_TEXT,
	SECTION_MIME,
	SECTION_FIELDS,
	SECTION_FIELDS_NOT,
};

enum { SECTION_DEPTH = MIME_NESTING };

struct section {
	unsigned path[SECTION_DEPTH];
	size_t depth;
	enum section_what what;
	struct str fields; /* "FROM \"To\"": between the parentheses */
};

/* What stands between the brackets; false if it is no section.  With
 * `binary` it is a part number and nothing else. */
bool section_parse(struct str text, bool binary, struct section *out);
/* Appends it as responses have it. */
void section_put(struct buf *b, const struct section *s);

/* The part that the path names; NULL if there is none. */
const struct mime_part *section_part(
    const struct mime_part *root, const struct section *s);
/*
 * The octets [*from, *to) of the message that a section other than FIELDS
 * means.  1; 0 if there is no such part; -1 if the message cannot be read.
 */
int section_range(struct imap_mail *m, const struct section *s, uint64_t *from,
    uint64_t *to, struct err *e);
/* Appends the fields that a FIELDS section picks, and an empty line.  As
 * section_range. */
int section_fields(
    struct imap_mail *m, const struct section *s, struct buf *b, struct err *e);

#endif
