/* :close: leaves a connection politely. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/session.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct session *s =
	    argc > 0 ? session_find(sh, str_z(argv[0])) : sh->current;
	int status;

	if (s == NULL) {
		if (argc > 0)
			screen_error("no connection %s", argv[0]);
		else
			screen_error("there is no connection to close");
		return STATUS_USAGE;
	}
	status = session_bye(sh, s, true);
	session_free(sh, s);
	return status;
}

const struct command cmd_close = {
    .name = "close",
    .argmax = 1,
    .usage = N_("[NAME]"),
    .help = N_("Says QUIT or LOGOUT, waits for the answer, and hangs up."),
    .more = N_("On POP3, QUIT is what deletes the messages marked by DELE."),
    .complete = command_session_name,
    .run = run,
};
