/* timing: what the phases of a conversation cost, in words. */
#include "shell/timing.h"
#include "base/text.h"
#include "shell/screen.h"

enum { NOTEWORTHY_US = 1000 };

static void
put(struct buf *b, const char *what, int64_t us)
{
	if (us < 0)
		return;
	(void)buf_addf(b, "%s%s %.1f ms", b->len > 0 ? ", " : "", text_of(what),
	    (double)us / 1000);
}

static void
note(const struct buf *b)
{
	if (b->len > 0)
		screen_note("-- %.*s", STRF(buf_str(b)));
}

void
timing_conn(const struct conn *c)
{
	struct conn_times t = conn_times(c);
	struct str found = str_z(conn_config(c)->found), line;
	struct buf b;

	while (found.n > 0) {
		line = str_cut(&found, '\n');
		screen_note("-- %.*s", STRF(line));
	}
	buf_init(&b, 256);
	put(&b, N_("look-up"), t.lookup);
	put(&b, N_("connect"), t.connect);
	put(&b, N_("proxy"), t.proxy);
	put(&b, "TLS", t.tls);
	put(&b, N_("greeting"), t.greeting);
	note(&b);
	buf_fini(&b);
}

void
timing_cmd(const struct cmd *cmd)
{
	const char *name = cmd->verb != NULL ? cmd->verb->name : N_("command");
	int64_t time = cmd_elapsed(cmd), tls;
	struct buf b;

	if (time < 0)
		return;
	tls = cmd->over_at - cmd->sent_at - time;
	buf_init(&b, 256);
	put(&b, name, time);
	if (cmd->first_at - cmd->sent_at > 0 &&
	    cmd->over_at - cmd->first_at > NOTEWORTHY_US && tls == 0)
		put(&b, N_("first line after"), cmd->first_at - cmd->sent_at);
	if (tls > 0)
		put(&b, "TLS", tls);
	note(&b);
	buf_fini(&b);
}
