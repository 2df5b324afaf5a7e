/* process: commands that run while the loop turns. */
#include "lua/bind.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors of a child that may be given: 0 to this less one. */
enum { PROCESS_FDS = 8 };

/* So much is read from a pipe at a time. */
enum { PIPE_CHUNK = 64 << 10 };

/* A child that nobody waits for any more has so long to end by itself. */
enum { GRACE_MS = 2000 };

struct bind_process {
	pid_t pid; /* 0: not started, or over */
	int status;
	struct watch end;		 /* of its pidfd */
	struct watch pipes[PROCESS_FDS]; /* what it writes; fd 0: none */
	int fds[PROCESS_FDS]; /* for it, plus one, until it has begun */
};

static int process_gc(lua_State *);
static int process_status(lua_State *);
static int process_signal(lua_State *);
static int process_take(lua_State *);

static const struct bind_type process_type = {
    .name = "postel.process",
    .module = "postel.process",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", process_gc},
	    {"__close", process_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"status", process_status},
	    {"signal", process_signal},
	    {"take", process_take},
	    {"close", process_gc},
	    {NULL, NULL},
	},
};

static void
close_files(struct bind_process *u)
{
	for (int i = 0; i < PROCESS_FDS; i++) {
		if (u->fds[i] > 0)
			close(u->fds[i] - 1);
		u->fds[i] = 0;
	}
}

static void
close_watch(struct watch *w)
{
	if (w->fd > 0) {
		loop_unwatch(w);
		close(w->fd);
		w->fd = 0;
	}
}

static void
ended(struct bind_process *u)
{
	close_watch(&u->end);
	u->pid = 0;
}

/* The pidfd is readable when the child has ended: the turn of the loop is over,
 * and status() says the rest. */
static void
process_ready(struct watch *w, short revents)
{
	struct bind_process *u = CONTAINER_OF(w, struct bind_process, end);
	int status = child_ended(u->pid);

	(void)revents;
	if (status < 0)
		return;
	u->status = status;
	ended(u);
}

/*** process:close()
 * Ends the process, by SIGTERM and, two seconds later, SIGKILL, as the end of a
 * <close> variable does.
 */
static int
process_gc(lua_State *L)
{
	struct bind_process *u = bind_check(L, 1, &process_type);

	if (u->pid != 0) {
		/* What it has started is of its group. */
		kill(-u->pid, SIGTERM);
		child_end(u->pid, GRACE_MS);
		kill(-u->pid, SIGKILL);
		u->status = 128 + SIGTERM;
	}
	ended(u);
	close_files(u);
	for (int i = 0; i < PROCESS_FDS; i++)
		close_watch(&u->pipes[i]);
	return 0;
}

/*** process:status() → status
 * The exit status, or nil while it runs.
 */
static int
process_status(lua_State *L)
{
	struct bind_process *u = bind_check(L, 1, &process_type);

	if (u->pid != 0)
		lua_pushnil(L);
	else
		lua_pushinteger(L, u->status);
	return 1;
}

/*** process:signal(name)
 * Sends "INT", "TERM" or "KILL" to the process and to what it has started.
 */
static int
process_signal(lua_State *L)
{
	static const char *const names[] = {"INT", "TERM", "KILL", NULL};
	static const int numbers[] = {SIGINT, SIGTERM, SIGKILL};
	struct bind_process *u = bind_check(L, 1, &process_type);
	int number = numbers[luaL_checkoption(L, 2, NULL, names)];

	if (u->pid != 0)
		kill(-u->pid, number);
	return 0;
}

/* ---- what it writes ---- */

/* Who waits for it takes it; until then there is nothing more to be told. */
static void
pipe_ready(struct watch *w, short revents)
{
	(void)revents;
	w->events = 0;
}

/*** process:take(descriptor) → string, false or nil
 * What has come from a pipe, as process:read gives it, without waiting: false
 * if nothing has yet, nil behind all of it.
 */
static int
process_take(lua_State *L)
{
	struct bind_process *u = bind_check(L, 1, &process_type);
	lua_Integer i = luaL_checkinteger(L, 2);
	struct watch *w = &u->pipes[i >= 0 && i < PROCESS_FDS ? i : 0];
	bool over = u->pid == 0;
	luaL_Buffer b;
	ssize_t n;

	luaL_argcheck(
	    L, i >= 0 && i < PROCESS_FDS, 2, text_of("no descriptor of it"));
	if (w->fd == 0)
		return 0;
	n = read(w->fd, luaL_buffinitsize(L, &b, PIPE_CHUNK), PIPE_CHUNK);
	if (n > 0) {
		luaL_pushresultsize(&b, (size_t)n);
		return 1;
	}
	if (n < 0 && !over && (errno == EAGAIN || errno == EINTR)) {
		w->events = POLLIN;
		lua_pushboolean(L, false);
		return 1;
	}
	close_watch(w);
	return 0;
}

/* ---- starting ---- */

/* Strings of the table at idx, with a NULL behind; they are the table's. */
static const char **
strings(lua_State *L, int idx, size_t *n)
{
	const char **list;

	luaL_checktype(L, idx, LUA_TTABLE);
	*n = lua_rawlen(L, idx);
	list = lua_newuserdatauv(L, (*n + 1) * sizeof(*list), 0);
	for (size_t i = 0; i < *n; i++) {
		if (lua_rawgeti(L, idx, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_argerror(L, idx, text_of("strings expected"));
		list[i] = lua_tostring(L, -1);
		if (strlen(list[i]) != lua_rawlen(L, -1))
			luaL_argerror(L, idx, text_of("a string holds a NUL"));
		lua_pop(L, 1);
	}
	list[*n] = NULL;
	return list;
}

/* Whether two words "NAME=value" have one name. */
static bool
same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n) == 0 && b[n] == '=';
}

