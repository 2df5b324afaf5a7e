/* :drop: leaves a connection without a word. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/record.h"
#include "shell/screen.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct session *s =
	    argc > 0 ? session_find(sh, str_z(argv[0])) : sh->current;

	if (s == NULL) {
		if (argc > 0)
			screen_error("no connection %s", argv[0]);
		else
			screen_error("there is no connection to drop");
		return STATUS_USAGE;
	}
	record_leave(sh, s, "drop");
	session_free(sh, s);
	return STATUS_OK;
}

const struct command cmd_drop = {
    .name = "drop",
    .argmax = 1,
    .usage = N_("[NAME]"),
    .help = N_("Hangs up without QUIT or LOGOUT."),
    .more = N_("On POP3 nothing is deleted then."),
    .complete = command_session_name,
    .run = run,
};
