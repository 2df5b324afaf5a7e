/* :multi: a POP3 verb whose reply has many lines, whatever the table says. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/run.h"
#include "shell/screen.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	(void)argc;
	if (!command_needs_open(sh))
		return STATUS_USAGE;
	return run_multi(sh, str_z(argv[0]));
}

const struct command cmd_multi = {
    .name = "multi",
    .talks = true,
    .argmin = 1,
    .argmax = 1,
    .line = 1,
    .usage = N_("LINE"),
    .help = N_("Sends a line to a POP3 server, and reads its reply to a lone "
	       "dot."),
    .more =
	N_("For verbs that postel does not know.  Redirections work as on any "
	   "line."),
    .run = run,
};
