/* members: the names that a person at "=" may mean. */
#include "lua/bind.h"

#include <string.h>

struct walk {
	struct conn *conn;
	struct str chain;
	script_member fn;
	void *arg;
};

static void
tell(lua_State *L, const struct walk *w, int key, bool function)
{
	if (lua_type(L, key) == LUA_TSTRING)
		w->fn(lua_tostring(L, key), function, w->arg);
}

/* The names in the table on the top, which is taken off. */
static void
tell_table(lua_State *L, const struct walk *w)
{
	if (lua_istable(L, -1)) {
		lua_pushnil(L);
		while (lua_next(L, -2) != 0) {
			tell(L, w, -2, lua_isfunction(L, -1));
			lua_pop(L, 1);
		}
	}
	lua_pop(L, 1);
}

/* The same of a field of the metatable of the value on the top. */
static void
tell_meta(lua_State *L, const struct walk *w, const char *field)
{
	if (luaL_getmetafield(L, -1, field) != LUA_TNIL)
		tell_table(L, w);
}

static void
tell_members(lua_State *L, const struct walk *w)
{
	if (lua_istable(L, -1)) {
		lua_pushvalue(L, -1);
		tell_table(L, w);
	}
	tell_meta(L, w, "__index"); /* a table; a function is passed over */
	tell_meta(L, w, "__names");
	tell_meta(L, w, "methods");
	bind_conn_members(L, -1, w->fn, w->arg);
}

/* Replaces the value on the top by its member.  No code of the user runs: of
 * tables what they hold, of ours what they give. */
static void
step(lua_State *L, struct str name)
{
	bool own = luaL_getmetafield(L, -1, "__names") != LUA_TNIL ||
		   luaL_getmetafield(L, -1, "methods") != LUA_TNIL;

	lua_settop(L, 2);
	lua_pushlstring(L, name.p, name.n);
	if (own)
		lua_gettable(L, 2);
	else if (lua_istable(L, 2))
		lua_rawget(L, 2);
	else
		lua_pushnil(L);
	lua_replace(L, 2);
	lua_settop(L, 2);
}

static int
walk(lua_State *L)
{
	struct walk *w = lua_touserdata(L, 1);
	struct str rest = w->chain, name;
	bool first = true;
	size_t n;

	lua_pushglobaltable(L);
	if (rest.n == 0 && w->conn != NULL)
		w->fn("conn", false, w->arg);
	while (rest.n > 0) {
		for (n = 0; n < rest.n && rest.p[n] != '.' && rest.p[n] != ':';
		     n++)
			continue;
		name = str_head(rest, n);
		rest = str_skip(rest, n < rest.n ? n + 1 : n);
		if (first && w->conn != NULL && str_eq(name, S("conn"))) {
			script_push_conn(L, w->conn);
			lua_replace(L, 2);
		} else {
			step(L, name);
		}
		first = false;
	}
	tell_members(L, w);
	return 0;
}

void
script_members(lua_State *L, struct conn *conn, struct str chain,
    script_member fn, void *arg)
{
	struct walk w = {conn, chain, fn, arg};
	int top = lua_gettop(L);

	lua_pushcfunction(L, walk);
	lua_pushlightuserdata(L, &w);
	/* What cannot be looked at has no members. */
	(void)lua_pcall(L, 1, 0, 0);
	lua_settop(L, top);
}
