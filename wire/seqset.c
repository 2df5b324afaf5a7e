/* seqset: sets of message numbers or UIDs, as sorted ranges. */
#include "wire/seqset.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

void
seqset_fini(struct seqset *s)
{
	free(s->ranges);
	*s = (struct seqset){0};
}

void
seqset_clear(struct seqset *s)
{
	s->n = 0;
}

static void
append(struct seqset *s, uint32_t low, uint32_t high)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 8;
		s->ranges = mem_realloc(s->ranges, s->cap * sizeof(*s->ranges));
	}
	assert(s->ranges != NULL);
	s->ranges[s->n++] = (struct seqrange){low, high};
}

/* The index of the first range that ends at n or above. */
static size_t
find(const struct seqset *s, uint32_t n)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->ranges[mid].high < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
seqset_has(const struct seqset *s, uint32_t n)
{
	size_t i = find(s, n);

	return i < s->n && s->ranges[i].low <= n;
}

uint32_t
seqset_next(const struct seqset *s, struct seqpos *at)
{
	const struct seqrange *r;
	uint32_t n;

	if (at->range == s->n)
		return 0;
	r = &s->ranges[at->range];
	n = at->last == 0 ? r->low : at->last + 1;
	at->last = n;
	if (n == r->high)
		*at = (struct seqpos){.range = at->range + 1};
	return n;
}

static int
by_low(const void *pa, const void *pb)
{
	const struct seqrange *a = pa, *b = pb;

	return a->low < b->low ? -1 : a->low > b->low;
}

/* Sorts the ranges and joins those that overlap or touch. */
static void
normalise(struct seqset *s)
{
	size_t n = 0;

	if (s->n > 1)
		qsort(s->ranges, s->n, sizeof(*s->ranges), by_low);
	for (size_t i = 0; i < s->n; i++) {
		struct seqrange r = s->ranges[i];

		if (n > 0 && (s->ranges[n - 1].high == UINT32_MAX ||
				 r.low <= s->ranges[n - 1].high + 1)) {
			if (r.high > s->ranges[n - 1].high)
				s->ranges[n - 1].high = r.high;
		} else {
			s->ranges[n++] = r;
		}
	}
	s->n = n;
}

void
seqset_add(struct seqset *s, uint32_t low, uint32_t high)
{
	struct seqrange *last = s->n > 0 ? &s->ranges[s->n - 1] : NULL;

	if (last == NULL || low - 1 > last->high) {
		append(s, low, high);
	} else if (low - 1 == last->high) {
		last->high = high;
	} else {
		append(s, low, high);
		normalise(s);
	}
}

/* A number or *, at the start of *text. */
static bool
take_number(struct str *text, uint32_t star, uint32_t *n)
{
	uint64_t value;
	size_t digits = 0;

	if (text->n > 0 && *text->p == '*') {
		*n = star;
		*text = str_skip(*text, 1);
		return true;
	}
	while (digits < text->n && ascii_digit(text->p[digits]))
		digits++;
	/* RFC 9051 9: nz-number does not begin with a zero. */
	if (digits == 0 || *text->p == '0' ||
	    !str_u64(str_head(*text, digits), UINT32_MAX, &value))
		return false;
	*n = (uint32_t)value;
	*text = str_skip(*text, digits);
	return true;
}

bool
seqset_parse(struct seqset *s, struct str text, uint32_t star)
{
	uint32_t low = 0, high = 0;
	bool good;

	do {
		good = take_number(&text, star, &low);
		high = low;
		if (good && text.n > 0 && *text.p == ':') {
			text = str_skip(text, 1);
			good = take_number(&text, star, &high);
		}
		if (good && low > 0 && high > 0)
			append(s, low < high ? low : high,
			    low < high ? high : low);
		if (good && text.n > 0) {
			good = *text.p == ',' && text.n > 1;
			text = str_skip(text, 1);
		}
	} while (good && text.n > 0);
	normalise(s);
	return good;
}

bool
seqset_looks(struct str text)
{
	return text.n > 0 && (ascii_digit(*text.p) || *text.p == '*');
}

int
seqset_put(struct buf *b, const struct seqset *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct seqrange *r = &s->ranges[i];

		if (buf_addf(b, "%s%" PRIu32, i > 0 ? "," : "", r->low) < 0 ||
		    (r->high > r->low && buf_addf(b, ":%" PRIu32, r->high) < 0))
			return -1;
	}
	return 0;
}
