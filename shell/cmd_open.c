/* :open: a new connection. */
#include "shell/command.h"
#include "shell/lab.h"
#include "shell/screen.h"
#include "shell/session.h"
#include "wire/url.h"

/* A service of the lab, again: under its name if that is free. */
static int
open_lab(struct shell *sh, const char *service, const char *port)
{
	struct session *old = session_find(sh, str_z(service));

	if (old != NULL && !session_is_open(old)) {
		session_free(sh, old);
		old = NULL;
	}
	return session_open_host(
	    sh, "127.0.0.1", port, old == NULL ? service : NULL);
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool url = url_looks(str_z(argv[0]));
	const char *name = argv[url ? 1 : 2];
	const char *lab = argc == 1 ? lab_port(str_z(argv[0])) : NULL;

	if (lab != NULL)
		return open_lab(sh, argv[0], lab);
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
	    "and 465 begin with TLS.  In a lab, :open pop3 opens that service "
	    "again.",
    .run = run,
};
