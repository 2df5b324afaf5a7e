/*
 * users: who has an account, and whom an address means.
 *
 * The root folder holds two text files; lines that begin with # are remarks.
 *
 *	users		name:password[:full name]
 *	aliases		name: member, member …
 *
 * A password is clear, or a hash of crypt(3).  Both files are read again when
 * they have changed; one that is broken is told of on standard error and leaves
 * things as they were.  A user's mail is in the folder of his name beside them.
 */
#ifndef SERVER_USERS_H
#define SERVER_USERS_H

#include "store/account.h"

struct user {
	struct user *next;
	char *name;
	char *password;
	char *full_name;	 /* or NULL */
	bool gone;		 /* no more in the file */
	struct account *account; /* NULL: not yet opened */
};

struct users;

/* Reads the files in root.  NULL if there is no file of users, or it is
 * broken. */
struct users *users_open(const char *root, struct err *e);
void users_close(struct users *us); /* no account may be in use */

/* By name, in any ASCII case; NULL if there is none. */
struct user *users_find(struct users *us, struct str name);
/* The same for who logs in: a domain of ours may stand behind the name, since
 * many programs log in with the whole address (RFC 6186 4). */
struct user *users_find_login(struct users *us, struct str name);
/* The users from this one (the first: NULL) on. */
struct user *users_next(struct users *us, const struct user *u);
/* Whether it is u's password; u may be NULL, which takes as long. */
bool user_check(const struct user *u, struct str password);
/* The password, for mechanisms that compute with it; NULL if there is only a
 * hash of it. */
const char *user_password(const struct user *u);
/* Whether that is so of all: mechanisms that compute are offered to nobody if
 * one could not use them, since who tries is refused. */
bool users_have_passwords(struct users *us);
/* His account, opened on first use; NULL if that cannot be. */
struct account *user_account(struct users *us, struct user *u, struct err *e);

/* ---- addresses ---- */

/* Domains that are ours besides localhost and what RFC 2606 and RFC 6761
 * keep for examples and tests, of which none is real. */
void users_domain(struct users *us, const char *domain);
bool users_domain_is_ours(const struct users *us, struct str domain);

enum { USERS_LIST_MAX = 100 };

/* Whom mail goes to. */
struct recipients {
	size_t n;
	struct user *user[USERS_LIST_MAX];
};

enum resolved {
	RESOLVED_USER,	  /* one */
	RESOLVED_LIST,	  /* an alias's members */
	RESOLVED_UNKNOWN, /* nobody here has the name */
	RESOLVED_FOREIGN, /* another server's domain */
};

/*
 * Whom "local@domain" or "local" means.  What stands behind a "+" in the
 * local part plays no part (RFC 5233); postmaster without a line of his own
 * is the first user (RFC 5321 4.5.1).
 */
enum resolved users_resolve(
    struct users *us, struct str address, struct recipients *out);

/* Those users whose name or full name has the text in it (VRFY). */
void users_search(struct users *us, struct str text, struct recipients *out);

#endif
