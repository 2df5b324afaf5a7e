/* :time: what each phase costs. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/run.h"
#include "shell/screen.h"
#include "shell/timing.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	if (argc == 0) {
		screen_text("time is %s", sh->time ? "on" : "off");
		if (sh->current != NULL)
			timing_conn(sh->current->conn);
		return STATUS_OK;
	}
	return command_switch(argv[0], &sh->time) == 0 ? STATUS_OK
						       : STATUS_USAGE;
}

const struct command cmd_time = {
    .name = "time",
    .argmax = 1,
    .usage = N_("[on | off]"),
    .help = N_(
	"Shows what each phase costs: look-up, connect, proxy, TLS, greeting, "
	"and each command."),
    .more = N_("Behind a reply stands how long it took from the last octet "
	       "sent to the end of the reply, and until its first line came if "
	       "that was sooner.  "
	       ":time alone tells what it took to connect."),
    .complete = command_on_off,
    .run = run,
};
