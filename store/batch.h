/*
 * batch: messages on their way into a Maildir (maildir.h) that get there
 * together.
 *
 * Each is written to tmp and sealed.  Then all are put on disk (batch_sync),
 * the caller notes them somewhere, and they are renamed (batch_commit): so many
 * messages wait for the disk once.  What was not committed leaves nothing
 * behind.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store/maildir.h"

struct batch;

/* For the Maildir that dir is open on; dir is duplicated. */
struct batch *batch_new(int dir, struct err *e);
/* Removes what was not committed; b may be NULL. */
void batch_free(struct batch *b);

/* Appends octets, with CRLF, to the message that is being written, which begins
 * with the first of them.  0 or -1. */
int batch_add(struct batch *b, struct str octets, struct err *e);
/* Removes the message that is being written, if there is one. */
void batch_drop(struct batch *b);

/*
 * The message is whole, though perhaps empty; when as in delivery_commit.
 * *base is the part of its name that it will keep, *name its name in new or,
 * with flags, cur; both are good until the next call.  -1: it is dropped.
 */
int batch_seal(struct batch *b, uint32_t flags, int64_t when, struct str *base,
    struct str *name, struct err *e);
/* Sealed messages that are not committed yet. */
size_t batch_count(const struct batch *b);

/* All sealed messages are on disk, in tmp.  A few by fsync(2) each, many by
 * syncfs(2), which waits for what other programs have written there, too. */
int batch_sync(struct batch *b, struct err *e);
/*
 * Moves the sealed messages to where they belong, and, if that is wanted, syncs
 * the folders.  After -1 none of them is there, and the batch is empty.
 */
int batch_commit(struct batch *b, bool sync, struct err *e);

#endif
