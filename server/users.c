/* users: the two files of the root folder, and what they say. */
#include "server/users.h"
#include "base/mem.h"

#include <crypt.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct alias {
	struct alias *next;
	char *name;
	char *members; /* "a, b" */
};

/* One of the two files. */
struct text {
	char path[PATH_MAX];
	struct stat st; /* when it was read */
};

struct domain {
	struct domain *next;
	char *name;
};

struct users {
	char *root;
	struct user *first;
	struct alias *aliases;
	struct domain *domains;
	struct text users, lists;
};

static char *
copy(struct str s)
{
	return str_copy(mem_zalloc(s.n + 1), s.n + 1, s);
}

/* ---- reading ---- */

/* A name becomes that of a folder, and the left side of an address. */
static bool
is_name(struct str s)
{
	static const struct str marks = STR("._-+");

	if (s.n == 0 || s.n > 64 || *s.p == '.' || *s.p == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alpha(s.p[i]) && !ascii_digit(s.p[i]) &&
		    !str_has(marks, s.p[i]))
			return false;
	return true;
}

/* Calls `take` with each line of the file that says something; it returns
 * what is wrong with it, or NULL. */
static int
read_lines(struct text *t, const char *(*take)(void *arg, struct str line),
    void *arg, struct err *e)
{
	FILE *f = fopen(t->path, "re");
	char *line = NULL;
	size_t size = 0;
	int rc = 0, number = 0;
	ssize_t n;

	if (f == NULL)
		return err_sys(e, "%s", t->path);
	(void)fstat(fileno(f), &t->st);
	errno = 0;
	while (rc == 0 && (n = getline(&line, &size, f)) >= 0) {
		struct str s = {line, (size_t)n};
		const char *wrong = NULL;

		s = str_trim(str_chomp(s));
		number++;
		if (s.n > 0 && *s.p != '#')
			wrong = take(arg, s);
		if (wrong != NULL)
			rc = err_set(e, ERR_USE, "%s line %d: %s", t->path,
			    number, wrong);
		errno = 0;
	}
	if (rc == 0 && ferror(f))
		rc = err_sys(e, "%s", t->path);
	if (line != NULL)
		mem_wipe(line, size);
	free(line);
	fclose(f);
	return rc;
}

static void
user_free(struct user *u)
{
	account_close(u->account);
	mem_free_secret(u->password);
	free(u->name);
	free(u->full_name);
	free(u);
}

static struct user *
find_in(struct user *u, struct str name)
{
	while (u != NULL && !str_eqcase(str_z(u->name), name))
		u = u->next;
	return u;
}

/* What lies beside the folders of users. */
static bool
is_file_of_ours(struct str name)
{
	static const struct str files[] = {STR("users"), STR("aliases"),
	    STR("posteld.lock"), STR("posteld-cert.pem"),
	    STR("posteld-key.pem")};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (str_eqcase(name, files[i]))
			return true;
	return false;
}

static const char no_name[] = "a name is of letters, digits and . _ - +, and "
			      "begins with no . or -";

/* arg: the first of a list of users. */
static const char *
take_user(void *arg, struct str line)
{
	struct user **last = arg, *u;
	bool whole = str_has(line, ':');
	struct str name = str_cut(&line, ':'), password = str_cut(&line, ':');

	if (!whole || password.n == 0)
		return "it is name:password[:full name]";
	if (str_has(password, '\0') || str_has(line, '\0'))
		return "a NUL is in it";
	if (!is_name(name))
		return no_name;
	if (is_file_of_ours(name))
		return "that is the name of a file in the folder";
	if (find_in(*last, name) != NULL)
		return "that user is there already";
	while (*last != NULL)
		last = &(*last)->next;
	u = mem_zalloc(sizeof(*u));
	u->name = copy(name);
	u->password = copy(password);
	if (line.n > 0)
		u->full_name = copy(line);
	*last = u;
	return NULL;
}

/* What the file says now, of users that others may hold. */
static void
merge(struct users *us, struct user *fresh)
{
	struct user **last = &us->first, *old, *next;

	for (; *last != NULL; last = &(*last)->next)
		(*last)->gone = true;
	for (; fresh != NULL; fresh = next) {
		next = fresh->next;
		fresh->next = NULL;
		old = find_in(us->first, str_z(fresh->name));
		if (old == NULL) {
			*last = fresh;
			last = &fresh->next;
			continue;
		}
		old->gone = false;
		mem_free_secret(old->password);
		free(old->full_name);
		old->password = fresh->password;
		old->full_name = fresh->full_name;
		fresh->password = fresh->full_name = NULL;
		user_free(fresh);
	}
}

static int
read_users(struct users *us, struct err *e)
{
	struct user *fresh = NULL, *next;

	if (read_lines(&us->users, take_user, &fresh, e) == 0) {
		merge(us, fresh);
		return 0;
	}
	for (; fresh != NULL; fresh = next) {
		next = fresh->next;
		user_free(fresh);
	}
	return -1;
}

