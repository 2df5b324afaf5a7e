/* :open: a new connection. */
#include "shell/command.h"
#include "base/near.h"
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

/* The n-th name, of those that do not stay; and the one that is near. */
struct search {
	size_t n;
	struct near near;
	char name[64], best[64];
};

static void
take(const char *name, void *arg)
{
	struct search *s = arg;

	if (s->n-- == 0)
		(void)str_copy(s->name, sizeof(s->name), str_z(name));
	near_try(&s->near, name);
	if (s->near.best == name)
		s->near.best = str_copy(s->best, sizeof(s->best), str_z(name));
}

static const char *
complete(const struct shell *sh, struct str before, size_t n)
{
	static struct search s;

	if (str_trim(before).n > 0)
		return NULL;
	s = (struct search){.n = n};
	near_init(&s.near, S(""));
	script_accounts(sh->L, take, &s);
	return *s.name != '\0' ? s.name : NULL;
}

static int
missed(const struct shell *sh, const char *word)
{
	struct search s = {.n = 0};

	near_init(&s.near, str_z(word));
	script_accounts(sh->L, take, &s);
	if (s.near.best != NULL)
		screen_error(
		    "no account %s; did you mean %s?", word, s.near.best);
	else
		screen_error("%s is no account and no URL, and a host needs a "
			     "port: :open %s imap",
		    word, word);
	return STATUS_USAGE;
}

/* ":open" alone: what there is in init.lua. */
static void
list(const char *name, void *arg)
{
	const struct shell *sh = arg;
	struct buf b;

	buf_init(&b, 4096);
	script_account_put(sh->L, name, &b);
	screen_text("  %-12s %s", name, buf_cstr(&b));
	buf_fini(&b);
}

static int
list_accounts(struct shell *sh)
{
	if (complete(sh, S(""), 0) == NULL) {
		screen_error("usage: :open %s", cmd_open.usage);
		return STATUS_USAGE;
	}
	script_accounts(sh->L, list, sh);
	return STATUS_OK;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	const char *lab = argc > 0 ? lab_service(argc, argv) : NULL;
	const char *name;
	bool url;

	if (argc == 0)
		return list_accounts(sh);
	/* Of a host a port by number tells that it is one. */
	url = url_looks(str_z(argv[0])) ||
	      (!(argc > 1 && ascii_digit(*argv[1])) &&
		  script_account(sh->L, argv[0]));
	name = argv[url || lab != NULL ? 1 : 2];
	if (!url && lab == NULL && argc < 2)
		return missed(sh, argv[0]);
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
    .argmax = 3,
    .usage = N_("URL|ACCOUNT [NAME] | HOST PORT [NAME]"),
    .help = N_("Connects, and makes the connection the current one."),
    .more = N_("A URL logs in and selects as it says, an account of init.lua "
	       "too; alone, :open lists these.  HOST PORT connects and "
	       "sends nothing; PORT is a number or a name such as imap; 993, "
	       "995 and 465 begin with TLS.  In a lab, :open pop3 opens that "
	       "service again, and :open pop3 NAME once more."),
    .complete_behind = complete,
    .run = run,
};
