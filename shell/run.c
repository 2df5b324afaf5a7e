/* run: commands that were typed, from sending to the last line. */
#include "shell/run.h"
#include "base/mem.h"
#include "base/text.h"
#include "shell/caps.h"
#include "shell/explain.h"
#include "shell/help.h"
#include "shell/hooks.h"
#include "shell/json.h"
#include "shell/memory.h"
#include "shell/record.h"
#include "shell/secret.h"
#include "shell/session.h"
#include "shell/timing.h"
#include "shell/typed.h"

#include <errno.h>
#include <stdlib.h>

struct running *
run_new(struct session *s, struct cmd *cmd, struct sink *sink)
{
	struct running *r = mem_zalloc(sizeof(*r)), **at = &s->runs;

	r->session = s;
	r->cmd = cmd;
	r->sink = sink;
	r->json = s->json;
	r->deadline = LOOP_NEVER;
	if (s->memory != NULL)
		r->lesson = lesson_new(s->memory, cmd);
	buf_init(&r->line, RUN_PIECE);
	/* What nobody claims is kept for the JSON. */
	if (!r->json || sink != NULL)
		render_claim(r);
	while (*at != NULL)
		at = &(*at)->next;
	*at = r;
	return r;
}

static void
run_free(struct running *r)
{
	record_free(r->record);
	cmd_unref(r->cmd);
	buf_fini(&r->line);
	free(r->explain);
	free(r);
}

/* ---- the end of a command ---- */

/* A reply without a body gives its lines to the redirection. */
static int
sink_lines(struct running *r, struct err *e)
{
	for (struct item *it = r->cmd->items; it != NULL; it = it->next)
		if (sink_all(r->sink, it->line, e) != 0 ||
		    sink_all(r->sink, S("\n"), e) != 0)
			return -1;
	return 0;
}

static void
finish_sink(struct shell *sh, struct running *r, bool good)
{
	char *name = mem_strdup(sink_name(r->sink));
	bool pipe = sink_is_pipe(r->sink);
	struct err e = {0};
	int status = 0;
	uint64_t size;

	if (!good) {
		sink_abort(r->sink);
		if (!pipe)
			screen_note("%s: not written", name);
	} else if (r->bodies == 0 && sink_lines(r, &e) != 0) {
		sink_abort(r->sink);
	} else {
		size = sink_size(r->sink);
		if (sink_commit(r->sink, &status, &e) == 0 && !pipe &&
		    sh->interactive)
			screen_note(
			    "%s: %llu octets", name, (unsigned long long)size);
	}
	if (e.kind != ERR_NONE)
		screen_error("%s", e.msg);
	if (status != 0)
		screen_error("%s: exit status %d", name, status);
	if (e.kind != ERR_NONE || status != 0)
		r->status = STATUS_SCRIPT;
	r->sink = NULL;
	free(name);
}

/* What may have been meant by a line that was refused: another verb than an
 * unknown one, or another state. */
static void
suggest(const struct running *r)
{
	const struct conn *c = r->session->conn;
	const struct verb *v = r->cmd->verb;
	struct str line = r->cmd->line;
	struct buf b;

	if (conn_proto(c) == NULL || line.n == 0)
		return;
	if (v == NULL) {
		if (r->cmd->tag.n > 0)
			(void)str_word(&line);
		v = verb_nearest(proto_verbs(conn_proto(c)), line);
		if (v != NULL)
			screen_note("did you mean %s? ?%s explains it", v->name,
			    v->name);
	} else if (r->misplaced) {
		buf_init(&b, 256);
		help_states(&b, conn_proto(c), v->states);
		screen_note("%s is for the state %s; this is %s", v->name,
		    buf_cstr(&b), conn_state_name(c));
		buf_fini(&b);
	}
}

static void
tell_failure(const struct shell *sh, struct running *r)
{
	const struct cmd *cmd = r->cmd;

	/* A goodbye that fails behind another failure is no news. */
	if (r->left || (r->quiet && sh->failed != STATUS_OK))
		return;
	if (cmd->line.n > 0)
		screen_error("%.*s: %s", STRF(cmd->line), cmd->err.msg);
	else
		screen_error("%s", cmd->err.msg);
	screen_hint(&cmd->err);
	if (conn_phase(r->session->conn) == CONN_CLOSED)
		r->session->closing = true;
}

