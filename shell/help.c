/* help: what the tables say, for people. */
#include "shell/help.h"
#include "base/near.h"
#include "base/text.h"
#include "shell/added.h"
#include "shell/command.h"
#include "shell/screen.h"
#include "shell/session.h"
#include "shell/topics.h"

#include <stdio.h>

static const char *const protocols[] = {"pop3", "smtp", "lmtp", "imap"};
enum { PROTOCOLS = sizeof(protocols) / sizeof(*protocols) };

/* Prints text in lines that fit the terminal, each indented. */
static void
print_filled(const char *text, int indent)
{
	struct str rest = str_z(text), word;
	int width = screen_width() > 100 ? 100 : screen_width(), at = 0;
	struct buf line;

	buf_init(&line, 1024);
	while ((word = str_word(&rest)).n > 0) {
		if (at > 0 && indent + at + 1 + (int)word.n > width) {
			screen_text("%*s%s", indent, "", buf_cstr(&line));
			buf_clear(&line);
			at = 0;
		}
		(void)buf_addf(&line, "%s%.*s", at > 0 ? " " : "", STRF(word));
		at = (int)line.len;
	}
	if (at > 0)
		screen_text("%*s%s", indent, "", buf_cstr(&line));
	buf_fini(&line);
}

/* ---- verbs ---- */

static const struct proto *
current_proto(const struct shell *sh)
{
	return shell_is_open(sh) ? conn_proto(sh->current->conn) : NULL;
}

void
help_states(struct buf *b, const struct proto *p, unsigned states)
{
	const char *name, *sep = "";

	if (states == 0)
		(void)buf_addz(b, text_of("any state"));
	for (unsigned n = 0; (name = proto_state_name(p, n)) != NULL; n++) {
		if ((states & 1u << n) == 0)
			continue;
		(void)buf_addf(b, "%s%s", sep, name);
		sep = ", ";
	}
}

static void
explain_verb(
    const struct shell *sh, const struct proto *p, const struct verb *v)
{
	struct buf states;

	buf_init(&states, 256);
	help_states(&states, p, v->states);
	screen_text("%s%s%s", v->name,
	    v->usage != NULL && *v->usage != '\0' ? " " : "",
	    v->usage != NULL ? v->usage : "");
	print_filled(text_of(v->help), 4);
	if (v->example != NULL)
		screen_text("    Example: %s", v->example);
	screen_text("    %s, %s; %s", proto_name(p), buf_cstr(&states),
	    v->rfc != NULL ? v->rfc : "");
	if (v->capability != NULL && p == current_proto(sh) &&
	    conn_capabilities_known(sh->current->conn))
		screen_text(conn_has(sh->current->conn, v->capability)
				? N_("    The server announces %s.")
				: N_("    The server does not announce %s."),
		    v->capability);
	buf_fini(&states);
}

static const struct verb *
exact_verb(const struct proto *p, struct str topic)
{
	struct str rest = topic;
	const struct verb *v = verb_find(proto_verbs(p), topic, &rest);

	return v != NULL && str_trim(rest).n == 0 ? v : NULL;
}

/* Explains the verb in the protocol that is spoken, else in all. */
static bool
verb_topic(const struct shell *sh, struct str topic)
{
	const struct proto *now = current_proto(sh), *p;
	const struct verb *v = now != NULL ? exact_verb(now, topic) : NULL;
	bool found = v != NULL;

	if (found)
		explain_verb(sh, now, v);
	for (size_t i = 0; i < PROTOCOLS && (v == NULL || now == NULL); i++) {
		p = proto_find(str_z(protocols[i]));
		if ((v = exact_verb(p, topic)) != NULL) {
			explain_verb(sh, p, v);
			found = true;
		}
	}
	return found;
}

/* ---- commands of the shell ---- */

static void
explain_added(const struct added *a)
{
	struct buf b;

	buf_init(&b, SHELL_LINE_MAX);
	added_describe(a, &b);
	screen_text(":%s", a->name);
	if (a->line != NULL)
		screen_text("    An alias for %s", buf_cstr(&b));
	else
		print_filled(buf_cstr(&b), 4);
	buf_fini(&b);
}

static bool
command_topic(const struct shell *sh, struct str topic)
{
	const struct command *c;
	const struct added *a;

	if (str_starts(topic, S(":")))
		topic = str_skip(topic, 1);
	c = command_find(topic);
	a = added_find(sh, topic);
	if (a == NULL && c == NULL)
		a = added_begins(sh, topic);
	if (a != NULL)
		explain_added(a);
	if (a != NULL || c == NULL)
		return a != NULL;
	screen_text(":%s %s", c->name, text_of(c->usage));
	print_filled(text_of(c->help), 4);
	if (c->more != NULL)
		print_filled(text_of(c->more), 4);
	return true;
}

/* ---- what servers say ---- */

static bool
show_topic(enum topic_kind kind, struct str key)
{
	const struct topic *t = kind == TOPIC_SMTP_ENHANCED && *key.p != 'x'
				    ? topic_enhanced(key)
				    : topic_find(kind, key);

	if (t == NULL)
		return false;
	screen_text("%.*s: %s", STRF(key), text_of(topic_tables[kind].title));
	if (kind == TOPIC_SMTP_ENHANCED && *key.p != 'x')
		print_filled(topic_class(key), 4);
	print_filled(text_of(t->text), 4);
	screen_text("    %s", text_of(t->rfc));
	return true;
}

