/* seqset: sets of message numbers or UIDs, as sorted ranges. */
#include "wire/seqset.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
	s->count = 0;
}

void
seqset_fit(struct seqset *s)
{
	if (s->n == 0) {
		seqset_fini(s);
	} else if (s->n < s->cap) {
		s->ranges = mem_realloc(s->ranges, s->n * sizeof(*s->ranges));
		s->cap = s->n;
	}
}

/* Makes room for one more. */
static void
grow(struct seqset *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? s->cap + s->cap / 2 : 8;
		s->ranges = mem_realloc(s->ranges, s->cap * sizeof(*s->ranges));
	}
	assert(s->ranges != NULL);
}

static void
append(struct seqset *s, uint32_t low, uint32_t high)
{
	grow(s);
	s->ranges[s->n++] = (struct seqrange){low, high};
	s->count += (uint64_t)high - low + 1;
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

static bool
is_sorted(const struct seqset *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->ranges[i].low < s->ranges[i - 1].low)
			return false;
	return true;
}

void
seqset_push(struct seqset *s, uint32_t low, uint32_t high)
{
	append(s, low, high);
}

/* Sorts the ranges and joins those that overlap or touch. */
void
seqset_settle(struct seqset *s)
{
	size_t n = 0;

	if (!is_sorted(s))
		qsort(s->ranges, s->n, sizeof(*s->ranges), by_low);
	s->count = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct seqrange r = s->ranges[i];

		if (n > 0 && (s->ranges[n - 1].high == UINT32_MAX ||
				 r.low <= s->ranges[n - 1].high + 1)) {
			if (r.high > s->ranges[n - 1].high) {
				s->count += r.high - s->ranges[n - 1].high;
				s->ranges[n - 1].high = r.high;
			}
		} else {
			s->ranges[n++] = r;
			s->count += (uint64_t)r.high - r.low + 1;
		}
	}
	s->n = n;
}

/* Puts a range in front of the i-th; those from there to the j-th are in it or
 * touch it. */
static void
replace(struct seqset *s, size_t i, size_t j, struct seqrange r)
{
	for (size_t k = i; k < j; k++) {
		const struct seqrange *old = &s->ranges[k];

		s->count -= (uint64_t)old->high - old->low + 1;
		r.low = old->low < r.low ? old->low : r.low;
		r.high = old->high > r.high ? old->high : r.high;
	}
	if (i == j)
		grow(s);
	memmove(
	    &s->ranges[i + 1], &s->ranges[j], (s->n - j) * sizeof(*s->ranges));
	s->ranges[i] = r;
	s->n = s->n + 1 + i - j;
	s->count += (uint64_t)r.high - r.low + 1;
}

void
seqset_add(struct seqset *s, uint32_t low, uint32_t high)
{
	struct seqrange *last = s->n > 0 ? &s->ranges[s->n - 1] : NULL;
	size_t i, j;

	if (last == NULL || low - 1 > last->high) {
		append(s, low, high);
	} else if (low - 1 == last->high) {
		s->count += (uint64_t)high - last->high;
		last->high = high;
	} else {
		i = j = find(s, low - 1 > 0 ? low - 1 : low);
		while (j < s->n && s->ranges[j].low - 1 <= high)
			j++;
		replace(s, i, j, (struct seqrange){low, high});
	}
}

bool
seqset_eq(const struct seqset *a, const struct seqset *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->ranges, b->ranges,
				 a->n * sizeof(*a->ranges)) == 0);
}

void
seqset_or(struct seqset *s, const struct seqset *a, const struct seqset *b)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		bool first = j == b->n ||
			     (i < a->n && a->ranges[i].low <= b->ranges[j].low);
		struct seqrange r = first ? a->ranges[i++] : b->ranges[j++];
		struct seqrange *last = s->n > 0 ? &s->ranges[s->n - 1] : NULL;

		if (last == NULL || r.low - 1 > last->high) {
			append(s, r.low, r.high);
		} else if (r.high > last->high) {
			s->count += r.high - last->high;
			last->high = r.high;
		}
	}
}

void
seqset_and(struct seqset *s, const struct seqset *a, const struct seqset *b)
{
	size_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		struct seqrange x = a->ranges[i], y = b->ranges[j];
		uint32_t low = x.low > y.low ? x.low : y.low;
		uint32_t high = x.high < y.high ? x.high : y.high;

		if (low <= high)
			append(s, low, high);
		if (x.high < y.high)
			i++;
		else
			j++;
	}
}

void
seqset_without(struct seqset *s, const struct seqset *a, const struct seqset *b)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		/* What is left of the range begins at low. */
		uint64_t low = a->ranges[i].low, high = a->ranges[i].high;

		while (j < b->n && b->ranges[j].high < low)
			j++;
		for (size_t k = j; k < b->n && b->ranges[k].low <= high; k++) {
			if (b->ranges[k].low > low)
				append(s, (uint32_t)low, b->ranges[k].low - 1);
			low = (uint64_t)b->ranges[k].high + 1;
		}
		if (low <= high)
			append(s, (uint32_t)low, (uint32_t)high);
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
	seqset_settle(s);
	return good;
}

/* Pushes " 2 3 6" to s, unless that is NULL; false if it is anything else. */
static bool
push_numbers(struct seqset *s, struct str text)
{
	uint32_t n = 0, last = 0;

	while (text.n > 1 && *text.p == ' ' && ascii_digit(text.p[1])) {
		text = str_skip(text, 1);
		if (!take_number(&text, 0, &n))
			return false;
		if (s != NULL && last > 0 && n == last + 1) {
			s->ranges[s->n - 1].high = n;
			s->count++;
		} else if (s != NULL) {
			append(s, n, n);
		}
		last = n;
	}
	return text.n == 0;
}

bool
seqset_search(struct seqset *s, struct str line)
{
	struct str name = S("* SEARCH");
	size_t n = s != NULL ? s->n : 0;
	uint64_t count = s != NULL ? s->count : 0;
	bool good = str_startscase(line, name) &&
		    push_numbers(s, str_skip(line, name.n));

	if (!good && s != NULL) {
		s->n = n;
		s->count = count;
	}
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
