/* maildir: Maildirs as Lua sees them, over store/maildir.h. */
#include "lua/bind.h"
#include "store/maildir.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

struct bind_maildir {
	int dir; /* plus one; 0: closed */
};

struct bind_delivery {
	struct delivery *d;
};

static int maildir_gc(lua_State *);
static int maildir_deliver(lua_State *);
static int delivery_gc(lua_State *);
static int delivery_take(lua_State *);
static int delivery_base_method(lua_State *);
static int delivery_commit_method(lua_State *);

static const struct bind_type maildir_type = {
    .name = "postel.maildir_folder",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", maildir_gc},
	    {"__close", maildir_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"deliver", maildir_deliver},
	    {"close", maildir_gc},
	    {NULL, NULL},
	},
};

static const struct bind_type delivery_type = {
    .name = "postel.delivery",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", delivery_gc},
	    {"__close", delivery_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"take", delivery_take},
	    {"base", delivery_base_method},
	    {"commit", delivery_commit_method},
	    {NULL, NULL},
	},
};

static int
maildir_gc(lua_State *L)
{
	struct bind_maildir *u = bind_check(L, 1, &maildir_type);

	if (u->dir > 0)
		close(u->dir - 1);
	u->dir = 0;
	return 0;
}

static int
check_dir(lua_State *L)
{
	struct bind_maildir *u = bind_check(L, 1, &maildir_type);

	luaL_argcheck(L, u->dir > 0, 1, "closed Maildir");
	return u->dir - 1;
}

/* maildir(path, create): the Maildir at path, made if that is wanted. */
int
bind_maildir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	bool create = lua_toboolean(L, 2);
	struct bind_maildir *u = bind_new(L, &maildir_type, sizeof(*u));
	struct err e = {0};

	if (create && maildir_make(path, &e) != 0)
		return bind_raise(L, &e, 0);
	if (!maildir_is(path)) {
		(void)err_set(&e, ERR_USE, "%s is no Maildir", path);
		return bind_raise(L, &e, 0);
	}
	u->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) + 1;
	if (u->dir > 0)
		return 1;
	(void)err_sys(&e, "%s", path);
	return bind_raise(L, &e, 0);
}

/* ---- what is there ---- */

static void
push_flags(lua_State *L, uint32_t flags)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (size_t i = 0; i < MAILDIR_FLAGS; i++) {
		if (!(flags & maildir_flags[i].bit))
			continue;
		lua_pushstring(L, maildir_flags[i].name);
		lua_rawseti(L, -2, ++n);
	}
}

/* The flags in the array at idx, those that a file's name can hold. */
static uint32_t
check_flags(lua_State *L, int idx)
{
	uint32_t flags = 0;

	if (lua_isnoneornil(L, idx))
		return 0;
	luaL_checktype(L, idx, LUA_TTABLE);
	for (lua_Integer i = 1; lua_geti(L, idx, i) == LUA_TSTRING; i++) {
		flags |= maildir_flag(bind_str(L, -1));
		lua_pop(L, 1);
	}
	return flags;
}

/* maildir_name(name): the base of a file's name, and an array of the flags in
 * it. */
int
bind_maildir_name(lua_State *L)
{
	uint32_t flags;

	bind_push_str(L, maildir_base(bind_str(L, 1), &flags));
	push_flags(L, flags);
	return 2;
}

/* maildir_file(name, add, remove): the name that a file of this name has in cur
 * when flags of an array have come, and others have gone; what no letter stands
 * for is passed over. */
int
bind_maildir_file(lua_State *L)
{
	uint32_t add = check_flags(L, 2), remove = check_flags(L, 3), flags;
	struct str base = maildir_base(bind_str(L, 1), &flags);
	struct buf b;
	int rc;

	buf_init(&b, PATH_MAX);
	rc = maildir_name(&b, base, (flags | add) & ~remove);
	if (rc == 0)
		bind_push_str(L, buf_str(&b));
	buf_fini(&b);
	return rc == 0 ? 1 : luaL_argerror(L, 1, "too long");
}

/* ---- what comes ---- */

static int
delivery_gc(lua_State *L)
{
	struct bind_delivery *u = bind_check(L, 1, &delivery_type);

	delivery_free(u->d);
	u->d = NULL;
	return 0;
}

static struct delivery *
check_delivery(lua_State *L)
{
	struct bind_delivery *u = bind_check(L, 1, &delivery_type);

	luaL_argcheck(L, u->d != NULL, 1, "delivery is over");
	return u->d;
}

/* deliver(unsynced): a message on its way in; what was not committed leaves
 * nothing behind. */
static int
maildir_deliver(lua_State *L)
{
	int dir = check_dir(L);
	bool unsynced = lua_toboolean(L, 2);
	struct bind_delivery *u = bind_new(L, &delivery_type, sizeof(*u));
	struct err e = {0};

	u->d = delivery_new(dir, &e);
	if (u->d == NULL)
		return bind_raise(L, &e, 0);
	if (unsynced)
		delivery_unsynced(u->d);
	return 1;
}

/* take(body): writes what is there; true at the body's end, false when more
 * will come. */
static int
delivery_take(lua_State *L)
{
	struct delivery *d = check_delivery(L);
	struct body *b = bind_test_body(L, 2);
	struct str s;
	struct err e = {0};
	enum pull p;

	if (b == NULL)
		return luaL_typeerror(L, 2, "body");
	while ((p = body_pull(b, &s, &e)) == PULL_SLICE) {
		if (delivery_add(d, s, &e) != 0)
			return bind_raise(L, &e, 0);
		body_took(b, s.n);
	}
	if (p == PULL_FAIL)
		return bind_raise(L, &e, 0);
	lua_pushboolean(L, p == PULL_END);
	return 1;
}

/* base(): the part of its name that it will keep. */
static int
delivery_base_method(lua_State *L)
{
	lua_pushstring(L, delivery_base(check_delivery(L)));
	return 1;
}

/* commit(flags, seconds): the message is there; its name in the folder.  Both
 * may be nil. */
static int
delivery_commit_method(lua_State *L)
{
	struct delivery *d = check_delivery(L);
	uint32_t flags = check_flags(L, 2);
	int64_t when = luaL_optinteger(L, 3, DELIVERY_NOW);
	const char *name;
	struct err e = {0};

	if (delivery_commit(d, flags, when, &name, &e) != 0)
		return bind_raise(L, &e, 0);
	lua_pushstring(L, name);
	return delivery_gc(L), 1;
}
