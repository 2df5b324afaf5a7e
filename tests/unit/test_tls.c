/*
 * TLS as a stream: bytes both ways however they arrive, and how streams end
 * and break.  OpenSSL's own server side is the peer.
 */
#include "tests/unit/tlspeer.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <cmocka.h>

/* -- Data ------------------------------------------------------------------ */

enum { BIG = 300000 };

static char big[BIG];

/* The server gives back what it gets; all of data comes back. */
static void
echo(struct stream *s, struct server *srv, struct str data, size_t chunk)
{
	static char out[BIG], some[8192];
	size_t sent = 0, back = 0, held = 0, given = 0, n;
	struct err e = {0};

	for (int idle = 0; back < data.n; idle++) {
		ssize_t rc;

		assert_true(idle < 100000);
		if (sent < data.n) {
			n = chunk < data.n - sent ? chunk : data.n - sent;
			rc = stream_write(s, data.p + sent, n, &e);
			assert_int_not_equal(rc, STREAM_ERR);
			sent += rc > 0 ? (size_t)rc : 0;
		}
		assert_int_not_equal(stream_flush(s, &e), STREAM_ERR);
		while (held < data.n &&
		       SSL_read_ex(srv->ssl, out + held, BIG - held, &n) == 1)
			held += n;
		if (given < held &&
		    SSL_write_ex(srv->ssl, out + given,
			held - given < 5000 ? held - given : 5000, &n) == 1)
			given += n;
		ERR_clear_error();
		while ((rc = stream_read(s, some, sizeof(some), &e)) > 0) {
			assert_memory_equal(some, data.p + back, (size_t)rc);
			back += (size_t)rc;
		}
		assert_int_equal(rc, STREAM_AGAIN);
		assert_int_equal(ERR_peek_error(), 0);
	}
	assert_int_equal(e.kind, ERR_NONE);
}

