/*
 * feed_mail: the MIME parser as a parser to feed.
 *
 * What it makes of a message is written as text, a line a part, so that a test
 * can compare it.  Shared by unit tests and fuzz targets.
 */
#ifndef TESTS_FEED_MAIL_H
#define TESTS_FEED_MAIL_H

#include "tests/unit/feed.h"
#include "wire/mime.h"

#include <inttypes.h>

static inline void
feed_mail_check(bool good)
{
	if (!good)
		abort();
}

/* What mime.h promises of each part, whatever the message. */
static inline void
feed_mail_check_part(const struct mime_part *p, size_t depth)
{
	const struct mime_part *c;
	uint64_t from = p->body;

	feed_mail_check(depth <= MIME_NESTING);
	feed_mail_check(p->header <= p->body && p->body <= p->end);
	feed_mail_check(p->raw.n == p->body - p->header ||
			(p->raw.n == MIME_HEADER_MAX &&
			    p->body - p->header > MIME_HEADER_MAX));
	feed_mail_check(p->lines <= p->end - p->body);
	feed_mail_check(p->head_lines <= p->body - p->header);
	feed_mail_check(p->type.p != NULL && p->subtype.p != NULL);
	feed_mail_check(
	    mime_is_multipart(p) || mime_is_message(p) || p->first == NULL);
	if (mime_is_message(p))
		feed_mail_check(p->first != NULL && p->first->next == NULL &&
				p->first->header == p->body);
	for (c = p->first; c != NULL; c = c->next) {
		feed_mail_check(c->parent == p);
		feed_mail_check(c->header >= from && c->end <= p->end);
		from = c->end;
		feed_mail_check_part(c, depth + 1);
	}
}

static inline void
feed_mail_params(struct buf *out, const char *sep, const struct mime_param *m)
{
	for (; m != NULL; m = m->next)
		(void)buf_addf(
		    out, "%s%.*s=%.*s", sep, STRF(m->name), STRF(m->value));
}

static inline void
feed_mail_text(struct buf *out, const char *name, struct str s)
{
	if (s.p != NULL)
		(void)buf_addf(out, " %s(%.*s)", name, STRF(s));
}

/*
 * "type/subtype;params HEADER-BODY-END HEAD_LINES,LINES field(value) …", one
 * space in front for each level.
 */
static inline void
feed_mail_tree(struct buf *out, const struct mime_part *p, size_t depth)
{
	size_t i;

	for (; p != NULL; p = p->next) {
		for (i = 0; i < depth; i++)
			(void)buf_addc(out, ' ');
		(void)buf_addf(
		    out, "%.*s/%.*s", STRF(p->type), STRF(p->subtype));
		feed_mail_params(out, ";", p->params);
		(void)buf_addf(out, " %" PRIu64 "-%" PRIu64 "-%" PRIu64,
		    p->header, p->body, p->end);
		(void)buf_addf(
		    out, " %" PRIu64 ",%" PRIu64, p->head_lines, p->lines);
		feed_mail_text(out, "encoding", p->encoding);
		feed_mail_text(out, "id", p->id);
		feed_mail_text(out, "description", p->description);
		feed_mail_text(out, "md5", p->md5);
		feed_mail_text(out, "disposition", p->disposition);
		feed_mail_params(out, " ;", p->disposition_params);
		feed_mail_text(out, "language", p->language);
		feed_mail_text(out, "location", p->location);
		(void)buf_addc(out, '\n');
		feed_mail_tree(out, p->first, depth + 1);
	}
}

/* The tree, or "full" if the arena, of *(size_t *)ctx octets, was that. */
static inline void
feed_mail_run(struct feed *f, struct buf *out, void *ctx)
{
	struct mime_parser *p;
	struct mime_part *root = NULL;
	struct err e = {0};
	struct arena a;
	int rc = 0;

	arena_init(&a, *(size_t *)ctx);
	p = mime_new(&a);
	while (rc == 0 && feed_more(f)) {
		rc = mime_feed(p, f->in, &e);
		f->in = str_skip(f->in, f->in.n);
	}
	if (rc == 0)
		root = mime_finish(p, &e);
	if (root != NULL) {
		feed_mail_check_part(root, 1);
		feed_mail_tree(out, root, 0);
	} else {
		feed_mail_check(e.kind == ERR_LIMIT);
		(void)buf_addz(out, "full");
	}
	mime_free(p);
	arena_fini(&a);
}

#endif
