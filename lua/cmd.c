/* cmd: commands as Lua sees them.  One that is over is its own reply. */
#include "lua/bind.h"
#include "base/limits.h"

static int cmd_index(lua_State *);
static int cmd_gc(lua_State *);
static int cmd_tostring(lua_State *);
static int cmd_ready_method(lua_State *);
static int cmd_begun_method(lua_State *);
static int cmd_body_method(lua_State *);
static int cmd_answer_method(lua_State *);
static int cmd_raise_method(lua_State *);

/* User values. */
enum { UV_CONN = 1, UV_CACHE };

/* What a command holds in C, in the middle; of so many that are not given back
 * the collector need not be told. */
enum { COMMAND_KIB = 16, COMMANDS = 256 };

/* Commands that Lua holds. */
static size_t held;

static const struct bind_type cmd_type = {
    .name = "postel.cmd",
    .module = "postel.cmd",
    .index = cmd_index,
    .uservalues = UV_CACHE,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", cmd_gc},
	    {"__close", cmd_gc},
	    {"__tostring", cmd_tostring},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"ready", cmd_ready_method},
	    {"begun", cmd_begun_method},
	    {"response", bind_cmd_response},
	    {"found", bind_cmd_found},
	    {"fetched", bind_cmd_fetched},
	    {"body", cmd_body_method},
	    {"answer", cmd_answer_method},
	    {"raise", cmd_raise_method},
	    {"release", cmd_gc},
	    {NULL, NULL},
	},
};

struct bind_cmd *
bind_new_cmd(lua_State *L, int conn)
{
	struct bind_cmd *u;

	conn = lua_absindex(L, conn);
	u = bind_new(L, &cmd_type, sizeof(*u));
	/* Lua does not see the memory behind it: a hint to the collector. */
	if (++held > COMMANDS)
		lua_gc(L, LUA_GCSTEP, COMMAND_KIB);
	u->counted = true;
	lua_pushvalue(L, conn);
	lua_setiuservalue(L, -2, UV_CONN);
	return u;
}

void
bind_push_cmd(lua_State *L, struct conn *c, struct cmd *cmd)
{
	script_push_conn(L, c);
	bind_new_cmd(L, -1)->cmd = cmd_ref(cmd);
	lua_remove(L, -2);
}

struct cmd *
bind_test_cmd(lua_State *L, int idx)
{
	struct bind_cmd *u = bind_test(L, idx, &cmd_type);

	return u != NULL ? u->cmd : NULL;
}

struct cmd *
bind_check_cmd(lua_State *L, int idx)
{
	struct bind_cmd *u = bind_check(L, idx, &cmd_type);

	if (u->cmd == NULL)
		luaL_argerror(L, idx, "command was released or not sent");
	return u->cmd;
}

/*** cmd:release()
 * Gives back what the reply holds, as the end of a <close> variable does.
 */
static int
cmd_gc(lua_State *L)
{
	struct bind_cmd *u = bind_check(L, 1, &cmd_type);

	held -= u->counted;
	cmd_unref(u->cmd);
	*u = (struct bind_cmd){0};
	return 0;
}

/* Pushes the table in which the command's Lua objects are kept. */
static void
push_cache(lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	if (lua_getiuservalue(L, idx, UV_CACHE) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, idx, UV_CACHE);
}

void
bind_push_cmd_body(lua_State *L, int idx, size_t n)
{
	struct cmd *cmd = bind_check_cmd(L, idx);
	struct body **slot;

	idx = lua_absindex(L, idx);
	push_cache(L, idx);
	if (lua_rawgeti(L, -1, (lua_Integer)n) == LUA_TNIL) {
		lua_pop(L, 1);
		slot = bind_new_body(L, idx);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, (lua_Integer)n);
		*slot = body_reply(cmd, n);
	}
	lua_remove(L, -2);
}

/*** cmd:ready()
 * Whether wait() would return at once.
 */
static int
cmd_ready_method(lua_State *L)
{
	struct bind_cmd *u = bind_check(L, 1, &cmd_type);
	bool ready = true;

	if (u->cmd != NULL && !cmd_over(u->cmd)) {
		/* Who asks waits for it, so bodies in its way are kept. */
		cmd_expect(u->cmd);
		ready = u->cmd->state == CMD_ASKED;
	}
	lua_pushboolean(L, ready);
	return 1;
}

