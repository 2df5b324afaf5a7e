/*
 * pairs: an ordered map from integers to integers, for a million of them and
 * more.
 *
 * The pairs stand in sorted blocks, so that a pair takes its 16 octets and
 * little else: nothing where keys come in ascending order, less than half as
 * much again where they come in any.  It never moves as a whole.
 */
#ifndef BASE_PAIRS_H
#define BASE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pairs {
	struct pairs_block **blocks; /* in order, none empty */
	size_t n, cap;
	size_t count; /* of the pairs */
};

struct pair {
	int64_t key, value;
};

/* Zeroed is the empty map. */
void pairs_fini(struct pairs *p);

void pairs_put(struct pairs *p, int64_t key, int64_t value);
/* False if the key is not there. */
bool pairs_get(const struct pairs *p, int64_t key, int64_t *value);
bool pairs_remove(struct pairs *p, int64_t key);
/* The first pair whose key is not below that one; false if there is none. */
bool pairs_from(const struct pairs *p, int64_t key, struct pair *out);

#endif
