/*
 * mime: the structure of a message as a tree of parts.
 *
 * Of a line that is no header, only the beginning is looked at: is it a
 * boundary?  The rest is skipped.  What cannot be told yet at the end of a
 * piece of input is held back; that is never more than a boundary takes.
 */
#include "wire/mime.h"
#include "base/mem.h"
#include "wire/mime_header.h"

#include <assert.h>
#include <stdlib.h>

/* RFC 2046 5.1.1 allows boundaries of 70 octets; of longer ones no more is
 * looked at than this. */
enum { BOUNDARY_MAX = 80 };

/* "--", the boundary, "--" and a line end. */
enum { HELD_MAX = 2 + BOUNDARY_MAX + 2 + 2 };

/* A multipart whose last boundary has not come. */
struct open {
	struct mime_part *part;
	struct str boundary;
};

enum line {
	LINE_UNKNOWN, /* more octets are needed */
	LINE_TEXT,    /* of a header or a body */
	LINE_EMPTY,   /* the end of a header */
	LINE_BOUNDARY,
};

struct mime_parser {
	struct arena *arena;
	struct mime_part *root;
	struct mime_part *part; /* whose octets come now */
	bool in_header;		/* of part; else in its body */
	size_t depth, parts; /* part's level, the root's is 1; parts so far */
	struct open open[MIME_NESTING];
	size_t n_open;
	struct buf head; /* the header so far */
	uint64_t at;	 /* octets eaten */
	uint64_t lines;	 /* line ends among them */
	size_t eol;	 /* octets of the line end in front, if it belongs to
			  * a boundary that comes now: not that of a header's
			  * end, nor of another boundary */
	bool cr;	 /* the last octet was a CR */
	enum line line;	 /* what kind this one is, or LINE_UNKNOWN at its
			  * beginning */
	bool last;	 /* BOUNDARY: it ends the multipart part */
	char held[HELD_MAX];
	size_t n_held;
	bool full; /* the arena is */
};

bool
mime_is_multipart(const struct mime_part *p)
{
	return p->kind == MIME_MULTIPART;
}

bool
mime_is_message(const struct mime_part *p)
{
	return p->kind == MIME_MESSAGE;
}

struct str
mime_param(const struct mime_param *params, struct str name)
{
	for (; params != NULL; params = params->next)
		if (str_eqcase(params->name, name))
			return params->value;
	return (struct str){NULL, 0};
}

/* A new part, the last child of the present one, begins here; or rather back
 * octets ago. */
static int
begin_part(struct mime_parser *p, size_t back)
{
	struct mime_part *part = arena_alloc(p->arena, sizeof(*part));
	struct mime_part *parent = p->part;

	if (part == NULL)
		return -1;
	part->parent = parent;
	part->header = p->at - back;
	/* Until it is known how many follow. */
	part->head_lines = p->lines - (back > 0);
	if (parent == NULL)
		p->root = part;
	else if (parent->first == NULL)
		parent->first = part;
	else
		parent->last->next = part;
	if (parent != NULL)
		parent->last = part;
	p->part = part;
	p->in_header = true;
	p->depth++;
	p->parts++;
	buf_clear(&p->head);
	return 0;
}

/* The header is over; back octets at its end are no part of it. */
static int
end_header(struct mime_parser *p, size_t back)
{
	struct mime_part *part = p->part;
	uint64_t size = p->at - back - part->header;
	bool room = p->depth < MIME_NESTING && p->parts < MIME_PARTS;

	p->in_header = false;
	part->body = p->at - back;
	part->lines = p->lines - (back > 0);
	part->head_lines = part->lines - part->head_lines;
	part->raw = buf_str(&p->head);
	if (part->raw.n > size)
		part->raw.n = (size_t)size;
	part->raw = arena_dup(p->arena, part->raw);
	if (part->raw.p == NULL || mime_header(p->arena, part) < 0)
		return -1;
	if (!room)
		part->kind = MIME_LEAF;
	return 0;
}

