/* vis: bytes of strangers made harmless for a terminal. */
#include "base/vis.h"
#include "base/utf8.h"

/* Characters that act instead of being seen; sorted. */
static const struct {
	uint32_t first, last;
} acting[] = {
    {0x80, 0x9f},	/* C1 */
    {0xad, 0xad},	/* soft hyphen */
    {0x61c, 0x61c},	/* Arabic letter mark */
    {0x180e, 0x180e},	/* Mongolian vowel separator */
    {0x200b, 0x200f},	/* zero width, LRM, RLM */
    {0x2028, 0x202e},	/* line separators, embeddings, overrides */
    {0x2060, 0x206f},	/* word joiner, isolates */
    {0xfeff, 0xfeff},	/* byte order mark */
    {0xfff9, 0xfffb},	/* interlinear annotation */
    {0xe0000, 0xe0fff}, /* tags */
};

static bool
acts(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(acting) / sizeof(acting[0]); i++)
		if (c >= acting[i].first && c <= acting[i].last)
			return true;
	return false;
}

/* Appends the first character of s and says in *n how long it was. */
static int
add_one(struct buf *b, struct str s, size_t *n)
{
	unsigned char first = (unsigned char)s.p[0];
	uint32_t c = 0;

	*n = utf8_decode(s, &c);
	if (*n == 0) {
		*n = 1;
		return buf_addf(b, "\\x%02x", first);
	}
	if (c == 0x7f)
		return buf_addz(b, "^?");
	if (c < 0x20 && c != '\t')
		return buf_addf(b, "^%c", (char)(c + '@'));
	if (acts(c))
		return buf_addf(b, "<U+%04X>", (unsigned)c);
	return buf_add(b, str_head(s, *n));
}

int
vis_add(struct buf *b, struct str s)
{
	size_t n, plain;

	while (s.n > 0) {
		/* Nearly all mail is printable ASCII: take runs of it. */
		for (plain = 0; plain < s.n; plain++)
			if (s.p[plain] < ' ' || s.p[plain] > '~')
				break;
		n = plain;
		if (plain > 0 ? buf_add(b, str_head(s, plain)) < 0
			      : add_one(b, s, &n) < 0)
			return -1;
		s = str_skip(s, n);
	}
	return 0;
}

bool
vis_is_plain(struct str s)
{
	struct buf b;
	bool plain;

	buf_init(&b, 12 * s.n + 1);
	plain =
	    !str_has(s, '\t') && vis_add(&b, s) == 0 && str_eq(buf_str(&b), s);
	buf_fini(&b);
	return plain;
}
