/* Ways through a proxy: whole, octet by octet, cut at every place, refused, and
 * by proxies that are none. */
#include "net/proxy.h"
#include "base/limits.h"
#include "tests/unit/tlspeer.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NAME "proxy px.example port 1080: "
#define GREETING "* OK hello\r\n"

/* What must come from the client, and what the proxy then says. */
struct exchange {
	struct str due, says;
};

struct talk {
	struct proxy p;
	const char *host;
	struct exchange turns[4];
};

static struct proxy
socks(const char *user, const char *password)
{
	return (struct proxy){.kind = PROXY_SOCKS5,
	    .looks_up = true,
	    .host = "px.example",
	    .port = 1080,
	    .user = user,
	    .password = password};
}

static struct proxy
http(const char *user, const char *password)
{
	struct proxy p = socks(user, password);

	p.kind = PROXY_HTTP;
	return p;
}

/* Of each protocol, login and kind of address, with port 993; filled in by
 * main. */
static struct talk talks[16];
static size_t n_talks;

static void
add(struct proxy p, const char *host, const struct exchange *turns, size_t n)
{
	struct talk *t = &talks[n_talks++];

	t->p = p;
	t->host = host;
	memcpy(t->turns, turns, n * sizeof(*turns));
}

#define ADD(p, host, ...)                                                      \
	add(p, host, (const struct exchange[]){__VA_ARGS__},                   \
	    COUNT(((const struct exchange[]){__VA_ARGS__})))

static void
make_talks(void)
{
	const struct exchange none = {STR("\5\1\0"), STR("\5\0")};
	const struct exchange either = {STR("\5\2\0\2"), STR("\5\0")};
	const struct exchange asked = {STR("\5\2\0\2"), STR("\5\2")};
	const struct str name =
	    STR("\5\1\0\3\12mx.example\3\341"); /* 993 is 3, 225 */

	ADD(socks(NULL, NULL), "mx.example", none,
	    {name, STR("\5\0\0\1\177\0\0\1\0\1")});
	ADD(socks(NULL, NULL), "mx.example", none,
	    {name, STR("\5\0\0\3\4here\0\1")});
	ADD(socks(NULL, NULL), "mx.example", none,
	    {name, STR("\5\0\0\3\0\0\1")});
	ADD(socks(NULL, NULL), "mx.example", none,
	    {name, STR("\5\0\0\4----------------\0\1")});
	ADD(socks(NULL, NULL), "192.0.2.7", none,
	    {STR("\5\1\0\1\300\0\2\7\3\341"), STR("\5\0\0\1\177\0\0\1\0\1")});
	ADD(socks(NULL, NULL), "2001:db8::7", none,
	    {STR("\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7\3\341"),
		STR("\5\0\0\1\177\0\0\1\0\1")});
	ADD(socks("u", "secret"), "mx.example", either,
	    {name, STR("\5\0\0\1\177\0\0\1\0\1")});
	ADD(socks("u", "secret"), "mx.example", asked,
	    {STR("\1\1u\6secret"), STR("\1\0")},
	    {name, STR("\5\0\0\1\177\0\0\1\0\1")});
	/* Some say the version of SOCKS here. */
	ADD(socks("u", NULL), "mx.example", asked,
	    {STR("\1\1u\0"), STR("\5\0")},
	    {name, STR("\5\0\0\1\177\0\0\1\0\1")});
	ADD(http(NULL, NULL), "mx.example",
	    {STR("CONNECT mx.example:993 HTTP/1.1\r\n"
		 "Host: mx.example:993\r\n\r\n"),
		STR("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX: y\r\n\r\n")});
	ADD(http(NULL, NULL), "2001:db8::7",
	    {STR("CONNECT [2001:db8::7]:993 HTTP/1.1\r\n"
		 "Host: [2001:db8::7]:993\r\n\r\n"),
		STR("HTTP/1.0 299\n\n")});
	/* RFC 7617 2: "Aladdin" and "open sesame". */
	ADD(http("Aladdin", "open sesame"),
	    "b\xc3\xbc"
	    "cher.example",
	    {STR("CONNECT xn--bcher-kva.example:993 HTTP/1.1\r\n"
		 "Host: xn--bcher-kva.example:993\r\n"
		 "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"
		 "\r\n"),
		STR("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\nA: b\r\n"
		    "\r\nHTTP/1.1 200 Connection established\r\n\r\n")});
}

