/*
 * trace: both directions of a conversation, a line each, secrets masked.
 * Memory is bounded whatever passes: one held line, and one batch of output.
 */
#include "net/trace.h"
#include "base/mem.h"
#include "base/vis.h"
#include "net/loop.h"

#include <stdarg.h>
#include <stdlib.h>

enum {
	HELD_MAX = 8 << 10, /* longer lines are shown in pieces */
	BATCH = 32 << 10,   /* so much is handed to stdio at once */
	HEX_ROW = 16,
	/* A batch, and one more line, whose every byte may become "\xNN". */
	OUT_MAX = BATCH + 4 * HELD_MAX + 128,
};

/* How a line that is shown ended on the wire. */
enum end { END_CRLF, END_LF, END_NONE };

struct trace {
	FILE *f;
	char *label;
	unsigned form;
	int64_t began;	    /* microseconds */
	enum trace_dir dir; /* of the held line */
	struct buf held;    /* the line so far, as it came */
	bool in_secret;	    /* it ends in a secret, which may go on */
	struct buf out;
};

static const struct str prefix[] = {
    [TRACE_C] = STR("C:"),
    [TRACE_S] = STR("S:"),
    [TRACE_NOTE] = STR("--"),
};

struct trace *
trace_new(FILE *f, const char *label, unsigned form)
{
	struct trace *t = mem_zalloc(sizeof(*t));

	t->f = f;
	t->form = form;
	t->began = loop_now_us();
	t->label = label != NULL ? mem_strdup(label) : NULL;
	buf_init(&t->held, HELD_MAX);
	buf_init(&t->out, OUT_MAX + str_z(label).n);
	return t;
}

static void
write_out(struct trace *t)
{
	struct str s = buf_str(&t->out);

	/* A trace that cannot be written must not end the conversation. */
	if (s.n > 0)
		(void)fwrite(s.p, 1, s.n, t->f);
	buf_clear(&t->out);
}

static void
put_prefix(struct trace *t, enum trace_dir dir)
{
	if (t->form & TRACE_TIMES)
		buf_addf(&t->out, "%.3f ",
		    (double)(loop_now_us() - t->began) / 1000000);
	if (t->label != NULL) {
		buf_addz(&t->out, t->label);
		buf_addc(&t->out, ' ');
	}
	buf_add(&t->out, prefix[dir]);
}

/* Shows one line, or a piece of one. */
static void
show(struct trace *t, enum trace_dir dir, struct str text, enum end end)
{
	bool backslash = end != END_NONE && str_ends(text, S("\\"));

	put_prefix(t, dir);
	if (text.n > 0 || end != END_CRLF)
		buf_addc(&t->out, ' ');
	vis_add(&t->out, str_head(text, text.n - backslash));
	if (backslash)
		buf_addz(&t->out, "\\x5c");
	if (end == END_LF)
		buf_addz(&t->out, "^J");
	if (end == END_NONE)
		buf_addc(&t->out, '\\');
	buf_addc(&t->out, '\n');
	if (t->out.len >= BATCH)
		write_out(t);
}

/* How much of a full held line to show, so that no character is cut. */
static size_t
piece(struct str s)
{
	size_t n = s.n;

	while (n > s.n - 3 && ((unsigned char)s.p[n - 1] & 0xc0) == 0x80)
		n--;
	return (unsigned char)s.p[n - 1] >= 0xc0 ? n - 1 : s.n;
}

static void
hold(struct trace *t, struct str s)
{
	size_t n;

	if (s.n > 0)
		t->in_secret = false;
	while (s.n > 0) {
		n = s.n < buf_free(&t->held) ? s.n : buf_free(&t->held);
		buf_add(&t->held, str_head(s, n));
		s = str_skip(s, n);
		if (s.n == 0)
			break;
		n = piece(buf_str(&t->held));
		show(t, t->dir, str_head(buf_str(&t->held), n), END_NONE);
		buf_take(&t->held, n);
	}
}

static void
end_line(struct trace *t)
{
	struct str s = buf_str(&t->held);
	bool cr = str_ends(s, S("\r"));

	show(t, t->dir, str_head(s, s.n - cr), cr ? END_CRLF : END_LF);
	buf_clear(&t->held);
	t->in_secret = false;
}

static void
release(struct trace *t)
{
	if (t->held.len > 0)
		show(t, t->dir, buf_str(&t->held), END_NONE);
	buf_clear(&t->held);
	t->in_secret = false;
}

static void
turn_to(struct trace *t, enum trace_dir dir)
{
	if (t->dir != dir)
		release(t);
	t->dir = dir;
}

/* Sixteen octets: as numbers, and what of them is ASCII. */
static void
show_row(struct trace *t, enum trace_dir dir, size_t at, struct str row)
{
	put_prefix(t, dir);
	buf_addf(&t->out, " %04zx ", at);
	for (size_t i = 0; i < HEX_ROW; i++)
		buf_addf(&t->out, i < row.n ? " %02x" : "   ",
		    i < row.n ? (unsigned char)row.p[i] : 0);
	buf_addz(&t->out, "  ");
	for (size_t i = 0; i < row.n; i++)
		buf_addc(&t->out,
		    row.p[i] >= ' ' && row.p[i] < '\177' ? row.p[i] : '.');
	buf_addc(&t->out, '\n');
	if (t->out.len >= BATCH)
		write_out(t);
}

static void
show_hex(struct trace *t, enum trace_dir dir, struct str bytes)
{
	size_t at, n;

	t->in_secret = false;
	for (at = 0; at < bytes.n; at += n) {
		n = bytes.n - at < HEX_ROW ? bytes.n - at : HEX_ROW;
		show_row(t, dir, at, (struct str){bytes.p + at, n});
	}
	write_out(t);
}

void
trace_bytes(struct trace *t, enum trace_dir dir, struct str bytes)
{
	size_t n;

	if (t == NULL || bytes.n == 0)
		return;
	if (t->form & TRACE_HEX) {
		show_hex(t, dir, bytes);
		return;
	}
	turn_to(t, dir);
	while ((n = str_find(bytes, '\n')) < bytes.n) {
		hold(t, str_head(bytes, n));
		end_line(t);
		bytes = str_skip(bytes, n + 1);
	}
	hold(t, bytes);
	write_out(t);
}

void
trace_secret(struct trace *t, enum trace_dir dir)
{
	if (t == NULL)
		return;
	turn_to(t, dir);
	if (!t->in_secret && t->form & TRACE_HEX)
		show(t, dir, S("<secret>"), END_CRLF);
	else if (!t->in_secret)
		hold(t, S("<secret>"));
	t->in_secret = true;
	write_out(t);
}

void
trace_note(struct trace *t, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (t == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	release(t);
	show(t, TRACE_NOTE, str_z(text), END_CRLF);
	write_out(t);
}

void
trace_flush(struct trace *t)
{
	if (t == NULL)
		return;
	release(t);
	write_out(t);
}

void
trace_free(struct trace *t)
{
	if (t == NULL)
		return;
	trace_flush(t);
	buf_fini(&t->held);
	buf_fini(&t->out);
	free(t->label);
	free(t);
}
