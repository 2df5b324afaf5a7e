/*
 * script: the Lua side of postel, as the shell sees it.
 *
 * One Lua state holds the library (lua/postel), what a user's init.lua adds,
 * and the scripts.  Policy stands in Lua: how to open a connection from a URL
 * (TLS, STARTTLS, capabilities, login, SELECT) is postel.connect, and the
 * shell uses it too.  Library modules load on first use, so that start-up
 * does not pay for them.
 */
#ifndef LUA_SCRIPT_H
#define LUA_SCRIPT_H

#include "proto/conn.h"

#include <lua.h>

/* What the command line says for all connections of this run. */
struct options {
	bool quiet, verbose, keep_going, dry_run, debug, norc;
	bool json;	   /* replies are shown as JSON */
	const char *trace; /* NULL: off; "-": standard error; else a file */
	const char *dns;   /* the name server to ask (net/dns.h), or NULL */
	const char *ca, *cert, *key;
	const char *fingerprint; /* of the certificate to take, or NULL */
	bool insecure;
	enum url_starttls starttls;
	const char *auth;    /* mechanism, or NULL */
	const char *authzid; /* who to be once logged in, or NULL: the user */
	bool no_initial;     /* no initial response in a SASL exchange */
	const char *password_file, *password_command, *token_command;
	/* As conn_config has it; it may hold a password. */
	const char *proxy;
	int64_t timeout_ms; /* 0: as limits.h says */
};

/*
 * A state with the library in place; postel.options reads opt.  opt and l
 * must outlive it.  The first call of any postel.* function loads the rest.
 */
lua_State *script_new(struct loop *l, const struct options *opt);
/* Connections that script_connect gave must be gone before: their traces
 * end here. */
void script_free(lua_State *L);

/*
 * Run to the end (tasks included) and return an exit status (status.h).  An
 * uncaught error is one line on standard error (two with a hint), with
 * opt->debug a traceback behind it.  argv: the script's arguments (arg[1] …),
 * NULL-terminated.
 */
int script_chunk(lua_State *L, const char *chunk, const char *name);
int script_file(lua_State *L, const char *path, char *const *argv);
/* A script by name: $XDG_CONFIG_HOME/postel/scripts/NAME.lua, then the
 * embedded scripts/NAME.lua. */
bool script_exists(const char *name);
int script_named(lua_State *L, const char *name, char *const *argv);
/* Calls fn(name) for each script there is. */
void script_names(void (*fn)(const char *name, void *arg), void *arg);
/* $XDG_CONFIG_HOME/postel/init.lua if it is there; an exit status. */
int script_init_file(lua_State *L);

/*
 * postel.connect(url): all that the policy says.  A new reference, or NULL;
 * then err says why, *status is the exit status, and for a refusal the
 * message holds the server's words.
 */
struct conn *script_connect(
    lua_State *L, const char *url, int *status, struct err *e);

/*
 * "=…" of the shell: an expression prints its values (tables are shown as
 * Lua would write them, bytes of strangers made visible), a statement runs.
 * conn, if not NULL, is the global `conn` meanwhile.  An exit status; the
 * error has been printed.
 */
int script_eval(lua_State *L, struct conn *conn, const char *text);

/*
 * JSON (lua/postel/json.lua): what cmd, which is over, was answered, saved
 * being the file that has got its body, or NULL; or what c said unasked.  name
 * is the connection's.  Indented for people, or one line; without a line end,
 * good until the next call here.  p is NULL when err says why it cannot be.
 */
struct str script_json_reply(lua_State *L, struct cmd *cmd, const char *name,
    const char *saved, bool indented, struct err *e);
struct str script_json_event(lua_State *L, struct conn *c, const char *name,
    const struct event *ev, bool indented, struct err *e);

/*
 * conn:save(set, target, {uid, overwrite}): see lua/postel/save.lua.  An exit
 * status; the error has been printed.  *count is how many were saved, and
 * `where`, which holds size bytes, where to, in words.
 */
int script_save(lua_State *L, struct conn *conn, const char *set,
    const char *target, bool uid, bool overwrite, size_t *count, char *where,
    size_t size);

/* Whether the text is an expression: "=…" prints the values of those. */
bool script_is_expression(lua_State *L, const char *text);
/* Whether text is only the beginning of a chunk: more lines must follow. */
bool script_unfinished(lua_State *L, const char *text);

/*
 * A script by name or by path, as script_named and script_file run it, but
 * with conn, if not NULL, as the global `conn`.  What it has made of
 * postel.options, a dry run included, ends with it.
 */
