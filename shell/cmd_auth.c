/* :auth: a login by a mechanism of one's choice, step by step. */
#include "shell/command.h"
#include "base/text.h"
#include "proto/sasl.h"
#include "shell/record.h"
#include "shell/screen.h"
#include "shell/secret.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct str mech = str_z(argv[0]);
	struct redirects none = {0};
	struct running *r;
	struct err e = {0};
	struct cmd *cmd;

	if (!command_needs_open(sh))
		return STATUS_USAGE;
	cmd = secret_auth(sh, mech, str_z(argc > 1 ? argv[1] : ""),
	    str_z(argc > 2 ? argv[2] : ""), &e);
	if (cmd == NULL) {
		screen_error("%s", e.msg);
		return e.kind == ERR_CANCEL ? STATUS_INTERRUPTED
					    : run_status(&e);
	}
	r = run_new(sh->current, cmd, NULL);
	r->record = record_line(sh, cmd->verb, mech, cmd->line, &none);
	return run_wait(sh, r);
}

static const char *
complete(const struct shell *sh, size_t n)
{
	const char *mech = sasl_mechanism(n);

	(void)sh;
	if (mech == NULL && n > 0 && sasl_mechanism(n - 1) != NULL)
		return "APOP";
	return mech;
}

const struct command cmd_auth = {
    .name = "auth",
    .talks = true,
    .argmin = 1,
    .argmax = 3,
    .usage = N_("MECH [USER [AUTHZID]]"),
    .help = N_("Logs in by a mechanism, and shows each step decoded."),
    .more =
	N_("What is secret in an answer is left out.  The server need not "
	   "announce the mechanism.  One that postel does not know is led by "
	   "hand: challenges are shown decoded, what is typed gets encoded."),
    .complete = complete,
    .run = run,
};
