/* body_facts: what a message needs of its carrier, learned by reading it. */
#include "proto/body_inner.h"
#include "proto/engine.h"

enum {
	LINE_MAX_OCTETS = 998, /* RFC 5322 2.1.1 */
	BLOCK = 128,	       /* octets that are counted without a branch */
};

/* What examine carries from one slice to the next. */
struct examined {
	uint64_t cr, lf, crlf; /* so many there were */
	uint8_t bits;	       /* that are set in some octet */
	bool nul, long_line;
	size_t line; /* octets of the line so far, until one was too long */
	char last;
};

/*
 * Counts n <= 255 octets, of which p[-1] is the one before.  Where n is a
 * constant, compilers make a few vector instructions of this.
 */
static inline void
count(struct examined *x, const char *p, size_t n)
{
	uint8_t cr = 0, lf = 0, crlf = 0, nul = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		cr = (uint8_t)(cr + (p[i] == '\r'));
		lf = (uint8_t)(lf + (p[i] == '\n'));
		crlf = (uint8_t)(crlf + ((p[i] == '\n') & (p[i - 1] == '\r')));
		nul |= p[i] == '\0';
		bits |= (uint8_t)p[i];
	}
	x->cr += cr;
	x->lf += lf;
	x->crlf += crlf;
	x->nul |= nul != 0;
	x->bits |= bits;
}

/* Counts s, which is not empty. */
static void
count_slice(struct examined *x, struct str s)
{
	const char edge[2] = {x->last, *s.p};
	size_t i;

	count(x, edge + 1, 1);
	for (i = 1; s.n - i >= BLOCK; i += BLOCK)
		count(x, s.p + i, BLOCK);
	count(x, s.p + i, s.n - i);
}

/* An octet that is no LF.  A bare CR before it has ended a line, too. */
static void
step(struct examined *x, char before, char o)
{
	if (before == '\r')
		x->line = 0;
	x->line += o != '\r';
}

/*
 * Looks for a line that is too long.  Nearly always a LF is among the octets
 * that the line may still have, and then no line up to there can be.
 */
static void
measure_lines(struct examined *x, struct str s)
{
	const char *lf;
	size_t i = 0, n;

	while (i < s.n && !x->long_line) {
		n = LINE_MAX_OCTETS + 1 - x->line;
		if (n > s.n - i)
			n = s.n - i;
		lf = memrchr(s.p + i, '\n', n);
		if (lf != NULL) {
			i = (size_t)(lf - s.p) + 1;
			x->line = 0;
			continue;
		}
		for (; n > 0; n--, i++)
			step(x, i > 0 ? s.p[i - 1] : x->last, s.p[i]);
		x->long_line = x->line > LINE_MAX_OCTETS;
	}
}

static void
conclude(const struct examined *x, uint64_t size, struct body_facts *f)
{
	*f = (struct body_facts){
	    .size = size,
	    .served_size = size + (x->lf - x->crlf),
	    .crlf_size = size + (x->lf - x->crlf) + (x->cr - x->crlf),
	    .eight_bit = x->bits & 0x80,
	    .nul = x->nul,
	    .bare_cr = x->cr > x->crlf,
	    .bare_lf = x->lf > x->crlf,
	    .long_line = x->long_line,
	    .no_final_eol = x->last != '\n' && x->last != '\r',
	};
	if (f->no_final_eol)
		f->crlf_size += 2;
}

int
body_examine(struct body *b, struct body_facts *facts, struct err *e)
{
	struct examined x = {.last = '\n'};
	uint64_t size = 0;
	enum pull got;
	struct str s;

	if (!body_whole(b) || !body_rewind(b))
		return err_set(e, ERR_USE, "the message can be read once only");
	while ((got = body_pull(b, &s, e)) == PULL_SLICE) {
		count_slice(&x, s);
		measure_lines(&x, s);
		x.last = s.p[s.n - 1];
		size += s.n;
		body_took(b, s.n);
	}
	if (got == PULL_LATER)
		err_set(e, ERR_USE, "the message has not come yet");
	if (got != PULL_END)
		return -1;
	conclude(&x, size, facts);
	(void)body_rewind(b);
	return 0;
}
