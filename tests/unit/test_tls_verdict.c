/*
 * Which certificates are taken, what is said of those that are not, and pins;
 * all with certificates made here.
 */
#include "base/utf8.h"
#include "net/tls_info.h"
#include "tests/unit/tlspeer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum by {
	BY_CA,
	BY_OTHER, /* nobody trusts it */
	BY_ITSELF,
	BY_EXPIRED, /* an authority that was one once */
	BY_NARROW,  /* it may vouch for others only */
	BY_SHORT,   /* no authority may follow it, and one does */
	BY_WEAK,    /* its key is */
	BY_SERVER,  /* it is no authority */
	N_BY,
};

/* The authorities, all but the first two by `ca`. */
static struct cert by[N_BY];

#define OCTETS(s) .octets = (s), .n = sizeof(s) - 1
#define LONG "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define NOT_NAMED "it is not for mx.example, but for "
#define NO_SAN "it names no server in subjectAltName, where "

static const struct {
	const char *what;
	struct cert_spec spec;
	enum by by;
	const char *name;   /* NULL: mx.example */
	const char *reason; /* NULL: accepted */
	const char *why;    /* how the words begin */
} certs[] = {
    {.what = "good", .spec = {.san = "DNS:mx.example"}},
    {.what = "one of several", .spec = {.san = "DNS:a.example,DNS:mx.example"}},
    {.what = "without regard to case", .spec = {.san = "DNS:MX.Example"}},
    {.what = "name with a last dot",
	.spec = {.san = "DNS:mx.example"},
	.name = "mx.example."},
    {.what = "wrong name",
	.spec = {.san = "DNS:my.example"},
	.reason = "name",
	.why = NOT_NAMED "my.example"},
    {.what = "many wrong names",
	.spec = {.san = "DNS:a.example,DNS:b.example,DNS:c.example,"
			"DNS:d.example"},
	.reason = "name",
	.why = NOT_NAMED "a.example, b.example, c.example ..."},
    {.what = "a part of the name",
	.spec = {.san = "DNS:example"},
	.reason = "name",
	.why = NOT_NAMED "example"},
    {.what = "more than the name",
	.spec = {.san = "DNS:mx.example.org"},
	.reason = "name",
	.why = NOT_NAMED "mx.example.org"},
    {.what = "CN alone",
	.spec = {.cn = "mx.example"},
	.reason = "name",
	.why = NO_SAN "mx.example must be; its subject CN=mx.example does not "
		      "count"},
    {.what = "CN besides another name",
	.spec = {.cn = "mx.example", .san = "DNS:b.example"},
	.reason = "name",
	.why = NOT_NAMED "b.example"},
    {.what = "as an e-mail address",
	.spec = {.san = "email:mx.example"},
	.reason = "name",
	.why = NOT_NAMED},
    {.what = "as a URI",
	.spec = {.san = "URI:imap://mx.example"},
	.reason = "name",
	.why = NOT_NAMED},
    {.what = "star",
	.spec = {.san = "DNS:*.mail.example"},
	.name = "mx.mail.example"},
    {.what = "star for two labels",
	.spec = {.san = "DNS:*.mail.example"},
	.name = "a.mx.mail.example",
	.reason = "name",
	.why = "it is not for a.mx.mail.example, but for *.mail.example"},
    {.what = "star for no label",
	.spec = {.san = "DNS:*.mail.example"},
	.name = "mail.example",
	.reason = "name",
	.why = "it is not for mail.example, but for *.mail.example"},
    {.what = "star in a label",
	.spec = {.san = "DNS:m*.mail.example"},
	.name = "mx.mail.example",
	.reason = "name",
	.why = "it is not for mx.mail.example, but for m*.mail.example"},
    {.what = "star behind",
	.spec = {.san = "DNS:mx.*.example"},
	.name = "mx.mail.example",
	.reason = "name",
	.why = "it is not for mx.mail.example, but for mx.*.example"},
    {.what = "star alone",
	.spec = {.san = "DNS:*"},
	.reason = "name",
	.why = NOT_NAMED "*"},
    {.what = "star before the top",
	.spec = {.san = "DNS:*.example"},
	.reason = "name",
	.why = NOT_NAMED "*.example"},
    {.what = "star for an address",
	.spec = {.san = "DNS:*.0.0.1"},
	.name = "127.0.0.1",
	.reason = "name",
	.why = "it is not for 127.0.0.1, but for *.0.0.1"},
    {.what = "NUL behind the name",
	.spec = {OCTETS("mx.example\0.evil.example")},
	.reason = "name",
	.why = NOT_NAMED "mx.example^@.evil.example"},
    {.what = "escapes in a name",
	.spec = {OCTETS("\x1b[31mx.example")},
	.reason = "name",
	.why = NOT_NAMED "^[[31mx.example"},
    {.what = "a name without an end",
	.spec = {.san = "DNS:a123456789.b123456789.c123456789.d123456789.e"},
	.reason = "name",
	.why = NOT_NAMED "a123456789.b123456789.c123456789.d123456..."},
    /* A message has an end, which cuts no character. */
    {.what = "a long name in UTF-8",
	.spec = {OCTETS(LONG "," LONG "," LONG "," LONG)},
	.reason = "name",
	.why = NOT_NAMED "\xc3\xbc\xc3\xbc"},
    {.what = "expired",
	.spec = {.san = "DNS:mx.example", .from_days = -9, .to_days = -1},
	.reason = "expired",
	.why = "it expired on 2"},
    {.what = "authority expired",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_EXPIRED,
	.reason = "expired",
	.why = "that of its authority CN=expired CA expired on 2"},
    {.what = "not yet valid",
	.spec = {.san = "DNS:mx.example", .from_days = 2, .to_days = 9},
	.reason = "not-yet-valid",
	.why = "it is not valid before 2"},
    {.what = "self-signed",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_ITSELF,
	.reason = "self-signed",
	.why = "it is self-signed, no authority vouches for it"},
    {.what = "self-signed, and for another name",
	.spec = {.san = "DNS:my.example"},
	.by = BY_ITSELF,
	.reason = "self-signed",
	.why = "it is self-signed"},
    {.what = "unknown authority",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_OTHER,
	.reason = "unknown-issuer",
	.why = "it was issued by CN=other CA, for whom no trusted authority "
	       "vouches"},
    {.what = "for clients",
	.spec = {.san = "DNS:mx.example", .eku = "clientAuth"},
	.reason = "purpose",
	.why = "it is for clients, not for servers"},
    {.what = "for code",
	.spec = {.san = "DNS:mx.example", .eku = "codeSigning"},
	.reason = "purpose",
	.why = "it is for another purpose than a server's"},
    {.what = "an authority's own",
	.spec = {.san = "DNS:mx.example", .ca = true, .eku = "codeSigning"},
	.reason = "purpose",
	.why = "it is that of an authority, not of a server"},
    /* What openssl req -x509 makes is one. */
    {.what = "an authority that is a server, too",
	.spec = {.san = "DNS:mx.example", .ca = true}},
    {.what = "for servers",
	.spec = {.san = "DNS:mx.example", .eku = "serverAuth"}},
    {.what = "issued by a server",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_SERVER,
	.reason = "no-authority",
	.why = "it was issued with the certificate of CN=server CA, which is "
	       "none of an authority"},
    {.what = "weak key",
	.spec = {.san = "DNS:mx.example", .key = "RSA1024"},
	.reason = "weak",
	.why = "its key is too weak: RSA, 1024 bits"},
    {.what = "weak key of its authority",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_WEAK,
	.reason = "weak",
	.why = "the key of its authority CN=weak CA is too weak: RSA, 1024 "
	       "bits"},
    {.what = "weak signature",
	.spec = {.san = "DNS:mx.example", .digest = "SHA1"},
	.reason = "weak",
	.why = "the signature of CN=Test CA under it is too weak: "
	       "ecdsa-with-SHA1"},
    {.what = "not its authority's to vouch for",
	.spec = {.san = "DNS:mx.example"},
	.by = BY_NARROW,
	.reason = "constraint",
	.why = "an authority above it may not vouch for mx.example"},
    {.what = "IPv4 address",
	.spec = {.san = "IP:127.0.0.1"},
	.name = "127.0.0.1"},
    {.what = "IPv6 address", .spec = {.san = "IP:::1"}, .name = "::1"},
    {.what = "another address",
	.spec = {.san = "IP:127.0.0.2"},
	.name = "127.0.0.1",
	.reason = "name",
	.why = "it is not for 127.0.0.1, but for 127.0.0.2"},
    {.what = "address as a name",
	.spec = {.san = "DNS:127.0.0.1"},
	.name = "127.0.0.1",
	.reason = "name",
	.why = "it is not for 127.0.0.1, but for 127.0.0.1"},
    {.what = "address as CN",
	.spec = {.cn = "127.0.0.1"},
	.name = "127.0.0.1",
	.reason = "name",
	.why = NO_SAN "127.0.0.1 must be"},
    {.what = "name in UTF-8",
	.spec = {.san = "DNS:xn--bcher-kva.example"},
	.name = "b\xc3\xbc\x63her.example"},
    {.what = "name in A-labels",
	.spec = {.san = "DNS:xn--bcher-kva.example"},
	.name = "xn--bcher-kva.example"},
    {.what = "name in UTF-8 in the certificate",
	.spec = {OCTETS("b\xc3\xbc\x63her.example")},
	.name = "b\xc3\xbc\x63her.example",
	.reason = "name",
	.why = "it is not for xn--bcher-kva.example, but for b\xc3\xbc\x63her."
	       "example"},
    {.what = "another name in UTF-8",
	.spec = {.san = "DNS:xn--bcher-kva.example"},
	.name = "b\xc3\xb6\x63her.example",
	.reason = "name",
	.why = "it is not for xn--bcher-jua.example, but for "
	       "xn--bcher-kva.example"},
};

