/* :trace: the wire, both directions, secrets masked. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/session.h"

static const char *
complete(const struct shell *sh, size_t n)
{
	static const char *const words[] = {"on", "off", "hex"};

	(void)sh;
	return n < 3 ? words[n] : NULL;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct err e = {0};

	if (sh->current == NULL) {
		screen_error("nothing is open that could be traced");
		return STATUS_USAGE;
	}
	if (argc == 0) {
		if (sh->current->trace != NULL)
			screen_text("the trace is on");
		else
			screen_text("the trace is off");
		return STATUS_OK;
	}
	if (session_trace(sh->current, argv[0], &e) == 0)
		return STATUS_OK;
	screen_error("%s", e.msg);
	return STATUS_USAGE;
}

const struct command cmd_trace = {
    .name = "trace",
    .argmax = 1,
    .usage = N_("[on | off | hex | FILE]"),
    .help = N_("Shows what goes over the wire, or appends it to a file."),
    .more = N_("C: is what we send, S: what the server sends, in front of them "
	       "the seconds since the trace began; hex shows octets.  Secrets "
	       "are masked."),
    .complete = complete,
    .files = true,
    .run = run,
};
