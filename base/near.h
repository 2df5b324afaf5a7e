/*
 * near: the name that a misspelt word was most likely meant to be.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/str.h"

struct near {
	struct str word;
	const char *best; /* NULL while no name is near */
	size_t distance;  /* of best; while NULL, what is too far */
};

/* Begins a search for the name nearest to word. */
void near_init(struct near *n, struct str word);
/* Considers a name, which must outlive n; of equals the first one stays. */
void near_try(struct near *n, const char *name);

/*
 * How many letters must be added, left out, changed or swapped with their
 * neighbour to make b of a; ASCII case plays no part.  SIZE_MAX for words
 * longer than 32 octets.
 */
size_t near_distance(struct str a, struct str b);

#endif
