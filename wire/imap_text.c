/* imap: looking into values, and writing them. */
#include "wire/imap.h"
#include "base/utf8.h"

#include <inttypes.h>

bool
imap_is(const struct imap_val *v, const char *z)
{
	return v != NULL && v->kind == IMAP_ATOM && str_eqcase(v->s, str_z(z));
}

struct str
imap_text(const struct imap_val *v)
{
	if (v == NULL || v->kind == IMAP_NIL || v->kind == IMAP_LIST ||
	    v->s.p == NULL)
		return S("");
	return v->s;
}

const struct imap_val *
imap_nth(const struct imap_val *v, size_t n)
{
	while (v != NULL && n-- > 0)
		v = v->next;
	return v;
}

/* The parser bounds the nesting, and so the depth of this recursion. */
size_t
imap_count(const struct imap_val *v)
{
	size_t n = 0;

	for (; v != NULL; v = v->next)
		n += 1 + imap_count(v->first);
	return n;
}

bool
imap_section(struct str s, struct imap_section *out)
{
	struct str origin;
	size_t open = str_find(s, '['), close;

	/* What is behind the section has no ']', so the last one ends it. */
	for (close = s.n; close > open && s.p[close - 1] != ']'; close--)
		;
	if (open == 0 || close <= open + 1)
		return false;
	*out = (struct imap_section){.name = str_head(s, open)};
	out->section = (struct str){s.p + open + 1, close - open - 2};
	s = str_skip(s, close);
	if (s.n == 0)
		return true;
	if (s.n < 3 || s.p[0] != '<' || s.p[s.n - 1] != '>')
		return false;
	s = (struct str){s.p + 1, s.n - 2};
	out->has_length = str_has(s, '.');
	origin = str_cut(&s, '.');
	out->has_origin = true;
	return str_u64(origin, INT64_MAX, &out->origin) &&
	       (!out->has_length || str_u64(s, INT64_MAX, &out->length));
}

/* ATOM-CHAR of RFC 9051 9, without the brackets of a section or code. */
static bool
is_atom_char(char c)
{
	return c > ' ' && c <= '~' && !str_has(S("(){%*\"\\[]"), c);
}

enum imap_form
imap_form(struct str s, bool utf8)
{
	bool plain = true, high = false;
	size_t i;

	if (str_has_eol(s))
		return IMAP_FORM_LITERAL;
	for (i = 0; i < s.n; i++) {
		plain = plain && is_atom_char(s.p[i]);
		high = high || (unsigned char)s.p[i] > 0x7f;
	}
	if (high && (!utf8 || !utf8_valid(s)))
		return IMAP_FORM_LITERAL;
	if (!plain || s.n == 0 || str_eqcase(s, S("NIL")))
		return IMAP_FORM_QUOTED;
	return IMAP_FORM_ATOM;
}

int
imap_put_quoted(struct buf *b, struct str s)
{
	size_t i;

	if (buf_addc(b, '"') < 0)
		return -1;
	while (s.n > 0) {
		for (i = 0; i < s.n && s.p[i] != '"' && s.p[i] != '\\'; i++)
			;
		if (buf_add(b, str_head(s, i)) < 0)
			return -1;
		s = str_skip(s, i);
		if (s.n == 0)
			break;
		if (buf_addc(b, '\\') < 0 || buf_addc(b, *s.p) < 0)
			return -1;
		s = str_skip(s, 1);
	}
	return buf_addc(b, '"');
}

static int
put_literal(struct buf *b, const struct imap_val *v)
{
	uint64_t size = v->s.p != NULL ? v->s.n : v->num;

	if (buf_addf(b, "%s{%" PRIu64 "}", v->binary ? "~" : "", size) < 0)
		return -1;
	if (v->s.p == NULL)
		return 0;
	return buf_addz(b, "\r\n") < 0 ? -1 : buf_add(b, v->s);
}

static int
put_val(struct buf *b, const struct imap_val *v)
{
	switch (v->kind) {
	case IMAP_ATOM:
	case IMAP_NUMBER:
		return buf_add(b, v->s);
	case IMAP_QUOTED:
		/* Sloppy servers leave a CR in quotes, which we do not. */
		return str_has_eol(v->s) ? put_literal(b, v)
					 : imap_put_quoted(b, v->s);
	case IMAP_LITERAL:
		return put_literal(b, v);
	case IMAP_NIL:
		return buf_addz(b, "NIL");
	case IMAP_LIST:
		if (buf_addc(b, '(') < 0 || imap_put_vals(b, v->first) < 0)
			return -1;
		return buf_addc(b, ')');
	}
	return -1;
}

int
imap_put_vals(struct buf *b, const struct imap_val *v)
{
	for (; v != NULL; v = v->next)
		if (put_val(b, v) < 0 ||
		    (v->next != NULL && buf_addc(b, ' ') < 0))
			return -1;
	return 0;
}
