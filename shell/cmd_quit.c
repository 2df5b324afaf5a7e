/* :quit: leaves all connections and the shell. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/session.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	(void)argc;
	(void)argv;
	sh->quit = true;
	return session_bye_all(sh, sh->interactive);
}

const struct command cmd_quit = {
    .name = "quit",
    .usage = "",
    .help = N_("Says QUIT or LOGOUT on every connection, and ends postel."),
    .run = run,
};
