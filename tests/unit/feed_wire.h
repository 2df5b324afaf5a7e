/*
 * feed_wire: the lexer, and the IMAP parser behind it, as parsers to feed.
 *
 * What they make of the input is written as text, one line an outcome, so
 * that a test can compare it.  Shared by unit tests and fuzz targets.
 */
#ifndef TESTS_FEED_WIRE_H
#define TESTS_FEED_WIRE_H

#include "tests/unit/feed.h"
#include "wire/imap.h"
#include "wire/lex.h"

#include <assert.h>
#include <inttypes.h>

struct feed_lex {
	enum lex_mode mode;
	uint64_t count;
	size_t max_line;
};

static inline void
feed_lex_start(struct lexer *l, const struct feed_lex *how)
{
	lex_init(l, how->max_line);
	if (how->mode == LEX_MODE_DOT)
		lex_dot(l);
	else if (how->mode == LEX_MODE_COUNT)
		lex_count(l, how->count);
}

/* What lex.h promises of each call, whatever the input. */
static inline void
feed_lex_check(const struct lexer *l, enum lex got, struct str before,
    struct str in, struct str tok)
{
	bool inside = tok.p >= before.p && tok.p + tok.n <= in.p;

	if (in.n > before.n || in.p + in.n != before.p + before.n)
		abort();
	if ((got == LEX_DATA) != (tok.n > 0) && got != LEX_LINE)
		abort();
	if (tok.n > 0 && !inside && !(in.n == before.n && str_eq(tok, S("\r"))))
		abort();
	if (got == LEX_MORE && l->mode != LEX_MODE_LINE && in.n > 0)
		abort();
	if (got == LEX_LINE && (tok.n > l->max_line || in.n == before.n))
		abort();
	if (got == LEX_END && l->mode != LEX_MODE_LINE)
		abort();
}

/*
 * Lines as "line(…)" or, with a bare LF, "bare(…)"; the body as its bytes
 * between "{" and "}"; "bad" ends it.
 */
static inline void
feed_lex_run(struct feed *f, struct buf *out, void *ctx)
{
	const struct feed_lex *how = ctx;
	struct str before, tok;
	struct lexer l;
	enum lex got;

	feed_lex_start(&l, how);
	if (l.mode != LEX_MODE_LINE)
		(void)buf_addc(out, '{');
	for (;;) {
		before = f->in;
		got = lex_next(&l, &f->in, &tok);
		feed_lex_check(&l, got, before, f->in, tok);
		if (got == LEX_MORE && !feed_more(f))
			break;
		if (got == LEX_LINE)
			(void)buf_addz(out, l.bare_lf ? "bare(" : "line(");
		(void)buf_add(out, tok);
		if (got == LEX_LINE)
			(void)buf_addc(out, ')');
		if (got == LEX_END)
			(void)buf_addc(out, '}');
		if (got == LEX_BAD) {
			(void)buf_addz(out, "bad");
			break;
		}
	}
}

struct feed_imap {
	bool command;
	unsigned nesting;
	size_t arena;	  /* maximum */
	uint64_t stream;  /* literals larger than this are; 0: none */
	bool tell_bodies; /* write what kind of literal was announced */
};

static inline void
feed_imap_msg(struct buf *out, const struct imap_msg *m)
{
	static const char *const types[] = {[IMAP_UNTAGGED] = "untagged",
	    [IMAP_TAGGED] = "tagged",
	    [IMAP_CONTINUE] = "continue",
	    [IMAP_COMMAND] = "command"};

	(void)buf_addz(out, types[m->type]);
	if (m->tag.n > 0)
		(void)buf_addf(out, " tag=%.*s", STRF(m->tag));
	if (m->has_num)
		(void)buf_addf(out, " num=%" PRIu64, m->num);
	if (m->name.n > 0)
		(void)buf_addf(out, " name=%.*s", STRF(m->name));
	if (m->code != NULL) {
		(void)buf_addz(out, " code=");
		(void)imap_put_vals(out, m->code);
	}
	if (m->text.n > 0)
		(void)buf_addf(out, " text=%.*s", STRF(m->text));
	if (m->vals != NULL) {
		(void)buf_addz(out, " vals=");
		(void)imap_put_vals(out, m->vals);
	}
	(void)buf_addc(out, '\n');
}

/* An announced literal: the lexer is to count it, if it is not empty. */
static inline void
feed_imap_literal(struct imap_parser *p, const struct feed_imap *how,
    struct lexer *l, struct buf *out)
{
	const struct imap_literal *lit = &p->literal;

	if (how->tell_bodies)
		(void)buf_addf(out, "%s%s%" PRIu64 "%s ",
		    lit->body ? "body" : "literal", lit->binary ? "~" : " ",
		    lit->size, lit->nonsync ? "+" : "");
	if (how->stream > 0 && lit->size > how->stream)
		(void)imap_literal_stream(p);
	lex_count(l, lit->size);
}

/* One line for each response, "bad KIND: MESSAGE" for the one that ends it. */
static inline void
feed_imap_run(struct feed *f, struct buf *out, void *ctx)
{
	const struct feed_imap *how = ctx;
	struct imap_parser p;
	struct err e = {0};
	struct arena a;
	struct lexer l;
	struct str tok;
	enum lex got;
	enum imap_got what = IMAP_GOT_MSG;

	arena_init(&a, how->arena);
	lex_init(&l, 1 << 20);
	imap_begin(&p, &a, how->command, how->nesting);
	while (what != IMAP_GOT_BAD) {
		got = lex_next(&l, &f->in, &tok);
		if (got == LEX_BAD || (got == LEX_MORE && !feed_more(f)))
			break;
		if (got == LEX_DATA && p.pending->stream < 0 &&
		    imap_literal_add(&p, tok, &e) < 0)
			what = IMAP_GOT_BAD;
		if (got != LEX_LINE)
			continue;
		what = imap_line(&p, tok, &e);
		if (what == IMAP_GOT_LITERAL) {
			feed_imap_literal(&p, how, &l, out);
		} else if (what == IMAP_GOT_MSG) {
			feed_imap_msg(out, &p.msg);
			arena_fini(&a);
			imap_begin(&p, &a, how->command, how->nesting);
		}
	}
	if (what == IMAP_GOT_BAD)
		(void)buf_addf(
		    out, "bad %s: %s\n", err_kind_name(e.kind), e.msg);
	arena_fini(&a);
}

#endif