/*** cmd:begun()
 * Whether the first body of the reply has begun to come, or the command is
 * over.
 */
static int
cmd_begun_method(lua_State *L)
{
	struct bind_cmd *u = bind_check(L, 1, &cmd_type);

	if (u->cmd != NULL && u->cmd->bodies > 0)
		lua_pushboolean(L, true);
	else
		return cmd_ready_method(L);
	return 1;
}

/*** cmd:body(n) → body
 * The n-th body of the reply, the first without n; it may be read while it
 * comes.
 */
static int
cmd_body_method(lua_State *L)
{
	lua_Integer n = luaL_optinteger(L, 2, 1);

	luaL_argcheck(L, n >= 1 && n <= (lua_Integer)limits.lines, 2,
	    "bodies are counted from 1");
	bind_push_cmd_body(L, 1, (size_t)n - 1);
	return 1;
}

/*** cmd:answer(text)
 * Answers when the server has asked for more: a string, a secret or a body.
 * cmd.challenge is what the server said.
 */
static int
cmd_answer_method(lua_State *L)
{
	struct cmd *cmd = bind_check_cmd(L, 1);
	struct body *body = bind_test_body(L, 2);
	struct str secret = bind_test_secret(L, 2);
	struct err e = {0};
	int rc;

	if (body != NULL)
		rc = conn_answer_body(cmd, body, &e);
	else if (secret.p != NULL)
		rc = conn_answer(cmd, secret, true, &e);
	else
		/* What answers a login is hidden however it comes. */
		rc = conn_answer(cmd, bind_str(L, 2),
		    cmd->verb != NULL && (cmd->verb->flags & VERB_SECRET) != 0,
		    &e);
	bind_soil(L, cmd);
	lua_getiuservalue(L, 1, UV_CONN);
	return rc == 0 ? 0 : bind_raise(L, &e, -1);
}

/* Raises the error that failed the command; nothing if none did. */
static int
cmd_raise_method(lua_State *L)
{
	struct bind_cmd *u = bind_check(L, 1, &cmd_type);

	if (u->cmd == NULL || u->cmd->state != CMD_FAILED)
		return 0;
	lua_getiuservalue(L, 1, UV_CONN);
	return bind_raise(L, &u->cmd->err, -1);
}

/* ---- fields ---- */

static void
push_nonempty(lua_State *L, struct str s)
{
	if (s.n > 0)
		bind_push_str(L, s);
	else
		lua_pushnil(L);
}

/*** cmd.state
 * "queued", "sending", "waiting", "asked", "done" or "failed".
 */
static void
push_state(lua_State *L, void *object)
{
	static const char *const names[] = {
	    [CMD_QUEUED] = "queued",
	    [CMD_SENDING] = "sending",
	    [CMD_WAITING] = "waiting",
	    [CMD_ASKED] = "asked",
	    [CMD_DONE] = "done",
	    [CMD_FAILED] = "failed",
	};
	const struct bind_cmd *u = object;

	lua_pushstring(L, names[u->cmd != NULL ? u->cmd->state : CMD_DONE]);
}

/*** cmd.ok
 * True, false, or nil as long as there is no reply.
 */
static void
push_ok(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	if (u->cmd == NULL)
		lua_pushboolean(L, true);
	else if (u->cmd->state != CMD_DONE)
		lua_pushnil(L);
	else
		lua_pushboolean(L, u->cmd->reply.class == REPLY_OK);
}

/*** cmd.temporary
 * Whether the refusal is one for now.
 */
static void
push_temporary(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	lua_pushboolean(L, u->cmd != NULL && u->cmd->reply.temporary);
}

static void
push_number(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	if (u->cmd != NULL && u->cmd->reply.number != 0)
		lua_pushinteger(L, u->cmd->reply.number);
	else
		lua_pushnil(L);
}

/*** cmd.status
 *** cmd.number
 * "250", "+OK", "NO" as the server wrote it; the number of "250", else nil.
 */
static void
push_status(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	push_nonempty(L, u->cmd != NULL ? u->cmd->reply.status : S(""));
}

/*** cmd.code
 *** cmd.enhanced
 * The enhanced status of SMTP ("5.1.1", RFC 3463), or the response code of POP3
 *and IMAP ("IN-USE", "APPENDUID 38505 3955"); that of SMTP alone.
 */
