/*
 * charset: the characters behind a charset, by iconv(3).
 *
 * What may be named is a list: a stranger's mail has no business with the
 * hundreds of modules that a C library can load.  US-ASCII and UTF-8 need no
 * library.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

enum { REPLACEMENT = 0xfffd };

struct charset {
	enum kind { KIND_ASCII, KIND_UTF8, KIND_ICONV } kind;
	iconv_t cd;
	char held[32]; /* the beginning of a character */
	size_t n_held;
};

/* Names in mail and what they mean: where mailers mislabel the larger one of
 * two sets, it is the larger one. */
static const struct {
	struct str name;
	enum kind kind;
	const char *iconv;
} names[] = {
    {STR(""), KIND_ASCII, NULL},
    {STR("us-ascii"), KIND_ASCII, NULL},
    {STR("ascii"), KIND_ASCII, NULL},
    {STR("ansi_x3.4-1968"), KIND_ASCII, NULL},
    {STR("iso646-us"), KIND_ASCII, NULL},
    {STR("utf-8"), KIND_UTF8, NULL},
    {STR("utf8"), KIND_UTF8, NULL},
    {STR("latin1"), KIND_ICONV, "ISO-8859-1"},
    {STR("iso-8859-8-i"), KIND_ICONV, "ISO-8859-8"},
    {STR("iso-8859-6-i"), KIND_ICONV, "ISO-8859-6"},
    {STR("cp437"), KIND_ICONV, "CP437"},
    {STR("ibm437"), KIND_ICONV, "CP437"},
    {STR("cp850"), KIND_ICONV, "CP850"},
    {STR("ibm850"), KIND_ICONV, "CP850"},
    {STR("ibm852"), KIND_ICONV, "CP852"},
    {STR("cp866"), KIND_ICONV, "CP866"},
    {STR("ibm866"), KIND_ICONV, "CP866"},
    {STR("koi8-r"), KIND_ICONV, "KOI8-R"},
    {STR("koi8-u"), KIND_ICONV, "KOI8-U"},
    {STR("macintosh"), KIND_ICONV, "MACINTOSH"},
    {STR("iso-2022-jp"), KIND_ICONV, "ISO-2022-JP-2"},
    {STR("iso-2022-jp-1"), KIND_ICONV, "ISO-2022-JP-2"},
    {STR("iso-2022-jp-2"), KIND_ICONV, "ISO-2022-JP-2"},
    {STR("euc-jp"), KIND_ICONV, "EUC-JP"},
    {STR("shift_jis"), KIND_ICONV, "CP932"},
    {STR("shift-jis"), KIND_ICONV, "CP932"},
    {STR("x-sjis"), KIND_ICONV, "CP932"},
    {STR("cp932"), KIND_ICONV, "CP932"},
    {STR("windows-31j"), KIND_ICONV, "CP932"},
    {STR("iso-2022-kr"), KIND_ICONV, "ISO-2022-KR"},
    {STR("euc-kr"), KIND_ICONV, "CP949"},
    {STR("ks_c_5601-1987"), KIND_ICONV, "CP949"},
    {STR("cp949"), KIND_ICONV, "CP949"},
    {STR("gb2312"), KIND_ICONV, "GB18030"},
    {STR("gbk"), KIND_ICONV, "GB18030"},
    {STR("cp936"), KIND_ICONV, "GB18030"},
    {STR("gb18030"), KIND_ICONV, "GB18030"},
    {STR("big5"), KIND_ICONV, "BIG5"},
    {STR("cp950"), KIND_ICONV, "BIG5"},
    {STR("big5-hkscs"), KIND_ICONV, "BIG5-HKSCS"},
    {STR("tis-620"), KIND_ICONV, "CP874"},
    {STR("windows-874"), KIND_ICONV, "CP874"},
};

/* Sets that differ by a number: those of ISO 8859 and of Windows. */
static const struct {
	struct str prefix;
	uint64_t first, last;
	const char *iconv;
} families[] = {
    {STR("iso-8859-"), 1, 16, "ISO-8859-"},
    {STR("iso8859-"), 1, 16, "ISO-8859-"},
    {STR("iso_8859-"), 1, 16, "ISO-8859-"},
    {STR("windows-"), 1250, 1258, "CP"},
    {STR("cp"), 1250, 1258, "CP"},
};

static struct charset *
open_as(enum kind kind, const char *name)
{
	struct charset *c;
	iconv_t cd = (iconv_t)-1;

	if (kind == KIND_ICONV) {
		cd = iconv_open("UTF-8", name);
		if (cd == (iconv_t)-1)
			return NULL;
	}
	c = mem_zalloc(sizeof(*c));
	c->kind = kind;
	c->cd = cd;
	return c;
}

