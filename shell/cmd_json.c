/* :json: one line, and its reply as JSON. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/session.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct str line = str_z(argv[0]);
	struct session *s = sh->current;
	bool before;
	int status;

	(void)argc;
	if (line.n == 0 || str_find(S(":=!?"), *line.p) < 4) {
		screen_error("usage: :json LINE, a line for the server");
		return STATUS_USAGE;
	}
	if (!shell_is_open(sh))
		return line_run(sh, line);
	before = s->json;
	s->json = true;
	status = line_run(sh, line);
	/* QUIT may have ended it. */
	if (session_is_listed(sh, s))
		s->json = before;
	return status;
}

const struct command cmd_json = {
    .name = "json",
    .talks = true,
    .argmin = 1,
    .argmax = 1,
    .line = 1,
    .usage = N_("LINE"),
    .help = N_("Sends the line, and shows the reply parsed, as JSON."),
    .more =
	N_("Numbers, flags, capabilities, envelopes and names of mailboxes "
	   "come as values.  postel --json does it for all lines; postel(1) "
	   "lists the members."),
    .run = run,
};
