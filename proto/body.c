/* body: a message body as a pull stream, and the places it can come from. */
#include "proto/body_inner.h"
#include "proto/engine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WINDOW = 64 << 10,
	FILE_WINDOW = 256 << 10, /* of regular files */
};

struct body *
body_new(const struct body_ops *ops)
{
	struct body *b = mem_zalloc(sizeof(*b));

	b->ops = ops;
	b->refs = 1;
	b->fd = -1;
	buf_init(&b->buf, SIZE_MAX / 2);
	return b;
}

struct body *
body_ref(struct body *b)
{
	b->refs++;
	return b;
}

void
body_unref(struct body *b)
{
	if (b == NULL || --b->refs > 0)
		return;
	if (b->ops->free != NULL)
		b->ops->free(b);
	buf_fini(&b->buf);
	free(b);
}

enum pull
body_pull(struct body *b, struct str *out, struct err *e)
{
	return b->ops->pull(b, out, e);
}

void
body_took(struct body *b, size_t n)
{
	b->taken += n;
	if (b->ops->took != NULL)
		b->ops->took(b, n);
}

void
body_on_ready(struct body *b, void (*wake)(void *), void *arg)
{
	b->wake = wake;
	b->wake_arg = arg;
}

bool
body_size(struct body *b, uint64_t *size)
{
	return b->ops->size(b, size);
}

bool
body_literal(const struct body *b, uint64_t *size)
{
	if (b->inner != NULL) {
		if (!body_literal(b->inner, size))
			return false;
		*size += b->prefix;
		return true;
	}
	if (b->in == NULL || !b->in->has_size)
		return false;
	*size = b->in->size;
	return true;
}

uint64_t
body_taken(const struct body *b)
{
	return b->taken;
}

bool
body_rewind(struct body *b)
{
	if (!b->ops->rewind(b))
		return false;
	b->taken = 0;
	return true;
}

/* ---- memory ---- */

static enum pull
mem_pull(struct body *b, struct str *out, struct err *e)
{
	(void)e;
	*out = str_skip(buf_str(&b->buf), (size_t)b->taken);
	return out->n > 0 ? PULL_SLICE : PULL_END;
}

static bool
mem_size(struct body *b, uint64_t *size)
{
	*size = b->buf.len;
	return true;
}

static bool
can_rewind(struct body *b)
{
	(void)b;
	return true;
}

struct body *
body_mem(struct str s)
{
	static const struct body_ops ops = {
	    .pull = mem_pull, .size = mem_size, .rewind = can_rewind};
	struct body *b = body_new(&ops);

	(void)buf_add(&b->buf, s);
	return b;
}

/* ---- files ---- */

/* buf has the octets from position window on. */
static struct str
in_window(const struct body *b)
{
	struct str s = buf_str(&b->buf);

	if (b->taken < b->window || b->taken - b->window > s.n)
		return S("");
	return str_skip(s, (size_t)(b->taken - b->window));
}

/*
 * What is asked of a file at once: of a small one all and an octet more, so
 * that a short answer tells its end, and little memory is taken for it.
 */
static size_t
file_window(const struct body *b)
{
	if (!b->regular)
		return WINDOW;
	if (b->first_size < b->taken || b->first_size - b->taken >= FILE_WINDOW)
		return FILE_WINDOW;
	return (size_t)(b->first_size - b->taken) + 1;
}

static int
file_read(struct body *b, struct err *e)
{
	size_t most = file_window(b);
	char *room;
	ssize_t n;

	buf_clear(&b->buf);
	b->window = b->taken;
	room = buf_room(&b->buf, most);
	do
		n = b->regular
			? pread(b->fd, room, most, b->start + (off_t)b->taken)
			: read(b->fd, room, most);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "cannot read the message");
	buf_grew(&b->buf, (size_t)n);
	b->last = b->regular && (size_t)n < most;
	return 0;
}

static enum pull
file_pull(struct body *b, struct str *out, struct err *e)
{
	bool at_end = b->last && b->taken == b->window + b->buf.len;

	*out = in_window(b);
	if (out->n == 0 && !at_end) {
		if (file_read(b, e) < 0)
			return PULL_FAIL;
		*out = buf_str(&b->buf);
	}
	return out->n > 0 ? PULL_SLICE : PULL_END;
}

