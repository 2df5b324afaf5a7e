/* url: what names a server, what does not, and what an error may show. */
#include "wire/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
assert_str(struct str s, const char *z)
{
	if (z == NULL) {
		assert_null(s.p);
		return;
	}
	assert_non_null(s.p);
	assert_string_equal(s.p, z);
	assert_int_equal(s.n, strlen(z));
}

struct row {
	const char *in, *scheme, *service, *protocol, *host, *user, *password,
	    *auth, *mailbox, *path, *ca, *cert;
	const char *put; /* NULL: as in */
	unsigned port;
	bool tls, insecure;
	enum url_transport transport;
	enum url_starttls starttls;
	uint64_t timeout;
};

static const struct row rows[] = {
    {.in = "imap:user@Example.ORG/Sent?starttls=no",
	.scheme = "imap",
	.service = "imap",
	.protocol = "imap",
	.host = "Example.ORG",
	.user = "user",
	.mailbox = "Sent",
	.starttls = URL_STARTTLS_NO},
    {.in = "pop3s:a%40b.test;AUTH=PLAIN:pw@example.org",
	.put = "pop3s:a%40b.test;AUTH=PLAIN@example.org",
	.scheme = "pop3s",
	.service = "pop3s",
	.protocol = "pop3",
	.host = "example.org",
	.user = "a@b.test",
	.password = "pw",
	.auth = "PLAIN",
	.tls = true},
    {.in = "SUBMISSION:example.org",
	.put = "submission:example.org",
	.scheme = "submission",
	.service = "submission",
	.protocol = "smtp",
	.host = "example.org"},
    {.in = "mx:example.org",
	.scheme = "mx",
	.service = "mx",
	.protocol = "smtp",
	.host = "example.org"},
    {.in = "imap://h",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.port = 143},
    {.in = "IMAPS://Mail.Example/",
	.put = "imaps://Mail.Example",
	.scheme = "imaps",
	.protocol = "imap",
	.host = "Mail.Example",
	.port = 993,
	.tls = true},
    {.in = "pop3://h",
	.scheme = "pop3",
	.protocol = "pop3",
	.host = "h",
	.port = 110},
    {.in = "pop3s://h:995",
	.put = "pop3s://h",
	.scheme = "pop3s",
	.protocol = "pop3",
	.host = "h",
	.port = 995,
	.tls = true},
    {.in = "smtp://h:2525",
	.scheme = "smtp",
	.protocol = "smtp",
	.host = "h",
	.port = 2525},
    {.in = "smtps://h",
	.scheme = "smtps",
	.protocol = "smtp",
	.host = "h",
	.port = 465,
	.tls = true},
    {.in = "submission://h",
	.scheme = "submission",
	.protocol = "smtp",
	.host = "h",
	.port = 587},
    {.in = "submissions://h:",
	.put = "submissions://h",
	.scheme = "submissions",
	.protocol = "smtp",
	.host = "h",
	.port = 465,
	.tls = true},
    {.in = "lmtp://h",
	.scheme = "lmtp",
	.protocol = "lmtp",
	.host = "h",
	.port = 24},
    {.in = "lmtps://h",
	.scheme = "lmtps",
	.protocol = "lmtp",
	.host = "h",
	.port = 24,
	.tls = true},
    /* who */
    {.in = "imap://alice@h",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.user = "alice",
	.port = 143},
    {.in = "imap://al%40x.example;AUTH=SCRAM-SHA-256:p%3Aw:1@h",
	.put = "imap://al%40x.example;AUTH=SCRAM-SHA-256@h",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.user = "al@x.example",
	.password = "p:w:1",
	.auth = "SCRAM-SHA-256",
	.port = 143},
    {.in = "imap://a@x.example:@h",
	.put = "imap://a%40x.example@h",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.user = "a@x.example",
	.password = "",
	.port = 143},
    {.in = "imap://;auth=*@h",
	.put = "imap://;AUTH=%2A@h",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.auth = "*",
	.port = 143},
    {.in = "pop3://@h",
	.put = "pop3://h",
	.scheme = "pop3",
	.protocol = "pop3",
	.host = "h",
	.port = 110},
    {.in = "imap://a%2Fb%3F;AUTH=x%2F@h",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.user = "a/b?",
	.auth = "x/",
	.port = 143},
    /* where */
    {.in = "imap://[::1]:1430/",
	.put = "imap://[::1]:1430",
	.scheme = "imap",
	.protocol = "imap",
	.host = "::1",
	.port = 1430},
    {.in = "imap://u@[fe80::1%25eth0]",
	.scheme = "imap",
	.protocol = "imap",
	.host = "fe80::1%eth0",
	.user = "u",
	.port = 143},
    {.in = "imap://[fe80::1%eth0]",
	.put = "imap://[fe80::1%25eth0]",
	.scheme = "imap",
	.protocol = "imap",
	.host = "fe80::1%eth0",
	.port = 143},
    {.in = "imap://m\xc3\xbcll.example",
	.put = "imap://m%C3%BCll.example",
	.scheme = "imap",
	.protocol = "imap",
	.host = "m\xc3\xbcll.example",
	.port = 143},
    {.in = "imap://h/Sent Items/caf%C3%A9%3B",
	.put = "imap://h/Sent%20Items/caf%C3%A9%3B",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.mailbox = "Sent Items/caf\xc3\xa9;",
	.port = 143},
    {.in = "imap://h/#news/%25?timeout=5&insecure",
	.put = "imap://h/%23news/%25?insecure&timeout=5",
	.scheme = "imap",
	.protocol = "imap",
	.host = "h",
	.mailbox = "#news/%",
	.insecure = true,
	.timeout = 5,
	.port = 143},
    /* how */
    {.in = "smtp://h?ca=/a%26b&cert=c%3Fd&insecure&starttls=require&timeout=1",
	.put = "smtp://h?ca=/a%26b&cert=c%3Fd&insecure&starttls=require"
	       "&timeout=1",
	.scheme = "smtp",
	.protocol = "smtp",
	.host = "h",
	.ca = "/a&b",
	.cert = "c?d",
	.insecure = true,
	.starttls = URL_STARTTLS_REQUIRE,
	.timeout = 1,
	.port = 25},
    {.in = "smtp://h/?starttls=auto",
	.put = "smtp://h?starttls=auto",
	.scheme = "smtp",
	.protocol = "smtp",
	.host = "h",
	.starttls = URL_STARTTLS_AUTO,
	.port = 25},
    {.in = "smtp://h?starttls=no&",
	.put = "smtp://h?starttls=no",
	.scheme = "smtp",
	.protocol = "smtp",
	.host = "h",
	.starttls = URL_STARTTLS_NO,
	.port = 25},
    /* other transports */
    {.in = "lmtp+unix:/run/lmtp%20in?timeout=9",
	.scheme = "lmtp",
	.protocol = "lmtp",
	.transport = URL_UNIX,
	.path = "/run/lmtp in",
	.timeout = 9,
	.port = 24},
    {.in = "imap+pipe:doveadm -o x=%u? exec imap",
	.scheme = "imap",
	.protocol = "imap",
	.transport = URL_PIPE,
	.path = "doveadm -o x=%u? exec imap",
	.port = 143},
};

