/* :caps: what the server can do, in words, and what TLS and login changed. */
#include "base/mem.h"
#include "base/text.h"
#include "shell/caps.h"
#include "shell/command.h"
#include "shell/explain.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <stdlib.h>

static const char *const stages[CAPS_STAGES] = {
    [CAPS_CLEAR] = N_("announced before TLS and login"),
    [CAPS_TLS] = N_("announced under TLS, before the login"),
    [CAPS_LOGIN] = N_("announced after the login"),
};

/* ---- remembering ---- */

static bool
asks(const struct cmd *cmd)
{
	static const char *const verbs[] = {
	    "CAPA", "CAPABILITY", "EHLO", "LHLO"};

	for (size_t i = 0; i < 4 && cmd != NULL && cmd->verb != NULL; i++)
		if (strcmp(cmd->verb->name, verbs[i]) == 0)
			return true;
	return false;
}

/* The list that was the last to be kept. */
static const char *
last_list(const struct session *s)
{
	for (int i = CAPS_STAGES - 1; i >= 0; i--)
		if (s->known.caps[i] != NULL)
			return s->known.caps[i];
	return "";
}

void
caps_note(struct session *s, const struct cmd *cmd)
{
	const struct conn *c = s->conn;
	enum caps_stage stage = *conn_user(c) != '\0' ? CAPS_LOGIN
				: conn_is_tls(c)      ? CAPS_TLS
						      : CAPS_CLEAR;
	struct str list;
	char **to = &s->known.caps[stage];

	if (conn_proto(c) == NULL || !conn_capabilities_known(c))
		return;
	list = conn_capabilities(c);
	/* An old list stays known when a login brings no new one. */
	if (!asks(cmd) && str_eq(list, str_z(last_list(s))))
		return;
	free(*to);
	*to = mem_zalloc(list.n + 1);
	memcpy(*to, list.p, list.n);
}

void
caps_free(struct session *s)
{
	for (int i = 0; i < CAPS_STAGES; i++)
		free(s->known.caps[i]);
}

/* ---- showing ---- */

static void
show(const char *mark, const char *protocol, struct str line)
{
	struct explain x = {0};
	struct buf words;
	struct str rest, one;

	buf_init(&words, EXPLAIN_MAX);
	explain_capability(&x, protocol, line, &words);
	rest = buf_str(&words);
	for (bool first = true; rest.n > 0; first = false) {
		struct buf out;

		one = str_trim(str_cut(&rest, '\n'));
		buf_init(&out, EXPLAIN_MAX);
		(void)buf_addf(
		    &out, "  %s%.*s", first ? mark : "    ", STRF(one));
		screen_line(buf_str(&out), PAINT_NONE);
		buf_fini(&out);
	}
	buf_fini(&words);
}

/* Groups, in their order. */
enum group { SECURITY, STANDARD, OWN, UNKNOWN, GROUPS };
static const char *const group_titles[GROUPS] = {
    [SECURITY] = N_("TLS and login:"),
    [STANDARD] = N_("by the standards:"),
    [OWN] = N_("in use, though no RFC has them:"),
    [UNKNOWN] = N_("not known to postel:"),
};

static enum group
group_of(const char *protocol, struct str line)
{
	static const char *const security[] = {"STARTTLS", "STLS", "AUTH",
	    "SASL", "SASL-IR", "LOGINDISABLED", "USER", "APOP", "REQUIRETLS",
	    "AUTH-RESP-CODE", "LOGIN-REFERRALS", "UNAUTHENTICATE"};
	const struct topic *t = explain_capability_row(protocol, line);
	struct str rest = line, name = str_word(&rest);

	name = str_cut(&name, '=');
	for (size_t i = 0; i < sizeof(security) / sizeof(*security); i++)
		if (str_eqcase(name, str_z(security[i])))
			return SECURITY;
	if (t == NULL)
		return UNKNOWN;
	return str_starts(str_z(t->rfc), S("no RFC")) ? OWN : STANDARD;
}

static void
show_list(const char *protocol, const char *list)
{
	struct str rest, line;
	bool titled;

	for (int g = 0; g < GROUPS; g++) {
		titled = false;
		for (rest = str_z(list); rest.n > 0;) {
			line = str_cut(&rest, '\n');
			if (line.n == 0 ||
			    group_of(protocol, line) != (enum group)g)
				continue;
			if (!titled)
				screen_text("%s", text_of(group_titles[g]));
			titled = true;
			show("", protocol, line);
		}
	}
}

