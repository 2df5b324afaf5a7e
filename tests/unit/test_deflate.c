/* Deflate: there and back, in small bites, and what a hostile peer may do. */
#include "net/deflate.h"
#include "base/buf.h"
#include "base/limits.h"
#include "tests/unit/faulty.h"

#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { BIG = 1 << 20 };

/* Half text, half noise, so that some of it compresses. */
static char big[BIG];

/*
 * Sends data through a into b, turn by turn, as a loop would, and checks that
 * it arrives; `chunk` bytes are written at once.
 */
static void
transfer(struct stream *a, struct stream *b, struct str data, size_t chunk)
{
	size_t sent = 0, got = 0;
	struct err e = {0};
	char some[4096];
	bool flushed = false;
	ssize_t n;

	for (int idle = 0; got < data.n || !flushed; idle++) {
		assert_true(idle < 1000);
		if (sent < data.n) {
			n = stream_write(a, data.p + sent,
			    chunk < data.n - sent ? chunk : data.n - sent, &e);
			assert_int_not_equal(n, STREAM_ERR);
			sent += n > 0 ? (size_t)n : 0;
		} else if (!flushed) {
			int rc = stream_flush(a, &e);

			assert_int_not_equal(rc, STREAM_ERR);
			flushed = rc == 0;
		}
		while ((n = stream_read(b, some, sizeof(some), &e)) > 0) {
			assert_memory_equal(some, data.p + got, (size_t)n);
			got += (size_t)n;
			idle = 0;
		}
		assert_int_equal(n, STREAM_AGAIN);
	}
	assert_int_equal(e.kind, ERR_NONE);
}

static void
test_round_trip(void **state)
{
	const size_t sizes[] = {1, 2, 100, 5000, BIG};
	const struct faulty_plan plans[] = {
	    {0},
	    {.read_max = 1, .write_max = 1},
	    {.read_max = 3, .write_max = 7, .again_every = 2},
	    {.read_max = 1000, .write_max = 999, .again_every = 3},
	};

	(void)state;
	for (size_t p = 0; p < sizeof(plans) / sizeof(plans[0]); p++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct faulty_plan plan = plans[p], none = {0};
			struct stream *s[2], *a, *b;
			size_t n = sizes[i];

			if (plan.read_max != 0 && n == BIG)
				n = 60000;
			stream_pair(s);
			a = deflate_stream(faulty_stream(s[0], &plan), S(""));
			b = deflate_stream(faulty_stream(s[1], &none), S(""));
			transfer(a, b, (struct str){big, n}, n);
			transfer(b, a, (struct str){big, n}, 777);
			transfer(a, b, S("a1 NOOP\r\n"), 3);
			if (n == BIG)
				assert_true(none.bytes_read < n * 3 / 4);
			stream_close(a);
			assert_true(plan.closed);
			stream_close(b);
		}
}

/* What was written comes out with the flush, and only then. */
static void
test_flush(void **state)
{
	struct faulty_plan plan = {0};
	struct stream *s[2], *a, *b;
	struct err e = {0};
	char got[64];
	uint64_t out;

	(void)state;
	stream_pair(s);
	a = deflate_stream(faulty_stream(s[0], &plan), S(""));
	b = deflate_stream(s[1], S(""));
	assert_int_equal(stream_write(a, "a1 NOOP\r\n", 9, &e), 9);
	assert_int_equal(stream_write(a, "a2 NOOP\r\n", 9, &e), 9);
	assert_int_equal(plan.bytes_written, 0);
	assert_int_equal(stream_events(a, true, false), POLLIN);
	/* Nothing goes out while the stream below takes nothing. */
	plan.write_at = 1;
	plan.write_fault = FAULT_AGAIN;
	assert_int_equal(stream_flush(a, &e), STREAM_AGAIN);
	assert_int_equal(stream_events(a, true, false), POLLIN | POLLOUT);
	plan.write_at = 0;
	assert_int_equal(stream_flush(a, &e), 0);
	assert_int_equal(stream_events(a, true, false), POLLIN);
	out = plan.bytes_written;
	assert_true(out > 0 && out < 40);
	/* A flush of nothing sends nothing. */
	assert_int_equal(stream_flush(a, &e), 0);
	assert_int_equal(plan.bytes_written, out);
	assert_int_equal(stream_read(b, got, sizeof(got), &e), 18);
	assert_memory_equal(got, "a1 NOOP\r\na2 NOOP\r\n", 18);
	stream_close(a);
	stream_close(b);
}

/* A writer that nobody reads is told AGAIN, and memory does not grow. */
static void
test_backpressure(void **state)
{
	struct stream *s[2], *a;
	struct err e = {0};
	size_t before, sent = 0;
	ssize_t n;

	(void)state;
	stream_pair(s);
	a = deflate_stream(s[0], S(""));
	before = mallinfo2().uordblks;
	while ((n = stream_write(a, big + BIG / 2, BIG / 2, &e)) > 0)
		sent += (size_t)n;
	assert_int_equal(n, STREAM_AGAIN);
	assert_true(sent > 0);
	assert_true(mallinfo2().uordblks < before + (256 << 10));
	assert_int_equal(stream_flush(a, &e), STREAM_AGAIN);
	assert_int_equal(stream_write(a, "x", 1, &e), STREAM_AGAIN);
	stream_close(a);
	stream_close(s[1]);
}

