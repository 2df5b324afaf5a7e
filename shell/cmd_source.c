/* :source: the lines of a file. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/redirect.h"
#include "shell/screen.h"

#include <stdlib.h>

static int
run(struct shell *sh, size_t argc, char **argv)
{
	char *path = redirect_path(str_z(argv[0]));
	int status;

	(void)argc;
	if (sh->nesting == SHELL_NESTING_MAX) {
		screen_error("%s: aliases and files stand more than %d deep "
			     "in one another",
		    path, SHELL_NESTING_MAX);
		status = STATUS_USAGE;
	} else {
		sh->nesting++;
		status = batch_source(sh, path);
		sh->nesting--;
	}
	free(path);
	return status;
}

const struct command cmd_source = {
    .name = "source",
    .talks = true,
    .argmin = 1,
    .argmax = 1,
    .usage = N_("FILE"),
    .help = N_("Runs the lines of a file as if they were typed."),
    .more = N_("A line that is refused ends it, unless keep-going is set.  A "
	       "message or a literal that a line begins stands in the lines "
	       "behind it."),
    .files = true,
    .run = run,
};
