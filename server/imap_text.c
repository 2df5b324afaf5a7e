/* imap_text: text of a message, decoded and without regard to case. */
#include "base/mem.h"
#include "base/utf8.h"
#include "server/imap_search.h"
#include "wire/date.h"
#include "wire/decode.h"
#include "wire/header.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

enum {
	FIELD_MAX = 2 * MIME_HEADER_MAX,
	CHUNK_MAX = 1 << 20, /* what a block of a message becomes */
};

/* ---- case ---- */

static wint_t
lower(uint32_t c)
{
	static locale_t locale;
	static bool tried;

	if (!tried) {
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		tried = true;
	}
	if (c < 0x80 || locale == (locale_t)0)
		return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	return towlower_l((wint_t)c, locale);
}

void
search_fold(struct buf *b, struct str s)
{
	uint32_t c;
	size_t n;

	for (; s.n > 0; s = str_skip(s, n)) {
		n = utf8_decode(s, &c);
		if (n == 0) {
			(void)buf_addc(b, *s.p);
			n = 1;
		} else {
			(void)utf8_put(b, (uint32_t)lower(c));
		}
	}
}

static bool
contains(struct str s, struct str text)
{
	return text.n == 0 ||
	       (s.n >= text.n && memmem(s.p, s.n, text.p, text.n) != NULL);
}

/* ---- headers ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Appends s with each line end and the blank behind it made one space. */
static void
unfold(struct buf *b, struct str s)
{
	size_t lf;

	while ((lf = str_find(s, '\n')) + 1 < s.n) {
		(void)buf_add(b, str_chomp(str_head(s, lf)));
		s = str_skip(s, lf + 1);
		if (is_blank(*s.p)) {
			(void)buf_addc(b, ' ');
			s = str_skip(s, 1);
		}
	}
	(void)buf_add(b, s);
}

/* Makes one space of blanks that follow each other, as ENVELOPE has them in a
 * subject. */
static void
squeeze(struct buf *b)
{
	struct buf out;
	struct str s = buf_str(b);

	buf_init(&out, FIELD_MAX);
	for (size_t i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]))
			(void)buf_addc(&out, s.p[i]);
		else if (i == 0 || !is_blank(s.p[i - 1]))
			(void)buf_addc(&out, ' ');
	buf_fini(b);
	*b = out;
}

static bool
field_contains(struct str value, struct str text, bool subject)
{
	struct buf line, plain, folded;
	bool found;

	buf_init(&line, FIELD_MAX);
	buf_init(&plain, FIELD_MAX);
	buf_init(&folded, FIELD_MAX);
	unfold(&line, value);
	(void)header_decode(&plain, buf_str(&line));
	if (subject)
		squeeze(&plain);
	search_fold(&folded, buf_str(&plain));
	found = contains(buf_str(&folded), text);
	buf_fini(&line);
	buf_fini(&plain);
	buf_fini(&folded);
	return found;
}

static bool
header_contains(
    struct str header, struct str name, struct str text, bool subject)
{
	struct field f;

	while (header_next(&header, &f))
		if (str_eqcase(f.name, name) &&
		    field_contains(f.value, text, subject))
			return true;
	return false;
}

/* Whether the text is in any field, or in what is none. */
static bool
header_has(struct str header, struct str text)
{
	struct str before;
	struct field f;
	bool more = true, found = false;

	while (more && !found) {
		before = header;
		more = header_next(&header, &f);
		before.n -= header.n + (more ? f.whole.n : 0);
		found = (before.n > 0 && field_contains(before, text, false)) ||
			(more && field_contains(f.whole, text, false));
	}
	return found;
}

bool
search_header(
    struct imap_mail *m, struct str name, struct str text, bool subject)
{
	struct err ignored = {0};
	struct str header;

	return imap_mail_header(m, &header, &ignored) == 0 &&
	       (name.p == NULL ? header_has(header, text)
			       : header_contains(header, name, text, subject));
}

