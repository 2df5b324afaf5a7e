/* sasl: mechanisms against known answers and libgsasl's own server side. */
#include "proto/sasl.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gsasl.h>

static struct sasl_login
login_of(const char *mech)
{
	return (struct sasl_login){
	    .mech = str_z(mech),
	    .user = S("tim"),
	    .password = S("tanstaaftanstaaf"),
	    .service = "imap",
	    .host = "mail.example.org",
	};
}

static struct sasl *
begin(const struct sasl_login *login)
{
	struct err e = {0};
	struct sasl *s = sasl_new(login, &e);

	if (s == NULL)
		print_error("%s\n", e.msg);
	assert_non_null(s);
	return s;
}

/* A step that must give `want` and `answer`. */
static void
step(struct sasl *s, struct str challenge, enum sasl_step want,
    struct str answer)
{
	struct err e = {0};
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(sasl_step(s, challenge, &out, &e), want);
	assert_true(str_eq(buf_str(&out), answer));
	assert_int_equal(sasl_done(s), want == SASL_DONE);
	buf_fini(&out);
}

static void
test_plain(void **state)
{
	struct sasl_login login = login_of("plain");
	struct sasl *s = begin(&login);

	(void)state;
	assert_false(sasl_done(s));
	step(s, S(""), SASL_DONE, S("\0tim\0tanstaaftanstaaf"));
	sasl_free(s);
	login.authzid = S("kurt");
	s = begin(&login);
	step(s, S(""), SASL_DONE, S("kurt\0tim\0tanstaaftanstaaf"));
	sasl_free(s);
}

static void
test_login(void **state)
{
	struct sasl_login login = login_of("LOGIN");
	struct sasl *s = begin(&login);
	struct err e = {0};
	struct buf out;

	(void)state;
	step(s, S("Username:"), SASL_MORE, S("tim"));
	step(s, S("Password:"), SASL_DONE, S("tanstaaftanstaaf"));
	buf_init(&out, 64);
	assert_int_equal(sasl_step(s, S("More:"), &out, &e), SASL_FAIL);
	assert_int_equal(e.kind, ERR_AUTH);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
	sasl_free(s);
}

/* RFC 2195 3. */
static void
test_cram_md5(void **state)
{
	struct sasl_login login = login_of("CRAM-MD5");
	struct sasl *s = begin(&login);

	(void)state;
	step(s, S("<1896.697170952@postoffice.reston.mci.net>"), SASL_DONE,
	    S("tim b913a602c7eda7a495b4e6e7334d3890"));
	sasl_free(s);
}

static void
test_external_anonymous(void **state)
{
	struct sasl_login login = login_of("EXTERNAL");
	struct sasl *s = begin(&login);

	(void)state;
	step(s, S(""), SASL_DONE, S(""));
	sasl_free(s);
	login.authzid = S("kurt");
	s = begin(&login);
	step(s, S(""), SASL_DONE, S("kurt"));
	sasl_free(s);
	login = login_of("ANONYMOUS");
	s = begin(&login);
	step(s, S(""), SASL_DONE, S("tim"));
	sasl_free(s);
}

/* ---- a server by libgsasl ---- */

static int
server_has(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	(void)ctx;
	if (prop == GSASL_PASSWORD)
		return gsasl_property_set(session, prop, "tanstaaftanstaaf");
	if (prop == GSASL_REALM || prop == GSASL_HOSTNAME)
		return gsasl_property_set(session, prop, "mail.example.org");
	if (prop == GSASL_SERVICE)
		return gsasl_property_set(session, prop, "imap");
	return GSASL_NO_CALLBACK;
}

/*
 * Lets client and server talk until one of them has had enough; at step
 * `spoil` (from 0) a bit of what the server says is turned over.  Returns the
 * client's last step.
 */
static enum sasl_step
talk(struct sasl *s, Gsasl_session *server, bool client_first, unsigned spoil,
    bool *early)
{
	struct err e = {0};
	struct buf answer;
	char *said = NULL;
	size_t n = 0;
	unsigned round = 0;
	int rc = GSASL_NEEDS_MORE;
	enum sasl_step last = SASL_MORE;

	buf_init(&answer, 4096);
	*early = false;
	for (;;) {
		if (!client_first || round > 0) {
			rc =
			    gsasl_step(server, answer.p, answer.len, &said, &n);
			assert_true(rc == GSASL_OK || rc == GSASL_NEEDS_MORE);
			if (rc == GSASL_OK && n == 0)
				break;
			if (round == spoil && n > 0)
				said[n - 2] ^= 1;
		}
		*early = *early || (sasl_done(s) && n > 0);
		buf_clear(&answer);
		last = sasl_step(s, (struct str){said, n}, &answer, &e);
		gsasl_free(said);
		said = NULL;
		n = 0;
		round++;
		if (last == SASL_FAIL || (last == SASL_DONE && rc == GSASL_OK))
			break;
	}
	gsasl_free(said);
	buf_fini(&answer);
	return last;
}

