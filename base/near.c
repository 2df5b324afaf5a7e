/* near: the name that a misspelt word was most likely meant to be. */
#include "base/near.h"

enum { LONGEST = 32 };

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
like(struct str a, size_t i, struct str b, size_t j)
{
	return ascii_lower(a.p[i]) == ascii_lower(b.p[j]);
}

size_t
near_distance(struct str a, struct str b)
{
	/* d[i % 3][j]: the distance of the first i of a to the first j of b */
	size_t d[3][LONGEST + 1];
	size_t *now = d[0], *before, *last = d[2];
	size_t i, j;
	bool same;

	if (a.n > LONGEST || b.n > LONGEST)
		return SIZE_MAX;
	for (j = 0; j <= b.n; j++)
		now[j] = j;
	for (i = 1; i <= a.n; i++) {
		before = last;
		last = now;
		now = d[i % 3];
		now[0] = i;
		for (j = 1; j <= b.n; j++) {
			same = like(a, i - 1, b, j - 1);
			now[j] = min(last[j], now[j - 1]) + 1;
			now[j] = min(now[j], last[j - 1] + !same);
			if (i > 1 && j > 1 && like(a, i - 2, b, j - 1) &&
			    like(a, i - 1, b, j - 2))
				now[j] = min(now[j], before[j - 2] + 1);
		}
	}
	return now[b.n];
}

void
near_init(struct near *n, struct str word)
{
	/* One slip, and one more for each four letters, is still near. */
	*n = (struct near){.word = word, .distance = 2 + word.n / 4};
}

void
near_try(struct near *n, const char *name)
{
	size_t d = near_distance(n->word, str_z(name));

	if (d < n->distance) {
		n->distance = d;
		n->best = name;
	}
}
