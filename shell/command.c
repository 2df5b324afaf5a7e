/* command: the table of the shell's own commands. */
#include "shell/command.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"
#include "shell/added.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <stdlib.h>

const struct command *const commands[] = {
    &cmd_open,
    &cmd_close,
    &cmd_drop,
    &cmd_use,
    &cmd_conns,
    &cmd_login,
    &cmd_auth,
    &cmd_tls,
    &cmd_caps,
    &cmd_idle,
    &cmd_json,
    &cmd_save,
    &cmd_record,
    &cmd_run,
    &cmd_source,
    &cmd_multi,
    &cmd_raw,
    &cmd_send,
    &cmd_trace,
    &cmd_time,
    &cmd_explain,
    &cmd_set,
    &cmd_alias,
    &cmd_lua,
    &cmd_help,
    &cmd_quit,
    NULL,
};

const struct command *
command_find(struct str name)
{
	const struct command *found = NULL;

	if (name.n == 0)
		return NULL;
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (str_eqcase(str_z(commands[i]->name), name))
			return commands[i];
		if (!str_startscase(str_z(commands[i]->name), name))
			continue;
		if (found != NULL)
			return NULL;
		found = commands[i];
	}
	return found;
}

/* The next word; between quotes of either kind it may hold spaces. */
static struct str
next_word(struct str *rest)
{
	struct str s = str_trim(*rest);

	if (s.n > 0 && (*s.p == '"' || *s.p == '\'')) {
		*rest = str_skip(s, 1);
		return str_cut(rest, *s.p);
	}
	return str_word(rest);
}

static int
usage(const struct command *cmd)
{
	screen_error("usage: :%s%s%s", cmd->name,
	    *cmd->usage != '\0' ? " " : "", text_of(cmd->usage));
	return STATUS_USAGE;
}

struct str
command_raw_word(struct str *rest)
{
	struct str s = str_trim(*rest), word = next_word(rest);

	return s.n > 0 && (*s.p == '"' || *s.p == '\'')
		   ? (struct str){s.p, (size_t)(rest->p - s.p)}
		   : word;
}

static char *
copy(struct str s)
{
	char *z = mem_zalloc(s.n + 1);

	if (s.n > 0)
		memcpy(z, s.p, s.n);
	return z;
}

bool
command_split(struct str *rest, char **argv, size_t *argc)
{
	struct str word;

	while (str_trim(*rest).n > 0) {
		if (*argc == COMMAND_WORDS)
			return false;
		word = next_word(rest);
		argv[(*argc)++] = copy(word);
	}
	return true;
}

/* As the command wants it: its last argument may be the rest of the
 * line. */
static bool
split_for(const struct command *cmd, struct str rest, char **argv, size_t *argc)
{
	if (cmd->line == 0)
		return command_split(&rest, argv, argc);
	while (*argc + 1 < cmd->line && str_trim(rest).n > 0)
		argv[(*argc)++] = copy(next_word(&rest));
	rest = str_trim(rest);
	if (rest.n > 0)
		argv[(*argc)++] = copy(rest);
	return true;
}

int
command_run(struct shell *sh, const struct command *cmd, struct str rest)
{
	char *argv[COMMAND_WORDS + 1] = {NULL};
	size_t argc = 0;
	int status;

	if (cmd->talks && !session_make_way(sh))
		return STATUS_USAGE;
	if (!split_for(cmd, rest, argv, &argc) || argc < cmd->argmin ||
	    argc > cmd->argmax)
		status = usage(cmd);
	else
		status = cmd->run(sh, argc, argv);
	while (argc > 0)
		mem_free_secret(argv[--argc]);
	return status;
}

/* Appends the names of the commands that begin so; how many there are.
 */
static size_t
beginning_with(struct str word, struct buf *names)
{
	size_t n = 0;

	for (size_t i = 0; commands[i] != NULL && word.n > 0; i++)
		if (str_startscase(str_z(commands[i]->name), word))
			(void)buf_addf(names, "%s:%s", n++ > 0 ? ", " : "",
			    commands[i]->name);
	return n;
}

static int
missed(const struct shell *sh, struct str word)
{
	struct near near;
	struct buf names;
	size_t n;

	buf_init(&names, 1024);
	n = beginning_with(word, &names);
	if (n > 0)
		screen_error(
		    ":%.*s may be one of %s", STRF(word), buf_cstr(&names));
	buf_fini(&names);
	if (n > 0)
		return STATUS_USAGE;
	near_init(&near, word);
	for (size_t i = 0; commands[i] != NULL; i++)
		near_try(&near, commands[i]->name);
	for (const struct added *a = sh->added; a != NULL; a = a->next)
		near_try(&near, a->name);
	if (near.best != NULL)
		screen_error("no command :%.*s; did you mean :%s?", STRF(word),
		    near.best);
	else
		screen_error("no command :%.*s; :help lists them", STRF(word));
	return STATUS_USAGE;
}

/* Whole names go before beginnings, and what is built in before the
 * rest. */
int
command_line(struct shell *sh, struct str line)
{
	struct str word = str_word(&line);
	const struct command *cmd = command_find(word);
	const struct added *a = added_find(sh, word);

	if (cmd != NULL && (a == NULL || str_eqcase(str_z(cmd->name), word)))
		return command_run(sh, cmd, line);
	if (a == NULL)
		a = added_begins(sh, word);
	return a != NULL ? added_run(sh, a, line) : missed(sh, word);
}

const char *
command_session_name(const struct shell *sh, size_t n)
{
	const struct session *s = sh->sessions;

	while (s != NULL && n-- > 0)
		s = s->next;
	return s != NULL ? s->name : NULL;
}

const char *
command_on_off(const struct shell *sh, size_t n)
{
	static const char *const words[] = {"on", "off"};

	(void)sh;
	return n < 2 ? words[n] : NULL;
}

int
command_switch(const char *word, bool *on)
{
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
		screen_error("on or off, not %s", word);
		return -1;
	}
	*on = strcmp(word, "on") == 0;
	return 0;
}

bool
command_needs_open(const struct shell *sh)
{
	if (shell_is_open(sh))
		return true;
	screen_error("nothing is open");
	return false;
}
