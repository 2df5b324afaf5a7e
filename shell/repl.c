/*
 * repl: a person at a terminal.  Readline's callback interface is one more
 * watch of the loop, so servers are heard while a line is being typed.
 */
#include "base/mem.h"
#include "shell/added.h"
#include "shell/history.h"
#include "shell/hooks.h"
#include "shell/idle.h"
#include "shell/prompt.h"
#include "shell/screen.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <unistd.h>

enum { PROMPT_MAX = 4096 };

/* Readline has one terminal and no argument for its callbacks. */
static struct {
	bool reading; /* readline has a prompt on it */
	/* No echo, key by key: also while a reply is awaited, so that what is
	 * typed ahead is kept for readline. */
	bool raw;
	bool done, eof;
	size_t widest; /* of what has been typed at this prompt, in octets */
	char *line;
	const struct shell *sh; /* whose prompt it is; NULL: a question */
	int resized[2];		/* pipe: SIGWINCH and SIGCONT */
} tty = {.resized = {-1, -1}};

/* ---- the prompt, while something else is written ---- */

/* The prompt says what the server has confirmed by now; whether it changed. */
static bool
renew_prompt(void)
{
	struct buf b;
	bool changed;

	buf_init(&b, PROMPT_MAX);
	prompt_put(tty.sh, &b, screen_colour());
	changed = strcmp(buf_cstr(&b), rl_prompt) != 0;
	if (changed)
		rl_set_prompt(buf_cstr(&b));
	buf_fini(&b);
	return changed;
}

static void
hide_prompt(void)
{
	if (tty.reading)
		rl_clear_visible_line();
	fflush(rl_outstream);
}

static void
restore_prompt(void)
{
	if (!tty.reading)
		return;
	if (tty.sh != NULL)
		(void)renew_prompt();
	rl_on_new_line();
	rl_redisplay();
}

static void
prepare(int meta)
{
	if (!tty.raw)
		rl_prep_terminal(meta);
	tty.raw = true;
}

/* Takes readline's prompt and hands off the terminal, which stays raw. */
static void
stop_reading(void)
{
	if (tty.reading) {
		tty.reading = false;
		rl_callback_handler_remove();
	}
}

void
repl_release(void)
{
	stop_reading();
	if (tty.raw)
		rl_deprep_terminal();
	tty.raw = false;
}

/* ---- signals ---- */

static void
on_resize(int sig)
{
	char c = (char)sig;

	(void)!write(tty.resized[1], &c, 1);
}

static void
resized(struct watch *w, short revents)
{
	char c;

	(void)revents;
	while (read(w->fd, &c, 1) == 1) {
		if (c == SIGCONT && tty.raw) {
			/* Whoever had the terminal has changed it. */
			rl_deprep_terminal();
			rl_prep_terminal(1);
		}
		if (!tty.reading)
			continue;
		rl_resize_terminal();
		if (c == SIGCONT)
			rl_forced_update_display();
	}
}

static void
watch_signals(struct shell *sh, struct watch *w)
{
	struct sigaction sa = {.sa_handler = on_resize, .sa_flags = SA_RESTART};

	if (pipe2(tty.resized, O_NONBLOCK | O_CLOEXEC) != 0)
		return;
	*w = (struct watch){
	    .fd = tty.resized[0], .events = POLLIN, .ready = resized};
	loop_watch(sh->loop, w);
	sigaction(SIGWINCH, &sa, NULL);
	sigaction(SIGCONT, &sa, NULL);
}

/* ---- a line ---- */

static void
got_line(char *line)
{
	tty.done = true;
	tty.eof = line == NULL;
	tty.line = line;
	/* Else readline would show its prompt again. */
	stop_reading();
}

static void
read_key(void)
{
	size_t n;

	rl_callback_read_char();
	n = tty.line != NULL ? strlen(tty.line) : (size_t)rl_end;
	if (n > tty.widest)
		tty.widest = n;
}

static void
key(struct watch *w, short revents)
{
	(void)w;
	if (tty.reading) {
		if (revents & (POLLERR | POLLNVAL) ||
		    ((revents & POLLHUP) && !(revents & POLLIN)))
			got_line(NULL);
		else
			read_key();
	}
}

static void
ignore_line(char *line)
{
	free(line);
}

/*
 * Overwrites what readline has of a line, which may hold a password: its
 * buffer, and the two in which it keeps what the screen shows.  These are its
 * own, so it is made to show blanks, twice, to nobody.  n: the columns that
 * were taken.
 */
static void
forget_line(size_t n)
{
	static FILE *nobody;

	if (nobody == NULL)
		nobody = fopen("/dev/null", "we");
	if (nobody == NULL || n > INT_MAX - 1)
		return;
	rl_outstream = nobody;
	rl_callback_handler_install("", ignore_line);
	rl_extend_line_buffer((int)n + 1);
	memset(rl_line_buffer, ' ', n);
	rl_line_buffer[n] = '\0';
	rl_point = rl_end = (int)n;
	rl_redisplay();
	rl_forced_update_display();
	rl_replace_line("", 1);
	rl_callback_handler_remove();
	rl_outstream = stdout;
	fflush(nobody);
	mem_wipe_block(rl_line_buffer);
	screen_forget();
}

