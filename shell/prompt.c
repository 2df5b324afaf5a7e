/* prompt: who we are talking to, and in which state the server says we are. */
#include "shell/prompt.h"
#include "base/vis.h"
#include "base/text.h"

/* Escapes that take no columns, as readline wants them marked. */
#define RED "\001\033[31m\002"
#define DIM "\001\033[2m\002"
#define END "\001\033[0m\002"

static void
put_where(const struct conn *c, struct buf *out)
{
	const struct conn_config *cfg = conn_config(c);
	const char *slash, *host = cfg->host;

	if (cfg->transport == URL_PIPE) {
		host = "pipe";
	} else if (cfg->transport == URL_UNIX) {
		slash = strrchr(cfg->path, '/');
		host = slash != NULL ? slash + 1 : cfg->path;
	}
	if (*conn_user(c) != '\0') {
		(void)vis_add(out, str_z(conn_user(c)));
		(void)buf_addc(out, '@');
	}
	(void)vis_add(out, str_z(host));
}

void
prompt_session(const struct session *s, struct buf *out, bool colour)
{
	const struct conn *c = s->conn;
	const struct proto *p = conn_proto(c);
	struct buf state;

	(void)buf_addz(out, p != NULL ? proto_name(p) : "?");
	if (conn_is_tls(c))
		(void)buf_addc(out, 's');
	else if (!conn_is_private(c))
		(void)buf_addz(out, colour ? RED "!" END : "!");
	(void)buf_addc(out, ' ');
	put_where(c, out);
	if (conn_phase(c) == CONN_CLOSED) {
		(void)buf_addz(out, colour ? DIM : "");
		(void)buf_addz(out, text_of(" (closed)"));
		(void)buf_addz(out, colour ? END : "");
		return;
	}
	buf_init(&state, 1024);
	if (p != NULL)
		conn_describe(c, &state);
	if (state.len > 0) {
		(void)buf_addc(out, ' ');
		(void)vis_add(out, buf_str(&state));
	}
	buf_fini(&state);
	if (s->raw != NULL)
		(void)buf_addz(out, " raw");
	else if (s->idle != NULL)
		(void)buf_addz(out, " idle");
	else if (conn_in_flight(c) > 0)
		(void)buf_addf(out, " +%zu", conn_in_flight(c));
}

void
prompt_put(const struct shell *sh, struct buf *out, bool colour)
{
	if (sh->current == NULL) {
		(void)buf_addz(out, "postel > ");
		return;
	}
	if (sh->sessions->next != NULL)
		(void)buf_addf(out, "%s: ", sh->current->name);
	prompt_session(sh->current, out, colour);
	(void)buf_addz(out, " > ");
}
