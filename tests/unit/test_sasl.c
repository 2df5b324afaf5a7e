/* sasl: mechanisms against known answers, and challenges of hostile servers. */
#include "tests/unit/exchange.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_plain(void **state)
{
	struct sasl_login login = exchange_login("plain");
	struct sasl *s = exchange_begin(&login);

	(void)state;
	assert_false(sasl_done(s));
	exchange_step(s, S(""), SASL_DONE, S("\0tim\0tanstaaftanstaaf"));
	sasl_free(s);
	login.authzid = S("kurt");
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE, S("kurt\0tim\0tanstaaftanstaaf"));
	sasl_free(s);
}

static void
test_login(void **state)
{
	struct sasl_login login = exchange_login("LOGIN");
	struct sasl *s = exchange_begin(&login);
	struct err e = {0};
	struct buf out;

	(void)state;
	exchange_step(s, S("Username:"), SASL_MORE, S("tim"));
	exchange_step(s, S("Password:"), SASL_DONE, S("tanstaaftanstaaf"));
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
	struct sasl_login login = exchange_login("CRAM-MD5");
	struct sasl *s = exchange_begin(&login);

	(void)state;
	exchange_step(s, S("<1896.697170952@postoffice.reston.mci.net>"),
	    SASL_DONE, S("tim b913a602c7eda7a495b4e6e7334d3890"));
	sasl_free(s);
}

static void
test_external_anonymous(void **state)
{
	struct sasl_login login = exchange_login("EXTERNAL");
	struct sasl *s = exchange_begin(&login);

	(void)state;
	exchange_step(s, S(""), SASL_DONE, S("tim"));
	sasl_free(s);
	login.authzid = S("kurt");
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE, S("kurt"));
	sasl_free(s);
	/* Who it is then says the certificate alone. */
	login.user = login.authzid = S("");
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE, S(""));
	sasl_free(s);
	login = exchange_login("ANONYMOUS");
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE, S("tim"));
	sasl_free(s);
}

/* ---- challenges of a hostile server ---- */

/* libntlm would abort, or read beyond the message. */
static void
test_ntlm_challenges(void **state)
{
	static const char head[] = "NTLMSSP\0\2\0\0\0";
	static const struct {
		size_t n, length, at;
		bool good;
	} cases[] = {
	    {48, 0, 48, true},
	    {60, 12, 48, true},
	    {60, 13, 48, false},
	    {60, 0xffff, 48, false},
	    {47, 0, 40, false},
	    {60, 0, 61, false},
	    {4000, 2100, 48, false},
	    {60, 1, 0xffffffff, false},
	    {0, 0, 0, false},
	};
	struct sasl_login login = exchange_login("NTLM");
	char said[4000] = {0};
	struct buf out;
	struct err e;
	struct sasl *s;

	(void)state;
	if (!sasl_knows(S("NTLM")))
		skip();
	buf_init(&out, 8192);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(said, 'x', sizeof(said));
		memcpy(said, head, sizeof(head) - 1);
		for (size_t j = 0; j < 4; j++) {
			said[12 + j] = (char)(cases[i].length >> 8 * j % 16);
			said[16 + j] = (char)(cases[i].at >> 8 * j);
		}
		err_clear(&e);
		buf_clear(&out);
		s = exchange_begin(&login);
		assert_int_equal(sasl_step(s, S(""), &out, &e), SASL_MORE);
		assert_int_equal(sasl_step(s, (struct str){said, cases[i].n},
				     &out, &e) == SASL_FAIL,
		    !cases[i].good);
		assert_int_equal(e.kind, cases[i].good ? ERR_NONE : ERR_PROTO);
		sasl_free(s);
	}
	buf_fini(&out);
}

/* One that speaks first is asked nothing; CRAM-MD5 signs something. */
static void
test_untimely(void **state)
{
	static const struct {
		const char *mech;
		struct str challenge;
	} cases[] = {
	    {"PLAIN", STR("who are you?")},
	    {"SCRAM-SHA-1", STR("r=N,s=QUJD,i=4096")},
	    {"XOAUTH2", STR("{}")},
	    {"CRAM-MD5", STR("")},
	    {"CRAM-MD5", STR("<1\0@x>")},
	    {"DIGEST-MD5", STR("")},
	    {"DIGEST-MD5", STR("nonsense")},
	    {"DIGEST-MD5", STR("realm=\"x\"")},
	};
	struct sasl_login login;
	struct buf out;
	struct err e;
	struct sasl *s;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		login = exchange_login(cases[i].mech);
		s = exchange_begin(&login);
		err_clear(&e);
		assert_int_equal(
		    sasl_step(s, cases[i].challenge, &out, &e), SASL_FAIL);
		assert_int_equal(e.kind, ERR_PROTO);
		assert_int_equal(out.len, 0);
		sasl_free(s);
	}
	buf_fini(&out);
}

