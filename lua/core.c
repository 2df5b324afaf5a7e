/* core: the module postel.core, what the library in Lua needs of C. */
#include "lua/bind.h"
#include "proto/sasl.h"
#include "base/base64.h"
#include "base/fingerprint.h"
#include "base/near.h"
#include "base/text.h"
#include "base/vis.h"
#include "base/width.h"
#include "wire/mutf7.h"

#include <unistd.h>

/* turn(seconds): one pass of the loop; true if something moved.  Without an
 * argument it waits as long as it takes. */
static int
core_turn(lua_State *L)
{
	struct script *s = script_of(L);
	int64_t deadline = LOOP_NEVER;
	enum turn turn;
	struct err e = {0};

	if (!lua_isnoneornil(L, 1)) {
		lua_Number wait = luaL_checknumber(L, 1);
		if (wait < 1e9)
			deadline =
			    loop_now() +
			    (wait > 0 ? (int64_t)(wait * 1000 + 0.999) : 0);
	}
	turn = loop_turn(s->loop, deadline);
	if (turn == TURN_STOP && s->stop) {
		s->stop = 0;
		lua_sethook(s->main, NULL, 0, 0);
		err_set(&e, ERR_CANCEL, "interrupted");
		return bind_raise(L, &e, 0);
	}
	lua_pushboolean(L, turn == TURN_WORK);
	return 1;
}

/* Seconds of the monotonic clock. */
static int
core_now(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)loop_now() / 1000);
	return 1;
}

/* Whether anything can still happen. */
static int
core_busy(lua_State *L)
{
	lua_pushboolean(L, loop_busy(script_of(L)->loop));
	return 1;
}

/* ---- URLs ---- */

static void
set_str(lua_State *L, const char *key, struct str s)
{
	if (s.p == NULL)
		return;
	bind_push_str(L, s);
	lua_setfield(L, -2, key);
}

static void
push_url(lua_State *L, const struct url *u)
{
	static const char *const transports[] = {"tcp", "unix", "pipe"};

	lua_newtable(L);
	set_str(L, "scheme", u->scheme);
	set_str(L, "protocol", u->protocol);
	set_str(L, "transport", str_z(transports[u->transport]));
	set_str(L, "host", u->host);
	set_str(L, "path", u->path);
	set_str(L, "user", u->user);
	set_str(L, "auth", u->auth);
	set_str(L, "mailbox", u->mailbox);
	set_str(L, "ca", u->ca);
	set_str(L, "cert", u->cert);
	set_str(L, "proxy", u->proxy);
	set_str(L, "key", u->key);
	set_str(L, "fingerprint", u->fingerprint);
	lua_pushstring(L, url_starttls_words[u->starttls]);
	lua_setfield(L, -2, "starttls");
	lua_pushboolean(L, u->tls);
	lua_setfield(L, -2, "tls");
	if (u->insecure) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, "insecure");
	}
	set_str(L, "service", u->service);
	if (u->transport == URL_TCP && u->port != 0) {
		lua_pushinteger(L, u->port);
		lua_setfield(L, -2, "port");
	}
	if (u->has_timeout) {
		bind_push_u64(L, u->timeout);
		lua_setfield(L, -2, "timeout");
	}
	if (u->password.p != NULL) {
		bind_push_secret(L, u->password);
		lua_setfield(L, -2, "password");
	}
}

/* Parses the text at 1; what is no URL is a fault of who wrote it. */
static void
parse_url(lua_State *L, struct bind_scratch *s, struct url *u)
{
	struct err e = {0};

	s->arena.secret = true;
	if (url_parse(bind_url_text(L, 1, s), &s->arena, u, &e) == 0)
		return;
	bind_error_push(L, "usage", e.msg);
	lua_error(L);
}

/* url(text): its parts; the password is a secret. */
static int
core_url(lua_State *L)
{
	struct bind_scratch *s;
	struct url u;

	luaL_checkstring(L, 1);
	s = bind_new_scratch(L);
	parse_url(L, s, &u);
	push_url(L, &u);
	bind_scratch_done(s);
	return 1;
}