/* ---- a proxy that follows a talk ---- */

struct play {
	struct stream *s, *peer;
	const struct talk *talk;
	struct faulty_plan plan;
	size_t turn;
	struct buf got;	   /* from the client, not yet due */
	struct buf to_say; /* and not yet said */
	size_t budget;	   /* how many octets it says before it hangs up */
	size_t at_once;	   /* how many of them at once */
	struct str behind; /* said right behind the last answer */
};

static void
begin(struct play *y, const struct talk *talk, struct faulty_plan plan)
{
	struct stream *pair[2];
	struct err e = {0};

	*y = (struct play){.talk = talk,
	    .plan = plan,
	    .budget = SIZE_MAX,
	    .at_once = SIZE_MAX,
	    .behind = S("")};
	buf_init(&y->got, 4096);
	buf_init(&y->to_say, 1 << 20);
	stream_pair(pair);
	y->peer = pair[1];
	y->s = proxy_stream(
	    faulty_stream(pair[0], &y->plan), &talk->p, talk->host, 993, &e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_non_null(y->s);
}

static void
end(struct play *y)
{
	stream_close(y->s);
	assert_true(y->plan.closed);
	stream_close(y->peer);
	buf_fini(&y->got);
	buf_fini(&y->to_say);
}

static void
hear(struct play *y)
{
	const struct exchange *t = &y->talk->turns[y->turn];
	struct err e = {0};
	char some[512];
	ssize_t n = stream_read(y->peer, some, sizeof(some), &e);

	if (n > 0)
		buf_add(&y->got, (struct str){some, (size_t)n});
	if (y->turn == COUNT(y->talk->turns) || t->due.n == 0 ||
	    y->got.len < t->due.n)
		return;
	assert_int_equal(y->got.len, t->due.n);
	assert_memory_equal(buf_str(&y->got).p, t->due.p, t->due.n);
	buf_clear(&y->got);
	buf_add(&y->to_say, t->says);
	y->turn++;
	if (y->talk->turns[y->turn].due.n == 0)
		buf_add(&y->to_say, y->behind);
}

static void
say(struct play *y)
{
	struct str s = buf_str(&y->to_say);
	struct err e = {0};

	if (y->peer == NULL)
		return;
	if (s.n > y->at_once)
		s.n = y->at_once;
	if (s.n > y->budget)
		s.n = y->budget;
	if (s.n > 0)
		assert_int_equal(stream_write(y->peer, s.p, s.n, &e), (int)s.n);
	buf_take(&y->to_say, s.n);
	y->budget -= s.n;
	if (y->budget == 0) {
		stream_close(y->peer);
		y->peer = NULL;
	}
}

/* Both in turn until the way is free, or not: 0 or STREAM_ERR. */
static int
play(struct play *y, struct err *e)
{
	int rc = STREAM_AGAIN, i;

	for (i = 0; rc == STREAM_AGAIN; i++) {
		assert_true(i < 20000);
		assert_false(stream_pending(y->s));
		rc = proxy_negotiate(y->s, e);
		if (y->peer != NULL)
			hear(y);
		say(y);
	}
	return rc;
}

/* The rest of what the proxy has to say, and what comes of it. */
static void
assert_reads(struct play *y, const char *what)
{
	struct err e = {0};
	char got[64];
	size_t n = 0, want = strlen(what);
	int i;

	for (i = 0; n < want; i++) {
		ssize_t rc;

		assert_true(i < 1000);
		say(y);
		rc = stream_read(y->s, got + n, sizeof(got) - n, &e);
		assert_int_not_equal(rc, STREAM_ERR);
		n += rc > 0 ? (size_t)rc : 0;
	}
	assert_int_equal(n, want);
	assert_memory_equal(got, what, want);
	assert_false(stream_pending(y->s));
}

static void
assert_writes(struct play *y)
{
	struct err e = {0};
	char got[64];
	size_t n = 0;
	ssize_t rc;

	while (n < 3) {
		rc = stream_write(y->s, &"abc"[n], 3 - n, &e);
		assert_int_not_equal(rc, STREAM_ERR);
		n += rc > 0 ? (size_t)rc : 0;
	}
	assert_int_equal(stream_flush(y->s, &e), 0);
	for (n = 0; n<3; n += rc> 0 ? (size_t)rc : 0)
		rc = stream_read(y->peer, got + n, sizeof(got) - n, &e);
	assert_memory_equal(got, "abc", 3);
}

static void
test_through(void **state)
{
	const struct faulty_plan plans[] = {
	    {0},
	    {.read_max = 1, .write_max = 1},
	    {.read_max = 3, .write_max = 7, .again_every = 2},
	};
	const size_t at_once[] = {SIZE_MAX, 1, 3};

	(void)state;
	for (size_t t = 0; t < n_talks; t++)
		for (size_t p = 0; p < COUNT(plans); p++)
			for (size_t a = 0; a < COUNT(at_once); a++) {
				struct err e = {0};
				struct play y;

				begin(&y, &talks[t], plans[p]);
				y.at_once = at_once[a];
				y.behind = S(GREETING);
				assert_int_equal(play(&y, &e), 0);
				assert_reads(&y, GREETING);
				assert_writes(&y);
				end(&y);
			}
}

/* What comes with the answer is there although poll(2) says nothing. */
static void
test_glued(void **state)
{
	(void)state;
	for (size_t t = 0; t < n_talks; t++) {
		struct err e = {0};
		struct play y;
		char got[64];

		begin(&y, &talks[t], (struct faulty_plan){0});
		y.behind = S(GREETING);
		assert_int_equal(play(&y, &e), 0);
		assert_true(stream_pending(y.s));
		assert_int_equal(stream_read(y.s, got, 2, &e), 2);
		assert_memory_equal(got, "* ", 2);
		assert_true(stream_pending(y.s));
		assert_reads(&y, "OK hello\r\n");
		assert_int_equal(stream_read(y.s, got, 2, &e), STREAM_AGAIN);
		end(&y);
	}
}

static size_t
answers(const struct talk *t)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(t->turns); i++)
		n += t->turns[i].says.n;
	return n;
}

