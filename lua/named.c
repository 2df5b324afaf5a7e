/* named: scripts by name, the user's and those that are built in. */
#include "lua/bind.h"
#include "base/text.h"
#include "lua/embedded.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* $XDG_CONFIG_HOME/postel/REST into path; false if there is no home. */
static bool
config_path(char *path, size_t size, const char *rest)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int n;

	if (xdg != NULL && xdg[0] == '/')
		n = snprintf(path, size, "%s/postel/%s", xdg, rest);
	else if (home != NULL && home[0] == '/')
		n = snprintf(path, size, "%s/.config/postel/%s", home, rest);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

static bool
user_script(char *path, size_t size, const char *name)
{
	char rest[256];
	int n = snprintf(rest, sizeof(rest), "scripts/%s.lua", name);

	return n > 0 && (size_t)n < sizeof(rest) &&
	       config_path(path, size, rest) && access(path, R_OK) == 0;
}

/* A name is one word: no path leads out of the folders of scripts. */
static bool
is_script_name(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (!ascii_alpha(*p) && !ascii_digit(*p) && *p != '-' &&
		    *p != '_')
			return false;
	return *name != '\0';
}

static const struct embedded *
embedded_script(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "scripts/%s.lua", name);
	return bind_embedded(path);
}

bool
script_is_path(const char *script)
{
	return strchr(script, '/') != NULL ||
	       str_ends(str_z(script), S(".lua"));
}

bool
script_exists(const char *name)
{
	char path[4096];

	return is_script_name(name) && (user_script(path, sizeof(path), name) ||
					   embedded_script(name) != NULL);
}

int
script_named(lua_State *L, const char *name, char *const *argv)
{
	char path[4096];
	const struct embedded *f;

	if (is_script_name(name) && user_script(path, sizeof(path), name))
		return script_file(L, path, argv);
	f = embedded_script(name);
	if (f == NULL) {
		fprintf(stderr, text_of("postel: no script %s\n"), name);
		return STATUS_USAGE;
	}
	if (luaL_loadbufferx(L, f->data, f->size, f->name, NULL) != LUA_OK)
		return bind_failed(L, NULL);
	return bind_run_as(L, name, argv);
}

/* Calls fn for the name in "scripts/NAME.lua"; cut to what a name may be. */
static void
tell_name(const char *file, void (*fn)(const char *, void *), void *arg)
{
	struct str s = str_z(file);
	char name[256];

	if (!str_ends(s, S(".lua")))
		return;
	str_copy(name, sizeof(name), str_head(s, s.n - 4));
	if (is_script_name(name))
		fn(name, arg);
}

void
script_names(void (*fn)(const char *name, void *arg), void *arg)
{
	static const char folder[] = "scripts/";
	char path[4096];
	DIR *d = NULL;
	struct dirent *entry;

	for (const struct embedded *f = embedded_files; f->name != NULL; f++)
		if (strncmp(f->name, folder, sizeof(folder) - 1) == 0)
			tell_name(f->name + sizeof(folder) - 1, fn, arg);
	if (config_path(path, sizeof(path), "scripts"))
		d = opendir(path);
	while (d != NULL && (entry = readdir(d)) != NULL)
		tell_name(entry->d_name, fn, arg);
	if (d != NULL)
		closedir(d);
}

int
script_init_file(lua_State *L)
{
	char path[4096];

	if (!config_path(path, sizeof(path), "init.lua") ||
	    access(path, F_OK) != 0)
		return STATUS_OK;
	return script_file(L, path, NULL);
}