/* url_text(text): the URL again, without the password. */
static int
core_url_text(lua_State *L)
{
	struct bind_scratch *s;
	struct url u;

	luaL_checkstring(L, 1);
	s = bind_new_scratch(L);
	parse_url(L, s, &u);
	url_put(&s->buf, &u);
	bind_push_str(L, buf_str(&s->buf));
	bind_scratch_done(s);
	return 1;
}

/* looks_like_url(text) */
static int
core_looks_like_url(lua_State *L)
{
	lua_pushboolean(L, url_looks(bind_str(L, 1)));
	return 1;
}

/* shows_password(text): whether there is a URL with a password in it. */
static int
core_shows_password(lua_State *L)
{
	lua_pushboolean(L, url_password(bind_str(L, 1)).p != NULL);
	return 1;
}

/* ---- texts ---- */

int
bind_convert(lua_State *L, int (*fn)(struct buf *, struct str))
{
	struct str text = bind_str(L, 1);
	struct bind_scratch *s = bind_new_scratch(L);

	if (fn(&s->buf, text) == 0)
		bind_push_str(L, buf_str(&s->buf));
	else
		lua_pushnil(L);
	bind_scratch_done(s);
	return 1;
}

/*** postel.visible(text) → string
 * Control characters and other octets that harm a terminal, as visible text.
 */
static int
core_vis(lua_State *L)
{
	return bind_convert(L, vis_add);
}

/* quote(text): an IMAP quoted string. */
static int
core_quote(lua_State *L)
{
	return bind_convert(L, imap_put_quoted);
}

/* mutf7_decode(name): UTF-8, or nil if name is no modified UTF-7. */
static int
core_mutf7_decode(lua_State *L)
{
	return bind_convert(L, mutf7_decode);
}

/* fingerprint_fault(text): nil if it is the SHA-256 of a certificate, else
 * what one looks like. */
static int
core_fingerprint_fault(lua_State *L)
{
	unsigned char print[FINGERPRINT_SIZE];

	if (fingerprint_parse(bind_str(L, 1), print))
		lua_pushnil(L);
	else
		lua_pushstring(L, text_of(fingerprint_form));
	return 1;
}

static int
core_base64(lua_State *L)
{
	return bind_convert(L, base64_encode);
}

/* nearest(word, names): the name that a misspelt word may have meant, or
 * nil. */
static int
core_nearest(lua_State *L)
{
	struct near near;

	near_init(&near, bind_str(L, 1));
	luaL_checktype(L, 2, LUA_TTABLE);
	for (lua_Integer i = 1; lua_geti(L, 2, i) == LUA_TSTRING; i++) {
		near_try(&near, lua_tostring(L, -1)); /* the table keeps it */
		lua_pop(L, 1);
	}
	lua_pushstring(L, near.best);
	return 1;
}

/* text(text): what base/text.h makes of a text or a format of ours. */
static int
core_text(lua_State *L)
{
	lua_pushstring(L, text_of(luaL_checkstring(L, 1)));
	return 1;
}

/* plural(one, many, n): the format for that number. */
static int
core_plural(lua_State *L)
{
	const char *one = luaL_checkstring(L, 1);
	const char *many = luaL_checkstring(L, 2);
	lua_Integer n = luaL_checkinteger(L, 3);

	lua_pushstring(L, text_plural(one, many, (unsigned long)n));
	return 1;
}

/* hostname(): the name of this machine as the system has it. */
static int
core_hostname(lua_State *L)
{
	char name[256];

	if (gethostname(name, sizeof(name)) != 0)
		return 0;
	name[sizeof(name) - 1] = '\0';
	lua_pushstring(L, name);
	return 1;
}

/* metatable(type): for the Lua half of a type. */
static int
core_metatable(lua_State *L)
{
	lua_pushfstring(L, "postel.%s", luaL_checkstring(L, 1));
	luaL_getmetatable(L, lua_tostring(L, -1));
	return 1;
}

