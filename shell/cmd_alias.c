/* :alias: short names for lines. */
#include "shell/added.h"
#include "base/text.h"
#include "shell/command.h"
#include "shell/screen.h"

static const char *
complete(const struct shell *sh, struct str before, size_t n)
{
	const struct added *a = sh->added;

	if (str_trim(before).n > 0)
		return NULL;
	for (; a != NULL; a = a->next)
		if (a->line != NULL && n-- == 0)
			return a->name;
	return NULL;
}

static void
show(const struct added *a)
{
	struct buf b;

	buf_init(&b, SHELL_LINE_MAX);
	added_describe(a, &b);
	screen_text("  :%-12s %s", a->name, buf_cstr(&b));
	buf_fini(&b);
}

static int
list(const struct shell *sh)
{
	size_t n = 0;

	for (const struct added *a = sh->added; a != NULL; a = a->next) {
		if (a->line == NULL)
			continue;
		show(a);
		n++;
	}
	if (n == 0)
		screen_note("there is no alias; :alias unread SEARCH UNSEEN "
			    "makes :unread one");
	return STATUS_OK;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	/* ":alias :unread ..." means the same. */
	const char *name = argc > 0 && *argv[0] == ':' ? argv[0] + 1 : argv[0];
	const struct added *a;
	struct err e = {0};

	if (argc == 0)
		return list(sh);
	if (argc == 1) {
		a = added_find(sh, str_z(name));
		if (a == NULL || a->line == NULL) {
			screen_error("no alias %s; :alias lists them", name);
			return STATUS_USAGE;
		}
		show(a);
		return STATUS_OK;
	}
	if (added_alias(sh, name, argv[1], &e) == 0)
		return STATUS_OK;
	screen_error("%s", e.msg);
	return STATUS_USAGE;
}

const struct command cmd_alias = {
    .name = "alias",
    .argmax = 2,
    .line = 2,
    .usage = N_("[NAME [LINE]]"),
    .help = N_("Makes :NAME short for a line, or shows aliases."),
    .more =
	N_("The line may be any that can be typed.  $1 to $9 in it are the "
	   "words behind the name, as they are typed, $* all of them, $$ a "
	   "dollar sign; if there is none of these, they are put behind the "
	   "line.  It holds until postel ends; postel.alias in init.lua does "
	   "it each time."),
    .complete_behind = complete,
    .run = run,
};
