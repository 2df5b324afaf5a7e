/*
 * secret: passwords, which never become Lua strings.
 *
 * A secret is a userdata whose bytes are wiped when it goes.  It comes from a
 * URL, a file, a command, a netrc file or the terminal, and goes to send,
 * authenticate or answer.
 */
#include "lua/bind.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* A password file or command may give so much; a netrc file more. */
enum { SECRET_MAX = 4096, NETRC_MAX = 1 << 20 };

struct bind_secret {
	struct buf b;
};

static int secret_index(lua_State *);
static int secret_gc(lua_State *);
static int secret_tostring(lua_State *);

static const struct bind_type secret_type = {
    .name = "postel.secret",
    .index = secret_index,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", secret_gc},
	    {"__close", secret_gc},
	    {"__tostring", secret_tostring},
	    {NULL, NULL},
	},
    .methods = (const luaL_Reg[]){{"wipe", secret_gc}, {NULL, NULL}},
};

static int
secret_index(lua_State *L)
{
	static const struct bind_field none[] = {{NULL, NULL}};

	if (!bind_index(L, none, NULL))
		lua_pushnil(L);
	return 1;
}

static int
secret_gc(lua_State *L)
{
	struct bind_secret *u = bind_check(L, 1, &secret_type);

	buf_fini(&u->b);
	return 0;
}

static int
secret_tostring(lua_State *L)
{
	lua_pushliteral(L, "<secret>");
	return 1;
}

static struct buf *
new_secret(lua_State *L, size_t max)
{
	struct bind_secret *u = bind_new(L, &secret_type, sizeof(*u));

	buf_init(&u->b, max);
	u->b.secret = true;
	return &u->b;
}

void
bind_push_secret(lua_State *L, struct str s)
{
	/* An empty secret is one, too: it needs memory to point to. */
	struct buf *b = new_secret(L, s.n + 1);

	buf_add(b, s);
	buf_cstr(b);
}

struct str
bind_test_secret(lua_State *L, int idx)
{
	struct bind_secret *u = bind_test(L, idx, &secret_type);

	return u != NULL ? buf_str(&u->b) : (struct str){NULL, 0};
}

/* ---- files and commands ---- */

/* Reads all of fd; -1 if that is more than b takes. */
static int
read_all(int fd, struct buf *b, const char *what, struct err *e)
{
	for (;;) {
		size_t room = buf_free(b) < 512 ? buf_free(b) : 512;
		char *p = room > 0 ? buf_room(b, room) : NULL;
		if (p == NULL)
			return err_set(e, ERR_USE, "%s is too large", what);
		ssize_t n = read(fd, p, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "%s", what);
		if (n == 0)
			return 0;
		buf_grew(b, (size_t)n);
	}
}

/* Keeps the first line only. */
static int
first_line(struct buf *b, const char *what, struct err *e)
{
	struct str all = buf_str(b);
	struct str line = str_cut(&all, '\n');

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return err_set(e, ERR_AUTH, "%s: holds no password", what);
	b->len = line.n;
	return 0;
}

/* Others can read a file of secrets: that is said, not hidden. */
static void
warn_mode(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		fprintf(stderr,
		    text_of("postel: %s can be read by others; chmod 600 it\n"),
		    path);
}

static int
slurp(const char *path, struct buf *b, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(e, "%s", path);
	warn_mode(fd, path);
	rc = read_all(fd, b, path, e);
	close(fd);
	return rc;
}

/* secret_file(path): the first line of a file. */
static int
secret_file(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct buf *b = new_secret(L, SECRET_MAX);
	struct err e = {0};

	if (slurp(path, b, &e) != 0 || first_line(b, path, &e) != 0)
		return bind_raise(L, &e, 0);
	return 1;
}

/* secret_command(command): the first line that a command prints. */
static int
secret_command(lua_State *L)
{
	const char *command = luaL_checkstring(L, 1);
	struct buf *b = new_secret(L, SECRET_MAX);
	struct err e = {0};
	int rc, status;
	FILE *f;

	fflush(NULL);
	f = popen(command, "re");
	if (f == NULL) {
		err_sys(&e, "password command");
		return bind_raise(L, &e, 0);
	}
	rc = read_all(fileno(f), b, text_of("password command"), &e);
	status = pclose(f);
	if (rc == 0 && status != 0)
		rc = err_set(
		    &e, ERR_AUTH, "password command failed: %s", command);
	if (rc != 0 || first_line(b, text_of("password command"), &e) != 0)
		return bind_raise(L, &e, 0);
	return 1;
}