/* Ctrl-C: the line is forgotten. */
static void
cancel_line(void)
{
	if (!tty.reading)
		return;
	rl_free_line_state();
	rl_callback_sigcleanup();
	rl_replace_line("", 1);
	stop_reading();
	puts("^C");
	fflush(stdout);
}

static enum got
wait_line(struct shell *sh, const struct ask *ask)
{
	while (!tty.done) {
		if (ask->command)
			idle_resume(sh);
		if (sh->quit) {
			stop_reading();
			puts("");
			return GOT_EOF;
		}
		if (ask->until != NULL && cmd_over(ask->until)) {
			stop_reading();
			puts("");
			return GOT_OVER;
		}
		if (shell_turn(sh, LOOP_NEVER) == TURN_STOP) {
			cancel_line();
			return sh->quit ? GOT_EOF : GOT_INT;
		}
		if (tty.reading && tty.sh != NULL && renew_prompt()) {
			hide_prompt();
			restore_prompt();
		}
	}
	return tty.eof ? GOT_EOF : GOT_LINE;
}

static enum got
repl_ask(struct shell *sh, const struct ask *ask, struct buf *line)
{
	struct watch in = {.fd = STDIN_FILENO, .events = POLLIN, .ready = key};
	enum got got;

	buf_clear(line);
	screen_sync();
	tty.done = tty.eof = false;
	tty.widest = 0;
	tty.line = NULL;
	tty.sh = ask->command ? sh : NULL;
	complete_on(ask->command);
	rl_callback_handler_install(ask->prompt, got_line);
	tty.reading = true;
	loop_watch(sh->loop, &in);
	screen_prompt(hide_prompt, restore_prompt);
	got = wait_line(sh, ask);
	screen_prompt(NULL, NULL);
	loop_unwatch(&in);
	if (tty.line != NULL) {
		if (buf_addz(line, tty.line) != 0) {
			screen_error(
			    "a line of more than %d octets", SHELL_LINE_MAX);
			got = GOT_INT;
		}
		mem_free_secret(tty.line);
		tty.line = NULL;
	}
	/* A control character takes two columns. */
	forget_line(strlen(rl_prompt) + 2 * tty.widest + 1);
	return got;
}

/* ---- the conversation ---- */

/* Ctrl-D at the prompt.  QUIT makes POP3 delete: that is told before. */
static void
leave(struct shell *sh, bool *warned)
{
	struct buf state;

	buf_init(&state, 1024);
	for (struct session *s = sh->sessions;
	     s != NULL && !*warned && sh->confirm; s = s->next) {
		if (!session_is_open(s) || conn_proto(s->conn) == NULL)
			continue;
		buf_clear(&state);
		conn_describe(s->conn, &state);
		if (str_ends(buf_str(&state), S(" del"))) {
			screen_note("%s: %.*s: QUIT deletes them for good; "
				    "Ctrl-D again does that, RSET takes it "
				    "back, :drop leaves without",
			    s->name, STRF(buf_str(&state)));
			*warned = true;
			buf_fini(&state);
			return;
		}
	}
	buf_fini(&state);
	sh->quit = true;
	if (shell_ended_by() == 0)
		(void)session_bye_all(sh, true);
}

static void
converse(struct shell *sh)
{
	struct buf prompt, line;
	struct ask ask = {.command = true};
	bool warned = false;

	buf_init(&prompt, PROMPT_MAX);
	buf_init(&line, SHELL_LINE_MAX);
	line.secret = true;
	while (!sh->quit) {
		shell_show(sh);
		hooks_run(sh);
		buf_clear(&prompt);
		prompt_put(sh, &prompt, screen_colour());
		ask.prompt = buf_cstr(&prompt);
		switch (sh->ask(sh, &ask, &line)) {
		case GOT_LINE:
			warned = false;
			if (sh->history)
				history_keep(added_keep(sh, buf_str(&line)));
			sh->stopped = false;
			(void)line_run(sh, buf_str(&line));
			screen_sync();
			break;
		case GOT_EOF:
			if (!sh->quit)
				puts("");
			leave(sh, &warned);
			break;
		case GOT_INT:
		case GOT_OVER:
			break;
		}
	}
	buf_fini(&prompt);
	buf_fini(&line);
}

int
repl_run(struct shell *sh)
{
	struct watch signals = {.fd = -1};

	sh->ask = repl_ask;
	/* Letters are UTF-8 also where the system has not got the locale. */
	if (setlocale(LC_CTYPE, "") == NULL)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	rl_readline_name = "postel";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = prepare;
	rl_deprep_term_function = NULL;
	rl_initialize();
	/* Each pasted line is a line, as it is in telnet. */
	rl_variable_bind("enable-bracketed-paste", "off");
	using_history();
	history_load();
	complete_init(sh);
	watch_signals(sh, &signals);
	converse(sh);
	loop_unwatch(&signals);
	repl_release();
	return STATUS_OK;
}
