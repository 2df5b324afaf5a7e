/* folder: names of files, and what is under them. */
#include "lua/bind.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
raise_errno(lua_State *L, const char *path)
{
	struct err e = {0};

	(void)err_sys(&e, "%s", path);
	return bind_raise(L, &e, 0);
}

/* Makes a folder and those above it, for the user alone. */
static int
folder_mkdirs(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	for (const char *p = path; *p != '\0'; p++) {
		if (p[1] != '/' && p[1] != '\0')
			continue;
		lua_pushlstring(L, path, (size_t)(p - path) + 1);
		if (mkdir(lua_tostring(L, -1), 0700) != 0 && errno != EEXIST)
			return raise_errno(L, path);
		lua_pop(L, 1);
	}
	return 0;
}

int
bind_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_strdup(slash == NULL ? "." : path);
	int fd, rc;

	if (slash != NULL)
		folder[slash == path ? 1 : slash - path] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	if (rc != 0 && errno == EINVAL)
		rc = 0; /* a file system that knows no such thing */
	close(fd);
	return rc;
}

/* create(path): a file for the user alone, if there is none. */
static int
folder_create(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return raise_errno(L, path);
	close(fd);
	return 0;
}

/* syncfs(path): all of its file system is on disk. */
static int
folder_syncfs(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd >= 0 ? syncfs(fd) : -1;

	if (rc != 0)
		raise_errno(L, path); /* before close(2) changes errno */
	close(fd);
	return 0;
}

/* sync_folder(path): the folder that holds path is on disk. */
static int
folder_sync(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	return bind_sync_folder(path) == 0 ? 0 : raise_errno(L, path);
}

/* stat(path): {kind = "file", "folder", "link" or "other", size =, time =}, of
 * a link itself; nil if there is nothing. */
static int
folder_stat(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : raise_errno(L, path);
	lua_createtable(L, 0, 3);
	lua_pushstring(L, S_ISREG(st.st_mode)	? "file"
			  : S_ISDIR(st.st_mode) ? "folder"
			  : S_ISLNK(st.st_mode) ? "link"
						: "other");
	lua_setfield(L, -2, "kind");
	lua_pushinteger(L, st.st_size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, st.st_mtime);
	lua_setfield(L, -2, "time");
	return 1;
}

/* ---- what is in a folder ---- */

struct bind_dir {
	DIR *d;
};

static int
dir_gc(lua_State *L)
{
	struct bind_dir *u = lua_touserdata(L, 1);

	if (u->d != NULL)
		closedir(u->d);
	u->d = NULL;
	return 0;
}

struct bind_dir *
bind_opendir(lua_State *L, int at, const char *path)
{
	struct bind_dir *u = lua_newuserdatauv(L, sizeof(*u), 0);
	int fd;

	u->d = NULL;
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, dir_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	u->d = fd >= 0 ? fdopendir(fd) : NULL;
	if (u->d == NULL)
		raise_errno(L, path);
	return u;
}

const char *
bind_readdir(lua_State *L, struct bind_dir *u)
{
	const struct dirent *de;

	while (u->d != NULL) {
		errno = 0;
		de = readdir(u->d);
		if (de == NULL && errno != 0)
			raise_errno(L, "folder");
		if (de == NULL) {
			closedir(u->d);
			u->d = NULL;
		} else if (strcmp(de->d_name, ".") != 0 &&
			   strcmp(de->d_name, "..") != 0) {
			return de->d_name;
		}
	}
	return NULL;
}

/* list(path): an array of the names in a folder, but "." and "..", in no
 * order. */
static int
folder_list(lua_State *L)
{
	struct bind_dir *u = bind_opendir(L, AT_FDCWD, luaL_checkstring(L, 1));
	const char *name;
	lua_Integer n = 0;

	lua_newtable(L);
	while ((name = bind_readdir(L, u)) != NULL) {
		lua_pushstring(L, name);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static int
next_name(lua_State *L)
{
	lua_pushstring(
	    L, bind_readdir(L, lua_touserdata(L, lua_upvalueindex(1))));
	return 1;
}

/* names(path): iterates over what list gives. */
static int
folder_names(lua_State *L)
{
	(void)bind_opendir(L, AT_FDCWD, luaL_checkstring(L, 1));
	lua_pushcclosure(L, next_name, 1);
	return 1;
}

/* absolute(path): the one name of what is there, without links. */
static int
folder_absolute(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	char whole[PATH_MAX];

	if (realpath(path, whole) == NULL)
		return raise_errno(L, path);
	lua_pushstring(L, whole);
	return 1;
}

/* rename(from, to): within one file system; what was there goes.  False if
 * there is no such file. */
static int
folder_rename(lua_State *L)
{
	const char *from = luaL_checkstring(L, 1);
	int rc = rename(from, luaL_checkstring(L, 2));

	if (rc != 0 && errno != ENOENT)
		return raise_errno(L, from);
	lua_pushboolean(L, rc == 0);
	return 1;
}

/* remove(path): false if there is no such file. */
static int
folder_remove(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int rc = unlink(path);

	if (rc != 0 && errno != ENOENT)
		return raise_errno(L, path);
	lua_pushboolean(L, rc == 0);
	return 1;
}

const luaL_Reg bind_folder_functions[] = {
    {"mkdirs", folder_mkdirs},
    {"create", folder_create},
    {"syncfs", folder_syncfs},
    {"sync_folder", folder_sync},
    {"stat", folder_stat},
    {"list", folder_list},
    {"names", folder_names},
    {"absolute", folder_absolute},
    {"rename", folder_rename},
    {"remove", folder_remove},
    {NULL, NULL},
};