static void
tell_refusal(struct shell *sh, struct running *r)
{
	const struct cmd *cmd = r->cmd;
	struct item *it = cmd->items;

	/* A person has just seen the line. */
	while (it != NULL && !it->final)
		it = it->next;
	if ((!sh->interactive || r->quiet) && !r->left)
		screen_error("%.*s%s%.*s", STRF(cmd->line),
		    cmd->line.n > 0 ? ": " : "",
		    STRF(it != NULL ? it->line : cmd->reply.text));
	if (sh->interactive && !r->quiet)
		suggest(r);
}

/* The verb of a line, behind a tag of its own perhaps; NULL if there is none.
 * *args gets what is behind it. */
static const struct verb *
verb_of(const struct conn *c, struct str line, struct str *args)
{
	const struct verb *verbs, *v;

	if (conn_proto(c) == NULL)
		return NULL;
	verbs = proto_verbs(conn_proto(c));
	v = verb_find(verbs, line, args);
	if (v == NULL && strcmp(proto_name(conn_proto(c)), "imap") == 0) {
		(void)str_word(&line);
		v = verb_find(verbs, str_trim(line), args);
	}
	return v;
}

/* Keeps which message was fetched last, for :save.  Its number is good as long
 * as no other message goes. */
static void
note_fetched(struct running *r)
{
	struct session *s = r->session;
	struct str args = S(""), word;
	const struct verb *v = verb_of(s->conn, r->cmd->line, &args);
	uint64_t n;

	for (struct item *it = r->cmd->items; it != NULL; it = it->next)
		if (str_starts(it->line, S("* ")) &&
		    str_ends(it->line, S(" EXPUNGE")) && !s->last_uid)
			s->last[0] = '\0';
	if (v == NULL || r->cmd->reply.class != REPLY_OK)
		return;
	if (verb_word_in("SELECT EXAMINE CLOSE UNSELECT", str_z(v->name)))
		s->last[0] = '\0';
	word = str_word(&args);
	if (!str_u64(word, UINT32_MAX, &n) ||
	    (!verb_word_in("RETR TOP FETCH", str_z(v->name)) &&
		strcmp(v->name, "UID FETCH") != 0))
		return;
	(void)str_copy(s->last, sizeof(s->last), word);
	s->last_uid = strcmp(v->name, "UID FETCH") == 0;
}

static void
tell_time(const struct running *r)
{
	if (r->quiet || r == r->session->raw)
		return;
	if (r->cmd->line.n == 0)
		timing_conn(r->session->conn);
	else
		timing_cmd(r->cmd);
}

void
run_unpage(struct running *r)
{
	pager_end(r->pager);
	r->pager = NULL;
}

static void
finish(struct shell *sh, struct running *r)
{
	struct running **at = &r->session->runs;
	const struct cmd *cmd = r->cmd;
	bool done = cmd->state == CMD_DONE, good;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	body_unref(r->body);
	r->body = NULL;
	render_end(r);
	run_unpage(r);
	if (r->lesson != NULL)
		lesson_end(r->lesson, done && cmd->reply.class == REPLY_OK);
	good = done && cmd->reply.class == REPLY_OK && !r->cut;
	if (good && cmd->verb != NULL && cmd->verb->flags & VERB_BYE)
		r->session->closing = true;
	note_fetched(r);
	record_reply(sh, r);
	if (r->json && !r->quiet && !r->left)
		json_reply(sh, r);
	if (r->sink != NULL)
		finish_sink(sh, r, good);
	if (!done)
		tell_failure(sh, r);
	else if (!good)
		tell_refusal(sh, r);
	if (done)
		explain_reply(sh, r);
	caps_note(r->session, cmd);
	explain_change(sh, r->session);
	if (r->status == STATUS_OK && !good)
		r->status =
		    done ? status_of_reply(cmd) : status_of_err(&cmd->err);
	r->over = true;
	if (sh->time)
		tell_time(r);
	if (r == r->session->raw)
		r->session->raw = NULL;
	if (r == r->session->idle) {
		r->session->idle = NULL;
		r->session->idles &= r->status == STATUS_OK;
	}
	if (done && !r->quiet && cmd->line.n > 0)
		hooks_heard(sh, r->session, r->cmd);
	if (!r->waited)
		run_free(r);
}

/* The steps of a login that have come. */
static void
show_said(struct running *r)
{
	const struct sasl_said *said;
	struct buf b;

	for (;;) {
		said = r->said != NULL ? r->said->next : r->cmd->said;
		if (said == NULL)
			return;
		buf_init(&b, said->text.n + 64);
		(void)buf_addz(&b,
		    text_of(said->server ? N_("server: ") : N_("client: ")));
		(void)buf_add(&b, said->text.n > 0
				      ? said->text
				      : str_z(text_of("(nothing)")));
		screen_aside(buf_str(&b), PAINT_DIM);
		buf_fini(&b);
		r->said = said;
	}
}

