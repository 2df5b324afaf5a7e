/*
 * complete: TAB.  Verbs by protocol and state, those that the server announces
 * first; commands of the shell; then what an argument can be.  Nothing here
 * asks the server anything.
 */
#include "base/mem.h"
#include "shell/added.h"
#include "shell/command.h"
#include "shell/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <readline/readline.h>

static struct shell *the_shell;
static bool enabled;

/* The matches of one attempt. */
struct matches {
	char **v;
	size_t n;
};

static void
add(struct matches *m, const char *text, const char *prefix, const char *word)
{
	struct buf b;

	buf_init(&b, 256);
	(void)buf_addz(&b, prefix);
	(void)buf_addz(&b, word);
	if (str_startscase(buf_str(&b), str_z(text))) {
		m->v = mem_realloc(m->v, (m->n + 3) * sizeof(*m->v));
		m->v[++m->n] = mem_strdup(buf_cstr(&b));
	}
	buf_fini(&b);
}

/* As readline wants them: the common beginning, the matches, NULL. */
static char **
finish(struct matches *m, const char *text)
{
	size_t common, i;

	if (m->n == 0)
		return NULL;
	common = strlen(m->v[1]);
	for (i = 2; i <= m->n; i++) {
		size_t n = 0;
		while (n < common &&
		       ascii_lower(m->v[1][n]) == ascii_lower(m->v[i][n]))
			n++;
		common = n;
	}
	if (common < strlen(text))
		common = strlen(text);
	m->v[0] = strndup(m->v[1], common);
	m->v[m->n + 1] = NULL;
	return m->v;
}

static const struct conn *
conn_now(void)
{
	return shell_is_open(the_shell) ? the_shell->current->conn : NULL;
}

/* Verbs that the state allows; of two words, what follows the first one. */
static void
add_verbs(struct matches *m, const char *text, struct str before)
{
	const struct conn *c = conn_now();
	const struct verb *v;
	struct str name;

	if (c == NULL || conn_proto(c) == NULL)
		return;
	for (v = proto_verbs(conn_proto(c)); v->name != NULL; v++) {
		if (v->states != 0 && (v->states & conn_state(c)) == 0)
			continue;
		if (v->capability != NULL && conn_capabilities_known(c) &&
		    !conn_has(c, v->capability))
			continue;
		name = str_z(v->name);
		if (before.n == 0 && !str_has(name, ' ')) {
			add(m, text, "", v->name);
		} else if (before.n > 0 && str_startscase(name, before) &&
			   name.n > before.n && name.p[before.n] == ' ') {
			add(m, text, "", v->name + before.n + 1);
		} else if (before.n == 0 && str_startscase(name, S("UID "))) {
			add(m, text, "", "UID");
		}
	}
}

static void
add_commands(struct matches *m, const char *text, const char *prefix)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		add(m, text, prefix, commands[i]->name);
	if (*prefix == '\0') /* without a colon there are few */
		return;
	for (const struct added *a = the_shell->added; a != NULL; a = a->next)
		add(m, text, prefix, a->name);
}

static void
add_help(struct matches *m, const char *text)
{
	const struct conn *c = conn_now();
	const struct verb *v;

	if (c == NULL || conn_proto(c) == NULL)
		return;
	for (v = proto_verbs(conn_proto(c)); v->name != NULL; v++)
		add(m, text, "?", v->name);
}

/* Whether names of files may follow, too. */
static bool
add_command_words(struct matches *m, const char *text, struct str line)
{
	struct str name = str_word(&line);
	const struct command *c;
	const char *word;

	c = command_find(str_skip(name, 1));
	if (c == NULL)
		return false;
	for (size_t i = 0;
	     c->complete != NULL && (word = c->complete(the_shell, i)) != NULL;
	     i++)
		add(m, text, "", word);
	for (size_t i = 0;
	     c->complete_behind != NULL &&
	     (word = c->complete_behind(the_shell, line, i)) != NULL;
	     i++)
		add(m, text, "", word);
	return c->files;
}

/* What arguments of the verbs can be, by a letter each of the verb's
 * signature or by the verb. */
