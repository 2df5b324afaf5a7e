/*
 * script: the Lua side of postel, as the shell sees it.
 *
 * One Lua state holds the library (lua/postel), what a user's init.lua adds,
 * and the scripts.  Policy stands in Lua: how to open a connection from a URL
 * (TLS, STARTTLS, capabilities, login, SELECT) is postel.connect, and the
 * shell uses it too.  Library modules load on first use, so that start-up
 * does not pay for them.
 */
#ifndef LUA_SCRIPT_H
#define LUA_SCRIPT_H

#include "proto/conn.h"

#include <lua.h>

/* What the command line says for all connections of this run. */
struct options {
	bool quiet, verbose, keep_going, dry_run, debug, norc;
	const char *trace; /* NULL: off; "-": standard error; else a file */
	const char *ca, *cert;
	bool insecure;
	enum url_starttls starttls;
	const char *auth; /* mechanism, or NULL */
	const char *password_file, *password_command;
	int64_t timeout_ms; /* 0: as limits.h says */
};

/*
 * A state with the library in place; postel.options reads opt.  opt and l
 * must outlive it.  The first call of any postel.* function loads the rest.
 */
lua_State *script_new(struct loop *l, const struct options *opt);
/* Connections that script_connect gave must be gone before: their traces
 * end here. */
void script_free(lua_State *L);

/*
 * Run to the end (tasks included) and return an exit status (status.h).  An
 * uncaught error is one line on standard error, with opt->debug a traceback
 * behind it.  argv: the script's arguments (arg[1] …), NULL-terminated.
 */
int script_chunk(lua_State *L, const char *chunk, const char *name);
int script_file(lua_State *L, const char *path, char *const *argv);
/* A script by name: $XDG_CONFIG_HOME/postel/scripts/NAME.lua, then the
 * embedded scripts/NAME.lua. */
bool script_exists(const char *name);
int script_named(lua_State *L, const char *name, char *const *argv);
/* Calls fn(name) for each script there is. */
void script_names(void (*fn)(const char *name, void *arg), void *arg);
/* $XDG_CONFIG_HOME/postel/init.lua if it is there; an exit status. */
int script_init_file(lua_State *L);

/*
 * postel.connect(url): all that the policy says.  A new reference, or NULL;
 * then err says why, *status is the exit status, and for a refusal the
 * message holds the server's words.
 */
struct conn *script_connect(
    lua_State *L, const char *url, int *status, struct err *e);

/*
 * "=…" of the shell: an expression prints its values (tables are shown as
 * Lua would write them, bytes of strangers made visible), a statement runs.
 * conn, if not NULL, is the global `conn` meanwhile.  An exit status; the
 * error has been printed.
 */
int script_eval(lua_State *L, struct conn *conn, const char *text);

/*
 * Calls fn for each name that may follow chain, "conn:" or "postel." or ""
 * for the globals; conn as in script_eval.  Looks and runs no code of the
 * user's.  Names come in no order, and some twice.
 */
typedef void (*script_member)(const char *name, bool function, void *arg);
void script_members(lua_State *L, struct conn *conn, struct str chain,
    script_member fn, void *arg);

/* Pushes the userdata for c (the same one each time), which holds a ref. */
void script_push_conn(lua_State *L, struct conn *c);

/*
 * Asks for a secret on the terminal, echo off; NULL with ERR_USE if there is
 * no terminal.  Freed by mem_free_secret.
 */
char *script_ask_secret(const char *prompt, struct err *e);

#endif
