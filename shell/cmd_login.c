/* :login: by the best mechanism on offer. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/record.h"

enum { USER_MAX = 1024 };

/* Whether the connection is one on which somebody can log in. */
static bool
may_login(const struct shell *sh)
{
	const struct conn *c;

	if (!shell_is_open(sh)) {
		screen_error("nothing is open to log in on");
		return false;
	}
	c = sh->current->conn;
	if (conn_proto(c) == NULL) {
		screen_error("what is spoken here is not known yet");
		return false;
	}
	if (*conn_user(c) != '\0') {
		screen_error("%s is logged in already; another user wants a "
			     "new connection",
		    conn_user(c));
		return false;
	}
	return true;
}

static bool
ask_user(struct shell *sh, struct buf *user)
{
	char name[USER_MAX];

	if (!shell_can_ask(sh)) {
		screen_error("who is to log in?  :login USER");
		return false;
	}
	if (sh->ask(sh, &(struct ask){.prompt = text_of("User: ")}, user) !=
	    GOT_LINE)
		return false;
	(void)str_copy(name, sizeof(name), str_trim(buf_str(user)));
	buf_clear(user);
	(void)buf_addz(user, name);
	if (*name == '\0')
		screen_note("no user, nothing is sent");
	return *name != '\0';
}

static bool
allow_clear(struct shell *sh, const char *why)
{
	screen_error("%s", why);
	if (!shell_can_ask(sh))
		return false;
	return shell_yes(sh,
	    "This connection is not encrypted.  Log in all the same? (y/n) ");
}

/* Logs in, and asks for what is missing; an exit status. */
static int
login(struct shell *sh, struct buf *user)
{
	struct conn *c = sh->current->conn;
	enum script_login how;
	bool in_clear = false, clear = !conn_is_tls(c), tls = !clear;
	int status = STATUS_AUTH;
	struct err e = {0};
	struct buf told;

	buf_init(&told, 4096);
	for (;;) {
		shell_lend(sh);
		buf_clear(&told);
		how = script_login(sh->L, c,
		    user->len > 0 ? buf_cstr(user) : NULL, in_clear, &told,
		    &status, &e);
		shell_regain(sh, status);
		if (conn_is_tls(c) && !tls)
			screen_note("STARTTLS was offered, and done first");
		tls = conn_is_tls(c);
		if (how == LOGIN_NO_USER && ask_user(sh, user))
			continue;
		if (how != LOGIN_IN_CLEAR || in_clear ||
		    !allow_clear(sh, buf_cstr(&told)))
			break;
		in_clear = true;
	}
	if (how == LOGIN_DONE) {
		screen_note("%s", buf_cstr(&told));
		record_login(sh, sh->current, conn_user(c), clear && tls);
	} else if (how == LOGIN_FAILED) {
		screen_error("%s", e.msg);
	} else {
		status = STATUS_AUTH;
	}
	buf_fini(&told);
	return status;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct buf user;
	int status;

	if (!may_login(sh))
		return STATUS_USAGE;
	buf_init(&user, USER_MAX);
	if (argc > 0 && buf_addz(&user, argv[0]) != 0) {
		screen_error("a user name of more than %d octets", USER_MAX);
		status = STATUS_USAGE;
	} else {
		status = login(sh, &user);
	}
	buf_fini(&user);
	return status;
}

const struct command cmd_login = {
    .name = "login",
    .talks = true,
    .argmax = 1,
    .usage = N_("[USER]"),
    .help =
	N_("Logs in by the best mechanism on offer, and says which it was."),
    .more = N_("TLS is begun before if it is offered.  User and password come "
	       "from the account by which the connection was opened or from "
	       "~/.netrc; else they are asked for.  Over a network it is done "
	       "without TLS only if you say so."),
    .run = run,
};