/* Raw deflate of data, without zlib's help in the stream under test. */
static struct buf
squeeze(struct str data, int flush)
{
	z_stream z = {0};
	struct buf out;
	size_t room = data.n + 1024;

	buf_init(&out, SIZE_MAX / 2);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, 0), Z_OK);
	z.next_in = (void *)(uintptr_t)data.p;
	z.avail_in = (uInt)data.n;
	z.next_out = (void *)buf_room(&out, room);
	z.avail_out = (uInt)room;
	(void)deflate(&z, flush);
	assert_int_equal(z.avail_in, 0);
	buf_grew(&out, room - z.avail_out);
	deflateEnd(&z);
	return out;
}

static void
test_already(void **state)
{
	struct buf raw = squeeze(S("a1 OK first\r\n"), Z_SYNC_FLUSH);
	struct err e = {0};
	char got[64];

	(void)state;
	/* Part of the input was read with the OK, the rest comes later. */
	for (size_t cut = 0; cut <= raw.len; cut++) {
		struct str all = buf_str(&raw);
		struct str rest = str_skip(all, cut);
		size_t n = 0;
		struct stream *s[2], *a;

		stream_pair(s);
		a = deflate_stream(s[0], str_head(all, cut));
		assert_int_equal(stream_pending(a), cut > 0);
		if (rest.n > 0)
			assert_int_equal(stream_write(s[1], rest.p, rest.n, &e),
			    (int)rest.n);
		stream_close(s[1]);
		for (int i = 0; i < 5; i++) {
			ssize_t rc =
			    stream_read(a, got + n, sizeof(got) - n, &e);

			assert_int_not_equal(rc, STREAM_ERR);
			n += rc > 0 ? (size_t)rc : 0;
		}
		assert_int_equal(n, 13);
		assert_memory_equal(got, "a1 OK first\r\n", 13);
		assert_int_equal(stream_read(a, got, 1, &e), STREAM_EOF);
		stream_close(a);
	}
	buf_fini(&raw);
}

/* Reads in vain until the end or an error. */
static ssize_t
drain(struct stream *a, struct err *e)
{
	char some[512];
	ssize_t n;

	do
		n = stream_read(a, some, sizeof(some), e);
	while (n > 0 || n == STREAM_AGAIN);
	return n;
}

static ssize_t
drain_input(struct str input, struct err *e)
{
	struct stream *s[2], *a;
	ssize_t n;

	stream_pair(s);
	a = deflate_stream(s[0], S(""));
	if (input.n > 0)
		assert_int_equal(
		    stream_write(s[1], input.p, input.n, e), (int)input.n);
	stream_close(s[1]);
	n = drain(a, e);
	stream_close(a);
	return n;
}

static void
test_corrupt(void **state)
{
	const struct str cases[] = {
	    STR("\x07"),		   /* no such block type */
	    STR("* OK plain text\r\n"),	   /* not compressed at all */
	    STR("\x00\x05\x00\x00\x00xx"), /* stored, lengths disagree */
	    STR("\x03\x02"),		   /* a distance too far back */
	    STR("\x78\x9c\x03\x00"),	   /* with a zlib header */
	    STR("\x1f\x8b\x08\x00"),	   /* gzip */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		assert_int_equal(drain_input(cases[i], &e), STREAM_ERR);
		assert_int_equal(e.kind, ERR_PROTO);
		assert_true(str_starts(str_z(e.msg), S("compressed data")));
	}
}

/* Cut at every place: only between blocks may it end. */
static void
test_truncated(void **state)
{
	struct buf raw =
	    squeeze(S("* LIST () \"/\" INBOX\r\na1 OK done\r\n"), Z_SYNC_FLUSH);

	(void)state;
	for (size_t n = 0; n <= raw.len; n++) {
		struct err e = {0};
		ssize_t rc = drain_input(str_head(buf_str(&raw), n), &e);

		if (n == 0 || n == raw.len) {
			assert_int_equal(rc, STREAM_EOF);
			continue;
		}
		assert_int_equal(rc, STREAM_ERR);
		assert_int_equal(e.kind, ERR_PROTO);
		assert_string_equal(e.msg, "compressed data is cut off");
	}
	buf_fini(&raw);
	/* A peer that ends its stream properly has ended. */
	raw = squeeze(S("bye\r\n"), Z_FINISH);
	assert_int_equal(
	    drain_input(buf_str(&raw), &(struct err){0}), STREAM_EOF);
	buf_fini(&raw);
}

