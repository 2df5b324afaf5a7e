/* main: postel, from its first word to its exit status. */
#include "base/text.h"
#include "shell/added.h"
#include "shell/explain.h"
#include "shell/lab.h"
#include "shell/record.h"
#include "shell/secret.h"
#include "shell/session.h"
#include "shell/setting.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static struct loop *the_loop;
static volatile sig_atomic_t ended_by;

static void
on_interrupt(int sig)
{
	(void)sig;
	loop_interrupt(the_loop);
}

static void
on_end(int sig)
{
	ended_by = sig;
	loop_interrupt(the_loop);
}

int
shell_ended_by(void)
{
	return ended_by;
}

static void
set_signals(void)
{
	struct sigaction ign = {.sa_handler = SIG_IGN},
			 intr = {.sa_handler = on_interrupt};

	sigaction(SIGPIPE, &ign, NULL);
	sigaction(SIGXFSZ, &ign, NULL); /* write(2) says EFBIG */
	sigaction(SIGINT, &intr, NULL);
}

void
shell_show(struct shell *sh)
{
	struct running *r, *next;

	for (struct session *s = sh->sessions; s != NULL; s = s->next) {
		for (r = s->runs; r != NULL; r = next) {
			next = r->next;
			(void)run_step(sh, r);
		}
		session_events(sh, s);
	}
	screen_sync();
}

enum turn
shell_turn(struct shell *sh, int64_t deadline)
{
	enum turn t = loop_turn(sh->loop, deadline);

	if (ended_by != 0)
		sh->quit = true;
	shell_show(sh);
	return t;
}

bool
shell_yes(struct shell *sh, const char *question)
{
	struct buf line;
	char letter;
	bool yes;

	buf_init(&line, SHELL_LINE_MAX);
	yes = sh->ask(sh, &(struct ask){.prompt = text_of(question)}, &line) ==
		  GOT_LINE &&
	      line.len > 0;
	if (yes) {
		letter = ascii_lower(*buf_str(&line).p);
		yes = letter == 'y' || letter == *text_of("yes");
	}
	buf_fini(&line);
	return yes;
}

static int
open_first(struct shell *sh, const struct cmdline *cl)
{
	if (cl->first == FIRST_URL || cl->first == FIRST_NAME)
		return session_open_url(sh, cl->words[0], NULL);
	if (cl->first == FIRST_LAB) {
		lab_tell();
		return lab_open(sh);
	}
	if (cl->first == FIRST_HOST)
		return session_open_host(sh, cl->words[0], cl->words[1], NULL);
	return STATUS_OK;
}

static int
converse(struct shell *sh, const struct cmdline *cl)
{
	struct sigaction end = {.sa_handler = on_end};
	struct err e = {0};
	char *recorded;
	int status;

	/* No half-written file and no raw terminal is left behind. */
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);

	sh->interactive =
	    cl->todos == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	screen_init(sh->interactive, cl->opt.quiet);
	status = open_first(sh, cl);
	if (cl->first == FIRST_URL)
		secret_scrub(cl->words[0]);
	if (status == STATUS_OK)
		status = sh->interactive ? repl_run(sh) : batch_run(sh, cl);
	while (sh->sessions != NULL)
		session_free(sh, sh->sessions);
	if (record_stop(sh, &recorded, &e) != 0) {
		screen_error("%s", e.msg);
		status = status != STATUS_OK ? status : STATUS_SCRIPT;
	}
	free(recorded);
	screen_sync();
	return status;
}

/* -e alone: chunks with nothing open. */
static int
run_chunks(lua_State *L, const struct cmdline *cl)
{
	int status = STATUS_OK, st;

	for (size_t i = 0; i < cl->todos; i++) {
		st = script_chunk(L, cl->todo[i].text, "-e");
		secret_scrub(cl->todo[i].text);
		status = status != STATUS_OK ? status : st;
		if (st != STATUS_OK && !cl->opt.keep_going)
			break;
	}
	return status;
}

static bool
only_chunks(const struct cmdline *cl)
{
	for (size_t i = 0; i < cl->todos; i++)
		if (cl->todo[i].kind != TODO_CHUNK)
			return false;
	return cl->first == FIRST_NONE && cl->todos > 0;
}

