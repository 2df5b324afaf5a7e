/* :drop: leaves a connection without a word. */
#include "shell/command.h"
#include "shell/record.h"
#include "shell/screen.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct session *s =
	    argc > 0 ? session_find(sh, str_z(argv[0])) : sh->current;

	if (s == NULL) {
		screen_error(argc > 0 ? "no connection %s"
				      : "there is no connection to drop",
		    argv[0]);
		return STATUS_USAGE;
	}
	record_leave(sh, s, "drop");
	session_free(sh, s);
	return STATUS_OK;
}

const struct command cmd_drop = {
    .name = "drop",
    .argmax = 1,
    .usage = "[NAME]",
    .help = "Hangs up without QUIT or LOGOUT.",
    .more = "On POP3 nothing is deleted then.",
    .complete = command_session_name,
    .run = run,
};