bool
run_step(struct shell *sh, struct running *r)
{
	bool shown;

	if (!r->over) {
		shown = render_items(r);
		show_said(r);
		if (!shown)
			return false;
		if (!cmd_over(r->cmd)) {
			/* Before what is asked for is typed. */
			if (r->cmd->state == CMD_ASKED) {
				run_unpage(r);
				explain_reply(sh, r);
			}
			return false;
		}
		finish(sh, r);
	}
	return true;
}

/* ---- waiting ---- */

/* Ctrl-C while r is waited for; true if it is left alone from now on. */
static bool
interrupted(struct shell *sh, struct running *r)
{
	const struct verb *verb = r->cmd->verb;
	uint64_t n;
	bool asks =
	    answer_literal_of(r->cmd->line, &n) ||
	    (verb != NULL && verb->flags & (VERB_BODY | VERB_SASL | VERB_IDLE));

	sh->stopped = true;
	if (r->sink != NULL && sink_has_terminal(r->sink)) {
		sink_abort(r->sink);
		r->sink = NULL;
		r->mute = true;
	}
	r->mute |= pager_runs(r->pager);
	run_unpage(r);
	if (!sh->interactive) {
		r->left = true;
		r->status = STATUS_INTERRUPTED;
		sh->quit = true;
		return true;
	}
	if (r->cmd->line.n == 0) { /* it is being connected */
		r->left = r->session->closing = true;
		r->status = STATUS_INTERRUPTED;
		conn_drop(r->session->conn);
		screen_note("interrupted");
		/* Nothing else would come that ends the waiting. */
		shell_show(sh);
		return false;
	}
	if (asks)
		return answer_give_up(sh, r);
	screen_note("no answer yet; it will be shown when it comes");
	return true;
}

/* Until r is over or left; run_release must follow. */
static void
wait(struct shell *sh, struct running *r)
{
	enum turn turn;

	r->waited = true;
	shell_show(sh);
	while (!r->over) {
		if (r->cmd->state == CMD_ASKED) {
			answer(sh, r);
			shell_show(sh);
			continue;
		}
		turn = shell_turn(sh, r->deadline);
		if (r->over || turn == TURN_WORK)
			continue;
		if (turn == TURN_IDLE)
			r->left = true;
		if (turn == TURN_IDLE || interrupted(sh, r))
			break;
	}
}

static int
release(struct running *r)
{
	int status = r->status;

	r->waited = false;
	if (r->over)
		run_free(r);
	return status;
}

int
run_wait(struct shell *sh, struct running *r)
{
	wait(sh, r);
	return release(r);
}

/* ---- a line ---- */

/* What the shell adds to a line, a tag or a size, is shown. */
static void
show_sent(const struct shell *sh, const struct cmd *cmd, struct str line)
{
	bool masked = cmd->verb != NULL && cmd->verb->flags & VERB_SECRET;
	struct buf b;

	if (!sh->interactive || sh->current->on_screen ||
	    str_eq(cmd->line, line) || (masked && cmd->tag.n == 0))
		return;
	buf_init(&b, cmd->line.n);
	(void)secret_clean(&b, cmd->line);
	screen_note("C: %.*s%s", STRF(buf_str(&b)), masked ? " ..." : "");
	buf_fini(&b);
}

static bool
is_dry(const struct shell *sh, const struct verb *verb)
{
	return sh->opt->dry_run && verb != NULL && verb->flags & VERB_CHANGES;
}

static void
dry_run(struct shell *sh, const struct verb *verb, struct str line,
    const struct redirects *rd)
{
	struct buf b;

	buf_init(&b, line.n);
	(void)secret_clean(&b, line);
	screen_error("not sent: %.*s", STRF(buf_str(&b)));
	buf_fini(&b);
	if (!rd->has_in)
		answer_skip(sh, verb, line);
}

/* What cannot be sent as it is is said (RFC 5321 2.3.8, RFC 5322 2.1.1). */
static void
tell_facts(const struct verb *verb, struct body *body, struct str name)
{
	struct body_facts facts;
	struct err e = {0};

	if (verb == NULL || (verb->flags & VERB_BODY) == 0 ||
	    body_examine(body, &facts, &e) != 0)
		return;
	if (facts.nul)
		screen_error("warning: %.*s has NUL octets", STRF(name));
	if (facts.bare_cr)
		screen_error("warning: %.*s has bare CRs, which become line "
			     "ends where a message must have none",
		    STRF(name));
	if (facts.long_line)
		screen_error("warning: %.*s has lines of more than 998 octets",
		    STRF(name));
}

