/* check: the lines of a conversation test that look at what has happened. */
#include "tests/wire/script.h"

/* ---- how a command ended ---- */

static const char *
outcome(const struct cmd *cmd)
{
	static const char *const classes[] = {
	    [REPLY_NONE] = "NONE",
	    [REPLY_OK] = "OK",
	    [REPLY_NO] = "NO",
	    [REPLY_BAD] = "BAD",
	};

	switch (cmd->state) {
	case CMD_QUEUED:
		return "QUEUED";
	case CMD_SENDING:
		return "SENDING";
	case CMD_WAITING:
		return "WAITING";
	case CMD_ASKED:
		return "ASKED";
	case CMD_FAILED:
		return "ERROR";
	case CMD_DONE:
		break;
	}
	return classes[cmd->reply.class];
}

static int
compare(struct run *r, const char *what, struct str want, struct str got)
{
	return str_eq(want, got) ? 0 : differs(r, what, want, got);
}

/* "kind words": the kind of e, and words that its message holds. */
static int
check_error(struct run *r, const struct err *e, struct str arg)
{
	struct str kind = str_word(&arg), words = str_trim(arg);
	struct str msg = str_z(e->msg);

	if (!str_eq(kind, str_z(err_kind_name(e->kind))))
		return differs(r, e->msg, kind, str_z(err_kind_name(e->kind)));
	if (memmem(msg.p, msg.n, words.p, words.n) == NULL)
		return differs(r, "the error says", words, msg);
	return 0;
}

static int
check_refusal(struct run *r, struct str arg)
{
	if (!r->refused)
		return wrong(r, "it was not refused");
	r->refused = false;
	return check_error(r, &r->refusal, arg);
}

static int
do_outcome(struct run *r, struct str arg)
{
	struct str want = str_word(&arg), text;
	struct cmd *cmd;

	arg = arg.n > 0 ? str_skip(arg, 1) : arg;
	if (str_eq(want, S("REFUSED")))
		return check_refusal(r, arg);
	if (r->next == r->n_cmds)
		return wrong(r, "no command is left to look at");
	cmd = r->cmds[r->next];
	if (!str_eq(want, str_z(outcome(cmd))))
		return differs(r,
		    cmd->state == CMD_FAILED ? cmd->err.msg : "the outcome",
		    want, str_z(outcome(cmd)));
	r->last = cmd;
	r->item = cmd->items;
	r->next += cmd_over(cmd);
	if (arg.n == 0)
		return 0;
	if (cmd->state == CMD_FAILED)
		return check_error(r, &cmd->err, arg);
	text = cmd->state == CMD_ASKED ? cmd->challenge : cmd->reply.text;
	return compare(r, "the text", arg, text);
}

static int
do_item(struct run *r, struct str arg)
{
	struct buf want;
	bool open;
	int rc;

	while (r->item != NULL && r->item->kind != ITEM_LINE)
		r->item = r->item->next;
	if (r->item == NULL)
		return wrong(r, "the reply has no further line");
	buf_init(&want, TEXT_MAX);
	rc = decode(r, arg, &want, &open);
	if (rc == 0)
		rc = compare(r, "the line", buf_str(&want), r->item->line);
	r->item = r->item->next;
	buf_fini(&want);
	return rc;
}

static int
do_field(struct run *r, struct str arg)
{
	struct str name = str_word(&arg), got;
	const struct reply *reply;
	char number[24];

	if (r->last == NULL)
		return wrong(r, "no command has been looked at");
	reply = &r->last->reply;
	arg = str_trim(arg);
	(void)snprintf(number, sizeof(number), "%u", reply->number);
	if (str_eq(name, S("code")))
		got = reply->code;
	else if (str_eq(name, S("status")))
		got = reply->status;
	else if (str_eq(name, S("enhanced")))
		got = reply->enhanced;
	else if (str_eq(name, S("number")))
		got = str_z(number);
	else if (str_eq(name, S("temporary")))
		got = reply->temporary ? S("yes") : S("no");
	else if (str_eq(name, S("line")))
		got = r->last->line;
	else
		return wrong(r, "no field %.*s", STRF(name));
	return compare(r, "the field", arg, got);
}

