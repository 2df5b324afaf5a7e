/* Streams over descriptors and spawned commands. */
#include "net/stream.h"
#include "base/buf.h"
#include "net/loop.h"
#include "tests/unit/faulty.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Reads until the end or an error, waiting for at most ms. */
static ssize_t
read_all(struct stream *s, struct buf *out, int ms, struct err *e)
{
	int64_t until = loop_now() + ms;
	char some[512];
	ssize_t n;

	for (;;) {
		n = stream_read(s, some, sizeof(some), e);
		if (n == STREAM_AGAIN && loop_now() < until) {
			struct pollfd p = {
			    .fd = s->fd_in,
			    .events = stream_events(s, true, false),
			};
			(void)poll(&p, 1, 10);
			continue;
		}
		if (n <= 0)
			return n;
		assert_int_equal(
		    buf_add(out, (struct str){some, (size_t)n}), 0);
	}
}

static void
test_socket(void **state)
{
	struct stream *s[2];
	struct err e = {0};
	char got[16] = "";
	size_t sent = 0;
	ssize_t n;

	(void)state;
	stream_pair(s);
	assert_int_equal(fcntl(s[0]->fd_in, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(stream_read(s[0], got, 16, &e), STREAM_AGAIN);
	assert_int_equal(stream_write(s[1], "hello", 5, &e), 5);
	assert_int_equal(stream_flush(s[1], &e), 0);
	assert_int_equal(stream_read(s[0], got, 3, &e), 3);
	assert_int_equal(stream_read(s[0], got, 16, &e), 2);
	assert_memory_equal(got, "lo", 2);
	assert_false(stream_pending(s[0]));
	assert_int_equal(stream_events(s[0], true, false), POLLIN);
	assert_int_equal(stream_events(s[0], true, true), POLLIN | POLLOUT);
	/* Nobody reads: in the end writing would block. */
	while ((n = stream_write(s[0], got, 16, &e)) > 0)
		sent += (size_t)n;
	assert_int_equal(n, STREAM_AGAIN);
	assert_true(sent > 0);
	assert_int_equal(e.kind, ERR_NONE);
	stream_close(s[1]);
	stream_close(s[0]);
	stream_close(NULL);
}

static void
test_ends(void **state)
{
	struct stream *s[2];
	struct err e = {0};
	char got[16];

	(void)state;
	stream_pair(s);
	assert_int_equal(stream_write(s[1], "bye", 3, &e), 3);
	stream_close(s[1]);
	assert_int_equal(stream_read(s[0], got, 16, &e), 3);
	assert_int_equal(stream_read(s[0], got, 16, &e), STREAM_EOF);
	assert_int_equal(stream_write(s[0], "x", 1, &e), STREAM_ERR);
	assert_int_equal(e.kind, ERR_CLOSED);
	assert_int_equal(e.sys, EPIPE);
	assert_string_equal(e.msg, "connection lost: Broken pipe");
	stream_close(s[0]);
}

/* A listening socket on loopback; its port is in *addr. */
static int
listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*addr = (struct sockaddr_in){.sin_family = AF_INET};
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (void *)addr, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)addr, &len), 0);
	return fd;
}

static void
test_reset(void **state)
{
	const struct linger now = {.l_onoff = 1};
	struct sockaddr_in addr;
	struct err e = {0};
	int listening = listener(&addr), fd, peer;
	struct stream *s;
	char got[16];

	(void)state;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (void *)&addr, sizeof(addr)), 0);
	peer = accept(listening, NULL, NULL);
	assert_true(peer >= 0);
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	s = stream_fd(fd, fd, 0);
	close(peer);
	assert_int_equal(stream_read(s, got, 16, &e), STREAM_ERR);
	assert_int_equal(e.kind, ERR_CLOSED);
	assert_int_equal(e.sys, ECONNRESET);
	stream_close(s);
	close(listening);
}

static void
test_bad_fd(void **state)
{
	struct err e = {0};
	struct stream *s;
	char got[16];
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	s = stream_fd(fd, fd, 0);
	assert_int_equal(stream_read(s, got, 16, &e), STREAM_ERR);
	assert_int_equal(e.kind, ERR_SYS);
	assert_int_equal(e.sys, EISDIR);
	stream_close(s);
}

static void
test_pipes(void **state)
{
	int a[2], b[2];
	struct err e = {0};
	struct stream *s;
	char got[4];

	(void)state;
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	s = stream_fd(a[0], b[1], 0);
	assert_int_equal(write(a[1], "in", 2), 2);
	assert_int_equal(stream_read(s, got, 4, &e), 2);
	assert_int_equal(stream_write(s, "out", 3, &e), 3);
	assert_int_equal(read(b[0], got, 4), 3);
	close(a[1]);
	close(b[0]);
	assert_int_equal(stream_read(s, got, 4, &e), STREAM_EOF);
	assert_int_equal(stream_write(s, "x", 1, &e), STREAM_ERR);
	stream_close(s);
	assert_int_equal(fcntl(a[0], F_GETFD), -1);
	assert_int_equal(fcntl(b[1], F_GETFD), -1);
}

