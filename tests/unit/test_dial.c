/* Dialling: look-up, racing, deadlines, giving up.  Only loopback. */
#include "net/dial.h"
#include "base/limits.h"
#include "net/resolve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;

/* -- What a dial came to --------------------------------------------------- */

static struct {
	int calls;
	int64_t looked_up;
	struct stream *s;
	struct err e;
	struct dial *again; /* dialled from within done */
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
	else
		assert_null(e);
}

static void
run(void)
{
	assert_int_equal(result.calls, 0);
	while (result.calls == 0)
		assert_int_not_equal(
		    loop_turn(loop, loop_now() + 10000), TURN_IDLE);
	assert_int_equal(result.calls, 1);
}

static const struct addr system_ways;

static void
begin(void)
{
	memset(&result, 0, sizeof(result));
}

static struct dial *
dial(const char *host, uint16_t port, int64_t ms)
{
	begin();
	return dial_host(loop, host, port, &system_ways,
	    ms < 0 ? LOOP_NEVER : loop_now() + ms, done, &result);
}

static void
assert_error(enum err_kind kind, const char *msg)
{
	assert_null(result.s);
	assert_string_equal(result.e.msg, msg);
	assert_int_equal(result.e.kind, kind);
}

static size_t
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static size_t fds_before;
static struct limits limits_before;

static int
setup(void **state)
{
	(void)state;
	fds_before = open_fds();
	limits_before = limits;
	loop = loop_new();
	return 0;
}