static struct body *
open_body(const struct verb *verb, struct str name, struct err *e)
{
	char *path = redirect_path(name);
	struct body *body = body_open(path, e);

	free(path);
	if (body != NULL)
		tell_facts(verb, body, name);
	return body;
}

/* Sends the line with what belongs to it; NULL after an error. */
static struct cmd *
send_line(struct shell *sh, const struct verb *verb, struct str args,
    struct str line, const struct redirects *rd, struct err *e)
{
	struct conn *c = sh->current->conn;
	struct body *body = NULL;
	struct cmd *cmd = NULL;
	struct buf wire;

	/* What was saved must be on disk before it can be deleted there. */
	if ((verb == NULL || verb->flags & VERB_CHANGES) &&
	    redirect_sync(e) != 0)
		return NULL;
	if (rd->has_in) {
		body = open_body(verb, rd->in, e);
		if (body == NULL)
			return NULL;
	}
	buf_init(&wire, 3 * SHELL_LINE_MAX);
	wire.secret = true;
	(void)typed_mailboxes(&wire, c, verb, line);
	if (body != NULL || secret_send(sh, c, verb, args, line, &cmd, e) == 0)
		cmd = conn_line(c, buf_str(&wire), body, e);
	buf_fini(&wire);
	body_unref(body);
	return cmd;
}

int
run_status(const struct err *e)
{
	bool missing = e->kind == ERR_SYS && e->sys == ENOENT;

	return e->kind == ERR_USE || missing ? STATUS_USAGE : status_of_err(e);
}

/* Shows what r, which was sent for line, gets; an exit status. */
static int
follow(struct shell *sh, struct running *r, const struct verb *verb,
    struct str line, bool has_in)
{
	show_sent(sh, r->cmd, line);
	explain_sent(sh, r->session, r->cmd);
	(void)answer_literal_of(line, &r->literal);
	r->counts = str_ends(line, S("+}"));
	if (r->sink == NULL && !r->json)
		r->pager = pager_new(sh);
	wait(sh, r);
	/* What was meant for a command that was refused is no command. */
	if (r->over && !r->answered && r->status != STATUS_OK &&
	    !sh->interactive && !has_in)
		answer_skip(sh, verb, line);
	return release(r);
}

static int
not_sent(struct sink *sink, const struct err *e)
{
	sink_abort(sink);
	screen_error("%s", e->msg);
	return run_status(e);
}

int
run_line(struct shell *sh, struct str line, const struct redirects *rd)
{
	struct session *s = sh->current;
	struct str args = S("");
	const struct verb *verb = verb_of(s->conn, line, &args);
	struct sink *sink = NULL;
	/* The reply may change the state, and a refused DATA does. */
	bool misplaced = verb != NULL && verb->states != 0 &&
			 (verb->states & conn_state(s->conn)) == 0;
	struct running *r;
	struct err e = {0};
	struct cmd *cmd;

	if (is_dry(sh, verb)) {
		dry_run(sh, verb, line, rd);
		return STATUS_OK;
	}
	if (rd->has_out)
		sink = sink_new(sh->loop, rd->out_kind, rd->out, &e);
	cmd =
	    e.kind == ERR_NONE ? send_line(sh, verb, args, line, rd, &e) : NULL;
	if (cmd == NULL)
		return not_sent(sink, &e);
	r = run_new(s, cmd, sink);
	r->misplaced = misplaced;
	r->record = record_line(sh, verb, args, line, rd);
	return follow(sh, r, verb, line, rd->has_in);
}

int
run_multi(struct shell *sh, struct str line)
{
	struct redirects rd;
	struct sink *sink = NULL;
	struct str args = S("");
	const struct verb *verb = verb_of(sh->current->conn, line, &args);
	struct running *r;
	struct err e = {0};
	struct cmd *cmd = NULL;

	if (redirect_cut(&line, &rd, &e) != 0)
		return not_sent(NULL, &e);
	if (is_dry(sh, verb)) {
		dry_run(sh, verb, line, &rd);
		return STATUS_OK;
	}
	if (rd.has_out)
		sink = sink_new(sh->loop, rd.out_kind, rd.out, &e);
	if (e.kind == ERR_NONE)
		cmd = conn_line_multi(sh->current->conn, line, &e);
	if (cmd == NULL)
		return not_sent(sink, &e);
	r = run_new(sh->current, cmd, sink);
	r->record = record_line(sh, verb, args, line, &rd);
	record_multi(r->record);
	return follow(sh, r, verb, line, true);
}
