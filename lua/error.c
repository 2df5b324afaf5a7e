/*
 * error: errors as Lua sees them, tables {kind, message, reply, conn, and what
 * else struct err has: errno, reason, hint, fingerprint}.
 *
 * The kinds are those of struct err, and "refused" (a server said no), "part"
 * (done in part), "usage" (wrong arguments of a script) and "exit" (a script
 * ends by its own will).
 */
#include "lua/bind.h"

#include <string.h>

#define ERROR_TYPE "postel.error"

static int
error_tostring(lua_State *L)
{
	lua_getfield(L, 1, "message");
	if (lua_type(L, -1) != LUA_TSTRING)
		lua_pushliteral(L, "unknown error");
	return 1;
}

static void
set_metatable(lua_State *L)
{
	if (luaL_newmetatable(L, ERROR_TYPE)) {
		lua_pushcfunction(L, error_tostring);
		lua_setfield(L, -2, "__tostring");
	}
	lua_setmetatable(L, -2);
}

void
bind_error_push(lua_State *L, const char *kind, const char *message)
{
	lua_createtable(L, 0, 4);
	lua_pushstring(L, kind);
	lua_setfield(L, -2, "kind");
	lua_pushstring(L, message);
	lua_setfield(L, -2, "message");
	set_metatable(L);
}

int
bind_error_new(lua_State *L)
{
	bind_error_push(L, luaL_checkstring(L, 1), luaL_checkstring(L, 2));
	return 1;
}

/* What failed on a connection says on which, unless it was wrong use. */
static void
push_message(lua_State *L, const struct err *e, int conn)
{
	const char *name = NULL;

	if (conn != 0 && e->kind != ERR_CANCEL && e->kind != ERR_USE) {
		lua_getfield(L, conn, "name");
		name = lua_tostring(L, -1);
	}
	if (name != NULL && strstr(e->msg, name) == NULL)
		lua_pushfstring(L, "%s: %s", name, e->msg);
	else
		lua_pushstring(L, e->msg);
}

static void
set_words(lua_State *L, const char *key, const char *words)
{
	if (*words == '\0')
		return;
	lua_pushstring(L, words);
	lua_setfield(L, -2, key);
}

int
bind_raise(lua_State *L, const struct err *e, int conn)
{
	conn = conn != 0 ? lua_absindex(L, conn) : 0;
	push_message(L, e, conn);
	bind_error_push(L, err_kind_name(e->kind), lua_tostring(L, -1));
	if (e->sys != 0) {
		lua_pushinteger(L, e->sys);
		lua_setfield(L, -2, "errno");
	}
	set_words(L, "reason", e->reason);
	set_words(L, "hint", e->hint);
	set_words(L, "fingerprint", e->fingerprint);
	if (conn != 0) {
		lua_pushvalue(L, conn);
		lua_setfield(L, -2, "conn");
	}
	return lua_error(L);
}

/* Whether the value at idx is one of our tables; its kind then. */
static const char *
error_kind(lua_State *L, int idx)
{
	const char *kind = NULL;

	idx = lua_absindex(L, idx);
	if (lua_type(L, idx) != LUA_TTABLE)
		return NULL;
	if (luaL_getmetafield(L, idx, "__tostring") == LUA_TNIL)
		return NULL;
	if (lua_tocfunction(L, -1) == error_tostring) {
		lua_getfield(L, idx, "kind");
		kind = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return kind;
}

/* The text of a field of the error at idx, which is a table, into out. */
static void
get_words(lua_State *L, int idx, const char *key, char *out, size_t size)
{
	lua_getfield(L, idx, key);
	if (lua_type(L, -1) == LUA_TSTRING)
		str_copy(out, size, str_z(lua_tostring(L, -1)));
	lua_pop(L, 1);
}

void
bind_error_words(lua_State *L, int idx, struct err *e)
{
	if (error_kind(L, idx) == NULL)
		return;
	get_words(L, idx, "reason", e->reason, sizeof(e->reason));
	get_words(L, idx, "hint", e->hint, sizeof(e->hint));
	get_words(
	    L, idx, "fingerprint", e->fingerprint, sizeof(e->fingerprint));
}

enum err_kind
bind_error_kind(lua_State *L, int idx)
{
	const char *kind = error_kind(L, idx);

	for (int k = ERR_NONE + 1; kind != NULL && k <= ERR_USE; k++)
		if (strcmp(kind, err_kind_name((enum err_kind)k)) == 0)
			return (enum err_kind)k;
	return ERR_USE;
}

/* A refusal has the status of its reply; a refused login too. */
static int
refusal_status(lua_State *L, int idx, int otherwise)
{
	struct cmd *cmd;

	lua_getfield(L, idx, "reply");
	cmd = bind_test_cmd(L, -1);
	lua_pop(L, 1);
	return cmd != NULL && cmd->state == CMD_DONE ? status_of_reply(cmd)
						     : otherwise;
}

int
bind_error_status(lua_State *L, int idx)
{
	const char *kind = error_kind(L, idx);
	struct err e = {0};

	if (kind == NULL)
		return STATUS_SCRIPT;
	lua_getfield(L, idx, "status");
	int status = (int)lua_tointeger(L, -1);
	bool given = lua_isinteger(L, -1);
	lua_pop(L, 1);
	if (given)
		return status & 255;
	if (strcmp(kind, "refused") == 0)
		return refusal_status(L, idx, STATUS_REFUSED);
	if (strcmp(kind, "part") == 0)
		return STATUS_PART;
	if (strcmp(kind, "usage") == 0)
		return STATUS_USAGE;
	e.kind = bind_error_kind(L, idx);
	if (e.kind == ERR_AUTH) {
		status = refusal_status(L, idx, STATUS_AUTH);
		return status == STATUS_TEMPFAIL ? status : STATUS_AUTH;
	}
	return status_of_err(&e);
}
