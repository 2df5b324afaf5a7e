/* framer: message bodies in the form that they have on the wire. */
#include "wire/framer.h"

struct scan {
	struct str in;
	size_t cr, lf; /* the next of each from here on, or in.n */
};

static size_t
find_from(struct str s, size_t from, char c)
{
	return from + str_find(str_skip(s, from), c);
}

/*
 * How many octets of s, which begins behind a CRLF, can go as they are for
 * sure: each CR has its LF and each LF its CR, and (dots) no line begins with
 * a dot.  Whole blocks are looked at without a branch; of a constant number of
 * octets compilers make a few vector instructions.
 */
static size_t
clean_blocks(struct str s, bool dots)
{
	enum { BLOCK = 128 };
	size_t at, i;

	if (s.n == 0 || *s.p == '\n' || (dots && *s.p == '.'))
		return 0;
	for (at = 0; s.n - at > BLOCK; at += BLOCK) {
		const char *p = s.p + at;
		uint8_t bad = 0;

		for (i = 0; i < BLOCK; i++)
			bad |= (uint8_t)(((p[i] == '\r') ^ (p[i + 1] == '\n')) |
					 (dots & (p[i] == '\n') &
					     (p[i + 1] == '.')));
		if (bad)
			break;
	}
	return at > 0 && s.p[at - 1] == '\r' ? at - 1 : at;
}

/*
 * How many octets from i on can go as they are: whole lines with CRLF, and
 * what follows them up to a bare CR, a bare LF, or a dot to be stuffed.  CR
 * and LF are looked for once only, else a body of bare CRs would take time
 * by the square.
 */
static size_t
clean(struct scan *s, size_t i, bool dots)
{
	size_t j = i;

	while (j < s->in.n && !(dots && j > i && s->in.p[j - 1] == '\n' &&
				  s->in.p[j] == '.')) {
		if (s->cr < j)
			s->cr = find_from(s->in, j, '\r');
		if (s->lf < j)
			s->lf = find_from(s->in, j, '\n');
		if (s->cr + 1 != s->lf || s->lf == s->in.n)
			return (s->cr < s->lf ? s->cr : s->lf) - i;
		j = s->lf + 1;
		j += clean_blocks(str_skip(s->in, j), dots);
	}
	return j - i;
}

void
framer_init(struct framer *f, enum frame frame)
{
	*f = (struct framer){.frame = frame};
}

/* Copies up to n octets, never only the CR of a CRLF. */
static size_t
copy(struct framer *f, struct buf *b, struct str s)
{
	size_t n = s.n;

	if (n > buf_free(b)) {
		n = buf_free(b);
		if (n > 0 && s.p[n - 1] == '\r')
			n--;
	}
	if (n == 0)
		return 0;
	buf_add(b, str_head(s, n));
	f->in_line = s.p[n - 1] != '\n';
	return n;
}

/* The octet c, which cannot go as it is. */
static int
translate(struct framer *f, struct buf *b, char c)
{
	if (buf_add(b, c == '.' ? S("..") : S("\r\n")) < 0)
		return -1;
	f->in_line = c == '.';
	return 0;
}

static size_t
add_lines(struct framer *f, struct buf *b, struct str in, size_t i)
{
	bool dots = f->frame == FRAME_DOT, stuff;
	struct scan s = {in, find_from(in, i, '\r'), find_from(in, i, '\n')};
	size_t run, n;

	while (i < in.n) {
		stuff = dots && !f->in_line && in.p[i] == '.';
		run = stuff ? 0 : clean(&s, i, dots);
		n = copy(f, b, str_head(str_skip(in, i), run));
		i += n;
		if (n < run || i == in.n || translate(f, b, in.p[i]) < 0)
			break;
		i++;
		f->after_cr = i == in.n && in.p[i - 1] == '\r';
	}
	return i;
}

size_t
framer_add(struct framer *f, struct buf *b, struct str in)
{
	size_t i = 0;

	/* Beyond the room all scanning is in vain. */
	if (in.n > buf_free(b))
		in.n = buf_free(b);
	if (f->frame == FRAME_EXACT || in.n == 0)
		return copy(f, b, in);
	if (f->after_cr) {
		f->after_cr = false;
		i = *in.p == '\n';
	}
	return add_lines(f, b, in, i);
}

size_t
framer_run(const struct framer *f, struct str in)
{
	bool dots = f->frame == FRAME_DOT;
	struct scan s;

	if (f->frame == FRAME_EXACT)
		return in.n;
	if (in.n == 0 || f->after_cr || (dots && !f->in_line && *in.p == '.'))
		return 0;
	s = (struct scan){in, str_find(in, '\r'), str_find(in, '\n')};
	return clean(&s, 0, dots);
}

size_t
framer_passed(struct framer *f, struct buf *b, struct str run, size_t n)
{
	if (f->frame == FRAME_EXACT)
		return n;
	if (run.p[n - 1] == '\r' && buf_add(b, S("\n")) == 0)
		n++;
	f->in_line = run.p[n - 1] != '\n';
	return n;
}

int
framer_end(struct framer *f, struct buf *b)
{
	struct str end = S("\r\n.\r\n");

	if (f->frame == FRAME_EXACT)
		return 0;
	if (f->frame == FRAME_CRLF)
		end = str_head(end, 2);
	return buf_add(b, f->in_line ? end : str_skip(end, 2));
}
