/* maildir: Maildirs as Lua sees them, over store/maildir.h. */
#include "lua/bind.h"
#include "store/batch.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

struct bind_maildir {
	int dir; /* plus one; 0: closed */
};

struct bind_batch {
	struct batch *b;
};

static int maildir_gc(lua_State *);
static int maildir_batch(lua_State *);
static int batch_gc(lua_State *);
static int batch_len(lua_State *);
static int batch_take_method(lua_State *);
static int batch_drop_method(lua_State *);
static int batch_seal_method(lua_State *);
static int batch_sync_method(lua_State *);
static int batch_commit_method(lua_State *);

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
	    {"batch", maildir_batch},
	    {"close", maildir_gc},
	    {NULL, NULL},
	},
};

static const struct bind_type batch_type = {
    .name = "postel.maildir_batch",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", batch_gc},
	    {"__close", batch_gc},
	    {"__len", batch_len},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"take", batch_take_method},
	    {"drop", batch_drop_method},
	    {"seal", batch_seal_method},
	    {"sync", batch_sync_method},
	    {"commit", batch_commit_method},
	    {"close", batch_gc},
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

/* ---- what comes (store/batch.h) ---- */

/* What was not committed leaves nothing behind. */
static int
batch_gc(lua_State *L)
{
	struct bind_batch *u = bind_check(L, 1, &batch_type);

	batch_free(u->b);
	u->b = NULL;
	return 0;
}

static struct batch *
check_batch(lua_State *L)
{
	struct bind_batch *u = bind_check(L, 1, &batch_type);

	luaL_argcheck(L, u->b != NULL, 1, "batch is over");
	return u->b;
}

/* batch(): for messages that get there together. */
static int
maildir_batch(lua_State *L)
{
	int dir = check_dir(L);
	struct bind_batch *u = bind_new(L, &batch_type, sizeof(*u));
	struct err e = {0};

	u->b = batch_new(dir, &e);
	return u->b != NULL ? 1 : bind_raise(L, &e, 0);
}

/* The sealed messages that are not committed yet. */
static int
batch_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)batch_count(check_batch(L)));
	return 1;
}

/* take(body): writes what is there; true at the body's end, false when more
 * will come.  A message that is not whole is dropped when that raises. */
static int
batch_take_method(lua_State *L)
{
	struct batch *batch = check_batch(L);
	struct body *b = bind_test_body(L, 2);
	struct str s;
	struct err e = {0};
	enum pull p;

	if (b == NULL)
		return luaL_typeerror(L, 2, "body");
	while ((p = body_pull(b, &s, &e)) == PULL_SLICE) {
		if (batch_add(batch, s, &e) != 0)
			break;
		body_took(b, s.n);
	}
	if (p == PULL_SLICE || p == PULL_FAIL) {
		batch_drop(batch);
		return bind_raise(L, &e, 0);
	}
	lua_pushboolean(L, p == PULL_END);
	return 1;
}

static int
batch_drop_method(lua_State *L)
{
	batch_drop(check_batch(L));
	return 0;
}

/* seal(flags, seconds): the message is whole; the part of its name that it will
 * keep, and its name in the folder.  Both arguments may be nil. */
static int
batch_seal_method(lua_State *L)
{
	struct batch *b = check_batch(L);
	uint32_t flags = check_flags(L, 2);
	int64_t when = luaL_optinteger(L, 3, DELIVERY_NOW);
	struct str base, name;
	struct err e = {0};

	if (batch_seal(b, flags, when, &base, &name, &e) != 0)
		return bind_raise(L, &e, 0);
	bind_push_str(L, base);
	bind_push_str(L, name);
	return 2;
}

/* sync(): all that was sealed is on disk. */
static int
batch_sync_method(lua_State *L)
{
	struct err e = {0};

	if (batch_sync(check_batch(L), &e) != 0)
		return bind_raise(L, &e, 0);
	return 0;
}

/* commit(unsynced): it is where it belongs, on disk; without the sync of the
 * folders if that is said.  When it raises nothing of it is there. */
static int
batch_commit_method(lua_State *L)
{
	bool unsynced = lua_toboolean(L, 2);
	struct err e = {0};

	if (batch_commit(check_batch(L), !unsynced, &e) != 0)
		return bind_raise(L, &e, 0);
	return 0;
}