static void
test_cut_at_every_place(void **state)
{
	(void)state;
	for (size_t t = 0; t < n_talks; t++)
		for (size_t n = 1; n < answers(&talks[t]); n++) {
			struct err e = {0};
			struct play y;
			char c;

			begin(&y, &talks[t], (struct faulty_plan){0});
			y.budget = n;
			assert_int_equal(play(&y, &e), STREAM_ERR);
			assert_int_equal(e.kind, ERR_CONNECT);
			/* It may be the write that fails. */
			assert_true(str_starts(str_z(e.msg), S(NAME)));
			/* And so it stays. */
			err_clear(&e);
			assert_int_equal(
			    stream_read(y.s, &c, 1, &e), STREAM_ERR);
			assert_int_equal(e.kind, ERR_CONNECT);
			stream_close(y.s);
			buf_fini(&y.got);
			buf_fini(&y.to_say);
		}
}

static void
test_hung_up(void **state)
{
	struct err e = {0};
	struct play y;

	(void)state;
	begin(&y, &talks[n_talks - 1], (struct faulty_plan){0});
	y.budget = 20;
	assert_int_equal(play(&y, &e), STREAM_ERR);
	assert_string_equal(e.msg, NAME "it hung up instead of an answer");
	stream_close(y.s);
	buf_fini(&y.got);
	buf_fini(&y.to_say);
}

/* Whenever the stream below breaks, no way is made. */
static void
test_faults(void **state)
{
	(void)state;
	for (size_t t = 0; t < n_talks; t++)
		for (unsigned at = 1; at < 12; at++) {
			struct faulty_plan plan = {.read_max = 1,
			    .write_max = 1,
			    .read_at = at % 2 ? at : 0,
			    .write_at = at % 2 ? 0 : at / 2,
			    .read_fault = FAULT_RESET,
			    .write_fault = FAULT_EOF};
			struct err e = {0};
			struct play y;
			int rc;

			begin(&y, &talks[t], plan);
			rc = play(&y, &e);
			if (rc == STREAM_ERR) {
				assert_int_equal(e.kind, ERR_CONNECT);
				assert_true(str_starts(str_z(e.msg),
				    S(NAME "connection lost: planned")));
			} else {
				/* All was said before. */
				assert_int_equal(at % 2, 1);
				assert_true(answers(&talks[t]) < at);
			}
			end(&y);
		}
}