/* The multipart that the present part is will have its parts from now on. */
static void
open_multipart(struct mime_parser *p)
{
	struct str boundary = mime_param(p->part->params, S("boundary"));

	if (boundary.p == NULL)
		return;
	if (boundary.n > BOUNDARY_MAX)
		boundary.n = BOUNDARY_MAX;
	assert(p->n_open < MIME_NESTING);
	p->open[p->n_open++] = (struct open){p->part, boundary};
}

/* Behind the empty line of a header, or at the end of all. */
static int
begin_body(struct mime_parser *p)
{
	if (end_header(p, 0) < 0)
		return -1;
	if (mime_is_message(p->part))
		return begin_part(p, 0);
	if (mime_is_multipart(p->part))
		open_multipart(p);
	return 0;
}

/* The present part is over; back octets in front are no part of its body. */
static void
end_part(struct mime_parser *p, size_t back)
{
	struct mime_part *part = p->part;

	part->end = p->at - back;
	part->lines = p->lines - (back > 0) - part->lines;
	p->part = part->parent;
	p->depth--;
}

/* A boundary has cut the present part's header short.  The line end in front is
 * the boundary's, and yet counts for what the part is in: so has Dovecot it. */
static int
cut_header(struct mime_parser *p)
{
	size_t back = p->eol;

	if (end_header(p, back) < 0)
		return -1;
	if (mime_is_message(p->part)) {
		/* Its message is empty. */
		if (begin_part(p, back) < 0 || end_header(p, back) < 0)
			return -1;
		end_part(p, back);
	}
	end_part(p, back);
	return 0;
}

/* At a boundary of this multipart: what was open in it is over. */
static int
end_parts(struct mime_parser *p, const struct mime_part *multipart)
{
	size_t back = p->eol;

	if (p->in_header) {
		if (cut_header(p) < 0)
			return -1;
		back = 0;
	}
	while (p->part != multipart)
		end_part(p, back);
	return 0;
}

/*
 * Whose boundary s, which begins with "--", is.  A line need only begin with
 * it; if several boundaries fit, the longest one is meant, and of equals the
 * innermost.  NULL if it is none.
 */
static struct open *
find_boundary(struct mime_parser *p, struct str s)
{
	struct open *best = NULL;
	size_t i;

	if (s.n > HELD_MAX)
		s.n = HELD_MAX;
	s = str_chomp(str_head(s, str_find(s, '\n')));
	s = str_skip(s, 2);
	for (i = p->n_open; i-- > 0;)
		if (str_starts(s, p->open[i].boundary) &&
		    (best == NULL || p->open[i].boundary.n > best->boundary.n))
			best = &p->open[i];
	return best;
}

/* What the line is that begins with s; `all` of it, if no more comes. */
static enum line
look(const struct mime_parser *p, struct str s, bool all)
{
	if (s.n == 0)
		return all ? LINE_TEXT : LINE_UNKNOWN;
	if (p->in_header && (*s.p == '\n' || str_starts(s, S("\r\n"))))
		return LINE_EMPTY;
	if (p->in_header && *s.p == '\r' && s.n == 1)
		return all ? LINE_TEXT : LINE_UNKNOWN;
	if (*s.p != '-' || p->n_open == 0 || p->parts >= MIME_PARTS)
		return LINE_TEXT;
	if (s.n >= 2 && s.p[1] != '-')
		return LINE_TEXT;
	if (!all && s.n < HELD_MAX && !str_has(s, '\n'))
		return LINE_UNKNOWN;
	return s.n >= 2 ? LINE_BOUNDARY : LINE_TEXT;
}

/* At the beginning of a line: what it is, and what that ends. */
static int
begin_line(struct mime_parser *p, struct str s, bool all)
{
	struct open *open;

	p->line = look(p, s, all);
	if (p->line != LINE_BOUNDARY)
		return 0;
	open = find_boundary(p, s);
	if (open == NULL) {
		p->line = LINE_TEXT;
		return 0;
	}
	p->last = str_starts(str_skip(s, 2 + open->boundary.n), S("--"));
	if (end_parts(p, open->part) < 0)
		return -1;
	p->n_open = (size_t)(open - p->open) + !p->last;
	return 0;
}

