/* command: the table of the shell's own commands. */
#include "shell/command.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <stdlib.h>

const struct command *const commands[] = {
    &cmd_open,
    &cmd_close,
    &cmd_drop,
    &cmd_use,
    &cmd_conns,
    &cmd_caps,
    &cmd_trace,
    &cmd_explain,
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

int
command_run(struct shell *sh, const struct command *cmd, struct str rest)
{
	char *argv[COMMAND_WORDS + 1] = {NULL};
	size_t argc = 0;
	struct str word;
	int status;

	while ((word = next_word(&rest)).n > 0 && argc < COMMAND_WORDS) {
		argv[argc] = mem_zalloc(word.n + 1);
		memcpy(argv[argc++], word.p, word.n);
	}
	if (word.n > 0 || argc < cmd->argmin || argc > cmd->argmax) {
		screen_error("usage: :%s%s%s", cmd->name,
		    *cmd->usage != '\0' ? " " : "", text_of(cmd->usage));
		status = STATUS_USAGE;
	} else {
		status = cmd->run(sh, argc, argv);
	}
	while (argc > 0)
		mem_free_secret(argv[--argc]);
	return status;
}

int
command_line(struct shell *sh, struct str line)
{
	struct str word = str_word(&line);
	const struct command *cmd = command_find(word);
	struct near near;

	if (cmd != NULL)
		return command_run(sh, cmd, line);
	near_init(&near, word);
	for (size_t i = 0; commands[i] != NULL; i++)
		near_try(&near, commands[i]->name);
	if (near.best != NULL)
		screen_error("no command :%.*s; did you mean :%s?", STRF(word),
		    near.best);
	else
		screen_error("no command :%.*s; :help lists them", STRF(word));
	return STATUS_USAGE;
}

const char *
command_session_name(const struct shell *sh, size_t n)
{
	const struct session *s = sh->sessions;

	while (s != NULL && n-- > 0)
		s = s->next;
	return s != NULL ? s->name : NULL;
}
