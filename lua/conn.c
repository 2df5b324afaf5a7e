/* conn: connections as Lua sees them. */
#include "lua/bind.h"
#include "base/text.h"
#include "net/dns.h"

#include <string.h>

/*
 * One userdata for a connection, found again through a weak table in the
 * registry.  Its user value is a table for what Lua keeps with it.
 */
#define REGISTRY "postel.conns"

struct bind_conn {
	struct conn *c;
};

static int conn_index(lua_State *);
static int conn_newindex(lua_State *);
static int conn_gc(lua_State *);
static int conn_tostring(lua_State *);
static int conn_send_method(lua_State *);
static int conn_send_ahead_method(lua_State *);
static int conn_line_method(lua_State *);
static int conn_reset_method(lua_State *);
static int conn_auth_method(lua_State *);
static int conn_knows_method(lua_State *);
static int conn_has_mailbox_method(lua_State *);
static int conn_drop_method(lua_State *);
static int conn_event_method(lua_State *);
static int conn_capability_method(lua_State *);
static int conn_certifies_method(lua_State *);

static const struct bind_type conn_type = {
    .name = "postel.conn",
    .module = "postel.conn",
    .index = conn_index,
    .uservalues = 1,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", conn_gc},
	    {"__newindex", conn_newindex},
	    {"__tostring", conn_tostring},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"send", conn_send_method},
	    {"send_ahead", conn_send_ahead_method},
	    {"line", conn_line_method},
	    {"reset", conn_reset_method},
	    {"authenticate", conn_auth_method},
	    {"knows", conn_knows_method},
	    {"has_mailbox", conn_has_mailbox_method},
	    {"drop", conn_drop_method},
	    {"event", conn_event_method},
	    {"capability", conn_capability_method},
	    {"certifies", conn_certifies_method},
	    {NULL, NULL},
	},
};

struct conn *
bind_check_conn(lua_State *L, int idx)
{
	struct bind_conn *u = bind_check(L, idx, &conn_type);

	if (u->c == NULL)
		luaL_argerror(L, idx, "connection that was never opened");
	return u->c;
}

/* Pushes an empty userdata with its table. */
static struct bind_conn *
new_conn(lua_State *L)
{
	struct bind_conn *u = bind_new(L, &conn_type, sizeof(*u));

	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	return u;
}

/* Pushes the table of all userdata, by connection. */
static void
push_registry(lua_State *L)
{
	if (luaL_getsubtable(L, LUA_REGISTRYINDEX, REGISTRY))
		return;
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
}

void
script_push_conn(lua_State *L, struct conn *c)
{
	struct bind_conn *u;

	push_registry(L);
	if (lua_rawgetp(L, -1, c) == LUA_TNIL) {
		lua_pop(L, 1);
		u = new_conn(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, -3, c);
		u->c = conn_ref(c);
	}
	lua_remove(L, -2);
}

static int
conn_gc(lua_State *L)
{
	struct bind_conn *u = bind_check(L, 1, &conn_type);

	if (u->c != NULL)
		conn_unref(u->c);
	u->c = NULL;
	return 0;
}

/* ---- opening ---- */

static int64_t
opt_milliseconds(lua_State *L, const char *key)
{
	lua_Number seconds;
	int type = lua_getfield(L, 1, key);

	seconds = lua_tonumber(L, -1);
	lua_pop(L, 1);
	if (type == LUA_TNIL)
		return 0;
	if (type != LUA_TNUMBER || !(seconds > 0 && seconds < 1e9))
		luaL_error(
		    L, text_of("field '%s' must be a number of seconds"), key);
	return seconds < 0.001 ? 1 : (int64_t)(seconds * 1000);
}

/* How the host was found (lua/postel/find.lua), and who is to be asked for its
 * addresses. */