/* ---- tokens ---- */

static void
test_oauth(void **state)
{
	struct sasl_login login = exchange_login("OAUTHBEARER");
	struct sasl *s;

	(void)state;
	login.port = 143;
	login.user = S("tim@mail.example.org");
	login.password = S("vF9dft4qmT+~/._-=");
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE,
	    S("n,a=tim@mail.example.org,\1host=mail.example.org\1port=143\1"
	      "auth=Bearer vF9dft4qmT+~/._-=\1\1"));
	sasl_free(s);
	login.authzid = S("k=t");
	login.host = "";
	login.port = 0;
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE,
	    S("n,a=k=3Dt,\1auth=Bearer vF9dft4qmT+~/._-=\1\1"));
	sasl_free(s);
	login.mech = S("XOAUTH2");
	login.authzid = S("");
	s = exchange_begin(&login);
	exchange_step(s, S(""), SASL_DONE,
	    S("user=tim@mail.example.org\1auth=Bearer "
	      "vF9dft4qmT+~/._-=\1\1"));
	sasl_free(s);
}

static const struct {
	struct str json;
	const char *words; /* in the error */
} refusals[] = {
    {STR("{\"status\":\"invalid_token\",\"scope\":\"mail a\","
	 "\"schemes\":\"bearer mac\",\"openid-configuration\":"
	 "\"https://example.org/.well-known\"}"),
	": invalid_token, scope mail a, schemes bearer mac, "
	"openid-configuration https://example.org/.well-known"},
    {STR(" { \"x\" : { \"status\" : \"no\", \"y\": [1,{}] } , \"status\" "
	 ": 401 } "),
	": 401"},
    /* As RFC 6750 3 names them, and servers that go by it. */
    {STR("{\"error\":\"invalid_token\",\"error_description\":"
	 "\"The token expired\",\"status\":\"\"}"),
	": invalid_token, The token expired"},
    {STR("{\"status\":\"a\\u00e9\\\"\\n\\/\"}"), ": a\xc3\xa9\" /"},
    {STR("{\"status\":\"\\u001b[2J\"}"), ": ^[[2J"},
    {STR("{\"status\":\"\\ud83d\\u0000\"}"), ": \xef\xbf\xbd"},
    {STR("{\"status\":{\"status\":\"deep\"}}"), "does not say why"},
    {STR("{\"status\":\"no end"), "does not say why"},
    {STR("{\"status\":\"\\u12"), "does not say why"},
    {STR("{\"status\":\"\\"), "does not say why"},
    {STR("{\"status\":\"\\x\"}"), "does not say why"},
    {STR("{\"status\""), "does not say why"},
    {STR("{\"status\":"), "does not say why"},
    {STR("{\"a\":]}"), "does not say why"},
    {STR("{\"a\":[[[[[[[[[\"]\"]"), "does not say why"},
    {STR("{}"), "does not say why"},
    {STR("[]"), "does not say why"},
    {STR(""), "does not say why"},
    {STR("\0\0"), "does not say why"},
    {STR("not JSON"), "does not say why"},
};

/* RFC 7628 3.2.2, 3.2.3: why in JSON, and a dummy for an answer. */
static void
test_oauth_refused(void **state)
{
	static const char *const names[] = {"OAUTHBEARER", "XOAUTH2"};
	struct sasl_login login;
	struct buf out;
	struct err e;
	struct sasl *s;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < 2 * sizeof(refusals) / sizeof(*refusals); i++) {
		login = exchange_login(names[i % 2]);
		s = exchange_begin(&login);
		err_clear(&e);
		assert_int_equal(sasl_step(s, S(""), &out, &e), SASL_DONE);
		buf_clear(&out);
		assert_int_equal(
		    sasl_step(s, refusals[i / 2].json, &out, &e), SASL_REFUSED);
		assert_true(
		    str_eq(buf_str(&out), i % 2 == 0 ? S("\1") : S("")));
		assert_int_equal(e.kind, ERR_AUTH);
		if (strstr(e.msg, refusals[i / 2].words) == NULL)
			print_error("%s\n", e.msg);
		assert_non_null(strstr(e.msg, refusals[i / 2].words));
		/* A success behind that would be none. */
		assert_false(sasl_done(s));
		err_clear(&e);
		assert_int_equal(sasl_step(s, S("{}"), &out, &e), SASL_FAIL);
		sasl_free(s);
	}
	buf_fini(&out);
}

