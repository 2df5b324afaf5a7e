/* explain: a teacher's mode, beside the replies. */
#include "shell/explain.h"
#include "base/mem.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <stdlib.h>

/* Each line of the words, dim. */
static void
show(const struct buf *words)
{
	struct str rest = buf_str(words), line;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		screen_note("%.*s", STRF(line));
	}
}

void
explain_sent(const struct shell *sh, struct session *s, const struct cmd *cmd)
{
	const char *verb = cmd->verb != NULL ? cmd->verb->name : "";

	if (!sh->explains)
		return;
	if (cmd->tag.n > 0 && !s->known.tag)
		screen_note("  %.*s: the tag, by which the reply is known; "
			    "postel counts them (RFC 9051 2.2.1)",
		    STRF(cmd->tag));
	if (strcmp(verb, "DATA") == 0)
		screen_note("  postel ends each line of the message with CRLF, "
			    "and puts a dot before one that begins with a dot "
			    "(RFC 5321 4.5.2)");
	s->known.tag = s->known.tag || cmd->tag.n > 0;
}

/* CAPA's lines are a body, which is shown and not kept; the connection has
 * what it said. */
static void
add_capa(struct explain *x, const struct cmd *cmd, struct buf *out)
{
	struct str rest = conn_capabilities(cmd->conn);

	if (cmd->verb == NULL || strcmp(cmd->verb->name, "CAPA") != 0 ||
	    cmd->reply.class != REPLY_OK)
		return;
	while (rest.n > 0)
		explain_capability(x, "pop3", str_cut(&rest, '\n'), out);
}

void
explain_reply(const struct shell *sh, struct running *r)
{
	const struct proto *p = conn_proto(r->session->conn);
	const char *verb = r->cmd->verb != NULL ? r->cmd->verb->name : "";
	const struct item *it;
	struct buf out;

	if (!sh->explains || r->quiet || r->left || p == NULL)
		return;
	if (r->explain == NULL)
		r->explain = mem_zalloc(sizeof(*r->explain));
	buf_init(&out, EXPLAIN_MAX);
	it = r->explained != NULL ? r->explained->next : r->cmd->items;
	for (; it != NULL; it = it->next) {
		if (it->kind == ITEM_LINE)
			explain_line(
			    r->explain, proto_name(p), verb, it->line, &out);
		r->explained = it;
		if (it == r->last)
			break;
	}
	if (cmd_over(r->cmd)) {
		add_capa(r->explain, r->cmd, &out);
		if (r->explain->repeated > 0)
			(void)buf_addf(&out,
			    text_plural("  %zu response more is of a kind "
					"that was explained above\n",
				"  %zu responses more are of a kind that was "
				"explained above\n",
				r->explain->repeated),
			    r->explain->repeated);
	}
	show(&out);
	buf_fini(&out);
}

void
explain_event(const struct shell *sh, const struct session *s, struct str line)
{
	const struct proto *p = conn_proto(s->conn);
	struct explain x = {0};
	struct buf out;

	if (!sh->explains || p == NULL)
		return;
	buf_init(&out, EXPLAIN_MAX);
	explain_line(&x, proto_name(p), "", line, &out);
	show(&out);
	buf_fini(&out);
}

/* ---- what has changed ---- */

/* "selected INBOX, 22 messages". */
static void
add_state(const struct conn *c, struct buf *b)
{
	struct conn_mailbox m = conn_mailbox(c);

	(void)buf_addz(b, conn_state_name(c));
	if (*m.name == '\0')
		return;
	(void)buf_addf(b,
	    text_plural(" %s, %llu message", " %s, %llu messages", m.exists),
	    m.name, (unsigned long long)m.exists);
	if (m.read_only)
		(void)buf_addz(b, text_of(", read-only"));
}

void
explain_change(const struct shell *sh, struct session *s)
{
	struct known *k = &s->known;
	const struct conn *c = s->conn;
	const char *user = conn_user(c);
	struct buf state;

	if (conn_proto(c) == NULL || conn_phase(c) != CONN_OPEN)
		return;
	buf_init(&state, 4096);
	add_state(c, &state);
	if (sh->explains && k->state != NULL) {
		if (conn_is_tls(c) && !k->tls)
			screen_note("  TLS is up: from here on nobody can "
				    "read along");
		if (*user != '\0' && strcmp(user, k->user) != 0)
			screen_note("  logged in as %s", user);
		if (strcmp(buf_cstr(&state), k->state) != 0)
			screen_note(
			    "  state: %s -> %s", k->state, buf_cstr(&state));
	}
	free(k->state);
	free(k->user);
	k->state = mem_strdup(buf_cstr(&state));
	k->user = mem_strdup(user);
	k->tls = conn_is_tls(c);
	buf_fini(&state);
}
