/* :open: a new connection. */
#include "shell/command.h"
#include "shell/screen.h"
#include "shell/session.h"
#include "wire/url.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool url = url_looks(str_z(argv[0]));
	const char *name = argv[url ? 1 : 2];

	if (!url && argc < 2) {
		screen_error("%s is no URL, and a host needs a port: "
			     ":open %s imap",
		    argv[0], argv[0]);
		return STATUS_USAGE;
	}
	if (url && argc > 2) {
		screen_error("usage: :open URL [NAME]");
		return STATUS_USAGE;
	}
	if (name != NULL && session_find(sh, str_z(name)) != NULL) {
		screen_error("there is a connection %s; :close it first", name);
		return STATUS_USAGE;
	}
	if (url)
		return session_open_url(sh, argv[0], name);
	return session_open_host(sh, argv[0], argv[1], name);
}

const struct command cmd_open = {
    .name = "open",
    .argmin = 1,
    .argmax = 3,
    .usage = "URL [NAME] | HOST PORT [NAME]",
    .help = "Connects, and makes the connection the current one.",
    .more = "A URL logs in and selects as it says.  HOST PORT connects and "
	    "sends nothing; PORT is a number or a name such as imap; 993, 995 "
	    "and 465 begin with TLS.",
    .run = run,
};