/* The server of a lab, whose certificate we trust. */
static int
start_lab(struct cmdline *cl)
{
	struct err e = {0};

	if (lab_start(cl->words[1], &e) < 0) {
		screen_error("%s", e.msg);
		return STATUS_CONNECT;
	}
	if (cl->opt.ca == NULL)
		cl->opt.ca = lab_ca();
	return STATUS_OK;
}

/* ---- init.lua ---- */

static int
host_set(void *arg, const char *name, const char *value, struct err *e)
{
	return setting_tell(arg, name, value, e);
}

static int
host_alias(void *arg, const char *name, const char *line, struct err *e)
{
	return added_alias(arg, name, line, e);
}

static int
host_command(void *arg, const char *name, const char *help, struct err *e)
{
	return added_command(arg, name, help, e);
}

static bool
host_meaning(void *arg, const char *protocol, struct str line,
    const char **text, const char **rfc, struct buf *here)
{
	(void)arg;
	return explain_meaning(protocol, line, text, rfc, here);
}

static int
configure(struct shell *sh)
{
	int status;

	if (sh->opt->norc)
		return STATUS_OK;
	sh->configuring = true;
	status = script_init_file(sh->L);
	sh->configuring = false;
	if (status != STATUS_OK && !shell_ended_by())
		screen_error("init.lua failed; --norc goes without it");
	return status;
}

/* What the first word is that only init.lua could tell. */
static int
check_name(lua_State *L, const struct cmdline *cl)
{
	bool account = (cl->first == FIRST_NAME || cl->first == FIRST_HOST) &&
		       script_account(L, cl->words[0]);

	if (cl->first == FIRST_NAME && !account) {
		options_missed(L, cl->words[0]);
		return STATUS_USAGE;
	}
	if (cl->first == FIRST_HOST && account) {
		screen_error("%s is an account, and %s behind it one word too "
			     "many",
		    cl->words[0], cl->words[1]);
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

/* ---- what is to be done ---- */

static int
run(struct loop *l, struct cmdline *cl)
{
	struct shell sh = {.loop = l,
	    .opt = &cl->opt,
	    .L = script_new(l, &cl->opt),
	    .confirm = true,
	    .history = true};
	struct script_host host = {
	    &sh, host_set, host_alias, host_command, host_meaning};
	lua_State *L = sh.L;
	int status;

	script_set_host(L, &host);
	setting_begin(&sh);
	status = configure(&sh);
	if (status == STATUS_OK)
		status = check_name(L, cl);
	if (status != STATUS_OK)
		;
	else if (cl->first == FIRST_PATH)
		status = script_file(L, cl->words[0], cl->words + 1);
	else if (cl->first == FIRST_SCRIPT)
		status = script_named(L, cl->words[0], cl->words + 1);
	else if (only_chunks(cl))
		status = run_chunks(L, cl);
	else
		status = converse(&sh, cl);
	script_free(L);
	added_free(&sh);
	setting_end();
	return status;
}

static int
run_all(struct cmdline *cl)
{
	struct err e = {0};
	int status = STATUS_OK;

	if (cl->help || cl->version) {
		(cl->help ? options_usage : options_version)(stdout);
	} else if (cl->completion != NULL) {
		(void)completion_put(stdout, cl->completion);
	} else {
		the_loop = loop_new();
		set_signals();
		if (cl->first == FIRST_LAB)
			status = start_lab(cl);
		if (status == STATUS_OK)
			status = run(the_loop, cl);
		lab_stop();
		loop_free(the_loop);
	}
	screen_sync();
	if (screen_check(&e) != 0) {
		screen_error("%s", e.msg);
		status = status != STATUS_OK ? status : STATUS_SCRIPT;
	}
	return status;
}

int
main(int argc, char **argv)
{
	struct rlimit none = {1, 1};
	struct cmdline cl;
	int status = STATUS_USAGE;

	/* A core dump would hold passwords.  0 would not keep it from a pipe
	 * in core_pattern, core(5). */
	setrlimit(RLIMIT_CORE, &none);
	text_init();
	screen_init(false, false);
	if (options_parse(argc, argv, &cl) == 0)
		status = run_all(&cl);
	options_free(&cl);
	if (ended_by != 0) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	return status;
}