static void
read_found(lua_State *L, struct conn_config *cfg)
{
	const char *server = bind_opt_string(L, 1, "dns");
	struct err e = {0};

	if (server != NULL && dns_server_parse(server, &cfg->dns, &e) != 0)
		(void)bind_raise(L, &e, 0);
	cfg->found = bind_opt_string(L, 1, "found");
	lua_getfield(L, 1, "found_seconds");
	cfg->found_us = (int64_t)(luaL_optnumber(L, -1, 0) * 1e6);
	lua_pop(L, 1);
	cfg->tls_config.also = bind_opt_string(L, 1, "tls_also");
	cfg->tls_config.srv_id = bind_opt_string(L, 1, "tls_srv_id");
	cfg->tls_config.sni = bind_opt_string(L, 1, "tls_sni");
	cfg->tls_config.dane = bind_opt_string(L, 1, "tls_dane");
}

/* A proxy's URL, which may be a secret; the table keeps it. */
static const char *
opt_proxy(lua_State *L)
{
	const char *url;

	lua_getfield(L, 1, "proxy");
	url = bind_test_secret(L, -1).p;
	lua_pop(L, 1);
	return url != NULL ? url : bind_opt_string(L, 1, "proxy");
}

static void
read_config(lua_State *L, struct conn_config *cfg)
{
	static const char *const transports[] = {"tcp", "unix", "pipe", NULL};
	lua_Integer port;

	luaL_checktype(L, 1, LUA_TTABLE);
	cfg->protocol = bind_opt_string(L, 1, "protocol");
	if (cfg->protocol != NULL && proto_find(str_z(cfg->protocol)) == NULL)
		luaL_error(L, text_of("unknown protocol '%s'"), cfg->protocol);
	lua_getfield(L, 1, "transport");
	cfg->transport =
	    (enum url_transport)luaL_checkoption(L, -1, "tcp", transports);
	lua_getfield(L, 1, "port");
	port = luaL_optinteger(L, -1, 0);
	if (port < 0 || port > 65535)
		luaL_error(L, text_of("field 'port' is out of range"));
	lua_pop(L, 2);
	cfg->port = (uint16_t)port;
	cfg->host = bind_opt_string(L, 1, "host");
	cfg->path = bind_opt_string(L, 1, "path");
	cfg->tls = bind_opt_bool(L, 1, "tls");
	cfg->tls_config.ca = bind_opt_string(L, 1, "ca");
	cfg->tls_config.cert = bind_opt_string(L, 1, "cert");
	cfg->tls_config.key = bind_opt_string(L, 1, "key");
	cfg->tls_config.fingerprint = bind_opt_string(L, 1, "fingerprint");
	cfg->tls_config.insecure = bind_opt_bool(L, 1, "insecure");
	cfg->proxy = opt_proxy(L);
	cfg->connect_ms = cfg->reply_ms = opt_milliseconds(L, "timeout");
	cfg->one_by_one = bind_opt_bool(L, 1, "one_by_one");
	read_found(L, cfg);
	if (cfg->transport == URL_TCP && cfg->host == NULL)
		luaL_error(L, text_of("field 'host' is missing"));
	if (cfg->transport == URL_TCP && cfg->port == 0)
		luaL_error(L, text_of("field 'port' is missing"));
	if (cfg->transport != URL_TCP && cfg->path == NULL)
		luaL_error(L, text_of("field 'path' is missing"));
}

int
bind_open(lua_State *L)
{
	struct conn_config cfg = {0};
	struct bind_conn *u;
	struct bind_cmd *greeting;
	struct trace *trace;

	read_config(L, &cfg);
	lua_getfield(L, 1, "trace");
	trace = lua_touserdata(L, -1);
	lua_pop(L, 1);
	push_registry(L);
	u = new_conn(L);
	u->c = conn_new(script_of(L)->loop, &cfg);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, -3, u->c);
	greeting = bind_new_cmd(L, lua_gettop(L));
	if (trace != NULL)
		conn_set_trace(u->c, trace);
	greeting->cmd = conn_open(u->c);
	return 2;
}

/* ---- commands ---- */