static void
test_echo(void **state)
{
	const struct faulty_plan plans[] = {
	    {0},
	    {.read_max = 1, .write_max = 1},
	    {.read_max = 7, .write_max = 3, .again_every = 2},
	    {.read_max = 999, .write_max = 1001, .again_every = 3},
	};
	const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct cert c = good_cert();

	(void)state;
	for (size_t p = 0; p < sizeof(plans) / sizeof(plans[0]); p++)
		for (size_t v = 0; v < 2; v++) {
			struct faulty_plan plan = plans[p];
			struct server srv = {.version = versions[v]};
			struct stream *s = connected(&srv, &c, &plan);
			size_t n = plan.read_max == 0 ? BIG : 40000;

			SSL_set_mode(
			    srv.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
			echo(s, &srv, S("a1 NOOP\r\n"), 100);
			echo(s, &srv, (struct str){big, n}, 100000);
			echo(s, &srv, (struct str){big, n}, 1000);
			if (versions[v] == TLS1_3_VERSION) {
				SSL_key_update(
				    srv.ssl, SSL_KEY_UPDATE_REQUESTED);
				echo(s, &srv, (struct str){big, 9000}, 9000);
			}
			stream_close(s);
			assert_true(plan.closed);
			server_cut(&srv);
		}
	cert_free(&c);
}

/* Bytes that TLS has already taken from the socket are not waited for. */
static void
test_pending(void **state)
{
	struct cert c = good_cert();
	struct server srv = {0};
	struct stream *s = connected(&srv, &c, NULL);
	struct err e = {0};
	char some[64];
	size_t got = 0;
	ssize_t n;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(SSL_write(srv.ssl, "* 1 EXISTS\r\n", 12), 12);
	/* The first read takes all five records from the socket. */
	assert_int_equal(stream_read(s, some, 4, &e), 4);
	for (got = 4; stream_pending(s); got += (size_t)n) {
		n = stream_read(s, some, 5, &e);
		if (n == STREAM_AGAIN)
			break;
		assert_true(n > 0);
	}
	assert_int_equal(got, 60);
	assert_false(stream_pending(s));
	assert_int_equal(stream_read(s, some, 5, &e), STREAM_AGAIN);
	/* Half a record is no reason to come again at once. */
	{
		struct faulty_plan plan = {0};
		struct stream *t;

		stream_close(s);
		server_cut(&srv);
		srv = (struct server){0};
		t = connected(&srv, &c, &plan);
		assert_int_equal(stream_read(t, some, 5, &e), STREAM_AGAIN);
		assert_int_equal(SSL_write(srv.ssl, "hello", 5), 5);
		plan.read_max = 9;
		plan.read_at = plan.reads + 2;
		plan.read_fault = FAULT_AGAIN;
		assert_int_equal(stream_read(t, some, 5, &e), STREAM_AGAIN);
		assert_false(stream_pending(t));
		plan.read_at = 0;
		for (n = STREAM_AGAIN; n == STREAM_AGAIN;)
			n = stream_read(t, some, 5, &e);
		assert_int_equal(n, 5);
		stream_close(t);
	}
	server_cut(&srv);
	cert_free(&c);
}

/* Many small records are one piece for who reads, and few reads below. */
static void
test_records_come_together(void **state)
{
	struct cert c = good_cert();
	struct faulty_plan plan = {0};
	struct server srv = {0};
	struct stream *s = connected(&srv, &c, &plan);
	struct err e = {0};
	static char some[65536];
	unsigned before;

	(void)state;
	hear_tickets(s, &srv);
	for (int i = 0; i < 20; i++)
		assert_int_equal(SSL_write(srv.ssl, some, 3000), 3000);
	before = plan.reads;
	assert_int_equal(stream_read(s, some, sizeof(some), &e), 60000);
	assert_true(plan.reads - before <= 2);
	/* An end behind them is told, though the socket will not. */
	assert_int_equal(SSL_write(srv.ssl, "bye", 3), 3);
	SSL_shutdown(srv.ssl);
	assert_int_equal(stream_read(s, some, sizeof(some), &e), 3);
	assert_true(stream_pending(s));
	assert_int_equal(stream_read(s, some, sizeof(some), &e), STREAM_EOF);
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

static void
test_events(void **state)
{
	const struct tls_config cfg = {.ca = ca_file};
	struct faulty_plan plan = {0};
	struct cert c = good_cert();
	struct server srv = {0};
	struct err e = {0};
	struct stream *s =
	    connect_pair(&srv, &c, &plan, "mx.example", &cfg, &e);

	(void)state;
	/* It begins by writing, whatever the caller waits for. */
	assert_true(stream_events(s, true, false) & POLLOUT);
	assert_int_equal(stream_write(s, "x", 1, &e), STREAM_AGAIN);
	/* In the handshake it waits for the peer, not for room. */
	assert_int_equal(stream_events(s, true, true), POLLIN);
	assert_int_equal(shake(s, &srv, &e), 0);
	assert_int_equal(stream_events(s, true, false), POLLIN);
	assert_int_equal(stream_events(s, false, true), POLLOUT);
	/* A record that is held back wants out. */
	plan.write_at = 1;
	plan.write_fault = FAULT_AGAIN;
	assert_int_equal(stream_write(s, "hello", 5, &e), 5);
	assert_int_equal(stream_events(s, true, false), POLLIN | POLLOUT);
	assert_int_equal(stream_flush(s, &e), STREAM_AGAIN);
	assert_int_equal(stream_write(s, "more", 4, &e), STREAM_AGAIN);
	plan.write_at = 0;
	assert_int_equal(stream_flush(s, &e), 0);
	assert_int_equal(stream_events(s, true, false), POLLIN);
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

/* A peer that asks for answers and takes none fills no memory. */
static void
test_flood(void **state)
{
	struct faulty_plan plan = {0};
	struct cert c = good_cert();
	struct server srv = {.version = TLS1_3_VERSION};
	struct stream *s = connected(&srv, &c, &plan);
	size_t before = mallinfo2().uordblks, got = 0;
	struct err e = {0};
	ssize_t n;
	char x;

	(void)state;
	plan.write_at = 1;
	plan.write_fault = FAULT_AGAIN;
	for (int i = 0; i < 8000; i++) {
		SSL_key_update(srv.ssl, SSL_KEY_UPDATE_REQUESTED);
		(void)SSL_write(srv.ssl, "x", 1);
		ERR_clear_error();
		n = stream_read(s, &x, 1, &e);
		assert_int_not_equal(n, STREAM_ERR);
		got += n > 0;
	}
	assert_in_range(got, 1000, 7900);
	assert_true(stream_events(s, true, false) & POLLOUT);
	assert_true(mallinfo2().uordblks < before + (1 << 20));
	plan.write_at = 0;
	assert_int_equal(stream_read(s, &x, 1, &e), 1);
	assert_int_equal(x, 'x');
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

/* -- Ends ------------------------------------------------------------------ */

static void
test_ends(void **state)
{
	struct cert c = good_cert();

	(void)state;
	for (int polite = 0; polite < 2; polite++)
		for (int v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
			struct server srv = {.version = v};
			struct stream *s = connected(&srv, &c, NULL);
			struct err e = {0};
			char some[16];

			assert_int_equal(SSL_write(srv.ssl, "bye", 3), 3);
			if (polite)
				SSL_shutdown(srv.ssl);
			server_cut(&srv);
			assert_int_equal(stream_read(s, some, 16, &e), 3);
			for (int i = 0; i < 2; i++) {
				ssize_t n = stream_read(s, some, 16, &e);

				assert_int_equal(
				    n, polite ? STREAM_EOF : STREAM_ERR);
				assert_int_equal(ERR_peek_error(), 0);
				if (polite)
					continue;
				assert_int_equal(e.kind, ERR_CLOSED);
				assert_string_equal(e.msg,
				    "connection closed without TLS "
				    "close_notify");
				err_clear(&e);
			}
			stream_close(s);
		}
	cert_free(&c);
}

static void
test_says_goodbye(void **state)
{
	struct cert c = good_cert();
	struct server srv = {0};
	struct stream *s = connected(&srv, &c, NULL);
	char some[16];
	int rc;

	(void)state;
	stream_close(s);
	rc = SSL_read(srv.ssl, some, sizeof(some));
	assert_int_equal(SSL_get_error(srv.ssl, rc), SSL_ERROR_ZERO_RETURN);
	ERR_clear_error();
	server_cut(&srv);
	cert_free(&c);
}

/* Cut or reset at the n-th call below, for growing n, until all goes well. */
static void
test_faults(void **state)
{
	const enum fault faults[] = {FAULT_EOF, FAULT_RESET};
	const struct tls_config cfg = {.ca = ca_file};
	struct cert c = good_cert();

	(void)state;
	for (int side = 0; side < 2; side++)
		for (size_t f = 0; f < 2; f++)
			for (unsigned at = 1; at < 1000; at++) {
				struct faulty_plan plan = {
				    .read_max = 100, .write_max = 100};
				struct server srv = {0};
				struct err e = {0};
				struct stream *s;
				int rc;

				if (side == 0) {
					plan.read_at = at;
					plan.read_fault = faults[f];
				} else {
					plan.write_at = at;
					plan.write_fault = faults[f];
				}
				s = connect_pair(
				    &srv, &c, &plan, "mx.example", &cfg, &e);
				rc = shake(s, &srv, &e);
				stream_close(s);
				assert_int_equal(ERR_peek_error(), 0);
				server_cut(&srv);
				if (rc == 0 && at > 2)
					break;
				assert_int_equal(rc, STREAM_ERR);
				assert_int_equal(
				    e.kind, side == 0 && faults[f] == FAULT_EOF
						? ERR_TLS
						: ERR_CLOSED);
				assert_true(at < 999);
			}
	cert_free(&c);
}

/* A peer that talks, but not TLS. */
#define NOT_TLS "TLS handshake: the answer is not TLS, it begins with \""

static void
test_garbage(void **state)
{
	static const struct {
		struct str bytes;
		const char *msg; /* NULL: any */
	} cases[] = {
	    {STR("* OK IMAP4rev2 ready\r\n"), NOT_TLS "* OK"},
	    {STR("+OK POP3 ready\r\n"), NOT_TLS "+OK P"},
	    {STR("220 mx.example ESMTP\r\n"), NOT_TLS "220 m"},
	    {STR("HTTP/1.1 400 Bad Request\r\n\r\n"), NOT_TLS "HTTP/"},
	    {STR("\x1b[31m* OK\r\n"), NOT_TLS "^[[31"},
	    {STR("\x15\x03\x01\x00\x02\x02\x28"),
		"TLS handshake: the server finds no way that both sides can "
		"go"},
	    {STR("\x16\x03\x03\xff\xff\xff\xff\xff"), NULL},
	    {STR("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), NULL},
	    {STR("\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00"), NULL},
	    {STR("\x17\x03\x03\x00\x05hello"), NULL},
	    {STR("\x14\x03\x03\x00\x01\x01"), NULL},
	    {STR("\x00\x00\x00\x00\x00\x00\x00\x00"), NULL},
	    {STR(""), "connection closed in the TLS handshake"},
	    {STR("\x16\x03"), "connection closed in the TLS handshake"},
	};
	const struct tls_config cfg = {.ca = ca_file};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t bite = 1; bite < 20; bite += 18) {
			struct faulty_plan plan = {.read_max = bite};
			struct stream *pair[2], *s;
			struct err e = {0};
			char some[2000];
			ssize_t rc;

			stream_pair(pair);
			s = tls_client(faulty_stream(pair[0], &plan),
			    "mx.example", &cfg, &e);
			if (cases[i].bytes.n > 0)
				(void)stream_write(pair[1], cases[i].bytes.p,
				    cases[i].bytes.n, &e);
			assert_int_equal(tls_handshake(s, &e) == 0, 0);
			(void)stream_read(pair[1], some, sizeof(some), &e);
			stream_close(pair[1]);
			do
				rc = stream_read(s, some, 16, &e);
			while (rc == STREAM_AGAIN);
			assert_int_equal(rc, STREAM_ERR);
			assert_int_equal(e.kind, ERR_TLS);
			assert_int_equal(ERR_peek_error(), 0);
			if (cases[i].msg != NULL)
				assert_true(str_starts(
				    str_z(e.msg), str_z(cases[i].msg)));
			stream_close(s);
		}
}

/* Records that were changed on the way, at every one of their bytes. */
static void
test_tampered(void **state)
{
	struct cert c = good_cert();

	(void)state;
	for (size_t at = 0;; at++) {
		struct server srv = {.version = TLS1_3_VERSION};
		struct stream *s = connected(&srv, &c, NULL);
		char raw[256], some[64];
		struct err e = {0};
		ssize_t n, rc;
		int copy = dup(s->fd_in);

		/* The server's tickets first, then the record to spoil. */
		assert_int_equal(
		    stream_read(s, some, sizeof(some), &e), STREAM_AGAIN);
		assert_int_equal(SSL_write(srv.ssl, "a1 OK\r\n", 7), 7);
		n = read(copy, raw, sizeof(raw));
		assert_true(n > 20 && n < 64);
		if (at < (size_t)n)
			raw[at] ^= 1;
		assert_int_equal(write(srv.fd, raw, (size_t)n), n);
		server_cut(&srv);
		rc = stream_read(s, some, sizeof(some), &e);
		assert_int_equal(ERR_peek_error(), 0);
		stream_close(s);
		close(copy);
		if (at == (size_t)n) {
			assert_int_equal(rc, 7);
			break;
		}
		assert_int_equal(rc, STREAM_ERR);
		assert_true(e.kind == ERR_TLS || e.kind == ERR_CLOSED);
	}
	cert_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_echo),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_records_come_together),
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_says_goodbye),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_tampered),
	};

	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 31 + i / 255);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