/* Each test leaves nothing: no watch, no descriptor, no child. */
static int
teardown(void **state)
{
	(void)state;
	limits = limits_before;
	resolver_lookup = getaddrinfo;
	assert_false(loop_busy(loop));
	loop_free(loop);
	assert_int_equal(open_fds(), fds_before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

/* -- Servers --------------------------------------------------------------- */

/* Listens on an address in numbers; *port 0 takes any, and is set. */
static int
listen_on(const char *host, uint16_t *port, int backlog)
{
	struct addr a;
	int one = 1, fd;

	assert_true(host_numeric(host, *port, &a));
	fd = socket(a.u.sa.sa_family, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, &a.u.sa, a.len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, &a.u.sa, &a.len), 0);
	*port = ntohs(a.u.in.sin_port); /* at the same place for IPv6 */
	return fd;
}

/* Connections that fill a listener's queue, so that no more are answered. */
struct plug {
	int fds[4];
};

static void
plug(struct plug *p, const struct sockaddr *sa, socklen_t len)
{
	for (size_t i = 0; i < 4; i++) {
		p->fds[i] =
		    socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(p->fds[i], sa, len);
	}
}

static void
unplug(struct plug *p)
{
	for (size_t i = 0; i < 4; i++)
		close(p->fds[i]);
}

static void
plug_port(struct plug *p, const char *host, uint16_t port)
{
	struct addr a;

	assert_true(host_numeric(host, port, &a));
	plug(p, &a.u.sa, a.len);
}

/* A port on which nobody listens. */
static uint16_t
free_port(void)
{
	uint16_t port = 0;

	close(listen_on("127.0.0.1", &port, 1));
	return port;
}

/* -- A resolver that says what the test wants ------------------------------ */

static const char *const *found;

static int
lookup_found(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	struct addrinfo want = *hints, **last = res;

	(void)node;
	*res = NULL;
	want.ai_flags = AI_NUMERICHOST;
	for (size_t i = 0; found[i] != NULL; i++) {
		if (getaddrinfo(found[i], service, &want, last) != 0)
			_exit(9);
		last = &(*last)->ai_next;
	}
	return 0;
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

/* A machine without a hosts file. */
static int
lookup_no_names(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	*res = NULL;
	return node != NULL ? EAI_NONAME
			    : getaddrinfo(node, service, hints, res);
}

static int
lookup_dies(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)res;
	_exit(1);
}

static int answer;

static int
lookup_fails(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	*res = NULL;
	errno = EIO;
	return answer;
}

/* Fails if the child holds more than it needs, or hears a signal. */
static int
lookup_checks(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	*res = NULL;
	raise(SIGINT);
	raise(SIGTERM);
	for (int fd = 4; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			return EAI_FAIL;
	return EAI_NODATA;
}

static void
find(const char *const *addrs)
{
	found = addrs;
	resolver_lookup = lookup_found;
}

#define FIND(...) find((const char *const[]){__VA_ARGS__, NULL})

/* -- Tests ----------------------------------------------------------------- */

static void
test_connects(void **state)
{
	const char *const hosts[] = {"127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint16_t port = 0;
		int server = listen_on(hosts[i], &port, 5), peer;
		struct err e = {0};
		char c;

		/* No child for an address in numbers. */
		resolver_lookup = lookup_dies;
		dial(hosts[i], port, 5000);
		assert_int_equal(result.calls, 0);
		run();
		assert_non_null(result.s);
		assert_int_equal(result.looked_up, -1);
		peer = accept(server, NULL, NULL);
		assert_true(peer >= 0);
		assert_int_equal(stream_write(result.s, "x", 1, &e), 1);
		assert_int_equal(read(peer, &c, 1), 1);
		assert_int_equal(
		    fcntl(result.s->fd_in, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		stream_close(result.s);
		close(peer);
		close(server);
	}
}

static void
test_by_name(void **state)
{
	uint16_t port = 0;
	int server = listen_on("127.0.0.1", &port, 5);

	(void)state;
	dial("localhost", port, -1);
	run();
	assert_non_null(result.s);
	stream_close(result.s);
	resolver_lookup = lookup_no_names;
	dial("LocalHost", port, -1);
	run();
	assert_non_null(result.s);
	stream_close(result.s);
	dial("localhost.example", port, -1);
	run();
	assert_error(
	    ERR_DNS, "look up localhost.example: Name or service not known");
	assert_true(result.looked_up >= 0);
	close(server);
}

static void
test_refused(void **state)
{
	uint16_t port = free_port();
	char want[80];

	(void)state;
	(void)snprintf(want, sizeof(want),
	    "connect to 127.0.0.1 port %u: Connection refused", port);
	dial("127.0.0.1", port, 5000);
	run();
	assert_error(ERR_CONNECT, want);
	assert_int_equal(result.e.sys, ECONNREFUSED);
	/* A network that cannot be reached says less than a refusal. */
	(void)snprintf(want, sizeof(want),
	    "connect to mx.example port %u: Connection refused", port);
	FIND("127.0.0.1", "255.255.255.255");
	dial("mx.example", port, 5000);
	run();
	assert_error(ERR_CONNECT, want);
	FIND("255.255.255.255", "127.0.0.1");
	dial("mx.example", port, 5000);
	run();
	assert_error(ERR_CONNECT, want);
	FIND("255.255.255.255");
	dial("mx.example", port, 5000);
	run();
	assert_int_equal(result.e.sys, ENETUNREACH);
}

static const char *
winner(char *out, size_t size)
{
	struct addr a = {.len = sizeof(a.u)};

	assert_non_null(result.s);
	assert_int_equal(getpeername(result.s->fd_in, &a.u.sa, &a.len), 0);
	assert_int_equal(getnameinfo(&a.u.sa, a.len, out, (socklen_t)size, NULL,
			     0, NI_NUMERICHOST),
	    0);
	return out;
}

/* RFC 8305 5: the next address starts when the first has not answered. */
static void
test_race(void **state)
{
	uint16_t port = 0;
	int silent = listen_on("127.0.0.2", &port, 0);
	int good = listen_on("127.0.0.1", &port, 5);
	char host[64];
	int64_t start;
	struct plug p;

	(void)state;
	plug_port(&p, "127.0.0.2", port);
	limits.attempt_ms = 60;
	FIND("127.0.0.2", "127.0.0.2", "127.0.0.1");
	start = loop_now();
	dial("mx.example", port, 5000);
	run();
	assert_string_equal(winner(host, sizeof(host)), "127.0.0.1");
	assert_in_range(loop_now() - start, 120, 4000);
	stream_close(result.s);
	unplug(&p);
	close(silent);
	close(good);
}

/* RFC 8305 4: the other family comes second, whatever its place was. */
static void
test_race_families(void **state)
{
	uint16_t port = 0;
	int silent = listen_on("127.0.0.2", &port, 0);
	int good = listen_on("::1", &port, 5);
	char host[64];
	int64_t start;
	struct plug p;

	(void)state;
	plug_port(&p, "127.0.0.2", port);
	limits.attempt_ms = 300;
	FIND("127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "::1");
	start = loop_now();
	dial("mx.example", port, 5000);
	run();
	assert_string_equal(winner(host, sizeof(host)), "::1");
	assert_in_range(loop_now() - start, 300, 1190);
	stream_close(result.s);
	unplug(&p);
	close(silent);
	close(good);
}

/* An address that fails is followed by the next at once. */
static void
test_falls_over(void **state)
{
	uint16_t port = 0;
	int good = listen_on("127.0.0.1", &port, 5);
	char host[64];
	int64_t start;

	(void)state;
	limits.attempt_ms = 60000;
	FIND("127.0.0.2", "::1", "255.255.255.255", "127.0.0.1");
	start = loop_now();
	dial("mx.example", port, -1);
	run();
	assert_string_equal(winner(host, sizeof(host)), "127.0.0.1");
	assert_true(loop_now() - start < 2000);
	stream_close(result.s);
	close(good);
}

/* The first attempt may still win when others have failed meanwhile. */
static void
test_slow_first_wins(void **state)
{
	uint16_t port = 0;
	int slow = listen_on("127.0.0.2", &port, 0);
	struct plug p;
	char host[64];

	(void)state;
	plug_port(&p, "127.0.0.2", port);
	limits.attempt_ms = 20;
	FIND("127.0.0.2", "127.0.0.1");
	dial("mx.example", port, 20000);
	for (int64_t until = loop_now() + 200; loop_now() < until;)
		loop_turn(loop, until);
	assert_int_equal(result.calls, 0);
	/* Room in the queue, again and again, for the plugs try as well: the
	 * SYN sent again is answered. */
	(void)fcntl(slow, F_SETFL, O_NONBLOCK);
	while (result.calls == 0) {
		close(accept(slow, NULL, NULL));
		(void)loop_turn(loop, loop_now() + 20);
	}
	assert_string_equal(winner(host, sizeof(host)), "127.0.0.2");
	stream_close(result.s);
	unplug(&p);
	close(slow);
}

static void
test_deadline(void **state)
{
	uint16_t port = 0;
	int silent = listen_on("127.0.0.2", &port, 0);
	struct plug p;
	char want[80];
	int64_t start = loop_now();

	(void)state;
	/* The look-up hangs. */
	resolver_lookup = lookup_hangs;
	dial("mx.example", port, 50);
	run();
	assert_error(ERR_TIMEOUT, "look up mx.example: timed out");
	/* The server is silent. */
	plug_port(&p, "127.0.0.2", port);
	(void)snprintf(want, sizeof(want),
	    "connect to 127.0.0.2 port %u: timed out", port);
	dial("127.0.0.2", port, 50);
	run();
	assert_error(ERR_TIMEOUT, want);
	/* The deadline is over before it begins. */
	dial("127.0.0.2", port, 0);
	run();
	assert_error(ERR_TIMEOUT, want);
	assert_true(loop_now() - start < 2000);
	unplug(&p);
	close(silent);
}

static void
test_cancel(void **state)
{
	uint16_t port = 0;
	int silent = listen_on("127.0.0.2", &port, 0);
	struct plug p;

	(void)state;
	plug_port(&p, "127.0.0.2", port);
	resolver_lookup = lookup_hangs;
	dial_cancel(dial("mx.example", port, 5000)); /* in the look-up */
	dial_cancel(dial("127.0.0.2", port, 5000));  /* before it began */
	for (int turns = 1; turns < 4; turns++) {
		struct dial *d = dial("127.0.0.2", port, 5000);

		for (int i = 0; i < turns; i++)
			loop_turn(loop, loop_now() + 10);
		dial_cancel(d);
	}
	/* Two attempts are under way. */
	limits.attempt_ms = 10;
	FIND("127.0.0.2", "127.0.0.2", "127.0.0.2");
	dial("mx.example", port, 200);
	dial_cancel(dial("::1", 1, 5000));
	assert_int_equal(result.calls, 0);
	run();
	assert_error(ERR_TIMEOUT, result.e.msg);
	unplug(&p);
	close(silent);
}

static void
test_lookup_failures(void **state)
{
	const struct {
		int answer;
		const char *msg;
	} cases[] = {
	    {EAI_NONAME, "look up mx.example: Name or service not known"},
	    {EAI_AGAIN,
		"look up mx.example: Temporary failure in name resolution"},
	    {EAI_SYSTEM, "look up mx.example: Input/output error"},
	    {0, "look up mx.example: no Internet address"},
	};

	(void)state;
	resolver_lookup = lookup_fails;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer = cases[i].answer;
		dial("mx.example", 25, 5000);
		run();
		assert_error(ERR_DNS, cases[i].msg);
	}
	resolver_lookup = lookup_dies;
	dial("mx.example", 25, 5000);
	run();
	assert_error(
	    ERR_DNS, "look up mx.example: the look-up ended without an answer");
	resolver_lookup = lookup_checks;
	dial("mx.example", 25, 5000);
	run();
	assert_error(
	    ERR_DNS, "look up mx.example: No address associated with hostname");
	/* Names that are never asked for; and one that would harm the eye. */
	dial("", 25, 5000);
	run();
	assert_error(ERR_DNS, "look up : host name is empty");
	dial("a\033b\xff", 25, 5000);
	run();
	assert_error(ERR_DNS, "look up a^[b\\xff: string encoding error");
}

static void
test_many_addresses(void **state)
{
	const char *many[100 + 1] = {NULL};

	(void)state;
	for (size_t i = 0; i < 100; i++)
		many[i] = "127.0.0.1";
	find(many);
	dial("mx.example", free_port(), 5000);
	run();
	assert_int_equal(result.e.kind, ERR_CONNECT);
}

static void
redial(void *arg, struct stream *s, int64_t looked_up, const struct err *e)
{
	(void)e;
	assert_int_equal(looked_up, -1);
	assert_null(s);
	result.again = dial_host(loop, "127.0.0.1", free_port(), &system_ways,
	    loop_now() + 5000, done, arg);
}

/* The dial is gone when it calls, so another may begin there. */
static void
test_again_in_done(void **state)
{
	(void)state;
	begin();
	dial_host(loop, "::1", free_port(), &system_ways, LOOP_NEVER, redial,
	    &result);
	run();
	assert_int_equal(result.e.kind, ERR_CONNECT);
	assert_non_null(result.again);
}

/* -- Unix sockets ---------------------------------------------------------- */

static char folder[] = "/tmp/postel-dial.XXXXXX";

static int
listen_unix(const char *path, int backlog)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(path);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(bind(fd, (void *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void
dial_path(const char *path, int64_t ms)
{
	begin();
	dial_unix(loop, path, loop_now() + ms, done, &result);
	assert_int_equal(result.calls, 0);
	run();
}

static void
test_unix(void **state)
{
	char path[64], want[160], longer[200];
	int server;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/sock", folder);
	(void)snprintf(want, sizeof(want),
	    "connect to %s: No such file or directory", path);
	dial_path(path, 5000);
	assert_error(ERR_CONNECT, want);
	server = listen_unix(path, 5);
	dial_path(path, 5000);
	assert_non_null(result.s);
	stream_close(result.s);
	close(server);
	dial_path(path, 5000);
	assert_int_equal(result.e.sys, ECONNREFUSED);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	dial_path(longer, 5000);
	assert_int_equal(result.e.sys, ENAMETOOLONG);
	unlink(path);
}

static int busy_server;

static void
accept_one(struct timer *t)
{
	(void)t;
	close(accept(busy_server, NULL, NULL));
}

static void
test_unix_busy(void **state)
{
	struct timer room = {.fire = accept_one};
	char path[64], want[100];
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct plug p;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/busy", folder);
	busy_server = listen_unix(path, 0);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	plug(&p, (void *)&un, sizeof(un));
	(void)snprintf(want, sizeof(want), "connect to %s: timed out", path);
	dial_path(path, 100);
	assert_error(ERR_TIMEOUT, want);
	loop_timer(loop, &room, loop_now() + 60);
	dial_path(path, 5000);
	assert_non_null(result.s);
	stream_close(result.s);
	unplug(&p);
	close(busy_server);
	unlink(path);
}

/* -- Names and orders ------------------------------------------------------ */

static void
test_interleave(void **state)
{
	const struct {
		const char *families, *want;
	} cases[] = {
	    {"", ""},
	    {"a", "a"},
	    {"abc", "abc"},
	    {"ABC", "ABC"},
	    {"Aa", "Aa"},
	    {"ABCab", "AaBbC"},
	    {"abAB", "aAbB"},
	    {"aAB", "aAB"},
	    {"abcdA", "aAbcd"},
	    {"AaBbCc", "AaBbCc"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addrs as = {.n = strlen(cases[i].families)};
		char got[16] = "";

		for (size_t k = 0; k < as.n; k++) {
			char c = cases[i].families[k];

			as.a[k].u.sa.sa_family = c >= 'a' ? AF_INET : AF_INET6;
			as.a[k].len = (socklen_t)c;
		}
		addrs_interleave(&as);
		for (size_t k = 0; k < as.n; k++)
			got[k] = (char)as.a[k].len;
		assert_string_equal(got, cases[i].want);
	}
}

static void
test_host_ascii(void **state)
{
	static char max[HOST_SIZE], more[HOST_SIZE + 1];
	const struct {
		const char *host, *want; /* NULL: refused */
	} cases[] = {
	    {"mx.example", "mx.example"},
	    {"MX.example.", "MX.example"},
	    {"_sub.mx_1.example", "_sub.mx_1.example"},
	    {"127.0.0.1", "127.0.0.1"},
	    {"b\xc3\xbc\x63her.example", "xn--bcher-kva.example"},
	    {"B\xc3\x9c\x43HER.example", "xn--bcher-kva.example"},
	    {"bu\xcc\x88\x63her.example", "xn--bcher-kva.example"},
	    {"fa\xc3\x9f.example", "xn--fa-hia.example"},
	    {"b\xc3\xbc\x63her.example.", "xn--bcher-kva.example"},
	    {"", NULL},
	    {".", NULL},
	    {"\xff.example", NULL},
	    {"a\xe2\x80\xae.example", NULL}, /* right-to-left override */
	    {max, max},
	    {more, NULL},
	};

	(void)state;
	memset(max, 'a', sizeof(max) - 1);
	memset(more, 'a', sizeof(more) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[HOST_SIZE] = "?";
		struct err e = {0};
		int rc = host_ascii(cases[i].host, got, &e);

		assert_int_equal(rc, cases[i].want != NULL ? 0 : -1);
		if (rc == 0)
			assert_string_equal(got, cases[i].want);
		else
			assert_int_equal(e.kind, ERR_DNS);
	}
}

static void
test_host_numeric(void **state)
{
	const struct {
		const char *host;
		int family; /* 0: no address */
	} cases[] = {
	    {"127.0.0.1", AF_INET},
	    {"::1", AF_INET6},
	    {"2001:db8::25", AF_INET6},
	    {"fe80::1%lo", AF_INET6},
	    {"[::1]", 0},
	    {"localhost", 0},
	    {"1.2.3.4.5", 0},
	    {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a = {0};

		assert_int_equal(
		    host_numeric(cases[i].host, 143, &a), cases[i].family != 0);
		if (cases[i].family == 0)
			continue;
		assert_int_equal(a.u.sa.sa_family, cases[i].family);
		assert_int_equal(ntohs(a.u.in.sin_port), 143);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_connects),
	    TEST(test_by_name),
	    TEST(test_refused),
	    TEST(test_race),
	    TEST(test_race_families),
	    TEST(test_falls_over),
	    TEST(test_slow_first_wins),
	    TEST(test_deadline),
	    TEST(test_cancel),
	    TEST(test_lookup_failures),
	    TEST(test_many_addresses),
	    TEST(test_again_in_done),
	    TEST(test_unix),
	    TEST(test_unix_busy),
	    cmocka_unit_test(test_interleave),
	    cmocka_unit_test(test_host_ascii),
	    cmocka_unit_test(test_host_numeric),
	};
	int rc;

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return rc;
}