static bool
file_size(struct body *b, uint64_t *size)
{
	struct stat st;

	if (!b->regular || fstat(b->fd, &st) < 0 || st.st_size < b->start)
		return false;
	*size = (uint64_t)(st.st_size - b->start);
	return true;
}

static bool
file_rewind(struct body *b)
{
	return b->regular;
}

static void
file_free(struct body *b)
{
	(void)close(b->fd);
}

/* fd, of which fstat(2) said *st, from position start on. */
static struct body *
file_body(int fd, const struct stat *st, off_t start)
{
	static const struct body_ops ops = {.pull = file_pull,
	    .size = file_size,
	    .rewind = file_rewind,
	    .free = file_free};
	struct body *b = body_new(&ops);

	b->fd = fd;
	b->regular = S_ISREG(st->st_mode);
	b->start = start;
	if (b->regular && st->st_size > start)
		b->first_size = (uint64_t)(st->st_size - start);
	return b;
}

struct body *
body_fd(int fd)
{
	struct stat st = {0};
	off_t start = 0;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		start = lseek(fd, 0, SEEK_CUR);
	return file_body(fd, &st, start);
}

struct body *
body_open(const char *path, struct err *e)
{
	struct stat st = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		(void)close(fd);
		fd = -1;
		errno = EISDIR;
	}
	if (fd < 0) {
		err_sys(e, "%s", path);
		return NULL;
	}
	return file_body(fd, &st, 0);
}

/* ---- spools ---- */

static enum pull
spool_pull(struct body *b, struct str *out, struct err *e)
{
	if (spool_read(b->spool, b->taken, WINDOW, out, e) < 0)
		return PULL_FAIL;
	return out->n > 0 ? PULL_SLICE : PULL_END;
}

static bool
spool_body_size(struct body *b, uint64_t *size)
{
	*size = spool_size(b->spool);
	return true;
}

static void
spool_body_free(struct body *b)
{
	spool_free(b->spool);
}

struct body *
body_spool(struct spool *s)
{
	static const struct body_ops ops = {.pull = spool_pull,
	    .size = spool_body_size,
	    .rewind = can_rewind,
	    .free = spool_body_free};
	struct body *b = body_new(&ops);

	b->spool = s;
	return b;
}

/* ---- replies ---- */

/* The octets that passed are gone, unless they are kept. */
static bool
is_kept(const struct inbody *in, uint64_t pos)
{
	return pos >= in->base && pos < in->base + in->kept;
}

static enum pull
never_came(struct body *b, struct err *e)
{
	const struct cmd *cmd = &b->job->cmd;

	if (cmd->state == CMD_FAILED)
		*e = cmd->err;
	else if (cmd->reply.class != REPLY_OK)
		err_set(e, ERR_USE, "%.*s %.*s", STRF(cmd->reply.status),
		    STRF(cmd->reply.text));
	else
		err_set(e, ERR_PROTO, "the reply has no message in it");
	return PULL_FAIL;
}

static enum pull
reply_pull(struct body *b, struct str *out, struct err *e)
{
	struct inbody *in = b->in;
	struct conn *c = b->job->cmd.conn;
	bool live = c->body == in;

	if (b->taken < in->base) {
		err_set(e, ERR_USE, "this message has been read already");
		return PULL_FAIL;
	}
	if (is_kept(in, b->taken)) {
		size_t n = in->base + in->kept - b->taken < WINDOW
			       ? (size_t)(in->base + in->kept - b->taken)
			       : WINDOW;

		if (spool_read(b->job->spool, in->at + (b->taken - in->base), n,
			out, e) < 0)
			return PULL_FAIL;
		return PULL_SLICE;
	}
	if (live && !b->job->keep) {
		in->pulled = true;
		if (c->live.n == 0)
			engine_parse(c);
	}
	if (c->body == in && c->live.n > 0) {
		*out = c->live;
		return PULL_SLICE;
	}
	if (is_kept(in, b->taken)) /* a body that is kept by all means */
		return reply_pull(b, out, e);
	if (in->ended)
		return PULL_END;
	if (cmd_over(&b->job->cmd))
		return never_came(b, e);
	in->waiting = b;
	if (live)
		engine_events(c);
	return PULL_LATER;
}

