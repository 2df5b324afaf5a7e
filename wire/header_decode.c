/* header_decode: encoded words (RFC 2047) as people read them. */
#include "wire/decode.h"
#include "wire/header.h"

/* "=?charset*language?encoding?text?=" */
struct word {
	struct str charset, text;
	char encoding; /* 'b' or 'q' */
	size_t size;
};

struct decoder {
	struct buf *out;
	struct charset *plain; /* of what is no word: UTF-8 */
	struct charset *words; /* of the words just before, or NULL */
	struct str name;       /* its name */
};

/* Graphic characters in front of s but for those in `but`. */
static size_t
graphic(struct str s, const char *but)
{
	size_t n = 0;

	while (n < s.n && s.p[n] > ' ' && s.p[n] < 0x7f &&
	       !str_has(str_z(but), s.p[n]))
		n++;
	return n;
}

/* Whether s begins with an encoded word.  Since neither part of it may have a
 * question mark, no octet is looked at for more than a few beginnings. */
static bool
parse_word(struct str s, struct word *out)
{
	struct str in = str_skip(s, 2);
	size_t n = graphic(in, "?=");

	if (in.n < n + 3 || n == 0 || in.p[n] != '?' || in.p[n + 2] != '?')
		return false;
	out->charset = str_head(in, n);
	/* The language (RFC 2231 5) tells a reader nothing. */
	out->charset = str_cut(&out->charset, '*');
	out->encoding = ascii_lower(in.p[n + 1]);
	in = str_skip(in, n + 3);
	out->text = str_head(in, graphic(in, "?"));
	in = str_skip(in, out->text.n);
	out->size = s.n - in.n + 2;
	return str_starts(in, S("?=")) &&
	       (out->encoding == 'b' || out->encoding == 'q');
}

/* RFC 2047 4.2: "_" is a space, "=XX" an octet. */
static int
decode_q(struct str text, struct buf *out)
{
	size_t n;
	char c;

	for (; text.n > 0; text = str_skip(text, n)) {
		n = 1;
		c = *text.p == '_' ? ' ' : *text.p;
		if (c == '=' && str_hex(str_skip(text, 1)) >= 0) {
			n = 3;
			c = (char)str_hex(str_skip(text, 1));
		}
		if (buf_addc(out, c) < 0)
			return -1;
	}
	return 0;
}

static int
decode_b(struct str text, struct buf *out)
{
	struct transfer t;
	int rc;

	transfer_init(&t, TRANSFER_BASE64);
	rc = transfer_feed(&t, text, out);
	if (rc == 0)
		rc = transfer_end(&t, out);
	transfer_fini(&t);
	return rc;
}

/* Words in a row are over. */
static int
end_words(struct decoder *d)
{
	int rc = d->words != NULL ? charset_end(d->words, d->out) : 0;

	charset_close(d->words);
	d->words = NULL;
	return rc;
}

static int
put_plain(struct decoder *d, struct str s)
{
	if (end_words(d) < 0 || charset_feed(d->plain, s, d->out) < 0)
		return -1;
	return charset_end(d->plain, d->out);
}

/* What a word hides may not break the line. */
static void
no_line_ends(struct buf *b, size_t from)
{
	char *p;

	for (; from < b->len; from++) {
		p = b->p + b->off + from;
		if (*p == '\r' || *p == '\n')
			*p = ' ';
	}
}

/* Words of one charset in a row are one text: many mailers cut a character in
 * two. */
static int
put_word(struct decoder *d, const struct word *w)
{
	size_t from = d->out->len;
	struct buf octets;
	int rc;

	buf_init(&octets, w->text.n);
	rc = (w->encoding == 'q' ? decode_q : decode_b)(w->text, &octets);
	if (rc == 0)
		rc = charset_feed(d->words, buf_str(&octets), d->out);
	buf_fini(&octets);
	no_line_ends(d->out, from);
	return rc;
}

/* The charset of w, as d->words; false if nobody knows it. */
static bool
open_words(struct decoder *d, const struct word *w, int *rc)
{
	struct charset *c;

	if (d->words != NULL && str_eqcase(d->name, w->charset))
		return true;
	c = charset_open(w->charset);
	if (c == NULL)
		return false;
	*rc = end_words(d);
	d->words = c;
	d->name = w->charset;
	return true;
}

/* Text, then a word, which is *size octets of s in all. */
static int
put_text_and_word(struct decoder *d, struct str s, size_t text,
    const struct word *w, size_t *size)
{
	/* RFC 2047 6.2: blanks between words are not shown. */
	bool near = d->words != NULL && str_trim(str_head(s, text)).n == 0;
	int rc = 0;

	*size = text + w->size;
	s = str_head(s, *size);
	if (!near) {
		rc = put_plain(d, str_head(s, text));
		s = str_skip(s, text);
	}
	if (rc == 0 && !open_words(d, w, &rc))
		return put_plain(d, s);
	return rc == 0 ? put_word(d, w) : -1;
}

/* What s begins with: text, and a word behind it, or what is none but looked
 * like one from afar. */
static int
put_next(struct decoder *d, struct str s, size_t *size)
{
	size_t at = str_find(s, '=');
	struct word w;

	if (str_starts(str_skip(s, at), S("=?")) &&
	    parse_word(str_skip(s, at), &w))
		return put_text_and_word(d, s, at, &w, size);
	*size = at < s.n ? at + 1 : at;
	return put_plain(d, str_head(s, *size));
}

int
header_decode(struct buf *b, struct str value)
{
	struct decoder d = {.out = b};
	struct buf line;
	struct str s;
	size_t n;
	int rc;

	buf_init(&line, value.n);
	rc = header_unfold(&line, value);
	d.plain = charset_open(S("utf-8"));
	for (s = buf_str(&line); rc == 0 && s.n > 0; s = str_skip(s, n))
		rc = put_next(&d, s, &n);
	if (rc == 0)
		rc = end_words(&d);
	charset_close(d.words);
	charset_close(d.plain);
	buf_fini(&line);
	return rc;
}
