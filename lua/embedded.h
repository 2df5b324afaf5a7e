/*
 * embedded: the Lua library and the scripts, built into the program.
 *
 * tools/embed writes the table from lua/postel/ and scripts/.  Each entry is
 * what luaL_loadbuffer takes, with mode "b" or "bt"; its chunk name, and so
 * the name in error messages, is the entry's name.
 */
#ifndef LUA_EMBEDDED_H
#define LUA_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* "postel/task.lua", "scripts/transfer.lua" */
	const char *data; /* static; not NUL-terminated */
	size_t size;
};

/* Sorted by name within each folder; a NULL name ends it. */
extern const struct embedded embedded_files[];

#endif
