/*
 * mail: a message in its file, read as protocols give it: each line ended by
 * CRLF.  (A bare LF becomes CRLF; CRLF and a bare CR stay.)
 *
 * Offsets and sizes are octets of that form.  Memory is one block, whatever
 * the size of the message.
 */
#ifndef STORE_MAIL_H
#define STORE_MAIL_H

#include "base/err.h"

struct mail;

/* The file's own size and times, by which a size once counted is known to
 * hold still. */
struct mail_stamp {
	uint64_t size; /* octets in the file */
	int64_t mtime; /* seconds */
	long mtime_ns;
};

/*
 * The file `path` in the folder that dir is open on: a regular file, and not
 * by a symbolic link.  NULL with ERR_SYS; e->sys is ENOENT if it is gone.
 */
struct mail *mail_open(int dir, const char *path, struct err *e);
void mail_close(struct mail *m); /* m may be NULL */

struct mail_stamp mail_stamp(const struct mail *m);
bool mail_stamp_eq(const struct mail_stamp *a, const struct mail_stamp *b);

/* Counts the octets of m; reads it to its end.  -1 if it cannot be read. */
int mail_size(struct mail *m, uint64_t *size, struct err *e);

/*
 * The octets at `offset`, as many as are at hand; an empty slice at the end.
 * Valid until the next call.  To go on where the last slice ended costs
 * nothing; to go back means to read from the start.  -1 on a read error.
 */
int mail_read(struct mail *m, uint64_t offset, struct str *out, struct err *e);

#endif