/* All meanings: first those in the protocol that is spoken, or in any. */
static bool
server_topic(const struct shell *sh, struct str key)
{
	const struct proto *now = current_proto(sh);
	const char *spoken = now != NULL ? proto_name(now) : "", *p;
	bool found = false, here;

	if (strcmp(spoken, "lmtp") == 0)
		spoken = "smtp";
	for (int pass = 0; pass < 2; pass++) {
		for (int kind = 0; kind < TOPIC_KINDS; kind++) {
			p = topic_tables[kind].protocol;
			here = p == NULL || strcmp(p, spoken) == 0;
			if (here == (pass == 0) &&
			    show_topic((enum topic_kind)kind, key))
				found = true;
		}
	}
	return found;
}

/* ---- misses ---- */

static int
missed(const struct shell *sh, struct str topic)
{
	struct near near;
	const struct verb *v;

	near_init(&near, topic);
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (current_proto(sh) != NULL &&
		    current_proto(sh) != proto_find(str_z(protocols[i])))
			continue;
		v = proto_verbs(proto_find(str_z(protocols[i])));
		for (; v->name != NULL; v++)
			near_try(&near, v->name);
	}
	for (int kind = 0; kind < TOPIC_KINDS; kind++)
		for (const struct topic *t = topic_tables[kind].rows;
		     t->key != NULL; t++)
			near_try(&near, t->key);
	if (near.best != NULL)
		screen_error("no help on %.*s; did you mean ?%s", STRF(topic),
		    near.best);
	else
		screen_error("no help on %.*s", STRF(topic));
	return STATUS_USAGE;
}

int
help_topic(struct shell *sh, struct str topic)
{
	bool found;

	if (topic.n == 0)
		return help_all(sh);
	if (str_starts(topic, S(":"))) {
		found = command_topic(sh, topic);
	} else {
		found = verb_topic(sh, topic);
		found = server_topic(sh, topic) || found;
		found = found || command_topic(sh, topic);
	}
	return found ? STATUS_OK : missed(sh, topic);
}

/* ---- all ---- */

/* The verbs of the state bit; those of all states if bit is 0. */
static void
list_verbs(const struct proto *p, const char *title, unsigned bit)
{
	const struct verb *v = proto_verbs(p);
	struct buf b;

	buf_init(&b, 8192);
	for (; v->name != NULL; v++) {
		if (bit == 0 ? v->states != 0 : (v->states & bit) == 0)
			continue;
		(void)buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", v->name);
	}
	if (b.len > 0) {
		screen_text("%s:", title);
		print_filled(buf_cstr(&b), 2);
	}
	buf_fini(&b);
}

static void
list_states(const struct shell *sh, const struct proto *p)
{
	const char *name;
	char title[80];
	unsigned now = conn_state(sh->current->conn);

	list_verbs(p, text_of("in any state"), 0);
	for (unsigned n = 0; (name = proto_state_name(p, n)) != NULL; n++) {
		snprintf(title, sizeof(title), "%s%s", name,
		    now == 1u << n ? text_of(" (this is the state now)") : "");
		list_verbs(p, title, 1u << n);
	}
}

static void
list_command(const char *name, const char *usage, const char *help)
{
	char head[80];

	snprintf(head, sizeof(head), ":%s %s", name, usage);
	if (strlen(head) > 21)
		screen_text("  %s\n  %-22s %s", head, "", help);
	else
		screen_text("  %-22s %s", head, help);
}

static void
list_commands(const struct shell *sh)
{
	struct buf b;

	screen_text("commands of the shell:");
	for (size_t i = 0; commands[i] != NULL; i++)
		list_command(commands[i]->name, text_of(commands[i]->usage),
		    text_of(commands[i]->help));
	if (sh->added != NULL)
		screen_text("\nyour own:");
	buf_init(&b, SHELL_LINE_MAX);
	for (const struct added *a = sh->added; a != NULL; a = a->next) {
		buf_clear(&b);
		added_describe(a, &b);
		list_command(a->name, "", buf_cstr(&b));
	}
	buf_fini(&b);
}

int
help_all(struct shell *sh)
{
	const struct proto *p = current_proto(sh);

	if (p != NULL) {
		screen_text("A line is sent to the server, unless it begins "
			    "with one of : = ! ?");
		list_states(sh, p);
		screen_text("%s", "");
	}
	list_commands(sh);
	screen_text("%s", "");
	screen_text("other lines:\n"
		    "  =EXPRESSION            Lua: its value is printed\n"
		    "  !COMMAND               a command of the system\n"
		    "  ?TOPIC                 help: ?RETR ?250 ?5.1.1 "
		    "?\\Recent\n"
		    "at the end of a line:\n"
		    "  :> FILE  :>> FILE  :| COMMAND    the body of the "
		    "reply, out\n"
		    "  :< FILE                          a message, in");
	return STATUS_OK;
}