static void
aliases_free(struct alias *a)
{
	struct alias *next;

	for (; a != NULL; a = next) {
		next = a->next;
		free(a->name);
		free(a->members);
		free(a);
	}
}

static const char *
take_alias(void *arg, struct str line)
{
	struct alias ***last = arg, *a;
	struct str name = str_trim(str_cut(&line, ':'));

	line = str_trim(line);
	if (line.n == 0)
		return "it is name: member, member ...";
	if (!is_name(name))
		return no_name;
	a = mem_zalloc(sizeof(*a));
	a->name = copy(name);
	a->members = copy(line);
	**last = a;
	*last = &a->next;
	return NULL;
}

/* There need be no such file. */
static int
read_aliases(struct users *us, struct err *e)
{
	struct alias *fresh = NULL, **last = &fresh;
	struct err why = {0};

	if (read_lines(&us->lists, take_alias, &last, &why) < 0 &&
	    why.sys != ENOENT) {
		aliases_free(fresh);
		*e = why;
		return -1;
	}
	aliases_free(us->aliases);
	us->aliases = fresh;
	return 0;
}

static bool
has_changed(const struct text *t)
{
	struct stat st;

	if (stat(t->path, &st) != 0)
		return t->st.st_ino != 0;
	return st.st_ino != t->st.st_ino || st.st_size != t->st.st_size ||
	       st.st_mtim.tv_sec != t->st.st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != t->st.st_mtim.tv_nsec;
}

static void
refresh(struct users *us)
{
	struct err e = {0};

	if (has_changed(&us->users) && read_users(us, &e) < 0)
		fprintf(stderr, "posteld: %s\n", e.msg);
	err_clear(&e);
	if (has_changed(&us->lists) && read_aliases(us, &e) < 0)
		fprintf(stderr, "posteld: %s\n", e.msg);
}

struct users *
users_open(const char *root, struct err *e)
{
	struct users *us = mem_zalloc(sizeof(*us));

	us->root = mem_strdup(root);
	(void)snprintf(
	    us->users.path, sizeof(us->users.path), "%s/users", root);
	(void)snprintf(
	    us->lists.path, sizeof(us->lists.path), "%s/aliases", root);
	if (read_users(us, e) == 0 && read_aliases(us, e) == 0)
		return us;
	users_close(us);
	return NULL;
}

void
users_close(struct users *us)
{
	struct domain *d;
	struct user *u;

	if (us == NULL)
		return;
	while ((u = us->first) != NULL) {
		us->first = u->next;
		user_free(u);
	}
	while ((d = us->domains) != NULL) {
		us->domains = d->next;
		free(d->name);
		free(d);
	}
	aliases_free(us->aliases);
	free(us->root);
	free(us);
}

/* ---- users ---- */

struct user *
users_next(struct users *us, const struct user *u)
{
	struct user *next = u != NULL ? u->next : us->first;

	while (next != NULL && next->gone)
		next = next->next;
	return next;
}

struct user *
users_find(struct users *us, struct str name)
{
	struct user *u;

	refresh(us);
	u = find_in(us->first, name);
	return u != NULL && !u->gone ? u : NULL;
}

/* "$id$…" of crypt(3), or "$2b$…" and the like. */
static bool
is_hash(const char *password)
{
	return *password == '$' && strchr(password + 1, '$') > password + 1;
}

const char *
user_password(const struct user *u)
{
	return is_hash(u->password) ? NULL : u->password;
}

bool
users_have_passwords(struct users *us)
{
	refresh(us);
	for (const struct user *u = users_next(us, NULL); u != NULL;
	     u = users_next(us, u))
		if (user_password(u) == NULL)
			return false;
	return true;
}

/* Whether a and b are equal, in a time that does not tell where they
 * differ. */
static bool
same_secret(struct str a, struct str b)
{
	unsigned char differ = a.n != b.n;

	for (size_t i = 0; i < a.n; i++)
		differ |=
		    (unsigned char)(a.p[i] ^ (b.n > 0 ? b.p[i % b.n] : 0));
	return differ == 0;
}

bool
user_check(const struct user *u, struct str password)
{
	const char *want = u != NULL ? u->password : "nobody";
	struct crypt_data data = {0};
	char given[CRYPT_MAX_PASSPHRASE_SIZE + 1];
	const char *hash;
	bool good;

	if (!is_hash(want))
		return same_secret(password, str_z(want)) && u != NULL;
	if (password.n >= sizeof(given) || str_has(password, '\0'))
		return false;
	(void)str_copy(given, sizeof(given), password);
	hash = crypt_r(given, want, &data);
	good = hash != NULL && same_secret(str_z(hash), str_z(want));
	mem_wipe(given, sizeof(given));
	mem_wipe(&data, sizeof(data));
	return good;
}

