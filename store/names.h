/*
 * names: mailboxes by name, and the folders they lie in.
 *
 * An account's folder, the root, is the Maildir of INBOX.  Any other mailbox is
 * a folder in it, as Maildir++ has them: "Work/2026" is ".Work.2026".  In these
 * names "%2E" stands for a dot and "%25" for a percent sign, so there is one
 * name for each folder, and none leads out of the account.
 *
 * Names are UTF-8, "/" divides their levels, and INBOX is one in any case.
 * A level above an existing mailbox need not be a mailbox itself.
 */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include "base/buf.h"
#include "base/err.h"

/* The most octets of a name; its folder's name must be no longer than a file's
 * may be, too. */
enum { NAME_MAX_OCTETS = 240 };

/*
 * Puts the one spelling of a name into *out, whose maximum must be
 * NAME_MAX_OCTETS.  False if no mailbox can have it: empty levels, control
 * characters, "*" or "%", invalid UTF-8, too long.
 */
bool name_spell(struct buf *out, struct str name);

/* In all that follows, a name is as name_spell gives it. */

bool name_is_inbox(struct str name);
/* Whether name lies on a level below above. */
bool name_is_below(struct str name, struct str above);
/* The path of the mailbox's folder, whether it is there or not; freed by
 * free(3). */
char *name_path(const char *root, struct str name);
/* Whether there is such a mailbox. */
bool name_exists(const char *root, struct str name);

struct names {
	struct names_row {
		char *name;
		bool exists; /* else only those below it do */
	} * rows;	     /* sorted, each after those above it */
	size_t n;
};

/* All names, INBOX first.  0, or -1; freed by names_free. */
int names_list(const char *root, struct names *out, struct err *e);
/* Those subscribed to, whether they exist or not; `exists` says. */
int names_subscribed(const char *root, struct names *out, struct err *e);
void names_free(struct names *names);
/* The row of a name; NULL if there is none. */
const struct names_row *names_find(const struct names *names, struct str name);

int names_subscribe(const char *root, struct str name, bool yes, struct err *e);

#endif