/* The arguments of send from index 3 on; they live on the stack. */
static struct arg *
read_args(lua_State *L, int first, size_t *n)
{
	int top = lua_gettop(L);
	struct arg *args;

	*n = top < first ? 0 : (size_t)(top - first + 1);
	args = lua_newuserdatauv(L, (*n + 1) * sizeof(*args), 0);
	for (int i = first; i <= top; i++) {
		struct arg *a = &args[i - first];
		a->kind = ARG_STR;
		a->body = bind_test_body(L, i);
		a->s = bind_test_secret(L, i);
		if (a->body != NULL)
			a->kind = ARG_BODY;
		else if (a->s.p == NULL)
			a->s = bind_str(L, i);
	}
	return args;
}

/* Whether a dry run must not send the line that begins with verb. */
static bool
is_held_back(lua_State *L, const struct conn *c, struct str line)
{
	const struct verb *verb;

	if (!script_of(L)->dry_run || conn_proto(c) == NULL)
		return false;
	verb = verb_find(proto_verbs(conn_proto(c)), line, NULL);
	return verb != NULL && (verb->flags & VERB_CHANGES) != 0;
}

/* Shows on standard error what a dry run does not send, less its secrets. */
static void
show_dry(lua_State *L, const struct conn *c, struct str verb,
    const struct arg *args, size_t n)
{
	struct str typed = S("");
	const struct verb *v =
	    verb_find(proto_verbs(conn_proto(c)), verb, &typed);
	bool secret = v != NULL && (v->flags & VERB_SECRET) != 0;
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	if (secret)
		verb.n -= typed.n;
	luaL_addlstring(&b, verb.p, verb.n);
	if (secret && typed.n > 0)
		luaL_addstring(&b, "<secret>");
	for (size_t i = 0; i < n; i++) {
		luaL_addchar(&b, ' ');
		if (args[i].kind == ARG_BODY)
			luaL_addstring(&b, "<body>");
		else if (secret && i >= v->secret)
			luaL_addstring(&b, "<secret>");
		else
			luaL_addlstring(&b, args[i].s.p, args[i].s.n);
	}
	luaL_pushresult(&b);
	fprintf(stderr, text_of("not sent: %s\n"), lua_tostring(L, -1));
	lua_pop(L, 1);
}

/* conn:send and its kin. */
static int
send_by(lua_State *L, struct cmd *(*fn)(struct conn *c, struct str verb,
			  const struct arg *args, size_t n, struct err *e))
{
	struct conn *c = bind_check_conn(L, 1);
	struct str verb = bind_str(L, 2);
	struct err e = {0};
	size_t n;
	struct arg *args = read_args(L, 3, &n);
	struct bind_cmd *u = bind_new_cmd(L, 1);

	if (is_held_back(L, c, verb)) {
		show_dry(L, c, verb, args, n);
		return 1;
	}
	u->cmd = fn(c, verb, args, n, &e);
	bind_soil(L, u->cmd);
	return u->cmd != NULL ? 1 : bind_raise(L, &e, 1);
}

/* conn:reset(): conn_reset. */
static int
conn_reset_method(lua_State *L)
{
	struct err e = {0};

	if (conn_reset(bind_check_conn(L, 1), &e) < 0)
		return bind_raise(L, &e, 1);
	return 0;
}

/*** conn:send(verb, argument, ...) → cmd
 * Queues a command and gives it, without waiting.  Arguments are strings,
 * numbers, secrets and bodies; they are quoted as the verb wants it, and a body
 * becomes the message or the literal.  CR, LF and NUL raise where they cannot
 * be written.
 */
static int
conn_send_method(lua_State *L)
{
	return send_by(L, conn_send);
}

/*** conn:send_ahead(verb, argument, ...) → cmd
 * The same, and it does not wait for what is in flight, though its verb or
 * theirs wants that (a SELECT behind LOGIN, a UID SEARCH behind SELECT: RFC
 * 9051 5.5). Only for what does no harm if one of those is refused.
 */
static int
conn_send_ahead_method(lua_State *L)
{
	return send_by(L, conn_send_ahead);
}

