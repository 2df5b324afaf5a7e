/* bind: userdata types, and small things that all files of the binding use. */
#include "lua/bind.h"
#include "base/limits.h"
#include "base/text.h"

#include <string.h>

void
bind_require(lua_State *L, const char *module)
{
	lua_getglobal(L, "require");
	lua_pushstring(L, module);
	lua_call(L, 1, 1);
}

static void
push_metatable(lua_State *L, const struct bind_type *type)
{
	if (!luaL_newmetatable(L, type->name))
		return;
	luaL_setfuncs(L, type->meta, 0);
	lua_newtable(L);
	luaL_setfuncs(L, type->methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "methods");
	lua_pushcclosure(L, type->index, 1);
	lua_setfield(L, -2, "__index");
	if (type->module == NULL)
		return;
	/* The Lua half of the type adds its methods. */
	bind_require(L, type->module);
	lua_pop(L, 1);
}

void *
bind_new(lua_State *L, const struct bind_type *type, size_t size)
{
	void *p;

	push_metatable(L, type);
	p = lua_newuserdatauv(L, size, type->uservalues);
	memset(p, 0, size);
	lua_insert(L, -2);
	lua_setmetatable(L, -2);
	return p;
}

void *
bind_test(lua_State *L, int idx, const struct bind_type *type)
{
	return luaL_testudata(L, idx, type->name);
}

void *
bind_check(lua_State *L, int idx, const struct bind_type *type)
{
	return luaL_checkudata(L, idx, type->name);
}

#define SCRATCH_TYPE "postel.scratch"

void
bind_scratch_done(struct bind_scratch *s)
{
	arena_fini(&s->arena);
	buf_fini(&s->buf);
}

static int
scratch_gc(lua_State *L)
{
	bind_scratch_done(luaL_checkudata(L, 1, SCRATCH_TYPE));
	return 0;
}

struct bind_scratch *
bind_new_scratch(lua_State *L)
{
	struct bind_scratch *s = lua_newuserdatauv(L, sizeof(*s), 0);

	arena_init(&s->arena, limits.reply);
	buf_init(&s->buf, limits.reply);
	if (luaL_newmetatable(L, SCRATCH_TYPE)) {
		lua_pushcfunction(L, scratch_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return s;
}

struct bind_scratch *
bind_shared_scratch(lua_State *L)
{
	static const char key;
	struct bind_scratch *s;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
		(void)bind_new_scratch(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
		lua_remove(L, -2);
	}
	s = lua_touserdata(L, -1);
	lua_pop(L, 1);
	arena_clear(&s->arena);
	buf_clear(&s->buf);
	return s;
}

bool
bind_index(lua_State *L, const struct bind_field *fields, void *object)
{
	const char *key;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return true;
	if (lua_type(L, 2) != LUA_TSTRING)
		return false;
	key = lua_tostring(L, 2);
	for (; fields->name != NULL; fields++) {
		if (strcmp(fields->name, key) != 0)
			continue;
		lua_pop(L, 1);
		fields->push(L, object);
		return true;
	}
	return false;
}

int
bind_index_methods(lua_State *L)
{
	static const struct bind_field none[] = {{NULL, NULL}};

	(void)bind_index(L, none, NULL);
	return 1;
}

struct str
bind_str(lua_State *L, int idx)
{
	struct str s;

	s.p = luaL_checklstring(L, idx, &s.n);
	return s;
}

void
bind_push_str(lua_State *L, struct str s)
{
	lua_pushlstring(L, s.n > 0 ? s.p : "", s.n);
}

void
bind_push_u64(lua_State *L, uint64_t n)
{
	if (n <= LUA_MAXINTEGER)
		lua_pushinteger(L, (lua_Integer)n);
	else
		lua_pushfstring(L, "%s%d",
		    lua_pushfstring(L, "%I", (LUAI_UACINT)(n / 10)),
		    (int)(n % 10));
}

const char *
bind_opt_string(lua_State *L, int idx, const char *key)
{
	int type = lua_getfield(L, idx, key);
	const char *z = lua_tostring(L, -1);

	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, text_of("field '%s' must be a string"), key);
	if (z != NULL && strlen(z) != lua_rawlen(L, -1))
		luaL_error(L, text_of("field '%s' holds a NUL"), key);
	lua_pop(L, 1); /* the table keeps it */
	return z;
}

bool
bind_opt_bool(lua_State *L, int idx, const char *key)
{
	bool b;

	lua_getfield(L, idx, key);
	b = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return b;
}

FILE *
bind_check_file(lua_State *L, int idx)
{
	luaL_Stream *s = luaL_checkudata(L, idx, LUA_FILEHANDLE);

	if (s->closef == NULL)
		luaL_argerror(L, idx, "closed file");
	return s->f;
}
