/*
 * fuzz_imap: the first octet chooses response or command, and limits.  Pieces
 * must give what the whole gives, and what is written back must be read as
 * the same again.
 */
#include "tests/unit/feed_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first response in s, its literals in the tree. */
static bool
parse(struct imap_parser *p, struct arena *a, bool command, struct str s)
{
	struct lexer l;
	struct str tok;
	struct err e = {0};
	enum lex got;

	lex_init(&l, 1 << 20);
	imap_begin(p, a, command, 20);
	while ((got = lex_next(&l, &s, &tok)) != LEX_MORE && got != LEX_BAD) {
		if (got == LEX_DATA && imap_literal_add(p, tok, &e) < 0)
			return false;
		if (got != LEX_LINE)
			continue;
		switch (imap_line(p, tok, &e)) {
		case IMAP_GOT_MSG:
			return true;
		case IMAP_GOT_BAD:
			if (e.kind != ERR_PROTO && e.kind != ERR_LIMIT)
				abort();
			return false;
		case IMAP_GOT_LITERAL:
			lex_count(&l, p->literal.size);
			break;
		}
	}
	return false;
}

/* A string that had to change its form still is the same string. */
static bool
same(const struct imap_val *v, const struct imap_val *w)
{
	for (; v != NULL && w != NULL; v = v->next, w = w->next) {
		if (v->kind != w->kind &&
		    !(v->kind == IMAP_QUOTED && w->kind == IMAP_LITERAL &&
			str_has_eol(v->s)))
			return false;
		if (v->kind == IMAP_LIST ? !same(v->first, w->first)
					 : !str_eqcase(v->s, w->s))
			return false;
		if (v->kind == w->kind &&
		    (v->num != w->num || v->binary != w->binary))
			return false;
	}
	return v == NULL && w == NULL;
}

static void
check_tree(const struct imap_val *v, unsigned depth)
{
	struct imap_section sec;
	struct buf b;

	if (v != NULL && depth > 20)
		abort();
	for (; v != NULL; v = v->next) {
		check_tree(v->first, depth + 1);
		if (imap_section(v->s, &sec) &&
		    (sec.name.p != v->s.p || sec.section.p < v->s.p ||
			sec.section.p + sec.section.n > v->s.p + v->s.n))
			abort();
		if (imap_form(v->s, true) == IMAP_FORM_LITERAL)
			continue;
		buf_init(&b, 2 * v->s.n + 2);
		if (imap_put_quoted(&b, v->s) < 0)
			abort();
		buf_fini(&b);
	}
}

/* Prints the values behind a head that takes any, and reads them again. */
static void
check_again(const struct imap_msg *m, size_t size)
{
	struct imap_parser p;
	struct arena a;
	struct buf b;

	arena_init(&a, 1 << 20);
	buf_init(&b, 40 * size + 100);
	(void)buf_addz(&b, "* X ");
	if (imap_put_vals(&b, m->vals) < 0 || buf_addz(&b, "\r\n") < 0)
		abort();
	if (!parse(&p, &a, false, buf_str(&b)) || !same(m->vals, p.msg.vals))
		abort();
	if (imap_count(m->vals) != imap_count(p.msg.vals))
		abort();
	buf_fini(&b);
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_imap how = {.nesting = 20, .tell_bodies = true};
	struct feed_parser parser = {feed_imap_run, &how};
	struct imap_parser p;
	struct arena a;
	struct buf out;
	struct str s;

	if (size == 0)
		return 0;
	s = (struct str){(const char *)data + 1, size - 1};
	how.command = data[0] & 1;
	how.stream = data[0] & 2 ? 4 : 0;
	how.arena = data[0] & 4 ? 300 : 1 << 16;
	buf_init(&out, 40 * size + 1000);
	if (!feed_agrees(s, 20, &parser, &out))
		abort();
	buf_fini(&out);
	arena_init(&a, 1 << 16);
	if (parse(&p, &a, how.command, s)) {
		check_tree(p.msg.vals, 0);
		check_tree(p.msg.code, 0);
		check_again(&p.msg, size);
	}
	arena_fini(&a);
	return 0;
}
