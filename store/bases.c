/* bases: the messages of a mailbox, found by the base of their file names. */
#include "base/mem.h"
#include "store/inner.h"

#include <stdlib.h>

/* Open addressing; a slot holds an index of msgs plus one, 0 if it is free. */
struct bases {
	const struct mailbox *mb;
	size_t *slots;
	size_t mask;
};

/* FNV-1a: names are not chosen by who sends mail, so no secret is needed. */
static size_t
hash(struct str s)
{
	uint64_t h = 14695981039346656037U;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211U;
	return (size_t)(h ^ h >> 32);
}

static struct str
base_of(const struct mailbox *mb, size_t i)
{
	uint32_t ignored;

	return maildir_base(str_z(mb->msgs[i].name), &ignored);
}

/* The slot of base, or the free one where it belongs. */
static size_t *
slot(const struct bases *b, struct str base)
{
	size_t at = hash(base) & b->mask;

	while (b->slots[at] != 0 &&
	       !str_eq(base_of(b->mb, b->slots[at] - 1), base))
		at = (at + 1) & b->mask;
	return &b->slots[at];
}

struct bases *
bases_new(const struct mailbox *mb)
{
	struct bases *b = mem_zalloc(sizeof(*b));
	size_t n = 16;

	while (n < 2 * mb->n)
		n *= 2;
	b->mb = mb;
	b->mask = n - 1;
	b->slots = mem_zalloc(n * sizeof(*b->slots));
	for (size_t i = 0; i < mb->n; i++)
		*slot(b, base_of(mb, i)) = i + 1;
	return b;
}

void
bases_free(struct bases *b)
{
	free(b->slots);
	free(b);
}

struct message *
bases_find(const struct bases *b, struct str base)
{
	size_t i = *slot(b, base);

	return i > 0 ? &b->mb->msgs[i - 1] : NULL;
}
