/* What connections share: authorities that are read once, and sessions. */
#include "net/tls_info.h"
#include "tests/unit/tlspeer.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char other_file[64];

/* A server that remembers its sessions, from one connection to the next. */
struct host {
	struct cert cert;
	SSL_CTX *ctx;
	int version;
};

/* Connects, has the tickets read, and says whether the session was resumed. */
static bool
visit(struct host *h, const char *name, const struct tls_config *cfg)
{
	struct server srv = {.version = h->version, .ctx = h->ctx};
	struct err e = {0};
	struct stream *s = connect_pair(&srv, &h->cert, NULL, name, cfg, &e);
	struct tls_info *t;
	struct arena a;
	bool resumed;

	if (shake(s, &srv, &e) != 0)
		fail_msg("%s", e.msg);
	if (h->ctx == NULL) {
		h->ctx = SSL_get_SSL_CTX(srv.ssl);
		assert_int_equal(SSL_CTX_up_ref(h->ctx), 1);
	}
	hear_tickets(s, &srv);
	arena_init(&a, 1 << 20);
	t = tls_info(s, &a);
	resumed = t->resumed;
	assert_true(t->verified);
	assert_non_null(t->chain);
	assert_true(str_eq(t->chain->names->text, S("mx.example")));
	arena_fini(&a);
	stream_close(s);
	server_cut(&srv);
	assert_int_equal(ERR_peek_error(), 0);
	return resumed;
}

static struct host
host_new(int version)
{
	return (struct host){.cert = good_cert(), .version = version};
}

static void
host_free(struct host *h)
{
	SSL_CTX_free(h->ctx);
	cert_free(&h->cert);
}

static void
test_resumed(void **state)
{
	const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		const struct tls_config cfg = {.ca = ca_file, .port = 1000 + i};
		struct host h = host_new(versions[i]);

		assert_false(visit(&h, "mx.example", &cfg));
		for (int n = 0; n < 50; n++)
			assert_true(visit(&h, "mx.example", &cfg));
		host_free(&h);
	}
}

/* Nothing of one trust is good under another. */
static void
test_never_across(void **state)
{
	char print[96];
	unsigned char md[32];
	struct host h = host_new(TLS1_3_VERSION);
	const struct tls_config first = {.ca = ca_file, .port = 2000};
	const struct tls_config others[] = {
	    {.ca = ca_file, .port = 2001},
	    {.ca = ca_file},
	    {.ca = other_file, .port = 2000},
	    {.ca = ca_file, .port = 2000, .fingerprint = print},
	    {.ca = ca_file, .port = 2000, .insecure = true},
	};

	(void)state;
	assert_int_equal(X509_digest(h.cert.x, EVP_sha256(), md, NULL), 1);
	fingerprint_text(md, print);
	assert_false(visit(&h, "mx.example", &first));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(visit(&h, "mx.example", &others[i]));
	/* Each goes on with its own, but for those that keep none. */
	assert_true(visit(&h, "mx.example", &first));
	assert_true(visit(&h, "mx.example", &others[0]));
	assert_false(visit(&h, "mx.example", &others[1]));
	assert_true(visit(&h, "mx.example", &others[2]));
	assert_true(visit(&h, "mx.example", &others[3]));
	assert_false(visit(&h, "mx.example", &others[4]));
	host_free(&h);
}

/* RFC 8446 C.4: so nobody on the way sees that it is the same client. */
static void
test_ticket_once(void **state)
{
	const struct tls_config cfg = {.ca = ca_file, .port = 3000};
	struct host h = host_new(TLS1_3_VERSION);

	(void)state;
	assert_false(visit(&h, "mx.example", &cfg));
	SSL_CTX_set_num_tickets(h.ctx, 0);
	assert_true(visit(&h, "mx.example", &cfg));
	assert_true(visit(&h, "mx.example", &cfg));
	assert_false(visit(&h, "mx.example", &cfg));
	host_free(&h);
}