enum { N_CERTS = sizeof(certs) / sizeof(certs[0]) };

/* The message is as the row says, and the certificate can be told. */
static void
check_refusal(size_t i, const struct err *e, const struct cert *c)
{
	char want[300], print[96];
	unsigned char md[32];

	(void)snprintf(
	    want, sizeof(want), "certificate refused: %s", certs[i].why);
	if (!str_starts(str_z(e->msg), str_z(want)))
		fail_msg("%s: %s", certs[i].what, e->msg);
	assert_int_equal(e->kind, ERR_TLS);
	if (strcmp(e->reason, certs[i].reason) != 0)
		fail_msg("%s: %s", certs[i].what, e->reason);
	assert_int_equal(X509_digest(c->x, EVP_sha256(), md, NULL), 1);
	fingerprint_text(md, print);
	assert_string_equal(e->fingerprint, print);
	assert_non_null(strstr(e->hint, e->fingerprint));
	assert_true(utf8_valid(str_z(e->msg)) && utf8_valid(str_z(e->hint)));
	for (const char *p = e->hint; *p != '\0'; p++)
		assert_true((unsigned char)*p >= ' ');
}

static struct cert
make(size_t i)
{
	struct cert_spec spec = certs[i].spec;

	spec.issuer = certs[i].by == BY_CA	 ? &ca
		      : certs[i].by == BY_ITSELF ? NULL
						 : &by[certs[i].by];
	spec.cn = spec.cn != NULL ? spec.cn : "mail";
	return cert_make(&spec);
}

