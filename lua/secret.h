/*
 * secret: how the files of secrets make one.
 */
#ifndef LUA_SECRET_H
#define LUA_SECRET_H

#include "base/mem.h"
#include "lua/bind.h"

/* A password file or command may give so much, a token is longer; a netrc
 * file, and what follows the first line of a command, more. */
enum { SECRET_MAX = 16 << 10, NETRC_MAX = 1 << 20 };

struct bind_secret {
	struct buf b; /* while it is put together */
	char *p;      /* then in the vault */
	size_t n;
};

/* Pushes a secret whose b, of at most max octets, is empty. */
struct bind_secret *secret_new(lua_State *L, size_t max);
/* What has been put into b is the secret: from now on it is in the vault. */
void secret_seal(struct bind_secret *u);

/*
 * Appends a file to b, or, with line, as much of it as holds its first line.
 * Warns if others can read it.  -1 and err: ERR_USE if b is full.
 */
int secret_slurp(const char *path, bool line, struct buf *b, struct err *e);

/* netrc.c: core.secret_netrc(path, host, user, port), core.netrc_text(entries).
 */
int secret_netrc(lua_State *L);
int secret_netrc_text(lua_State *L);

/* ask.c: core.ask(prompt): a line that a person types; nil if nobody is there:
 * standard input or error is no terminal. */
int terminal_ask(lua_State *L);

#endif