/*** conn:line(text) → cmd
 *** conn:line(text, body) → cmd
 *** conn:line(text, nil, true) → cmd
 * The same for a line as typed, unquoted.  With true, for a POP3 verb that is
 *not known here, a positive reply is read to its lone dot.
 */
static int
conn_line_method(lua_State *L)
{
	struct conn *c = bind_check_conn(L, 1);
	struct str line = bind_str(L, 2);
	struct body *body = bind_test_body(L, 3);
	bool multi = lua_toboolean(L, 4);
	struct err e = {0};
	struct bind_cmd *u;

	if (body == NULL && !lua_isnoneornil(L, 3))
		luaL_typeerror(L, 3, "body");
	u = bind_new_cmd(L, 1);
	if (is_held_back(L, c, line)) {
		show_dry(L, c, line, NULL, 0);
		return 1;
	}
	u->cmd =
	    multi ? conn_line_multi(c, line, &e) : conn_line(c, line, body, &e);
	bind_soil(L, u->cmd);
	return u->cmd != NULL ? 1 : bind_raise(L, &e, 1);
}

/* Field `key` of the table at 2, a string or a secret; kept on the stack. */
static struct str
login_field(lua_State *L, const char *key)
{
	struct str s;

	lua_getfield(L, 2, key);
	s = bind_test_secret(L, -1);
	if (s.p == NULL && !lua_isnil(L, -1))
		s.p = luaL_checklstring(L, -1, &s.n);
	return s.p != NULL ? s : S("");
}

static int
conn_auth_method(lua_State *L)
{
	struct conn *c = bind_check_conn(L, 1);
	struct conn_login login = {0};
	struct err e = {0};
	struct bind_cmd *u;

	luaL_checktype(L, 2, LUA_TTABLE);
	login.mech = login_field(L, "mech");
	login.user = login_field(L, "user");
	login.authzid = login_field(L, "authzid");
	login.password = login_field(L, "password");
	login.initial = bind_opt_bool(L, 2, "initial");
	u = bind_new_cmd(L, 1);
	u->cmd = conn_auth(c, &login, &e);
	script_of(L)->soiled = true;
	return u->cmd != NULL ? 1 : bind_raise(L, &e, 1);
}

static int
conn_knows_method(lua_State *L)
{
	struct conn *c = bind_check_conn(L, 1);

	lua_pushboolean(L, conn_knows_mech(c, bind_str(L, 2)));
	return 1;
}

/* has_mailbox(name, uidvalidity): whether this one is open, as conn.mailbox
 * says. */
static int
conn_has_mailbox_method(lua_State *L)
{
	struct conn_mailbox m = conn_mailbox(bind_check_conn(L, 1));

	lua_pushboolean(
	    L, m.name != NULL && m.name[0] != '\0' &&
		   str_eq(str_z(m.name), bind_str(L, 2)) &&
		   (lua_Integer)m.uidvalidity == luaL_checkinteger(L, 3));
	return 1;
}

/*** conn:drop()
 * Hangs up at once.
 */
static int
conn_drop_method(lua_State *L)
{
	conn_drop(bind_check_conn(L, 1));
	return 0;
}

/*** conn:event() → event
 * The oldest of what has come unasked, as conn:on() gives it, or nil; it does
 * not wait.
 */
static int
conn_event_method(lua_State *L)
{
	struct event *ev = conn_event(bind_check_conn(L, 1));

	if (ev == NULL)
		return 0;
	bind_push_event(L, ev);
	event_free(ev);
	return 1;
}

/*** conn:capability(name) → string
 * The parameters of a capability, "" if it has none, or nil.
 */
static int
conn_capability_method(lua_State *L)
{
	struct conn *c = bind_check_conn(L, 1);
	struct str s = conn_capability(c, luaL_checkstring(L, 2));

	if (s.p == NULL)
		return 0;
	bind_push_str(L, s);
	return 1;
}

