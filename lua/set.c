/*
 * set: sets of numbers (wire/seqset.h) for postel.set, which adds operators and
 * takes texts and tables.
 *
 * Nothing changes a set that others see; who fills one adds to it before.  Its
 * memory is C's: Lua, which does not count it, is told to collect when a large
 * one is made.
 */
#include "base/text.h"
#include "lua/bind.h"
#include "proto/proto.h"
#include "wire/imap.h"
#include "wire/seqset.h"

/* So many ranges are a large set: a collection costs less than keeping two. */
#define LARGE 16384

static int set_gc(lua_State *);
static int set_len(lua_State *);
static int set_tostring(lua_State *);
static int set_eq(lua_State *);
static int set_add(lua_State *);
static int set_has(lua_State *);
static int set_each(lua_State *);
static int set_min(lua_State *);
static int set_max(lua_State *);
static int set_chunks(lua_State *);
static int set_or(lua_State *);
static int set_and(lua_State *);
static int set_without(lua_State *);

static const struct bind_type set_type = {
    .name = "postel.set",
    .module = NULL, /* postel.set is loaded first */
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", set_gc},
	    {"__len", set_len},
	    {"__tostring", set_tostring},
	    {"__eq", set_eq},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"add", set_add},
	    {"has", set_has},
	    {"each", set_each},
	    {"min", set_min},
	    {"max", set_max},
	    {"chunks", set_chunks},
	    {"either", set_or},
	    {"both", set_and},
	    {"without", set_without},
	    {NULL, NULL},
	},
};

static struct seqset *
push_set(lua_State *L)
{
	return bind_new(L, &set_type, sizeof(struct seqset));
}

static struct seqset *
check_set(lua_State *L, int idx)
{
	return bind_check(L, idx, &set_type);
}

/* s, on top of the stack, is what it is to be. */
static int
made(lua_State *L, struct seqset *s)
{
	seqset_fit(s);
	if (s->n > LARGE)
		lua_gc(L, LUA_GCCOLLECT);
	return 1;
}

/* core.set(): an empty one. */
int
bind_set(lua_State *L)
{
	(void)push_set(L);
	return 1;
}

static int
set_gc(lua_State *L)
{
	seqset_fini(check_set(L, 1));
	return 0;
}

static int
set_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check_set(L, 1)->count);
	return 1;
}

/* IMAP's sequence-set; "" if empty. */
static int
set_tostring(lua_State *L)
{
	const struct seqset *s = check_set(L, 1);
	struct bind_scratch *scratch = bind_new_scratch(L);

	if (seqset_put(&scratch->buf, s) < 0)
		return luaL_error(L, "set too large");
	bind_push_str(L, buf_str(&scratch->buf));
	bind_scratch_done(scratch);
	return 1;
}

static int
set_eq(lua_State *L)
{
	lua_pushboolean(L, seqset_eq(check_set(L, 1), check_set(L, 2)));
	return 1;
}

static uint32_t
check_number(lua_State *L, int idx)
{
	lua_Integer n = luaL_checkinteger(L, idx);

	luaL_argcheck(L, n >= 1 && n <= UINT32_MAX, idx,
	    "a number from 1 to 4294967295 expected");
	return (uint32_t)n;
}

/* set:add(first, last): for who has just made it; without last one number. */
static int
set_add(lua_State *L)
{
	struct seqset *s = check_set(L, 1);
	uint32_t first = check_number(L, 2);
	uint32_t last = lua_isnoneornil(L, 3) ? first : check_number(L, 3);

	luaL_argcheck(L, first <= last, 3, "no range");
	seqset_add(s, first, last);
	return 0;
}

/* Misuse of n, as postel.errors has it. */
static int
misused(lua_State *L, const char *function)
{
	return luaL_error(L, text_of("bad argument '%s' to '%s' (%s)"), "n",
	    function, text_of("a number from 1 on expected"));
}

/*** set:has(n)
 * Whether n is in the set.
 */
static int
set_has(lua_State *L)
{
	const struct seqset *s = check_set(L, 1);
	lua_Integer n = lua_tointeger(L, 2);

	if (lua_type(L, 2) != LUA_TNUMBER)
		return misused(L, "has");
	lua_pushboolean(
	    L, n >= 1 && n <= UINT32_MAX && seqset_has(s, (uint32_t)n));
	return 1;
}

/* The place that an iterator has as its second and third upvalue. */
static struct seqpos
place(lua_State *L)
{
	return (struct seqpos){
	    .range = (size_t)lua_tointeger(L, lua_upvalueindex(2)),
	    .last = (uint32_t)lua_tointeger(L, lua_upvalueindex(3))};
}

static void
keep_place(lua_State *L, struct seqpos at)
{
	lua_pushinteger(L, (lua_Integer)at.range);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushinteger(L, at.last);
	lua_replace(L, lua_upvalueindex(3));
}

static void
push_iterator(lua_State *L, lua_CFunction fn, lua_Integer size)
{
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, size);
	lua_pushcclosure(L, fn, 4);
}

static int
each_next(lua_State *L)
{
	const struct seqset *s = lua_touserdata(L, lua_upvalueindex(1));
	struct seqpos at = place(L);
	uint32_t n = seqset_next(s, &at);

	keep_place(L, at);
	if (n == 0)
		lua_pushnil(L);
	else
		lua_pushinteger(L, n);
	return 1;
}

