/* added: commands that are not built in: aliases, and functions of Lua. */
#include "shell/added.h"
#include "base/mem.h"
#include "base/text.h"
#include "shell/command.h"
#include "shell/record.h"
#include "shell/secret.h"

#include <stdlib.h>

/* ---- defining ---- */

static int
check_name(const char *name, struct err *e)
{
	size_t n = strlen(name), i = 0;

	while (i < n && (ascii_alpha(name[i]) || ascii_digit(name[i]) ||
			    name[i] == '-' || name[i] == '_'))
		i++;
	if (n == 0 || i < n)
		return err_set(e, ERR_USE,
		    "a name is a word of letters, digits, - and _, not \"%s\"",
		    name);
	for (i = 0; commands[i] != NULL; i++)
		if (str_eqcase(str_z(commands[i]->name), str_z(name)))
			return err_set(e, ERR_USE,
			    ":%s is a command of postel, and stays that", name);
	return 0;
}

static void
clear(struct added *a)
{
	free(a->line);
	free(a->help);
	a->line = a->help = NULL;
}

/* The one of that name, empty; a new one is the last. */
static struct added *
place(struct shell *sh, const char *name)
{
	struct added **at = &sh->added;

	while (*at != NULL && !str_eqcase(str_z((*at)->name), str_z(name)))
		at = &(*at)->next;
	if (*at == NULL) {
		*at = mem_zalloc(sizeof(**at));
		(*at)->name = mem_strdup(name);
	}
	clear(*at);
	return *at;
}

int
added_alias(struct shell *sh, const char *name, const char *line, struct err *e)
{
	struct str text = str_trim(str_z(line));
	struct added *a;

	if (check_name(name, e) != 0)
		return -1;
	if (text.n == 0 || str_has_eol(text))
		return err_set(e, ERR_USE, "an alias stands for one line");
	a = place(sh, name);
	a->line = mem_zalloc(text.n + 1);
	memcpy(a->line, text.p, text.n);
	return 0;
}

int
added_command(
    struct shell *sh, const char *name, const char *help, struct err *e)
{
	struct added *a;

	if (check_name(name, e) != 0)
		return -1;
	a = place(sh, name);
	a->help = help != NULL ? mem_strdup(help) : NULL;
	return 0;
}

void
added_free(struct shell *sh)
{
	struct added *a;

	while ((a = sh->added) != NULL) {
		sh->added = a->next;
		clear(a);
		free(a->name);
		free(a);
	}
}

/* ---- finding ---- */

const struct added *
added_find(const struct shell *sh, struct str name)
{
	const struct added *a = sh->added;

	while (a != NULL && !str_eqcase(str_z(a->name), name))
		a = a->next;
	return a;
}

const struct added *
added_begins(const struct shell *sh, struct str name)
{
	const struct added *found = added_find(sh, name);
	size_t n = 0;

	if (found != NULL || name.n == 0)
		return found;
	for (const struct added *a = sh->added; a != NULL; a = a->next) {
		if (str_startscase(str_z(a->name), name)) {
			found = a;
			n++;
		}
	}
	return n == 1 ? found : NULL;
}

/* ---- aliases ---- */

enum { ALIAS_WORDS = 9 };

/* The words of rest as they were typed, quotes and all. */
static size_t
split(struct str rest, struct str *words)
{
	struct str word;
	size_t n = 0;

	while (n < ALIAS_WORDS && (word = command_raw_word(&rest)).n > 0)
		words[n++] = word;
	return n;
}

void
added_describe(const struct added *a, struct buf *out)
{
	if (a->line != NULL)
		(void)secret_clean(out, str_z(a->line));
	else
		(void)buf_addz(out, a->help != NULL
					? a->help
					: text_of("A command of init.lua."));
}

/* Says what the alias is that lacks a word. */
static int
too_few(const struct added *a, struct err *e)
{
	struct buf b;

	buf_init(&b, SHELL_LINE_MAX);
	added_describe(a, &b);
	(void)err_set(e, ERR_USE, ":%s wants more words: it stands for %s",
	    a->name, buf_cstr(&b));
	buf_fini(&b);
	return -1;
}