/* Reads the n-th body; *end is how it ended. */
static void
read_body(struct run *r, uint64_t n, struct buf *got, enum pull *end)
{
	struct body *body = body_reply(r->last, n);
	struct err e = {0};
	struct str s;

	while ((*end = body_pull(body, &s, &e)) == PULL_SLICE) {
		buf_add(got, s);
		body_took(body, s.n);
	}
	body_unref(body);
	settle(r);
}

static int
check_body(struct run *r, struct str arg, enum pull end)
{
	enum pull got_end;
	struct buf want, got;
	uint64_t n;
	bool open;
	int rc;

	if (r->last == NULL || !str_u64(str_word(&arg), UINT16_MAX, &n))
		return wrong(r, "no number of a body");
	buf_init(&want, TEXT_MAX);
	buf_init(&got, TEXT_MAX);
	rc = decode(r, arg.n > 0 ? str_skip(arg, 1) : arg, &want, &open);
	read_body(r, n, &got, &got_end);
	if (rc == 0)
		rc = compare(r, "the body", buf_str(&want), buf_str(&got));
	if (rc == 0 && end != got_end)
		rc = wrong(r, "the body ended as %d, not as %d", (int)got_end,
		    (int)end);
	buf_fini(&want);
	buf_fini(&got);
	return rc;
}

static int
do_body(struct run *r, struct str arg)
{
	return check_body(r, arg, PULL_END);
}

static int
do_broken_body(struct run *r, struct str arg)
{
	return check_body(r, arg, PULL_FAIL);
}

/* ---- the connection ---- */

static int
do_event(struct run *r, struct str arg)
{
	struct event *ev = conn_event(r->conn);
	char got[300];
	int rc;

	if (ev == NULL)
		return str_eq(arg, S("-"))
			   ? 0
			   : wrong(r, "no event \"%.*s\"", STRF(arg));
	if (ev->has_num)
		(void)snprintf(got, sizeof(got), "%.*s %llu", STRF(ev->name),
		    (unsigned long long)ev->num);
	else
		str_copy(got, sizeof(got), ev->name);
	rc = compare(r, "the event", arg, str_z(got));
	event_free(ev);
	return rc;
}

static int
do_state(struct run *r, struct str arg)
{
	return compare(r, "the state", arg, str_z(conn_state_name(r->conn)));
}

static int
do_describe(struct run *r, struct str arg)
{
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX);
	conn_describe(r->conn, &b);
	rc = compare(r, "the description", arg, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int
do_user(struct run *r, struct str arg)
{
	return compare(r, "the user", arg, str_z(conn_user(r->conn)));
}

static int
do_phase(struct run *r, struct str arg)
{
	static const char *const names[] = {
	    [CONN_NEW] = "new",
	    [CONN_CONNECTING] = "connecting",
	    [CONN_OPEN] = "open",
	    [CONN_CLOSED] = "closed",
	};

	return compare(r, "the phase", arg, str_z(names[conn_phase(r->conn)]));
}

static int
do_error(struct run *r, struct str arg)
{
	return check_error(r, conn_error(r->conn), arg);
}

static int
do_capability(struct run *r, struct str arg)
{
	char name[64];
	struct str got;

	str_copy(name, sizeof(name), str_word(&arg));
	got = conn_capability(r->conn, name);
	if (got.p == NULL)
		got = S("-");
	return compare(r, "the capability", str_trim(arg), got);
}

/* Words that the trace must not hold. */
static int
do_untraced(struct run *r, struct str arg)
{
	fflush(r->trace_file);
	if (memmem(r->traced, r->traced_n, arg.p, arg.n) != NULL)
		return wrong(r, "\"%.*s\" is in the trace", STRF(arg));
	return 0;
}

const struct act check_acts[] = {
    {"=", do_outcome, false},
    {".", do_item, false},
    {"field", do_field, false},
    {"body", do_body, false},
    {"broken-body", do_broken_body, false},
    {"event", do_event, false},
    {"state", do_state, false},
    {"describe", do_describe, false},
    {"user", do_user, false},
    {"phase", do_phase, false},
    {"error", do_error, false},
    {"capability", do_capability, false},
    {"untraced", do_untraced, false},
    {NULL, NULL, false},
};
