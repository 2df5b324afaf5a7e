/*
 * memory: what the replies of a connection have said that completion can use.
 *
 * Each session owns one.  It is fed with replies as they are shown, a lesson
 * a command, and with what comes unasked; nothing asks the server anything.
 * It keeps, bounded by the enum below and oldest or last ones left out:
 *	- mailboxes: names in UTF-8 from LIST, LSUB, XLIST, STATUS, from SELECT
 *	  and EXAMINE, and those that CREATE and RENAME made
 *	- flags of the mailbox that is selected: FLAGS and PERMANENTFLAGS
 *	- messages of that mailbox or of the maildrop: number, unique id,
 *	  subject, size
 * All strings are shown text: what has control characters, or others that
 * vis.h would change, is not kept.
 */
#ifndef SHELL_MEMORY_H
#define SHELL_MEMORY_H

#include "proto/conn.h"

enum {
	MEMORY_MAILBOXES = 1000,
	MEMORY_FLAGS = 200,
	MEMORY_MESSAGES = 2000,
	MEMORY_TEXT = 1000,	  /* octets of a name */
	MEMORY_SUBJECT = 200,	  /* octets of a subject; the rest is cut */
	MEMORY_HEADER = 16 << 10, /* octets of a message that are looked at */
	MEMORY_RESPONSE = 256 << 10, /* memory for one response of IMAP */
};

struct memory;

struct memory *memory_new(void);
void memory_free(struct memory *m); /* m may be NULL */

struct memory_message {
	uint64_t num;  /* 0: not known (UID SEARCH) */
	uint64_t uid;  /* 0: not known */
	uint64_t size; /* octets; 0: not known */
	bool gone;     /* POP3: marked by DELE */
	char *subject; /* or NULL */
};

/* The n-th (from 0), or NULL behind the last; good until the next turn.  Flags
 * and messages are those of the mailbox that c has selected now. */
const char *memory_mailbox(const struct memory *m, size_t n);
const char *memory_flag(struct memory *m, const struct conn *c, size_t n);
const struct memory_message *memory_message(
    struct memory *m, const struct conn *c, size_t n);
/* The message of this number, or NULL. */
const struct memory_message *memory_find(
    struct memory *m, const struct conn *c, uint64_t num);
/* The highest number that a message has now; 0 if there is none, or if it is
 * not known (POP3 before STAT or LIST). */
uint64_t memory_last(struct memory *m, const struct conn *c);

/* An unasked line of IMAP. */
void memory_unasked(struct memory *m, struct conn *c, struct str line);

/* ---- lesson.c ---- */

/* The reply of one command, which must outlive the lesson as m must. */
struct lesson;

struct lesson *lesson_new(struct memory *m, struct cmd *cmd);
/* The next line of the reply, as it came. */
void lesson_line(struct lesson *l, struct str line);
/* Octets of the body that is due: of a literal, or of a POP3 reply. */
void lesson_bytes(struct lesson *l, struct str bytes);
/* The reply is over (done: with OK), or nobody looks at it any more. */
void lesson_end(struct lesson *l, bool done);

/* ---- what lessons do to a memory ---- */

void memory_learn_mailbox(struct memory *m, struct str name);
void memory_forget_mailbox(struct memory *m, struct str name);
void memory_learn_flag(struct memory *m, struct str flag);
void memory_learn_uid(struct memory *m, uint64_t num, uint64_t uid);
void memory_learn_size(struct memory *m, uint64_t num, uint64_t size);
/* subject as it stands in a header: folded, encoded. */
void memory_learn_subject(struct memory *m, uint64_t num, struct str subject);
void memory_mark(struct memory *m, uint64_t num, bool gone);
/* EXPUNGE: the numbers behind it shift. */
void memory_expunge(struct memory *m, uint64_t num);
/* How many there are: EXISTS, STAT. */
void memory_count(struct memory *m, uint64_t n);
/* All but the names of mailboxes. */
void memory_forget_messages(struct memory *m);
void memory_forget_all(struct memory *m);
/* What is known is of the mailbox that c has selected. */
void memory_here(struct memory *m, const struct conn *c);

#endif
