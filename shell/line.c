/* line: what a line means. */
#include "shell/command.h"
#include "shell/help.h"
#include "shell/idle.h"
#include "shell/raw.h"
#include "shell/record.h"
#include "shell/run.h"
#include "shell/session.h"

#include <stdlib.h>

bool
shell_is_open(const struct shell *sh)
{
	return sh->current != NULL && session_is_open(sh->current);
}

bool
shell_can_ask(const struct shell *sh)
{
	return sh->interactive && sh->source == NULL;
}

void
shell_lend(struct shell *sh)
{
	(void)sh;
	screen_sync();
	repl_release();
}

void
shell_regain(struct shell *sh, int status)
{
	if (status != STATUS_INTERRUPTED)
		return;
	/* Ctrl-C has done its work; it interrupts nothing else. */
	sh->stopped = true;
	(void)shell_turn(sh, 0);
}

/* "=…": Lua. */
static int
lua_line(struct shell *sh, struct str text)
{
	char *z = strndup(text.p, text.n);
	int status;

	if (z == NULL)
		abort();
	shell_lend(sh);
	status = script_eval(
	    sh->L, sh->current != NULL ? sh->current->conn : NULL, z);
	shell_regain(sh, status);
	free(z);
	return status;
}

/* "!…": the system. */
static int
system_line(struct str text)
{
	char *z = strndup(text.p, text.n);
	struct err e = {0};
	int status;

	if (z == NULL)
		abort();
	status = system_run(z, &e);
	free(z);
	if (e.kind != ERR_NONE)
		screen_error("%s", e.msg);
	return status == 0 ? STATUS_OK : STATUS_SCRIPT;
}

/* Nothing is open: a few commands of the shell are known without a colon. */
static int
bare_line(struct shell *sh, struct str line)
{
	struct str rest = line, word = str_word(&rest);
	const struct command *cmd = NULL;

	if (str_eqcase(word, S("exit")))
		word = S("quit");
	if (str_eqcase(word, S("open")) || str_eqcase(word, S("help")) ||
	    str_eqcase(word, S("quit")))
		cmd = command_find(word);
	if (cmd != NULL)
		return command_run(sh, cmd, rest);
	/* Why it was closed has been told, and ends a batch. */
	if (sh->current != NULL && !sh->interactive &&
	    conn_error(sh->current->conn)->kind != ERR_NONE)
		return status_of_err(conn_error(sh->current->conn));
	if (sh->current != NULL)
		screen_error("%s is closed, and the line went nowhere; :open "
			     "URL or :open HOST PORT",
		    sh->current->name);
	else
		screen_error("nothing is open, and the line went nowhere; "
			     "open URL or open HOST PORT");
	return sh->current != NULL ? STATUS_LOST : STATUS_USAGE;
}

static int
protocol_line(struct shell *sh, struct str line)
{
	struct redirects rd;
	struct err e = {0};

	if (!shell_is_open(sh))
		return bare_line(sh, line);
	if (sh->current->raw != NULL)
		return raw_line(sh, line);
	if (!idle_pause(sh, sh->current))
		return STATUS_INTERRUPTED;
	if (redirect_cut(&line, &rd, &e) != 0) {
		screen_error("%s", e.msg);
		return STATUS_USAGE;
	}
	return run_line(sh, line, &rd);
}

int
line_run(struct shell *sh, struct str line)
{
	struct err e = {0};
	struct str rest;

	if (str_trim(line).n == 0)
		return STATUS_OK;
	rest = str_skip(line, 1);
	/* Lua, other programs, and who breaks the rules may delete what was
	 * saved. */
	if ((memchr(":=!", *line.p, 3) != NULL ||
		(sh->current != NULL && sh->current->raw != NULL)) &&
	    redirect_sync(&e) != 0) {
		screen_error("%s", e.msg);
		return STATUS_SCRIPT;
	}
	switch (*line.p) {
	case ':':
		return command_line(sh, rest);
	case '=':
		if (!session_make_way(sh))
			return STATUS_USAGE;
		record_lua(sh, rest);
		return lua_line(sh, rest);
	case '!':
		record_system(sh, rest);
		return system_line(rest);
	case '?':
		return help_topic(sh, str_trim(rest));
	default:
		return protocol_line(sh, line);
	}
}
