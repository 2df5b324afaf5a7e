/* :raw: without the protocol's rules. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/raw.h"
#include "shell/screen.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool on = sh->current != NULL && sh->current->raw != NULL;

	if (argc == 0) {
		screen_text("raw is %s", on ? "on" : "off");
		return STATUS_OK;
	}
	if (command_switch(argv[0], &on) != 0)
		return STATUS_USAGE;
	if (on && !command_needs_open(sh))
		return STATUS_USAGE;
	if (on)
		return raw_begin(sh);
	if (sh->current != NULL)
		raw_end(sh, sh->current);
	return STATUS_OK;
}

const struct command cmd_raw = {
    .name = "raw",
    .argmax = 1,
    .usage = N_("[on | off]"),
    .help = N_("Sends lines octet by octet, and shows what comes back as it "
	       "comes: to break the rules on purpose."),
    .more =
	N_("Escapes are undone: \\r \\n \\t \\0 \\e \\xHH \\\\, and \\: for a "
	   "line that begins with a colon.  CRLF is added, unless the line "
	   "ends in \\c.  No tag, no check, no dots stuffed, no waiting.  The "
	   "prompt's state stays what the server last confirmed."),
    .complete = command_on_off,
    .run = run,
};
