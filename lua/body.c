/* body: message bodies as Lua sees them. */
#include "lua/bind.h"
#include "base/limits.h"

struct bind_body {
	struct body *b;
};

/* A spool that is being filled. */
struct bind_spool {
	struct spool *s;
};

static int body_index(lua_State *);
static int body_gc(lua_State *);
static int body_len(lua_State *);
static int body_tostring(lua_State *);
static int body_pull_method(lua_State *);
static int body_drain_method(lua_State *);
static int body_claim_method(lua_State *);
static int body_rewind_method(lua_State *);
static int body_facts_method(lua_State *);
static int body_release_method(lua_State *);
static int body_gather_method(lua_State *);
static int body_hold_method(lua_State *);

enum { UV_SOURCE = 1 };

static const struct bind_type body_type = {
    .name = "postel.body",
    .module = "postel.body",
    .index = body_index,
    .uservalues = UV_SOURCE,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", body_gc},
	    {"__close", body_gc},
	    {"__len", body_len},
	    {"__tostring", body_tostring},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"pull", body_pull_method},
	    {"drain", body_drain_method},
	    {"claim", body_claim_method},
	    {"rewind", body_rewind_method},
	    {"facts", body_facts_method},
	    {"release", body_release_method},
	    {"gather", body_gather_method},
	    {"hold", body_hold_method},
	    {"close", body_gc},
	    {NULL, NULL},
	},
};

struct body **
bind_new_body(lua_State *L, int source)
{
	struct bind_body *u;

	source = source != 0 ? lua_absindex(L, source) : 0;
	u = bind_new(L, &body_type, sizeof(*u));
	if (source != 0) {
		lua_pushvalue(L, source);
		lua_setiuservalue(L, -2, UV_SOURCE);
	}
	return &u->b;
}

struct body *
bind_test_body(lua_State *L, int idx)
{
	struct bind_body *u = bind_test(L, idx, &body_type);

	if (u != NULL && u->b == NULL)
		luaL_argerror(L, idx, "closed body");
	return u != NULL ? u->b : NULL;
}

static struct body *
check_body(lua_State *L)
{
	bind_check(L, 1, &body_type);
	return bind_test_body(L, 1);
}

/*** body:close()
 * Nobody will read the rest.
 */
static int
body_gc(lua_State *L)
{
	struct bind_body *u = bind_check(L, 1, &body_type);

	body_unref(u->b);
	u->b = NULL;
	return 0;
}

/* ---- pulling ---- */

/*
 * pull(max): a string of at most max octets, nil at the end, or false when
 * nothing is there yet: body:read in postel.body waits then.
 */
static int
body_pull_method(lua_State *L)
{
	struct body *b = check_body(L);
	lua_Integer max = luaL_checkinteger(L, 2);
	struct str s;
	struct err e = {0};

	luaL_argcheck(L, max > 0, 2, "must be positive");
	switch (body_pull(b, &s, &e)) {
	case PULL_SLICE:
		if (s.n > (size_t)max)
			s.n = (size_t)max;
		lua_pushlstring(L, s.p, s.n);
		body_took(b, s.n);
		return 1;
	case PULL_LATER:
		lua_pushboolean(L, false);
		return 1;
	case PULL_END:
		lua_pushnil(L);
		return 1;
	case PULL_FAIL:
		break;
	}
	return bind_raise(L, &e, 0);
}

/*
 * drain(file, unflushed): writes what is there to an open file.  True when the
 * body is at its end and the file is flushed, unless that is for later; false
 * when more will come.  The error of a write that failed is raised.
 */
static int
body_drain_method(lua_State *L)
{
	struct body *b = check_body(L);
	FILE *f = bind_check_file(L, 2);
	struct str s;
	struct err e = {0};
	enum pull p;

	while ((p = body_pull(b, &s, &e)) == PULL_SLICE) {
		if (fwrite(s.p, 1, s.n, f) != s.n)
			return bind_raise_write(L, f);
		body_took(b, s.n);
	}
	if (p == PULL_END && !lua_toboolean(L, 3) && fflush(f) != 0)
		return bind_raise_write(L, f);
	if (p == PULL_FAIL)
		return bind_raise(L, &e, 0);
	lua_pushboolean(L, p == PULL_END);
	return 1;
}

static int
body_claim_method(lua_State *L)
{
	body_claim(check_body(L));
	return 0;
}

/*** body:rewind()
 * Back to the beginning; false if that cannot be, for it comes from a
 * connection or a pipe.
 */
static int
body_rewind_method(lua_State *L)
{
	lua_pushboolean(L, body_rewind(check_body(L)));
	return 1;
}

/*** body:facts() → facts
 * What the message needs of its carrier: size and crlf_size (with line ends as
 * CRLF) in octets, and eight_bit, bare_cr, bare_lf, nul, long_line (over 998
 * octets), no_final_eol, true or false.  It is read once for that.
 */
static int
body_facts_method(lua_State *L)
{
	struct body *b = check_body(L);
	struct body_facts f = {0};
	struct err e = {0};

	if (body_examine(b, &f, &e) != 0)
		return bind_raise(L, &e, 0);
	const struct {
		const char *name;
		bool value;
	} flags[] = {
	    {"eight_bit", f.eight_bit},
	    {"bare_cr", f.bare_cr},
	    {"bare_lf", f.bare_lf},
	    {"nul", f.nul},
	    {"long_line", f.long_line},
	    {"no_final_eol", f.no_final_eol},
	};
	lua_createtable(L, 0, 9);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		lua_pushboolean(L, flags[i].value);
		lua_setfield(L, -2, flags[i].name);
	}
	bind_push_u64(L, f.size);
	lua_setfield(L, -2, "size");
	bind_push_u64(L, f.crlf_size);
	lua_setfield(L, -2, "crlf_size");
	bind_push_u64(L, f.served_size);
	lua_setfield(L, -2, "served_size");
	return 1;
}