struct charset *
charset_open(struct str name)
{
	struct str rest;
	uint64_t number;
	char iconv[32];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eqcase(name, names[i].name))
			return open_as(names[i].kind, names[i].iconv);
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (!str_startscase(name, families[i].prefix))
			continue;
		rest = str_skip(name, families[i].prefix.n);
		if (!str_u64(rest, families[i].last, &number) ||
		    number < families[i].first)
			continue;
		str_copy(iconv, sizeof(iconv), str_z(families[i].iconv));
		str_copy(
		    iconv + strlen(iconv), sizeof(iconv) - strlen(iconv), rest);
		return open_as(KIND_ICONV, iconv);
	}
	return NULL;
}

void
charset_close(struct charset *c)
{
	if (c == NULL)
		return;
	if (c->kind == KIND_ICONV)
		(void)iconv_close(c->cd);
	free(c);
}

static int
put_invalid(struct str *in, struct buf *out)
{
	*in = str_skip(*in, 1);
	return utf8_put(out, REPLACEMENT);
}

static int
convert_ascii(struct str *in, struct buf *out)
{
	size_t n;
	int rc = 0;

	while (rc == 0 && in->n > 0) {
		for (n = 0; n < in->n && (unsigned char)in->p[n] < 0x80; n++)
			;
		rc = buf_add(out, str_head(*in, n));
		*in = str_skip(*in, n);
		if (rc == 0 && in->n > 0)
			rc = put_invalid(in, out);
	}
	return rc;
}

/* Whether s may become a character when more octets come. */
static bool
is_cut(struct str s)
{
	unsigned char first = (unsigned char)*s.p;
	size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2, i;

	if (first < 0xc2 || first > 0xf4 || s.n >= need)
		return false;
	for (i = 1; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

static int
convert_utf8(struct str *in, struct buf *out)
{
	uint32_t c;
	size_t good, n = 1;
	int rc = 0;

	while (rc == 0 && in->n > 0) {
		for (good = 0; good < in->n; good += n) {
			n = utf8_decode(str_skip(*in, good), &c);
			if (n == 0)
				break;
		}
		rc = buf_add(out, str_head(*in, good));
		*in = str_skip(*in, good);
		if (rc < 0 || in->n == 0 || is_cut(*in))
			break;
		rc = put_invalid(in, out);
	}
	return rc;
}

/* iconv(3) over *in, or with NULL whatever it still keeps; errno as there. */
static size_t
convert_some(struct charset *c, struct str *in, struct buf *out, int *rc)
{
	char mem[1024];
	char *to = mem, *from = in != NULL ? (char *)in->p : NULL;
	size_t room = sizeof(mem), left = in != NULL ? in->n : 0, got;

	errno = 0;
	got = iconv(c->cd, in != NULL ? &from : NULL, in != NULL ? &left : NULL,
	    &to, &room);
	if (in != NULL)
		*in = str_skip(*in, in->n - left);
	*rc = buf_add(out, (struct str){mem, sizeof(mem) - room});
	return got;
}

static int
convert_iconv(struct charset *c, struct str *in, struct buf *out)
{
	int rc = 0, error;

	while (rc == 0 && in->n > 0) {
		if (convert_some(c, in, out, &rc) != (size_t)-1)
			continue;
		error = errno;
		if (rc == 0 && error == EILSEQ)
			rc = put_invalid(in, out);
		else if (error == EINVAL)
			break; /* a character that is cut short */
	}
	return rc;
}

/* Eats *in but for the beginning of a character at its end. */
static int
convert(struct charset *c, struct str *in, struct buf *out)
{
	switch (c->kind) {
	case KIND_ASCII:
		return convert_ascii(in, out);
	case KIND_UTF8:
		return convert_utf8(in, out);
	case KIND_ICONV:
		return convert_iconv(c, in, out);
	}
	return -1;
}

/* Adds octets to those held, as many as fit, and converts what is whole. */
static int
convert_held(struct charset *c, struct str *in, struct buf *out)
{
	size_t room = sizeof(c->held) - c->n_held;
	struct str more = str_head(*in, in->n < room ? in->n : room);
	struct str s = {c->held, c->n_held + more.n};
	int rc;

	if (more.n > 0)
		memcpy(c->held + c->n_held, more.p, more.n);
	*in = str_skip(*in, more.n);
	rc = convert(c, &s, out);
	/* No character is that long. */
	if (rc == 0 && s.n == sizeof(c->held))
		rc = put_invalid(&s, out);
	memmove(c->held, s.p, s.n);
	c->n_held = s.n;
	return rc;
}

int
charset_feed(struct charset *c, struct str in, struct buf *out)
{
	while (in.n > 0) {
		if (c->n_held == 0 && convert(c, &in, out) < 0)
			return -1;
		if (in.n > 0 && convert_held(c, &in, out) < 0)
			return -1;
	}
	return 0;
}

int
charset_end(struct charset *c, struct buf *out)
{
	struct str s = {c->held, c->n_held};
	int rc = 0;

	c->n_held = 0;
	while (s.n > 0)
		if (put_invalid(&s, out) < 0)
			return -1;
	if (c->kind == KIND_ICONV)
		(void)convert_some(c, NULL, out, &rc);
	return rc;
}
