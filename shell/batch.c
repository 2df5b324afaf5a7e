/* batch: lines without a person: from -c, -f, or standard input. */
#include "base/mem.h"
#include "base/text.h"
#include "shell/hooks.h"
#include "shell/screen.h"
#include "shell/secret.h"
#include "shell/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

struct batch {
	const struct cmdline *cl;
	size_t at;	 /* in cl->todo */
	struct watch in; /* fd -1: no file is being read */
	bool readable, ended;
	struct buf buf;
	bool interrupted;
	int failed;	  /* a status that ends the batch */
	const char *path; /* of :source, else NULL */
	size_t number;	  /* of the line, of that */
};

static void
readable(struct watch *w, short revents)
{
	struct batch *b = CONTAINER_OF(w, struct batch, in);

	(void)revents;
	b->readable = true;
	w->events = 0;
}

static void
begin_file(struct batch *b, int fd)
{
	b->in = (struct watch){.fd = fd, .ready = readable};
	b->readable = b->ended = false;
}

static void
end_file(struct batch *b)
{
	loop_unwatch(&b->in);
	if (b->in.fd > STDIN_FILENO)
		close(b->in.fd);
	b->in.fd = -1;
}

/* Goes on to what is next in the command line; false at its end. */
static bool
next_todo(struct batch *b, struct buf *line)
{
	const struct todo *t;
	struct err e = {0};
	int fd;

	if (b->at == b->cl->todos)
		return false;
	t = &b->cl->todo[b->at++];
	if (t->kind != TODO_FILE) {
		if (t->kind == TODO_CHUNK)
			(void)buf_addc(line, '=');
		(void)buf_addz(line, t->text);
		secret_scrub(t->text);
		return true;
	}
	fd = strcmp(t->text, "-") == 0 ? STDIN_FILENO
				       : open(t->text, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		(void)err_sys(&e, "%s", t->text);
		screen_error("%s", e.msg);
		b->failed = STATUS_USAGE;
		return false;
	}
	begin_file(b, fd);
	return true;
}

/* A whole line out of the buffer, or what is left at the end of a file. */
static bool
cut_line(struct batch *b, struct buf *line)
{
	struct str all = buf_str(&b->buf), s;

	if (!str_has(all, '\n') && !(b->ended && all.n > 0))
		return false;
	s = str_cut(&all, '\n');
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		(void)buf_add(line, str_head(s, s.n - 1));
	else
		(void)buf_add(line, s);
	buf_take(&b->buf, b->buf.len - all.n);
	b->number++;
	return true;
}

/* More bytes of the file. */
static void
read_more(struct batch *b)
{
	struct err e = {0};
	char *room;
	ssize_t n;

	b->readable = false;
	room = buf_room(&b->buf, 4096);
	if (room == NULL) {
		screen_error("a line of more than %d octets in the input",
		    SHELL_LINE_MAX);
		b->failed = STATUS_USAGE;
		return;
	}
	n = read(b->in.fd, room, 4096);
	if (n > 0) {
		buf_grew(&b->buf, (size_t)n);
	} else if (n == 0) {
		b->ended = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		(void)err_sys(&e, "the input");
		screen_error("%s", e.msg);
		b->failed = STATUS_USAGE;
	}
}

static enum got
stopped(struct shell *sh, struct batch *b)
{
	b->interrupted = sh->stopped = true;
	if (!sh->interactive)
		sh->quit = true;
	return GOT_INT;
}

static enum got
batch_ask(struct shell *sh, const struct ask *ask, struct buf *line)
{
	struct batch *b = sh->source;

	buf_clear(line);
	/* What servers have said meanwhile comes before the next line. */
	if (ask->command && shell_turn(sh, 0) == TURN_STOP)
		return stopped(sh, b);
	for (;;) {
		if (ask->until != NULL && cmd_over(ask->until))
			return GOT_OVER;
		if (b->failed != STATUS_OK)
			return GOT_EOF;
		if (b->in.fd < 0) {
			if (!next_todo(b, line))
				return GOT_EOF;
			if (b->in.fd < 0)
				return GOT_LINE;
		}
		if (cut_line(b, line))
			return GOT_LINE;
		if (b->ended) {
			end_file(b);
			continue;
		}
		if (b->readable) {
			read_more(b);
			continue;
		}
		b->in.events = POLLIN;
		loop_watch(sh->loop, &b->in);
		if (shell_turn(sh, LOOP_NEVER) == TURN_STOP) {
			return stopped(sh, b);
		}
	}
}