static const struct {
	const char *verbs, *words;
} arguments[] = {
    {"SELECT EXAMINE STATUS APPEND", "INBOX"},
    {"STORE UID_STORE",
	"FLAGS +FLAGS -FLAGS FLAGS.SILENT +FLAGS.SILENT -FLAGS.SILENT "
	"\\Seen \\Answered \\Flagged \\Deleted \\Draft"},
    {"FETCH UID_FETCH",
	"FLAGS UID ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE BODY[] "
	"BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] ALL FAST FULL"},
    {"SEARCH UID_SEARCH",
	"ALL ANSWERED BEFORE BODY DELETED FLAGGED FROM HEADER LARGER NEW NOT "
	"OLD ON OR RECENT SEEN SINCE SMALLER SUBJECT TEXT TO UID UNANSWERED "
	"UNDELETED UNFLAGGED UNSEEN"},
    {"STATUS", "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY RECENT SIZE DELETED"},
    {"MAIL", "FROM:<"},
    {"RCPT", "TO:<"},
};

static void
add_mechanisms(struct matches *m, const char *text)
{
	const struct conn *c = conn_now();
	struct str list = conn_capability(c, "AUTH"), word;
	char mech[64];

	if (list.p == NULL)
		list = conn_capability(c, "SASL");
	while (list.p != NULL && (word = str_word(&list)).n > 0)
		add(m, text, "", str_copy(mech, sizeof(mech), word));
}

static void
add_arguments(struct matches *m, const char *text, struct str line)
{
	const struct conn *c = conn_now();
	const struct verb *v =
	    c != NULL && conn_proto(c) != NULL
		? verb_find(proto_verbs(conn_proto(c)), line, NULL)
		: NULL;
	char name[32], word[64];
	struct str words, each;

	if (v == NULL)
		return;
	if (v->flags & VERB_SASL)
		add_mechanisms(m, text);
	(void)str_copy(name, sizeof(name), str_z(v->name));
	if (strchr(name, ' ') != NULL)
		*strchr(name, ' ') = '_';
	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		if (!verb_word_in(arguments[i].verbs, str_z(name)))
			continue;
		words = str_z(arguments[i].words);
		while ((each = str_word(&words)).n > 0)
			add(m, text, "", str_copy(word, sizeof(word), each));
	}
}

/* Whether a file name is due: behind a redirection, or "!command". */
static bool
wants_file(struct str before)
{
	static const struct str ops[] = {
	    STR(":>"), STR(":>>"), STR(":<"), STR(":|")};
	struct str word, last = S("");

	if (str_starts(before, S("!")))
		return true;
	while ((word = str_word(&before)).n > 0)
		last = word;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (str_eq(last, ops[i]))
			return true;
	return false;
}

static char **
attempt(const char *text, int start, int end)
{
	struct str before = {rl_line_buffer, (size_t)start};
	struct matches m = {NULL, 0};
	struct str rest, first;
	bool files;

	(void)end;
	rl_attempted_completion_over = 1;
	/* A space behind an argument would be sent with it. */
	rl_completion_append_character =
	    start == 0 || *rl_line_buffer == ':' ? ' ' : '\0';
	if (!enabled)
		return NULL;
	if (wants_file(before)) {
		rl_attempted_completion_over = 0;
		return NULL;
	}
	if (start == 0 && *text == ':') {
		add_commands(&m, text, ":");
	} else if (start == 0 && *text == '?') {
		add_help(&m, text);
	} else if (start == 0) {
		add_verbs(&m, text, S(""));
		if (conn_now() == NULL)
			add_commands(&m, text, "");
		else if (*text == '\0')
			add_commands(&m, text, ":");
	} else if (*rl_line_buffer == ':') {
		files = add_command_words(&m, text, before);
		rl_attempted_completion_over = m.n > 0 || !files;
	} else {
		rest = before;
		first = str_word(&rest);
		if (str_trim(rest).n == 0)
			add_verbs(&m, text, first);
		add_arguments(&m, text, before);
	}
	return finish(&m, text);
}

void
complete_on(bool on)
{
	enabled = on;
}

void
complete_init(struct shell *sh)
{
	the_shell = sh;
	rl_attempted_completion_function = attempt;
	rl_completer_word_break_characters = " \t\n(";
	rl_completer_quote_characters = "";
	rl_sort_completion_matches = 1;
}
