/* pager: a reply longer than the screen goes to a program. */
#include "shell/pager.h"
#include "base/mem.h"
#include "shell/redirect.h"

#include <stdlib.h>

enum {
	PATIENCE_MS = 500,   /* so long lines are held back */
	READY_MAX = 64 << 10 /* no more is taken before the program reads */
};

struct pager {
	struct loop *loop;
	const char *program;
	struct buf held; /* what the screen, or the program, has to get */
	size_t rows;	 /* of the screen, that it takes */
	size_t shown;	 /* octets of it that are on the screen */
	struct timer patience;
	struct sink *sink; /* the program; NULL: not yet */
	bool failed;	   /* there is none: the screen gets all */
};

static void
show_held(struct pager *p)
{
	screen_bytes(str_skip(buf_str(&p->held), p->shown));
	p->shown = p->held.len;
}

static void
impatient(struct timer *t)
{
	struct pager *p = CONTAINER_OF(t, struct pager, patience);

	if (p->sink == NULL) {
		show_held(p);
		screen_sync();
	}
}

struct pager *
pager_new(struct shell *sh)
{
	struct pager *p;

	if (!sh->interactive || sh->pager == NULL || screen_rows() == 0)
		return NULL;
	p = mem_zalloc(sizeof(*p));
	p->loop = sh->loop;
	p->program = sh->pager;
	p->patience.fire = impatient;
	buf_init(&p->held, SIZE_MAX / 2);
	return p;
}

/* less ends by itself where all fits, leaves what it showed, and knows paint;
 * unless the user has told it what to do. */
static void
start(struct pager *p)
{
	struct err e = {0};
	struct buf command;

	buf_init(&command, 4096);
	(void)buf_addz(&command, "LESS=${LESS-FRX}; export LESS; ");
	(void)buf_addz(&command,
	    *p->program != '\0'
		? p->program
		: "eval \"${PAGER:-$(command -v less || echo more)}\"");
	loop_untimer(&p->patience);
	p->sink = sink_new(p->loop, SINK_PIPE, buf_str(&command), &e);
	buf_fini(&command);
	(void)pager_ready(p);
}

bool
pager_ready(struct pager *p)
{
	struct err e = {0};
	ssize_t n = 1;

	while (p->sink != NULL && p->held.len > 0 && n > 0) {
		n = sink_write(p->sink, buf_str(&p->held), &e);
		if (n > 0)
			buf_take(&p->held, (size_t)n);
	}
	if (n < 0) {
		sink_abort(p->sink);
		p->sink = NULL;
		p->failed = true;
		screen_error("%s", e.msg);
	}
	return p->sink == NULL || p->held.len < READY_MAX;
}

void
pager_line(struct pager *p, struct str line, enum paint paint)
{
	size_t before = p->held.len;
	size_t width = (size_t)screen_width();

	screen_put(&p->held, line, paint);
	if (p->failed) {
		show_held(p);
		return;
	}
	if (p->sink != NULL)
		return;
	p->rows += 1 + (p->held.len - before - 1) / (width + 1);
	if (p->rows >= screen_rows())
		start(p);
	else if (p->patience.loop == NULL && p->shown == before)
		loop_timer(p->loop, &p->patience, loop_now() + PATIENCE_MS);
}

bool
pager_runs(const struct pager *p)
{
	return p != NULL && p->sink != NULL;
}

void
pager_end(struct pager *p)
{
	struct err e = {0};
	int status;

	if (p == NULL)
		return;
	loop_untimer(&p->patience);
	if (p->sink == NULL) {
		show_held(p);
	} else {
		(void)sink_all(p->sink, buf_str(&p->held), &e);
		(void)sink_commit(p->sink, &status, &e);
	}
	buf_fini(&p->held);
	free(p);
}
