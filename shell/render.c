/* render: shows the items of a reply as they come. */
#include "shell/memory.h"
#include "shell/run.h"

/* The words that servers begin a status with (RFC 1939 3, RFC 9051 7.1). */
static const struct {
	struct str word;
	enum paint paint;
} statuses[] = {
    {STR("+OK"), PAINT_OK},
    {STR("-ERR"), PAINT_NO},
    {STR("OK"), PAINT_OK},
    {STR("PREAUTH"), PAINT_OK},
    {STR("NO"), PAINT_NO},
    {STR("BYE"), PAINT_NO},
    {STR("BAD"), PAINT_BAD},
};

enum paint
render_paint(struct str line)
{
	/* By the first digit of an SMTP reply (RFC 5321 4.2.1). */
	static const enum paint digits[] = {
	    ['2'] = PAINT_OK,
	    ['3'] = PAINT_OK,
	    ['4'] = PAINT_TEMP,
	    ['5'] = PAINT_NO,
	};
	struct str rest = line, word;

	if (line.n >= 3 && line.p[0] >= '2' && line.p[0] <= '5' &&
	    ascii_digit(line.p[1]) && ascii_digit(line.p[2]))
		return digits[(unsigned char)line.p[0]];
	for (int i = 0; i < 2; i++) {
		word = str_word(&rest);
		for (size_t j = 0; j < sizeof(statuses) / sizeof(*statuses);
		     j++)
			if (str_eq(word, statuses[j].word))
				return statuses[j].paint;
	}
	return PAINT_NONE;
}

/* A line of the reply, on the screen or to the pager. */
static void
put_line(struct running *r, struct str line, enum paint paint)
{
	if (r->pager != NULL)
		pager_line(r->pager, line, paint);
	else
		screen_line(line, paint);
}

/* Shows what a body has left of a line without an end, and `more`. */
static void
show_line(struct running *r, struct str more)
{
	struct buf b;

	if (r->line.len == 0) {
		put_line(r, more, render_paint(more));
		return;
	}
	buf_init(&b, r->line.len + more.n);
	(void)buf_add(&b, buf_str(&r->line));
	(void)buf_add(&b, more);
	put_line(r, buf_str(&b), PAINT_NONE);
	buf_fini(&b);
	buf_clear(&r->line);
}

/* Bytes of a body on a terminal: whole lines, without their CR. */
static void
show_bytes(struct running *r, struct str s)
{
	struct str line;
	bool whole;

	while (s.n > 0) {
		whole = str_has(s, '\n');
		line = str_cut(&s, '\n');
		while (line.n > 0) {
			size_t room = buf_free(&r->line);
			size_t n = line.n < room ? line.n : room;

			(void)buf_add(&r->line, str_head(line, n));
			line = str_skip(line, n);
			if (line.n > 0)
				show_line(r, S(""));
		}
		if (!whole)
			break;
		line = buf_str(&r->line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		put_line(r, line, PAINT_NONE);
		buf_clear(&r->line);
	}
}

/* The sink failed: the rest of the reply goes nowhere. */
static void
sink_failed(struct running *r, const struct err *e)
{
	screen_error("%s", e->msg);
	sink_abort(r->sink);
	r->sink = NULL;
	r->mute = true;
	r->status = status_of_err(e);
}

/* How much of s is out. */
static size_t
put(struct running *r, struct str s)
{
	struct err e = {0};
	ssize_t n;

	if (r->sink != NULL) {
		/* It may go where our own lines go. */
		screen_sync();
		n = sink_write(r->sink, s, &e);
		if (n >= 0)
			return (size_t)n;
		sink_failed(r, &e);
	} else if (!r->mute && !r->quiet) {
		if (screen_tty())
			show_bytes(r, s);
		else
			screen_bytes(s);
	}
	return s.n;
}

void
render_end(struct running *r)
{
	if (r->line.len > 0)
		show_line(r, S(""));
}

void
render_claim(struct running *r)
{
	body_unref(r->body);
	r->body = body_reply(r->cmd, r->bodies);
	body_claim(r->body);
}

/* Shows the body as far as it has come; true at its end. */
static bool
show_body(struct running *r)
{
	struct err e = {0};
	struct str s;
	size_t n;

	for (;;) {
		if (r->pager != NULL && !pager_ready(r->pager))
			return false;
		switch (body_pull(r->body, &s, &e)) {
		case PULL_SLICE:
			n = put(r, s);
			if (r->lesson != NULL)
				lesson_bytes(r->lesson, str_head(s, n));
			body_took(r->body, n);
			if (n == 0)
				return false;
			break;
		case PULL_LATER:
			return false;
		case PULL_END:
			r->bodies++;
			render_claim(r);
			return true;
		case PULL_FAIL:
			r->cut = true;
			body_unref(r->body);
			r->body = NULL;
			return true;
		}
	}
}

bool
render_items(struct running *r)
{
	struct item *it;

	for (;;) {
		if (r->pager != NULL && !pager_ready(r->pager))
			return false;
		it = r->last != NULL ? r->last->next : r->cmd->items;
		if (it == NULL)
			return true;
		if (it->kind == ITEM_BODY) {
			if (r->body != NULL && !show_body(r))
				return false;
		} else {
			if (r->lesson != NULL)
				lesson_line(r->lesson, it->line);
			if (!r->quiet && !r->json)
				show_line(r, it->line);
		}
		r->last = it;
	}
}
