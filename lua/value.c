/*
 * value: replies parsed into Lua tables.
 *
 * IMAP values: a list is an array, NIL is false, a number an integer, an atom
 * or a string a string, a message (part) that was a literal a body.
 */
#include "lua/bind.h"
#include "proto/proto.h"
#include "wire/pop3.h"
#include "wire/smtp.h"

/* ---- IMAP ---- */

/* cmd is the index of the command whose bodies streamed literals are. */
static void push_value(lua_State *L, int cmd, const struct imap_val *v);

/* The values from v on become elements of the table on top. */
static void
add_values(lua_State *L, int cmd, const struct imap_val *v)
{
	lua_Integer n = 0;

	luaL_checkstack(L, 6, "values nested too deep");
	for (; v != NULL; v = v->next) {
		push_value(L, cmd, v);
		lua_rawseti(L, -2, ++n);
	}
}

static void
push_value(lua_State *L, int cmd, const struct imap_val *v)
{
	switch (v->kind) {
	case IMAP_NUMBER:
		bind_push_u64(L, v->num);
		return;
	case IMAP_NIL:
		lua_pushboolean(L, false);
		return;
	case IMAP_LIST:
		lua_newtable(L);
		add_values(L, cmd, v->first);
		return;
	case IMAP_LITERAL:
		if (v->stream >= 0) {
			bind_push_cmd_body(L, cmd, (size_t)v->stream);
			return;
		}
		break;
	case IMAP_ATOM:
	case IMAP_QUOTED:
		break;
	}
	bind_push_str(L, v->s);
}

/* {name =, number =, code =, text =, values…}. */
static void
push_response(lua_State *L, int cmd, const struct imap_msg *msg)
{
	lua_createtable(L, 4, 3);
	bind_push_str(L, msg->name);
	lua_setfield(L, -2, "name");
	if (msg->type == IMAP_TAGGED) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, "tagged");
	}
	if (msg->has_num) {
		bind_push_u64(L, msg->num);
		lua_setfield(L, -2, "number");
	}
	if (msg->code != NULL) {
		push_value(L, cmd, msg->code);
		lua_setfield(L, -2, "code");
	}
	if (msg->text.p != NULL) {
		bind_push_str(L, msg->text);
		lua_setfield(L, -2, "text");
	}
	add_values(L, cmd, msg->vals);
}

/* Pushes the next response of the command; false if there is none. */
static bool
next_response(lua_State *L, int idx, struct cmd *cmd, const struct item **at)
{
	struct bind_scratch *s = bind_new_scratch(L);
	struct imap_msg msg;
	struct err e = {0};
	int rc = cmd_response(cmd, at, &s->arena, &msg, &e);

	if (rc < 0)
		bind_raise(L, &e, 0);
	if (rc > 0)
		push_response(L, idx, &msg);
	bind_scratch_done(s);
	lua_remove(L, rc > 0 ? -2 : -1);
	return rc > 0;
}

/* Up to the item `at` all is given. */
static void
consume(struct bind_cmd *u, const struct item *from, const struct item *at)
{
	for (; from != at; from = from->next) {
		u->last = from;
		u->bodies += from->kind == ITEM_BODY;
	}
}

/*** cmd:response() → response
 * The next whole IMAP response that has come, as cmd.data has it, or nil; it
 * does not wait.  Its bodies says how many bodies of the reply stand up to its
 * end.
 */
int
bind_cmd_response(lua_State *L)
{
	struct cmd *cmd = bind_check_cmd(L, 1);
	struct bind_cmd *u = lua_touserdata(L, 1);
	const struct item *from = u->last != NULL ? u->last->next : cmd->items;
	const struct item *at = from;

	if (!next_response(L, 1, cmd, &at)) {
		lua_pushnil(L);
		return 1;
	}
	consume(u, from, at);
	lua_pushinteger(L, (lua_Integer)u->bodies);
	lua_setfield(L, -2, "bodies");
	return 1;
}

/* ---- FETCH ---- */

/* The attributes that become fields of a message (lua/postel/fetch.lua). */
static const struct {
	const char *name, *field;
} attributes[] = {
    {"UID", "uid"},
    {"FLAGS", "flags"},
    {"INTERNALDATE", "internaldate"},
    {"RFC822.SIZE", "size"},
    {"ENVELOPE", "envelope"},
    {"BODYSTRUCTURE", "structure"},
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(*attributes) };

static bool
is_part(struct str name)
{
	return str_starts(name, S("BODY[")) || str_starts(name, S("BINARY[")) ||
	       str_eq(name, S("RFC822")) || str_eq(name, S("RFC822.TEXT")) ||
	       str_eq(name, S("RFC822.HEADER"));
}

/* The field for an attribute, or NULL. */
static const char *
field_of(struct str name)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (str_eq(name, str_z(attributes[i].name)))
			return attributes[i].field;
	return is_part(name) ? "part" : NULL;
}

