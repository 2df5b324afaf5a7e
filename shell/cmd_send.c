/* :send: a file, octet by octet. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/raw.h"
#include "shell/screen.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool raw;
	int status;

	(void)argc;
	if (!command_needs_open(sh))
		return STATUS_USAGE;
	raw = sh->current->raw != NULL;
	status = raw_file(sh, argv[0]);
	if (!raw && status == STATUS_OK)
		screen_note("raw is on; :raw off goes back to the protocol");
	return status;
}

const struct command cmd_send = {
    .name = "send",
    .argmin = 1,
    .argmax = 1,
    .usage = N_("FILE"),
    .help = N_("Sends a file octet by octet, without a frame."),
    .more =
	N_("The connection is raw from then on, as by :raw on.  For a message "
	   "as the protocol wants it, see DATA :< FILE."),
    .files = true,
    .run = run,
};