/* ---- refusals and strangers ---- */

static void
assert_ends(const struct proxy *p, const struct exchange *turns, size_t n,
    const char *msg)
{
	struct talk talk = {.p = *p, .host = "mx.example"};
	struct err e = {0};
	struct play y;

	memcpy(talk.turns, turns, n * sizeof(*turns));
	for (size_t at_once = 1; at_once < 1000; at_once += 998) {
		begin(&y, &talk, (struct faulty_plan){0});
		y.at_once = at_once;
		err_clear(&e);
		assert_int_equal(play(&y, &e), STREAM_ERR);
		assert_string_equal(e.msg, msg);
		assert_int_equal(e.kind, ERR_CONNECT);
		end(&y);
	}
}

static void
test_socks_refuses(void **state)
{
	static const char *const words[] = {
	    [1] = NAME "general failure",
	    [2] = NAME "connection not allowed by its rules",
	    [3] = NAME "the server's network is unreachable",
	    [4] = NAME "the server is unreachable",
	    [5] = NAME "the server refused the connection",
	    [6] = NAME "the way to the server is too long (TTL expired)",
	    [7] = NAME "it does not know the command CONNECT",
	    [8] = NAME "it does not know addresses of this kind",
	    [9] = NAME "refused by the unknown code 9",
	};
	struct exchange turns[2] = {{STR("\5\1\0"), STR("\5\0")},
	    {STR("\5\1\0\3\12mx.example\3\341"), STR("")}};
	struct proxy p = socks(NULL, NULL);

	(void)state;
	for (size_t i = 1; i < COUNT(words); i++) {
		char reply[] = {5, (char)i};

		turns[1].says = (struct str){reply, sizeof(reply)};
		assert_ends(&p, turns, 2, words[i]);
	}
}

static void
test_socks_login(void **state)
{
	struct exchange bad[] = {{STR("\5\2\0\2"), STR("\5\2")},
	    {STR("\1\1u\6secret"), STR("\1\1")}};
	struct exchange no = {STR("\5\2\0\2"), STR("\5\377")};
	struct exchange wants = {STR("\5\1\0"), STR("\5\377")};
	struct proxy with = socks("u", "secret"), without = socks(NULL, NULL);

	(void)state;
	assert_ends(&with, bad, 2,
	    NAME "it does not accept the proxy's user and password");
	assert_ends(
	    &with, &no, 1, NAME "it accepts none of our ways to log in to it");
	assert_ends(&without, &wants, 1,
	    NAME "it wants a login, and its URL names no user");
}

static void
test_no_socks(void **state)
{
	const struct str first[] = {STR("HTTP/1.1 400 Bad\r\n\r\n"),
	    STR("\4\132"), STR("* OK hello\r\n"), STR("\5\2"), STR("\5\1")};
	const struct str second[] = {
	    STR("\4\0\0\1\0\0\0\0\0\0"), STR("\5\0\0\2\0\0\0\0\0\0")};
	struct exchange turns[2] = {{STR("\5\1\0"), STR("\5\0")},
	    {STR("\5\1\0\3\12mx.example\3\341"), STR("")}};
	struct proxy p = socks(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(second); i++) {
		turns[1].says = second[i];
		assert_ends(&p, turns, 2, NAME "this is no SOCKS 5 proxy");
	}
	for (size_t i = 0; i < COUNT(first); i++) {
		turns[0].says = first[i];
		assert_ends(&p, turns, 1, NAME "this is no SOCKS 5 proxy");
	}
}

static const struct exchange asks = {STR("CONNECT mx.example:993 HTTP/1.1\r\n"
					 "Host: mx.example:993\r\n\r\n"),
    STR("")};

