/*
 * account: the mailboxes of one user, by their names.
 *
 * A mailbox that several use is one struct mailbox, and stays open for a while
 * when the last of them is gone.
 */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H

#include "store/mailbox.h"
#include "store/names.h"

struct account;

enum account_result {
	ACCOUNT_OK,
	ACCOUNT_NONE,	  /* there is no mailbox of this name */
	ACCOUNT_EXISTS,	  /* there is one already */
	ACCOUNT_CHILDREN, /* the name is no mailbox, and has some below it */
	ACCOUNT_CANNOT,	  /* not with this name */
	ACCOUNT_FAIL,	  /* err says why */
};

/* The account in the folder `path`, which is made if it is not there. */
struct account *account_open(const char *path, struct err *e);
/* Its folder, for names.h. */
const char *account_path(const struct account *a);
/* No mailbox of it may be in use. */
void account_close(struct account *a); /* a may be NULL */

/* In all that follows, a name is as name_spell gives it. */

/* A mailbox that the caller uses until account_release; the same one for all
 * who use it.  The folders are looked at. */
enum account_result account_use(
    struct account *a, struct str name, struct mailbox **out, struct err *e);
void account_release(struct account *a, struct mailbox *mb);

enum account_result account_create(
    struct account *a, struct str name, struct err *e);
/* Who uses the mailbox finds it gone. */
enum account_result account_delete(
    struct account *a, struct str name, struct err *e);
/* With all below it.  INBOX stays, and gives all its mail (RFC 9051 6.3.6). */
enum account_result account_rename(
    struct account *a, struct str from, struct str to, struct err *e);

#endif
