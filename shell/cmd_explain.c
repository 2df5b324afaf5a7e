/* :explain: a teacher's mode. */
#include "base/text.h"
#include "shell/command.h"
#include "shell/screen.h"

static const char *
complete(const struct shell *sh, size_t n)
{
	static const char *const words[] = {"on", "off"};

	(void)sh;
	return n < 2 ? words[n] : NULL;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], "on") == 0) {
		sh->explains = true;
	} else if (argc > 0 && strcmp(argv[0], "off") == 0) {
		sh->explains = false;
	} else if (argc > 0) {
		screen_error("usage: :explain [on | off]");
		return STATUS_USAGE;
	} else if (sh->explains) {
		screen_text("replies are explained");
	} else {
		screen_text("replies are not explained");
	}
	return STATUS_OK;
}

const struct command cmd_explain = {
    .name = "explain",
    .argmax = 1,
    .usage = N_("[on | off]"),
    .help = N_("Says in words what each reply means, with its RFC."),
    .more = N_("Codes, flags, capabilities and items are told once in a "
	       "reply, and then what has changed by it.  In a batch the words "
	       "go to standard error."),
    .complete = complete,
    .run = run,
};
