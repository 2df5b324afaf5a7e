/* base64: octets as text (RFC 4648 4), strict in decoding. */
#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
base64_encode(struct buf *b, struct str s)
{
	char *p = buf_room(b, (s.n + 2) / 3 * 4);
	const unsigned char *in = (const unsigned char *)s.p;
	size_t i, left;
	uint32_t bits;

	if (p == NULL)
		return -1;
	for (i = 0; i < s.n; i += 3, p += 4) {
		left = s.n - i;
		bits = (uint32_t)in[i] << 16;
		if (left > 1)
			bits |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			bits |= in[i + 2];
		p[0] = alphabet[bits >> 18];
		p[1] = alphabet[bits >> 12 & 63];
		p[2] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		p[3] = left > 2 ? alphabet[bits & 63] : '=';
	}
	buf_grew(b, (s.n + 2) / 3 * 4);
	return 0;
}

static int
value(char c)
{
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

int
base64_decode(struct buf *b, struct str s)
{
	size_t pad = 0, i, n;
	uint32_t bits = 0;
	char *p;
	int v;

	if (s.n % 4 != 0)
		return -1;
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
		pad++;
	n = s.n / 4 * 3 - pad;
	p = buf_room(b, n);
	if (p == NULL)
		return -1;
	for (i = 0; i < s.n; i++) {
		v = i < s.n - pad ? value(s.p[i]) : 0;
		if (v < 0)
			return -1;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 != 3)
			continue;
		/* Of padding, the bits that count for nothing must be 0. */
		if (i + 1 == s.n && bits & ((1U << 8 * pad) - 1))
			return -1;
		*p++ = (char)(bits >> 16);
		if (i + 1 < s.n || pad < 2)
			*p++ = (char)(bits >> 8);
		if (i + 1 < s.n || pad < 1)
			*p++ = (char)bits;
	}
	buf_grew(b, n);
	return 0;
}
