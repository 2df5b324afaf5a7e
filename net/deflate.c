/* deflate: COMPRESS=DEFLATE (RFC 4978) as a layer over a stream, by zlib. */
#include "net/deflate.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	IN_MAX = 16 << 10,  /* compressed bytes read at once */
	OUT_MAX = 64 << 10, /* compressed bytes that wait to go out */
	OUT_STEP = 4 << 10, /* room that deflate is given at once */
};

struct deflater {
	struct stream s;
	z_stream in, out;
	struct buf raw_in, raw_out; /* compressed */
	bool eof;		    /* the stream below has ended */
	bool more;     /* inflate may have output without more input */
	bool between;  /* the input could end here: no block is begun */
	bool ended;    /* the peer's last block is over */
	bool held;     /* there is input that was not flushed */
	bool flushing; /* a flush has begun and is not through */
};

static struct deflater *
of(struct stream *s)
{
	return CONTAINER_OF(s, struct deflater, s);
}

/* -- Reading --------------------------------------------------------------- */

/* Reads compressed bytes if there are none: 0, AGAIN or ERR. */
static int
fill(struct deflater *d, struct err *e)
{
	ssize_t n;

	if (d->raw_in.len > 0 || d->more || d->eof)
		return 0;
	n = stream_read(d->s.below, buf_room(&d->raw_in, IN_MAX), IN_MAX, e);
	if (n == STREAM_EOF)
		d->eof = true;
	if (n > 0)
		buf_grew(&d->raw_in, (size_t)n);
	return n < 0 ? (int)n : 0;
}

/* Inflates into p: how many bytes came of it, or STREAM_ERR. */
static ssize_t
inflate_some(struct deflater *d, void *p, size_t n, struct err *e)
{
	struct str in = buf_str(&d->raw_in);
	bool moved;
	int rc;

	d->in.next_in = (void *)(uintptr_t)in.p;
	d->in.avail_in = (uInt)in.n;
	d->in.next_out = p;
	d->in.avail_out = (uInt)n;
	rc = inflate(&d->in, Z_SYNC_FLUSH);
	buf_take(&d->raw_in, in.n - d->in.avail_in);
	/*
	 * zlib.h on data_type: 128 between blocks, and no bits left over, as
	 * a sync flush leaves it.  A call that did nothing does not say so.
	 */
	moved = d->in.avail_in < in.n || d->in.avail_out < n;
	d->between = (d->in.data_type & 0xff) == 128 || (d->between && !moved);
	d->more = d->in.avail_out == 0;
	d->ended = rc == Z_STREAM_END;
	if (rc == Z_OK || rc == Z_BUF_ERROR || rc == Z_STREAM_END)
		return (ssize_t)(n - d->in.avail_out);
	return err_set(e, ERR_PROTO, "compressed data is corrupt: %s",
	    d->in.msg != NULL ? d->in.msg : zError(rc));
}

/*
 * One step and no loop: blocks that hold nothing, sent without end, must not
 * keep the caller from its deadline.
 */
static ssize_t
deflate_read(struct stream *s, void *p, size_t n, struct err *e)
{
	struct deflater *d = of(s);
	ssize_t got;
	int rc;

	if (d->ended)
		return STREAM_EOF;
	rc = fill(d, e);
	if (rc != 0)
		return rc;
	got = inflate_some(
	    d, p, n < limits.inflate_step ? n : limits.inflate_step, e);
	if (got != 0)
		return got;
	if (d->ended || (d->eof && d->between))
		return STREAM_EOF;
	if (d->eof)
		return err_set(e, ERR_PROTO, "compressed data is cut off");
	return STREAM_AGAIN;
}

/* The end is to be read, too, though the descriptor may stay silent. */
static bool
deflate_pending(struct stream *s)
{
	return of(s)->raw_in.len > 0 || of(s)->more || of(s)->ended;
}

/* -- Writing --------------------------------------------------------------- */

/* Hands compressed bytes to the stream below: 0, AGAIN or ERR. */
static int
push_out(struct deflater *d, struct err *e)
{
	while (d->raw_out.len > 0) {
		struct str s = buf_str(&d->raw_out);
		ssize_t n = stream_write(d->s.below, s.p, s.n, e);

		if (n < 0)
			return (int)n;
		buf_take(&d->raw_out, (size_t)n);
	}
	return 0;
}

