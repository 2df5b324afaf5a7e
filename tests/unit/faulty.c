/* faulty: a stream over another one, on which things go wrong as planned. */
#include "tests/unit/faulty.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

struct faulty {
	struct stream s;
	struct faulty_plan *plan;
};

/* What the count-th call gives instead of being done; 1: nothing. */
static int
fate(const struct faulty_plan *p, unsigned count, unsigned at, enum fault fault,
    struct err *e)
{
	if (at != 0 && count >= at) {
		if (fault == FAULT_AGAIN)
			return STREAM_AGAIN;
		if (fault == FAULT_RESET)
			return err_set(
			    e, ERR_CLOSED, "connection lost: planned reset");
		return STREAM_EOF;
	}
	if (p->again_every != 0 && count % p->again_every == 0)
		return STREAM_AGAIN;
	return 1;
}

static ssize_t
faulty_read(struct stream *s, void *p, size_t n, struct err *e)
{
	struct faulty_plan *plan = CONTAINER_OF(s, struct faulty, s)->plan;
	ssize_t rc;

	rc = fate(plan, ++plan->reads, plan->read_at, plan->read_fault, e);
	if (rc != 1)
		return rc;
	if (plan->read_max != 0 && n > plan->read_max)
		n = plan->read_max;
	rc = stream_read(s->below, p, n, e);
	if (rc > 0)
		plan->bytes_read += (uint64_t)rc;
	return rc;
}

static ssize_t
faulty_write(struct stream *s, const void *p, size_t n, struct err *e)
{
	struct faulty_plan *plan = CONTAINER_OF(s, struct faulty, s)->plan;
	ssize_t rc;

	rc = fate(plan, ++plan->writes, plan->write_at, plan->write_fault, e);
	if (rc == STREAM_EOF)
		return err_set(
		    e, ERR_CLOSED, "connection lost: planned broken pipe");
	if (rc != 1)
		return rc;
	if (plan->write_max != 0 && n > plan->write_max)
		n = plan->write_max;
	rc = stream_write(s->below, p, n, e);
	if (rc > 0)
		plan->bytes_written += (uint64_t)rc;
	return rc;
}

static int
faulty_flush(struct stream *s, struct err *e)
{
	return stream_flush(s->below, e);
}

static short
faulty_events(struct stream *s, bool want_read, bool want_write)
{
	return stream_events(s->below, want_read, want_write);
}

static void
faulty_close(struct stream *s)
{
	struct faulty *f = CONTAINER_OF(s, struct faulty, s);

	f->plan->closed = true;
	stream_close(s->below);
	free(f);
}

static const struct stream_ops faulty_ops = {
    .read = faulty_read,
    .write = faulty_write,
    .flush = faulty_flush,
    .events = faulty_events,
    .close = faulty_close,
};

struct stream *
faulty_stream(struct stream *below, struct faulty_plan *plan)
{
	struct faulty *f = mem_zalloc(sizeof(*f));

	f->plan = plan;
	f->s = (struct stream){
	    .ops = &faulty_ops,
	    .below = below,
	    .fd_in = below->fd_in,
	    .fd_out = below->fd_out,
	};
	return &f->s;
}

void
stream_pair(struct stream *pair[static 2])
{
	int fds[2];
	int rc = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);

	assert(rc == 0);
	(void)rc;
	pair[0] = stream_fd(fds[0], fds[0], 0);
	pair[1] = stream_fd(fds[1], fds[1], 0);
}
