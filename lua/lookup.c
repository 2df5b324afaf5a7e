/* lookup: records of DNS, asked for and waited for. */
#include "lua/bind.h"
#include "base/mem.h"
#include "net/dns.h"

#include <stdlib.h>

static int lookup_gc(lua_State *);
static int lookup_answer(lua_State *);

static const struct bind_type lookup_type = {
    .name = "postel.lookup",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", lookup_gc},
	    {"__close", lookup_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"answer", lookup_answer},
	    {NULL, NULL},
	},
};

struct bind_lookup {
	struct question question;
	struct dns_asked asked;
	struct dns_answer *answer; /* NULL: never asked, or closed */
	int64_t began, ended;	   /* microseconds */
};

static int
lookup_gc(lua_State *L)
{
	struct bind_lookup *u = bind_check(L, 1, &lookup_type);

	question_drop(&u->question);
	free(u->answer);
	u->answer = NULL;
	return 0;
}

static void
query(const void *asked, void *answer)
{
	dns_query(asked, answer);
}

static void
done(struct question *q)
{
	struct bind_lookup *u = CONTAINER_OF(q, struct bind_lookup, question);

	u->ended = loop_now_us();
	if (q->answered)
		return;
	*u->answer = (struct dns_answer){0};
	(void)err_set(
	    &u->answer->e, ERR_DNS, "the look-up ended without an answer");
}

/* lookup(name, type, server): begins to ask for the records of a name in
 * ASCII; server, "ADDRESS:PORT", may be nil. */
static int
core_lookup(lua_State *L)
{
	struct str name = bind_str(L, 1);
	enum dns_type type = dns_type_find(bind_str(L, 2));
	const char *server = luaL_optstring(L, 3, NULL);
	struct bind_lookup *u;
	struct err e = {0};

	luaL_argcheck(L, type != 0, 2, "no type of record that is known");
	u = bind_new(L, &lookup_type, sizeof(*u));
	u->asked.type = type;
	if (name.n >= sizeof(u->asked.name) || str_has(name, '\0'))
		err_set(&e, ERR_DNS, "%s is no name that DNS can have", name.p);
	else if (server == NULL ||
		 dns_server_parse(server, &u->asked.server, &e) == 0) {
		(void)str_copy(u->asked.name, sizeof(u->asked.name), name);
		u->answer = mem_zalloc(sizeof(*u->answer));
		u->question.done = done;
		u->began = loop_now_us();
		(void)question_ask(&u->question, script_of(L)->loop, query,
		    &u->asked, u->answer, sizeof(*u->answer), &e);
	}
	return e.kind == ERR_NONE ? 1 : bind_raise(L, &e, 0);
}

static void
set_integer(lua_State *L, const char *key, lua_Integer n)
{
	lua_pushinteger(L, n);
	lua_setfield(L, -2, key);
}

static void
push_record(lua_State *L, enum dns_type type, const struct dns_record *r)
{
	const struct dns_tlsa *t = &r->u.tlsa;

	lua_createtable(L, 0, 4);
	if (type == DNS_TLSA) {
		set_integer(L, "usage", t->usage);
		set_integer(L, "selector", t->selector);
		set_integer(L, "matching", t->matching);
		bind_push_str(L, (struct str){(const char *)t->data, t->n});
		lua_setfield(L, -2, "data");
		return;
	}
	set_integer(L, "priority", r->priority);
	set_integer(L, "weight", r->weight);
	set_integer(L, "port", r->port);
	lua_pushstring(L, r->u.target);
	lua_setfield(L, -2, "target");
}

/*
 * lookup:answer(): nil while it is due; then {exists, authenticated, seconds,
 * left_out, and the records}.  Raises if there was none.
 */
static int
lookup_answer(lua_State *L)
{
	struct bind_lookup *u = bind_check(L, 1, &lookup_type);
	const struct dns_answer *a = u->answer;

	luaL_argcheck(L, a != NULL, 1, "closed");
	if (question_pending(&u->question))
		return 0;
	if (a->e.kind != ERR_NONE)
		return bind_raise(L, &a->e, 0);
	lua_createtable(L, (int)a->n, 4);
	lua_pushboolean(L, a->exists);
	lua_setfield(L, -2, "exists");
	lua_pushboolean(L, a->authenticated);
	lua_setfield(L, -2, "authenticated");
	lua_pushnumber(L, (lua_Number)(u->ended - u->began) / 1e6);
	lua_setfield(L, -2, "seconds");
	set_integer(L, "left_out", (lua_Integer)a->left_out);
	for (size_t i = 0; i < a->n; i++) {
		push_record(L, u->asked.type, &a->r[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* host_ascii(name): as DNS and certificates have it. */
static int
core_host_ascii(lua_State *L)
{
	char name[HOST_SIZE];
	struct err e = {0};

	if (host_ascii(luaL_checkstring(L, 1), name, &e) != 0)
		return bind_raise(L, &e, 0);
	lua_pushstring(L, name);
	return 1;
}

const luaL_Reg bind_lookup_functions[] = {
    {"lookup", core_lookup},
    {"host_ascii", core_host_ascii},
    {NULL, NULL},
};
