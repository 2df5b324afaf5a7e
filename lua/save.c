/*
 * save: files that are whole or not there, and others that must be on disk.
 *
 * A saver writes to a temporary file in the folder of the final name, and
 * gives it that name only when all is on disk.
 */
#include "lua/bind.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct bind_saver {
	char *path, *temp;
	int fd;
	bool there; /* temp is a file of ours */
};

static int saver_gc(lua_State *);
static int saver_take_method(lua_State *);
static int saver_sync_method(lua_State *);
static int saver_leave_method(lua_State *);
static int saver_commit_method(lua_State *);

static const struct bind_type saver_type = {
    .name = "postel.saver",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", saver_gc},
	    {"__close", saver_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"take", saver_take_method},
	    {"sync", saver_sync_method},
	    {"leave", saver_leave_method},
	    {"close", saver_gc},
	    {"commit", saver_commit_method},
	    {NULL, NULL},
	},
};

/* What was not committed leaves nothing behind. */
static int
saver_gc(lua_State *L)
{
	struct bind_saver *u = bind_check(L, 1, &saver_type);

	if (u->there) {
		if (u->fd >= 0)
			close(u->fd);
		unlink(u->temp);
	}
	free(u->path);
	free(u->temp);
	*u = (struct bind_saver){0};
	return 0;
}

static struct bind_saver *
check_saver(lua_State *L)
{
	struct bind_saver *u = bind_check(L, 1, &saver_type);

	if (!u->there)
		luaL_argerror(L, 1, "saver is over");
	return u;
}

/* saver(path, temp): creates the temporary file, named after temp or path. */
static int
new_saver(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	const char *temp =
	    lua_pushfstring(L, "%s.XXXXXX", luaL_optstring(L, 2, path));
	struct bind_saver *u = bind_new(L, &saver_type, sizeof(*u));
	struct err e = {0};

	u->path = mem_strdup(path);
	u->temp = mem_strdup(temp);
	u->fd = mkostemp(u->temp, O_CLOEXEC);
	if (u->fd < 0) {
		err_sys(&e, "%s", path);
		return bind_raise(L, &e, 0);
	}
	u->there = true;
	return 1;
}

static int
write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			s = str_skip(s, (size_t)n);
	}
	return 0;
}

/* take(body): writes what is there; true at the body's end, false when more
 * will come. */
static int
saver_take_method(lua_State *L)
{
	struct bind_saver *u = check_saver(L);
	struct body *b = bind_test_body(L, 2);
	struct str s;
	struct err e = {0};
	enum pull p;

	if (b == NULL)
		return luaL_typeerror(L, 2, "body");
	while ((p = body_pull(b, &s, &e)) == PULL_SLICE) {
		if (write_all(u->fd, s) != 0) {
			err_sys(&e, "%s", u->path);
			return bind_raise(L, &e, 0);
		}
		body_took(b, s.n);
	}
	if (p == PULL_FAIL)
		return bind_raise(L, &e, 0);
	lua_pushboolean(L, p == PULL_END);
	return 1;
}

/* link(2) gives the name only if it is free; rename(2) takes it anyway. */
static int
give_name(const struct bind_saver *u, bool overwrite)
{
	if (overwrite)
		return rename(u->temp, u->path);
	if (link(u->temp, u->path) != 0)
		return -1;
	return unlink(u->temp);
}

/* sync(): all that was written is on disk, under the temporary name, which is
 * returned; nil if that is no more. */
static int
saver_sync_method(lua_State *L)
{
	struct bind_saver *u = bind_check(L, 1, &saver_type);
	struct err e = {0};

	if (!u->there)
		return 0;
	if (u->fd >= 0 && fsync(u->fd) != 0) {
		err_sys(&e, "%s", u->path);
		return bind_raise(L, &e, 0);
	}
	lua_pushstring(L, u->temp);
	return 1;
}

/* leave(): closes the file, which stays under its temporary name; the caller
 * puts it on disk, by syncfs(2). */
