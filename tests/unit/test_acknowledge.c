/* Replies that a server's kernel holds back until it hears from ours. */
#include "base/mem.h"
#include "proto/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROUNDS = 41,
	WARM = 20, /* so many at first a kernel acknowledges at once */
};

/* Both ends of a connection by TCP, whose server gathers what it writes. */
static void
tcp_pair(int *client, int *server)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(l, (struct sockaddr *)&at, size), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&at, &size), 0);
	*client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*client, (struct sockaddr *)&at, size), 0);
	*server = accept(l, NULL, NULL);
	assert_true(*server >= 0);
	close(l);
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Two commands at once, each answered by a write of its own: microseconds
 * until the second answer is there. */
static int64_t
two_commands(struct loop *loop, struct conn *c, int fd, int round)
{
	struct cmd *cmds[2];
	struct err e = {0};
	char text[64];
	int64_t began;
	int i;

	for (i = 0; i < 2; i++)
		cmds[i] = conn_send(c, S("NOOP"), NULL, 0, &e);
	(void)loop_turn(loop, loop_now() + 1000);
	assert_true(read(fd, text, sizeof(text)) > 0);
	began = loop_now_us();
	for (i = 0; i < 2; i++) {
		(void)snprintf(
		    text, sizeof(text), "a%d OK\r\n", 2 * round + i + 1);
		say(fd, text);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(conn_wait(cmds[i], LOOP_NEVER, &e), 0);
		cmd_unref(cmds[i]);
	}
	return loop_now_us() - began;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void
test_second_reply_does_not_wait(void **state)
{
	struct conn_config cfg = {.protocol = "imap", .host = "localhost"};
	struct loop *loop = loop_new();
	int64_t took[ROUNDS];
	struct err e = {0};
	struct cmd *greeting;
	struct conn *c;
	int client, server, i;

	(void)state;
	tcp_pair(&client, &server);
	c = conn_new(loop, &cfg);
	greeting = conn_adopt(c, stream_fd(client, client, 0));
	say(server, "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n");
	assert_int_equal(conn_wait(greeting, LOOP_NEVER, &e), 0);
	for (i = 0; i < WARM; i++)
		(void)two_commands(loop, c, server, i);
	for (i = 0; i < ROUNDS; i++)
		took[i] = two_commands(loop, c, server, WARM + i);
	qsort(took, ROUNDS, sizeof(*took), by_size);
	/* Delayed acknowledgements take 40 ms. */
	assert_true(took[ROUNDS / 2] < 20000);
	cmd_unref(greeting);
	conn_drop(c);
	conn_unref(c);
	close(server);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_second_reply_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