/* The environment with the words of the table at idx in it, in a userdata. */
static char **
environment(lua_State *L, int idx)
{
	size_t ours = 0, n;
	const char **words = strings(L, idx, &n);
	const char **list;
	size_t count = 0;

	while (environ[ours] != NULL)
		ours++;
	list = lua_newuserdatauv(L, (ours + n + 1) * sizeof(*list), 0);
	for (size_t i = 0; i < ours; i++) {
		bool replaced = false;

		for (size_t k = 0; k < n; k++)
			replaced = replaced || same_name(words[k], environ[i]);
		if (!replaced)
			list[count++] = environ[i];
	}
	memcpy(list + count, words, (n + 1) * sizeof(*list));
	return (char **)(uintptr_t)list;
}

/* A secret as a file that is on no disk. */
static int
secret_file(struct str s)
{
	int fd = memfd_create("postel", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fchmod(fd, 0600) == 0 && write(fd, s.p, s.n) == (ssize_t)s.n &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	errno = ENOSPC;
	return -1;
}

/* Our end of the pipe is watched; the other one is for the process. */
static int
open_pipe(struct watch *w)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	w->fd = fds[0];
	w->ready = pipe_ready;
	return fds[1];
}

/* Opens what the value at the top stands for, "pipe", a file or a secret;
 * without one, descriptor 0 is empty and the others stay. */
static int
open_value(lua_State *L, int number, struct watch *w)
{
	struct str s = bind_test_secret(L, -1);

	if (lua_type(L, -1) == LUA_TSTRING &&
	    strcmp(lua_tostring(L, -1), "pipe") == 0)
		return open_pipe(w);
	if (lua_isnil(L, -1))
		return number == 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC)
				   : -1;
	if (s.p != NULL)
		return secret_file(s);
	return fcntl(fileno(bind_check_file(L, lua_gettop(L))), F_DUPFD_CLOEXEC,
	    PROCESS_FDS);
}

static void
open_values(lua_State *L, int idx, struct bind_process *u)
{
	struct err e = {0};

	luaL_checktype(L, idx, LUA_TTABLE);
	for (int i = 0; i < PROCESS_FDS; i++) {
		bool given = lua_rawgeti(L, idx, i) != LUA_TNIL;
		int fd = open_value(L, i, &u->pipes[i]);

		u->fds[i] = fd + 1;
		if (given && fd < 0) {
			(void)err_sys(&e, text_of("descriptor %d"), i);
			bind_raise(L, &e, 0);
		}
		lua_pop(L, 1);
	}
}

static int
start(lua_State *L, struct bind_process *u, const char *const *argv, char **env,
    struct err *e)
{
	int fds[PROCESS_FDS];
	struct child c = {.argv = argv,
	    .env = env,
	    .fds = fds,
	    .nfds = PROCESS_FDS,
	    .session = true};

	for (int i = 0; i < PROCESS_FDS; i++)
		fds[i] = u->fds[i] - 1;
	fflush(NULL);
	if (child_spawn(&c, &u->pid, e) != 0)
		return -1;
	u->end.fd = pidfd_open(u->pid, 0);
	if (u->end.fd < 0) {
		(void)err_sys(e, "pidfd_open");
		return -1;
	}
	u->end.events = POLLIN;
	u->end.ready = process_ready;
	loop_watch(script_of(L)->loop, &u->end);
	for (int i = 0; i < PROCESS_FDS; i++)
		if (u->pipes[i].fd > 0)
			loop_watch(script_of(L)->loop, &u->pipes[i]);
	return 0;
}

/*
 * process(argv, files, env): starts a program, which leads a session and ends
 * with us.  files[i], an open file or a secret, becomes its descriptor i, from
 * 0 to 7; if it is "pipe" take() gives what comes from there.  Without one its
 * standard input is empty, and its output goes where ours goes.  env, words
 * NAME=value, is put into its environment.  A process that nobody holds any
 * more is ended.
 */
int
bind_process(lua_State *L)
{
	struct bind_process *u;
	const char **argv;
	struct err e = {0};
	char **env;
	size_t n;

	lua_settop(L, 3);
	argv = strings(L, 1, &n);
	luaL_argcheck(L, n > 0, 1, text_of("no program"));
	env = environment(L, 3);
	u = bind_new(L, &process_type, sizeof(*u));
	open_values(L, 2, u);
	if (start(L, u, argv, env, &e) != 0)
		return bind_raise(L, &e, 0);
	close_files(u);
	return 1;
}

/* executable(): a path by which this program itself can be started. */
int
bind_executable(lua_State *L)
{
	static const char self[] = "/proc/self/exe";
	char path[4096];
	ssize_t n = readlink(self, path, sizeof(path));

	/* One that was replaced has gone from its path. */
	if (n > 0 && n < (ssize_t)sizeof(path)) {
		lua_pushlstring(L, path, (size_t)n);
		if (access(lua_tostring(L, -1), X_OK) == 0)
			return 1;
	}
	lua_pushstring(L, self);
	return 1;
}
