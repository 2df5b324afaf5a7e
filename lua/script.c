/* script: the Lua state of postel, and how scripts are run in it. */
#include "lua/bind.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vis.h"
#include "lua/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The module that stands for the command line. */
#define GIVEN "postel.given"

/* ---- the library ---- */

const struct embedded *
bind_embedded(const char *name)
{
	for (const struct embedded *f = embedded_files; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* A searcher of require: "postel.task" is the embedded postel/task.lua. */
static int
search_embedded(lua_State *L)
{
	const char *module = luaL_checkstring(L, 1);
	const struct embedded *f;

	luaL_gsub(L, module, ".", "/");
	lua_pushfstring(L, "%s.lua", lua_tostring(L, -1));
	f = bind_embedded(lua_tostring(L, -1));
	if (f == NULL) {
		lua_pushfstring(
		    L, "no embedded file '%s'", lua_tostring(L, -1));
		return 1;
	}
	if (luaL_loadbufferx(L, f->data, f->size, f->name, NULL) != LUA_OK)
		return lua_error(L);
	lua_pushstring(L, f->name);
	return 2;
}

/* The first use of postel.* loads postel/init.lua, which takes over. */
static int
postel_index(lua_State *L)
{
	bind_require(L, "postel.init");
	lua_pop(L, 1);
	lua_pushvalue(L, 2);
	lua_gettable(L, 1);
	return 1;
}

static void
set_bool(lua_State *L, const char *key, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

static void
set_string(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

/* A URL that may have a password in it is a secret. */
static void
set_proxy(lua_State *L, const char *url)
{
	if (url != NULL && strchr(url, '@') != NULL)
		bind_push_secret(L, str_z(url));
	else
		lua_pushstring(L, url);
	lua_setfield(L, -2, "proxy");
}

/* postel.options: a copy, which scripts' own options may change. */
static void
push_options(lua_State *L, const struct options *o)
{
	lua_createtable(L, 0, 16);
	set_bool(L, "quiet", o->quiet);
	set_bool(L, "verbose", o->verbose);
	set_bool(L, "keep_going", o->keep_going);
	set_bool(L, "dry_run", o->dry_run);
	set_bool(L, "debug", o->debug);
	set_bool(L, "norc", o->norc);
	if (o->insecure)
		set_bool(L, "insecure", true);
	set_string(L, "trace", o->trace);
	set_string(L, "dns", o->dns);
	set_string(L, "ca", o->ca);
	set_string(L, "cert", o->cert);
	set_string(L, "key", o->key);
	set_string(L, "fingerprint", o->fingerprint);
	set_string(L, "starttls", url_starttls_words[o->starttls]);
	set_string(L, "auth", o->auth);
	set_string(L, "authzid", o->authzid);
	if (o->no_initial)
		set_bool(L, "initial", false);
	set_string(L, "password_file", o->password_file);
	set_string(L, "password_command", o->password_command);
	set_string(L, "token_command", o->token_command);
	set_proxy(L, o->proxy);
	if (o->timeout_ms > 0) {
		lua_pushnumber(L, (lua_Number)o->timeout_ms / 1000);
		lua_setfield(L, -2, "timeout");
	}
}

static int
open_library(lua_State *L)
{
	luaL_openlibs(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, bind_core);
	lua_setfield(L, -2, "postel.core");
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
		lua_rawgeti(L, -1, i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushcfunction(L, search_embedded);
	lua_rawseti(L, -2, 2);
	lua_createtable(L, 0, 1);
	push_options(L, script_of(L)->opt);
	lua_setfield(L, -2, "options");
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, postel_index);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_setglobal(L, "postel");
	/* What the command line says, whatever is set later. */
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	push_options(L, script_of(L)->opt);
	lua_setfield(L, -2, GIVEN);
	return 0;
}

lua_State *
script_new(struct loop *l, const struct options *opt)
{
	lua_State *L = luaL_newstate();
	struct script *s = calloc(1, sizeof(*s));

	if (L == NULL || s == NULL)
		abort();
	*s = (struct script){
	    .loop = l, .opt = opt, .main = L, .dry_run = opt->dry_run};
	*(struct script **)lua_getextraspace(L) = s;
	lua_pushcfunction(L, open_library);
	lua_call(L, 0, 0);
	return L;
}

void
script_free(lua_State *L)
{
	struct script *s = script_of(L);

	lua_close(L);
	bind_traces_free(s);
	free(s);
}

/* ---- interrupts ---- */

/* A signal handler cannot be told which state runs. */
static struct script *running;

static void
stop_hook(lua_State *L, lua_Debug *ar)
{
	struct script *s = script_of(L);

	(void)ar;
	lua_sethook(L, NULL, 0, 0);
	if (!s->stop)
		return;
	s->stop = 0;
	bind_error_push(L, err_kind_name(ERR_CANCEL), "interrupted");
	lua_error(L);
}

/* The first SIGINT stops the script, be it in Lua or in the loop; the second
 * one, which means that this did not help, ends the program. */
static void
on_interrupt(int sig)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};

	sigaction(sig, &dfl, NULL);
	running->stop = 1;
	lua_sethook(running->main, stop_hook,
	    LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
	loop_interrupt(running->loop);
}

/* ---- running ---- */

/* "init.lua:3: unfinished string near '"xyzzy}'": Lua quotes what it could not
 * read, and a string may be a password. */
static struct str
without_string(struct str s)
{
	static const struct str near[] = {
	    STR(" near '\""), STR(" near ''"), STR(" near '[")};

	for (size_t i = 0; i < s.n; i++)
		for (size_t j = 0; j < sizeof(near) / sizeof(*near); j++)
			if (str_starts(str_skip(s, i), near[j]))
				return str_head(s, i);
	return s;
}

static void
print_line(const char *prefix, struct str s)
{
	struct buf masked, b;

	buf_init(&masked, 1 << 20);
	buf_init(&b, 1 << 20);
	if (url_mask(&masked, s) != 0 || vis_add(&b, buf_str(&masked)) != 0)
		buf_addz(&b, "...");
	fprintf(stderr, "%s%.*s\n", prefix, STRF(buf_str(&b)));
	buf_fini(&b);
	buf_fini(&masked);
}

/* One line, a second one if there is a hint, and with --debug the traceback
 * that the handler kept. */
static void
report(lua_State *L, int idx, const char *what)
{
	struct err e = {0};
	struct str s;

	idx = lua_absindex(L, idx);
	s.p = luaL_tolstring(L, idx, &s.n);
	if (what != NULL) {
		lua_pushfstring(L, "%s: %s", what, s.p);
		lua_remove(L, -2);
		s = str_z(lua_tostring(L, -1));
	}
	print_line("postel: ", without_string(s));
	lua_pop(L, 1);
	bind_error_words(L, idx, &e);
	if (e.hint[0] != '\0')
		print_line("postel: ", str_z(e.hint));
	if (!script_of(L)->opt->debug)
		return;
	lua_getfield(L, LUA_REGISTRYINDEX, "postel.traceback");
	if (lua_isstring(L, -1))
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
	lua_pop(L, 1);
}

static int
on_error(lua_State *L)
{
	if (script_of(L)->opt->debug) {
		luaL_traceback(L, L, NULL, 1);
		lua_setfield(L, LUA_REGISTRYINDEX, "postel.traceback");
	}
	return 1;
}

void
bind_call_task(lua_State *L, const char *name)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	if (lua_getfield(L, -1, "postel.task") == LUA_TTABLE) {
		lua_getfield(L, -1, name);
		lua_call(L, 0, 0);
	}
	lua_settop(L, 0);
}

/* The function at 1 with the arguments behind it, then all tasks. */
static int
run_all(lua_State *L)
{
	lua_call(L, lua_gettop(L) - 1, 1);
	lua_Integer status = 0;
	if (lua_isinteger(L, -1))
		status = lua_tointeger(L, -1);
	bind_call_task(L, "finish");
	lua_pushinteger(L, status);
	return 1;
}

static int
abandon_tasks(lua_State *L)
{
	bind_call_task(L, "abandon");
	return 0;
}

/* What is garbage now is wiped as it is freed (base/wipe.c): strings in which
 * somebody had a password, and the file or line that they came from. */
static void
clean(lua_State *L)
{
	struct script *s = script_of(L);

	if (s->soiled) {
		s->soiled = false;
		/* The second time for what the first one finalized. */
		lua_gc(L, LUA_GCCOLLECT);
		lua_gc(L, LUA_GCCOLLECT);
	}
	mem_wipe_stack();
}

int
bind_call(lua_State *L, int n)
{
	struct script *s = script_of(L), *outer = running;
	struct sigaction sa = {.sa_handler = on_interrupt}, old, old_term;
	int base = lua_gettop(L) - n;
	int rc;

	running = s;
	s->stop = 0;
	sigaction(SIGINT, &sa, &old);
	sigaction(SIGTERM, NULL, &old_term); /* bind_catch_signals */
	lua_pushcfunction(L, on_error);
	lua_insert(L, base);
	rc = lua_pcall(L, n, 1, base);
	if (rc != LUA_OK) {
		lua_pushcfunction(L, abandon_tasks);
		if (lua_pcall(L, 0, 0, 0) != LUA_OK)
			lua_pop(L, 1);
	}
	sigaction(SIGINT, &old, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	lua_sethook(L, NULL, 0, 0);
	running = outer;
	lua_remove(L, base);
	if (outer == NULL)
		clean(L);
	return rc;
}

int
bind_failed(lua_State *L, const char *what)
{
	int status = bind_error_status(L, -1);
	bool quiet = false;

	if (lua_istable(L, -1)) {
		lua_getfield(L, -1, "kind");
		quiet = lua_type(L, -1) == LUA_TSTRING &&
			strcmp(lua_tostring(L, -1), "exit") == 0;
		lua_pop(L, 1);
	}
	if (!quiet)
		report(L, -1, what);
	lua_pop(L, 1);
	return status;
}

int
bind_run(lua_State *L, int n)
{
	int status;

	lua_pushcfunction(L, run_all);
	lua_insert(L, -n - 2);
	if (bind_call(L, n + 1) != LUA_OK)
		return bind_failed(L, NULL);
	status = (int)lua_tointeger(L, -1) & 255;
	lua_pop(L, 1);
	return status;
}

int
bind_run_as(lua_State *L, const char *name, char *const *argv)
{
	int n = 0;

	lua_newtable(L);
	lua_pushstring(L, name);
	lua_rawseti(L, -2, 0);
	lua_setglobal(L, "arg");
	lua_getglobal(L, "arg");
	int args = lua_gettop(L);
	for (; argv != NULL && argv[n] != NULL; n++) {
		luaL_checkstack(L, 8, "too many arguments");
		bind_push_argument(L, argv[n]);
		lua_pushvalue(L, -1);
		lua_rawseti(L, args, n + 1);
	}
	lua_remove(L, args);
	return bind_run(L, n);
}

int
script_chunk(lua_State *L, const char *chunk, const char *name)
{
	int rc;

	lua_pushfstring(L, "=%s", name);
	rc =
	    luaL_loadbufferx(L, chunk, strlen(chunk), lua_tostring(L, -1), "t");
	lua_remove(L, -2);
	return rc == LUA_OK ? bind_run_as(L, name, NULL) : bind_failed(L, NULL);
}

int
script_file(lua_State *L, const char *path, char *const *argv)
{
	int rc = luaL_loadfilex(L, path, "t");

	if (rc == LUA_OK)
		return bind_run_as(L, path, argv);
	if (rc != LUA_ERRFILE)
		return bind_failed(L, NULL);
	report(L, -1, NULL);
	lua_pop(L, 1);
	return STATUS_USAGE;
}

/* ---- for the shell ---- */

void
bind_set_conn(lua_State *L, struct conn *c)
{
	if (c != NULL)
		script_push_conn(L, c);
	else
		lua_pushnil(L);
	lua_setglobal(L, "conn");
}

int
bind_to_err(lua_State *L, struct err *e)
{
	int status = bind_error_status(L, -1);

	err_clear(e);
	err_set(e, bind_error_kind(L, -1), "%s", luaL_tolstring(L, -1, NULL));
	lua_pop(L, 1);
	bind_error_words(L, -1, e);
	lua_pop(L, 1);
	return status;
}

struct conn *
script_connect(lua_State *L, const char *url, int *status, struct err *e)
{
	struct conn *c = NULL;

	lua_getglobal(L, "postel");
	lua_getfield(L, -1, "connect");
	lua_remove(L, -2);
	lua_pushstring(L, url);
	if (bind_call(L, 1) != LUA_OK) {
		*status = bind_to_err(L, e);
		return NULL;
	}
	c = conn_ref(bind_check_conn(L, -1));
	lua_pop(L, 1);
	*status = STATUS_OK;
	return c;
}

/* The table {how, many} of conn:save at 1. */
static int
save(lua_State *L)
{
	lua_getfield(L, 1, "save");
	lua_insert(L, 1);
	lua_call(L, 4, 2);
	lua_createtable(L, 2, 0);
	lua_insert(L, -3);
	lua_rawseti(L, -3, 2);
	lua_rawseti(L, -2, 1);
	return 1;
}

int
script_save(lua_State *L, struct conn *conn, const char *set,
    const char *target, bool uid, bool overwrite, size_t *count, char *where,
    size_t size)
{
	lua_pushcfunction(L, save);
	script_push_conn(L, conn);
	lua_pushstring(L, set);
	lua_pushstring(L, target);
	lua_createtable(L, 0, 2);
	set_bool(L, "uid", uid);
	set_bool(L, "overwrite", overwrite);
	if (bind_call(L, 4) != LUA_OK)
		return bind_failed(L, NULL);
	lua_rawgeti(L, -1, 1);
	*count = (size_t)lua_tointeger(L, -1);
	lua_rawgeti(L, -2, 2);
	(void)str_copy(where, size, str_z(lua_tostring(L, -1)));
	lua_pop(L, 3);
	return STATUS_OK;
}

/* ---- a script of a running shell ---- */

static void
push_copy(lua_State *L)
{
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, -3) != 0;) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
}

/* Pushes what a script's own options may change: postel.options, and what
 * stands for the command line. */
static void
push_scope(lua_State *L)
{
	lua_getglobal(L, "postel");
	lua_getfield(L, -1, "options");
	lua_remove(L, -2);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, -1, GIVEN);
	lua_remove(L, -2);
}

