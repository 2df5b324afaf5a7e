/*
 * buf: an owned, growing byte queue with a hard maximum.
 *
 * The live bytes are p[off..off+len).  They are appended behind and taken in
 * front.  A buffer never holds more than max bytes: what a peer can make grow
 * is bounded here, and nowhere else needs to think of it.  Slices of a buffer
 * are good until the next call that adds to it or finishes it; taking bytes
 * leaves them in place.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	char *p;
	size_t off, len, cap, max;
	bool secret; /* wipe memory before it is given back */
};

/* An empty buffer that may hold max bytes; allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the memory; b is as after buf_init. */
void buf_fini(struct buf *b);

/* The live bytes. */
static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){b->p != NULL ? b->p + b->off : "", b->len};
}

/* How many more bytes the maximum allows. */
static inline size_t
buf_free(const struct buf *b)
{
	return b->max - b->len;
}

/*
 * Makes room for n bytes behind the live ones and returns it; NULL if that
 * would exceed the maximum.  What is written there becomes live by buf_grew.
 */
char *buf_room(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

/* Append; 0, or -1 with the buffer unchanged if the maximum is exceeded. */
int buf_add(struct buf *b, struct str s);
int buf_addz(struct buf *b, const char *z);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops the first n live bytes; n <= len. */
void buf_take(struct buf *b, size_t n);
/* Drops all live bytes and keeps the memory (wiped if secret). */
void buf_clear(struct buf *b);
/* The live bytes as a C string: appends a NUL that is not counted. */
const char *buf_cstr(struct buf *b);

#endif