static void
push_code(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	if (u->cmd == NULL)
		lua_pushnil(L);
	else if (u->cmd->reply.enhanced.n > 0)
		bind_push_str(L, u->cmd->reply.enhanced);
	else
		push_nonempty(L, u->cmd->reply.code);
}

/* The enhanced status code of SMTP alone. */
static void
push_enhanced(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	push_nonempty(L, u->cmd != NULL ? u->cmd->reply.enhanced : S(""));
}

static void
push_tag(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	push_nonempty(L, u->cmd != NULL ? u->cmd->tag : S(""));
}

/*** cmd.text
 *** cmd.lines
 * What is said to people; all lines in an array, without their ends.
 */
static void
push_text(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	if (u->cmd == NULL)
		lua_pushliteral(L, "not sent: dry run");
	else if (u->cmd->state == CMD_DONE)
		bind_push_str(L, u->cmd->reply.text);
	else
		lua_pushnil(L);
}

static void
push_lines(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;
	lua_Integer n = 0;

	lua_newtable(L);
	if (u->cmd == NULL)
		return;
	for (struct item *i = u->cmd->items; i != NULL; i = i->next) {
		if (i->kind != ITEM_LINE)
			continue;
		bind_push_str(L, i->line);
		lua_rawseti(L, -2, ++n);
	}
}

/*** cmd.data
 * What the reply says, parsed when it is first read.  POP3: the two values of
 * STAT, LIST n and UIDL n.  SMTP: the keywords of EHLO.  IMAP: an array of
 * responses, each with name, perhaps number, code and text, and its values in
 * order.  A list is an array, NIL is false, a number an integer, atoms and
 * strings are strings, and a message, or a part of one, that came as a literal
 * is a body.
 */
static void
push_data(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	if (u->cmd == NULL || u->cmd->state != CMD_DONE) {
		lua_pushnil(L);
		return;
	}
	push_cache(L, 1);
	if (lua_getfield(L, -1, "data") != LUA_TNIL)
		return;
	lua_pop(L, 1);
	bind_push_data(L, 1, u->cmd);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "data");
}

static void
push_bodies(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	lua_pushinteger(L, u->cmd != NULL ? (lua_Integer)u->cmd->bodies : 0);
}

/*** cmd.sent
 *** cmd.tag
 * The line that was sent, secrets masked; the tag in it.
 */
static void
push_line(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	push_nonempty(L, u->cmd != NULL ? u->cmd->line : S(""));
}

/*** cmd.seconds
 * From its last octet to the end of its reply, a handshake of TLS left out; nil
 * before.
 */
static void
push_seconds(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;
	int64_t us = u->cmd != NULL ? cmd_elapsed(u->cmd) : -1;

	if (us >= 0)
		lua_pushnumber(L, (lua_Number)us / 1e6);
	else
		lua_pushnil(L);
}

static void
push_challenge(lua_State *L, void *object)
{
	const struct bind_cmd *u = object;

	if (u->cmd != NULL && u->cmd->state == CMD_ASKED)
		bind_push_str(L, u->cmd->challenge);
	else
		lua_pushnil(L);
}

/*** cmd.conn
 * The connection.
 */
static void
push_conn(lua_State *L, void *object)
{
	(void)object;
	lua_getiuservalue(L, 1, UV_CONN);
}

static const struct bind_field fields[] = {
    {"state", push_state},
    {"ok", push_ok},
    {"temporary", push_temporary},
    {"number", push_number},
    {"status", push_status},
    {"code", push_code},
    {"enhanced", push_enhanced},
    {"tag", push_tag},
    {"text", push_text},
    {"lines", push_lines},
    {"data", push_data},
    {"bodies", push_bodies},
    {"sent", push_line},
    {"seconds", push_seconds},
    {"challenge", push_challenge},
    {"conn", push_conn},
    {NULL, NULL},
};

static int
cmd_index(lua_State *L)
{
	struct bind_cmd *u = bind_check(L, 1, &cmd_type);

	(void)bind_index(L, fields, u);
	return 1;
}

static int
cmd_tostring(lua_State *L)
{
	struct bind_cmd *u = bind_check(L, 1, &cmd_type);

	push_state(L, u);
	push_line(L, u);
	lua_pushfstring(L, "command %s (%s)",
	    lua_isnil(L, -1) ? "" : lua_tostring(L, -1), lua_tostring(L, -2));
	return 1;
}
