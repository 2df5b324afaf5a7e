/*
 * maildir: folders in which each message is a file, and how one comes there.
 *
 * A Maildir has three folders: tmp for what is being written, new for what
 * has come, cur for what a mail program has seen.  A file's name is a base that
 * no other has, and in cur ":2," with a letter for each flag.  A message lies
 * there as a text file, with the line ends of the system (LF).
 *
 * A message appears by rename(2) when it is whole and on disk, so nobody ever
 * sees a part of one, and what was acknowledged outlives a crash.
 */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include "base/buf.h"
#include "base/err.h"

/* Flags are bits: those of IMAP, the one for mail passed on, and 26 keywords
 * that the mailbox gives names to. */
enum {
	FLAG_DRAFT = 1 << 0,	/* D */
	FLAG_FLAGGED = 1 << 1,	/* F */
	FLAG_PASSED = 1 << 2,	/* P */
	FLAG_ANSWERED = 1 << 3, /* R */
	FLAG_SEEN = 1 << 4,	/* S */
	FLAG_DELETED = 1 << 5,	/* T */
	FLAG_KEYWORD_0 = 6,	/* a … z: bits 6 to 31 */
	FLAG_KEYWORDS = 26,
	FLAG_KEYWORD_MAX = 250, /* octets of a keyword's name */
};

/* What IMAP calls the flags that are no keywords of a mailbox. */
struct maildir_flag {
	const char *name; /* "\\Seen" */
	uint32_t bit;
};
enum { MAILDIR_FLAGS = 6 };
extern const struct maildir_flag maildir_flags[MAILDIR_FLAGS];
/* The bit of one of these names, ASCII case ignored; 0 for others. */
uint32_t maildir_flag(struct str name);

/* The base of a file name; *flags are those behind ":2,". */
struct str maildir_base(struct str name, uint32_t *flags);
/* Appends "base:2,FLAGS"; -1 if b is full. */
int maildir_name(struct buf *b, struct str base, uint32_t flags);

/* Appends where a message with this base and flags belongs: "new/base", or,
 * with flags, "cur/base:2,FLAGS". */
void maildir_final(struct buf *b, struct str base, uint32_t flags);

/* Makes path, if it is not there, and its three folders.  0 or -1. */
int maildir_make(const char *path, struct err *e);
/* Whether path is a folder with a folder "cur" in it. */
bool maildir_is(const char *path);
/* Removes the three folders with all that is in them, the other files in path
 * and path; folders that are no Maildir's stay, and path with them. */
int maildir_remove(const char *path, struct err *e);

/* Appends a base that no message has or will have. */
void maildir_unique(struct buf *b);

/* fsync(2) of the folder `name` in dir, so that renames in it last. */
int maildir_sync(int dir, const char *name, struct err *e);

/* ---- a message on its way in ---- */

struct delivery;

/* Begins a message for the Maildir that dir is open on; dir is duplicated. */
struct delivery *delivery_new(int dir, struct err *e);
/* The base that its name will have. */
const char *delivery_base(const struct delivery *d);
/* Appends octets of the message; its lines end in CRLF.  0 or -1. */
int delivery_add(struct delivery *d, struct str octets, struct err *e);
/* All is on disk, under tmp; a full disk is told here at the latest. */
int delivery_sync(struct delivery *d, struct err *e);
/* As a date: the moment of the delivery. */
#define DELIVERY_NOW INT64_MIN

/*
 * Moves it to new, or, with flags, to cur; syncs before if that was not done,
 * and the folder afterwards.  when: seconds, what IMAP calls the internal
 * date, or DELIVERY_NOW.  *name (delivery's own, until it is freed) is the file
 * name.  After -1 the message is not there.
 */
int delivery_commit(struct delivery *d, uint32_t flags, int64_t when,
    const char **name, struct err *e);
/* ---- the same by hand, for many messages one after the other (batch.h) ----
 */

/* All is written, and its date set; nothing is synced. */
int delivery_written(struct delivery *d, int64_t when, struct err *e);
/* The file, which stays in tmp, belongs to the caller, who closes it. */
int delivery_detach(struct delivery *d);
/* Begins another message, behind one that was detached or is dropped. */
int delivery_again(struct delivery *d, struct err *e);
/* Removes what was not committed or detached. */
void delivery_drop(struct delivery *d);

/* Takes back a message that was committed. */
void delivery_undo(struct delivery *d);
/* Frees d, and removes what is still in tmp; d may be NULL. */
void delivery_free(struct delivery *d);

#endif