/* The line is over. */
static int
end_line(struct mime_parser *p)
{
	enum line line = p->line;

	p->line = LINE_UNKNOWN;
	if (line != LINE_TEXT)
		p->eol = 0;
	if (line == LINE_EMPTY)
		return begin_body(p);
	if (line == LINE_BOUNDARY && !p->last)
		return begin_part(p, 0);
	return 0;
}

/* Eats s, which has no line end but at its end. */
static int
eat(struct mime_parser *p, struct str s)
{
	size_t room = buf_free(&p->head);
	bool cr = p->cr;

	if (s.n == 0)
		return 0;
	if (p->in_header)
		(void)buf_add(&p->head, str_head(s, s.n < room ? s.n : room));
	p->at += s.n;
	p->cr = s.p[s.n - 1] == '\r';
	if (s.p[s.n - 1] != '\n')
		return 0;
	if (s.n > 1)
		cr = s.p[s.n - 2] == '\r';
	p->eol = cr ? 2 : 1;
	p->lines++;
	return end_line(p);
}

/* Cuts the rest of the line, or what there is of it, off *in. */
static struct str
cut_line(struct str *in)
{
	size_t n = str_find(*in, '\n');
	struct str line = str_head(*in, n < in->n ? n + 1 : n);

	*in = str_skip(*in, line.n);
	return line;
}

/* At the beginning of a line of which some octets are held back: adds those
 * that may be needed to tell what it is. */
static int
feed_held(struct mime_parser *p, struct str *in)
{
	struct str more = *in, s;

	if (more.n > HELD_MAX - p->n_held)
		more.n = HELD_MAX - p->n_held;
	more = cut_line(&more);
	memcpy(p->held + p->n_held, more.p, more.n);
	p->n_held += more.n;
	*in = str_skip(*in, more.n);
	s = (struct str){p->held, p->n_held};
	if (begin_line(p, s, false) < 0)
		return -1;
	if (p->line == LINE_UNKNOWN)
		return 0;
	p->n_held = 0;
	return eat(p, s);
}

static int
feed(struct mime_parser *p, struct str in)
{
	while (in.n > 0) {
		if (p->n_held > 0) {
			if (feed_held(p, &in) < 0)
				return -1;
			continue;
		}
		if (p->line == LINE_UNKNOWN && begin_line(p, in, false) < 0)
			return -1;
		if (p->line == LINE_UNKNOWN) {
			memcpy(p->held, in.p, in.n);
			p->n_held = in.n;
			break;
		}
		if (eat(p, cut_line(&in)) < 0)
			return -1;
	}
	return 0;
}

struct mime_parser *
mime_new(struct arena *a)
{
	struct mime_parser *p = mem_zalloc(sizeof(*p));

	p->arena = a;
	buf_init(&p->head, MIME_HEADER_MAX);
	p->full = begin_part(p, 0) < 0;
	return p;
}

static int
set_full(struct mime_parser *p, struct err *e)
{
	p->full = true;
	return err_set(e, ERR_LIMIT, "too many parts or fields in a message");
}

int
mime_feed(struct mime_parser *p, struct str octets, struct err *e)
{
	if (p->full || feed(p, octets) < 0)
		return set_full(p, e);
	return 0;
}

static int
finish(struct mime_parser *p)
{
	struct str s = {p->held, p->n_held};

	p->n_held = 0;
	if (s.n > 0 && (begin_line(p, s, true) < 0 || eat(p, s) < 0))
		return -1;
	while (p->in_header)
		if (begin_body(p) < 0)
			return -1;
	while (p->part != NULL)
		end_part(p, 0);
	return 0;
}

struct mime_part *
mime_finish(struct mime_parser *p, struct err *e)
{
	if (p->full || finish(p) < 0) {
		(void)set_full(p, e);
		return NULL;
	}
	return p->root;
}

void
mime_free(struct mime_parser *p)
{
	if (p == NULL)
		return;
	buf_fini(&p->head);
	free(p);
}