static void
check_row(const struct row *r, const char *in, const char *password)
{
	struct arena a;
	struct url u;
	struct err e = {0};

	arena_init(&a, 10000);
	assert_int_equal(url_parse(str_z(in), &a, &u, &e), 0);
	assert_true(url_looks(str_z(in)));
	assert_str(u.scheme, r->scheme);
	assert_str(u.service, r->service);
	assert_str(u.protocol, r->protocol);
	assert_str(u.host, r->host);
	assert_str(u.user, r->user);
	assert_str(u.password, password);
	assert_str(u.auth, r->auth);
	assert_str(u.mailbox, r->mailbox);
	assert_str(u.path, r->path);
	assert_str(u.ca, r->ca);
	assert_str(u.cert, r->cert);
	assert_int_equal(u.port, r->port);
	assert_int_equal(u.tls, r->tls);
	assert_int_equal(u.insecure, r->insecure);
	assert_int_equal(u.transport, r->transport);
	assert_int_equal(u.starttls, r->starttls);
	assert_int_equal(u.has_timeout, r->timeout != 0);
	assert_int_equal(u.timeout, r->timeout);
	arena_fini(&a);
}

static void
test_parts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		check_row(&rows[i], rows[i].in, rows[i].password);
}

/* The canonical form is the same URL, but for the password. */
static void
test_put(void **state)
{
	const char *want;
	struct arena a;
	struct url u;
	struct err e = {0};
	struct buf b, tiny;
	size_t i, max;

	(void)state;
	arena_init(&a, 100000);
	buf_init(&b, 1000);
	for (i = 0; i < COUNT(rows); i++) {
		want = rows[i].put != NULL ? rows[i].put : rows[i].in;
		assert_int_equal(url_parse(str_z(rows[i].in), &a, &u, &e), 0);
		buf_clear(&b);
		assert_int_equal(url_put(&b, &u), 0);
		assert_string_equal(buf_cstr(&b), want);
		check_row(&rows[i], want, NULL);
		for (max = 0; max < strlen(want); max++) {
			buf_init(&tiny, max);
			assert_int_equal(url_put(&tiny, &u), -1);
			buf_fini(&tiny);
		}
	}
	buf_fini(&b);
	arena_fini(&a);
}

