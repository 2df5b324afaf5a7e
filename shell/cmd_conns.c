/* :conns: all connections. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/prompt.h"
#include "shell/screen.h"
#include "shell/session.h"

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct buf b;

	(void)argc;
	(void)argv;
	buf_init(&b, 4096);
	for (struct session *s = sh->sessions; s != NULL; s = s->next) {
		buf_clear(&b);
		(void)buf_addf(
		    &b, "%c %-12s ", s == sh->current ? '*' : ' ', s->name);
		prompt_session(s, &b, false);
		if (conn_proxy(s->conn) != NULL)
			(void)buf_addf(
			    &b, text_of(" by %s"), conn_proxy(s->conn));
		screen_line(buf_str(&b), PAINT_NONE);
	}
	buf_fini(&b);
	if (sh->sessions == NULL)
		screen_note("nothing is open");
	return STATUS_OK;
}

const struct command cmd_conns = {
    .name = "conns",
    .usage = "",
    .help = N_("Lists the connections, the current one with a star."),
    .run = run,
};
