/* eval: what a person types in Lua: a line behind "=", or more of them. */
#include "lua/bind.h"

#include <string.h>

/* Evaluates the text at 1; postel.show calls it and prints what it gives. */
static int
eval(lua_State *L)
{
	const char *text = lua_tostring(L, 1);

	lua_pushfstring(L, "return %s", text);
	if (luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), "=lua",
		"t") != LUA_OK &&
	    luaL_loadbufferx(L, text, strlen(text), "=lua", "t") != LUA_OK)
		return lua_error(L);
	bind_require(L, "postel.show");
	lua_insert(L, -2);
	lua_call(L, 1, 0);
	bind_call_task(L, "finish");
	return 0;
}

bool
script_is_expression(lua_State *L, const char *text)
{
	bool is;

	lua_pushfstring(L, "return %s", text);
	is = luaL_loadstring(L, lua_tostring(L, -1)) == LUA_OK;
	lua_pop(L, 2);
	return is;
}

int
script_eval(lua_State *L, struct conn *conn, const char *text)
{
	int status = STATUS_OK;

	bind_set_conn(L, conn);
	lua_pushcfunction(L, eval);
	lua_pushstring(L, text);
	if (bind_call(L, 1) != LUA_OK)
		status = bind_failed(L, NULL);
	else
		lua_pop(L, 1);
	bind_set_conn(L, NULL);
	return status;
}

/* As lua.c has it: the parser stopped at the end of the text. */
bool
script_unfinished(lua_State *L, const char *text)
{
	struct str message;
	int top = lua_gettop(L);
	bool more = false;

	lua_pushfstring(L, "return %s", text);
	if (luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), "=lua",
		"t") != LUA_OK &&
	    luaL_loadbufferx(L, text, strlen(text), "=lua", "t") ==
		LUA_ERRSYNTAX) {
		message = str_z(lua_tostring(L, -1));
		more = str_ends(message, S("<eof>"));
	}
	lua_settop(L, top);
	return more;
}
