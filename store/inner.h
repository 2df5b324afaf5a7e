/*
 * inner: what the files that make a mailbox share, and nobody else.
 */
#ifndef STORE_INNER_H
#define STORE_INNER_H

#include "store/mailbox.h"

/*
 * ---- uids.c: the file that holds the numbers of the messages ----
 *
 * It is text, a line a fact, and grows at its end; the last word counts.
 *
 *	postel-uids 1
 *	V 1764000000      UIDVALIDITY
 *	N 42              UIDNEXT is at least this
 *	R 40              messages from this UID on are recent to nobody yet
 *	K a $Label1       the flag letter a is this keyword
 *	41 1764.M1P2Q3.h  the UID of the message with this base
 *	- 41              it is gone
 *
 * When most lines have lost their meaning, or the file is damaged, it is
 * written anew under another name and renamed.
 */

/*
 * Fills validity, next, recent, keywords and msgs, in which name is the base
 * and present is false.  1 if there is no file, or none that can be trusted:
 * then the mailbox needs a new UIDVALIDITY and a uids_rewrite.  -1 if it is
 * there and cannot be read.
 */
int uids_load(struct mailbox *mb, struct err *e);

/* Whether so much of the file has lost its meaning that it should be written
 * anew. */
bool uids_stale(const struct mailbox *mb);
/* Writes all that mb has. */
int uids_rewrite(struct mailbox *mb, struct err *e);

/*
 * Append: the messages from index `at` on; that a UID is gone; the letter of a
 * keyword; mb->recent.  What is appended lasts after uids_sync.
 */
int uids_add_messages(struct mailbox *mb, size_t at, struct err *e);
int uids_add_removed(
    struct mailbox *mb, const uint32_t *uids, size_t n, struct err *e);
int uids_add_keyword(struct mailbox *mb, unsigned letter, struct err *e);
int uids_add_recent(struct mailbox *mb, struct err *e);
int uids_sync(struct mailbox *mb, struct err *e);

/* Adds a message behind the others, whose UIDs are smaller. */
struct message *uids_new_message(
    struct mailbox *mb, uint32_t uid, struct str name);
/* Takes out the messages that went, whose names are NULL. */
void uids_drop_nameless(struct mailbox *mb);

/* ---- scan.c ---- */

/* Makes msgs what the folders hold now: other names and flags, what
 * went, what came.  -1 if they cannot be read, or what came gets no UID that
 * lasts (then it is left for the next time). */
int scan_mailbox(struct mailbox *mb, struct err *e);
/* Other names and flags only. */
int scan_renamed(struct mailbox *mb, struct err *e);

/* ---- bases.c ---- */

/* Finds the place of a base in msgs, by a table made once for many. */
struct bases;
struct bases *bases_new(const struct mailbox *mb);
void bases_free(struct bases *b);
/* Of several messages with the base, the one with the highest UID; NULL if
 * there is none. */
struct message *bases_find(const struct bases *b, struct str base);

/* ---- mailbox.c ---- */

/* Puts "new/NAME" or "cur/NAME" into b. */
void mailbox_path(struct buf *b, const struct message *m);
/*
 * Does `act`, which returns -1 with errno, with the message's path.  If the
 * file is not there, another program has renamed it: then the folder is looked
 * at, and so on until it is found or gone.  -1 with ERR_SYS.
 */
int mailbox_with_path(struct mailbox *mb, uint32_t uid,
    int (*act)(
	struct mailbox *mb, struct message *m, const char *path, void *arg),
    void *arg, struct err *e);

#endif
