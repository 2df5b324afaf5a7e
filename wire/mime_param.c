/* mime_param: the parameters of MIME fields, whole or in pieces. */
#include "wire/mime_header.h"

#include <inttypes.h>

/* A piece of a long value (RFC 2231 3, 4.1): "key*2*". */
struct piece {
	struct str key, value;
	uint64_t index;
	bool extended; /* percent-encoded; the first one names the charset */
};

struct params {
	struct arena *arena;
	struct mime_param **tail;
	struct piece pieces[MIME_PARAMS];
	size_t n;
	struct buf name, value; /* as they stand, then what is made of them */
};

/* Mailers that put an encoded word in place of a value often do not quote it;
 * the value is over where a blank or the next parameter begins. */
static void
loose_value(struct scanner *s, struct buf *value)
{
	size_t n = 0;

	while (n < s->in.n && !str_has(S("; \t\r\n"), s->in.p[n]))
		n++;
	(void)buf_add(value, str_head(s->in, n));
	s->in = str_skip(s->in, n);
}

/* "; name=value"; SCAN_END if there is none, SCAN_BAD, with the rest left
 * where it breaks, if it is not in order. */
static enum scan
next_param(struct scanner *s, struct buf *name, struct buf *value)
{
	enum scan got;

	buf_clear(name);
	buf_clear(value);
	if (s->in.n == 0)
		return SCAN_END;
	if (*s->in.p != ';')
		return SCAN_BAD;
	s->in = str_skip(s->in, 1);
	if (scan_space(s) != SCAN_MORE ||
	    scan_word(s, SCAN_TOKEN, name) != SCAN_MORE || *s->in.p != '=')
		return SCAN_BAD;
	s->in = str_skip(s->in, 1);
	got = scan_space(s);
	if (got != SCAN_MORE)
		return got == SCAN_END ? SCAN_MORE : SCAN_BAD;
	if (*s->in.p == '"')
		got = scan_quoted(s, value);
	else if (*s->in.p == '=')
		loose_value(s, value);
	else
		got = scan_word(s, SCAN_TOKEN, value);
	return got == SCAN_BAD ? SCAN_BAD : SCAN_MORE;
}

static int
put_param(struct params *p, struct str name, struct str value)
{
	struct mime_param *m = arena_alloc(p->arena, sizeof(*m));

	if (m == NULL)
		return -1;
	m->name = arena_dup(p->arena, name);
	m->value = arena_dup(p->arena, value);
	if (m->name.p == NULL || m->value.p == NULL)
		return -1;
	*p->tail = m;
	p->tail = &m->next;
	return 0;
}

/* Takes "key*", "key*0" and "key*0*" apart; false if name is none of them. */
static bool
piece_name(struct str name, struct piece *out)
{
	size_t star = str_find(name, '*');
	struct str index = str_skip(name, star);

	*out = (struct piece){.key = str_head(name, star)};
	if (index.n == 0)
		return false;
	index = str_skip(index, 1);
	out->extended = index.n == 0 || str_ends(index, S("*"));
	if (index.n > 0 && out->extended)
		index.n--;
	return index.n == 0 || str_u64(index, UINT32_MAX, &out->index);
}

static int
add_param(struct params *p)
{
	struct piece *piece = &p->pieces[p->n];

	if (!piece_name(buf_str(&p->name), piece))
		return put_param(p, buf_str(&p->name), buf_str(&p->value));
	piece->key = arena_dup(p->arena, piece->key);
	piece->value = arena_dup(p->arena, buf_str(&p->value));
	p->n++;
	return piece->key.p != NULL && piece->value.p != NULL ? 0 : -1;
}

static bool
comes_before(const struct piece *a, const struct piece *b)
{
	size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
	int order = memcmp(a->key.p, b->key.p, n);

	if (order != 0)
		return order < 0;
	if (a->key.n != b->key.n)
		return a->key.n < b->key.n;
	return a->index < b->index;
}

/* By key and index, equals as they came: there are few, so by insertion. */
static void
sort_pieces(struct piece *p, size_t n)
{
	struct piece moved;
	size_t i, at;

	for (i = 1; i < n; i++) {
		moved = p[i];
		for (at = i; at > 0 && comes_before(&moved, &p[at - 1]); at--)
			p[at] = p[at - 1];
		p[at] = moved;
	}
}

/* Pieces of which one is missing or there twice stay what they are. */
static int
put_loose(struct params *p, const struct piece *piece, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_clear(&p->name);
		if (buf_addf(&p->name, "%.*s*%" PRIu64 "%s", STRF(piece[i].key),
			piece[i].index, piece[i].extended ? "*" : "") < 0 ||
		    put_param(p, buf_str(&p->name), piece[i].value) < 0)
			return -1;
	}
	return 0;
}

/* A value among percent-encoded ones, which it is not itself. */
static int
put_escaped(struct buf *b, struct str s)
{
	struct str part;

	while (s.n > 0) {
		part = str_head(s, str_find(s, '%'));
		s = str_skip(s, part.n);
		if (buf_add(b, part) < 0)
			return -1;
		if (s.n == 0)
			break;
		if (buf_addz(b, "%25") < 0)
			return -1;
		s = str_skip(s, 1);
	}
	return 0;
}

static int
put_joined(struct params *p, const struct piece *piece, size_t n)
{
	bool extended = false;
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++)
		extended = extended || piece[i].extended;
	buf_clear(&p->name);
	buf_clear(&p->value);
	if (buf_add(&p->name, piece->key) < 0 ||
	    (extended && buf_addc(&p->name, '*') < 0) ||
	    (extended && !piece->extended && buf_addz(&p->value, "''") < 0))
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		rc = extended && !piece[i].extended
			 ? put_escaped(&p->value, piece[i].value)
			 : buf_add(&p->value, piece[i].value);
	if (rc < 0)
		return -1;
	return put_param(p, buf_str(&p->name), buf_str(&p->value));
}

static int
put_pieces(struct params *p)
{
	const struct piece *piece = p->pieces, *end = piece + p->n;
	bool whole;
	size_t n;

	sort_pieces(p->pieces, p->n);
	for (; piece < end; piece += n) {
		whole = true;
		for (n = 0;
		     piece + n < end && str_eqcase(piece[n].key, piece->key);
		     n++)
			whole = whole && piece[n].index == n;
		if ((whole ? put_joined : put_loose)(p, piece, n) < 0)
			return -1;
	}
	return 0;
}

int
mime_params(struct arena *a, struct scanner *s, struct mime_param **out)
{
	struct params p = {.arena = a, .tail = out};
	enum scan got;
	size_t tries = 0;
	int rc = 0;

	*out = NULL;
	/* An escaped '%' takes three octets, an index at most ten. */
	buf_init(&p.name, s->in.n + 16);
	buf_init(&p.value, 3 * s->in.n + 16);
	while (rc == 0 && tries++ < MIME_PARAMS &&
	       (got = next_param(s, &p.name, &p.value)) != SCAN_END) {
		if (got == SCAN_MORE)
			rc = add_param(&p);
		else if (s->in.n > 0)
			s->in = str_skip(s->in, 1);
	}
	if (rc == 0)
		rc = put_pieces(&p);
	buf_fini(&p.name);
	buf_fini(&p.value);
	return rc;
}
