/* tls: what TLS agreed on, as a table. */
#include "lua/bind.h"
#include "base/limits.h"

#include <time.h>

enum { DAY = 24 * 60 * 60 };

static void
set_str(lua_State *L, const char *key, struct str s)
{
	if (s.n == 0)
		return;
	bind_push_str(L, s);
	lua_setfield(L, -2, key);
}

static void
set_bool(lua_State *L, const char *key, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

/* Seconds since 1970, as os.date takes them. */
static void
set_time(lua_State *L, const char *key, bool known, int64_t t)
{
	if (!known)
		return;
	lua_pushinteger(L, t);
	lua_setfield(L, -2, key);
}

static void
push_cert(lua_State *L, const struct tls_cert *c)
{
	int64_t left = c->ends - (int64_t)time(NULL);
	lua_Integer n = 0;

	lua_createtable(L, 0, 8);
	set_str(L, "subject", c->subject);
	set_str(L, "issuer", c->issuer);
	set_str(L, "key", c->key);
	set_str(L, "signature", c->signature);
	set_str(L, "fingerprint", c->fingerprint);
	set_time(L, "not_before", c->has_begin, c->begins);
	set_time(L, "not_after", c->has_end, c->ends);
	set_time(L, "days_left", c->has_end,
	    left >= 0 ? left / DAY : -((-left + DAY - 1) / DAY));
	lua_newtable(L);
	for (const struct tls_name *name = c->names; name != NULL;
	     name = name->next) {
		bind_push_str(L, name->text);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "names");
}

/* bindings: the types of channel binding that there are, by name. */
static void
push_bindings(lua_State *L, const struct tls_info *t)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (enum tls_binding i = 0; i <= TLS_SERVER_END_POINT; i++) {
		if (!t->bindings[i])
			continue;
		lua_pushstring(L, tls_binding_name(i));
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "bindings");
}

void
bind_push_tls(lua_State *L, const struct conn *c)
{
	struct bind_scratch *s = bind_new_scratch(L);
	const struct tls_info *t = conn_tls_info(c, &s->arena);
	lua_Integer n = 0;

	if (t == NULL) {
		lua_pushnil(L);
		lua_remove(L, -2);
		return;
	}
	lua_createtable(L, 0, 8);
	set_str(L, "version", t->version);
	set_str(L, "cipher", t->cipher);
	set_str(L, "group", t->group);
	set_str(L, "alpn", t->alpn);
	set_str(L, "reason", t->reason);
	set_bool(L, "resumed", t->resumed);
	set_bool(L, "checked", t->checked);
	set_bool(L, "verified", t->verified);
	set_bool(L, "dane", t->dane);
	set_bool(L, "pinned", t->pinned);
	push_bindings(L, t);
	lua_newtable(L);
	for (const struct tls_cert *x = t->chain; x != NULL; x = x->next) {
		push_cert(L, x);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "chain");
	bind_scratch_done(s);
	lua_remove(L, -2);
}
