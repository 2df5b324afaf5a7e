/* raw: lines that break the rules, for those who test servers. */
#include "shell/raw.h"
#include "base/escape.h"
#include "base/text.h"
#include "shell/idle.h"
#include "shell/record.h"
#include "shell/screen.h"
#include "shell/secret.h"

#include <stdlib.h>

enum {
	LINE_MS = 100, /* silence behind a line of a batch … */
	END_MS = 1000, /* … and before the protocol is taken up again */
};

/* Until the server has said nothing for so long. */
static void
settle(struct shell *sh, const struct session *s, int64_t ms)
{
	while (s->raw != NULL && shell_turn(sh, loop_now() + ms) == TURN_WORK)
		continue;
}

int
raw_begin(struct shell *sh)
{
	struct session *s = sh->current;
	struct err e = {0};
	struct cmd *cmd;

	if (s->raw != NULL)
		return STATUS_OK;
	if (sh->opt->dry_run) {
		screen_error("nothing is sent raw in a dry run");
		return STATUS_USAGE;
	}
	if (!idle_pause(sh, s))
		return STATUS_INTERRUPTED;
	cmd = conn_raw(s->conn, &e);
	if (cmd == NULL) {
		screen_error("%s", e.msg);
		return STATUS_USAGE;
	}
	s->raw = run_new(s, cmd, NULL);
	record_gap(sh, N_("what goes out raw"));
	return STATUS_OK;
}

void
raw_end(struct shell *sh, struct session *s)
{
	if (!sh->interactive)
		settle(sh, s, END_MS);
	if (s->raw == NULL)
		return;
	conn_raw_end(s->raw->cmd);
	shell_show(sh);
}

/* The octets, line by line, so that what is secret in one is known. */
static int
send_octets(struct cmd *cmd, struct str octets, struct err *e)
{
	struct str line, rest;
	size_t n;

	while (octets.n > 0) {
		n = str_find(octets, '\n');
		line = str_head(octets, n < octets.n ? n + 1 : n);
		octets = str_skip(octets, line.n);
		n = secret_begins(str_chomp(line));
		while (n < line.n && line.p[n] == ' ')
			n++;
		rest = str_skip(line, n);
		if ((n > 0 &&
			conn_answer(cmd, str_head(line, n), false, e) != 0) ||
		    (rest.n > 0 &&
			conn_answer(cmd, rest, str_chomp(rest).n > 0, e) != 0))
			return -1;
	}
	return 0;
}

int
raw_line(struct shell *sh, struct str line)
{
	struct session *s = sh->current;
	struct err e = {0};
	struct buf out;
	bool open;
	int status = STATUS_OK;

	buf_init(&out, line.n + 2);
	out.secret = true;
	if (escape_undo(&out, line, &open, &e) != 0) {
		screen_error("%s", e.msg);
		status = STATUS_USAGE;
	} else {
		if (!open)
			(void)buf_add(&out, S("\r\n"));
		if (send_octets(s->raw->cmd, buf_str(&out), &e) != 0) {
			screen_error("%s", e.msg);
			status = status_of_err(&e);
		}
	}
	open = !str_ends(buf_str(&out), S("\n"));
	buf_fini(&out);
	if (status == STATUS_OK && !sh->interactive && !open)
		settle(sh, s, LINE_MS);
	return status;
}

int
raw_file(struct shell *sh, const char *name)
{
	char *path = redirect_path(str_z(name));
	struct err e = {0};
	struct body *body = body_open(path, &e);
	int status;

	free(path);
	if (body == NULL) {
		screen_error("%s", e.msg);
		return STATUS_USAGE;
	}
	status = raw_begin(sh);
	if (status == STATUS_OK &&
	    conn_answer_body(sh->current->raw->cmd, body, &e) != 0) {
		screen_error("%s", e.msg);
		status = status_of_err(&e);
	}
	body_unref(body);
	if (status == STATUS_OK && !sh->interactive)
		settle(sh, sh->current, LINE_MS);
	return status;
}
