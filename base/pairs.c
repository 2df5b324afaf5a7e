/* pairs: an ordered map from integers to integers. */
#include "base/pairs.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* With what malloc(3) adds, a block is 4 KiB. */
#define PER_BLOCK 254

struct pairs_block {
	size_t n;
	struct pair pairs[PER_BLOCK];
};

void
pairs_fini(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->blocks[i]);
	free(p->blocks);
	*p = (struct pairs){0};
}

/* The last block that begins at the key or below; the first if none does. */
static size_t
find_block(const struct pairs *p, int64_t key)
{
	size_t low = 0, high = p->n, mid;

	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (p->blocks[mid]->pairs[0].key <= key)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Where in the block the key is, or would be. */
static size_t
find_pair(const struct pairs_block *b, int64_t key)
{
	size_t low = 0, high = b->n, mid;

	if (b->n > 0 && b->pairs[b->n - 1].key < key)
		return b->n;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (b->pairs[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A new, empty block as the i-th. */
static struct pairs_block *
add_block(struct pairs *p, size_t i)
{
	if (p->n == p->cap) {
		p->cap = p->cap > 0 ? 2 * p->cap : 4;
		p->blocks = mem_realloc(p->blocks, p->cap * sizeof(*p->blocks));
	}
	memmove(
	    &p->blocks[i + 1], &p->blocks[i], (p->n - i) * sizeof(*p->blocks));
	p->n++;
	return p->blocks[i] = mem_zalloc(sizeof(struct pairs_block));
}

/* Makes room in the i-th block, which is full; returns the one that the key
 * belongs to.  At the end of all nothing is moved, so that ascending keys fill
 * blocks. */
static struct pairs_block *
split(struct pairs *p, size_t i, int64_t key)
{
	struct pairs_block *b = p->blocks[i], *next = add_block(p, i + 1);
	size_t half = b->n / 2;

	if (i + 2 == p->n && b->pairs[b->n - 1].key < key)
		return next;
	next->n = b->n - half;
	memcpy(next->pairs, &b->pairs[half], next->n * sizeof(*b->pairs));
	b->n = half;
	return key < next->pairs[0].key ? b : next;
}

void
pairs_put(struct pairs *p, int64_t key, int64_t value)
{
	size_t i = find_block(p, key), k;
	struct pairs_block *b = p->n > 0 ? p->blocks[i] : add_block(p, 0);

	k = find_pair(b, key);
	if (k < b->n && b->pairs[k].key == key) {
		b->pairs[k].value = value;
		return;
	}
	if (b->n == PER_BLOCK) {
		b = split(p, i, key);
		k = find_pair(b, key);
	}
	memmove(&b->pairs[k + 1], &b->pairs[k], (b->n - k) * sizeof(*b->pairs));
	b->pairs[k] = (struct pair){key, value};
	b->n++;
	p->count++;
}

bool
pairs_from(const struct pairs *p, int64_t key, struct pair *out)
{
	size_t i, k;

	if (p->n == 0)
		return false;
	i = find_block(p, key);
	k = find_pair(p->blocks[i], key);
	if (k == p->blocks[i]->n) {
		if (++i == p->n)
			return false;
		k = 0;
	}
	*out = p->blocks[i]->pairs[k];
	return true;
}

bool
pairs_get(const struct pairs *p, int64_t key, int64_t *value)
{
	struct pair found;

	if (!pairs_from(p, key, &found) || found.key != key)
		return false;
	*value = found.value;
	return true;
}

bool
pairs_remove(struct pairs *p, int64_t key)
{
	size_t i = find_block(p, key), k;
	struct pairs_block *b;

	if (p->n == 0)
		return false;
	b = p->blocks[i];
	k = find_pair(b, key);
	if (k == b->n || b->pairs[k].key != key)
		return false;
	memmove(
	    &b->pairs[k], &b->pairs[k + 1], (b->n - k - 1) * sizeof(*b->pairs));
	p->count--;
	if (--b->n == 0) {
		free(b);
		p->n--;
		memmove(&p->blocks[i], &p->blocks[i + 1],
		    (p->n - i) * sizeof(*p->blocks));
	}
	return true;
}
