/*
 * pairs: base/pairs.h for Lua: a table of integers by integers that takes a
 * third of the memory, in order, and never twice as much while it grows.
 */
#include "base/pairs.h"
#include "lua/bind.h"

static int pairs_gc(lua_State *);
static int pairs_len(lua_State *);
static int pairs_get_method(lua_State *);
static int pairs_put_method(lua_State *);
static int pairs_each_method(lua_State *);

static const struct bind_type pairs_type = {
    .name = "postel.pairs",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", pairs_gc},
	    {"__len", pairs_len},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"get", pairs_get_method},
	    {"put", pairs_put_method},
	    {"each", pairs_each_method},
	    {NULL, NULL},
	},
};

/* core.pairs(): an empty one. */
int
bind_pairs(lua_State *L)
{
	(void)bind_new(L, &pairs_type, sizeof(struct pairs));
	return 1;
}

static struct pairs *
check(lua_State *L)
{
	return bind_check(L, 1, &pairs_type);
}

static int
pairs_gc(lua_State *L)
{
	pairs_fini(check(L));
	return 0;
}

static int
pairs_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check(L)->count);
	return 1;
}

/* pairs:get(key): the value, or nil. */
static int
pairs_get_method(lua_State *L)
{
	int64_t value;

	if (pairs_get(check(L), luaL_checkinteger(L, 2), &value))
		lua_pushinteger(L, value);
	else
		lua_pushnil(L);
	return 1;
}

/* pairs:put(key, value): nil removes it. */
static int
pairs_put_method(lua_State *L)
{
	struct pairs *p = check(L);
	lua_Integer key = luaL_checkinteger(L, 2);

	if (lua_isnil(L, 3))
		(void)pairs_remove(p, key);
	else
		pairs_put(p, key, luaL_checkinteger(L, 3));
	return 0;
}

/* The pair behind the last one, which is the second upvalue. */
static int
each_next(lua_State *L)
{
	const struct pairs *p = lua_touserdata(L, lua_upvalueindex(1));
	int64_t from = lua_tointeger(L, lua_upvalueindex(2));
	struct pair at;

	if (lua_toboolean(L, lua_upvalueindex(3)) ||
	    !pairs_from(p, from, &at)) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushboolean(L, at.key == INT64_MAX);
	lua_replace(L, lua_upvalueindex(3));
	lua_pushinteger(L, at.key < INT64_MAX ? at.key + 1 : at.key);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushinteger(L, at.key);
	lua_pushinteger(L, at.value);
	return 2;
}

/* pairs:each(): iterates over keys and values, upwards; meanwhile pairs may be
 * put and removed. */
static int
pairs_each_method(lua_State *L)
{
	(void)check(L);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, LUA_MININTEGER);
	lua_pushboolean(L, false);
	lua_pushcclosure(L, each_next, 3);
	return 1;
}