/* 64 MiB of zeros from 64 KiB: no read gives more than the limit. */
static void
test_bomb(void **state)
{
	enum { SIZE = 64 << 20 };
	char *zeros = calloc(1, SIZE), *some = malloc(BIG);
	struct buf raw = squeeze((struct str){zeros, SIZE}, Z_SYNC_FLUSH);
	struct stream *s[2], *a;
	struct err e = {0};
	size_t got = 0, before;
	ssize_t n;

	(void)state;
	free(zeros);
	stream_pair(s);
	a = deflate_stream(s[0], S(""));
	assert_int_equal(
	    stream_write(s[1], buf_str(&raw).p, raw.len, &e), (int)raw.len);
	buf_fini(&raw);
	before = mallinfo2().uordblks;
	while ((n = stream_read(a, some, BIG, &e)) > 0) {
		assert_true((size_t)n <= limits.inflate_step);
		got += (size_t)n;
	}
	assert_int_equal(n, STREAM_AGAIN);
	assert_int_equal(got, SIZE);
	assert_true(mallinfo2().uordblks < before + (128 << 10));
	assert_false(stream_pending(a));
	free(some);
	stream_close(a);
	stream_close(s[1]);
}

/* How many bytes come of input, read in bites while any are pending. */
static size_t
bites(struct str input, size_t bite)
{
	struct stream *s[2], *a;
	struct err e = {0};
	char some[2048];
	size_t got = 0;
	ssize_t n;

	stream_pair(s);
	a = deflate_stream(s[0], S(""));
	assert_false(stream_pending(a));
	assert_int_equal(
	    stream_write(s[1], input.p, input.n, &e), (int)input.n);
	do {
		n = stream_read(a, some, bite, &e);
		got += n > 0 ? (size_t)n : 0;
	} while (n > 0 && stream_pending(a));
	assert_int_not_equal(n, STREAM_ERR);
	assert_int_equal(stream_pending(a), n == STREAM_EOF);
	stream_close(a);
	stream_close(s[1]);
	return got;
}

/*
 * While output is left, or the end, the loop must not wait for the descriptor:
 * after every prefix of the input, small reads come to as much as one.
 */
static void
test_pending(void **state)
{
	const int ends[] = {Z_SYNC_FLUSH, Z_FINISH};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf raw = squeeze((struct str){big, 1000}, ends[i]);
		struct str all = buf_str(&raw);

		assert_int_equal(bites(all, 2048), 1000);
		for (size_t n = 1; n <= all.n; n++)
			assert_int_equal(bites(str_head(all, n), 10),
			    bites(str_head(all, n), 2048));
		buf_fini(&raw);
	}
}

/* Blocks that hold nothing do not keep a read from coming back. */
static void
test_empty_blocks(void **state)
{
	static const char empty[] = {0, 0, 0, (char)0xff, (char)0xff};
	struct faulty_plan plan = {.read_max = 5};
	struct stream *s[2], *a;
	struct err e = {0};
	char some[16];

	(void)state;
	stream_pair(s);
	a = deflate_stream(faulty_stream(s[0], &plan), S(""));
	for (int i = 0; i < 100; i++)
		assert_int_equal(stream_write(s[1], empty, 5, &e), 5);
	assert_int_equal(stream_read(a, some, 16, &e), STREAM_AGAIN);
	assert_true(plan.reads < 3);
	stream_close(a);
	stream_close(s[1]);
}

/* Whenever the stream below breaks, its error is ours. */
static void
test_faults(void **state)
{
	(void)state;
	for (unsigned at = 1; at < 30; at++) {
		struct faulty_plan plan = {
		    .read_max = 3,
		    .write_max = 3,
		    .read_at = at,
		    .read_fault = FAULT_RESET,
		    .write_at = at,
		    .write_fault = FAULT_EOF,
		};
		struct buf raw =
		    squeeze((struct str){big + BIG / 2, 200}, Z_SYNC_FLUSH);
		struct stream *s[2], *a;
		struct err e = {0};
		int rc;

		stream_pair(s);
		a = deflate_stream(faulty_stream(s[0], &plan), S(""));
		assert_int_equal(
		    stream_write(s[1], buf_str(&raw).p, raw.len, &e),
		    (int)raw.len);
		assert_int_equal(drain(a, &e), STREAM_ERR);
		assert_int_equal(e.kind, ERR_CLOSED);
		err_clear(&e);
		assert_int_equal(stream_write(a, big + BIG / 2, 200, &e), 200);
		do
			rc = stream_flush(a, &e);
		while (rc == STREAM_AGAIN);
		assert_int_equal(rc, STREAM_ERR);
		assert_int_equal(e.kind, ERR_CLOSED);
		buf_fini(&raw);
		stream_close(a);
		stream_close(s[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_flush),
	    cmocka_unit_test(test_backpressure),
	    cmocka_unit_test(test_already),
	    cmocka_unit_test(test_corrupt),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_empty_blocks),
	    cmocka_unit_test(test_faults),
	};
	uint32_t x = 1;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < BIG; i++) {
		x = x * 1664525 + 1013904223;
		big[i] = i < BIG / 2 ? "mail "[i % 5] : (char)(x >> 24);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
