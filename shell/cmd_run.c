/* :run: a script, on the current connection. */
#include "shell/command.h"
#include "base/text.h"
#include "base/near.h"
#include "shell/record.h"

#include <stdlib.h>

/* The n-th name, of those that do not stay. */
struct nth {
	size_t n;
	char name[64];
};

static void
take(const char *name, void *arg)
{
	struct nth *nth = arg;

	if (nth->n-- == 0)
		(void)str_copy(nth->name, sizeof(nth->name), str_z(name));
}

static const char *
complete(const struct shell *sh, struct str before, size_t n)
{
	static struct nth nth;

	(void)sh;
	nth = (struct nth){.n = n};
	if (str_trim(before).n == 0)
		script_names(take, &nth);
	return *nth.name != '\0' ? nth.name : NULL;
}

static int
missed(const char *name)
{
	struct nth nth;
	struct near near;
	const char *each;
	char best[sizeof(nth.name)] = "";

	near_init(&near, str_z(name));
	for (size_t i = 0; (each = complete(NULL, S(""), i)) != NULL; i++) {
		near_try(&near, each);
		if (near.best == each)
			near.best = str_copy(best, sizeof(best), str_z(each));
	}
	if (*best != '\0')
		screen_error("no script %s; did you mean %s?", name, best);
	else
		screen_error("no script %s, and a file wants its path: ./%s",
		    name, name);
	return STATUS_USAGE;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct conn *c = sh->current != NULL ? sh->current->conn : NULL;
	char *script;
	int status;

	(void)argc;
	if (!script_is_path(argv[0]) && !script_exists(argv[0]))
		return missed(argv[0]);
	script = redirect_path(str_z(argv[0]));
	record_gap(sh, N_("what a script does"));
	shell_lend(sh);
	status = script_run(sh->L, c, script, argv + 1);
	shell_regain(sh, status);
	free(script);
	if (status != STATUS_OK && sh->interactive)
		screen_note("%s: exit status %d", argv[0], status);
	return status;
}

const struct command cmd_run = {
    .name = "run",
    .talks = true,
    .argmin = 1,
    .argmax = COMMAND_WORDS,
    .usage = N_("NAME|FILE [ARG...]"),
    .help = N_("Runs a script by name or by path; conn is this connection."),
    .more = N_("A path has a slash in it or ends in .lua.  Ctrl-C stops it."),
    .complete_behind = complete,
    .files = true,
    .run = run,
};