/*** postel.type(value) → string
 * "conn", "cmd", "body", "secret" and so on, for what postel has made; else
 * nil.
 */
static int
core_type(lua_State *L)
{
	const char *name;

	if (lua_type(L, 1) != LUA_TUSERDATA ||
	    luaL_getmetafield(L, 1, "__name") != LUA_TSTRING)
		return 0;
	name = lua_tostring(L, -1);
	if (!str_starts(str_z(name), S("postel.")))
		return 0;
	lua_pushstring(L, name + sizeof("postel.") - 1);
	return 1;
}

/*** postel.status(error) → n
 * The exit status of an error.
 */
static int
core_status(lua_State *L)
{
	lua_pushinteger(L, bind_error_status(L, 1));
	return 1;
}

/* mechanism(name): "password" or "token", or nil for one that wants neither;
 * whether who listens learns it; and whether it can say who to be. */
static int
core_mechanism(lua_State *L)
{
	static const char *const kinds[] = {
	    [SASL_PASSWORD] = "password",
	    [SASL_TOKEN] = "token",
	    [SASL_NO_SECRET] = NULL,
	};
	struct str mech = bind_str(L, 1);

	lua_pushstring(L, kinds[sasl_secret(mech)]);
	lua_pushboolean(L, sasl_shows_secret(mech));
	lua_pushboolean(L, sasl_says_authzid(mech));
	return 3;
}

/* dry_run(on): from now on nothing that changes mail is sent. */
static int
core_dry_run(lua_State *L)
{
	script_of(L)->dry_run = lua_toboolean(L, 1);
	return 0;
}

/* width(text): how many columns of a terminal it takes (base/width.h). */
static int
core_width(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)width_of(bind_str(L, 1)));
	return 1;
}

/* width_head(text, n): its longest beginning of at most n columns. */
static int
core_width_head(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 2);

	bind_push_str(L, width_head(bind_str(L, 1), n > 0 ? (size_t)n : 0));
	return 1;
}

static const luaL_Reg functions[] = {
    {"open", bind_open},
    {"turn", core_turn},
    {"now", core_now},
    {"busy", core_busy},
    {"catch_signals", bind_catch_signals},
    {"signalled", bind_signalled},
    {"url", core_url},
    {"url_text", core_url_text},
    {"looks_like_url", core_looks_like_url},
    {"shows_password", core_shows_password},
    {"vis", core_vis},
    {"width", core_width},
    {"width_head", core_width_head},
    {"quote", core_quote},
    {"mutf7_decode", core_mutf7_decode},
    {"base64", core_base64},
    {"fingerprint_fault", core_fingerprint_fault},
    {"nearest", core_nearest},
    {"text", core_text},
    {"plural", core_plural},
    {"hostname", core_hostname},
    {"metatable", core_metatable},
    {"type", core_type},
    {"error", bind_error_new},
    {"status", core_status},
    {"dry_run", core_dry_run},
    {"maildir", bind_maildir},
    {"set", bind_set},
    {"pairs", bind_pairs},
    {"process", bind_process},
    {"executable", bind_executable},
    {"maildir_name", bind_maildir_name},
    {"maildir_file", bind_maildir_file},
    {"mechanism", core_mechanism},
    {NULL, NULL},
};

int
bind_core(lua_State *L)
{
	lua_newtable(L);
	luaL_setfuncs(L, functions, 0);
	luaL_setfuncs(L, bind_body_functions, 0);
	luaL_setfuncs(L, bind_secret_functions, 0);
	luaL_setfuncs(L, bind_file_functions, 0);
	luaL_setfuncs(L, bind_folder_functions, 0);
	luaL_setfuncs(L, bind_mail_functions, 0);
	luaL_setfuncs(L, bind_lookup_functions, 0);
	luaL_setfuncs(L, bind_trace_functions, 0);
	luaL_setfuncs(L, bind_host_functions, 0);
	return 1;
}
