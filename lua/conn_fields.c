/* conn_fields: what Lua reads of a connection. */
#include "lua/bind.h"

static void
push_protocol(lua_State *L, void *c)
{
	const struct proto *p = conn_proto(c);

	lua_pushstring(L, p != NULL ? proto_name(p) : NULL);
}

static void
push_host(lua_State *L, void *c)
{
	lua_pushstring(L, conn_config(c)->host);
}

static void
push_port(lua_State *L, void *c)
{
	const struct conn_config *cfg = conn_config(c);

	if (cfg->transport == URL_TCP)
		lua_pushinteger(L, cfg->port);
	else
		lua_pushnil(L);
}

static void
push_path(lua_State *L, void *c)
{
	lua_pushstring(L, conn_config(c)->path);
}

/* Its URL without the password. */
static void
push_proxy(lua_State *L, void *c)
{
	lua_pushstring(L, conn_proxy(c));
}

static void
push_user(lua_State *L, void *c)
{
	lua_pushstring(L, conn_user(c));
}

static void
push_state(lua_State *L, void *c)
{
	lua_pushstring(
	    L, conn_phase(c) == CONN_CLOSED ? "closed" : conn_state_name(c));
}

static void
push_tls(lua_State *L, void *c)
{
	bind_push_tls(L, c);
}

static void
push_private(lua_State *L, void *c)
{
	lua_pushboolean(L, conn_is_private(c));
}

static void
push_open(lua_State *L, void *c)
{
	lua_pushboolean(L, conn_phase(c) == CONN_OPEN);
}

static void
push_in_flight(lua_State *L, void *c)
{
	lua_pushinteger(L, (lua_Integer)conn_in_flight(c));
}

/* {NAME = parameters}. */
static void
push_capabilities(lua_State *L, void *c)
{
	struct str all = conn_capabilities(c);

	lua_newtable(L);
	while (all.n > 0) {
		struct str params = str_cut(&all, '\n');
		struct str name = str_cut(&params, ' ');
		bind_push_str(L, name);
		bind_push_str(L, params);
		lua_rawset(L, -3);
	}
}

/* {"NAME parameters", …}, in the server's order. */
static void
push_capability_list(lua_State *L, void *c)
{
	struct str all = conn_capabilities(c);
	lua_Integer n = 0;

	lua_newtable(L);
	while (all.n > 0) {
		bind_push_str(L, str_cut(&all, '\n'));
		lua_rawseti(L, -2, ++n);
	}
}

/* The line that ended the greeting; nil where there is none. */
static void
push_welcome(lua_State *L, void *c)
{
	const char *line = conn_welcome(c);

	lua_pushstring(L, *line != '\0' ? line : NULL);
}

/* {PHASE = seconds}, of those that were. */
static void
push_times(lua_State *L, void *c)
{
	struct conn_times t = conn_times(c);
	const struct {
		const char *name;
		int64_t us;
	} phases[] = {{"lookup", t.lookup}, {"connect", t.connect},
	    {"proxy", t.proxy}, {"tls", t.tls}, {"greeting", t.greeting}};

	lua_createtable(L, 0, 5);
	for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++) {
		if (phases[i].us < 0)
			continue;
		lua_pushnumber(L, (lua_Number)phases[i].us / 1e6);
		lua_setfield(L, -2, phases[i].name);
	}
}

/* Seconds; nil before a command has been answered. */
static void
push_round_trip(lua_State *L, void *c)
{
	int64_t us = conn_round_trip(c);

	if (us >= 0)
		lua_pushnumber(L, (lua_Number)us / 1e6);
	else
		lua_pushnil(L);
}

static void
push_known(lua_State *L, void *c)
{
	lua_pushboolean(L, conn_capabilities_known(c));
}

static void
push_stamp(lua_State *L, void *c)
{
	struct str s = conn_apop_stamp(c);

	if (s.n > 0)
		bind_push_str(L, s);
	else
		lua_pushnil(L);
}

/* What SELECT said and later responses changed; nil if none is selected. */
static void
push_mailbox(lua_State *L, void *c)
{
	struct conn_mailbox m = conn_mailbox(c);

	if (m.name == NULL || m.name[0] == '\0') {
		lua_pushnil(L);
		return;
	}
	lua_createtable(L, 0, 6);
	lua_pushstring(L, m.name);
	lua_setfield(L, -2, "name");
	lua_pushboolean(L, m.read_only);
	lua_setfield(L, -2, "read_only");
	bind_push_u64(L, m.exists);
	lua_setfield(L, -2, "exists");
	bind_push_u64(L, m.recent);
	lua_setfield(L, -2, "recent");
	bind_push_u64(L, m.uidvalidity);
	lua_setfield(L, -2, "uidvalidity");
	bind_push_u64(L, m.uidnext);
	lua_setfield(L, -2, "uidnext");
}

static void
push_bye(lua_State *L, void *c)
{
	const struct proto *p = conn_proto(c);

	lua_pushstring(L, p != NULL ? proto_bye(p) : NULL);
}

const struct bind_field bind_conn_fields[] = {
    {"protocol", push_protocol},
    {"host", push_host},
    {"port", push_port},
    {"path", push_path},
    {"proxy", push_proxy},
    {"user", push_user},
    {"state", push_state},
    {"tls", push_tls},
    {"private", push_private},
    {"is_open", push_open},
    {"in_flight", push_in_flight},
    {"capabilities", push_capabilities},
    {"capability_list", push_capability_list},
    {"capabilities_known", push_known},
    {"welcome", push_welcome},
    {"times", push_times},
    {"round_trip", push_round_trip},
    {"stamp", push_stamp},
    {"mailbox", push_mailbox},
    {"bye", push_bye},
    {NULL, NULL},
};
