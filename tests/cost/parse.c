/*
 * parse: what is read and written octet by octet, over COUNT pieces of fixed
 *input in memory, so that its instructions can be counted.
 *
 *	parse lines|dot|frame|imap COUNT
 *
 * lines, dot: the lexer over blocks of BLOCK octets, as lines and as the inside
 *of a message; frame: the framer, which stuffs dots; imap: the parser of
 *responses, over FETCH responses without and with a literal.
 */
#include "wire/framer.h"
#include "wire/imap.h"
#include "wire/lex.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCK (64 << 10)

static char block[BLOCK];

/* Lines of 70 octets; one in ten begins with a dot. */
static void
fill(void)
{
	static const char line[] = "octets of a line that nobody has written "
				   "and nobody will ever read\r\n..";
	size_t n = sizeof(line) - 3, k = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		block[i] = line[i % n];
		if (i % n == 0 && k++ % 10 == 0)
			block[i] = '.';
	}
	/* A line that ends goes on in the next block. */
	block[BLOCK - 2] = '\r';
	block[BLOCK - 1] = '\n';
}

static size_t
lex_all(struct lexer *l)
{
	struct str in = {block, BLOCK}, tok;
	enum lex got;
	size_t n = 0;

	while ((got = lex_next(l, &in, &tok)) == LEX_LINE || got == LEX_DATA)
		n += tok.n;
	if (got != LEX_MORE || in.n > 0)
		abort();
	return n;
}

static size_t
lines(void)
{
	struct lexer l;

	lex_init(&l, 1000);
	return lex_all(&l);
}

static size_t
dot(void)
{
	static struct lexer l;
	static bool begun;

	if (!begun) {
		lex_init(&l, 1000);
		lex_dot(&l);
		begun = true;
	}
	return lex_all(&l);
}

static size_t
frame(void)
{
	struct framer f;
	struct buf out;
	struct str in = {block, BLOCK};
	size_t n;

	framer_init(&f, FRAME_DOT);
	buf_init(&out, BLOCK);
	while (in.n > 0 && (n = framer_add(&f, &out, in)) > 0) {
		in = str_skip(in, n);
		buf_clear(&out);
	}
	buf_fini(&out);
	return BLOCK - in.n;
}

/* One response; false if that is none. */
static bool
response(struct str head, struct str literal, struct str tail)
{
	struct imap_parser p;
	struct arena a;
	struct err e = {0};
	enum imap_got got;

	arena_init(&a, BLOCK);
	imap_begin(&p, &a, false, 30);
	got = imap_line(&p, head, &e);
	if (got == IMAP_GOT_LITERAL && imap_literal_add(&p, literal, &e) == 0)
		got = imap_line(&p, tail, &e);
	arena_fini(&a);
	return got == IMAP_GOT_MSG;
}

static size_t
imap(void)
{
	if (!response(
		S("* 17 FETCH (UID 4711 FLAGS (\\Seen $Work) INTERNALDATE "
		  "\"17-Jul-2026 02:44:25 +0000\" RFC822.SIZE 44827)"),
		S(""), S("")) ||
	    !response(S("* 23 EXPUNGE"), S(""), S("")) ||
	    !response(
		S("* 18 FETCH (UID 4712 ENVELOPE (\"Fri, 17 Jul 2026\" {7}"),
		S("menhirs"),
		S(" ((\"A\" NIL \"asterix\" \"village.test\")) NIL NIL NIL NIL "
		  "NIL NIL \"<1@village.test>\"))")))
		abort();
	return 3;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		size_t (*fn)(void);
	} kinds[] = {
	    {"lines", lines}, {"dot", dot}, {"frame", frame}, {"imap", imap}};
	size_t done = 0;

	fill();
	for (size_t k = 0; argc == 3 && k < sizeof(kinds) / sizeof(*kinds); k++)
		for (long n = str_eq(str_z(argv[1]), str_z(kinds[k].name))
				  ? strtol(argv[2], NULL, 10)
				  : 0;
		     n > 0; n--)
			done += kinds[k].fn();
	printf("%zu\n", done);
	return done == 0;
}
