/* What TLS says of a connection and of the certificates that came. */
#include "net/tls_info.h"
#include "tests/unit/tlspeer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static void
assert_str(struct str s, const char *expected)
{
	assert_int_equal(s.n, strlen(expected));
	assert_memory_equal(s.p, expected, s.n);
}

/* Connects to mx.example with the certificate, whatever it is worth. */
static struct tls_info *
insecure(struct stream **s, struct server *srv, const struct cert_spec *spec,
    struct arena *a)
{
	struct tls_config cfg = {.insecure = true, .ca = ca_file};
	struct cert c = cert_make(spec);
	struct err e = {0};
	struct tls_info *t;

	*s = connect_pair(srv, &c, NULL, "mx.example", &cfg, &e);
	assert_non_null(*s);
	assert_null(tls_info(*s, a));
	assert_int_equal(shake(*s, srv, &e), 0);
	t = tls_info(*s, a);
	assert_non_null(t);
	cert_free(&c);
	return t;
}

static void
test_good(void **state)
{
	struct server srv = {.version = TLS1_2_VERSION};
	struct cert c = good_cert();
	struct stream *s = connected(&srv, &c, NULL);
	struct tls_info *t;
	struct arena a;
	int64_t now = (int64_t)time(NULL);

	(void)state;
	arena_init(&a, 1 << 20);
	t = tls_info(s, &a);
	assert_non_null(t);
	assert_str(t->version, "TLSv1.2");
	assert_true(t->checked && t->verified && !t->resumed);
	assert_int_equal(t->reason.n + t->alpn.n, 0);
	assert_non_null(t->chain);
	assert_str(t->chain->names->text, "mx.example");
	assert_str(t->chain->key, "EC, 256 bits");
	assert_str(t->chain->signature, "ecdsa-with-SHA256");
	assert_true(t->group.n > 0);
	assert_true(t->bindings[TLS_EXPORTER] && t->bindings[TLS_UNIQUE] &&
		    t->bindings[TLS_SERVER_END_POINT]);
	assert_false(t->pinned);
	assert_int_equal(t->chain->fingerprint.n, 95);
	assert_true(t->chain->has_begin && t->chain->begins < now);
	assert_true(t->chain->has_end && t->chain->ends > now);
	arena_fini(&a);
	/* No room is no crash. */
	arena_init(&a, 64);
	(void)tls_info(s, &a);
	arena_fini(&a);
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

static void
test_reasons(void **state)
{
	const struct {
		struct cert_spec spec;
		const char *reason;
	} rows[] = {
	    {{.cn = "x", .san = "DNS:other.example", .issuer = &ca},
		"it is not for mx.example, but for other.example"},
	    {{.cn = "x", .san = "DNS:mx.example"},
		"it is self-signed, no authority vouches for it"},
	    {{.cn = "x",
		 .san = "DNS:mx.example",
		 .issuer = &ca,
		 .from_days = -9,
		 .to_days = -2},
		"it expired on "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct server srv = {0};
		struct stream *s;
		struct tls_info *t;
		struct arena a;

		arena_init(&a, 1 << 20);
		t = insecure(&s, &srv, &rows[i].spec, &a);
		assert_false(t->checked || t->verified);
		assert_true(str_starts(t->reason, str_z(rows[i].reason)));
		arena_fini(&a);
		stream_close(s);
		server_cut(&srv);
	}
}

static void
test_strange_names(void **state)
{
	struct cert_spec spec = {.cn = "a\x1b[31m\nb,c=\xc3\xa9",
	    .san = "DNS:*.x.example,IP:192.0.2.1,IP:2001:db8::1,"
		   "email:a@x.example,URI:imap://x.example,RID:1.2.3",
	    .issuer = &ca};
	const char *const names[] = {"*.x.example", "192.0.2.1", "2001:db8::1",
	    "a@x.example", "imap://x.example"};
	struct server srv = {0};
	struct stream *s;
	struct arena a;
	struct tls_name *name;
	struct tls_info *t;
	size_t n = 0;

	(void)state;
	arena_init(&a, 1 << 20);
	t = insecure(&s, &srv, &spec, &a);
	for (size_t i = 0; i < t->chain->subject.n; i++)
		assert_true((unsigned char)t->chain->subject.p[i] >= 0x20);
	for (name = t->chain->names; name != NULL; name = name->next)
		assert_str(name->text, names[n++]);
	assert_int_equal(n, 5);
	arena_fini(&a);
	stream_close(s);
	server_cut(&srv);
}

static void
test_alpn(void **state)
{
	struct tls_config cfg = {.ca = ca_file, .alpn = "imap"};
	struct server srv = {.alpn = "imap"};
	struct cert c = good_cert();
	struct err e = {0};
	struct stream *s = connect_pair(&srv, &c, NULL, "mx.example", &cfg, &e);
	struct arena a;

	(void)state;
	assert_int_equal(shake(s, &srv, &e), 0);
	arena_init(&a, 1 << 20);
	assert_str(tls_info(s, &a)->alpn, "imap");
	arena_fini(&a);
	stream_close(s);
	server_cut(&srv);
	cert_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_strange_names),
	    cmocka_unit_test(test_alpn),
	};

	return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