/*** conn:certifies(name)
 * Whether there is TLS, and the server's certificate is for this name:
 * "mail.example.org" or, as an SRV-ID (RFC 4985), "_imaps.example.org".
 */
static int
conn_certifies_method(lua_State *L)
{
	struct conn *c = bind_check_conn(L, 1);

	lua_pushboolean(L, conn_certifies(c, luaL_checkstring(L, 2)));
	return 1;
}

/* ---- what it has ---- */

/* Pushes the methods of the connection's protocol: what the module returns. */
static void
push_protocol_methods(lua_State *L, const struct proto *p)
{
	const char *name = proto_name(p);

	lua_pushfstring(
	    L, "postel.%s", strcmp(name, "lmtp") == 0 ? "smtp" : name);
	bind_require(L, lua_tostring(L, -1));
	lua_remove(L, -2);
}

/* The name in messages, of a connection that Lua has not opened and named;
 * false if the key, at index 2, is another one. */
static bool
push_name(lua_State *L, const struct conn *c)
{
	const struct conn_config *cfg = conn_config(c);
	const char *key = lua_tostring(L, 2);

	if (key == NULL || strcmp(key, "name") != 0)
		return false;
	lua_pushstring(L, cfg->transport == URL_TCP ? cfg->host : cfg->path);
	return true;
}

/* A method of all, a field, what Lua keeps with it, the protocol's method. */
static int
conn_index(lua_State *L)
{
	struct bind_conn *u = bind_check(L, 1, &conn_type);
	const struct proto *p;

	if (u->c == NULL) {
		lua_pushnil(L);
		return 1;
	}
	if (bind_index(L, bind_conn_fields, u->c))
		return 1;
	lua_getiuservalue(L, 1, 1);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, -2) != LUA_TNIL || push_name(L, u->c))
		return 1;
	p = conn_proto(u->c);
	if (p == NULL || lua_type(L, 2) != LUA_TSTRING)
		return 1;
	push_protocol_methods(L, p);
	lua_pushvalue(L, 2);
	lua_rawget(L, -2);
	return 1;
}

void
bind_conn_members(lua_State *L, int idx, script_member fn, void *arg)
{
	struct bind_conn *u = bind_test(L, idx, &conn_type);

	if (u == NULL || u->c == NULL)
		return;
	for (const struct bind_field *f = bind_conn_fields; f->name != NULL;
	     f++)
		fn(f->name, false, arg);
	if (conn_proto(u->c) == NULL)
		return;
	push_protocol_methods(L, conn_proto(u->c));
	if (lua_istable(L, -1)) {
		for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
			if (lua_type(L, -2) == LUA_TSTRING)
				fn(lua_tostring(L, -2), lua_isfunction(L, -1),
				    arg);
	}
	lua_pop(L, 1);
}

static int
conn_newindex(lua_State *L)
{
	const char *key = luaL_checkstring(L, 2);

	for (const struct bind_field *f = bind_conn_fields; f->name != NULL;
	     f++)
		if (strcmp(f->name, key) == 0)
			luaL_error(L, text_of("field '%s' cannot be set"), key);
	lua_getiuservalue(L, 1, 1);
	lua_insert(L, 2);
	lua_rawset(L, 2);
	return 0;
}

static int
conn_tostring(lua_State *L)
{
	struct bind_conn *u = bind_check(L, 1, &conn_type);
	const struct conn_config *cfg;
	const char *name;

	if (u->c == NULL) {
		lua_pushliteral(L, "connection (never opened)");
		return 1;
	}
	cfg = conn_config(u->c);
	name = conn_proto(u->c) != NULL ? proto_name(conn_proto(u->c)) : "?";
	if (cfg->transport == URL_TCP)
		lua_pushfstring(L, "%s %s:%d", name, cfg->host, cfg->port);
	else
		lua_pushfstring(L, "%s %s", name, cfg->path);
	if (conn_phase(u->c) == CONN_CLOSED) {
		lua_pushliteral(L, " (closed)");
		lua_concat(L, 2);
	}
	return 1;
}
