/* Channel bindings: both ends of a connection come to the same octets. */
#include "tests/unit/tlspeer.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

struct ends {
	struct server srv;
	struct cert cert;
	struct stream *s;
};

static void
open_ends(struct ends *x, int version, struct cert cert)
{
	*x = (struct ends){.srv = {.version = version}, .cert = cert};
	x->s = connected(&x->srv, &x->cert, NULL);
}

static void
close_ends(struct ends *x)
{
	stream_close(x->s);
	server_cut(&x->srv);
	cert_free(&x->cert);
}

/* What the client says of itself is what `expected` has, n octets; none: -1. */
static void
expect(struct ends *x, enum tls_binding type, const void *expected, size_t n)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(
	    tls_channel_binding(x->s, type, &b), expected != NULL ? 0 : -1);
	assert_int_equal(b.len, n);
	if (n > 0)
		assert_memory_equal(buf_str(&b).p, expected, n);
	assert_int_equal(ERR_peek_error(), 0);
	buf_fini(&b);
}

static void
test_exporter(void **state)
{
	const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	unsigned char ekm[32];
	struct ends x;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_ends(&x, versions[i], good_cert());
		assert_int_equal(SSL_export_keying_material(x.srv.ssl, ekm,
				     sizeof(ekm), "EXPORTER-Channel-Binding",
				     24, (const unsigned char *)"", 0, 1),
		    1);
		expect(&x, TLS_EXPORTER, ekm, sizeof(ekm));
		close_ends(&x);
	}
}

static void
test_unique(void **state)
{
	unsigned char finished[64];
	struct ends x;

	(void)state;
	open_ends(&x, TLS1_2_VERSION, good_cert());
	assert_int_equal(
	    SSL_get_peer_finished(x.srv.ssl, finished, sizeof(finished)), 12);
	expect(&x, TLS_UNIQUE, finished, 12);
	close_ends(&x);
	open_ends(&x, TLS1_3_VERSION, good_cert());
	expect(&x, TLS_UNIQUE, NULL, 0);
	close_ends(&x);
}

/* RFC 7627: without it two connections can have the same master secret. */
static void
test_no_extended_master_secret(void **state)
{
	struct ends x = {
	    .srv = {.version = TLS1_2_VERSION, .plain_secret = true},
	    .cert = good_cert()};

	(void)state;
	x.s = connected(&x.srv, &x.cert, NULL);
	expect(&x, TLS_UNIQUE, NULL, 0);
	expect(&x, TLS_EXPORTER, NULL, 0);
	close_ends(&x);
}

static void
test_server_end_point(void **state)
{
	const struct {
		const char *digest; /* of the signature */
		const EVP_MD *md;   /* of the binding */
	} rows[] = {
	    {"SHA256", EVP_sha256()},
	    {"SHA384", EVP_sha384()},
	    {"SHA512", EVP_sha512()},
	};
	unsigned char print[EVP_MAX_MD_SIZE];
	struct ends x;
	unsigned n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		open_ends(&x, 0,
		    cert_make(&(struct cert_spec){.cn = "x",
			.san = "DNS:mx.example",
			.issuer = &ca,
			.digest = rows[i].digest}));
		assert_int_equal(
		    X509_digest(x.cert.x, rows[i].md, print, &n), 1);
		expect(&x, TLS_SERVER_END_POINT, print, n);
		close_ends(&x);
	}
}

/* SHA-1 is too weak to bind to; Ed25519's signature has no digest. */
static void
test_server_end_point_of_odd_signatures(void **state)
{
	const struct tls_config cfg = {.insecure = true};
	const struct {
		struct cert_spec spec;
		bool defined;
	} rows[] = {
	    {{.cn = "x", .san = "DNS:mx.example", .digest = "SHA1"}, true},
	    {{.cn = "x", .san = "DNS:mx.example", .key = "ED25519"}, false},
	};
	unsigned char print[EVP_MAX_MD_SIZE];
	struct err e = {0};
	unsigned n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ends x = {.cert = cert_make(&rows[i].spec)};

		x.s =
		    connect_pair(&x.srv, &x.cert, NULL, "mx.example", &cfg, &e);
		assert_int_equal(shake(x.s, &x.srv, &e), 0);
		assert_int_equal(
		    X509_digest(x.cert.x, EVP_sha256(), print, &n), 1);
		if (rows[i].defined)
			expect(&x, TLS_SERVER_END_POINT, print, n);
		else
			expect(&x, TLS_SERVER_END_POINT, NULL, 0);
		close_ends(&x);
	}
}

/* postel's two sides know the same of each other. */
static void
test_own_server(void **state)
{
	static const struct tls_config cfg = {.insecure = true};
	char cert[64], key[64];
	struct stream *pair[2], *client, *server;
	struct tls_identity *id;
	struct buf ours, theirs;
	struct err e = {0};
	int up;

	(void)state;
	in_folder(cert, sizeof(cert), "cert.pem");
	in_folder(key, sizeof(key), "key.pem");
	assert_int_equal(tls_self_signed(cert, key, "mx.example", &e), 0);
	id = tls_identity_load(cert, key, &e);
	assert_non_null(id);
	stream_pair(pair);
	client = tls_client(pair[0], "mx.example", &cfg, &e);
	server = tls_server(pair[1], id, &e);
	buf_init(&ours, 100);
	buf_init(&theirs, 100);
	for (enum tls_binding type = TLS_EXPORTER; type <= TLS_SERVER_END_POINT;
	     type++)
		assert_int_equal(tls_channel_binding(client, type, &ours), -1);
	do {
		up = tls_handshake(client, &e);
		up |= tls_handshake(server, &e);
		assert_int_equal(e.kind, ERR_NONE);
	} while (up != 0);
	for (enum tls_binding type = TLS_EXPORTER; type <= TLS_SERVER_END_POINT;
	     type++)
		assert_int_equal(tls_channel_binding(client, type, &ours),
		    tls_channel_binding(server, type, &theirs));
	assert_int_equal(ours.len, 64);
	assert_int_equal(theirs.len, ours.len);
	assert_memory_equal(buf_str(&ours).p, buf_str(&theirs).p, ours.len);
	buf_fini(&ours);
	buf_fini(&theirs);
	stream_close(client);
	stream_close(server);
	tls_identity_free(id);
	assert_int_equal(remove(cert) + remove(key), 0);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(tls_binding_name(TLS_EXPORTER), "tls-exporter");
	assert_string_equal(tls_binding_name(TLS_UNIQUE), "tls-unique");
	assert_string_equal(
	    tls_binding_name(TLS_SERVER_END_POINT), "tls-server-end-point");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exporter),
	    cmocka_unit_test(test_unique),
	    cmocka_unit_test(test_no_extended_master_secret),
	    cmocka_unit_test(test_server_end_point),
	    cmocka_unit_test(test_server_end_point_of_odd_signatures),
	    cmocka_unit_test(test_own_server),
	    cmocka_unit_test(test_names),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