/* A session is not a way around a date. */
static void
test_not_longer_than_the_certificate(void **state)
{
	const struct tls_config cfg = {.ca = ca_file, .port = 4000};
	struct host h = {.version = TLS1_3_VERSION};
	struct server srv;
	struct err e = {0};
	struct stream *s;

	(void)state;
	h.cert = cert_make(&(struct cert_spec){.cn = "x",
	    .san = "DNS:mx.example",
	    .issuer = &ca,
	    .from_days = -1,
	    .seconds = 2});
	assert_false(visit(&h, "mx.example", &cfg));
	assert_true(visit(&h, "mx.example", &cfg));
	sleep(3);
	srv = (struct server){.ctx = h.ctx};
	s = connect_pair(&srv, &h.cert, NULL, "mx.example", &cfg, &e);
	assert_int_equal(shake(s, &srv, &e), STREAM_ERR);
	assert_string_equal(e.reason, "expired");
	stream_close(s);
	server_cut(&srv);
	host_free(&h);
}

/* Who removes an authority from the file means it. */
static void
test_file_changed(void **state)
{
	char file[64];
	struct tls_config cfg = {.port = 5000};
	struct cert other =
	    cert_make(&(struct cert_spec){.cn = "other CA", .ca = true});
	struct host h = host_new(TLS1_3_VERSION);
	struct server srv;
	struct err e = {0};
	struct stream *s;

	(void)state;
	cfg.ca = in_folder(file, sizeof(file), "changing.pem");
	cert_save(&ca, file, false);
	assert_false(visit(&h, "mx.example", &cfg));
	unlink(file);
	cert_save(&other, file, false);
	srv = (struct server){.ctx = h.ctx};
	s = connect_pair(&srv, &h.cert, NULL, "mx.example", &cfg, &e);
	assert_int_equal(shake(s, &srv, &e), STREAM_ERR);
	assert_string_equal(e.reason, "unknown-issuer");
	stream_close(s);
	server_cut(&srv);
	unlink(file);
	cert_free(&other);
	host_free(&h);
}

/* More configurations and servers than are remembered. */
static void
test_bounded(void **state)
{
	struct host h = host_new(TLS1_3_VERSION);
	char files[12][64], name[20];

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		const struct tls_config cfg = {.ca = files[i], .port = 6000};

		(void)snprintf(name, sizeof(name), "ca%zu.pem", i);
		(void)in_folder(files[i], sizeof(files[i]), name);
		cert_save(&ca, files[i], false);
		assert_false(visit(&h, "mx.example", &cfg));
	}
	for (uint16_t i = 0; i < 40; i++) {
		const struct tls_config cfg = {
		    .ca = files[11], .port = 7000 + i};

		assert_false(visit(&h, "mx.example", &cfg));
	}
	for (size_t i = 0; i < 12; i++)
		unlink(files[i]);
	host_free(&h);
}

/* RFC 5929 3.1: behind a resumption it is the server's Finished. */
static void
test_binding_of_a_resumed_session(void **state)
{
	const struct tls_config cfg = {.ca = ca_file, .port = 8000};
	struct host h = host_new(TLS1_2_VERSION);
	struct server srv;
	unsigned char finished[64];
	struct err e = {0};
	struct stream *s;
	struct buf b;

	(void)state;
	assert_false(visit(&h, "mx.example", &cfg));
	srv = (struct server){.ctx = h.ctx};
	s = connect_pair(&srv, &h.cert, NULL, "mx.example", &cfg, &e);
	assert_int_equal(shake(s, &srv, &e), 0);
	assert_int_equal(SSL_session_reused(srv.ssl), 1);
	assert_int_equal(
	    SSL_get_finished(srv.ssl, finished, sizeof(finished)), 12);
	buf_init(&b, 100);
	assert_int_equal(tls_channel_binding(s, TLS_UNIQUE, &b), 0);
	assert_int_equal(b.len, 12);
	assert_memory_equal(buf_str(&b).p, finished, 12);
	buf_fini(&b);
	stream_close(s);
	server_cut(&srv);
	host_free(&h);
}

static int
setup(void **state)
{
	if (tls_setup(state) != 0)
		return -1;
	in_folder(other_file, sizeof(other_file), "same.pem");
	cert_save(&ca, other_file, false);
	return 0;
}

static int
teardown(void **state)
{
	unlink(other_file);
	return tls_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resumed),
	    cmocka_unit_test(test_never_across),
	    cmocka_unit_test(test_ticket_once),
	    cmocka_unit_test(test_not_longer_than_the_certificate),
	    cmocka_unit_test(test_file_changed),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_binding_of_a_resumed_session),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