static const char *
name_of(size_t i)
{
	return certs[i].name != NULL ? certs[i].name : "mx.example";
}

/* Connects to a server with the certificate of row i; 0 or STREAM_ERR. */
static struct stream *
meet(size_t i, const struct cert *c, struct server *srv,
    const struct tls_config *cfg, int *rc, struct err *e)
{
	struct stream *s;

	if (certs[i].by > BY_ITSELF)
		srv->behind = &by[certs[i].by];
	s = connect_pair(srv, c, NULL, name_of(i), cfg, e);
	*rc = shake(s, srv, e);
	return s;
}

static void
test_certificates(void **state)
{
	const struct tls_config cfg = {.ca = ca_file};

	(void)state;
	for (size_t i = 0; i < 2 * (size_t)N_CERTS; i++) {
		size_t n = i / 2;
		struct server srv = {
		    .version = i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION};
		struct cert c = make(n);
		struct err e = {0}, again = {0};
		int rc;
		struct stream *s = meet(n, &c, &srv, &cfg, &rc, &e);

		if ((rc == 0) != (certs[n].reason == NULL))
			fail_msg("%s: %s", certs[n].what, e.msg);
		if (certs[n].reason != NULL) {
			check_refusal(n, &e, &c);
			/* Nothing can be said to such a server. */
			assert_int_equal(
			    stream_write(s, "x", 1, &again), STREAM_ERR);
			assert_string_equal(again.msg, e.msg);
			assert_string_equal(again.hint, e.hint);
			assert_false(srv.up);
			assert_true(srv.alerted);
		}
		stream_close(s);
		server_cut(&srv);
		cert_free(&c);
	}
}