static const struct {
	const char *mech;
	bool client_first;
	unsigned last; /* the step at which the server proves itself */
} proofs[] = {
    {"SCRAM-SHA-1", true, 2},
    {"SCRAM-SHA-256", true, 2},
    {"DIGEST-MD5", false, 1},
};

static void
test_mutual(void **state)
{
	struct sasl_login login;
	Gsasl *ctx;
	Gsasl_session *server;
	struct sasl *s;
	bool early, spoiled;
	size_t i;

	(void)state;
	assert_int_equal(gsasl_init(&ctx), GSASL_OK);
	gsasl_callback_set(ctx, server_has);
	for (i = 0; i < 2 * sizeof(proofs) / sizeof(*proofs); i++) {
		spoiled = i % 2 == 1;
		login = login_of(proofs[i / 2].mech);
		assert_int_equal(
		    sasl_client_first(login.mech), proofs[i / 2].client_first);
		s = begin(&login);
		assert_int_equal(
		    gsasl_server_start(ctx, proofs[i / 2].mech, &server),
		    GSASL_OK);
		assert_int_equal(talk(s, server, proofs[i / 2].client_first,
				     spoiled ? proofs[i / 2].last : 99, &early),
		    spoiled ? SASL_FAIL : SASL_DONE);
		assert_false(early);
		assert_int_equal(sasl_done(s), !spoiled);
		gsasl_finish(server);
		sasl_free(s);
	}
	gsasl_done(ctx);
}

/* ---- what is refused ---- */

static void
test_refused(void **state)
{
	static const struct {
		const char *mech;
		struct str user, authzid, password;
		enum err_kind kind;
	} bad[] = {
	    {"FOO", STR("u"), STR(""), STR("p"), ERR_AUTH},
	    {"", STR("u"), STR(""), STR("p"), ERR_AUTH},
	    {"PLAINPLAINPLAINPLAINPLAIN", STR("u"), STR(""), STR("p"),
		ERR_AUTH},
	    {"PLAIN", STR("u\0v"), STR(""), STR("p"), ERR_USE},
	    {"PLAIN", STR("u\r"), STR(""), STR("p"), ERR_USE},
	    {"PLAIN", STR("u"), STR("a\0"), STR("p"), ERR_USE},
	    {"PLAIN", STR("u"), STR(""), STR("p\n"), ERR_USE},
	    {"LOGIN", STR("u"), STR(""), STR("p\r\n"), ERR_USE},
	    {"LOGIN", STR("u"), STR(""), STR("\0"), ERR_USE},
	};
	struct sasl_login login;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		login = login_of(bad[i].mech);
		login.user = bad[i].user;
		login.authzid = bad[i].authzid;
		login.password = bad[i].password;
		err_clear(&e);
		assert_null(sasl_new(&login, &e));
		assert_int_equal(e.kind, bad[i].kind);
		assert_true(*e.msg != '\0');
	}
}

/* A password that SASLprep forbids is told before anything goes out. */
static void
test_saslprep(void **state)
{
	struct sasl_login login = login_of("SCRAM-SHA-1");
	struct err e = {0};
	struct buf out;
	struct sasl *s;

	(void)state;
	login.user = S("u\x07");
	s = begin(&login);
	buf_init(&out, 1024);
	assert_int_equal(sasl_step(s, S(""), &out, &e), SASL_FAIL);
	assert_int_equal(e.kind, ERR_USE);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
	sasl_free(s);
}

static void
test_answer_too_long(void **state)
{
	struct sasl_login login = login_of("PLAIN");
	struct sasl *s = begin(&login);
	struct err e = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 10);
	assert_int_equal(sasl_step(s, S(""), &out, &e), SASL_FAIL);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_false(sasl_done(s));
	buf_fini(&out);
	sasl_free(s);
}

static void
test_knows(void **state)
{
	(void)state;
	assert_true(sasl_knows(S("PLAIN")));
	assert_true(sasl_knows(S("login")));
	assert_true(sasl_knows(S("Scram-Sha-256")));
	assert_false(sasl_knows(S("FOO")));
	assert_false(sasl_knows(S("")));
	assert_false(sasl_knows(S("PLAIN PLAIN")));
	assert_true(sasl_client_first(S("PLAIN")));
	assert_false(sasl_client_first(S("login")));
	assert_false(sasl_client_first(S("CRAM-MD5")));
	sasl_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_cram_md5),
	    cmocka_unit_test(test_external_anonymous),
	    cmocka_unit_test(test_mutual),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_saslprep),
	    cmocka_unit_test(test_answer_too_long),
	    cmocka_unit_test(test_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
