/*
 * host: the shell as Lua sees it, and what init.lua has told it.
 *
 * Functions that init.lua hands over are kept in the registry: hooks in a list
 * for each, commands by their names.
 */
#include "lua/bind.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define HOOKS_KEY "postel.hooks"
#define COMMANDS_KEY "postel.commands"
#define ACCOUNTS "postel.account"

void
script_set_host(lua_State *L, const struct script_host *host)
{
	script_of(L)->host = host;
}

/* What a function of postel.core gives back: nothing, or why not. */
static int
answer(lua_State *L, int rc, const struct err *e)
{
	if (rc == 0)
		return 0;
	lua_pushstring(L, e->msg);
	return 1;
}

static const struct script_host *
check_host(lua_State *L)
{
	const struct script_host *host = script_of(L)->host;

	if (host == NULL)
		luaL_error(L, "%s", text_of("there is no shell here"));
	return host;
}

/* shell_set(name, value) */
static int
shell_set(lua_State *L)
{
	const struct script_host *host = check_host(L);
	struct err e = {0};

	return answer(L,
	    host->set(
		host->arg, luaL_checkstring(L, 1), luaL_checkstring(L, 2), &e),
	    &e);
}

/* shell_alias(name, line) */
static int
shell_alias(lua_State *L)
{
	const struct script_host *host = check_host(L);
	struct err e = {0};

	return answer(L,
	    host->alias(
		host->arg, luaL_checkstring(L, 1), luaL_checkstring(L, 2), &e),
	    &e);
}

/* shell_command(name, fn, help) */
static int
shell_command(lua_State *L)
{
	const struct script_host *host = check_host(L);
	const char *name = luaL_checkstring(L, 1);
	struct err e = {0};
	int rc;

	rc = host->command(host->arg, name, luaL_optstring(L, 3, NULL), &e);
	if (rc == 0) {
		luaL_getsubtable(L, LUA_REGISTRYINDEX, COMMANDS_KEY);
		lua_pushvalue(L, 2);
		lua_setfield(L, -2, name);
	}
	return answer(L, rc, &e);
}

/* meaning(protocol, line): the text of a capability or of a mechanism, its RFC,
 * and what its parameters say ("" if nothing); nil: not known. */
static int
meaning(lua_State *L)
{
	const struct script_host *host = check_host(L);
	const char *protocol = luaL_checkstring(L, 1), *text, *rfc;
	struct str line = bind_str(L, 2);
	struct bind_scratch *s = bind_new_scratch(L);

	if (!host->meaning(host->arg, protocol, line, &text, &rfc, &s->buf)) {
		bind_scratch_done(s);
		return 0;
	}
	lua_pushstring(L, text);
	lua_pushstring(L, rfc);
	bind_push_str(L, str_trim(buf_str(&s->buf)));
	bind_scratch_done(s);
	return 3;
}

/* ---- hooks ---- */

static const char *const hook_names[HOOKS] = {
    [HOOK_OPEN] = "open",
    [HOOK_LOGIN] = "login",
    [HOOK_REPLY] = "reply",
    [HOOK_CLOSE] = "close",
};

/* shell_on(event, fn) */
static int
shell_on(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	int hook = 0;

	while (hook < HOOKS && strcmp(hook_names[hook], name) != 0)
		hook++;
	if (hook == HOOKS) {
		lua_pushstring(
		    L, text_of("open, login, reply or close expected"));
		return 1;
	}
	luaL_getsubtable(L, LUA_REGISTRYINDEX, HOOKS_KEY);
	luaL_getsubtable(L, -1, name);
	lua_pushvalue(L, 2);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	return 0;
}

/* Pushes the functions of a hook; false, and nothing, if there are none. */
static bool
push_hook(lua_State *L, enum script_hook hook)
{
	int top = lua_gettop(L);

	if (lua_getfield(L, LUA_REGISTRYINDEX, HOOKS_KEY) == LUA_TTABLE &&
	    lua_getfield(L, -1, hook_names[hook]) == LUA_TTABLE) {
		lua_remove(L, -2);
		return true;
	}
	lua_settop(L, top);
	return false;
}

bool
script_hooked(lua_State *L, enum script_hook hook)
{
	int top = lua_gettop(L);
	bool hooked = push_hook(L, hook);

	lua_settop(L, top);
	return hooked;
}

void
script_hook(
    lua_State *L, enum script_hook hook, struct conn *c, struct cmd *cmd)
{
	int top = lua_gettop(L);
	char what[64];
	lua_Integer n;

	if (!push_hook(L, hook))
		return;
	(void)snprintf(what, sizeof(what), text_of("in a hook of \"%s\""),
	    hook_names[hook]);
	n = (lua_Integer)lua_rawlen(L, -1); /* it may add some */
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, top + 1, i);
		script_push_conn(L, c);
		if (cmd != NULL)
			bind_push_cmd(L, c, cmd);
		if (bind_call(L, cmd != NULL ? 2 : 1) != LUA_OK)
			(void)bind_failed(L, what);
		else
			lua_pop(L, 1);
	}
	lua_settop(L, top);
}

/* ---- commands ---- */