static void
reply_took(struct body *b, size_t n)
{
	struct inbody *in = b->in;
	struct conn *c = b->job->cmd.conn;

	if (b->taken - n < in->base + in->kept && in->kept > 0)
		return; /* from the spool: stays */
	in->base += in->kept + n;
	in->kept = 0;
	conn_ref(c);
	engine_took(c, n);
	conn_unref(c);
}

static bool
reply_size(struct body *b, uint64_t *size)
{
	struct inbody *in = b->in;

	if (in->has_size)
		*size = in->size;
	else if (in->ended)
		*size = in->base + in->kept;
	return in->has_size || in->ended;
}

static bool
reply_rewind(struct body *b)
{
	return b->in->base == 0;
}

static void
reply_free(struct body *b)
{
	struct inbody *in = b->in;
	struct conn *c = b->job->cmd.conn;

	if (in->waiting == b)
		in->waiting = NULL;
	if (--in->readers == 0 && !in->ended && in->base > 0) {
		/* What went by cannot be had again, nor what is to come. */
		in->discard = true;
	}
	conn_ref(c);
	if (c->body == in && in->readers == 0) {
		in->pulled = in->claimed = false;
		engine_wants_fill(c);
		loop_timer(c->loop, &c->kick, loop_now());
	}
	cmd_unref(&b->job->cmd);
	conn_unref(c);
}

struct body *
body_reply(struct cmd *cmd, size_t n)
{
	static const struct body_ops ops = {.pull = reply_pull,
	    .took = reply_took,
	    .size = reply_size,
	    .rewind = reply_rewind,
	    .free = reply_free};
	struct body *b = body_new(&ops);

	b->job = job_of(cmd_ref(cmd));
	b->in = job_inbody(b->job, n);
	b->in->readers++;
	/* Who asks for it is going to read it. */
	b->in->pulled = true;
	return b;
}

void
body_claim(struct body *b)
{
	b->claimed = true;
	if (b->in != NULL)
		b->in->claimed = true;
	if (b->inner != NULL)
		body_claim(b->inner);
}

void
body_unclaim(struct body *b)
{
	struct conn *c;

	b->claimed = false;
	if (b->inner != NULL)
		body_unclaim(b->inner);
	if (b->in == NULL)
		return;
	b->in->claimed = b->in->pulled = false;
	c = b->job->cmd.conn;
	if (c->body == b->in)
		loop_timer(c->loop, &c->kick, loop_now());
}

bool
inbody_held(const struct inbody *in)
{
	return (in->claimed || in->pulled) && !in->job->keep && !in->discard;
}

void
inbody_wake(struct inbody *in)
{
	struct body *b = in->waiting;
	struct conn *c = in->job->cmd.conn;

	in->waiting = NULL;
	if (b != NULL && b->wake != NULL)
		b->wake(b->wake_arg);
	else if (b != NULL && c->phase == CONN_OPEN)
		/* Who reads by hand looks between two turns, and something else
		 * than an event may have brought this about: cmd_expect. */
		loop_timer(c->loop, &c->kick, loop_now());
}

int
inbody_keep(struct inbody *in, struct str s, struct err *e)
{
	struct job *j = in->job;

	if (j->spool == NULL)
		j->spool = spool_new(limits.spool_memory);
	if (in->kept == 0)
		in->at = spool_size(j->spool);
	if (spool_add(j->spool, s, e) < 0)
		return -1;
	in->kept += s.n;
	inbody_wake(in);
	return 0;
}

/* A reply's body that is still coming is not kept where it is read. */
bool
body_whole(const struct body *b)
{
	if (b->ended)
		return true;
	if (b->gathered)
		return false;
	if (b->inner != NULL)
		return body_whole(b->inner);
	if (b->in != NULL)
		return b->in->ended && b->in->base == 0;
	return b->fd < 0 || b->regular;
}
