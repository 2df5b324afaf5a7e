/*
 * TLS: what is trusted and what refused, with certificates made here, and what
 * the client shows of itself.
 */
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

static struct cert other_ca, client;
static char client_file[64], keylog[64];

/* The whole message for a refused certificate, fingerprint included. */
static void
refusal(char *out, size_t size, const char *why, const struct cert *c)
{
	unsigned char md[32];
	unsigned n;
	int at;

	assert_int_equal(X509_digest(c->x, EVP_sha256(), md, &n), 1);
	at = snprintf(out, size,
	    "certificate verify failed: %s; SHA-256 fingerprint ", why);
	for (unsigned i = 0; i < n; i++)
		at += snprintf(out + at, size - (size_t)at, "%s%02X",
		    i > 0 ? ":" : "", md[i]);
}

/* -- Certificates ---------------------------------------------------------- */

#define NOT_NAMED "it does not name mx.example"

static const struct {
	const char *what;
	struct cert_spec spec;
	enum { BY_CA, BY_OTHER, BY_ITSELF } by;
	const char *name; /* NULL: mx.example */
	const char *why;  /* NULL: accepted */
} certs[] = {
    {.what = "good", .spec = {.san = "DNS:mx.example"}},
    {.what = "one of several", .spec = {.san = "DNS:a.example,DNS:mx.example"}},
    {.what = "without regard to case", .spec = {.san = "DNS:MX.Example"}},
    {.what = "name with a last dot",
	.spec = {.san = "DNS:mx.example"},
	.name = "mx.example."},
    {.what = "wrong name", .spec = {.san = "DNS:my.example"}, .why = NOT_NAMED},
    {.what = "a part of the name",
	.spec = {.san = "DNS:example"},
	.why = NOT_NAMED},
    {.what = "more than the name",
	.spec = {.san = "DNS:mx.example.org"},
	.why = NOT_NAMED},
    {.what = "CN alone", .spec = {.cn = "mx.example"}, .why = NOT_NAMED},
    {.what = "CN besides another name",
	.spec = {.cn = "mx.example", .san = "DNS:b.example"},
	.why = NOT_NAMED},
    {.what = "as an e-mail address",
	.spec = {.san = "email:mx.example"},
	.why = NOT_NAMED},
    {.what = "as a URI",
	.spec = {.san = "URI:imap://mx.example"},
	.why = NOT_NAMED},
    {.what = "star",
	.spec = {.san = "DNS:*.mail.example"},
	.name = "mx.mail.example"},
    {.what = "star for two labels",
	.spec = {.san = "DNS:*.mail.example"},
	.name = "a.mx.mail.example",
	.why = "it does not name a.mx.mail.example"},
    {.what = "star for no label",
	.spec = {.san = "DNS:*.mail.example"},
	.name = "mail.example",
	.why = "it does not name mail.example"},
    {.what = "star in a label",
	.spec = {.san = "DNS:m*.mail.example"},
	.name = "mx.mail.example",
	.why = "it does not name mx.mail.example"},
    {.what = "star behind",
	.spec = {.san = "DNS:mx.*.example"},
	.name = "mx.mail.example",
	.why = "it does not name mx.mail.example"},
    {.what = "star alone", .spec = {.san = "DNS:*"}, .why = NOT_NAMED},
    {.what = "star before the top",
	.spec = {.san = "DNS:*.example"},
	.why = NOT_NAMED},
    {.what = "expired",
	.spec = {.san = "DNS:mx.example", .from_days = -9, .to_days = -1},
	.why = "certificate has expired"},
    {.what = "not yet valid",
	.spec = {.san = "DNS:mx.example", .from_days = 2, .to_days = 9},
	.why = "certificate is not yet valid"},
    {.what = "self-signed",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_ITSELF,
	.why = "self-signed certificate"},
    {.what = "unknown authority",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_OTHER,
	.why = "unable to get local issuer certificate"},
    {.what = "for clients",
	.spec = {.san = "DNS:mx.example", .eku = "clientAuth"},
	.why = "unsuitable certificate purpose"},
    {.what = "for servers",
	.spec = {.san = "DNS:mx.example", .eku = "serverAuth"}},
    {.what = "IPv4 address",
	.spec = {.san = "IP:127.0.0.1"},
	.name = "127.0.0.1"},
    {.what = "IPv6 address", .spec = {.san = "IP:::1"}, .name = "::1"},
    {.what = "another address",
	.spec = {.san = "IP:127.0.0.2"},
	.name = "127.0.0.1",
	.why = "it does not name 127.0.0.1"},
    {.what = "address as a name",
	.spec = {.san = "DNS:127.0.0.1"},
	.name = "127.0.0.1",
	.why = "it does not name 127.0.0.1"},
    {.what = "address as CN",
	.spec = {.cn = "127.0.0.1"},
	.name = "127.0.0.1",
	.why = "it does not name 127.0.0.1"},
    {.what = "name in UTF-8",
	.spec = {.san = "DNS:xn--bcher-kva.example"},
	.name = "b\xc3\xbc\x63her.example"},
    {.what = "another name in UTF-8",
	.spec = {.san = "DNS:xn--bcher-kva.example"},
	.name = "b\xc3\xb6\x63her.example",
	.why = "it does not name xn--bcher-jua.example"},
};

static void
try_certificate(size_t i, bool insecure, int version)
{
	static const struct cert *const by[] = {
	    [BY_CA] = &ca, [BY_OTHER] = &other_ca, [BY_ITSELF] = NULL};
	struct tls_config cfg = {.ca = ca_file, .insecure = insecure};
	const char *why = insecure ? NULL : certs[i].why;
	struct cert_spec spec = certs[i].spec;
	struct server srv = {.version = version};
	struct err e = {0};
	char want[300];
	struct stream *s;
	struct cert c;
	int rc;

	spec.issuer = by[certs[i].by];
	spec.cn = spec.cn != NULL ? spec.cn : "mail";
	c = cert_make(&spec);
	s = connect_pair(&srv, &c, NULL,
	    certs[i].name != NULL ? certs[i].name : "mx.example", &cfg, &e);
	rc = shake(s, &srv, &e);
	if ((rc == 0) != (why == NULL))
		print_error("case: %s: %s\n", certs[i].what, e.msg);
	assert_int_equal(rc, why == NULL ? 0 : STREAM_ERR);
	if (why != NULL) {
		refusal(want, sizeof(want), why, &c);
		assert_string_equal(e.msg, want);
		assert_int_equal(e.kind, ERR_TLS);
		/* Nothing can be said to such a server. */
		err_clear(&e);
		assert_int_equal(stream_write(s, "x", 1, &e), STREAM_ERR);
		assert_string_equal(e.msg, want);
		assert_false(srv.up);
		assert_true(srv.alerted);
	}
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

static void
test_certificates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++) {
		try_certificate(i, false, TLS1_2_VERSION);
		try_certificate(i, false, TLS1_3_VERSION);
	}
}

static void
test_insecure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
		try_certificate(i, true, 0);
}

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
			    "TLS handshake: sslv3 alert handshake failure");
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
	other_ca = cert_make(&(struct cert_spec){.cn = "Other CA", .ca = true});
	client = cert_make(&(struct cert_spec){
	    .cn = "asterix", .eku = "clientAuth", .issuer = &ca});
	cert_save(&client, client_file, true);
	return 0;
}

static int
teardown(void **state)
{
	unlink(client_file);
	cert_free(&other_ca);
	cert_free(&client);
	return tls_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_insecure),
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