int script_run(
    lua_State *L, struct conn *conn, const char *script, char *const *argv);

/* Whether script is a path rather than a name: a slash, or .lua behind it. */
bool script_is_path(const char *script);

/* opt has changed: so do postel.options and what a dry run holds back. */
void script_options_changed(lua_State *L);

/* ---- accounts of init.lua: script_connect takes their names, too ---- */

bool script_account(lua_State *L, const char *name);
/* Calls fn(name) for each, in the order in which they were told. */
void script_accounts(
    lua_State *L, void (*fn)(const char *name, void *arg), void *arg);
/* Appends what an account is, "imaps://alice@mx.example.org", no secret. */
void script_account_put(lua_State *L, const char *name, struct buf *out);

/* ---- :login ---- */

enum script_login {
	LOGIN_DONE,
	LOGIN_FAILED,
	LOGIN_NO_USER,	/* neither an account nor netrc knows one; nothing was
			   sent */
	LOGIN_IN_CLEAR, /* there is no other way; no secret was sent */
};

/*
 * Logs in by the policy of lua/postel/login.lua, STARTTLS before it where that
 * is offered.  user may be NULL; in_clear is the user's word that the
 * password may be seen.  told gets what was done, or why LOGIN_IN_CLEAR; after
 * LOGIN_FAILED err says why and *status is the exit status.
 */
enum script_login script_login(lua_State *L, struct conn *c, const char *user,
    bool in_clear, struct buf *told, int *status, struct err *e);

/*
 * TLS as --starttls has it, on a connection that has greeted and on which
 * nothing was said yet; -1 with err, and *status is the exit status.
 */
int script_prepare(lua_State *L, struct conn *c, int *status, struct err *e);

/* ---- what init.lua and scripts tell the shell (lua/postel/policy.lua) ---- */

/* Each is told arg; -1 with err if the shell does not take it. */
struct script_host {
	void *arg;
	/* postel.set: a setting by its name. */
	int (*set)(
	    void *arg, const char *name, const char *value, struct err *e);
	int (*alias)(
	    void *arg, const char *name, const char *line, struct err *e);
	/* help may be NULL. */
	int (*command)(
	    void *arg, const char *name, const char *help, struct err *e);
	/* What a capability of a protocol means ("smtp", "SIZE 1000"), or, if
	 * that is "sasl", a mechanism: text and rfc, in the user's language,
	 * and behind `here` what its parameters say.  False: nobody knows. */
	bool (*meaning)(void *arg, const char *protocol, struct str line,
	    const char **text, const char **rfc, struct buf *here);
};

/* host must outlive L.  Without one, postel.set and its kin raise. */
void script_set_host(lua_State *L, const struct script_host *host);

/* Runs what postel.command has defined; conn, which may be NULL, is the
 * global `conn` meanwhile.  An exit status; the error has been printed. */
int script_command(
    lua_State *L, struct conn *conn, const char *name, char *const *argv);

enum script_hook { HOOK_OPEN, HOOK_LOGIN, HOOK_REPLY, HOOK_CLOSE, HOOKS };

/* Whether postel.on was ever called for it. */
bool script_hooked(lua_State *L, enum script_hook hook);
/*
 * Calls the functions of a hook, with the reply of cmd unless that is NULL.
 * Must not be called from a callback of the engine.  An error is one line on
 * standard error and keeps nothing from going on.
 */
void script_hook(
    lua_State *L, enum script_hook hook, struct conn *c, struct cmd *cmd);

/*
 * Calls fn for each name that may follow chain, "conn:" or "postel." or ""
 * for the globals; conn as in script_eval.  Looks and runs no code of the
 * user's.  Names come in no order, and some twice.
 */
typedef void (*script_member)(const char *name, bool function, void *arg);
void script_members(lua_State *L, struct conn *conn, struct str chain,
    script_member fn, void *arg);

/* Pushes the userdata for c (the same one each time), which holds a ref. */
void script_push_conn(lua_State *L, struct conn *c);

/*
 * Asks for a secret on the terminal, echo off; NULL with ERR_USE if there is
 * no terminal.  Freed by mem_free_secret.
 */
char *script_ask_secret(const char *prompt, struct err *e);

/*
 * The password (or token) of user on c, as the command line, the account by
 * which it was opened, or netrc has it; to be freed by mem_free_secret.  NULL,
 * and no error, if nobody has said: a person is to be asked.
 */
char *script_given_secret(
    lua_State *L, struct conn *c, struct str user, bool token, struct err *e);

#endif
