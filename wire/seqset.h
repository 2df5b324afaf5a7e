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
	uint64_t count; /* of the numbers */
};

/* Zeroed is the empty set. */
void seqset_fini(struct seqset *s);
void seqset_clear(struct seqset *s);

/* Adds low to high, both included, low <= high and not 0.  In ascending order
 * this costs nothing; in another, time by how much of the set is above. */
void seqset_add(struct seqset *s, uint32_t low, uint32_t high);
/* The same in any order, without looking: until seqset_settle there may be
 * nothing but more of these, seqset_search and seqset_clear. */
void seqset_push(struct seqset *s, uint32_t low, uint32_t high);
void seqset_settle(struct seqset *s);
/* Gives back memory that is kept for more. */
void seqset_fit(struct seqset *s);
bool seqset_has(const struct seqset *s, uint32_t n);
bool seqset_eq(const struct seqset *a, const struct seqset *b);

/* What is in a or b; in both; in a and not in b: into s, which is empty and
 * none of these. */
void seqset_or(
    struct seqset *s, const struct seqset *a, const struct seqset *b);
void seqset_and(
    struct seqset *s, const struct seqset *a, const struct seqset *b);
void seqset_without(
    struct seqset *s, const struct seqset *a, const struct seqset *b);

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
/*
 * Pushes the numbers of an untagged response to SEARCH (RFC 9051 7.3.4, RFC
 * 3501 7.2.5), "* SEARCH 2 3 6"; s may be NULL.  False if the line is another
 * one, or has anything else in it: then s is as it was.  A million of them need
 * no tree this way.
 */
bool seqset_search(struct seqset *s, struct str line);

/* Appends "1:4,7"; nothing for the empty set.  -1 if b is full. */
int seqset_put(struct buf *b, const struct seqset *s);

#endif
