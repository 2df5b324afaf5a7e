/*
 * fuzz_decode: the first octet chooses an encoding or a charset.  Pieces give
 * what the whole gives, text is UTF-8, and what was encoded comes back; a date
 * that is read is written and read as the same.
 */
#include "base/base64.h"
#include "base/utf8.h"
#include "tests/unit/feed.h"
#include "wire/date.h"
#include "wire/decode.h"
#include "wire/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const charsets[] = {"", "utf-8", "iso-8859-1",
    "windows-1252", "koi8-r", "cp866", "iso-2022-jp", "euc-jp", "shift_jis",
    "iso-2022-kr", "euc-kr", "gb18030", "big5", "big5-hkscs", "tis-620",
    "ibm852"};

enum { CHARSETS = sizeof(charsets) / sizeof(charsets[0]) };

static void
check(bool good)
{
	if (!good)
		abort();
}

static void
run_transfer(struct feed *f, struct buf *out, void *ctx)
{
	struct transfer t;

	transfer_init(&t, *(enum transfer_encoding *)ctx);
	while (feed_more(f)) {
		check(transfer_feed(&t, f->in, out) == 0);
		f->in = str_skip(f->in, f->in.n);
	}
	check(transfer_end(&t, out) == 0);
	transfer_fini(&t);
}

static void
run_charset(struct feed *f, struct buf *out, void *ctx)
{
	struct charset *c = charset_open(str_z(ctx));

	check(c != NULL);
	while (feed_more(f)) {
		check(charset_feed(c, f->in, out) == 0);
		f->in = str_skip(f->in, f->in.n);
	}
	check(charset_end(c, out) == 0);
	charset_close(c);
}

/* s, encoded in both ways, comes back. */
static void
check_transfer(struct str s)
{
	enum transfer_encoding encoding = TRANSFER_BASE64;
	struct feed_parser parser = {run_transfer, &encoding};
	struct buf b, out;
	size_t i;

	buf_init(&b, 4 * s.n + 8);
	buf_init(&out, 4 * s.n + 8);
	check(base64_encode(&b, s) == 0);
	check(feed_agrees(buf_str(&b), 20, &parser, &out));
	check(str_eq(buf_str(&out), s));
	buf_clear(&b);
	for (i = 0; i < s.n; i++)
		check(buf_addf(&b, "=%02X", (unsigned char)s.p[i]) == 0);
	encoding = TRANSFER_QUOTED_PRINTABLE;
	check(feed_agrees(buf_str(&b), 20, &parser, &out));
	check(str_eq(buf_str(&out), s));
	buf_fini(&b);
	buf_fini(&out);
}

/* s as an encoded word is read as s. */
static void
check_word(struct str s)
{
	struct buf b, out;

	if (!utf8_valid(s) || str_has_eol(s))
		return;
	buf_init(&b, 4 * s.n + 100);
	buf_init(&out, s.n);
	check(buf_addz(&b, "=?UTF-8?B?") == 0 && base64_encode(&b, s) == 0 &&
	      buf_addz(&b, "?=") == 0);
	check(header_decode(&out, buf_str(&b)) == 0);
	check(str_eq(buf_str(&out), s));
	buf_fini(&b);
	buf_fini(&out);
}

static void
check_date(struct str s)
{
	struct date d, e;
	struct buf b;
	int64_t day;

	buf_init(&b, 100);
	if (date_rfc5322(s, &d) || date_imap(s, &d)) {
		check(date_put_rfc5322(&b, d) == 0);
		check(date_rfc5322(buf_str(&b), &e));
		check(d.time == e.time && d.zone == e.zone);
		buf_clear(&b);
		check(date_put_imap(&b, d) == 0);
		check(date_imap(buf_str(&b), &e));
		check(d.time == e.time && d.zone == e.zone);
		b.len = 11;
		check(date_imap_day(buf_str(&b), &day) && day == date_day(d));
	}
	(void)date_imap_day(s, &day);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum transfer_encoding encoding;
	struct feed_parser parser = {run_transfer, &encoding};
	struct buf out;
	struct str s;

	if (size == 0)
		return 0;
	s = (struct str){(const char *)data + 1, size - 1};
	buf_init(&out, 12 * size + 100);
	encoding = (enum transfer_encoding)(data[0] & 3);
	check(feed_agrees(s, 20, &parser, &out));
	parser.run = run_charset;
	parser.ctx = (void *)(uintptr_t)charsets[(data[0] >> 2) % CHARSETS];
	check(feed_agrees(s, 20, &parser, &out));
	check(utf8_valid(buf_str(&out)));
	buf_fini(&out);
	(void)transfer_encoding(s);
	charset_close(charset_open(s));
	check_transfer(s);
	check_word(s);
	check_date(s);
	return 0;
}
