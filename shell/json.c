/* json: replies and unasked responses as JSON. */
#include "shell/json.h"

static void
show(const struct shell *sh, struct str text, const struct err *e)
{
	struct str line;

	if (text.p == NULL)
		screen_error("%s", e->msg);
	else if (!sh->interactive)
		screen_line(text, PAINT_NONE);
	while (text.p != NULL && sh->interactive && text.n > 0) {
		line = str_cut(&text, '\n');
		screen_line(line, PAINT_NONE);
	}
}

void
json_reply(struct shell *sh, struct running *r)
{
	struct err e = {0};
	const char *saved = r->sink != NULL ? sink_name(r->sink) : NULL;
	struct str text = script_json_reply(
	    sh->L, r->cmd, r->session->name, saved, sh->interactive, &e);

	show(sh, text, &e);
}

void
json_event(struct shell *sh, struct session *s, const struct event *ev)
{
	struct err e = {0};
	struct str text =
	    script_json_event(sh->L, s->conn, s->name, ev, sh->interactive, &e);

	show(sh, text, &e);
}
