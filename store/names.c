/* names: mailboxes by name, and the folders they lie in. */
#include "store/names.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char subscriptions_file[] = "postel-subscriptions";

enum { SUBSCRIPTIONS_MAX = 1 << 20 }; /* octets */

/* ---- spelling ---- */

/* The folder of a mailbox that is not INBOX, by its name alone. */
static int
put_folder(struct buf *b, struct str name)
{
	if (buf_addc(b, '.') < 0)
		return -1;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if ((c == '.' || c == '%'
			    ? buf_addf(b, "%%%02X", (unsigned)c)
			    : buf_addc(b, c == '/' ? '.' : c)) < 0)
			return -1;
	}
	return 0;
}

/* The name of the mailbox that lies in the folder; -1 if none does. */
static int
put_name(struct buf *b, struct str folder)
{
	for (size_t i = 1; i < folder.n; i++) {
		char c = folder.p[i] == '.' ? '/' : folder.p[i];

		if (c == '%') {
			struct str code = str_head(str_skip(folder, i + 1),
			    folder.n - i - 1 < 2 ? 0 : 2);

			if (!str_eq(code, S("2E")) && !str_eq(code, S("25")))
				return -1;
			c = str_eq(code, S("2E")) ? '.' : '%';
			i += 2;
		}
		if (buf_addc(b, c) < 0)
			return -1;
	}
	return 0;
}

static bool
is_level(struct str level)
{
	for (size_t i = 0; i < level.n; i++)
		if ((unsigned char)level.p[i] < ' ' || level.p[i] == 0x7f ||
		    level.p[i] == '*' || level.p[i] == '%')
			return false;
	return level.n > 0;
}

bool
name_spell(struct buf *out, struct str name)
{
	struct str rest = name, level = str_cut(&rest, '/');
	struct buf folder;
	bool good = utf8_valid(name) && is_level(level);

	buf_clear(out);
	if (str_eqcase(level, S("INBOX")))
		level = S("INBOX");
	good = good && buf_add(out, level) == 0;
	rest = str_skip(name, level.n < name.n ? level.n : name.n);
	while (good && rest.n > 0) {
		rest = str_skip(rest, 1);
		level = str_head(rest, str_find(rest, '/'));
		good = is_level(level) && buf_addc(out, '/') == 0 &&
		       buf_add(out, level) == 0;
		rest = str_skip(rest, level.n);
	}
	buf_init(&folder, NAME_MAX);
	good = good && put_folder(&folder, buf_str(out)) == 0;
	buf_fini(&folder);
	return good;
}

bool
name_is_inbox(struct str name)
{
	return str_eq(name, S("INBOX"));
}

bool
name_is_below(struct str name, struct str above)
{
	return name.n > above.n && str_starts(name, above) &&
	       name.p[above.n] == '/';
}

char *
name_path(const char *root, struct str name)
{
	struct buf b;
	char *path;

	buf_init(&b, PATH_MAX + NAME_MAX);
	(void)buf_addz(&b, root);
	if (!name_is_inbox(name)) {
		(void)buf_addc(&b, '/');
		(void)put_folder(&b, name);
	}
	path = mem_strdup(buf_cstr(&b));
	buf_fini(&b);
	return path;
}

bool
name_exists(const char *root, struct str name)
{
	char *path = name_path(root, name);
	bool yes = maildir_is(path);

	free(path);
	return yes;
}

/* ---- lists of names ---- */

static void
add_name(struct names *names, struct str name, bool there)
{
	/* By powers of two: n itself says when the next one is due. */
	if ((names->n & (names->n - 1)) == 0)
		names->rows = mem_realloc(names->rows,
		    (names->n > 0 ? 2 * names->n : 1) * sizeof(*names->rows));
	names->rows[names->n++] = (struct names_row){
	    .name = str_copy(mem_zalloc(name.n + 1), name.n + 1, name),
	    .exists = there};
}

/* As strcmp, with "/" before all else, so that what is below follows. */
static int
compare_names(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (*a == '/' ? 1 : (unsigned char)*a) -
	       (*b == '/' ? 1 : (unsigned char)*b);
}

static int
by_name(const void *pa, const void *pb)
{
	const struct names_row *a = pa, *b = pb;
	int order = compare_names(a->name, b->name);
	bool in_a = strcmp(a->name, "INBOX") == 0;
	bool in_b = strcmp(b->name, "INBOX") == 0;

	if (in_a != in_b)
		return in_a ? -1 : 1;
	/* Of two of the same name the one that exists comes first. */
	return order != 0 ? order : (int)b->exists - (int)a->exists;
}

