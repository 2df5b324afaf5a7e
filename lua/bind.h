/*
 * bind: what the files of the C binding share.
 *
 * Each C object that Lua holds is a full userdata with a metatable of its own
 * type.  It is born empty: the userdata is there before the resource, so that
 * a memory error in Lua leaks nothing.  Arguments are checked before anything
 * is acquired.  Methods written in Lua are added by the module of the type
 * ("postel.conn" for conn), which is loaded when its first object is made.
 *
 * The engine never calls Lua, and no function here yields: waiting is the
 * business of lua/postel/task.lua.
 */
#ifndef LUA_BIND_H
#define LUA_BIND_H

#include "lua/script.h"
#include "proto/status.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>

struct embedded;
struct kept_file;
struct kept_trace;

/* One for each Lua state, found through its extra space. */
struct script {
	struct loop *loop;
	const struct options *opt;
	lua_State *main;
	bool dry_run;			/* opt's, or a script's own option */
	struct kept_file *trace_files;	/* what opt->trace or scripts named */
	struct kept_trace *traces;	/* they live as long as the state */
	bool soiled;			/* garbage may hold passwords */
	volatile sig_atomic_t stop;	/* SIGINT came and is not yet told */
	const struct script_host *host; /* or NULL */
};

static inline struct script *
script_of(lua_State *L)
{
	return *(struct script **)lua_getextraspace(L);
}

/* A command that may have had a password as its argument was sent; or NULL. */
static inline void
bind_soil(lua_State *L, const struct cmd *cmd)
{
	if (cmd != NULL && cmd->verb != NULL &&
	    (cmd->verb->flags & VERB_SECRET) != 0)
		script_of(L)->soiled = true;
}

/* ---- errors (error.c) ---- */

/* Pushes {kind, message} with the metatable of errors. */
void bind_error_push(lua_State *L, const char *kind, const char *message);
/* Raises e; conn, if not 0, is the index of the connection's userdata.
 * Never returns. */
int bind_raise(lua_State *L, const struct err *e, int conn);
/* The exit status of the error value at idx. */
int bind_error_status(lua_State *L, int idx);
/* The kind of an error value as an err_kind; ERR_USE for those that are
 * none, such as a refusal. */
enum err_kind bind_error_kind(lua_State *L, int idx);
/* What the error value at idx has besides kind and message, into e. */
void bind_error_words(lua_State *L, int idx, struct err *e);
int bind_error_new(lua_State *L); /* core.error(kind, message) */

/* ---- types (bind.c) ---- */

/* A type of userdata. */
struct bind_type {
	const char *name;    /* of its metatable: "postel.conn" */
	const char *module;  /* the Lua half, or NULL */
	lua_CFunction index; /* __index; upvalue 1 is the table of methods */
	const luaL_Reg *meta, *methods;
	int uservalues;
};
/* Pushes a new, empty userdata of size bytes, all zero. */
void *bind_new(lua_State *L, const struct bind_type *type, size_t size);
/* The userdata at idx if it is of that type, else NULL. */
void *bind_test(lua_State *L, int idx, const struct bind_type *type);
void *bind_check(lua_State *L, int idx, const struct bind_type *type);

/* Memory of C that a Lua error may cut off: it belongs to a userdata, which
 * is pushed; bind_scratch_done frees early. */
struct bind_scratch {
	struct arena arena;
	struct buf buf;
};
struct bind_scratch *bind_new_scratch(lua_State *L);
void bind_scratch_done(struct bind_scratch *s);
/* The same, empty, and the same one each time: for what is done for each of
 * many messages, and calls nobody that may ask for it, too.  Nothing is pushed.
 */
struct bind_scratch *bind_shared_scratch(lua_State *L);

/* A field that is computed when it is read. */
struct bind_field {
	const char *name;
	void (*push)(lua_State *L, void *object);
};
/* For __index: a method, else a field, else nil.  Pushes one value; false if
 * it was nil. */
bool bind_index(lua_State *L, const struct bind_field *fields, void *object);
/* The same as the __index of a type that has no such fields. */
int bind_index_methods(lua_State *L);

/* Pushes what require gives. */
void bind_require(lua_State *L, const char *module);

struct str bind_str(lua_State *L, int idx); /* luaL_checklstring */
void bind_push_str(lua_State *L, struct str s);
/* As a number, or as digits where it does not fit Lua's integers. */
void bind_push_u64(lua_State *L, uint64_t n);
/* Field `key` of the table at idx: a string or NULL; wrong types raise. */
const char *bind_opt_string(lua_State *L, int idx, const char *key);
bool bind_opt_bool(lua_State *L, int idx, const char *key);
/* An open file of Lua's io library. */
FILE *bind_check_file(lua_State *L, int idx);

/* ---- objects ---- */

/* conn.c */
struct conn *bind_check_conn(lua_State *L, int idx);
int bind_open(lua_State *L); /* core.open(config) → conn, cmd */
/* Names of the fields and of the protocol's methods of the connection at idx;
 * none if it is no connection. */
void bind_conn_members(lua_State *L, int idx, script_member fn, void *arg);

/* conn_fields.c */
extern const struct bind_field bind_conn_fields[];

/* tls.c */
/* Pushes what TLS agreed on, or nil without TLS. */
void bind_push_tls(lua_State *L, const struct conn *c);

/* json.c */
/* Pushes {name, line, number}. */
void bind_push_event(lua_State *L, const struct event *ev);