/* -- Commands -------------------------------------------------------------- */

static void
assert_says(const char *command, const char *input, const char *output)
{
	struct err e = {0};
	struct stream *s = stream_command(command, &e);
	struct buf got;

	assert_non_null(s);
	if (*input != '\0')
		assert_int_equal(stream_write(s, input, strlen(input), &e),
		    (int)strlen(input));
	buf_init(&got, 1 << 20);
	assert_int_equal(read_all(s, &got, 5000, &e), STREAM_EOF);
	assert_string_equal(buf_cstr(&got), output);
	buf_fini(&got);
	stream_close(s);
}

static void
test_command(void **state)
{
	(void)state;
	assert_says("echo hello", "", "hello\n");
	assert_says("read x; echo \"<$x>\"", "line\n", "<line>\n");
	assert_says("exec no-such-command 2>/dev/null", "", "");
	/* Nothing of ours is inherited; SIGPIPE is as a program expects. */
	assert_says("kill -PIPE $$; echo alive", "", "");
	assert_says("kill -INT $$; echo alive", "", "alive\n");
	assert_says("cd /proc/self/fd && for f in [3-9]; do "
		    "case $(readlink $f) in *socket*) echo $f;; esac; done",
	    "", "");
}

static void
assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Whatever the command does, closing ends it, and soon. */
static void
test_command_end(void **state)
{
	const struct {
		const char *command;
		int64_t least, most;
	} cases[] = {
	    {"exit 3", 0, 245},
	    {"cat", 0, 245}, /* ends when its input does */
	    {"exec sleep 60", 250, 4000},
	    {"trap '' TERM; while :; do sleep 1; done", 250, 4000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};
		struct stream *s = stream_command(cases[i].command, &e);
		int64_t start;

		assert_non_null(s);
		usleep(50000); /* until traps are set */
		start = loop_now();
		stream_close(s);
		assert_in_range(
		    loop_now() - start, cases[i].least, cases[i].most);
		assert_no_child();
	}
}

/* A command that stays is asked to go before it is made to. */
static void
test_command_term(void **state)
{
	struct err e = {0};
	struct stream *s;
	char command[128], got[8] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	(void)snprintf(command, sizeof(command),
	    "trap 'echo bye >&%d; exit' TERM; echo up; "
	    "while :; do sleep 0.02; done",
	    fds[1]);
	s = stream_command(command, &e);
	assert_non_null(s);
	while (stream_read(s, got, sizeof(got), &e) == STREAM_AGAIN)
		usleep(1000);
	stream_close(s);
	close(fds[1]);
	assert_int_equal(read(fds[0], got, sizeof(got)), 4);
	assert_memory_equal(got, "bye\n", 4);
	close(fds[0]);
	assert_no_child();
}

/* -- The faulty stream itself, on which other tests rely --------------------
 */

static void
test_faulty(void **state)
{
	struct faulty_plan plan = {
	    .read_max = 2,
	    .again_every = 3,
	    .read_at = 5,
	    .read_fault = FAULT_RESET,
	    .write_max = 1,
	    .write_at = 2,
	    .write_fault = FAULT_EOF,
	};
	struct stream *s[2], *f;
	struct err e = {0};
	char got[16];

	(void)state;
	stream_pair(s);
	f = faulty_stream(s[0], &plan);
	assert_int_equal(stream_write(s[1], "abcdefgh", 8, &e), 8);
	assert_int_equal(stream_read(f, got, 16, &e), 2);
	assert_int_equal(stream_read(f, got, 1, &e), 1);
	assert_int_equal(stream_read(f, got, 16, &e), STREAM_AGAIN);
	assert_int_equal(stream_read(f, got, 16, &e), 2);
	assert_int_equal(stream_read(f, got, 16, &e), STREAM_ERR);
	assert_int_equal(e.kind, ERR_CLOSED);
	err_clear(&e);
	assert_int_equal(stream_write(f, "xy", 2, &e), 1);
	assert_int_equal(stream_write(f, "y", 1, &e), STREAM_ERR);
	assert_int_equal(e.kind, ERR_CLOSED);
	plan.read_fault = FAULT_EOF;
	assert_int_equal(stream_read(f, got, 16, &e), STREAM_EOF);
	plan.read_fault = FAULT_AGAIN;
	assert_int_equal(stream_read(f, got, 16, &e), STREAM_AGAIN);
	assert_int_equal(plan.bytes_read, 5);
	assert_int_equal(plan.bytes_written, 1);
	assert_false(plan.closed);
	stream_close(f);
	assert_true(plan.closed);
	stream_close(s[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_socket),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_bad_fd),
	    cmocka_unit_test(test_pipes),
	    cmocka_unit_test(test_command),
	    cmocka_unit_test(test_command_end),
	    cmocka_unit_test(test_command_term),
	    cmocka_unit_test(test_faulty),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
