/* idle: IDLE in the background. */
#include "shell/idle.h"
#include "base/mem.h"
#include "shell/run.h"
#include "shell/screen.h"
#include "shell/session.h"

enum { RENEW_MS = 28 * 60 * 1000 }; /* RFC 9051 6.3.13: 29 at the most */

/* Says DONE if the server has agreed to IDLE; the reply is still to come. */
static void
done(struct session *s)
{
	struct err e = {0};

	if (s->idle->cmd->state == CMD_ASKED)
		(void)conn_answer(s->idle->cmd, S("DONE\r\n"), false, &e);
}

static void
renew(struct timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, renew);

	if (s->idle != NULL)
		done(s);
}

static void
begin(struct shell *sh, struct session *s)
{
	struct err e = {0};
	struct cmd *cmd = conn_send(s->conn, S("IDLE"), NULL, 0, &e);

	if (cmd == NULL) {
		screen_error("%s", e.msg);
		s->idles = false;
		return;
	}
	s->idle = run_new(s, cmd, NULL);
	s->idle->quiet = true;
	s->renew.fire = renew;
	loop_timer(sh->loop, &s->renew, loop_now() + RENEW_MS);
}

int
idle_start(struct shell *sh)
{
	struct session *s = sh->current;
	const struct conn *c = s->conn;
	const struct verb *v =
	    verb_find(proto_verbs(conn_proto(c)), S("IDLE"), NULL);

	if (v == NULL ||
	    (conn_capabilities_known(c) && !conn_has(c, v->capability))) {
		screen_error("%s: the server has no IDLE", s->name);
		return STATUS_USAGE;
	}
	if ((v->states & conn_state(c)) == 0) {
		screen_error("%s: IDLE comes behind a login", s->name);
		return STATUS_USAGE;
	}
	s->idles = true;
	idle_resume(sh);
	return STATUS_OK;
}

bool
idle_pause(struct shell *sh, struct session *s)
{
	loop_untimer(&s->renew);
	while (s->idle != NULL) {
		done(s);
		if (shell_turn(sh, LOOP_NEVER) == TURN_STOP) {
			screen_note("%s: the server does not end its IDLE; "
				    "nothing else was sent",
			    s->name);
			return false;
		}
	}
	return true;
}

void
idle_stop(struct shell *sh, struct session *s)
{
	s->idles = false;
	(void)idle_pause(sh, s);
}

void
idle_resume(struct shell *sh)
{
	for (struct session *s = sh->sessions; s != NULL; s = s->next)
		if (s->idles && s->runs == NULL && session_is_open(s))
			begin(sh, s);
}