static void
test_http_refuses(void **state)
{
	static const char *const cases[][2] = {
	    {"HTTP/1.1 403 Forbidden\r\n\r\n", NAME "403 Forbidden"},
	    {"HTTP/1.0 502\r\n\r\n", NAME "502"},
	    {"HTTP/1.1 302 Moved\r\nLocation: x\r\n\r\n", NAME "302 Moved"},
	    {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
		NAME "407 Proxy Authentication Required"},
	    {"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
		NAME "500 No"},
	    {"HTTP/1.1 503 \33[31m red\r\n\r\n", NAME "503 ^[[31m red"},
	    {"HTTP/1.1 500 1234567890123456789012345678901234567890"
	     "1234567890123456789012345678901234567890x\r\n\r\n",
		NAME "500 1234567890123456789012345678901234567890"
		     "123456789012345678901234567890123456"},
	};
	struct proxy p = http(NULL, NULL);
	struct exchange turn = asks;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		turn.says = str_z(cases[i][0]);
		assert_ends(&p, &turn, 1, cases[i][1]);
	}
}

static void
test_http_login(void **state)
{
	struct proxy p = http("Aladdin", "open sesame");
	struct exchange turn = {
	    STR("CONNECT mx.example:993 HTTP/1.1\r\n"
		"Host: mx.example:993\r\n"
		"Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"
		"\r\n"),
	    STR("HTTP/1.1 407 Try again\r\n\r\n")};

	(void)state;
	assert_ends(&p, &turn, 1,
	    NAME "it does not accept the proxy's user and password: 407 Try "
		 "again");
}

static void
test_no_http(void **state)
{
	const struct str cases[] = {STR("\5\377"), STR("* OK hello\r\n"),
	    STR("HTTP/2 200 OK\r\n\r\n"), STR("HTTP/1.x 200 OK\r\n\r\n"),
	    STR("HTTP/1.1\r\n\r\n"), STR("HTTP/1.1 20 OK\r\n\r\n"),
	    STR("HTTP/1.1 2000 OK\r\n\r\n"), STR("HTTP/1.1 600 x\r\n\r\n"),
	    STR("HTTP/1.1 101 Switch\r\n\r\n"), STR("\r\n\r\n"),
	    STR("http/1.1 200 OK\r\n\r\n"),
	    STR("HTTP/1.1 100 x\r\n\r\nwhat\r\n\r\n")};
	struct proxy p = http(NULL, NULL);
	struct exchange turn = asks;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		turn.says = cases[i];
		assert_ends(&p, &turn, 1, NAME "this is no HTTP proxy");
	}
}

/* A status line, a header, and answers that go on, without an end. */
static void
test_endless(void **state)
{
	static const struct str starts[] = {STR("HTTP/1.1 200 "),
	    STR("HTTP/1.1 200 OK\r\n"), STR("HTTP/1.1 200 OK\r\nA: "),
	    STR("HTTP/1.1 100 Go on\r\n\r\n")};
	static const struct str more[] = {
	    STR("x"), STR("A: b\r\n"), STR("x"), STR("HTTP/1.1 100 x\r\n\r\n")};
	struct limits before = limits;
	struct proxy p = http(NULL, NULL);
	struct exchange turn = asks;

	(void)state;
	limits.proxy_reply = 2000;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct buf b;

		buf_init(&b, 4096);
		buf_add(&b, starts[i]);
		while (b.len < 2100)
			buf_add(&b, more[i]);
		turn.says = buf_str(&b);
		assert_ends(&p, &turn, 1, NAME "its answer is endless");
		buf_fini(&b);
	}
	limits = before;
}

/* The limit is of the proxy's answer, and not of what comes behind it. */
static void
test_at_the_limit(void **state)
{
	struct limits before = limits;

	(void)state;
	for (size_t t = 0; t < n_talks; t++) {
		struct err e = {0};
		struct play y;

		limits.proxy_reply = answers(&talks[t]);
		begin(&y, &talks[t], (struct faulty_plan){0});
		y.behind = S(GREETING);
		assert_int_equal(play(&y, &e), 0);
		assert_reads(&y, GREETING);
		end(&y);
		limits.proxy_reply--;
		begin(&y, &talks[t], (struct faulty_plan){0});
		assert_int_equal(play(&y, &e), STREAM_ERR);
		assert_string_equal(e.msg, NAME "its answer is endless");
		end(&y);
	}
	limits = before;
}

/* ---- what cannot be asked for ---- */