int
script_command(
    lua_State *L, struct conn *conn, const char *name, char *const *argv)
{
	int status;

	bind_set_conn(L, conn);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, COMMANDS_KEY);
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
	lua_newtable(L);
	for (int i = 0; argv[i] != NULL; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_getglobal(L, "conn");
	status = bind_run(L, 2);
	bind_set_conn(L, NULL);
	return status;
}

/* ---- accounts ---- */

/* Pushes a field of the module of accounts, if that was ever loaded. */
static bool
push_accounts(lua_State *L, const char *field)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	if (lua_getfield(L, -1, ACCOUNTS) != LUA_TTABLE)
		return false;
	lua_getfield(L, -1, field);
	return true;
}

void
script_accounts(
    lua_State *L, void (*fn)(const char *name, void *arg), void *arg)
{
	int top = lua_gettop(L);

	if (push_accounts(L, "names"))
		for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING;
		     i++) {
			fn(lua_tostring(L, -1), arg);
			lua_pop(L, 1);
		}
	lua_settop(L, top);
}

/* Pushes the account of that name; false if there is none. */
static bool
push_account(lua_State *L, const char *name)
{
	if (!push_accounts(L, "find"))
		return false;
	lua_pushstring(L, name);
	return lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1);
}

bool
script_account(lua_State *L, const char *name)
{
	int top = lua_gettop(L);
	bool there = push_account(L, name);

	lua_settop(L, top);
	return there;
}

void
script_account_put(lua_State *L, const char *name, struct buf *out)
{
	int top = lua_gettop(L);

	if (push_accounts(L, "describe")) {
		lua_pushstring(L, name);
		if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_isstring(L, -1))
			(void)buf_addz(out, lua_tostring(L, -1));
	}
	lua_settop(L, top);
}

/* ---- :login ---- */

/* The conn at 1, a user or nil, and whether the password may be seen. */
static int
call_login(lua_State *L)
{
	bind_require(L, "postel.login");
	lua_getfield(L, -1, "shell");
	lua_insert(L, 1);
	lua_settop(L, 4);
	lua_call(L, 3, 1);
	return 1;
}

/* What the table at the top says: {how, text}. */
static enum script_login
login_result(lua_State *L, struct buf *told)
{
	enum script_login how = LOGIN_DONE;
	const char *word;

	lua_rawgeti(L, -1, 1);
	word = lua_tostring(L, -1);
	if (strcmp(word, "user") == 0)
		how = LOGIN_NO_USER;
	else if (strcmp(word, "clear") == 0)
		how = LOGIN_IN_CLEAR;
	lua_rawgeti(L, -2, 2);
	if (lua_isstring(L, -1))
		(void)buf_addz(told, lua_tostring(L, -1));
	lua_pop(L, 2);
	return how;
}

enum script_login
script_login(lua_State *L, struct conn *c, const char *user, bool in_clear,
    struct buf *told, int *status, struct err *e)
{
	enum script_login how;

	*status = STATUS_OK;
	lua_pushcfunction(L, call_login);
	script_push_conn(L, c);
	lua_pushstring(L, user);
	lua_pushboolean(L, in_clear);
	if (bind_call(L, 3) != LUA_OK) {
		*status = bind_to_err(L, e);
		return LOGIN_FAILED;
	}
	how = login_result(L, told);
	lua_pop(L, 1);
	return how;
}

static int
call_prepare(lua_State *L)
{
	bind_require(L, "postel.connect");
	lua_getfield(L, -1, "by_hand");
	lua_pushvalue(L, 1);
	lua_call(L, 1, 0);
	return 0;
}

int
script_prepare(lua_State *L, struct conn *c, int *status, struct err *e)
{
	lua_pushcfunction(L, call_prepare);
	script_push_conn(L, c);
	if (bind_call(L, 1) == LUA_OK)
		return 0;
	*status = bind_to_err(L, e);
	return -1;
}

/* ---- :auth ---- */

/* The conn at 1, a user, and "password" or "token". */
static int
call_given(lua_State *L)
{
	bind_require(L, "postel.login");
	lua_getfield(L, -1, "given");
	lua_insert(L, 1);
	lua_settop(L, 4);
	lua_call(L, 3, 1);
	return 1;
}

char *
script_given_secret(
    lua_State *L, struct conn *c, struct str user, bool token, struct err *e)
{
	char *z = NULL;
	struct str s;

	lua_pushcfunction(L, call_given);
	script_push_conn(L, c);
	bind_push_str(L, user);
	lua_pushstring(L, token ? "token" : "password");
	if (bind_call(L, 3) != LUA_OK) {
		(void)bind_to_err(L, e);
		return NULL;
	}
	s = bind_test_secret(L, -1);
	if (s.p != NULL)
		z = str_copy(mem_zalloc(s.n + 1), s.n + 1, s);
	lua_pop(L, 1);
	return z;
}

const luaL_Reg bind_host_functions[] = {
    {"shell_set", shell_set},
    {"shell_alias", shell_alias},
    {"shell_command", shell_command},
    {"shell_on", shell_on},
    {"meaning", meaning},
    {NULL, NULL},
};
