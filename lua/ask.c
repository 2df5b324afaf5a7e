/* ask: what is typed at the terminal, a password with its echo off. */
#include "lua/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

/* What must not leave the terminal without its echo. */
static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

enum { CAUGHT = sizeof(caught) / sizeof(*caught) };

static volatile sig_atomic_t signalled;

static void
on_signal(int sig)
{
	signalled = sig;
}

struct asking {
	int fd;
	const char *prompt;
	bool echo;
	struct termios modes; /* as they were */
	sigset_t mask;
	struct sigaction actions[CAUGHT];
};

/*
 * The terminal is ours, with echo if that is wanted.  Signals come in while an
 * octet is waited for, and at no other time: none is missed.
 */
static int
begin(struct asking *a)
{
	struct sigaction sa = {.sa_handler = on_signal};
	struct termios quiet;
	sigset_t block;

	if (tcgetattr(a->fd, &a->modes) != 0)
		return -1;
	quiet = a->modes;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ISIG | (a->echo ? ECHO : 0);
	signalled = 0;
	sigemptyset(&block);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaddset(&block, caught[i]);
	sigprocmask(SIG_BLOCK, &block, &a->mask);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &sa, &a->actions[i]);
	tcsetattr(a->fd, TCSAFLUSH, &quiet);
	(void)!write(a->fd, a->prompt, strlen(a->prompt));
	return 0;
}

/* The terminal is as it was, and so is what signals do: one that came in
 * comes again. */
static void
end(const struct asking *a, bool whole)
{
	if (!a->echo || !whole)
		(void)!write(a->fd, "\n", 1);
	tcsetattr(a->fd, TCSADRAIN, &a->modes); /* what is typed ahead stays */
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &a->actions[i], NULL);
	if (signalled != 0)
		raise(signalled);
	sigprocmask(SIG_SETMASK, &a->mask, NULL);
}

/* The next octet, so that none behind the line is taken; as read(2). */
static ssize_t
octet(const struct asking *a, char *c)
{
	struct pollfd pfd = {.fd = a->fd, .events = POLLIN};
	ssize_t n;

	do
		n = ppoll(&pfd, 1, NULL, &a->mask);
	while (n < 0 && errno == EINTR && signalled == 0);
	return n > 0 ? read(a->fd, c, 1) : n;
}

static int
read_line(struct asking *a, struct buf *b, struct err *e)
{
	for (;;) {
		char c = '\n';
		ssize_t n = octet(a, &c);

		if (n < 0 && errno == EINTR && signalled == SIGTSTP) {
			/* Whoever stops us has a terminal that echoes; what
			 * was typed before that is forgotten with it. */
			end(a, false);
			buf_clear(b);
			(void)begin(a);
			continue;
		}
		if (n < 0)
			return errno == EINTR
				   ? err_set(e, ERR_CANCEL, "interrupted")
				   : err_sys(e, "terminal");
		if (n == 0 && b->len == 0)
			return err_set(e, ERR_CANCEL, "no answer given");
		if (n == 0 || c == '\n')
			return 0;
		if (buf_addc(b, c) != 0)
			return err_set(e, ERR_USE, "the answer is too long");
	}
}

static char *
ask(const char *prompt, bool echo, struct err *e)
{
	struct asking a = {.prompt = prompt, .echo = echo};
	struct buf b;
	char *z = NULL;

	a.fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (a.fd < 0 || begin(&a) != 0) {
		if (a.fd >= 0)
			close(a.fd);
		err_set(e, ERR_USE, "no terminal to ask on");
		return NULL;
	}
	buf_init(&b, SECRET_MAX);
	b.secret = true;
	if (read_line(&a, &b, e) == 0)
		z = mem_strdup(buf_cstr(&b));
	end(&a, z != NULL);
	buf_fini(&b);
	close(a.fd);
	return z;
}

char *
script_ask_secret(const char *prompt, struct err *e)
{
	return ask(prompt, false, e);
}

int
terminal_ask(lua_State *L)
{
	const char *prompt = luaL_checkstring(L, 1);
	struct err e = {0};
	char *z = NULL;

	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		z = ask(prompt, true, &e);
	if (e.kind != ERR_NONE && e.kind != ERR_USE)
		return bind_raise(L, &e, 0);
	lua_pushstring(L, z);
	mem_free_secret(z);
	return 1;
}