int
added_expand(
    const struct added *a, struct str rest, struct buf *out, struct err *e)
{
	struct str words[ALIAS_WORDS], line = str_z(a->line);
	size_t n = split(rest, words), w;
	bool placed = false;
	int rc = 0;

	for (size_t i = 0; i < line.n; i++) {
		char c = i + 1 < line.n ? line.p[i + 1] : '\0';
		if (line.p[i] != '$' ||
		    (c != '*' && c != '$' && (c < '1' || c > '9'))) {
			rc |= buf_addc(out, line.p[i]);
			continue;
		}
		i++;
		placed = placed || c != '$';
		w = (size_t)(c - '1');
		if (c == '$')
			rc |= buf_addc(out, '$');
		else if (c == '*')
			rc |= buf_add(out, str_trim(rest));
		else if (w < n)
			rc |= buf_add(out, words[w]);
		else
			return too_few(a, e);
	}
	if (!placed && n > 0)
		rc |= buf_addc(out, ' ') | buf_add(out, str_trim(rest));
	if (rc != 0)
		return err_set(e, ERR_USE, "the line gets too long");
	return 0;
}

static int
run_alias(struct shell *sh, const struct added *a, struct str rest)
{
	struct err e = {0};
	struct buf line, clean;
	int status = STATUS_USAGE;

	if (sh->nesting == SHELL_NESTING_MAX) {
		screen_error(":%s: aliases and files stand more than %d deep "
			     "in one another",
		    a->name, SHELL_NESTING_MAX);
		return STATUS_USAGE;
	}
	buf_init(&line, SHELL_LINE_MAX);
	line.secret = true;
	if (added_expand(a, rest, &line, &e) != 0) {
		screen_error("%s", e.msg);
	} else {
		buf_init(&clean, line.len + 1);
		(void)secret_clean(&clean, buf_str(&line));
		if (sh->interactive)
			screen_note("> %s", buf_cstr(&clean));
		buf_fini(&clean);
		sh->nesting++;
		status = line_run(sh, buf_str(&line));
		sh->nesting--;
	}
	buf_fini(&line);
	return status;
}

struct str
added_keep(const struct shell *sh, struct str line)
{
	const struct added *a;
	struct str rest, name;
	struct err e = {0};
	struct buf whole, clean;

	if (!str_starts(line, S(":")))
		return line;
	rest = str_skip(line, 1);
	name = str_word(&rest);
	a = added_begins(sh, name);
	if (a == NULL || a->line == NULL)
		return line;
	buf_init(&whole, SHELL_LINE_MAX);
	buf_init(&clean, SHELL_LINE_MAX);
	whole.secret = true;
	if (added_expand(a, rest, &whole, &e) == 0 &&
	    (secret_clean(&clean, buf_str(&whole)) != 0 ||
		clean.len < whole.len))
		line = str_head(line, name.n + 1);
	buf_fini(&clean);
	buf_fini(&whole);
	return line;
}

/* ---- running ---- */

static int
run_function(struct shell *sh, const struct added *a, struct str rest)
{
	char *argv[COMMAND_WORDS + 1] = {NULL};
	size_t argc = 0;
	int status;

	if (!session_make_way(sh))
		return STATUS_USAGE;
	if (!command_split(&rest, argv, &argc)) {
		screen_error(":%s: more than %d words", a->name, COMMAND_WORDS);
		status = STATUS_USAGE;
	} else {
		record_gap(sh, N_("what a command of your own does"));
		shell_lend(sh);
		status = script_command(sh->L,
		    sh->current != NULL ? sh->current->conn : NULL, a->name,
		    argv);
		shell_regain(sh, status);
	}
	while (argc > 0)
		mem_free_secret(argv[--argc]);
	return status;
}

int
added_run(struct shell *sh, const struct added *a, struct str rest)
{
	return a->line != NULL ? run_alias(sh, a, rest)
			       : run_function(sh, a, rest);
}