/* secret(string): one that a script has as a string. */
static int
secret_string(lua_State *L)
{
	bind_push_secret(L, bind_str(L, 1));
	return 1;
}

/* ---- netrc ---- */

/* The next word; a quoted one may hold spaces and \ escapes. */
static bool
netrc_word(struct str *s, struct buf *word)
{
	bool quoted;

	buf_clear(word);
	while (s->n > 0 && strchr(" \t\r\n", s->p[0]) != NULL)
		*s = str_skip(*s, 1);
	if (s->n == 0)
		return false;
	quoted = s->p[0] == '"';
	if (quoted)
		*s = str_skip(*s, 1);
	while (s->n > 0) {
		char c = s->p[0];
		if (quoted ? c == '"' : strchr(" \t\r\n", c) != NULL)
			break;
		if (quoted && c == '\\' && s->n > 1) {
			*s = str_skip(*s, 1);
			c = s->p[0];
		}
		if (buf_addc(word, c) != 0)
			return false;
		*s = str_skip(*s, 1);
	}
	if (s->n > 0)
		*s = str_skip(*s, 1);
	return true;
}

/* A macro ends at an empty line. */
static void
skip_macro(struct str *s)
{
	str_cut(s, '\n');
	while (s->n > 0 && str_chomp(str_cut(s, '\n')).n > 0)
		;
}

static void
skip_comment(struct str *s, const struct buf *word)
{
	/* What eats the word eats the line end behind it. */
	if (s->n > 0 && word->len > 0 && s->p[-1] != '\n')
		str_cut(s, '\n');
}

struct netrc {
	struct str host, user; /* user.p NULL: whoever is there */
	bool here, user_fits;
	struct buf word, login; /* login: who it was */
};

/* Takes one "keyword value"; true when `password` has been filled. */
static bool
netrc_entry(struct netrc *n, struct str *s, struct buf *password)
{
	struct str word = buf_str(&n->word);

	if (word.p[0] == '#') {
		skip_comment(s, &n->word);
	} else if (str_eq(word, S("default"))) {
		n->here = n->user_fits = true;
	} else if (str_eq(word, S("macdef"))) {
		skip_macro(s);
	} else if (str_eq(word, S("machine"))) {
		n->here = netrc_word(s, &n->word) &&
			  str_eqcase(buf_str(&n->word), n->host);
		n->user_fits = true;
		buf_clear(&n->login);
	} else if (str_eq(word, S("login"))) {
		n->user_fits =
		    netrc_word(s, &n->word) &&
		    (n->user.p == NULL || str_eq(buf_str(&n->word), n->user));
		buf_clear(&n->login);
		(void)buf_add(&n->login, buf_str(&n->word));
	} else if (str_eq(word, S("password"))) {
		bool hit = netrc_word(s, &n->word) && n->here && n->user_fits;
		return hit && buf_add(password, buf_str(&n->word)) == 0;
	} else {
		netrc_word(s, &n->word); /* account and its kin */
	}
	return false;
}

/*
 * secret_netrc(path, host, user): the password of machine and login, and that
 * login; nil if the file is not there or has none.  Without a user the
 * first one of the machine is taken.
 */
static int
secret_netrc(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct netrc n = {.host = bind_str(L, 2)};

	n.user.p = luaL_optlstring(L, 3, NULL, &n.user.n);
	struct buf *file = new_secret(L, NETRC_MAX);
	struct buf *password = new_secret(L, SECRET_MAX);
	struct err e = {0};
	bool hit = false;

	if (slurp(path, file, &e) != 0 && e.sys != ENOENT)
		return bind_raise(L, &e, 0);
	buf_init(&n.login, SECRET_MAX);
	buf_init(&n.word, SECRET_MAX);
	n.word.secret = true;
	struct str s = buf_str(file);
	while (!hit && netrc_word(&s, &n.word))
		hit = n.word.len > 0 && netrc_entry(&n, &s, password);
	buf_fini(&n.word);
	buf_fini(file);
	if (!hit)
		lua_pushnil(L);
	if (hit && n.login.len > 0)
		bind_push_str(L, buf_str(&n.login));
	else
		lua_pushnil(L);
	buf_fini(&n.login);
	return 2;
}

