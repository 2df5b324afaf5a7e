/*
 * secret: passwords, which never become Lua strings.
 *
 * A secret is a userdata whose bytes are wiped when it goes.  It comes from a
 * URL, a file, a command, a netrc file or the terminal, and goes to send,
 * authenticate or answer.
 */
#include "lua/secret.h"
#include "base/text.h"
#include "base/vault.h"
#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static int secret_gc(lua_State *);
static int secret_tostring(lua_State *);

static const struct bind_type secret_type = {
    .name = "postel.secret",
    .index = bind_index_methods,
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
secret_gc(lua_State *L)
{
	struct bind_secret *u = bind_check(L, 1, &secret_type);

	buf_fini(&u->b);
	vault_free(u->p, u->n + 1);
	u->p = NULL;
	u->n = 0;
	return 0;
}

static int
secret_tostring(lua_State *L)
{
	lua_pushliteral(L, "<secret>");
	return 1;
}

struct bind_secret *
secret_new(lua_State *L, size_t max)
{
	struct bind_secret *u = bind_new(L, &secret_type, sizeof(*u));

	buf_init(&u->b, max);
	u->b.secret = true;
	script_of(L)->soiled = true;
	return u;
}

void
secret_seal(struct bind_secret *u)
{
	/* An empty secret is one, too: it needs memory to point to. */
	u->n = u->b.len;
	u->p = vault_new(u->n + 1);
	memcpy(u->p, buf_str(&u->b).p, u->n);
	buf_fini(&u->b);
}

void
bind_push_secret(lua_State *L, struct str s)
{
	struct bind_secret *u = secret_new(L, s.n);

	buf_add(&u->b, s);
	secret_seal(u);
}

/* One that was wiped is an empty one. */
struct str
bind_test_secret(lua_State *L, int idx)
{
	struct bind_secret *u = bind_test(L, idx, &secret_type);

	if (u == NULL)
		return (struct str){NULL, 0};
	return u->p != NULL ? (struct str){u->p, u->n} : S("");
}

/* ---- files and commands ---- */

/* Appends what fd has, as far as b takes it: 1, or 0 at its end; -1. */
static int
read_some(int fd, struct buf *b, const char *what, struct err *e)
{
	size_t room = buf_free(b) < 512 ? buf_free(b) : 512;
	char *p = room > 0 ? buf_room(b, room) : NULL;
	ssize_t n;

	if (p == NULL)
		return err_set(e, ERR_USE, "%s is too large", what);
	n = read(fd, p, room);
	if (n < 0 && errno == EINTR)
		return err_set(e, ERR_CANCEL, "interrupted");
	if (n < 0)
		return err_sys(e, "%s", what);
	buf_grew(b, (size_t)n);
	return n > 0;
}

static bool
has_line(const struct buf *b)
{
	return b->len > 0 && memchr(buf_str(b).p, '\n', b->len) != NULL;
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
		return err_set(
		    e, ERR_AUTH, "%s: its first line is empty", what);
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

int
secret_slurp(const char *path, bool line, struct buf *b, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 1;

	if (fd < 0)
		return err_sys(e, "%s", path);
	warn_mode(fd, path);
	while (rc > 0 && !(line && has_line(b)))
		rc = read_some(fd, b, path, e);
	close(fd);
	return rc < 0 ? -1 : 0;
}

/* secret_file(path): the first line of a file. */
static int
secret_file(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct bind_secret *u = secret_new(L, SECRET_MAX);
	struct err e = {0};

	if (secret_slurp(path, true, &u->b, &e) != 0 ||
	    first_line(&u->b, path, &e) != 0)
		return bind_raise(L, &e, 0);
	secret_seal(u);
	return 1;
}

/* A command that prints a secret. */
struct printer {
	struct watch out;
	struct buf *b;
	const char *what;
	bool over;
	int rc;
	size_t behind; /* octets behind the first line */
	struct err *e;
};

/* What comes behind the first line is read, so that the command can end well,
 * and not kept. */
static void
printed(struct watch *w, short revents)
{
	struct printer *p = CONTAINER_OF(w, struct printer, out);
	char rest[512];
	ssize_t n;

	(void)revents;
	if (!has_line(p->b)) {
		p->rc = read_some(w->fd, p->b, p->what, p->e);
		p->over = p->rc <= 0;
		return;
	}
	n = read(w->fd, rest, sizeof(rest));
	mem_wipe(rest, sizeof(rest));
	p->behind += n > 0 ? (size_t)n : 0;
	if (p->behind > NETRC_MAX)
		p->rc = err_set(p->e, ERR_USE, "%s is too large", p->what);
	p->over = n == 0 || (n < 0 && errno != EINTR) || p->rc < 0;
}

/* Turns the loop until the command has printed all, so that servers are heard
 * meanwhile; there is no deadline, since it may ask a person. */
static int
read_output(struct loop *l, struct printer *p)
{
	loop_watch(l, &p->out);
	while (!p->over)
		if (loop_turn(l, LOOP_NEVER) == TURN_STOP) {
			p->rc = err_set(p->e, ERR_CANCEL, "interrupted");
			break;
		}
	loop_unwatch(&p->out);
	return p->rc;
}

static int
read_command(struct loop *l, const char *command, const char *what,
    struct buf *b, struct err *e)
{
	struct printer p = {.out = {.events = POLLIN, .ready = printed},
	    .b = b,
	    .what = what,
	    .e = e};
	int fd[2], rc, status;
	struct str program;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_sys(e, "%s", what);
	rc = child_start(command, -1, fd[1], &pid, e);
	close(fd[1]);
	p.out.fd = fd[0];
	if (rc == 0 && (rc = read_output(l, &p)) < 0)
		child_end(pid, 0);
	close(fd[0]);
	if (rc < 0)
		return -1;
	status = child_wait(pid);
	/* Its arguments may be secrets. */
	program = str_head(str_z(command), str_find(str_z(command), ' '));
	if (status != 0)
		return err_set(e, ERR_AUTH, "%s failed with status %d: %.*s",
		    what, status, STRF(program));
	return first_line(b, what, e);
}

/* secret_command(command, token): the first line that a command prints; token
 * says that it is one, and no password. */
static int
secret_command(lua_State *L)
{
	const char *command = luaL_checkstring(L, 1);
	const char *what = text_of(
	    lua_toboolean(L, 2) ? N_("token command") : N_("password command"));
	struct script *s = script_of(L);
	struct bind_secret *u = secret_new(L, SECRET_MAX);
	struct err e = {0};

	fflush(NULL);
	if (read_command(s->loop, command, what, &u->b, &e) != 0) {
		/* Ctrl-C is told once. */
		if (e.kind == ERR_CANCEL) {
			s->stop = 0;
			lua_sethook(s->main, NULL, 0, 0);
		}
		return bind_raise(L, &e, 0);
	}
	secret_seal(u);
	return 1;
}

/*** postel.secret(string) → secret
 * A secret, to be used where a password is due: it is wiped when it goes, or by
 * its method wipe(), and shows as "<secret>".  A login leaves the one that it
 * is given.
 */
static int
secret_copy(lua_State *L)
{
	struct str s = bind_test_secret(L, 1);

	bind_push_secret(L, s.p != NULL ? s : bind_str(L, 1));
	return 1;
}

/* secret_ask(prompt): nil if there is no terminal. */
static int
secret_ask(lua_State *L)
{
	const char *prompt = luaL_checkstring(L, 1);
	struct bind_secret *u = secret_new(L, SECRET_MAX);
	struct err e = {0};
	char *z = script_ask_secret(prompt, &e);

	if (z == NULL && e.kind != ERR_USE)
		return bind_raise(L, &e, 0);
	if (z == NULL) {
		lua_pushnil(L);
		return 1;
	}
	buf_addz(&u->b, z);
	mem_free_secret(z);
	secret_seal(u);
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
    {"secret", secret_copy},
    {"secret_file", secret_file},
    {"secret_command", secret_command},
    {"secret_netrc", secret_netrc},
    {"netrc_text", secret_netrc_text},
    {"secret_ask", secret_ask},
    {"ask", terminal_ask},
    {NULL, NULL},
};