struct account *
user_account(struct users *us, struct user *u, struct err *e)
{
	char path[PATH_MAX];

	if (u->account == NULL && snprintf(path, sizeof(path), "%s/%s",
				      us->root, u->name) < (int)sizeof(path))
		u->account = account_open(path, e);
	return u->account;
}

/* ---- addresses ---- */

void
users_domain(struct users *us, const char *domain)
{
	struct domain *d = mem_zalloc(sizeof(*d));

	d->name = mem_strdup(domain);
	d->next = us->domains;
	us->domains = d;
}

bool
users_domain_is_ours(const struct users *us, struct str domain)
{
	static const struct str kept[] = {STR(".test"), STR(".example"),
	    STR(".localhost"), STR("localhost"), STR("localhost.localdomain"),
	    STR("example.com"), STR("example.net"), STR("example.org"),
	    STR(".example.com"), STR(".example.net"), STR(".example.org"),
	    STR("[127.0.0.1]"), STR("[IPv6:::1]")};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		struct str end = kept[i];

		if (str_eqcase(domain, end) ||
		    (*end.p == '.' && domain.n > end.n &&
			str_eqcase(str_skip(domain, domain.n - end.n), end)))
			return true;
	}
	for (const struct domain *d = us->domains; d != NULL; d = d->next)
		if (str_eqcase(domain, str_z(d->name)))
			return true;
	return false;
}

static void
add(struct recipients *out, struct user *u)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->user[i] == u)
			return;
	if (out->n < USERS_LIST_MAX)
		out->user[out->n++] = u;
}

static const struct alias *
find_alias(const struct users *us, struct str name)
{
	const struct alias *a = us->aliases;

	while (a != NULL && !str_eqcase(str_z(a->name), name))
		a = a->next;
	return a;
}

static enum resolved
members_of(struct users *us, const struct alias *a, struct recipients *out)
{
	struct str members = str_z(a->members), name;
	struct user *u;

	while (members.n > 0) {
		name = str_trim(str_cut(&members, ','));
		u = users_find(us, name);
		if (u != NULL)
			add(out, u);
	}
	return out->n > 0 ? RESOLVED_LIST : RESOLVED_UNKNOWN;
}

/* A local part without the quotes it may stand in, and without what its octets
 * are quoted by (RFC 5321 4.1.2). */
static void
unquote(struct str local, struct buf *out)
{
	if (local.n < 2 || *local.p != '"' || local.p[local.n - 1] != '"') {
		(void)buf_add(out, local);
		return;
	}
	for (size_t i = 1; i + 1 < local.n; i++) {
		if (local.p[i] == '\\' && i + 2 < local.n)
			i++;
		(void)buf_addc(out, local.p[i]);
	}
}

/* Whom a local part of ours means. */
static enum resolved
resolve_local(struct users *us, struct str local, struct recipients *out)
{
	const struct alias *a = find_alias(us, local);
	struct user *u;

	if (a != NULL)
		return members_of(us, a, out);
	u = users_find(us, local);
	if (u == NULL)
		u = users_find(us, str_head(local, str_find(local, '+')));
	if (u == NULL && str_eqcase(local, S("postmaster")))
		u = users_next(us, NULL);
	if (u == NULL)
		return RESOLVED_UNKNOWN;
	add(out, u);
	return RESOLVED_USER;
}

/* The domain of an address, what stands behind its last @, and what stands
 * before that; false if there is none. */
static bool
cut_domain(struct str address, struct str *local, struct str *domain)
{
	for (size_t i = address.n; i > 0; i--)
		if (address.p[i - 1] == '@') {
			*local = str_head(address, i - 1);
			*domain = str_skip(address, i);
			return true;
		}
	return false;
}

struct user *
users_find_login(struct users *us, struct str name)
{
	struct str local, domain;

	if (cut_domain(name, &local, &domain) &&
	    users_domain_is_ours(us, domain))
		name = local;
	return users_find(us, name);
}

enum resolved
users_resolve(struct users *us, struct str address, struct recipients *out)
{
	struct str local = address, domain = S("");
	enum resolved found;
	struct buf plain;

	refresh(us);
	out->n = 0;
	if (cut_domain(address, &local, &domain) &&
	    !users_domain_is_ours(us, domain))
		return RESOLVED_FOREIGN;
	buf_init(&plain, local.n);
	unquote(local, &plain);
	found = resolve_local(us, buf_str(&plain), out);
	buf_fini(&plain);
	return found;
}

/* Whether text stands in s, whatever the case. */
static bool
has_text(struct str s, struct str text)
{
	for (; s.n >= text.n; s = str_skip(s, 1))
		if (str_eqcase(str_head(s, text.n), text))
			return true;
	return false;
}

void
users_search(struct users *us, struct str text, struct recipients *out)
{
	refresh(us);
	out->n = 0;
	for (struct user *u = NULL; (u = users_next(us, u)) != NULL;)
		if (has_text(str_z(u->name), text) ||
		    (u->full_name != NULL &&
			has_text(str_z(u->full_name), text)))
			add(out, u);
}
