/* Dialling through a proxy: who looks what up, and what goes wrong before it is
 * asked. */
#include "net/proxy.h"
#include "net/resolve.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static int listener;
static struct proxy proxy;

static struct {
	int calls;
	int64_t looked_up;
	struct stream *s;
	struct err e;
} result;

static void
done(void *arg, struct stream *s, int64_t looked_up, const struct err *e)
{
	assert_ptr_equal(arg, &result);
	result.calls++;
	result.looked_up = looked_up;
	result.s = s;
	if (s == NULL)
		result.e = *e;
}

static struct proxy_dial *
dial(const char *host, int64_t ms)
{
	memset(&result, 0, sizeof(result));
	return proxy_dial(loop, &proxy, host, 993,
	    ms < 0 ? LOOP_NEVER : loop_now() + ms, done, &result);
}

static void
run(void)
{
	assert_int_equal(result.calls, 0);
	while (result.calls == 0)
		assert_int_not_equal(
		    loop_turn(loop, loop_now() + 10000), TURN_IDLE);
}

static void
assert_fails(enum err_kind kind, const char *msg)
{
	run();
	assert_null(result.s);
	assert_string_equal(result.e.msg, msg);
	assert_int_equal(result.e.kind, kind);
}

/* ---- a resolver that knows one name ---- */

static int
lookup_one(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **res)
{
	struct addrinfo want = *hints;

	want.ai_flags = AI_NUMERICHOST;
	if (strcmp(node, "px.example") == 0)
		return getaddrinfo("127.0.0.1", service, &want, res);
	if (strcmp(node, "mx.example") != 0)
		return EAI_NONAME;
	usleep(20 * 1000);
	return getaddrinfo("192.0.2.7", service, &want, res);
}

static int
lookup_hangs(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)res;
	pause();
	return EAI_FAIL;
}

static int
setup(void **state)
{
	struct addr a;

	(void)state;
	loop = loop_new();
	assert_true(host_numeric("127.0.0.1", 0, &a));
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, &a.u.sa, a.len), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(getsockname(listener, &a.u.sa, &a.len), 0);
	proxy = (struct proxy){.kind = PROXY_SOCKS5,
	    .looks_up = true,
	    .host = "127.0.0.1",
	    .port = ntohs(a.u.in.sin_port)};
	resolver_lookup = lookup_one;
	return 0;
}

/* Each test leaves no watch, no timer and no child. */
static int
teardown(void **state)
{
	(void)state;
	resolver_lookup = getaddrinfo;
	assert_false(loop_busy(loop));
	loop_free(loop);
	close(listener);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

/* ---- tests ---- */

/* Runs the dial, and tells what the proxy is asked for. */
static void
assert_asks(const char *host, struct str request)
{
	struct err e = {0};
	char got[64];
	size_t n = 0;
	int peer;

	dial(host, 5000);
	run();
	assert_non_null(result.s);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(proxy_negotiate(result.s, &e), STREAM_AGAIN);
	assert_int_equal(read(peer, got, sizeof(got)), 3);
	assert_int_equal(write(peer, "\5\0", 2), 2);
	assert_int_equal(proxy_negotiate(result.s, &e), STREAM_AGAIN);
	while (n < request.n)
		n += (size_t)read(peer, got + n, sizeof(got) - n);
	assert_int_equal(n, request.n);
	assert_memory_equal(got, request.p, n);
	stream_close(result.s);
	close(peer);
}

static void
test_the_proxy_looks_up(void **state)
{
	(void)state;
	assert_asks("mx.example", S("\5\1\0\3\12mx.example\3\341"));
	assert_int_equal(result.looked_up, -1);
	proxy.host = "px.example";
	assert_asks("nowhere.example", S("\5\1\0\3\17nowhere.example\3\341"));
	assert_true(result.looked_up > 0);
}

static void
test_we_look_up(void **state)
{
	(void)state;
	proxy.looks_up = false;
	assert_asks("mx.example", S("\5\1\0\1\300\0\2\7\3\341"));
	assert_true(result.looked_up >= 20 * 1000);
	assert_asks("192.0.2.9", S("\5\1\0\1\300\0\2\11\3\341"));
	assert_int_equal(result.looked_up, -1);
	/* Both names take their time. */
	proxy.host = "px.example";
	assert_asks("mx.example", S("\5\1\0\1\300\0\2\7\3\341"));
	assert_true(result.looked_up >= 20 * 1000);
}

static void
test_no_such_name(void **state)
{
	(void)state;
	proxy.looks_up = false;
	dial("nowhere.example", 5000);
	assert_fails(
	    ERR_DNS, "look up nowhere.example: Name or service not known");
	dial("", 5000);
	assert_fails(ERR_DNS, "look up : host name is empty");
	proxy.host = "nowhere.example";
	dial("192.0.2.7", 5000);
	assert_fails(ERR_DNS,
	    "proxy: look up nowhere.example: Name or service not known");
}

static void
test_no_proxy_there(void **state)
{
	char msg[128];

	(void)state;
	close(listener);
	dial("mx.example", 5000);
	(void)snprintf(msg, sizeof(msg),
	    "proxy: connect to 127.0.0.1 port %u: Connection refused",
	    (unsigned)proxy.port);
	assert_fails(ERR_CONNECT, msg);
	listener = -1;
}

/* What cannot be said to the proxy ends the connection to it. */
static void
test_cannot_be_asked(void **state)
{
	char c;
	int peer;

	(void)state;
	dial("m x.example", 5000);
	assert_fails(ERR_USE, "m x.example is no host name");
	peer = accept(listener, NULL, NULL);
	assert_int_equal(read(peer, &c, 1), 0);
	close(peer);
}

static void
test_deadline(void **state)
{
	int64_t began = loop_now();

	(void)state;
	resolver_lookup = lookup_hangs;
	proxy.looks_up = false;
	dial("mx.example", 50);
	assert_fails(ERR_TIMEOUT, "look up mx.example: timed out");
	proxy.looks_up = true;
	proxy.host = "px.example";
	dial("mx.example", 50);
	assert_fails(ERR_TIMEOUT, "proxy: look up px.example: timed out");
	assert_true(loop_now() - began < 5000);
}

static void
test_cancel(void **state)
{
	(void)state;
	resolver_lookup = lookup_hangs;
	proxy.looks_up = false;
	proxy_dial_cancel(dial("mx.example", 5000));
	proxy_dial_cancel(dial("192.0.2.7", 5000));
	proxy_dial_cancel(dial("", -1));
	assert_int_equal(result.calls, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_the_proxy_looks_up),
	    TEST(test_we_look_up),
	    TEST(test_no_such_name),
	    TEST(test_no_proxy_there),
	    TEST(test_cannot_be_asked),
	    TEST(test_deadline),
	    TEST(test_cancel),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
