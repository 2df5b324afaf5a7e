/* buf: an owned, growing byte queue with a hard maximum. */
#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_fini(struct buf *b)
{
	if (b->secret && b->p != NULL)
		mem_wipe(b->p, b->cap);
	free(b->p);
	buf_init(b, b->max);
}

static void
move_to_front(struct buf *b)
{
	if (b->off > 0 && b->len > 0)
		memmove(b->p, b->p + b->off, b->len);
	if (b->secret && b->off > 0)
		mem_wipe(b->p + b->len, b->off);
	b->off = 0;
}

/* Not realloc, which would leave a copy of a secret behind. */
static void
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap > 0 ? b->cap : 256;
	char *p;

	while (cap < need)
		cap *= 2;
	p = mem_realloc(NULL, cap);
	if (b->len > 0)
		memcpy(p, b->p + b->off, b->len);
	if (b->secret && b->p != NULL)
		mem_wipe(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	b->off = 0;
}

char *
buf_room(struct buf *b, size_t n)
{
	if (n > buf_free(b))
		return NULL;
	if (b->cap < b->len + n || b->p == NULL)
		grow(b, b->len + n);
	else if (b->cap - b->off - b->len < n)
		move_to_front(b);
	return b->p + b->off + b->len;
}

void
buf_grew(struct buf *b, size_t n)
{
	assert(b->off + b->len + n <= b->cap);
	b->len += n;
}

int
buf_add(struct buf *b, struct str s)
{
	char *room = buf_room(b, s.n);

	if (room == NULL)
		return -1;
	if (s.n > 0)
		memcpy(room, s.p, s.n);
	buf_grew(b, s.n);
	return 0;
}

int
buf_addz(struct buf *b, const char *z)
{
	return buf_add(b, str_z(z));
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, (struct str){&c, 1});
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *room;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	if ((size_t)n > buf_free(b))
		return -1;
	room = buf_room(b, (size_t)n);
	if (b->cap - b->off - b->len <= (size_t)n) {
		/* vsnprintf also writes a NUL. */
		move_to_front(b);
		if (b->cap - b->len <= (size_t)n)
			grow(b, b->len + (size_t)n + 1);
		room = b->p + b->len;
	}
	va_start(ap, fmt);
	(void)vsnprintf(room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_grew(b, (size_t)n);
	return 0;
}

void
buf_take(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (b->secret)
		mem_wipe(b->p + b->off, n);
	b->off += n;
	b->len -= n;
	if (b->len == 0)
		b->off = 0;
}

void
buf_clear(struct buf *b)
{
	if (b->secret && b->p != NULL)
		mem_wipe(b->p, b->cap);
	b->off = b->len = 0;
}

const char *
buf_cstr(struct buf *b)
{
	if (b->cap - b->off - b->len < 1) {
		move_to_front(b);
		if (b->cap - b->len < 1)
			grow(b, b->len + 1);
	}
	b->p[b->off + b->len] = '\0';
	return b->p + b->off;
}