static void
test_faults(void **state)
{
	static const struct {
		const char *in, *says;
	} faults[] = {
	    {"", "this is no URL"},
	    {"imap", "this is no URL"},
	    {"imap:/h", "this is no URL"},
	    {"://h", "this is no URL"},
	    {"imap+ssh://h", "this is no URL"},
	    {"smtp:example.org", "no record of DNS tells the smtp server"},
	    {"imap:example.org:143", "DNS tells the port"},
	    {"imap:u@127.0.0.1", "a domain, and no address"},
	    {"imap:[::1]", "a domain, and no address"},
	    {"mx:u@example.org", "logs nobody in"},
	    {"mx://example.org", "by a domain, and by nothing else"},
	    {"pop3:example.org/x", "names no mailbox"},
	    {"impa://h", "did you mean imap?"},
	    {"pop://h", "did you mean pop3?"},
	    {"smtpss://h", "did you mean smtps?"},
	    {"https://h", "unknown scheme https"},
	    {"gopher://h", "known are imap, pop3, smtp"},
	    {"imap://", "names no host"},
	    {"imap:///INBOX", "names no host"},
	    {"imap://:143", "names no host"},
	    {"imap://a b", "no possible host"},
	    {"imap://a%20b", "no possible host"},
	    {"imap://h\xff", "no possible host"},
	    {"imap://h%0a", "line end or NUL"},
	    {"imap://h%00", "line end or NUL"},
	    {"imap://h\n", "line end or NUL"},
	    {"imap+pipe:a\nb", "line end or NUL"},
	    {"imap://h/a%0d", "line end or NUL"},
	    {"imap://u%0a@h", "line end or NUL"},
	    {"imap://u:%0aq@h", "line end or NUL"},
	    {"imap://h/a%4", "hexadecimal"},
	    {"imap://h/a%", "hexadecimal"},
	    {"imap://h/%g0", "hexadecimal"},
	    {"imap://h/%ff", "not UTF-8"},
	    {"imap://h/a;UIDVALIDITY=1/;UID=2", "%3B"},
	    {"imap://u;x=y@h", ";AUTH="},
	    {"pop3://h/INBOX", "a pop3 URL names no mailbox"},
	    {"submission://h/x", "a smtp URL names no mailbox"},
	    {"imap://h:0", "from 1 to 65535"},
	    {"imap://h:65536", "from 1 to 65535"},
	    {"imap://h:-1", "from 1 to 65535"},
	    {"imap://h:imap", "from 1 to 65535"},
	    {"imap://::1/", "between [ and ]"},
	    {"imap://[::1", "[ without ]"},
	    {"imap://[::1]x", "may follow the ]"},
	    {"imap://[::1]:x", "from 1 to 65535"},
	    {"imap://[]", "no IPv6 address"},
	    {"imap://[1.2.3.4]", "no IPv6 address"},
	    {"imap://[::1::2]", "no IPv6 address"},
	    {"imap://[fe80::1%25%00]", "line end or NUL"},
	    {"imap://h?startls=auto", "did you mean starttls?"},
	    {"imap://h?x", "known are starttls"},
	    {"imap://h?=", "known are starttls"},
	    {"imap://h?fingerprint=", "64 hexadecimal digits"},
	    {"imap://h?fingerprint=AB:CD", "64 hexadecimal digits"},
	    {"imap://h?key=", "key wants a file"},
	    {"imap://h?insecure=1", "insecure takes no value"},
	    {"imap://h?starttls=yes", "require, auto or no"},
	    {"imap://h?starttls", "require, auto or no"},
	    {"imap://h?timeout=0", "number of seconds"},
	    {"imap://h?timeout=1.5", "number of seconds"},
	    {"imap://h?timeout=", "number of seconds"},
	    {"imap://h?ca=", "ca wants a file"},
	    {"imap://h?cert", "cert wants a file"},
	    {"imap+unix:", "no path"},
	    {"imap+unix:?insecure", "no path"},
	    {"imap+pipe:", "no command"},
	};
	struct arena a;
	struct url u;
	struct err e;
	size_t i;

	(void)state;
	arena_init(&a, 100000);
	for (i = 0; i < COUNT(faults); i++) {
		err_clear(&e);
		assert_int_equal(
		    url_parse(str_z(faults[i].in), &a, &u, &e), -1);
		assert_int_equal(e.kind, ERR_USE);
		if (strstr(e.msg, faults[i].says) == NULL)
			assert_string_equal(e.msg, faults[i].says);
	}
	err_clear(&e);
	assert_int_equal(url_parse(S("imap://h\0"), &a, &u, &e), -1);
	arena_fini(&a);
}