/*
 * Deflates d->out's input until all of it is taken and, with Z_SYNC_FLUSH,
 * nothing is held back: 0; or until raw_out is full: AGAIN.
 */
static int
deflate_all(struct deflater *d, int how)
{
	char *room;

	do {
		room = buf_room(&d->raw_out, OUT_STEP);
		if (room == NULL)
			return STREAM_AGAIN;
		d->out.next_out = (void *)room;
		d->out.avail_out = OUT_STEP;
		(void)deflate(&d->out, how);
		buf_grew(&d->raw_out, OUT_STEP - d->out.avail_out);
	} while (d->out.avail_out == 0);
	return 0;
}

static int
deflate_flush(struct stream *s, struct err *e)
{
	struct deflater *d = of(s);
	int rc;

	d->out.avail_in = 0;
	while (d->held) {
		d->flushing = deflate_all(d, Z_SYNC_FLUSH) != 0;
		d->held = d->flushing;
		rc = push_out(d, e);
		if (rc != 0)
			return rc;
	}
	rc = push_out(d, e);
	return rc == 0 ? stream_flush(s->below, e) : rc;
}

static ssize_t
deflate_write(struct stream *s, const void *p, size_t n, struct err *e)
{
	struct deflater *d = of(s);
	size_t took;
	int rc;

	/* zlib wants a flush that has begun to be taken to its end. */
	if (d->flushing && (rc = deflate_flush(s, e)) != 0)
		return rc;
	if (buf_free(&d->raw_out) < OUT_STEP && push_out(d, e) == STREAM_ERR)
		return STREAM_ERR;
	d->out.next_in = (void *)(uintptr_t)p;
	d->out.avail_in = n < UINT32_MAX ? (uInt)n : UINT32_MAX;
	took = d->out.avail_in;
	(void)deflate_all(d, Z_NO_FLUSH);
	took -= d->out.avail_in;
	if (took == 0)
		return STREAM_AGAIN;
	d->held = true;
	return (ssize_t)took;
}

static short
deflate_events(struct stream *s, bool want_read, bool want_write)
{
	return stream_events(
	    s->below, want_read, want_write || of(s)->raw_out.len > 0);
}

/* -- Life ------------------------------------------------------------------ */

static void
deflate_close(struct stream *s)
{
	struct deflater *d = of(s);

	(void)inflateEnd(&d->in);
	(void)deflateEnd(&d->out);
	buf_fini(&d->raw_in);
	buf_fini(&d->raw_out);
	stream_close(s->below);
	free(d);
}

static const struct stream_ops deflate_ops = {
    .read = deflate_read,
    .write = deflate_write,
    .flush = deflate_flush,
    .events = deflate_events,
    .pending = deflate_pending,
    .close = deflate_close,
};

/* As for mem.h, memory that is not to be had is the end. */
static voidpf
allocate(voidpf opaque, uInt n, uInt size)
{
	(void)opaque;
	return mem_zalloc((size_t)n * size);
}

static void
release(voidpf opaque, voidpf p)
{
	(void)opaque;
	free(p);
}

struct stream *
deflate_stream(struct stream *below, struct str already)
{
	struct deflater *d = mem_zalloc(sizeof(*d));
	int rc;

	d->in.zalloc = d->out.zalloc = allocate;
	d->in.zfree = d->out.zfree = release;
	rc = inflateInit2(&d->in, -MAX_WBITS);
	assert(rc == Z_OK);
	rc = deflateInit2(&d->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
	    -MAX_WBITS, MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK);
	(void)rc;
	buf_init(&d->raw_in, IN_MAX + already.n);
	buf_init(&d->raw_out, OUT_MAX);
	(void)buf_add(&d->raw_in, already);
	d->between = true;
	d->s = (struct stream){
	    .ops = &deflate_ops,
	    .below = below,
	    .fd_in = below->fd_in,
	    .fd_out = below->fd_out,
	};
	return &d->s;
}
