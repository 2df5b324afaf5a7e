/* :explain: a teacher's mode. */
#include "base/text.h"
#include "shell/command.h"
#include "shell/screen.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	if (argc == 0) {
		screen_text("explain is %s", sh->explains ? "on" : "off");
		return STATUS_OK;
	}
	return command_switch(argv[0], &sh->explains) == 0 ? STATUS_OK
							   : STATUS_USAGE;
}

const struct command cmd_explain = {
    .name = "explain",
    .argmax = 1,
    .usage = N_("[on | off]"),
    .help = N_("Says in words what each reply means, with its RFC."),
    .more = N_("Codes, flags, capabilities and items are told once in a "
	       "reply, and then what has changed by it.  In a batch the words "
	       "go to standard error."),
    .complete = command_on_off,
    .run = run,
};
