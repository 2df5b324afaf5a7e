/* decode: Content-Transfer-Encodings (RFC 2045 6). */
#include "wire/decode.h"
#include "wire/scan.h"

/*
 * Blanks that may be the end of a quoted-printable line, where they are to be
 * dropped (RFC 2045 6.7, rule 3).  Of more than this at once, which no mailer
 * writes, those in front are taken for text.
 */
enum { HELD_MAX = 256 };

static const struct {
	struct str name;
	enum transfer_encoding encoding;
} encodings[] = {
    {STR("7bit"), TRANSFER_IDENTITY},
    {STR("8bit"), TRANSFER_IDENTITY},
    {STR("binary"), TRANSFER_IDENTITY},
    {STR("quoted-printable"), TRANSFER_QUOTED_PRINTABLE},
    {STR("base64"), TRANSFER_BASE64},
};

enum transfer_encoding
transfer_encoding(struct str value)
{
	struct scanner s = {.in = value};
	struct str word;
	size_t i;

	if (value.p == NULL || scan_space(&s) == SCAN_END)
		return TRANSFER_IDENTITY;
	word = str_head(s.in, scan_length(s.in, SCAN_TOKEN));
	if (scan_word(&s, SCAN_TOKEN, NULL) != SCAN_END)
		return TRANSFER_UNKNOWN;
	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (str_eqcase(word, encodings[i].name))
			return encodings[i].encoding;
	return TRANSFER_UNKNOWN;
}

void
transfer_init(struct transfer *t, enum transfer_encoding encoding)
{
	*t = (struct transfer){.encoding = encoding};
	buf_init(&t->held, HELD_MAX);
}

void
transfer_fini(struct transfer *t)
{
	buf_fini(&t->held);
}

/* The value of a base64 digit, or 64. */
static uint32_t
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (ascii_digit(c))
		return (uint32_t)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* The octets of t's bits, of which there are t->have digits. */
static size_t
base64_octets(struct transfer *t, char *to)
{
	uint32_t bits = t->bits << (24 - 6 * t->have);
	size_t n = t->have * 6 / 8, i;

	for (i = 0; i < n; i++)
		to[i] = (char)(bits >> (16 - 8 * i) & 0xff);
	t->bits = 0;
	t->have = 0;
	return n;
}

static int
feed_base64(struct transfer *t, struct str in, struct buf *out)
{
	char mem[1024];
	size_t n = 0, i;
	uint32_t v;

	for (i = 0; i < in.n; i++) {
		v = base64_value(in.p[i]);
		if (v < 64) {
			t->bits = t->bits << 6 | v;
			t->have++;
		}
		if (t->have == 4 || in.p[i] == '=')
			n += base64_octets(t, mem + n);
		if (n + 3 > sizeof(mem)) {
			if (buf_add(out, (struct str){mem, n}) < 0)
				return -1;
			n = 0;
		}
	}
	return buf_add(out, (struct str){mem, n});
}

/* What is held is text after all. */
static int
put_held(struct transfer *t, struct buf *out)
{
	int rc = buf_add(out, buf_str(&t->held));

	buf_clear(&t->held);
	return rc;
}

/* "=X", of which one digit is missing. */
static bool
is_half_octet(struct str held)
{
	return held.n == 2 && *held.p == '=' && ascii_hex(held.p[1]) >= 0;
}

/* Whether c goes with those held: the first digit behind "=", blanks, or a CR
 * that ends them. */
static bool
is_next(struct str held, char c)
{
	if (is_half_octet(held) || held.p[held.n - 1] == '\r')
		return false;
	return str_has(S(" \t\r"), c) ||
	       (str_eq(held, S("=")) && ascii_hex(c) >= 0);
}

/*
 * Looks at the next octet behind those held: "=", or blanks and a CR, which
 * may follow it too.  False if it is not eaten; then nothing is held any more.
 */
static bool
feed_held(struct transfer *t, char c, struct buf *out, int *rc)
{
	struct str held = buf_str(&t->held);

	if (is_next(held, c) && buf_addc(&t->held, c) == 0)
		return true;
	if (is_half_octet(held) && ascii_hex(c) >= 0) {
		*rc = buf_addc(
		    out, (char)(ascii_hex(held.p[1]) * 16 + ascii_hex(c)));
	} else if (c == '\n' && !is_half_octet(held)) {
		/* A line end: the blanks go, and it too if it is soft. */
		if (*held.p != '=')
			*rc = buf_addz(
			    out, str_ends(held, S("\r")) ? "\r\n" : "\n");
	} else {
		*rc = put_held(t, out);
		return false;
	}
	buf_clear(&t->held);
	return true;
}

static int
feed_quoted_printable(struct transfer *t, struct str in, struct buf *out)
{
	size_t n;
	int rc = 0;

	while (rc == 0 && in.n > 0) {
		if (t->held.len > 0) {
			if (feed_held(t, *in.p, out, &rc))
				in = str_skip(in, 1);
			continue;
		}
		for (n = 0; n < in.n && !str_has(S("= \t\r"), in.p[n]); n++)
			;
		rc = buf_add(out, str_head(in, n));
		in = str_skip(in, n);
		if (in.n > 0) {
			(void)buf_addc(&t->held, *in.p);
			in = str_skip(in, 1);
		}
	}
	return rc;
}

int
transfer_feed(struct transfer *t, struct str in, struct buf *out)
{
	switch (t->encoding) {
	case TRANSFER_BASE64:
		return feed_base64(t, in, out);
	case TRANSFER_QUOTED_PRINTABLE:
		return feed_quoted_printable(t, in, out);
	case TRANSFER_IDENTITY:
	case TRANSFER_UNKNOWN:
		break;
	}
	return buf_add(out, in);
}

/* At the end, "=" and blanks behind it are a soft line break, and blanks are
 * those at the end of a line. */
int
transfer_end(struct transfer *t, struct buf *out)
{
	struct str held = buf_str(&t->held);
	char mem[3];
	size_t n;

	if (t->encoding == TRANSFER_BASE64) {
		n = base64_octets(t, mem);
		return buf_add(out, (struct str){mem, n});
	}
	if (is_half_octet(held))
		return put_held(t, out);
	buf_clear(&t->held);
	return 0;
}
