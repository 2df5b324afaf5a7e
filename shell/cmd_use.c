/* :use: another connection becomes the current one. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/session.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct session *s = session_find(sh, str_z(argv[0]));

	(void)argc;
	if (s == NULL) {
		screen_error("no connection %s; :conns lists them", argv[0]);
		return STATUS_USAGE;
	}
	session_use(sh, s);
	return STATUS_OK;
}

const struct command cmd_use = {
    .name = "use",
    .argmin = 1,
    .argmax = 1,
    .usage = N_("NAME"),
    .help = N_("Makes another connection the current one."),
    .complete = command_session_name,
    .run = run,
};
