/*
 * argument: what stands behind a script's name.
 *
 * A script that has "imaps://alice:password@h" in a variable keeps that string
 * as long as it runs.  So it is given "imaps://alice:%011@h", and the password,
 * the first one, is a secret that only this file knows.  The escaped octet
 * makes it a URL like any other, and no password begins with that one.
 */
#include "lua/secret.h"
#include "wire/url.h"

#define MARK "%01"

/* Where they are in the registry, by number. */
static const char secrets = 0;

/* Pushes the table of them. */
static void
push_secrets(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &secrets) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &secrets);
}

void
bind_push_argument(lua_State *L, const char *arg)
{
	struct str all = str_z(arg), password = url_password(all);
	size_t at;
	lua_Integer n;

	if (password.p == NULL) {
		lua_pushstring(L, arg);
		return;
	}
	push_secrets(L);
	n = luaL_len(L, -1) + 1;
	bind_push_secret(L, password);
	lua_rawseti(L, -2, n);
	lua_pop(L, 1);
	at = (size_t)(password.p - arg);
	lua_pushlstring(L, arg, at);
	lua_pushfstring(L, "%s%I%s", MARK, n, password.p + password.n);
	lua_concat(L, 2);
}

struct str
bind_url_text(lua_State *L, int idx, struct bind_scratch *s)
{
	struct str text = bind_str(L, idx), mark = url_password(text), secret;
	uint64_t n;
	size_t at;

	if (mark.p == NULL || !str_starts(mark, S(MARK)) ||
	    !str_u64(str_skip(mark, sizeof(MARK) - 1), INT32_MAX, &n))
		return text;
	push_secrets(L);
	lua_rawgeti(L, -1, (lua_Integer)n);
	secret = bind_test_secret(L, -1);
	lua_pop(L, 2);
	if (secret.p == NULL)
		return text;
	at = (size_t)(mark.p - text.p);
	s->arena.secret = true;
	return arena_join(&s->arena,
	    arena_join(&s->arena, str_head(text, at), secret),
	    str_skip(text, at + mark.n));
}
