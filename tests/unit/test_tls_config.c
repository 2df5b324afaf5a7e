/* TLS: what is trusted, and what the client shows of itself. */
#include "tests/unit/tlspeer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct cert client;
static char client_file[64], keylog[64];

/* Without `ca` it is the system's authorities that count. */
static void
test_system_authorities(void **state)
{
	const struct tls_config cfg = {0};
	struct cert c = good_cert();
	char dir[80], file[120];

	(void)state;
	for (int trusted = 0; trusted < 3; trusted++) {
		struct server srv = {0};
		struct err e = {0};
		struct stream *s;

		(void)in_folder(dir, sizeof(dir), "certs");
		(void)snprintf(file, sizeof(file), "%s/%08lx.0", dir,
		    X509_subject_name_hash(ca.x));
		if (trusted == 1)
			setenv("SSL_CERT_FILE", ca_file, 1);
		if (trusted == 2) {
			assert_int_equal(mkdir(dir, 0700), 0);
			cert_save(&ca, file, false);
			setenv("SSL_CERT_DIR", dir, 1);
		}
		s = connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);
		assert_int_equal(
		    shake(s, &srv, &e), trusted > 0 ? 0 : STREAM_ERR);
		stream_close(s);
		server_cut(&srv);
		unsetenv("SSL_CERT_FILE");
		unsetenv("SSL_CERT_DIR");
	}
	/* The same folder, named by the user. */
	{
		struct tls_config by_dir = {.ca = dir};
		struct server srv = {0};
		struct err e = {0};
		struct stream *s =
		    connect_pair(&srv, &c, NULL, "mx.example", &by_dir, &e);

		assert_int_equal(shake(s, &srv, &e), 0);
		stream_close(s);
		server_cut(&srv);
	}
	unlink(file);
	rmdir(dir);
	cert_free(&c);
}

static void
test_versions(void **state)
{
	const struct {
		int version;
		const char *describes; /* NULL: refused */
	} cases[] = {
	    {TLS1_VERSION, NULL},
	    {TLS1_1_VERSION, NULL},
	    {TLS1_2_VERSION, "TLSv1.2, "},
	    {TLS1_3_VERSION, "TLSv1.3, TLS_"},
	};
	const struct tls_config cfg = {.ca = ca_file};
	struct cert c = good_cert();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server srv = {.version = cases[i].version};
		struct err e = {0};
		struct stream *s =
		    connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);
		struct buf b;
		int rc = shake(s, &srv, &e);

		assert_int_equal(
		    rc, cases[i].describes != NULL ? 0 : STREAM_ERR);
		buf_init(&b, 100);
		tls_describe(s, &b);
		if (rc == 0)
			assert_true(
			    str_starts(buf_str(&b), str_z(cases[i].describes)));
		else
			assert_int_equal(e.kind, ERR_TLS);
		buf_fini(&b);
		assert_true(stream_is_tls(s));
		assert_false(stream_is_tls(s->below));
		stream_close(s);
		server_cut(&srv);
	}
	cert_free(&c);
}

/* -- What is sent ---------------------------------------------------------- */

static void
test_sni_alpn(void **state)
{
	const struct {
		const char *name, *sni, *alpn;
	} cases[] = {
	    {"mx.example", "mx.example", "imap"},
	    {"b\xc3\xbc\x63her.example.", "xn--bcher-kva.example", "pop3"},
	    {"127.0.0.1", NULL, NULL},
	    {"::1", NULL, NULL},
	};
	struct cert c = good_cert();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tls_config cfg = {
		    .insecure = true, .alpn = cases[i].alpn};
		struct server srv = {.alpn = cases[i].alpn};
		struct err e = {0};
		struct stream *s =
		    connect_pair(&srv, &c, NULL, cases[i].name, &cfg, &e);
		const char *got;

		assert_int_equal(shake(s, &srv, &e), 0);
		got = SSL_get_servername(srv.ssl, TLSEXT_NAMETYPE_host_name);
		if (cases[i].sni != NULL)
			assert_string_equal(got, cases[i].sni);
		else
			assert_null(got);
		stream_close(s);
		server_cut(&srv);
	}
	cert_free(&c);
}

static void
test_client_certificate(void **state)
{
	struct cert c = good_cert();

	(void)state;
	for (int with = 0; with < 2; with++) {
		const struct tls_config cfg = {
		    .ca = ca_file, .cert = with ? client_file : NULL};
		/* In TLS 1.3 the client would only hear of it later. */
		struct server srv = {
		    .wants_client = true, .version = TLS1_2_VERSION};
		struct err e = {0};
		struct stream *s =
		    connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);

		assert_int_equal(shake(s, &srv, &e), with ? 0 : STREAM_ERR);
		if (!with)
			assert_string_equal(e.msg,
			    "TLS handshake: the server finds no way that both "
			    "sides can go");
		stream_close(s);
		server_cut(&srv);
	}
	cert_free(&c);
}