/* Empties the table at idx and fills it from the one at `from`. */
static void
refill(lua_State *L, int idx, int from)
{
	for (lua_pushnil(L); lua_next(L, idx) != 0;) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, idx);
	}
	for (lua_pushnil(L); lua_next(L, from) != 0;) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, idx);
	}
}

int
script_run(
    lua_State *L, struct conn *conn, const char *script, char *const *argv)
{
	struct script *s = script_of(L);
	int options, given, status;

	push_scope(L);
	given = lua_gettop(L);
	options = given - 1;
	lua_pushvalue(L, options);
	push_copy(L);
	lua_replace(L, -2);
	lua_pushvalue(L, given);
	push_copy(L);
	lua_replace(L, -2);
	bind_set_conn(L, conn);
	status = script_is_path(script) ? script_file(L, script, argv)
					: script_named(L, script, argv);
	bind_set_conn(L, NULL);
	refill(L, options, given + 1);
	refill(L, given, given + 2);
	lua_settop(L, options - 1);
	s->dry_run = s->opt->dry_run;
	return status;
}

void
script_options_changed(lua_State *L)
{
	struct script *s = script_of(L);
	int top = lua_gettop(L);

	lua_getglobal(L, "postel");
	lua_getfield(L, -1, "options");
	push_options(L, s->opt);
	refill(L, top + 2, top + 3);
	lua_settop(L, top);
	s->dry_run = s->opt->dry_run;
}
