/*
 * mailbox: a Maildir whose messages have the numbers that IMAP gives them.
 *
 * UIDs, keywords and UIDVALIDITY stand in a text file in the folder (inner.h).
 * Everything else is in the Maildir itself, so other programs may deliver,
 * rename and delete there at any time; mailbox_refresh notices.
 *
 * One process has a folder open as one mailbox, which all sessions share.
 * What a session has told its client is the session's own: it keeps the UIDs
 * it has announced and compares.
 */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include "store/mail.h"
#include "store/maildir.h"

#include <time.h>

struct message {
	uint32_t uid;
	uint32_t flags;
	uint64_t changed; /* mailbox.changes when its flags last changed */
	const void *by;	  /* whose change that was; NULL: another program's */
	struct mail_stamp stamp; /* for which octets holds */
	uint64_t octets;	 /* as protocols count; 0: not yet counted */
	int64_t date;		 /* seconds; what IMAP calls internal */
	bool dated;		 /* date is known */
	bool fresh;		 /* the file lies in new, not in cur */
	bool present;		 /* private to a scan */
	char *name;		 /* of the file */
};

/* Somebody who is told of every change. */
struct observer {
	struct observer *prev, *next; /* NULL: observes nothing */
	void (*changed)(struct observer *o);
};

struct mailbox {
	char *path; /* of the folder when it was opened */
	int dir;    /* open on it, wherever it may have been moved */
	uint32_t validity;
	uint32_t next;	      /* UIDNEXT */
	uint32_t recent;      /* messages from this UID on are recent, and no
			       * session has been told so */
	struct message *msgs; /* by UID */
	size_t n, cap;
	uint64_t changes;  /* grows with each change of a flag */
	uint64_t removals; /* grows with each message that goes */
	bool held;	   /* files are there that have no UIDs yet, so a look
			    * only finds what was renamed */
	bool gone;	   /* deleted by mailbox_delete: no more to be used */
	bool locked;	   /* by a POP3 session (RFC 1939 4) */
	char *keywords[FLAG_KEYWORDS];
	/* private */
	unsigned refs;
	int log;      /* the file of UIDs, open for appending; -1: none */
	size_t lines; /* in it */
	struct timespec
	    scanned[2]; /* mtimes of new and cur, at the last scan */
	int64_t looked; /* monotonic milliseconds of the last look */
	bool racy;	/* a folder changed just before it was scanned */
	struct observer observers;
};

/* How long a mailbox that was looked at counts as fresh, in milliseconds. */
enum { MAILBOX_FRESH_MS = 1000 };

/* The name of the file of UIDs in the folder. */
extern const char mailbox_file[];

/*
 * The mailbox in the Maildir `path`.  validity gives the UIDVALIDITY if it
 * needs a new one.  NULL if it cannot be read.
 */
struct mailbox *mailbox_open(const char *path, uint32_t (*validity)(void *arg),
    void *arg, struct err *e);
void mailbox_free(struct mailbox *mb);

/* Looks for what other programs have done: at once if `now`, else at most
 * once in MAILBOX_FRESH_MS.  -1 if the folder cannot be read. */
int mailbox_refresh(struct mailbox *mb, bool now, struct err *e);

/* The index of the first message with this UID or a greater one. */
size_t mailbox_index(const struct mailbox *mb, uint32_t uid);
/* The message; NULL if there is none (any more).  Good until the mailbox
 * changes. */
struct message *mailbox_find(const struct mailbox *mb, uint32_t uid);

/* The bit of a keyword, 0 if the mailbox does not know it; with `make` a new
 * one is given a bit while there are any.  ASCII case is ignored. */
uint32_t mailbox_keyword(struct mailbox *mb, struct str name, bool make);
/* Whether there is room for a new keyword. */
bool mailbox_keyword_room(const struct mailbox *mb);

/*
 * Changes a message's flags, in the name of its file: those of `remove` go,
 * then those of `add` come; the others stay as they are now, whoever has
 * changed them last.  by: see struct message.  Observers are told by
 * mailbox_notify, when all is done.  -1 if the file cannot be renamed, or with
 * e->sys ENOENT if the message is gone.
 */
int mailbox_change_flags(struct mailbox *mb, uint32_t uid, uint32_t remove,
    uint32_t add, const void *by, struct err *e);

/* All messages from mb->recent on have been told to somebody; those in new
 * move to cur. */
int mailbox_claim(struct mailbox *mb, struct err *e);

/* The message's file.  NULL if it cannot be read; e->sys is ENOENT if the
 * message is gone. */
struct mail *mailbox_read(struct mailbox *mb, uint32_t uid, struct err *e);
/*
 * Sees to octets and date of the message, counting only where the file has
 * changed since it was last counted; open, if not NULL, is its file.  As
 * mailbox_read otherwise.
 */
int mailbox_measure(
    struct mailbox *mb, uint32_t uid, struct mail *open, struct err *e);
/* Sees to its date only. */
int mailbox_date(struct mailbox *mb, uint32_t uid, struct err *e);

/*
 * Removes the messages with these UIDs (ascending); those that are not there
 * count as removed.  -1 at the first one that cannot be removed; those before
 * it are gone.
 */
int mailbox_remove(
    struct mailbox *mb, const uint32_t *uids, size_t n, struct err *e);

/* Commits d, gives it a UID that lasts, and returns it; 0 on failure, after
 * which the message is not there. */
uint32_t mailbox_deliver(struct mailbox *mb, struct delivery *d, uint32_t flags,
    int64_t when, struct err *e);

/*
 * Copies the messages with these UIDs (ascending) into dest, which may be mb
 * itself, with their flags and dates; keywords go by their names.  to[i] is
 * the UID that from[i] got there.  -1 if one is gone or cannot be copied;
 * then none is.
 */
int mailbox_copy(struct mailbox *mb, const uint32_t *from, size_t n,
    struct mailbox *dest, uint32_t *to, struct err *e);
/* The same, and they are no more in mb.  Each goes as a whole; *done says how
 * many went, also after -1. */
int mailbox_move(struct mailbox *mb, const uint32_t *from, size_t n,
    struct mailbox *dest, uint32_t *to, size_t *done, struct err *e);

/* Tells the observers.  They may not stop others from within. */
void mailbox_notify(struct mailbox *mb);
void mailbox_observe(struct mailbox *mb, struct observer *o);
void observer_stop(struct observer *o);

#endif
