/* :multi: a POP3 verb whose reply has many lines, whatever the table says. */
#include "shell/command.h"
#include "shell/run.h"
#include "shell/screen.h"

static int
run(struct shell *sh, struct str line)
{
	if (!command_needs_open(sh))
		return STATUS_USAGE;
	return run_multi(sh, line);
}

const struct command cmd_multi = {
    .name = "multi",
    .usage = "LINE",
    .help = "Sends a line to a POP3 server, and reads its reply to a lone "
	    "dot.",
    .more = "For verbs that postel does not know.  Redirections work as on any "
	    "line.",
    .argmin = 1,
    .run_rest = run,
};
