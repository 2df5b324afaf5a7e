/* text: what the program says to people, in their language. */
#include "base/text.h"
#include "base/buf.h"
#include "base/mem.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A catalogue (the GNU gettext manual, "The Format of GNU MO Files"): two
 * tables of lengths and offsets, the first one sorted by what it points to. */
enum { MO_MAX = 4 << 20 };
struct mo_head {
	uint32_t magic, revision, count, texts, translations;
};
struct mo_entry {
	uint32_t length, offset;
};
static const uint32_t mo_magic = 0x950412de;

static struct {
	bool on, sought;
	char *file; /* or NULL: there is none */
	const struct mo_entry *texts, *translations;
	uint32_t count;
	bool zero_is_one; /* as in French: no message, one message */
} cat;

/* ---- reading ---- */

static bool
entries_fit(const struct mo_entry *t, uint32_t count, size_t size)
{
	for (uint32_t i = 0; i < count; i++)
		if (t[i].offset >= size || t[i].length >= size - t[i].offset ||
		    cat.file[t[i].offset + t[i].length] != '\0')
			return false;
	return true;
}

static bool
table_fits(uint32_t offset, uint32_t count, size_t size)
{
	return offset % sizeof(uint32_t) == 0 && offset < size &&
	       count <= (size - offset) / sizeof(struct mo_entry);
}

/* Whether the file is a catalogue through and through. */
static bool
parse(size_t size)
{
	struct mo_head head;

	if (size < sizeof(head))
		return false;
	memcpy(&head, cat.file, sizeof(head));
	if (head.magic != mo_magic || head.count == 0 ||
	    !table_fits(head.texts, head.count, size) ||
	    !table_fits(head.translations, head.count, size))
		return false;
	cat.texts = (const void *)(cat.file + head.texts);
	cat.translations = (const void *)(cat.file + head.translations);
	cat.count = head.count;
	return entries_fit(cat.texts, cat.count, size) &&
	       entries_fit(cat.translations, cat.count, size);
}

static char *
read_file(int fd, size_t *size)
{
	struct stat st;
	char *p;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MO_MAX)
		return NULL;
	*size = (size_t)st.st_size;
	p = mem_zalloc(*size + 1);
	for (size_t at = 0; at < *size; at += (size_t)n) {
		n = read(fd, p + at, *size - at);
		if (n <= 0) {
			free(p);
			return NULL;
		}
	}
	return p;
}

static const char *find(const char *text);

static bool
load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0;

	if (fd < 0)
		return false;
	cat.file = read_file(fd, &size);
	close(fd);
	if (cat.file != NULL && !parse(size)) {
		free(cat.file);
		cat.file = NULL;
	}
	if (cat.file == NULL)
		return false;
	/* The two rules of the languages that have two forms. */
	cat.zero_is_one = strstr(find(""), "plural=(n > 1)") != NULL;
	return true;
}

/* ---- where it is ---- */

static bool
load_from(const char *folder, const char *below, struct str language)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s%.*s/LC_MESSAGES/postel.mo",
	    folder, below, STRF(language));

	return n > 0 && (size_t)n < sizeof(path) && load(path);
}

static bool
load_language(struct str language)
{
	const char *given = getenv("POSTEL_LOCALEDIR");
	char program[PATH_MAX];
	char *slash;
	ssize_t n;

	if (given != NULL && *given != '\0')
		return load_from(given, "", language);
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[n > 0 ? n : 0] = '\0';
	slash = strrchr(program, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return load_from(program, "locale/", language) ||
	       load_from(program, "../share/locale/", language);
}

/* The first of them that is set. */
static const char *
variable(const char *one, const char *two, const char *three)
{
	const char *const names[] = {one, two, three};
	const char *value;

	for (size_t i = 0; i < 3; i++) {
		value = getenv(names[i]);
		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

/* "fr_CA.UTF-8": "fr_CA", then "fr".  True if there is nothing to look for
 * behind it: it was found, or is the sources' own. */
static bool
try_locale(struct str name)
{
	struct str rest = name, country, language;

	rest = str_cut(&rest, '.');
	country = str_cut(&rest, '@');
	rest = country;
	language = str_cut(&rest, '_');
	if (language.n == 0 || str_has(name, '/'))
		return false;
	if (str_eq(language, S("en")) || str_eq(language, S("C")) ||
	    str_eq(language, S("POSIX")))
		return true;
	return load_language(country) ||
	       (language.n < country.n && load_language(language));
}

static bool
is_plain(const char *locale)
{
	return locale != NULL &&
	       (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0);
}

static bool
is_utf8(const char *locale)
{
	struct str rest = str_z(locale != NULL ? locale : ""), charset;

	(void)str_cut(&rest, '.');
	charset = str_cut(&rest, '@');
	return charset.n == 0 || str_eqcase(charset, S("UTF-8")) ||
	       str_eqcase(charset, S("utf8"));
}

static void
seek(void)
{
	const char *locale = variable("LC_ALL", "LC_MESSAGES", "LANG");
	const char *list = getenv("LANGUAGE");
	struct str rest;

	cat.sought = true;
	if (is_plain(locale) ||
	    !is_utf8(variable("LC_ALL", "LC_CTYPE", "LANG")))
		return;
	if (list == NULL || *list == '\0')
		list = locale;
	if (list == NULL)
		return;
	for (rest = str_z(list); rest.n > 0;)
		if (try_locale(str_cut(&rest, ':')))
			break;
	/* For what the system says (strerror), if it can. */
	if (cat.file != NULL)
		(void)setlocale(LC_MESSAGES, "");
}

void
text_init(void)
{
	cat.on = true;
}

/* ---- texts ---- */

/* "" if it is not there. */
static const char *
find(const char *text)
{
	uint32_t low = 0, high = cat.count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(text, cat.file + cat.texts[middle].offset);
		if (order == 0)
			return cat.file + cat.translations[middle].offset;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return "";
}

/* NULL if it has no translation.  That of the empty text is the head of the
 * catalogue. */
static const char *
translation(const char *text)
{
	const char *found;

	if (!cat.on || *text == '\0')
		return NULL;
	if (!cat.sought)
		seek();
	found = cat.file != NULL ? find(text) : "";
	return *found != '\0' ? found : NULL;
}

const char *
text_of(const char *text)
{
	const char *found = translation(text);

	return found != NULL ? found : text;
}

const char *
text_plural(const char *one, const char *many, unsigned long n)
{
	const char *found = translation(one), *second;
	bool single = n == 1 || (found != NULL && cat.zero_is_one && n == 0);

	if (found == NULL)
		return single ? one : many;
	second = found + strlen(found) + 1;
	/* Behind the last text of a file there is a NUL more: read_file. */
	return single || *second == '\0' ? found : second;
}