static bool
has_line(const char *list, struct str wanted)
{
	struct str rest = str_z(list);

	while (rest.n > 0)
		if (str_eqcase(str_cut(&rest, '\n'), wanted))
			return true;
	return false;
}

/* The lines of one list that the other one has not; how many. */
static size_t
show_missing(
    const char *mark, const char *protocol, const char *from, const char *other)
{
	struct str rest = str_z(from), line;
	size_t n = 0;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		if (line.n == 0 || has_line(other, line))
			continue;
		show(mark, protocol, line);
		n++;
	}
	return n;
}

static void
show_change(const char *protocol, const char *before, const char *after,
    const char *title)
{
	screen_text("%s", text_of(title));
	if (show_missing("- ", protocol, before, after) +
		show_missing("+ ", protocol, after, before) ==
	    0)
		screen_text("  nothing");
}

static void
show_all(const struct session *s)
{
	const char *protocol = proto_name(conn_proto(s->conn)), *before = NULL;
	const char *now = NULL;

	for (int i = 0; i < CAPS_STAGES; i++) {
		if (s->known.caps[i] == NULL)
			continue;
		now = s->known.caps[i];
		if (before != NULL)
			show_change(protocol, before, now,
			    i == CAPS_TLS
				? N_("changed by TLS (- gone, + new):")
				: N_("changed by the login (- gone, "
				     "+ new):"));
		else
			screen_text("%s: %s", s->name, text_of(stages[i]));
		if (before == NULL)
			show_list(protocol, now);
		before = now;
	}
	if (*conn_user(s->conn) != '\0' && s->known.caps[CAPS_LOGIN] == NULL)
		screen_note("the server has sent no list since the login");
}

/* One of them, as it is now. */
static int
show_one(const struct session *s, const char *name)
{
	const char *protocol = proto_name(conn_proto(s->conn));
	struct str rest = conn_capabilities(s->conn), line, word, tail;
	bool found = false;

	while (rest.n > 0) {
		line = tail = str_cut(&rest, '\n');
		word = str_word(&tail);
		tail = word;
		if (!str_eqcase(word, str_z(name)) &&
		    !str_eqcase(str_cut(&tail, '='), str_z(name)))
			continue;
		show("", protocol, line);
		found = true;
	}
	if (found)
		return STATUS_OK;
	screen_text("The server does not announce %s.", name);
	line = str_z(name);
	if (explain_capability_row(protocol, line) != NULL)
		show("", protocol, line);
	return STATUS_REFUSED;
}

/* ---- asking ---- */

static int
ask(struct shell *sh, struct session *s)
{
	static const struct {
		const char *protocol, *verb, *argument;
	} how[] = {
	    {"pop3", "CAPA", NULL},
	    {"imap", "CAPABILITY", NULL},
	    {"smtp", "EHLO", "localhost"},
	    {"lmtp", "LHLO", "localhost"},
	};
	const char *protocol = proto_name(conn_proto(s->conn));
	struct arg arg = {.kind = ARG_STR};
	struct err e = {0};
	struct cmd *cmd = NULL;

	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		if (strcmp(how[i].protocol, protocol) != 0)
			continue;
		if (how[i].argument != NULL)
			arg.s = str_z(how[i].argument);
		cmd = conn_send(s->conn, str_z(how[i].verb), &arg,
		    how[i].argument != NULL, &e);
	}
	if (cmd == NULL) {
		screen_error("%s", e.msg);
		return status_of_err(&e);
	}
	return run_wait(sh, run_new(s, cmd, NULL));
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	int status = STATUS_OK;

	if (!shell_is_open(sh) || conn_proto(sh->current->conn) == NULL) {
		screen_error("nothing is open that could tell what it can do");
		return STATUS_USAGE;
	}
	if (!conn_capabilities_known(sh->current->conn))
		status = ask(sh, sh->current);
	if (status != STATUS_OK)
		return status;
	if (argc > 0)
		return show_one(sh->current, argv[0]);
	show_all(sh->current);
	return STATUS_OK;
}

const struct command cmd_caps = {
    .name = "caps",
    .talks = true,
    .argmax = 1,
    .usage = N_("[NAME]"),
    .help = N_("Says in words what the server can do, or what NAME means."),
    .more = N_("What TLS and the login have changed is shown, as far as the "
	       "server sent a list before and behind them.  It is asked for "
	       "one only if it has sent none."),
    .run = run,
};
