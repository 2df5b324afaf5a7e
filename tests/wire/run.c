/*
 * wire-run: conversations against the engine, from files NAME.t.
 *
 * The engine talks to one end of a socket pair, the file says what the other
 * end does and what has to happen.  Nothing waits for a clock: after each line
 * the loop turns until nothing moves.  README says what the lines are.
 */
#include "tests/wire/script.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vis.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SENT_MAX = 64 << 20, TURNS = 100000 };

int
wrong(struct run *r, const char *fmt, ...)
{
	char words[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	printf("# %s:%zu: %s\n", r->file, r->line, words);
	return -1;
}

int
differs(struct run *r, const char *what, struct str want, struct str got)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	printf("# %s:%zu: %s\n", r->file, r->line, what);
	buf_addz(&b, "#   expected <");
	vis_add(&b, want);
	buf_addz(&b, ">\n#   got      <");
	vis_add(&b, got);
	buf_addz(&b, ">\n");
	printf("%.*s", STRF(buf_str(&b)));
	buf_fini(&b);
	return -1;
}

static bool
peer_reads(struct run *r)
{
	char bytes[4096];
	ssize_t n;
	bool any = false;

	if (r->peer < 0 || r->deaf)
		return false;
	while ((n = read(r->peer, bytes, sizeof(bytes))) > 0) {
		buf_add(&r->sent, (struct str){bytes, (size_t)n});
		any = true;
	}
	return any;
}

void
settle(struct run *r)
{
	unsigned i, idle = 0;

	for (i = 0; i < TURNS && idle < 2; i++) {
		if (loop_turn(r->loop, loop_now()) == TURN_WORK)
			idle = 0;
		else
			idle++;
		if (peer_reads(r))
			idle = 0;
	}
}

int
peer_writes(struct run *r, struct str s)
{
	unsigned tries;
	ssize_t n;

	for (tries = 0; s.n > 0 && tries < 1000; tries++) {
		n = r->peer < 0
			? -1
			: write(r->peer, s.p, r->slow && s.n > 1 ? 1 : s.n);
		if (n < 0 && errno != EAGAIN)
			return wrong(r, "the client has hung up");
		if (n > 0) {
			s = str_skip(s, (size_t)n);
			tries = 0;
		}
		settle(r);
	}
	return s.n == 0 ? 0 : wrong(r, "the client reads no more");
}

void
peer_closes(struct run *r)
{
	if (r->peer >= 0)
		close(r->peer);
	r->peer = -1;
	settle(r);
}

int
add_cmd(struct run *r, struct cmd *cmd, const struct err *e)
{
	if (cmd == NULL) {
		r->refusal = *e;
		r->refused = true;
		return 0;
	}
	if (r->n_cmds == CMDS) {
		cmd_unref(cmd);
		return wrong(r, "too many commands");
	}
	r->cmds[r->n_cmds++] = cmd;
	settle(r);
	return 0;
}

/* The engine's end and ours, and the greeting as the first command. */
int
start(struct run *r)
{
	int sv[2];
	struct err none = {0};

	if (r->conn != NULL)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0 ||
	    fcntl(sv[1], F_SETFL, O_NONBLOCK) < 0)
		return wrong(r, "socketpair: %s", strerror(errno));
	r->peer = sv[1];
	r->conn = conn_new(r->loop, &r->cfg);
	r->trace_file = open_memstream(&r->traced, &r->traced_n);
	r->trace = trace_new(r->trace_file, NULL, 0);
	conn_set_trace(r->conn, r->trace);
	return add_cmd(
	    r, conn_adopt(r->conn, stream_fd(sv[0], sv[0], 0)), &none);
}

static void
finish(struct run *r)
{
	size_t i;

	if (r->conn != NULL) {
		conn_drop(r->conn);
		settle(r);
		for (i = 0; i < r->n_cmds; i++)
			cmd_unref(r->cmds[i]);
		conn_unref(r->conn);
		settle(r);
		trace_free(r->trace);
		fclose(r->trace_file);
		free(r->traced);
	}
	if (r->peer >= 0)
		close(r->peer);
	buf_fini(&r->sent);
	free(r->protocol);
	loop_free(r->loop);
}

static int
nothing_left(struct run *r)
{
	if (r->sent.len > 0)
		return differs(
		    r, "the client sent more", S(""), buf_str(&r->sent));
	if (r->next < r->n_cmds)
		return wrong(r, "no line asked how \"%.*s\" ended",
		    STRF(r->cmds[r->next]->line));
	if (r->refused)
		return wrong(r, "no line asked for: %s", r->refusal.msg);
	return 0;
}

static int
run_text(struct run *r)
{
	struct str line;

	while (next_line(r, &line))
		if (run_line(r, line) < 0)
			return -1;
	return start(r) < 0 ? -1 : nothing_left(r);
}

/* Whether FILE passes. */
static bool
run_file(const char *file)
{
	struct limits saved = limits;
	struct run r = {.file = file, .peer = -1};
	FILE *f = fopen(file, "r");
	struct buf text;
	char *room;
	size_t n;
	bool good;

	if (f == NULL) {
		printf("# %s: %s\n", file, strerror(errno));
		return false;
	}
	buf_init(&text, 16 << 20);
	do {
		room = buf_room(&text, 4096);
		n = fread(room, 1, 4096, f);
		buf_grew(&text, n);
	} while (n > 0);
	fclose(f);
	r.text = buf_str(&text);
	r.loop = loop_new();
	buf_init(&r.sent, SENT_MAX);
	r.cfg = (struct conn_config){.transport = URL_UNIX,
	    .path = "socketpair",
	    .host = "mail.example.org"};
	good = run_text(&r) == 0;
	finish(&r);
	buf_fini(&text);
	limits = saved;
	return good;
}

int
main(int argc, char **argv)
{
	int i, failed = 0;
	bool good;

	signal(SIGPIPE, SIG_IGN);
	for (i = 1; i < argc; i++) {
		good = run_file(argv[i]);
		failed += !good;
		printf("%s - %s\n", good ? "ok" : "not ok", argv[i]);
	}
	printf("%d passed, %d failed\n", argc - 1 - failed, failed);
	return failed == 0 ? 0 : 1;
}