bool
search_sent_day(struct imap_mail *m, int64_t *day)
{
	struct err ignored = {0};
	struct str header;
	struct field f;
	struct date date;

	if (imap_mail_header(m, &header, &ignored) < 0 ||
	    !header_find(header, S("Date"), &f) ||
	    !date_rfc5322(f.value, &date))
		return false;
	*day = date_day(date);
	return true;
}

/* ---- bodies ---- */

/* Text that goes by, and what is looked for in it. */
struct window {
	struct buf buf; /* folded */
	struct str text;
	bool found;
};

static void
pass_by(struct window *w, struct str utf8)
{
	if (w->found)
		return;
	search_fold(&w->buf, utf8);
	w->found = contains(buf_str(&w->buf), w->text);
	/* What may be the beginning of it stays. */
	if (w->buf.len >= w->text.n)
		buf_take(&w->buf, w->buf.len - w->text.n + 1);
}

/* Mail that names no set, or ASCII, and has other octets all the same is
 * taken for UTF-8. */
static struct charset *
charset_of(const struct mime_part *p)
{
	struct str name = mime_param(p->params, S("charset"));

	if (name.n == 0 || str_eqcase(name, S("us-ascii")))
		name = S("utf-8");
	return charset_open(name);
}

struct decoding {
	struct transfer transfer;
	struct charset *charset; /* NULL: unknown, taken as it is */
	struct buf octets, utf8;
	struct window *window;
};

static void
pass_octets(struct decoding *d)
{
	if (d->charset != NULL) {
		(void)charset_feed(d->charset, buf_str(&d->octets), &d->utf8);
		pass_by(d->window, buf_str(&d->utf8));
		buf_clear(&d->utf8);
	} else {
		pass_by(d->window, buf_str(&d->octets));
	}
	buf_clear(&d->octets);
}

static void
search_part(struct imap_mail *m, const struct mime_part *p, struct window *w)
{
	struct decoding d = {.window = w};
	struct err e = {0};
	uint64_t at = p->body;
	struct str s;

	transfer_init(&d.transfer, transfer_encoding(p->encoding));
	d.charset = charset_of(p);
	buf_init(&d.octets, CHUNK_MAX);
	buf_init(&d.utf8, CHUNK_MAX);
	buf_clear(&w->buf);
	while (at < p->end && !w->found &&
	       mail_read(m->mail, at, &s, &e) == 0 && s.n > 0) {
		if (s.n > p->end - at)
			s.n = (size_t)(p->end - at);
		at += s.n;
		(void)transfer_feed(&d.transfer, s, &d.octets);
		pass_octets(&d);
	}
	(void)transfer_end(&d.transfer, &d.octets);
	pass_octets(&d);
	if (d.charset != NULL) {
		(void)charset_end(d.charset, &d.utf8);
		pass_by(w, buf_str(&d.utf8));
	}
	transfer_fini(&d.transfer);
	charset_close(d.charset);
	buf_fini(&d.octets);
	buf_fini(&d.utf8);
}

/* The parser bounds the depth.  Attachments are not text to anyone. */
static void
search_parts(struct imap_mail *m, const struct mime_part *p, struct window *w,
    bool headers)
{
	if (headers && p->parent != NULL && header_has(p->raw, w->text))
		w->found = true;
	if (p->first == NULL && (str_eqcase(p->type, S("text")) ||
				    str_eqcase(p->type, S("message"))))
		search_part(m, p, w);
	for (p = p->first; p != NULL && !w->found; p = p->next)
		search_parts(m, p, w, headers);
}

bool
search_body(struct imap_mail *m, struct str text, bool headers)
{
	struct window w = {.text = text, .found = text.n == 0};
	struct err e = {0};
	const struct mime_part *root = imap_mail_root(m, &e);
	struct mime_part whole = {.end = m->size};

	buf_init(&w.buf, CHUNK_MAX + text.n);
	if (root != NULL)
		search_parts(m, root, &w, headers);
	else
		search_part(m, &whole, &w);
	buf_fini(&w.buf);
	return w.found;
}