static void
sort_names(struct names *names)
{
	size_t n = 0;

	if (names->n > 1)
		qsort(names->rows, names->n, sizeof(*names->rows), by_name);
	for (size_t i = 0; i < names->n; i++) {
		if (n > 0 &&
		    strcmp(names->rows[n - 1].name, names->rows[i].name) == 0)
			free(names->rows[i].name);
		else
			names->rows[n++] = names->rows[i];
	}
	names->n = n;
}

void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->rows[i].name);
	free(names->rows);
	*names = (struct names){0};
}

const struct names_row *
names_find(const struct names *names, struct str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(str_z(names->rows[i].name), name))
			return &names->rows[i];
	return NULL;
}

/* A mailbox, and the levels above it. */
static void
add_folder(const char *root, struct names *out, const char *folder)
{
	struct buf name, again;
	struct str s;
	bool good;

	if (*folder != '.')
		return;
	buf_init(&name, NAME_MAX_OCTETS);
	buf_init(&again, NAME_MAX_OCTETS);
	/* Only what name_spell could have made: so a folder has one name,
	 * and none of them is "." or "..". */
	good = put_name(&name, str_z(folder)) == 0 &&
	       name_spell(&again, buf_str(&name)) &&
	       str_eq(buf_str(&name), buf_str(&again)) &&
	       !name_is_inbox(buf_str(&name)) &&
	       name_exists(root, buf_str(&name));
	s = buf_str(&name);
	if (good)
		add_name(out, s, true);
	for (size_t i = 1; good && i < s.n; i++)
		if (s.p[i] == '/')
			add_name(out, str_head(s, i), false);
	buf_fini(&name);
	buf_fini(&again);
}

int
names_list(const char *root, struct names *out, struct err *e)
{
	DIR *d = opendir(root);
	struct dirent *de;

	*out = (struct names){0};
	if (d == NULL)
		return err_sys(e, "mailboxes");
	add_name(out, S("INBOX"), true);
	while ((de = readdir(d)) != NULL)
		add_folder(root, out, de->d_name);
	closedir(d);
	sort_names(out);
	return 0;
}

/* ---- subscriptions ---- */

static FILE *
open_subscriptions(const char *root, const char *suffix, const char *mode)
{
	char path[PATH_MAX];
	int n = snprintf(
	    path, sizeof(path), "%s/%s%s", root, subscriptions_file, suffix);

	if (n < 0 || n >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(path, mode);
}

int
names_subscribed(const char *root, struct names *out, struct err *e)
{
	FILE *f = open_subscriptions(root, "", "re");
	struct buf name;
	char line[1024];

	*out = (struct names){0};
	if (f == NULL)
		return errno == ENOENT ? 0 : err_sys(e, "subscriptions");
	buf_init(&name, NAME_MAX_OCTETS);
	while (fgets(line, sizeof(line), f) != NULL)
		if (name_spell(&name, str_chomp(str_z(line))))
			add_name(out, buf_str(&name),
			    name_exists(root, buf_str(&name)));
	buf_fini(&name);
	fclose(f);
	sort_names(out);
	return 0;
}

static int
write_subscriptions(const char *root, const struct names *names, struct err *e)
{
	char from[PATH_MAX], to[PATH_MAX];
	FILE *f = open_subscriptions(root, ".new", "we");
	bool good = f != NULL;

	for (size_t i = 0; good && i < names->n; i++)
		good = fprintf(f, "%s\n", names->rows[i].name) > 0;
	if (f != NULL)
		good = fclose(f) == 0 && good;
	(void)snprintf(to, sizeof(to), "%s/%s", root, subscriptions_file);
	(void)snprintf(
	    from, sizeof(from), "%s/%s.new", root, subscriptions_file);
	return good && rename(from, to) == 0 ? 0 : err_sys(e, "subscriptions");
}

int
names_subscribe(const char *root, struct str name, bool yes, struct err *e)
{
	struct names names;
	size_t total = 0;
	int rc;

	if (names_subscribed(root, &names, e) < 0)
		return -1;
	if (yes)
		add_name(&names, name, false);
	for (size_t i = 0; i < names.n; i++) {
		total += strlen(names.rows[i].name) + 1;
		if (!yes && str_eq(str_z(names.rows[i].name), name)) {
			free(names.rows[i].name);
			names.rows[i--] = names.rows[--names.n];
		}
	}
	sort_names(&names);
	if (total > SUBSCRIPTIONS_MAX)
		rc = err_set(e, ERR_LIMIT, "too many subscriptions");
	else
		rc = write_subscriptions(root, &names, e);
	names_free(&names);
	return rc;
}