/* ---- the terminal ---- */

/*
 * One line from fd, octet by octet, so that none behind it is taken.  Signals
 * come in while it waits for one, and at no other time: none is missed.
 */
static int
read_line(int fd, const sigset_t *waiting, struct buf *b, struct err *e)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	for (;;) {
		char c;
		ssize_t n = ppoll(&pfd, 1, NULL, waiting);
		if (n > 0)
			n = read(fd, &c, 1);
		if (n < 0)
			return errno == EINTR
				   ? err_set(e, ERR_CANCEL, "interrupted")
				   : err_sys(e, "terminal");
		if (n == 0 && b->len == 0)
			return err_set(e, ERR_CANCEL, "no password given");
		if (n == 0 || c == '\n')
			return 0;
		if (buf_addc(b, c) != 0)
			return err_set(e, ERR_USE, "password is too long");
	}
}

static int
ask(int fd, const char *prompt, bool echo, struct buf *b, struct err *e)
{
	struct termios old, quiet;
	sigset_t interrupt, before;
	int rc;

	if (tcgetattr(fd, &old) != 0)
		return err_set(e, ERR_USE, "no terminal to ask on");
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ISIG | (echo ? ECHO : 0);
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &before);
	tcsetattr(fd, TCSAFLUSH, &quiet);
	(void)!write(fd, prompt, strlen(prompt));
	rc = read_line(fd, &before, b, e);
	sigprocmask(SIG_SETMASK, &before, NULL);
	tcsetattr(fd, TCSADRAIN, &old); /* what is typed ahead stays */
	if (!echo || rc != 0)
		(void)!write(fd, "\n", 1);
	return rc;
}

static char *
ask_terminal(const char *prompt, bool echo, struct err *e)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct buf b;
	char *z = NULL;

	if (fd < 0) {
		err_set(e, ERR_USE, "no terminal to ask on");
		return NULL;
	}
	buf_init(&b, SECRET_MAX);
	b.secret = true;
	if (ask(fd, prompt, echo, &b, e) == 0)
		z = mem_strdup(buf_cstr(&b));
	buf_fini(&b);
	close(fd);
	return z;
}

char *
script_ask_secret(const char *prompt, struct err *e)
{
	return ask_terminal(prompt, false, e);
}

/* ask(prompt): a line that a person types; nil if nobody is there: standard
 * input or error is no terminal. */
static int
terminal_ask(lua_State *L)
{
	const char *prompt = luaL_checkstring(L, 1);
	struct err e = {0};
	char *z = NULL;

	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		z = ask_terminal(prompt, true, &e);
	if (e.kind != ERR_NONE && e.kind != ERR_USE)
		return bind_raise(L, &e, 0);
	lua_pushstring(L, z);
	mem_free_secret(z);
	return 1;
}

/* secret_ask(prompt): nil if there is no terminal. */
static int
secret_ask(lua_State *L)
{
	const char *prompt = luaL_checkstring(L, 1);
	struct buf *b = new_secret(L, SECRET_MAX);
	struct err e = {0};
	char *z = script_ask_secret(prompt, &e);

	if (z == NULL && e.kind != ERR_USE)
		return bind_raise(L, &e, 0);
	if (z == NULL) {
		lua_pushnil(L);
		return 1;
	}
	buf_addz(b, z);
	mem_free_secret(z);
	return 1;
}

/* warn_mode(path): says so, if others can read a file that holds secrets. */
static int
secret_warn_mode(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		warn_mode(fd, path);
		close(fd);
	}
	return 0;
}

const luaL_Reg bind_secret_functions[] = {
    {"warn_mode", secret_warn_mode},
    {"secret", secret_string},
    {"secret_file", secret_file},
    {"secret_command", secret_command},
    {"secret_netrc", secret_netrc},
    {"secret_ask", secret_ask},
    {"ask", terminal_ask},
    {NULL, NULL},
};
