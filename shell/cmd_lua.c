/* :lua: a prompt for Lua, in which a chunk may take several lines. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/screen.h"

/* Whether the line leaves: that is no Lua. */
static bool
leaves(struct str line)
{
	static const char *const words[] = {":quit", ":q", "quit", "exit"};

	line = str_trim(line);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq(str_z(words[i]), line))
			return true;
	return false;
}

/* Reads lines into chunk until they are whole. */
static enum got
read_chunk(struct shell *sh, struct buf *chunk, struct buf *line)
{
	struct ask ask = {.prompt = "lua> "};
	enum got got;

	buf_clear(chunk);
	for (;;) {
		got = sh->ask(sh, &ask, line);
		if (got == GOT_EOF && chunk->len > 0)
			return GOT_LINE; /* Lua says what is missing */
		if (got != GOT_LINE)
			return got;
		if (chunk->len == 0 && leaves(buf_str(line)))
			return GOT_EOF;
		if ((chunk->len > 0 && buf_addc(chunk, '\n') != 0) ||
		    buf_add(chunk, buf_str(line)) != 0) {
			screen_error(
			    "a chunk of more than %d octets", SHELL_LINE_MAX);
			return GOT_INT;
		}
		if (!script_unfinished(sh->L, buf_cstr(chunk)))
			return GOT_LINE;
		ask.prompt = "...> ";
	}
}

static int
eval(struct shell *sh, struct buf *chunk)
{
	int status;

	if (str_trim(buf_str(chunk)).n == 0)
		return STATUS_OK;
	shell_lend(sh);
	status = script_eval(sh->L,
	    sh->current != NULL ? sh->current->conn : NULL, buf_cstr(chunk));
	shell_regain(sh, status);
	return status;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool person = shell_can_ask(sh);
	struct buf chunk, line;
	enum got got;
	int status = STATUS_OK, st;

	(void)argc;
	(void)argv;
	if (person)
		screen_note("%s; conn is this connection.  Ctrl-D or :quit "
			    "leaves.",
		    LUA_RELEASE);
	buf_init(&chunk, SHELL_LINE_MAX);
	buf_init(&line, SHELL_LINE_MAX);
	chunk.secret = line.secret = true;
	while ((got = read_chunk(sh, &chunk, &line)) != GOT_EOF && !sh->quit) {
		if (got != GOT_LINE)
			continue;
		st = eval(sh, &chunk);
		/* A person has seen it; a file goes no further. */
		if (st == STATUS_OK || person)
			continue;
		status = status != STATUS_OK ? status : st;
		if (!sh->opt->keep_going)
			break;
	}
	if (got == GOT_EOF && person && !leaves(buf_str(&line)))
		screen_text("%s", "");
	buf_fini(&chunk);
	buf_fini(&line);
	return status;
}

const struct command cmd_lua = {
    .name = "lua",
    .talks = true,
    .usage = "",
    .help = N_("Gives a prompt for Lua; a chunk may take several lines."),
    .more =
	N_("As behind =, the value of an expression is printed, and conn is "
	   "the current connection.  What is local ends with its chunk.  "
	   "Ctrl-D or :quit leaves.  None of it goes into the history."),
    .run = run,
};
