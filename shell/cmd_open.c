/* :open: a new connection. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/lab.h"
#include "shell/screen.h"
#include "shell/session.h"
#include "wire/url.h"

/* The port of the service of a lab that is meant, by its name, perhaps with a
 * name for the connection behind it; NULL if it is none. */
static const char *
lab_service(size_t argc, char **argv)
{
	bool port = argc == 2 && ascii_digit(*argv[1]);

	return argc <= 2 && !port ? lab_port(str_z(argv[0])) : NULL;
}

/* A service of the lab, again: under its own name if that is free and no
 * other one is wanted. */
static int
open_lab(
    struct shell *sh, const char *service, const char *name, const char *port)
{
	struct session *old;

	if (name == NULL) {
		old = session_find(sh, str_z(service));
		if (old != NULL && !session_is_open(old)) {
			session_free(sh, old);
			old = NULL;
		}
		name = old == NULL ? service : NULL;
	}
	return session_open_host(sh, "127.0.0.1", port, name);
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	const char *lab = lab_service(argc, argv);
	bool url = url_looks(str_z(argv[0]));
	const char *name = argv[url || lab != NULL ? 1 : 2];

	if (!url && lab == NULL && argc < 2) {
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
	if (lab != NULL)
		return open_lab(sh, argv[0], name, lab);
	if (url)
		return session_open_url(sh, argv[0], name);
	return session_open_host(sh, argv[0], argv[1], name);
}

const struct command cmd_open = {
    .name = "open",
    .argmin = 1,
    .argmax = 3,
    .usage = N_("URL [NAME] | HOST PORT [NAME]"),
    .help = N_("Connects, and makes the connection the current one."),
    .more =
	N_("A URL logs in and selects as it says.  HOST PORT connects and "
	   "sends nothing; PORT is a number or a name such as imap; 993, 995 "
	   "and 465 begin with TLS.  In a lab, :open pop3 opens that service "
	   "again, and :open pop3 NAME once more."),
    .run = run,
};
