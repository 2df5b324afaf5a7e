/*
 * luatext: values as Lua source.
 */
#ifndef SHELL_LUATEXT_H
#define SHELL_LUATEXT_H

#include "base/str.h"

#include <stdio.h>

/* A quoted string on one line; any octets. */
void luatext_string(FILE *f, struct str s);
/* A string of many lines, as readable as its octets allow: between long
 * brackets if it is text (its CRLFs become LFs, which a message may have),
 * else quoted, a line of the source for each of its own. */
void luatext_block(FILE *f, struct str s);
/* An identifier made of s, in out: no keyword of Lua, no name of its library
 * that scripts use. */
void luatext_name(char *out, size_t size, struct str s);

#endif
