/* account: which mailboxes there are, and which of them are in use. */
#include "store/account.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static const char validity_file[] = "postel-validity";
static const char doomed_prefix[] = "postel-deleted.";

enum {
	/* Mailboxes that nobody uses are kept while they hold no more
	 * messages than this together: the next SELECT finds them warm. */
	IDLE_MESSAGES = 50000,
};

/* A mailbox that is open. */
struct opened {
	struct opened *next;
	char *name; /* NULL: deleted, and still in use */
	unsigned users;
	struct mailbox *mb;
	dev_t dev; /* its folder, whatever the folder's name */
	ino_t ino;
};

struct account {
	char *path;
	struct opened *opened; /* the last one used first */
};

/* ---- UIDVALIDITY ---- */

/* The number in the file, or 0. */
static uint32_t
last_validity(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[32] = "";
	uint64_t n = 0;

	if (f != NULL) {
		if (fgets(line, sizeof(line), f) != NULL)
			(void)str_u64(str_chomp(str_z(line)), UINT32_MAX, &n);
		fclose(f);
	}
	return (uint32_t)n;
}

/*
 * The time, and more than the last one that this account has given: so no
 * mailbox that is deleted and made again has the one it had (RFC 9051
 * 2.3.1.1), however fast that goes.
 */
static uint32_t
new_validity(void *arg)
{
	const struct account *a = arg;
	char path[PATH_MAX], tmp[PATH_MAX];
	uint32_t last, n = (uint32_t)time(NULL);
	FILE *f;
	bool good;

	if (snprintf(path, sizeof(path), "%s/%s", a->path, validity_file) >=
		(int)sizeof(path) ||
	    snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return n;
	last = last_validity(path);
	if (n <= last)
		n = last + 1;
	f = fopen(tmp, "we");
	if (f != NULL) {
		good = fprintf(f, "%" PRIu32 "\n", n) > 0;
		if (fclose(f) == 0 && good)
			(void)rename(tmp, path);
	}
	return n;
}

/* ---- which are in use ---- */

static void
opened_free(struct opened *o)
{
	mailbox_free(o->mb);
	free(o->name);
	free(o);
}

static struct opened *
find_opened(struct account *a, struct str name)
{
	struct opened *o;

	for (o = a->opened; o != NULL; o = o->next)
		if (o->name != NULL && str_eq(str_z(o->name), name))
			return o;
	return NULL;
}

static void
unlink_opened(struct account *a, struct opened *o)
{
	struct opened **at = &a->opened;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
}

/* Closes those that nobody uses, beyond what is worth to be kept. */
static void
trim(struct account *a)
{
	struct opened **at = &a->opened, *o;
	size_t idle = 0;

	while ((o = *at) != NULL) {
		if (o->users == 0)
			idle += o->mb->n + 100;
		if (o->users > 0 || (o->name != NULL && idle < IDLE_MESSAGES)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		opened_free(o);
	}
}

/* The mailbox is no more under its name; it may be freed. */
static void
detach(struct account *a, struct opened *o)
{
	free(o->name);
	o->name = NULL;
	o->mb->gone = true;
	mailbox_notify(o->mb);
	trim(a);
}

/* Whether the folder at path is the one that is open.  Another program may
 * have removed it, or put another one in its place. */
static bool
is_at(const struct opened *o, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == o->dev &&
	       st.st_ino == o->ino;
}

/* Two of them on one folder would give the same UIDs. */
static void
detach_namesakes(struct account *a, const struct opened *fresh)
{
	struct opened *o = a->opened;

	while (o != NULL && (o->name == NULL || o->dev != fresh->dev ||
				o->ino != fresh->ino))
		o = o->next;
	if (o != NULL)
		detach(a, o);
}

static struct opened *
open_mailbox(
    struct account *a, struct str name, const char *path, struct err *e)
{
	struct mailbox *mb = mailbox_open(path, new_validity, a, e);
	struct opened *o = NULL;
	struct stat st = {0};

	if (mb != NULL) {
		(void)fstat(mb->dir, &st);
		o = mem_zalloc(sizeof(*o));
		*o = (struct opened){.mb = mb,
		    .name = str_copy(mem_zalloc(name.n + 1), name.n + 1, name),
		    .dev = st.st_dev,
		    .ino = st.st_ino};
		detach_namesakes(a, o);
		o->next = a->opened;
		a->opened = o;
	}
	return o;
}

/* The mailbox of the name whose folder is at path, as the first of those that
 * are open; NULL if it cannot be opened. */
static struct opened *
fetch_mailbox(
    struct account *a, struct str name, const char *path, struct err *e)
{
	struct opened *o = find_opened(a, name);

	if (o != NULL && !is_at(o, path)) {
		detach(a, o);
		o = NULL;
	}
	if (o == NULL)
		return open_mailbox(a, name, path, e);
	unlink_opened(a, o);
	o->next = a->opened;
	a->opened = o;
	return o;
}

enum account_result
account_use(
    struct account *a, struct str name, struct mailbox **out, struct err *e)
{
	char *path = name_path(a->path, name);
	enum account_result r = ACCOUNT_FAIL;
	bool there = maildir_is(path);
	struct err ignored = {0};
	struct opened *o = NULL;

	/* INBOX is always there (RFC 9051 5.1), whoever has removed it.  Of
	 * another one a part may be missing, which is no harm to reading. */
	if (!there && !name_is_inbox(name))
		r = ACCOUNT_NONE;
	else if (maildir_make(path, there ? &ignored : e) == 0 || there)
		o = fetch_mailbox(a, name, path, e);
	free(path);
	if (o == NULL || mailbox_refresh(o->mb, true, e) < 0)
		return r;
	o->users++;
	*out = o->mb;
	return ACCOUNT_OK;
}

void
account_release(struct account *a, struct mailbox *mb)
{
	struct opened *o = a->opened;

	while (o->mb != mb)
		o = o->next;
	o->users--;
	trim(a);
}

/* ---- making and removing ---- */

enum account_result
account_create(struct account *a, struct str name, struct err *e)
{
	char *path = name_path(a->path, name);
	enum account_result r = ACCOUNT_OK;

	if (maildir_is(path))
		r = ACCOUNT_EXISTS;
	else if (maildir_make(path, e) < 0)
		r = e->sys == ENAMETOOLONG ? ACCOUNT_CANNOT : ACCOUNT_FAIL;
	free(path);
	return r;
}

/* Whether there is a mailbox below name. */
static bool
has_children(struct account *a, struct str name)
{
	struct names all;
	struct err ignored = {0};
	bool yes = false;

	if (names_list(a->path, &all, &ignored) < 0)
		return false;
	for (size_t i = 0; i < all.n; i++)
		yes |= name_is_below(str_z(all.rows[i].name), name);
	names_free(&all);
	return yes;
}

/* Where a mailbox goes that is being removed.  Without a dot in front it is
 * no mailbox any more. */
static char *
doomed_path(const struct account *a)
{
	struct buf b;
	char *path;

	buf_init(&b, 2 * PATH_MAX);
	(void)buf_addf(&b, "%s/%s", a->path, doomed_prefix);
	maildir_unique(&b);
	path = mem_strdup(buf_cstr(&b));
	buf_fini(&b);
	return path;
}

enum account_result
account_delete(struct account *a, struct str name, struct err *e)
{
	char *path, *doomed;
	struct opened *o = find_opened(a, name);
	int rc;

	if (name_is_inbox(name))
		return ACCOUNT_CANNOT;
	if (!name_exists(a->path, name))
		return has_children(a, name) ? ACCOUNT_CHILDREN : ACCOUNT_NONE;
	/* First it is away under its name, in one step; then piece by piece. */
	path = name_path(a->path, name);
	doomed = doomed_path(a);
	rc = rename(path, doomed) == 0 ? 0 : err_sys(e, "delete");
	if (rc == 0) {
		if (o != NULL)
			detach(a, o);
		rc = maildir_remove(doomed, e);
	}
	free(path);
	free(doomed);
	return rc == 0 ? ACCOUNT_OK : ACCOUNT_FAIL;
}

/* ---- renaming ---- */

static int
rename_one(struct account *a, struct str from, struct str to, struct err *e)
{
	char *old = name_path(a->path, from), *new = name_path(a->path, to);
	struct opened *o = find_opened(a, from);
	int rc = rename(old, new);

	if (rc != 0)
		(void)err_sys(e, "rename");
	else if (o != NULL) {
		free(o->name);
		o->name = str_copy(mem_zalloc(to.n + 1), to.n + 1, to);
	}
	free(old);
	free(new);
	return rc;
}

/* INBOX's mail goes to a new mailbox. */
static enum account_result
rename_inbox(struct account *a, struct str to, struct err *e)
{
	struct mailbox *inbox = NULL, *dest = NULL;
	enum account_result r = account_create(a, to, e);
	uint32_t *from, *got;
	size_t n, done;

	if (r == ACCOUNT_OK)
		r = account_use(a, S("INBOX"), &inbox, e);
	if (r == ACCOUNT_OK)
		r = account_use(a, to, &dest, e);
	if (r == ACCOUNT_OK) {
		n = inbox->n;
		from = mem_zalloc((n + 1) * sizeof(*from));
		got = mem_zalloc((n + 1) * sizeof(*got));
		for (size_t i = 0; i < n; i++)
			from[i] = inbox->msgs[i].uid;
		if (mailbox_move(inbox, from, n, dest, got, &done, e) < 0)
			r = ACCOUNT_FAIL;
		mailbox_notify(inbox);
		mailbox_notify(dest);
		free(from);
		free(got);
	}
	if (dest != NULL)
		account_release(a, dest);
	if (inbox != NULL)
		account_release(a, inbox);
	return r;
}

/* Puts the name that `name`, which is from or lies below it, will have. */
static bool
renamed(struct buf *b, struct str name, struct str from, struct str to)
{
	struct buf whole;
	bool good;

	buf_init(&whole, 2 * NAME_MAX_OCTETS);
	good = buf_add(&whole, to) == 0 &&
	       buf_add(&whole, str_skip(name, from.n)) == 0 &&
	       name_spell(b, buf_str(&whole));
	buf_fini(&whole);
	return good;
}

static enum account_result
rename_all(struct account *a, const struct names *all, struct str from,
    struct str to, bool dry, struct err *e)
{
	enum account_result r = ACCOUNT_OK;
	struct buf new;

	buf_init(&new, NAME_MAX_OCTETS);
	for (size_t i = 0; i < all->n && r == ACCOUNT_OK; i++) {
		struct str name = str_z(all->rows[i].name);

		if (!all->rows[i].exists ||
		    (!str_eq(name, from) && !name_is_below(name, from)))
			continue;
		if (!renamed(&new, name, from, to))
			r = ACCOUNT_CANNOT;
		else if (dry && name_exists(a->path, buf_str(&new)))
			r = ACCOUNT_EXISTS;
		else if (!dry && rename_one(a, name, buf_str(&new), e) < 0)
			r = ACCOUNT_FAIL;
	}
	buf_fini(&new);
	return r;
}

enum account_result
account_rename(struct account *a, struct str from, struct str to, struct err *e)
{
	struct names all;
	enum account_result r;

	if (name_exists(a->path, to))
		return ACCOUNT_EXISTS;
	if (name_is_inbox(from))
		return rename_inbox(a, to, e);
	if (name_is_below(to, from))
		return ACCOUNT_CANNOT;
	if (names_list(a->path, &all, e) < 0)
		return ACCOUNT_FAIL;
	if (names_find(&all, from) == NULL) {
		r = ACCOUNT_NONE;
	} else {
		r = rename_all(a, &all, from, to, true, e);
		if (r == ACCOUNT_OK)
			r = rename_all(a, &all, from, to, false, e);
	}
	names_free(&all);
	return r;
}

/* ---- the account ---- */

/* Finishes removals that a crash interrupted. */
static void
clean_up(const struct account *a)
{
	struct err ignored = {0};
	DIR *d = opendir(a->path);
	struct dirent *de;
	char path[PATH_MAX];

	while (d != NULL && (de = readdir(d)) != NULL)
		if (str_starts(str_z(de->d_name), str_z(doomed_prefix)) &&
		    snprintf(path, sizeof(path), "%s/%s", a->path, de->d_name) <
			(int)sizeof(path))
			(void)maildir_remove(path, &ignored);
	if (d != NULL)
		closedir(d);
}

struct account *
account_open(const char *path, struct err *e)
{
	struct account *a;

	if (maildir_make(path, e) < 0)
		return NULL;
	a = mem_zalloc(sizeof(*a));
	a->path = mem_strdup(path);
	clean_up(a);
	return a;
}

const char *
account_path(const struct account *a)
{
	return a->path;
}

void
account_close(struct account *a)
{
	struct opened *o;

	if (a == NULL)
		return;
	while ((o = a->opened) != NULL) {
		a->opened = o->next;
		opened_free(o);
	}
	free(a->path);
	free(a);
}