static void
test_keylog(void **state)
{
	struct cert c = good_cert();
	struct server srv = {0};
	struct stat st;
	char line[256];
	FILE *f;

	(void)state;
	setenv("SSLKEYLOGFILE", keylog, 1);
	for (int i = 0; i < 2; i++) {
		srv = (struct server){.version = TLS1_2_VERSION};
		stream_close(connected(&srv, &c, NULL));
		server_cut(&srv);
	}
	unsetenv("SSLKEYLOGFILE");
	assert_int_equal(stat(keylog, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	f = fopen(keylog, "r");
	for (int i = 0; i < 2; i++) {
		assert_non_null(fgets(line, sizeof(line), f));
		assert_true(str_starts(str_z(line), S("CLIENT_RANDOM ")));
	}
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	unlink(keylog);
	/* One that cannot be written does no harm. */
	setenv("SSLKEYLOGFILE", "/nonexistent/keys", 1);
	srv = (struct server){0};
	stream_close(connected(&srv, &c, NULL));
	server_cut(&srv);
	unsetenv("SSLKEYLOGFILE");
	cert_free(&c);
}

static void
test_bad_config(void **state)
{
	char junk[64], locked[64], mixed[64];
	const struct {
		struct tls_config cfg;
		const char *name, *starts;
	} cases[] = {
	    {{.ca = "/nonexistent/ca.pem"}, "mx.example",
		"/nonexistent/ca.pem: No such file or directory"},
	    {{.ca = junk}, "mx.example", junk},
	    {{.ca = ca_file, .cert = "/nonexistent/cert.pem"}, "mx.example",
		"/nonexistent/cert.pem: No such file or directory"},
	    {{.ca = ca_file, .cert = junk}, "mx.example", junk},
	    {{.ca = ca_file, .cert = ca_file}, "mx.example", ca_file},
	    {{.ca = ca_file, .cert = locked}, "mx.example", locked},
	    {{.ca = ca_file, .cert = mixed}, "mx.example", mixed},
	    {{.ca = ca_file}, "", "host name is empty"},
	    {{.ca = ca_file,
		 .alpn = "a protocol whose name is much longer than any "
			 "that was ever registered"},
		"mx.example", "TLS library: "},
	};
	struct stream *pair[2];
	FILE *f;

	(void)state;
	f = fopen(in_folder(junk, sizeof(junk), "junk.pem"), "w");
	fputs("no certificate\n", f);
	fclose(f);
	cert_save(
	    &client, in_folder(locked, sizeof(locked), "locked.pem"), false);
	f = fopen(locked, "a");
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, client.key,
			     EVP_aes_128_cbc(), "passphrase", 10, NULL, NULL),
	    1);
	fclose(f);
	cert_save(&client, in_folder(mixed, sizeof(mixed), "mixed.pem"), false);
	f = fopen(mixed, "a");
	assert_int_equal(
	    PEM_write_PrivateKey(f, ca.key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	stream_pair(pair);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		assert_null(
		    tls_client(pair[0], cases[i].name, &cases[i].cfg, &e));
		assert_int_equal(ERR_peek_error(), 0);
		assert_int_not_equal(e.kind, ERR_NONE);
		assert_true(str_starts(str_z(e.msg), str_z(cases[i].starts)));
	}
	/* The stream was left alone. */
	assert_int_equal(stream_write(pair[0], "x", 1, &(struct err){0}), 1);
	stream_close(pair[0]);
	stream_close(pair[1]);
	unlink(junk);
	unlink(locked);
	unlink(mixed);
}

static int
setup(void **state)
{
	if (tls_setup(state) != 0)
		return -1;
	in_folder(client_file, sizeof(client_file), "client.pem");
	in_folder(keylog, sizeof(keylog), "keys.log");
	client = cert_make(&(struct cert_spec){
	    .cn = "asterix", .eku = "clientAuth", .issuer = &ca});
	cert_save(&client, client_file, true);
	return 0;
}

static int
teardown(void **state)
{
	unlink(client_file);
	cert_free(&client);
	return tls_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_system_authorities),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_sni_alpn),
	    cmocka_unit_test(test_client_certificate),
	    cmocka_unit_test(test_keylog),
	    cmocka_unit_test(test_bad_config),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