/* gather(max): body_gather, of a held body, and body_whole. */
static int
body_gather_method(lua_State *L)
{
	struct body *b = check_body(L);

	lua_pushboolean(L, body_gather(b, (uint64_t)luaL_checkinteger(L, 2)));
	lua_pushboolean(L, body_whole(b));
	return 2;
}

static int
body_hold_method(lua_State *L)
{
	body_hold(check_body(L));
	return 0;
}

/* The end of a body that was held may be told. */
static int
body_release_method(lua_State *L)
{
	body_release(check_body(L));
	return 0;
}

/* ---- fields ---- */

static void
push_taken(lua_State *L, void *object)
{
	const struct bind_body *u = object;

	bind_push_u64(L, u->b != NULL ? body_taken(u->b) : 0);
}

static void
push_source(lua_State *L, void *object)
{
	(void)object;
	lua_getiuservalue(L, 1, UV_SOURCE);
}

static void
push_due(lua_State *L, void *object)
{
	const struct bind_body *u = object;

	lua_pushboolean(L, u->b != NULL && body_due(u->b));
}

static const struct bind_field fields[] = {
    {"taken", push_taken},
    {"due", push_due},
    {"source", push_source},
    {NULL, NULL},
};

static int
body_index(lua_State *L)
{
	(void)bind_index(L, fields, bind_check(L, 1, &body_type));
	return 1;
}

/*** #body
 * The size in octets, or nil if it is not known yet.
 */
static int
body_len(lua_State *L)
{
	uint64_t size;

	if (body_size(check_body(L), &size))
		bind_push_u64(L, size);
	else
		lua_pushnil(L);
	return 1;
}

static int
body_tostring(lua_State *L)
{
	struct bind_body *u = bind_check(L, 1, &body_type);
	uint64_t size;

	if (u->b == NULL)
		lua_pushliteral(L, "body (closed)");
	else if (body_size(u->b, &size))
		lua_pushfstring(L, "body (%I octets)", (LUAI_UACINT)size);
	else
		lua_pushliteral(L, "body");
	return 1;
}

/* ---- making bodies ---- */

static int
string_body(lua_State *L)
{
	struct str s = bind_str(L, 1);

	*bind_new_body(L, 0) = body_mem(s);
	return 1;
}

static int
file_body(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct body **slot = bind_new_body(L, 0);
	struct err e = {0};

	*slot = body_open(path, &e);
	return *slot != NULL ? 1 : bind_raise(L, &e, 0);
}

/* held_body(prefix, body): see proto/body.h; hold() holds it.  Its source is
 * that of the inner one. */
static int
held_body(lua_State *L)
{
	struct str prefix = bind_str(L, 1);
	struct body *inner = bind_test_body(L, 2), **slot;

	if (inner == NULL)
		return luaL_typeerror(L, 2, "body");
	lua_getiuservalue(L, 2, UV_SOURCE);
	slot = bind_new_body(L, -1);
	*slot = body_held(prefix, inner, false);
	return 1;
}

static int spool_gc(lua_State *);
static int spool_add_method(lua_State *);
static int spool_body_method(lua_State *);

static const struct bind_type spool_type = {
    .name = "postel.spool",
    .index = bind_index_methods,
    .meta = (const luaL_Reg[]){{"__gc", spool_gc}, {NULL, NULL}},
    .methods =
	(const luaL_Reg[]){
	    {"add", spool_add_method},
	    {"body", spool_body_method},
	    {NULL, NULL},
	},
};

static int
spool_gc(lua_State *L)
{
	struct bind_spool *u = bind_check(L, 1, &spool_type);

	spool_free(u->s);
	u->s = NULL;
	return 0;
}

static struct bind_spool *
check_spool(lua_State *L)
{
	struct bind_spool *u = bind_check(L, 1, &spool_type);

	if (u->s == NULL)
		luaL_argerror(L, 1, "spool is a body already");
	return u;
}

struct spool *
bind_take_spool(lua_State *L, int idx)
{
	struct bind_spool *u = bind_check(L, idx, &spool_type);
	struct spool *s = u->s;

	if (s == NULL)
		luaL_argerror(L, idx, "spool is a body already");
	u->s = NULL;
	return s;
}

static int
spool_add_method(lua_State *L)
{
	struct bind_spool *u = check_spool(L);
	struct str s = bind_str(L, 2);
	struct err e = {0};

	if (spool_add(u->s, s, &e) != 0)
		return bind_raise(L, &e, 0);
	return 0;
}

/* The spool becomes a body and takes no more. */
static int
spool_body_method(lua_State *L)
{
	struct body **slot = bind_new_body(L, 0);

	*slot = body_spool(bind_take_spool(L, 1));
	return 1;
}

static int
new_spool(lua_State *L)
{
	struct bind_spool *u = bind_new(L, &spool_type, sizeof(*u));

	u->s = spool_new(limits.spool_memory);
	return 1;
}

const luaL_Reg bind_body_functions[] = {
    {"string_body", string_body},
    {"file_body", file_body},
    {"held_body", held_body},
    {"spool", new_spool},
    {NULL, NULL},
};
