/*
 * arena: memory that is given back all at once.
 *
 * One arena belongs to a command: its arguments, reply, lines and value tree
 * live in it and die with it.  Every allocation counts against the maximum;
 * beyond it, functions return NULL, which callers turn into ERR_LIMIT.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t used, max;
	bool secret; /* wipe memory before it is given back */
};

/* An empty arena that may hand out max bytes; allocates nothing. */
void arena_init(struct arena *a, size_t max);
/* Gives all memory back; a is as after arena_init. */
void arena_fini(struct arena *a);

/* Takes back all that was handed out, and keeps some of the memory. */
void arena_clear(struct arena *a);

/* n zeroed bytes, aligned for any type; NULL beyond the maximum. */
void *arena_alloc(struct arena *a, size_t n);
/*
 * A copy of s with a NUL behind it (not counted).  Beyond the maximum the
 * result's p is NULL.
 */
struct str arena_dup(struct arena *a, struct str s);
/* s and t joined, with a NUL behind; p is NULL beyond the maximum. */
struct str arena_join(struct arena *a, struct str s, struct str t);
/* A formatted string, NUL-terminated; p is NULL beyond the maximum. */
struct str arena_fmt(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
