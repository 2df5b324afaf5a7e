/* hooks: tells the functions of postel.on what happens to connections. */
#include "shell/hooks.h"
#include "base/mem.h"

#include <stdlib.h>

/* Replies that are kept for a hook; of a flood the first ones count. */
enum { HEARD_MAX = 1000 };

void
hooks_heard(struct shell *sh, struct session *s, struct cmd *cmd)
{
	if (s->n_heard == HEARD_MAX || !script_hooked(sh->L, HOOK_REPLY))
		return;
	s->heard =
	    mem_realloc(s->heard, (s->n_heard + 1) * sizeof(struct cmd *));
	s->heard[s->n_heard++] = cmd_ref(cmd);
}

static void
tell(
    struct shell *sh, enum script_hook hook, struct session *s, struct cmd *cmd)
{
	if (!script_hooked(sh->L, hook))
		return;
	shell_lend(sh);
	script_hook(sh->L, hook, s->conn, cmd);
	shell_regain(sh, STATUS_OK);
}

static void
tell_replies(struct shell *sh, struct session *s)
{
	struct cmd **heard = s->heard;
	size_t n = s->n_heard;

	s->heard = NULL;
	s->n_heard = 0;
	for (size_t i = 0; i < n; i++) {
		tell(sh, HOOK_REPLY, s, heard[i]);
		cmd_unref(heard[i]);
	}
	free(heard);
}

static void
tell_session(struct shell *sh, struct session *s)
{
	if (!s->told_open && session_is_open(s)) {
		s->told_open = true;
		tell(sh, HOOK_OPEN, s, NULL);
	}
	tell_replies(sh, s);
	if (!s->told_login && *conn_user(s->conn) != '\0') {
		s->told_login = true;
		tell(sh, HOOK_LOGIN, s, NULL);
	}
	if (s->told_open && !s->told_close && !session_is_open(s)) {
		s->told_close = true;
		tell(sh, HOOK_CLOSE, s, NULL);
	}
}

void
hooks_run(struct shell *sh)
{
	for (struct session *s = sh->sessions; s != NULL; s = s->next)
		tell_session(sh, s);
}

void
hooks_last(struct shell *sh, struct session *s)
{
	tell_session(sh, s);
}