static void
test_insecure(void **state)
{
	const struct tls_config cfg = {.ca = ca_file, .insecure = true};
	struct tls_info *t;
	struct arena a;

	(void)state;
	for (size_t i = 0; i < N_CERTS; i++) {
		struct server srv = {0};
		struct cert c = make(i);
		struct err e = {0};
		int rc;
		struct stream *s = meet(i, &c, &srv, &cfg, &rc, &e);

		if (rc != 0)
			fail_msg("%s: %s", certs[i].what, e.msg);
		arena_init(&a, 1 << 20);
		t = tls_info(s, &a);
		assert_int_equal(t->verified, certs[i].reason == NULL);
		assert_int_equal(t->reason.n == 0, certs[i].reason == NULL);
		arena_fini(&a);
		stream_close(s);
		server_cut(&srv);
		cert_free(&c);
	}
}

/* What helps is said, and nothing that does not. */
static void
test_hints(void **state)
{
	static const struct {
		const char *what, *has, *has_not;
	} rows[] = {
	    {"self-signed", "--ca=FILE", "owner must"},
	    {"self-signed, and for another name", "--fingerprint=", "--ca"},
	    {"unknown authority", "--ca=FILE", "owner must"},
	    {"wrong name", "use a name that it has", "--ca"},
	    {"star before the top", "one whole label", "--ca"},
	    {"NUL behind the name", "made to deceive", "--fingerprint"},
	    {"CN alone", "owner must mend", "a name that it has"},
	    {"address as a name", "for an address IP:", "a name that it has"},
	    {"as an e-mail address", "as one of a server",
		"a name that it has"},
	    {"name in UTF-8 in the certificate", "A-label", "--ca"},
	    {"expired", "this machine's clock", "--ca"},
	    {"for clients", "--fingerprint=", "--ca"},
	};
	const struct tls_config cfg = {.ca = ca_file};
	size_t seen = 0;

	(void)state;
	for (size_t i = 0; i < N_CERTS; i++) {
		for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
			struct server srv = {0};
			struct err e = {0};
			struct stream *s;
			struct cert c;
			int rc;

			if (strcmp(rows[k].what, certs[i].what) != 0)
				continue;
			c = make(i);
			s = meet(i, &c, &srv, &cfg, &rc, &e);
			if (strstr(e.hint, rows[k].has) == NULL ||
			    strstr(e.hint, rows[k].has_not) != NULL)
				fail_msg("%s: %s", rows[k].what, e.hint);
			stream_close(s);
			server_cut(&srv);
			cert_free(&c);
			seen++;
		}
	}
	assert_int_equal(seen, sizeof(rows) / sizeof(*rows));
}

/* The chain says that no authority may stand below by[BY_SHORT]. */
static void
test_path_too_long(void **state)
{
	const struct tls_config cfg = {.ca = ca_file};
	struct cert below = cert_make(&(struct cert_spec){
	    .cn = "below", .ca = true, .issuer = &by[BY_SHORT]});
	struct cert c = cert_make(&(struct cert_spec){
	    .cn = "x", .san = "DNS:mx.example", .issuer = &below});
	struct server srv = {.behind = &below, .behind_that = &by[BY_SHORT]};
	struct err e = {0};
	struct stream *s = connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);

	(void)state;
	assert_int_equal(shake(s, &srv, &e), STREAM_ERR);
	assert_string_equal(e.reason, "path-length");
	assert_string_equal(e.msg,
	    "certificate refused: there are more authorities between it and "
	    "CN=short CA than are allowed (path length)");
	stream_close(s);
	server_cut(&srv);
	cert_free(&below);
	cert_free(&c);
}

/* A machine without authorities: that is what is told, and what to install. */
static void
test_no_authorities(void **state)
{
	const struct tls_config cfg = {0};
	struct cert c = good_cert();
	struct server srv = {0};
	struct err e = {0};
	struct stream *s;

	(void)state;
	setenv("SSL_CERT_FILE", "/nonexistent/ca.pem", 1);
	setenv("SSL_CERT_DIR", "/nonexistent/certs", 1);
	s = connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);
	assert_int_equal(shake(s, &srv, &e), STREAM_ERR);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	assert_string_equal(e.msg,
	    "certificate refused: no authority is known: there are none in "
	    "/nonexistent/ca.pem and /nonexistent/certs, where this system has "
	    "them");
	assert_non_null(strstr(e.hint, "ca-certificates"));
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

