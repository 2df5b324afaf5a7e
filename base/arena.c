/* arena: memory that is given back all at once. */
#include "base/arena.h"
#include "base/mem.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 2048 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char mem[];
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void
arena_fini(struct arena *a)
{
	struct arena_chunk *c, *next;

	for (c = a->chunks; c != NULL; c = next) {
		next = c->next;
		if (a->secret)
			mem_wipe(c->mem, c->size);
		free(c);
	}
	arena_init(a, a->max);
}

void
arena_clear(struct arena *a)
{
	struct arena_chunk *c = a->chunks;

	if (c == NULL || c->next != NULL || c->size > CHUNK_SIZE) {
		arena_fini(a);
		return;
	}
	/* What is handed out again is zeroed, and may have been a secret. */
	mem_wipe(c->mem, c->used);
	c->used = a->used = 0;
}

/* A chunk with n free bytes: the newest one if it has them, or a new one. */
static struct arena_chunk *
chunk_with(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->chunks;
	size_t size = n > CHUNK_SIZE / 2 ? n : CHUNK_SIZE;

	if (c != NULL && c->size - c->used >= n)
		return c;
	c = mem_zalloc(sizeof(*c) + size);
	c->size = size;
	if (a->chunks != NULL && size == n) {
		/* A large block of its own: keep filling the newest chunk. */
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *c;
	void *p;

	if (n > a->max - a->used)
		return NULL;
	a->used += n;
	n = (n + align - 1) / align * align;
	c = chunk_with(a, n);
	p = c->mem + c->used;
	c->used += n;
	return p;
}

struct str
arena_join(struct arena *a, struct str s, struct str t)
{
	char *p = arena_alloc(a, s.n + t.n + 1);

	if (p == NULL)
		return (struct str){NULL, 0};
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	if (t.n > 0)
		memcpy(p + s.n, t.p, t.n);
	return (struct str){p, s.n + t.n};
}

struct str
arena_dup(struct arena *a, struct str s)
{
	return arena_join(a, s, S(""));
}

struct str
arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return (struct str){NULL, 0};
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}
