/* The server's side of TLS, with our own client as the peer. */
#include "tests/unit/tlspeer.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static char cert_file[64], key_file[64];

static int
setup(void **state)
{
	struct cert cert;

	signal(SIGPIPE, SIG_IGN);
	if (tls_setup(state) != 0)
		return -1;
	cert = good_cert();
	cert_save(
	    &cert, in_folder(cert_file, sizeof(cert_file), "cert.pem"), false);
	cert_save(
	    &cert, in_folder(key_file, sizeof(key_file), "key.pem"), true);
	cert_free(&cert);
	return 0;
}

static int
teardown(void **state)
{
	unlink(cert_file);
	unlink(key_file);
	return tls_teardown(state);
}

static struct tls_identity *
identity(void)
{
	struct err e = {0};
	struct tls_identity *id = tls_identity_load(cert_file, key_file, &e);

	assert_string_equal(e.msg, "");
	assert_non_null(id);
	return id;
}

/* Whether the descriptor is ready for what the stream waits for. */
static bool
is_ready(struct stream *s)
{
	struct pollfd p = {
	    .fd = s->fd_in, .events = stream_events(s, true, false)};

	return poll(&p, 1, 0) == 1;
}

/* Turns both sides until the reader has n octets, which go to out. */
static void
carry(struct stream *from, struct str text, struct stream *to, char *out)
{
	size_t put = 0, got = 0;
	struct err e = {0};
	ssize_t rc;

	for (int turn = 0; got < text.n; turn++) {
		assert_true(turn < 10000);
		if (put < text.n) {
			rc = stream_write(from, text.p + put, text.n - put, &e);
			assert_int_not_equal(rc, STREAM_ERR);
			put += rc > 0 ? (size_t)rc : 0;
		}
		assert_int_not_equal(stream_flush(from, &e), STREAM_ERR);
		rc = stream_read(to, out + got, text.n - got, &e);
		assert_true(rc > 0 || rc == STREAM_AGAIN);
		got += rc > 0 ? (size_t)rc : 0;
	}
	assert_memory_equal(out, text.p, text.n);
}

static void
test_both_ways(void **state)
{
	static char big[200000], out[200000];
	const struct tls_config cfg = {.ca = ca_file};
	struct tls_identity *id = identity();
	struct faulty_plan plan = {
	    .read_max = 100, .write_max = 77, .again_every = 3};
	struct stream *pair[2], *client, *server;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	for (int faulty = 0; faulty < 2; faulty++) {
		stream_pair(pair);
		client = tls_client(pair[0], "mx.example", &cfg, &e);
		server = tls_server(
		    faulty ? faulty_stream(pair[1], &plan) : pair[1], id, &e);
		assert_non_null(client);
		assert_non_null(server);
		assert_true(stream_is_tls(server));
		/* The server waits for the client to begin. */
		assert_int_equal(stream_events(server, true, false), POLLIN);
		assert_false(is_ready(server));
		carry(client, S("EHLO a\r\n"), server, out);
		carry(server, (struct str){big, sizeof(big)}, client, out);
		carry(client, (struct str){big, sizeof(big)}, server, out);
		stream_close(client);
		while (
		    stream_read(server, out, sizeof(out), &e) == STREAM_AGAIN)
			;
		assert_int_equal(
		    stream_read(server, out, sizeof(out), &e), STREAM_EOF);
		stream_close(server);
	}
	tls_identity_free(id);
}

static void
test_garbage(void **state)
{
	static const char *const greetings[] = {
	    "EHLO a\r\n", "\x16\x03\x01\xff\xff\x01", "GET / HTTP/1.1\r\n\r\n"};
	struct tls_identity *id = identity();
	struct stream *pair[2], *server;
	char out[64];
	ssize_t rc;

	(void)state;
	for (size_t i = 0; i < sizeof(greetings) / sizeof(*greetings); i++) {
		struct err e = {0};

		stream_pair(pair);
		server = tls_server(pair[1], id, &e);
		assert_non_null(server);
		assert_int_equal(stream_write(pair[0], greetings[i],
				     strlen(greetings[i]), &e),
		    strlen(greetings[i]));
		stream_close(pair[0]);
		do
			rc = stream_read(server, out, sizeof(out), &e);
		while (rc == STREAM_AGAIN);
		assert_int_equal(rc, STREAM_ERR);
		assert_int_equal(e.kind, ERR_TLS);
		stream_close(server);
	}
	tls_identity_free(id);
}

static void
test_unusable(void **state)
{
	const struct {
		const char *cert, *key, *words;
	} rows[] = {
	    {"/nonexistent", key_file, "/nonexistent: "},
	    {cert_file, "/nonexistent", "/nonexistent: "},
	    {cert_file, cert_file, ": holds no key"},
	    {"/dev/null", key_file, ": holds no certificate"},
	    {ca_file, key_file, ": not the key of the certificate"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = {0};

		assert_null(tls_identity_load(rows[i].cert, rows[i].key, &e));
		assert_int_equal(e.kind, ERR_TLS);
		if (strstr(e.msg, rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].words, e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_unusable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
