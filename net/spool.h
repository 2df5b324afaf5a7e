/*
 * spool: bytes kept for later, in memory while they are few, in an unlinked
 * temporary file ($TMPDIR, else /var/tmp, else /tmp; mode 0600) beyond.
 *
 * One writer appends; readers name an offset.  A full disk is an error of
 * the append, never a short body.
 */
#ifndef NET_SPOOL_H
#define NET_SPOOL_H

#include "base/err.h"

struct spool;

/* memory: how many bytes stay in memory before a file is made. */
struct spool *spool_new(size_t memory);
void spool_free(struct spool *s); /* s may be NULL */

/* Appends; 0 or -1. */
int spool_add(struct spool *s, struct str data, struct err *e);
/* Bytes appended so far. */
uint64_t spool_size(const struct spool *s);

/*
 * The bytes at `offset`, at most `max` of them and fewer if need be; an
 * empty slice at the end.  Valid until the next call with s.  -1 on a read
 * error.
 */
int spool_read(struct spool *s, uint64_t offset, size_t max, struct str *out,
    struct err *e);

/* All of it in the file, for who reads by descriptor: that is the spool's own,
 * its offset at the beginning.  -1 if it cannot be written. */
int spool_file(struct spool *s, struct err *e);

/* A new, empty file of that kind, without a name; -1 if there cannot be one. */
int spool_temporary(struct err *e);

#endif
