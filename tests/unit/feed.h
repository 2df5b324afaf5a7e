/*
 * feed: runs a parser over the same input whole, byte by byte, and cut once at
 * every place, and tells whether it always made the same of it.
 *
 * What the parser has not eaten lies at the start of its next input, and each
 * input is a block of memory of exactly its size: ASan sees a read past its
 * end, and a slice of an older input that somebody still uses.
 */
#ifndef TESTS_FEED_H
#define TESTS_FEED_H

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>

struct feed {
	struct str in;	 /* what the parser may eat now; it moves this on */
	struct str left; /* what it has not been shown yet */
	size_t first, step;
	char *block;
};

/* Writes into out what it makes of the input, until feed_more is false. */
struct feed_parser {
	void (*run)(struct feed *f, struct buf *out, void *ctx);
	void *ctx;
};

/* Shows the parser more in f->in; false when there is no more. */
static inline bool
feed_more(struct feed *f)
{
	size_t n = f->first < f->left.n ? f->first : f->left.n;
	char *block;

	if (f->left.n == 0)
		return false;
	block = malloc(f->in.n + n);
	if (block == NULL)
		abort();
	if (f->in.n > 0)
		memcpy(block, f->in.p, f->in.n);
	memcpy(block + f->in.n, f->left.p, n);
	free(f->block);
	f->block = block;
	f->in = (struct str){block, f->in.n + n};
	f->left = str_skip(f->left, n);
	f->first = f->step;
	return true;
}

/* First `first` bytes, then `step` at a time. */
static inline void
feed_run(struct str all, size_t first, size_t step,
    const struct feed_parser *parser, struct buf *out)
{
	struct feed f = {
	    .in = S(""), .left = all, .first = first, .step = step};

	buf_clear(out);
	parser->run(&f, out, parser->ctx);
	free(f.block);
}

/*
 * Leaves in out what the parser makes of all; false if it makes another thing
 * of it in pieces, with which is then in out.  Beyond `cuts` places, only that
 * many are tried.
 */
static inline bool
feed_agrees(struct str all, size_t cuts, const struct feed_parser *parser,
    struct buf *out)
{
	struct buf other;
	size_t at, step = all.n / (cuts + 1) + 1;
	bool same;

	buf_init(&other, out->max);
	feed_run(all, all.n, all.n, parser, out);
	feed_run(all, 1, 1, parser, &other);
	same = str_eq(buf_str(out), buf_str(&other));
	for (at = step; same && at < all.n; at += step) {
		feed_run(all, at, all.n, parser, &other);
		same = str_eq(buf_str(out), buf_str(&other));
	}
	if (!same) {
		buf_clear(out);
		(void)buf_add(out, buf_str(&other));
	}
	buf_fini(&other);
	return same;
}

#endif