/* -- Pins ------------------------------------------------------------------ */

/* The fingerprint in lower case without colons. */
static void
plain_print(const struct cert *c, char out[65])
{
	unsigned char md[32];

	assert_int_equal(X509_digest(c->x, EVP_sha256(), md, NULL), 1);
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", md[i]);
}

/* The pinned certificate is taken whatever it is, and counts as verified. */
static void
test_pin_holds(void **state)
{
	char print[65];
	struct tls_info *t;
	struct arena a;

	(void)state;
	for (size_t i = 0; i < 2 * (size_t)N_CERTS; i++) {
		size_t n = i / 2;
		struct cert c = make(n);
		const struct tls_config cfg = {.ca = ca_file,
		    .fingerprint = print,
		    .insecure = i % 2 != 0};
		struct server srv = {0};
		struct err e = {0};
		int rc;
		struct stream *s;

		plain_print(&c, print);
		s = meet(n, &c, &srv, &cfg, &rc, &e);
		if (rc != 0)
			fail_msg("%s: %s", certs[n].what, e.msg);
		arena_init(&a, 1 << 20);
		t = tls_info(s, &a);
		assert_true(t->pinned && t->verified && t->checked);
		assert_int_equal(t->reason.n, 0);
		arena_fini(&a);
		stream_close(s);
		server_cut(&srv);
		cert_free(&c);
	}
}

/* Any other is refused, even one that is good, and even if any would do. */
static void
test_pin_of_another(void **state)
{
	char print[96];

	(void)state;
	for (int insecure = 0; insecure < 2; insecure++) {
		const struct tls_config cfg = {.ca = ca_file,
		    .insecure = insecure,
		    .fingerprint = "0123456789ABCDEF0123456789abcdef0123456789"
				   "abcdef0123456789abcdef"};
		struct cert c = good_cert();
		struct server srv = {0};
		struct err e = {0};
		struct stream *s =
		    connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);
		unsigned char md[32];

		assert_int_equal(shake(s, &srv, &e), STREAM_ERR);
		assert_string_equal(e.msg,
		    "certificate refused: it is not the pinned one, whose "
		    "fingerprint is 01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:"
		    "CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF");
		assert_string_equal(e.reason, "pin");
		assert_int_equal(X509_digest(c.x, EVP_sha256(), md, NULL), 1);
		fingerprint_text(md, print);
		assert_string_equal(e.fingerprint, print);
		assert_non_null(strstr(e.hint, print));
		assert_int_equal(e.kind, ERR_TLS);
		assert_true(srv.alerted);
		stream_close(s);
		server_cut(&srv);
		cert_free(&c);
	}
}

static int
setup(void **state)
{
	static const struct cert_spec specs[N_BY] = {
	    [BY_OTHER] = {.cn = "other CA", .ca = true},
	    [BY_EXPIRED] = {.cn = "expired CA",
		.ca = true,
		.from_days = -9,
		.to_days = -1},
	    [BY_NARROW] = {.cn = "narrow CA",
		.ca = true,
		.permitted = "critical,permitted;DNS:other.example"},
	    [BY_SHORT] = {.cn = "short CA",
		.basic = "critical,CA:TRUE,pathlen:0"},
	    [BY_WEAK] = {.cn = "weak CA", .ca = true, .key = "RSA1024"},
	    [BY_SERVER] = {.cn = "server CA"},
	};

	if (tls_setup(state) != 0)
		return -1;
	for (size_t i = 0; i < N_BY; i++) {
		struct cert_spec spec = specs[i];

		if (spec.cn == NULL)
			continue;
		spec.issuer = i > BY_OTHER ? &ca : NULL;
		by[i] = cert_make(&spec);
	}
	return 0;
}

static int
teardown(void **state)
{
	for (size_t i = 0; i < N_BY; i++)
		cert_free(&by[i]);
	return tls_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_insecure),
	    cmocka_unit_test(test_hints),
	    cmocka_unit_test(test_path_too_long),
	    cmocka_unit_test(test_no_authorities),
	    cmocka_unit_test(test_pin_holds),
	    cmocka_unit_test(test_pin_of_another),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