/* A person sees which line of a file is run, and which one ended it. */
static void
echo(const struct shell *sh, const struct batch *b, struct str line)
{
	struct buf clean;

	if (b->path == NULL || !sh->interactive || str_trim(line).n == 0)
		return;
	buf_init(&clean, line.n + 1);
	(void)secret_clean(&clean, line);
	screen_note("> %s", buf_cstr(&clean));
	buf_fini(&clean);
}

/* Whether the file ends here, by this status of its last line. */
static bool
ends(const struct shell *sh, const struct batch *b, int status)
{
	bool stopped = b->path != NULL && sh->stopped;

	if (!stopped && (status == STATUS_OK || sh->opt->keep_going))
		return false;
	if (b->path != NULL)
		screen_note(stopped ? N_("%s:%zu: interrupted here")
				    : N_("%s:%zu: stopped here"),
		    b->path, b->number);
	return true;
}

/* Runs what there is; the exit status of the first failure. */
static int
run_lines(struct shell *sh, struct batch *b)
{
	struct ask ask = {.command = true};
	struct err e = {0};
	struct buf line;
	int st;

	buf_init(&line, SHELL_LINE_MAX);
	line.secret = true;
	for (;;) {
		hooks_run(sh);
		if (sh->quit || sh->ask(sh, &ask, &line) != GOT_LINE)
			break;
		echo(sh, b, buf_str(&line));
		st = line_run(sh, buf_str(&line));
		screen_sync();
		if (screen_check(&e) != 0) {
			screen_error("%s", e.msg);
			st = STATUS_SCRIPT;
			sh->quit = true;
		}
		if (sh->failed == STATUS_OK)
			sh->failed = st;
		if (ends(sh, b, st))
			break;
	}
	buf_fini(&line);
	if (b->interrupted)
		return STATUS_INTERRUPTED;
	if (sh->failed == STATUS_OK)
		sh->failed = b->failed;
	return sh->failed;
}

int
batch_run(struct shell *sh, const struct cmdline *cl)
{
	struct batch b = {.cl = cl, .in = {.fd = -1}};
	int status, st;

	buf_init(&b.buf, SHELL_LINE_MAX + 4096);
	b.buf.secret = true;
	sh->source = &b;
	sh->ask = batch_ask;
	if (cl->todos == 0)
		begin_file(&b, STDIN_FILENO);
	status = run_lines(sh, &b);
	/* QUIT is what makes POP3 delete: it is said, and its failure told. */
	if (status != STATUS_INTERRUPTED && shell_ended_by() == 0) {
		st = session_bye_all(sh, false);
		status = status != STATUS_OK ? status : st;
	}
	end_file(&b);
	sh->source = NULL;
	buf_fini(&b.buf);
	return status;
}

int
batch_source(struct shell *sh, const char *path)
{
	enum got (*ask)(struct shell *, const struct ask *, struct buf *) =
	    sh->ask;
	struct batch b = {.in = {.fd = -1}, .path = path};
	int failed = sh->failed, status;
	void *source = sh->source;
	struct err e = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		(void)err_sys(&e, "%s", path);
		screen_error("%s", e.msg);
		return STATUS_USAGE;
	}
	buf_init(&b.buf, SHELL_LINE_MAX + 4096);
	b.buf.secret = true;
	b.cl = &(struct cmdline){.todos = 0};
	begin_file(&b, fd);
	sh->source = &b;
	sh->ask = batch_ask;
	sh->failed = STATUS_OK;
	sh->stopped = false;
	status = run_lines(sh, &b);
	end_file(&b);
	buf_fini(&b.buf);
	sh->ask = ask;
	sh->source = source;
	sh->failed = failed;
	return status;
}
