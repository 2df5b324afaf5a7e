/* body_held: a body behind a prefix, whose end may be held back. */
#include "proto/body_inner.h"

#include <assert.h>

/* The inner body has something: whoever waits for the outer one hears it. */
static void
pass_on(void *arg)
{
	struct body *b = arg;

	if (b->wake != NULL)
		b->wake(b->wake_arg);
}

static enum pull
held_pull(struct body *b, struct str *out, struct err *e)
{
	enum pull got;

	if (b->taken < b->buf.len) {
		*out = str_skip(buf_str(&b->buf), (size_t)b->taken);
		return PULL_SLICE;
	}
	got = b->ended ? PULL_END : body_pull(b->inner, out, e);
	if (got == PULL_LATER)
		body_on_ready(b->inner, pass_on, b);
	if (got != PULL_END || !b->held)
		return got;
	b->due = true;
	return PULL_LATER;
}

static void
held_took(struct body *b, size_t n)
{
	if (b->taken > b->buf.len)
		body_took(b->inner, n);
}

static bool
held_size(struct body *b, uint64_t *size)
{
	*size = 0;
	if (!b->ended && (b->gathered || !body_size(b->inner, size)))
		return false;
	*size += b->buf.len;
	return true;
}

static bool
held_rewind(struct body *b)
{
	b->due = false;
	return b->ended || (!b->gathered && body_rewind(b->inner));
}

static void
held_free(struct body *b)
{
	body_on_ready(b->inner, NULL, NULL);
	body_unref(b->inner);
}

struct body *
body_held(struct str prefix, struct body *inner, bool held)
{
	static const struct body_ops ops = {.pull = held_pull,
	    .took = held_took,
	    .size = held_size,
	    .rewind = held_rewind,
	    .free = held_free};
	struct body *b = body_new(&ops);

	(void)buf_add(&b->buf, prefix);
	b->prefix = prefix.n;
	b->inner = body_ref(inner);
	b->held = held;
	return b;
}

/* A small file is read once, and not for each of those who look at it. */
static bool
is_small_file(struct body *b, uint64_t max)
{
	uint64_t size;

	return b->fd >= 0 && body_size(b, &size) && size <= max;
}

bool
body_gather(struct body *b, uint64_t max)
{
	struct err ignored = {0};
	enum pull got = PULL_SLICE;
	struct str s;

	assert(b->inner != NULL);
	if (b->ended || b->claimed ||
	    (!b->gathered && body_whole(b->inner) &&
		!is_small_file(b->inner, max)))
		return true;
	b->gathered = true;
	while (b->buf.len <= max &&
	       (got = body_pull(b->inner, &s, &ignored)) == PULL_SLICE) {
		(void)buf_add(&b->buf, s);
		body_took(b->inner, s.n);
	}
	b->ended = got == PULL_END;
	return got != PULL_LATER;
}

void
body_hold(struct body *b)
{
	assert(b->inner != NULL);
	b->held = true;
}

bool
body_due(const struct body *b)
{
	return b->held && b->due;
}

void
body_release(struct body *b)
{
	bool due = body_due(b);

	b->held = false;
	if (due)
		pass_on(b);
}
