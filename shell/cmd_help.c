/* :help: all commands, or one. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/help.h"

#include <stdio.h>

static const char *
complete(const struct shell *sh, size_t n)
{
	(void)sh;
	return commands[n] != NULL ? commands[n]->name : NULL;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	char topic[128];

	if (argc == 0)
		return help_all(sh);
	/* UID FETCH and the like are two words. */
	(void)snprintf(topic, sizeof(topic), "%s%s%s", argv[0],
	    argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	return help_topic(sh, str_z(topic));
}

const struct command cmd_help = {
    .name = "help",
    .argmax = 2,
    .usage = N_("[TOPIC]"),
    .help =
	N_("Lists the commands, by state; or explains one: as ?TOPIC does."),
    .complete = complete,
    .run = run,
};
