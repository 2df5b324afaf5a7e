/* utf8: characters of UTF-8 text. */
#include "base/utf8.h"

size_t
utf8_decode(struct str s, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.p[0];
	size_t n, i;

	if (first < 0x80) {
		*c = first;
		return 1;
	}
	n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
	if (n == 0 || first > 0xf4 || s.n < n)
		return 0;
	*c = first & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return 0;
	return n;
}

int
utf8_put(struct buf *b, uint32_t c)
{
	static const unsigned char mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char mem[4];
	size_t i;

	for (i = n - 1; i > 0; i--) {
		mem[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	mem[0] = (char)(mark[n] | c);
	return buf_add(b, (struct str){mem, n});
}

bool
utf8_valid(struct str s)
{
	uint32_t c;
	size_t n;

	for (; s.n > 0; s = str_skip(s, n)) {
		n = utf8_decode(s, &c);
		if (n == 0)
			return false;
	}
	return true;
}

struct str
utf8_head(struct str s, size_t n)
{
	if (n >= s.n)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_head(s, n);
}