/* cmd.c */
struct bind_cmd {
	struct cmd *cmd;	 /* NULL: shown in a dry run and not sent */
	const struct item *last; /* of what cmd:response() has given */
	size_t bodies;		 /* in that */
	bool counted;		 /* among those that are held */
};
/* Pushes an empty command of the connection at idx conn. */
struct bind_cmd *bind_new_cmd(lua_State *L, int conn);
/* Pushes a new object for cmd, which gets a reference, of c. */
void bind_push_cmd(lua_State *L, struct conn *c, struct cmd *cmd);
/* Raises for a command of a dry run. */
struct cmd *bind_check_cmd(lua_State *L, int idx);
struct cmd *bind_test_cmd(lua_State *L, int idx);
/* Pushes body n (from 0) of the command at idx: the same object each time. */
void bind_push_cmd_body(lua_State *L, int idx, size_t n);

/* body.c */
struct body *bind_test_body(lua_State *L, int idx);
/* Pushes an empty body; the result is to be filled at once.  It keeps the
 * object at idx source, unless that is 0. */
struct body **bind_new_body(lua_State *L, int source);
/* The spool at idx, which is the caller's from then on. */
struct spool *bind_take_spool(lua_State *L, int idx);
extern const luaL_Reg bind_body_functions[];

/* maildir.c: core.maildir(path); see there. */
int bind_maildir(lua_State *L);
int bind_maildir_name(lua_State *L);
int bind_maildir_file(lua_State *L);

/* process.c: core.process(argv, files, env); see there. */
int bind_process(lua_State *L);
int bind_executable(lua_State *L);

/* mail.c */
extern const luaL_Reg bind_mail_functions[];
/* mime.c, compose.c: core.mime(spool), core.composer(); see there. */
int bind_mime(lua_State *L);
int bind_composer(lua_State *L);

/* value.c */
/* Pushes all that the reply of the command at idx says, parsed. */
void bind_push_data(lua_State *L, int idx, const struct cmd *cmd);
/* cmd:response(): the next whole IMAP response that has come, or nil. */
int bind_cmd_response(lua_State *L);
int bind_cmd_fetched(lua_State *L);

/* set.c: core.set(), cmd:found(); see there. */
int bind_set(lua_State *L);
int bind_cmd_found(lua_State *L);

/* pairs.c: core.pairs(); see there. */
int bind_pairs(lua_State *L);

/* secret.c */
/* A secret's bytes, or p NULL if idx is none. */
struct str bind_test_secret(lua_State *L, int idx);
void bind_push_secret(lua_State *L, struct str s);
extern const luaL_Reg bind_secret_functions[];

/* argument.c */
/* Pushes a script's argument; the password of a URL in it is left out, and
 * put in again by bind_url_text. */
void bind_push_argument(lua_State *L, const char *arg);
/* The text at idx, with such a password, in s. */
struct str bind_url_text(lua_State *L, int idx, struct bind_scratch *s);

/* lookup.c */
extern const luaL_Reg bind_lookup_functions[];

/* signals.c */
int bind_catch_signals(lua_State *L);
int bind_signalled(lua_State *L);

/* save.c */
/* Raises errno as that of a failed write to f. */
int bind_raise_write(lua_State *L, FILE *f);
extern const luaL_Reg bind_file_functions[];

/* folder.c */
/* The folder that holds path is on disk: 0, or -1 and errno. */
int bind_sync_folder(const char *path);
/* Pushes the folder at path (openat(2)) to be read, and gives it; raises.  Then
 * its next name but "." and "..", in no order, NULL at the end. */
struct bind_dir;
struct bind_dir *bind_opendir(lua_State *L, int at, const char *path);
const char *bind_readdir(lua_State *L, struct bind_dir *u);
extern const luaL_Reg bind_folder_functions[];

/* trace.c */
/* A trace to "-" or a path, with a label or NULL; raises. */
struct trace *bind_trace(lua_State *L, const char *to, const char *label);
extern const luaL_Reg bind_trace_functions[];
void bind_traces_free(struct script *s);

/* script.c */
/* A file that is built in, by its name: "postel/task.lua"; or NULL. */
const struct embedded *bind_embedded(const char *name);
/* Runs the function on top of the stack as a script of that name with the
 * arguments of argv, as bind_run does. */
int bind_run_as(lua_State *L, const char *name, char *const *argv);
/*
 * Calls what is on the stack, a function and n arguments, with SIGINT
 * watched; an error ends all tasks.  Leaves one result, or the error.
 */
int bind_call(lua_State *L, int n);
/* The exit status of the error at the top, which is taken, and told in a line
 * that begins with what, unless that is NULL. */
int bind_failed(lua_State *L, const char *what);
/* The function and its n arguments as a script: then come its tasks, and an
 * integer that it returns is the exit status.  An error is told. */
int bind_run(lua_State *L, int n);
/* Fills err from the error at the top, which is taken; its exit status. */
int bind_to_err(lua_State *L, struct err *e);
/* Makes c, or nothing, the global `conn`. */
void bind_set_conn(lua_State *L, struct conn *c);
/* Calls a function of postel.task, if that was ever loaded; clears the
 * stack. */
void bind_call_task(lua_State *L, const char *name);

/* host.c: what init.lua tells the shell. */
extern const luaL_Reg bind_host_functions[];

/* core.c: the module postel.core, the C half of the library. */
/* A function of Lua that turns the string at 1 into another, or nil. */
int bind_convert(lua_State *L, int (*fn)(struct buf *, struct str));
int bind_core(lua_State *L);

#endif