/* A password reaches no error, also where the URL is cut in a wrong place. */
static void
test_no_secret_in_errors(void **state)
{
	static const char *const urls[] = {"imap://alice:S3CRET",
	    "imap://alice:S3CRET/x@h", "imap://alice:S3C?SECRET@h",
	    "imap://alice:x?S3CRET=1@h", "imap://alice:S3CRET@",
	    "imap://alice:S3CRET@h:x", "imap://alice:S3CRET%@h",
	    "impa://alice:S3CRET@h", "imap://alice:S3CRET@h?x",
	    "imap://alice;x=y:S3CRET@h", "pop3://alice:S3CRET@h/x",
	    "imap://alice:[S3CRET", "imap://[alice:S3CRET",
	    "imap://alice:x?starttls=S3CRET@h",
	    "imap://alice:x?timeout=S3CRET@h", "imap://al:1?S3CRET@h"};
	struct arena a;
	struct url u;
	struct err e;
	size_t i;

	(void)state;
	arena_init(&a, 100000);
	for (i = 0; i < COUNT(urls); i++) {
		err_clear(&e);
		assert_int_equal(url_parse(str_z(urls[i]), &a, &u, &e), -1);
		assert_null(strstr(e.msg, "S3C"));
		assert_null(strstr(e.msg, "CRET"));
	}
	arena_fini(&a);
}

static void
test_full_arena(void **state)
{
	struct arena a;
	struct url u;
	struct err e;
	size_t max;
	int rc = -1;

	(void)state;
	for (max = 0; rc < 0; max++) {
		assert_in_range(max, 0, 500);
		err_clear(&e);
		arena_init(&a, max);
		rc = url_parse(
		    S("imap://u;AUTH=X:p@[fe80::1%25e]/m?ca=c"), &a, &u, &e);
		assert_int_equal(e.kind, rc < 0 ? ERR_LIMIT : ERR_NONE);
		arena_fini(&a);
	}
	assert_true(max > 20);
}

static void
test_looks(void **state)
{
	static const char *const yes[] = {"imap://h", "http://x", "x1://",
	    "imap+unix:/x", "foo+pipe:y", "imap:example.org", "MX:x",
	    "submissions:a@b", "smtp:x"};
	static const char *const no[] = {"", "imap", "imap:", "imap:/x", "://x",
	    "/imap://x", "a b://x", "+unix:/x", "mail.example",
	    "mail.example:143", "[::1]", "imap+tls://x", "mx:", "mx",
	    "foo:bar"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(yes); i++)
		assert_true(url_looks(str_z(yes[i])));
	for (i = 0; i < COUNT(no); i++)
		assert_false(url_looks(str_z(no[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_no_secret_in_errors),
	    cmocka_unit_test(test_full_arena),
	    cmocka_unit_test(test_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
