/*
 * seqset: sets of message numbers or UIDs (RFC 9051 9, sequence-set), as
 * sorted ranges.
 */
#ifndef WIRE_SEQSET_H
#define WIRE_SEQSET_H

#include "base/buf.h"

struct seqset {
	struct seqrange {
		uint32_t low, high;
	} * ranges; /* ascending; neither overlapping nor touching */
	size_t n, cap;
};

/* Zeroed is the empty set. */
void seqset_fini(struct seqset *s);
void seqset_clear(struct seqset *s);

/* Adds low to high, both included, low <= high and not 0.  In ascending order
 * this costs nothing; in another, time by the size of the set. */
void seqset_add(struct seqset *s, uint32_t low, uint32_t high);
bool seqset_has(const struct seqset *s, uint32_t n);

/* A place in a set; zeroed it is the front. */
struct seqpos {
	size_t range;
	uint32_t last; /* of the range; 0: none yet */
};
/* The number there, and on to the next; 0 at the end. */
uint32_t seqset_next(const struct seqset *s, struct seqpos *at);

/*
 * Adds what the text "1:4,7,*:9" says, where * is `star`; when that is 0, there
 * is no message and a range with * in it is empty.  False if it is no set; then
 * some of it may have been added.
 */
bool seqset_parse(struct seqset *s, struct str text, uint32_t star);
/* Whether text is a set at all, "$" not counted. */
bool seqset_looks(struct str text);

/* Appends "1:4,7"; nothing for the empty set.  -1 if b is full. */
int seqset_put(struct buf *b, const struct seqset *s);

#endif