/*** set:each()
 * Iterates over the numbers, upwards.
 */
static int
set_each(lua_State *L)
{
	(void)check_set(L, 1);
	push_iterator(L, each_next, 0);
	return 1;
}

/*** set:min() → n
 *** set:max() → n
 * The smallest and the largest number, or nil.
 */
static int
set_min(lua_State *L)
{
	const struct seqset *s = check_set(L, 1);

	if (s->n == 0)
		lua_pushnil(L);
	else
		lua_pushinteger(L, s->ranges[0].low);
	return 1;
}

static int
set_max(lua_State *L)
{
	const struct seqset *s = check_set(L, 1);

	if (s->n == 0)
		lua_pushnil(L);
	else
		lua_pushinteger(L, s->ranges[s->n - 1].high);
	return 1;
}

/* The next numbers, by whole ranges. */
static int
chunks_next(lua_State *L)
{
	const struct seqset *s = lua_touserdata(L, lua_upvalueindex(1));
	uint64_t left = (uint64_t)lua_tointeger(L, lua_upvalueindex(4));
	struct seqpos at = place(L);
	struct seqset *chunk;

	if (at.range == s->n) {
		lua_pushnil(L);
		return 1;
	}
	chunk = push_set(L);
	while (left > 0 && at.range < s->n) {
		const struct seqrange *r = &s->ranges[at.range];
		uint32_t low = at.last == 0 ? r->low : at.last + 1;
		uint64_t n = (uint64_t)r->high - low + 1;

		if (n > left) {
			n = left;
			at.last = low + (uint32_t)(n - 1);
		} else {
			at = (struct seqpos){.range = at.range + 1};
		}
		seqset_add(chunk, low, low + (uint32_t)(n - 1));
		left -= n;
	}
	keep_place(L, at);
	return made(L, chunk);
}

/*** set:chunks(n)
 * Iterates over subsets of at most n numbers each, in order.
 */
static int
set_chunks(lua_State *L)
{
	lua_Integer n = lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 0;

	(void)check_set(L, 1);
	if (n < 1)
		return misused(L, "chunks");
	push_iterator(L, chunks_next, n);
	return 1;
}

static int
combine(lua_State *L, void (*fn)(struct seqset *s, const struct seqset *a,
			  const struct seqset *b))
{
	const struct seqset *a = check_set(L, 1), *b = check_set(L, 2);
	struct seqset *s = push_set(L);

	fn(s, a, b);
	return made(L, s);
}

static int
set_or(lua_State *L)
{
	return combine(L, seqset_or);
}

static int
set_and(lua_State *L)
{
	return combine(L, seqset_and);
}

static int
set_without(lua_State *L)
{
	return combine(L, seqset_without);
}

/* ---- what SEARCH has found ---- */

/* The text behind ALL in an ESEARCH response (RFC 4731 3.1). */
static struct str
all_of(const struct imap_val *v)
{
	for (; v != NULL; v = v->next)
		if (imap_is(v, "ALL"))
			return imap_text(v->next);
	return S("");
}

/* The numbers of a SEARCH response that has more than numbers: a list behind
 * them is (MODSEQ n) (RFC 7162 3.1.5). */
static bool
numbers_of(struct seqset *s, const struct imap_val *v)
{
	for (; v != NULL && v->kind != IMAP_LIST; v = v->next) {
		if (v->kind != IMAP_NUMBER || v->num < 1 || v->num > UINT32_MAX)
			return false;
		seqset_push(s, (uint32_t)v->num, (uint32_t)v->num);
	}
	return true;
}

/* What one response adds; false if it is none that a server may send. */
static bool
take_response(
    struct seqset *found, struct seqset *sum, const struct imap_msg *msg)
{
	struct str all;

	if (str_eqcase(msg->name, S("SEARCH")))
		return numbers_of(found, msg->vals);
	if (!str_eqcase(msg->name, S("ESEARCH")))
		return true;
	all = all_of(msg->vals);
	return all.n == 0 || seqset_parse(sum, all, 0);
}

/* cmd:found(): what the reply to a SEARCH has found, as two sets, for a range
 * of the second, of ESEARCH, may name billions that are not there; or nil if a
 * number is no number. */
int
bind_cmd_found(lua_State *L)
{
	struct cmd *cmd = bind_check_cmd(L, 1);
	struct seqset *found = push_set(L), *sum = push_set(L);
	struct bind_scratch *s = bind_new_scratch(L);
	const struct item *at = cmd->items;
	struct imap_msg msg;
	struct err e = {0};
	bool good = true;
	int rc = 1;

	while (rc > 0 && good && at != NULL) {
		if (at->kind == ITEM_LINE && seqset_search(found, at->line)) {
			at = at->next;
			continue;
		}
		rc = cmd_response(cmd, &at, &s->arena, &msg, &e);
		good = rc <= 0 || take_response(found, sum, &msg);
		arena_fini(&s->arena);
	}
	bind_scratch_done(s);
	lua_pop(L, 1);
	if (rc < 0)
		return bind_raise(L, &e, 0);
	if (!good)
		return 0;
	seqset_settle(found);
	(void)made(L, found);
	seqset_fit(sum);
	return 2;
}