/* Pushes the text of an atom, in upper case. */
static struct str
push_upper(lua_State *L, struct str s)
{
	luaL_Buffer b;
	char *p = luaL_buffinitsize(L, &b, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_upper(s.p[i]);
	luaL_pushresultsize(&b, s.n);
	return bind_str(L, -1);
}

/* Sets the fields of the message at idx 2 as a response says, and its items by
 * name.  Of a UID that is none, or of two, nothing is told. */
static void
set_fields(lua_State *L, const struct imap_msg *msg)
{
	const char *field;
	const struct imap_val *uid = NULL;
	bool one_uid = true;

	if (msg->has_num) {
		bind_push_u64(L, msg->num);
		lua_setfield(L, 2, "number");
	}
	lua_createtable(L, 0, ATTRIBUTES);
	for (const struct imap_val *v = msg->vals->first;
	     v != NULL && v->next != NULL; v = v->next->next) {
		struct str name = push_upper(L, v->s);

		push_value(L, 1, v->next);
		field = field_of(name);
		if (field == attributes[0].field) {
			one_uid = one_uid && v->next->kind == IMAP_NUMBER &&
				  (uid == NULL || uid->num == v->next->num);
			uid = v->next;
		}
		if (field != NULL) {
			lua_pushvalue(L, -1);
			lua_setfield(L, 2, field);
		}
		lua_rawset(L, -3);
	}
	lua_setfield(L, 2, "items");
	if (!one_uid) {
		lua_pushnil(L);
		lua_setfield(L, 2, "uid");
	}
}

/*
 * cmd:fetched(m, begun): takes the next response that has come whole, or, if
 * that is wanted, what stands in front of a body that has just begun, and
 * stays.  If it is a FETCH, its attributes become fields of the table m.  true
 * when it was whole, false when it has begun, nil when there is nothing; and
 * how many bodies stand up to the end of what was whole.
 */
int
bind_cmd_fetched(lua_State *L)
{
	struct cmd *cmd = bind_check_cmd(L, 1);
	struct bind_cmd *u = lua_touserdata(L, 1);
	const struct item *from = u->last != NULL ? u->last->next : cmd->items;
	const struct item *at = from;
	bool begun = lua_toboolean(L, 3);
	struct bind_scratch *s;
	struct imap_msg msg = {0};
	struct err e = {0};
	int rc;

	luaL_checktype(L, 2, LUA_TTABLE);
	s = bind_shared_scratch(L);
	rc = (begun ? cmd_response_so_far : cmd_response)(
	    cmd, &at, &s->arena, &msg, &e);
	if (rc < 0)
		return bind_raise(L, &e, 0);
	if (rc > 0 && str_eqcase(msg.name, S("FETCH")) && msg.vals != NULL &&
	    msg.vals->kind == IMAP_LIST)
		set_fields(L, &msg);
	if (rc == 0)
		return 0;
	if (rc == 1)
		consume(u, from, at);
	lua_pushboolean(L, rc == 1);
	lua_pushinteger(L, (lua_Integer)u->bodies);
	return 2;
}

/* All responses in an array. */
static void
push_imap(lua_State *L, int idx, struct cmd *cmd)
{
	const struct item *at = cmd->items;
	lua_Integer n = 0;

	lua_newtable(L);
	while (next_response(L, idx, cmd, &at))
		lua_rawseti(L, -2, ++n);
}

/* ---- POP3, SMTP ---- */

/* {number, size} of STAT and LIST n, {number, uid} of UIDL n, or nil. */
static void
push_pop3(lua_State *L, const struct cmd *cmd)
{
	struct str text = cmd->reply.text, uid;
	uint64_t n, size;

	lua_createtable(L, 2, 0);
	if (pop3_numbers(text, true, &n, &size)) {
		bind_push_u64(L, n);
		bind_push_u64(L, size);
	} else if (pop3_uid(text, &n, &uid)) {
		bind_push_u64(L, n);
		bind_push_str(L, uid);
	} else {
		lua_pop(L, 1);
		lua_pushnil(L);
		return;
	}
	lua_rawseti(L, -3, 2);
	lua_rawseti(L, -2, 1);
}

/* {KEYWORD = parameters} of EHLO: the lines behind the first one. */
static void
push_smtp(lua_State *L, const struct cmd *cmd)
{
	struct smtp_line line;
	bool first = true;

	lua_newtable(L);
	for (const struct item *i = cmd->items; i != NULL; i = i->next) {
		struct str params;
		if (i->kind != ITEM_LINE || !smtp_line(i->line, &line))
			continue;
		if (!first) {
			struct str kw = smtp_keyword(line.text, &params);
			bind_push_str(L, kw);
			bind_push_str(L, params);
			lua_rawset(L, -3);
		}
		first = false;
	}
}

void
bind_push_data(lua_State *L, int idx, const struct cmd *cmd)
{
	const struct proto *p = conn_proto(cmd->conn);

	if (p == &proto_imap)
		push_imap(L, lua_absindex(L, idx), bind_check_cmd(L, idx));
	else if (p == &proto_pop3)
		push_pop3(L, cmd);
	else
		push_smtp(L, cmd);
}