/* Values of any length, and brackets of any depth, cost nothing. */
static void
test_oauth_endless(void **state)
{
	static const char *const begins[] = {
	    "{\"status\":\"", "{\"x\":[", "{\""};
	static const char fill[] = {'a', '[', 'k'};
	struct sasl_login login;
	struct buf json, out;
	struct err e;
	struct sasl *s;

	(void)state;
	buf_init(&json, 1 << 20);
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(fill); i++) {
		buf_clear(&json);
		(void)buf_addz(&json, begins[i]);
		memset(buf_room(&json, 60000), fill[i], 60000);
		buf_grew(&json, 60000);
		if (i == 0)
			(void)buf_addz(&json, "\"}");
		login = exchange_login("OAUTHBEARER");
		s = exchange_begin(&login);
		err_clear(&e);
		(void)sasl_step(s, S(""), &out, &e);
		assert_int_equal(
		    sasl_step(s, buf_str(&json), &out, &e), SASL_REFUSED);
		assert_non_null(
		    strstr(e.msg, i == 0 ? ": aaaaaaaaaaaa" : "not say why"));
		sasl_free(s);
	}
	buf_fini(&json);
	buf_fini(&out);
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
	    {"OAUTHBEARER", STR("u"), STR(""), STR(""), ERR_USE},
	    {"OAUTHBEARER", STR("u"), STR(""), STR("to ken"), ERR_USE},
	    {"XOAUTH2", STR("u"), STR(""), STR("t\1ken"), ERR_USE},
	    {"XOAUTH2", STR("u\1auth=x"), STR(""), STR("token"), ERR_USE},
	    {"SCRAM-SHA-1", STR(""), STR(""), STR("p"), ERR_USE},
	    {"SCRAM-SHA-1", STR("u\x07"), STR(""), STR("p"), ERR_USE},
	    {"SCRAM-SHA-1", STR("\xff"), STR(""), STR("p"), ERR_USE},
	    {"SCRAM-SHA-1-PLUS", STR("u"), STR(""), STR("p"), ERR_AUTH},
	    /* What cannot say who to be must not log in as somebody else. */
	    {"LOGIN", STR("u"), STR("boss"), STR("p"), ERR_USE},
	    {"CRAM-MD5", STR("u"), STR("boss"), STR("p"), ERR_USE},
	    {"NTLM", STR("u"), STR("boss"), STR("p"), ERR_USE},
	    {"ANONYMOUS", STR("u"), STR("boss"), STR(""), ERR_USE},
	    {"XOAUTH2", STR("u"), STR("boss"), STR("t"), ERR_USE},
	};
	struct sasl_login login;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		login = exchange_login(bad[i].mech);
		login.user = bad[i].user;
		login.authzid = bad[i].authzid;
		login.password = bad[i].password;
		err_clear(&e);
		assert_null(sasl_new(&login, &e));
		assert_int_equal(e.kind, bad[i].kind);
		assert_true(*e.msg != '\0');
	}
}

/* A password that SASLprep forbids is told before anything of it goes out; one
 * that is newer than SASLprep is none. */
static void
test_saslprep(void **state)
{
	static const struct {
		const char *mech;
		struct str challenge, password;
		bool good;
	} cases[] = {
	    {"SCRAM-SHA-1", STR("r=Nx,s=QUJD,i=4096"), STR("p\x07"), false},
	    {"SCRAM-SHA-1", STR("r=Nx,s=QUJD,i=4096"), STR("\xff"), false},
	    {"SCRAM-SHA-1", STR("r=Nx,s=QUJD,i=4096"), STR(""), false},
	    {"SCRAM-SHA-1", STR("r=Nx,s=QUJD,i=4096"), STR("\xc2\xad"), false},
	    {"SCRAM-SHA-1", STR("r=Nx,s=QUJD,i=4096"), STR("\xf0\x9f\x94\x91"),
		true},
	    {"CRAM-MD5", STR("<1@x>"), STR("p\x07"), false},
	};
	struct sasl_login login;
	struct err e;
	struct buf out;
	struct sasl *s;

	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		login = exchange_login(cases[i].mech);
		login.password = cases[i].password;
		login.nonce = "N";
		s = exchange_begin(&login);
		err_clear(&e);
		if (sasl_client_first(login.mech))
			(void)sasl_step(s, S(""), &out, &e);
		buf_clear(&out);
		assert_int_equal(
		    sasl_step(s, cases[i].challenge, &out, &e) == SASL_FAIL,
		    !cases[i].good);
		assert_int_equal(e.kind, cases[i].good ? ERR_NONE : ERR_USE);
		assert_int_equal(out.len > 0, cases[i].good);
		sasl_free(s);
	}
	buf_fini(&out);
}

static void
test_answer_too_long(void **state)
{
	struct sasl_login login = exchange_login("PLAIN");
	struct sasl *s = exchange_begin(&login);
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
	    cmocka_unit_test(test_ntlm_challenges),
	    cmocka_unit_test(test_untimely),
	    cmocka_unit_test(test_oauth),
	    cmocka_unit_test(test_oauth_refused),
	    cmocka_unit_test(test_oauth_endless),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_saslprep),
	    cmocka_unit_test(test_answer_too_long),
	    cmocka_unit_test(test_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