static void
assert_refuses(const struct proxy *p, const char *host, enum err_kind kind,
    const char *msg)
{
	struct stream *pair[2];
	struct err e = {0};

	stream_pair(pair);
	assert_null(proxy_stream(pair[0], p, host, 993, &e));
	assert_string_equal(e.msg, msg);
	assert_int_equal(e.kind, kind);
	stream_close(pair[0]);
	stream_close(pair[1]);
}

static void
test_cannot_be_asked(void **state)
{
	char longest[256] = {0}, too_long[257] = {0};
	struct proxy p = http("a:b", "c"), bare = http(NULL, NULL);

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	memset(too_long, 'x', sizeof(too_long) - 1);
	assert_refuses(&p, "mx.example", ERR_USE,
	    NAME "the user for an HTTP proxy has no colon in it");
	p = socks("u", too_long);
	assert_refuses(&p, "mx.example", ERR_USE,
	    NAME "a user or password for SOCKS has at most 255 octets");
	p = socks(too_long, NULL);
	assert_refuses(&p, "mx.example", ERR_USE,
	    NAME "a user or password for SOCKS has at most 255 octets");
	assert_refuses(
	    &bare, "x\r\nX: y", ERR_USE, "x^M^JX: y is no host name");
	assert_refuses(&bare, "x y", ERR_USE, "x y is no host name");
	assert_refuses(&bare, "", ERR_DNS, "host name is empty");
	assert_refuses(&bare, "fe80::1%lo", ERR_USE,
	    "fe80::1%lo is an address of this machine's network; no proxy can "
	    "be asked for it");
	p = socks(longest, longest);
	{
		struct talk talk = {.p = p, .host = longest};
		struct play y;

		begin(&y, &talk, (struct faulty_plan){0});
		end(&y);
	}
}

/* ---- as a layer ---- */

static void
test_events(void **state)
{
	struct err e = {0};
	struct play y;
	char c;

	(void)state;
	begin(&y, &talks[0],
	    (struct faulty_plan){.write_at = 1, .write_fault = FAULT_AGAIN});
	assert_int_equal(stream_flush(y.s, &e), STREAM_AGAIN);
	assert_int_equal(stream_events(y.s, false, false), POLLIN | POLLOUT);
	y.plan.write_at = 0;
	assert_int_equal(stream_flush(y.s, &e), STREAM_AGAIN);
	/* All is said, and the answer is waited for, and nothing else. */
	assert_int_equal(stream_events(y.s, false, true), POLLIN);
	assert_int_equal(stream_write(y.s, "x", 1, &e), STREAM_AGAIN);
	assert_int_equal(stream_read(y.s, &c, 1, &e), STREAM_AGAIN);
	assert_int_equal(play(&y, &e), 0);
	assert_int_equal(stream_events(y.s, true, false), POLLIN);
	assert_int_equal(stream_events(y.s, false, true), POLLOUT);
	end(&y);
}

/* TLS to a proxy protects nothing of what the server is told. */
static void
test_tls_to_the_proxy_is_not_the_servers(void **state)
{
	struct proxy p = socks(NULL, NULL);
	struct server srv = {0};
	struct cert cert = good_cert();
	struct stream *below = connected(&srv, &cert, NULL), *s;
	struct err e = {0};

	(void)state;
	assert_true(stream_is_tls(below));
	s = proxy_stream(below, &p, "mx.example", 993, &e);
	assert_false(stream_is_tls(s));
	stream_close(s);
	server_cut(&srv);
	cert_free(&cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_through),
	    cmocka_unit_test(test_glued),
	    cmocka_unit_test(test_cut_at_every_place),
	    cmocka_unit_test(test_hung_up),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_socks_refuses),
	    cmocka_unit_test(test_socks_login),
	    cmocka_unit_test(test_no_socks),
	    cmocka_unit_test(test_http_refuses),
	    cmocka_unit_test(test_http_login),
	    cmocka_unit_test(test_no_http),
	    cmocka_unit_test(test_endless),
	    cmocka_unit_test(test_at_the_limit),
	    cmocka_unit_test(test_cannot_be_asked),
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_tls_to_the_proxy_is_not_the_servers),
	};

	signal(SIGPIPE, SIG_IGN);
	make_talks();
	return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