static int
saver_leave_method(lua_State *L)
{
	struct bind_saver *u = check_saver(L);
	struct err e = {0};
	int rc = u->fd >= 0 ? close(u->fd) : 0;

	u->fd = -1;
	if (rc == 0)
		return 0;
	err_sys(&e, "%s", u->path);
	return bind_raise(L, &e, 0);
}

/* commit(overwrite, synced): the file is on disk under its final name.  Where
 * it was synced, the folder is the caller's to sync. */
static int
saver_commit_method(lua_State *L)
{
	struct bind_saver *u = check_saver(L);
	bool overwrite = lua_toboolean(L, 2), synced = lua_toboolean(L, 3);
	struct err e = {0};

	if ((!synced && fsync(u->fd) != 0) || give_name(u, overwrite) != 0) {
		err_sys(&e, "%s", u->path);
		return bind_raise(L, &e, 0);
	}
	u->there = false;
	if ((u->fd >= 0 && close(u->fd) != 0) ||
	    (!synced && bind_sync_folder(u->path) != 0)) {
		err_sys(&e, "%s", u->path);
		return bind_raise(L, &e, 0);
	}
	return 0;
}

/* ---- other files ---- */

int
bind_raise_write(lua_State *L, FILE *f)
{
	struct err e = {0};

	err_sys(&e, "cannot write");
	/* What is lost is told once, and not again when f is closed. */
	__fpurge(f);
	clearerr(f);
	return bind_raise(L, &e, 0);
}

/* sync(file): all that was written is on disk, if it is a regular file. */
static int
file_sync(lua_State *L)
{
	FILE *f = bind_check_file(L, 1);
	struct stat st;

	if (fflush(f) != 0 || fstat(fileno(f), &st) != 0 ||
	    (S_ISREG(st.st_mode) && fsync(fileno(f)) != 0))
		return bind_raise_write(L, f);
	return 0;
}

/* flush(file): all that was written has left. */
static int
file_flush(lua_State *L)
{
	FILE *f = bind_check_file(L, 1);

	return fflush(f) == 0 ? 0 : bind_raise_write(L, f);
}

/* large_buffer(file): of 256 KiB, for standard output, before it is used. */
static int
file_large_buffer(lua_State *L)
{
	static char buffer[256 << 10];

	(void)setvbuf(bind_check_file(L, 1), buffer, _IOFBF, sizeof(buffer));
	return 0;
}

static int
file_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty(fileno(bind_check_file(L, 1))));
	return 1;
}

/* columns(file): of the terminal that it is, or nil. */
static int
file_columns(lua_State *L)
{
	struct winsize w;

	if (ioctl(fileno(bind_check_file(L, 1)), TIOCGWINSZ, &w) != 0)
		return 0;
	lua_pushinteger(L, w.ws_col >= 20 ? w.ws_col : 80);
	return 1;
}

/* lock(file): for this open file alone, against all who lock by fcntl(2). */
static int
file_lock(lua_State *L)
{
	FILE *f = bind_check_file(L, 1);
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct err e = {0};

	if (fcntl(fileno(f), F_OFD_SETLK, &whole) == 0)
		return 0;
	(void)err_set(&e, ERR_SYS, "another program has locked the file");
	return bind_raise(L, &e, 0);
}

/* truncate(file, size): what was written beyond is taken back. */
static int
file_truncate(lua_State *L)
{
	FILE *f = bind_check_file(L, 1);
	lua_Integer size = luaL_checkinteger(L, 2);

	__fpurge(f);
	clearerr(f);
	if (ftruncate(fileno(f), (off_t)size) != 0)
		return bind_raise_write(L, f);
	return 0;
}

const luaL_Reg bind_file_functions[] = {
    {"saver", new_saver},
    {"sync", file_sync},
    {"flush", file_flush},
    {"large_buffer", file_large_buffer},
    {"isatty", file_isatty},
    {"columns", file_columns},
    {"lock", file_lock},
    {"truncate", file_truncate},
    {NULL, NULL},
};
