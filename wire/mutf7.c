/* mutf7: mailbox names in modified UTF-7 (RFC 3501 5.1.3) and in UTF-8. */
#include "wire/mutf7.h"
#include "base/utf8.h"

/* Base64 with "," for "/" (RFC 3501 5.1.3). */
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_direct(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* 16-bit units on their way into base64. */
struct shift {
	bool open;
	uint32_t bits;
	unsigned n;
};

static int
put_unit(struct buf *b, struct shift *sh, uint32_t unit)
{
	if (!sh->open && buf_addc(b, '&') < 0)
		return -1;
	sh->open = true;
	sh->bits = sh->bits << 16 | unit;
	for (sh->n += 16; sh->n >= 6; sh->n -= 6)
		if (buf_addc(b, alphabet[sh->bits >> (sh->n - 6) & 63]) < 0)
			return -1;
	sh->bits &= (1u << sh->n) - 1;
	return 0;
}

static int
close_shift(struct buf *b, struct shift *sh)
{
	int rc = 0;

	if (!sh->open)
		return 0;
	if (sh->n > 0)
		rc = buf_addc(b, alphabet[sh->bits << (6 - sh->n) & 63]);
	*sh = (struct shift){.open = false};
	return rc < 0 ? -1 : buf_addc(b, '-');
}

static int
encode(struct buf *b, struct str s)
{
	struct shift sh = {.open = false};
	uint32_t c;
	size_t n;
	int rc;

	for (; s.n > 0; s = str_skip(s, n)) {
		n = utf8_decode(s, &c);
		if (n == 0 || c == 0)
			return -1;
		if (is_direct(c)) {
			rc = close_shift(b, &sh) < 0 ? -1
			     : c == '&'		     ? buf_addz(b, "&-")
						     : buf_addc(b, (char)c);
		} else if (c < 0x10000) {
			rc = put_unit(b, &sh, c);
		} else {
			rc = put_unit(b, &sh, 0xd7c0 + (c >> 10));
			if (rc == 0)
				rc = put_unit(b, &sh, 0xdc00 + (c & 0x3ff));
		}
		if (rc < 0)
			return -1;
	}
	return close_shift(b, &sh);
}

/* One 16-bit unit; *high is a surrogate that waits for its other half. */
static int
take_unit(struct buf *b, uint32_t unit, uint32_t *high)
{
	uint32_t c = unit;

	if (*high != 0) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return -1;
		c = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return 0;
	} else if (unit >= 0xdc00 && unit <= 0xdfff) {
		return -1;
	}
	return is_direct(c) || c == 0 ? -1 : utf8_put(b, c);
}

/* What stands between "&" and "-". */
static int
decode_shifted(struct buf *b, struct str s)
{
	uint32_t bits = 0, high = 0;
	const char *at;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		at = s.p[i] != '\0' ? strchr(alphabet, s.p[i]) : NULL;
		if (at == NULL)
			return -1;
		bits = (bits << 6 | (uint32_t)(at - alphabet)) & 0x3fffff;
		n += 6;
		if (n < 16)
			continue;
		n -= 16;
		if (take_unit(b, bits >> n & 0xffff, &high) < 0)
			return -1;
		bits &= (1u << n) - 1;
	}
	/* Padding is less than a digit and zero, else there are two
	 * encodings of one name. */
	return high != 0 || n >= 6 || bits != 0 ? -1 : 0;
}

static int
decode(struct buf *b, struct str s)
{
	struct str shifted;
	bool just_shifted = false;
	int rc;

	while (s.n > 0) {
		if (*s.p != '&') {
			if (!is_direct((unsigned char)*s.p) ||
			    buf_addc(b, *s.p) < 0)
				return -1;
			s = str_skip(s, 1);
			just_shifted = false;
			continue;
		}
		s = str_skip(s, 1);
		if (!str_has(s, '-'))
			return -1;
		shifted = str_cut(&s, '-');
		if (shifted.n == 0) {
			rc = buf_addc(b, '&');
			just_shifted = false;
		} else {
			/* "&…-&…-" would be a second encoding. */
			rc = just_shifted ? -1 : decode_shifted(b, shifted);
			just_shifted = true;
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Whatever was added before the fault is taken back. */
static int
whole(int (*fn)(struct buf *, struct str), struct buf *b, struct str s)
{
	size_t before = b->len;

	if (fn(b, s) == 0)
		return 0;
	b->len = before;
	return -1;
}

int
mutf7_encode(struct buf *b, struct str s)
{
	return whole(encode, b, s);
}

int
mutf7_decode(struct buf *b, struct str s)
{
	return whole(decode, b, s);
}
