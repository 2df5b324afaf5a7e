/* :help: all commands, or one. */
#include "shell/command.h"
#include "shell/help.h"

static const char *
complete(const struct shell *sh, size_t n)
{
	(void)sh;
	return commands[n] != NULL ? commands[n]->name : NULL;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	if (argc == 0)
		return help_all(sh);
	return help_topic(sh, str_z(argv[0]));
}

const struct command cmd_help = {
    .name = "help",
    .argmax = 1,
    .usage = "[TOPIC]",
    .help = "Lists the commands, by state; or explains one: as ?TOPIC does.",
    .complete = complete,
    .run = run,
};
