/* json: replies and events as JSON, for the shell. */
#include "lua/bind.h"

/* Where the text is kept that was given last. */
#define KEPT "postel.json"

/* What a call is about; at 1 as light userdata. */
struct json_job {
	struct conn *conn;
	struct cmd *cmd;	/* or */
	const struct event *ev; /* one of the two */
	const char *name, *saved;
	bool indented;
};

void
bind_push_event(lua_State *L, const struct event *ev)
{
	lua_createtable(L, 0, 3);
	bind_push_str(L, ev->name);
	lua_setfield(L, -2, "name");
	bind_push_str(L, ev->line);
	lua_setfield(L, -2, "line");
	if (ev->has_num) {
		bind_push_u64(L, ev->num);
		lua_setfield(L, -2, "number");
	}
}

/* Pushes the value that stands for the job. */
static void
push_value(lua_State *L, const struct json_job *j)
{
	int module = lua_gettop(L);
	struct bind_cmd *u;

	script_push_conn(L, j->conn);
	lua_getfield(L, module, j->cmd != NULL ? "reply" : "event");
	if (j->cmd != NULL) {
		u = bind_new_cmd(L, module + 1);
		u->cmd = cmd_ref(j->cmd);
		lua_pushstring(L, j->name);
		lua_pushstring(L, j->saved);
	} else {
		lua_pushvalue(L, module + 1);
		bind_push_event(L, j->ev);
		lua_pushstring(L, j->name);
	}
	lua_call(L, 3, 1);
}

static int
write_json(lua_State *L)
{
	const struct json_job *j = lua_touserdata(L, 1);

	bind_require(L, "postel.json");
	lua_getfield(L, -1, "json");
	lua_insert(L, -2);
	push_value(L, j);
	lua_replace(L, 3);
	lua_settop(L, 3);
	lua_pushboolean(L, j->indented);
	lua_call(L, 2, 1);
	return 1;
}

static struct str
run(lua_State *L, const struct json_job *j, struct err *e)
{
	struct str s = {NULL, 0};

	lua_pushcfunction(L, write_json);
	lua_pushlightuserdata(L, (void *)(uintptr_t)j);
	if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
		(void)err_set(
		    e, ERR_USE, "JSON: %s", luaL_tolstring(L, -1, NULL));
		lua_pop(L, 2);
		return s;
	}
	s.p = lua_tolstring(L, -1, &s.n);
	lua_setfield(L, LUA_REGISTRYINDEX, KEPT);
	return s;
}

struct str
script_json_reply(lua_State *L, struct cmd *cmd, const char *name,
    const char *saved, bool indented, struct err *e)
{
	struct json_job j = {.conn = cmd->conn,
	    .cmd = cmd,
	    .name = name,
	    .saved = saved,
	    .indented = indented};

	return run(L, &j, e);
}

struct str
script_json_event(lua_State *L, struct conn *c, const char *name,
    const struct event *ev, bool indented, struct err *e)
{
	struct json_job j = {
	    .conn = c, .ev = ev, .name = name, .indented = indented};

	return run(L, &j, e);
}
