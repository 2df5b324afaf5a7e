/* SCRAM: known answers, libgsasl's own server side (of DIGEST-MD5, too), ties
 * to TLS, and hostile servers. */
#include "tests/unit/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gsasl.h>

/* RFC 5802 5, RFC 7677 3. */
static void
test_scram(void **state)
{
	static const struct {
		const char *mech, *nonce, *client, *server, *proof, *signature;
	} said[] = {
	    {"SCRAM-SHA-1", "fyko+d2lbbFgONRv9qkxdawL",
		"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
		"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
		"s=QSXCR+Q6sek8bf92,i=4096",
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
		"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
	    {"SCRAM-SHA-256", "rOprNGfwEbeRWgbNEkqO",
		"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
	};
	struct sasl_login login;
	struct sasl *s;

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		login = exchange_login(said[i].mech);
		login.user = S("user");
		login.password = S("pencil");
		login.nonce = said[i].nonce;
		s = exchange_begin(&login);
		exchange_step(s, S(""), SASL_MORE, str_z(said[i].client));
		exchange_step(
		    s, str_z(said[i].server), SASL_MORE, str_z(said[i].proof));
		exchange_step(s, str_z(said[i].signature), SASL_DONE, S(""));
		sasl_free(s);
	}
}

/* The header of RFC 5802 7: whether we bind, could, or cannot; for whom. */
static void
test_scram_header(void **state)
{
	static const struct {
		const char *mech, *binding;
		bool offered;
		struct str user, authzid, first;
	} cases[] = {
	    {"SCRAM-SHA-256", NULL, false, STR("tim"), STR(""),
		STR("n,,n=tim,r=N")},
	    {"SCRAM-SHA-256", NULL, true, STR("tim"), STR(""),
		STR("n,,n=tim,r=N")},
	    {"SCRAM-SHA-256", "tls-unique", true, STR("tim"), STR(""),
		STR("n,,n=tim,r=N")},
	    {"SCRAM-SHA-256", "tls-unique", false, STR("tim"), STR(""),
		STR("y,,n=tim,r=N")},
	    {"SCRAM-SHA-1-PLUS", "tls-unique", true, STR("tim"), STR("kurt"),
		STR("p=tls-unique,a=kurt,n=tim,r=N")},
	    {"scram-sha-512-plus", "tls-exporter", true, STR("a,b=c"),
		STR("d=,e"), STR("p=tls-exporter,a=d=3D=2Ce,n=a=2Cb=3Dc,r=N")},
	    /* SASLprep (RFC 4013 3): a soft hyphen is nothing. */
	    {"SCRAM-SHA-1", NULL, false, STR("I\xc2\xadX"), STR(""),
		STR("n,,n=IX,r=N")},
	};
	struct sasl_login login;
	struct sasl *s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		login = exchange_login(cases[i].mech);
		login.user = cases[i].user;
		login.authzid = cases[i].authzid;
		login.nonce = "N";
		login.binding = (struct sasl_binding){
		    cases[i].binding, S("xyz"), cases[i].offered};
		s = exchange_begin(&login);
		exchange_step(s, S(""), SASL_MORE, cases[i].first);
		sasl_free(s);
	}
}

/* ---- a server by libgsasl ---- */

static const char *server_binding; /* in base64; NULL: it has none */

static int
server_has(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	(void)ctx;
	if (prop == GSASL_CB_TLS_EXPORTER && server_binding != NULL)
		return gsasl_property_set(session, prop, server_binding);
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
			if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
				last = SASL_REFUSED;
				break;
			}
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
    {"SCRAM-SHA-1-PLUS", true, 2},
    {"SCRAM-SHA-256-PLUS", true, 2},
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
		login = exchange_login(proofs[i / 2].mech);
		server_binding = NULL;
		if (sasl_binds(login.mech)) {
			login.binding = (struct sasl_binding){
			    "tls-exporter", S("0123456789"), true};
			server_binding = "MDEyMzQ1Njc4OQ==";
		}
		assert_int_equal(
		    sasl_client_first(login.mech), proofs[i / 2].client_first);
		s = exchange_begin(&login);
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

/* One exchange of SCRAM with libgsasl's server; the client's last step, or
 * SASL_REFUSED if the server had enough. */
static enum sasl_step
bind_with(const char *mech, const char *data, bool offered, const char *has)
{
	struct sasl_login login = exchange_login(mech);
	Gsasl_session *server;
	enum sasl_step last;
	struct sasl *s;
	Gsasl *ctx;
	bool early;

	if (data != NULL)
		login.binding =
		    (struct sasl_binding){"tls-exporter", str_z(data), offered};
	server_binding = has;
	assert_int_equal(gsasl_init(&ctx), GSASL_OK);
	gsasl_callback_set(ctx, server_has);
	assert_int_equal(gsasl_server_start(ctx, mech, &server), GSASL_OK);
	s = exchange_begin(&login);
	last = talk(s, server, true, 99, &early);
	gsasl_finish(server);
	sasl_free(s);
	gsasl_done(ctx);
	return last;
}

/* RFC 5802 6: two connections of somebody in the middle, and an offer that
 * somebody has changed. */
static void
test_binding(void **state)
{
	(void)state;
	assert_int_equal(
	    bind_with("SCRAM-SHA-256-PLUS", "ABC", true, "QUJD"), SASL_DONE);
	assert_int_equal(
	    bind_with("SCRAM-SHA-256-PLUS", "ABC", true, "QUJE"), SASL_REFUSED);
	/* Stripped: the server has it, and hears "y". */
	assert_int_equal(
	    bind_with("SCRAM-SHA-256", "ABC", false, "QUJD"), SASL_REFUSED);
	assert_int_equal(
	    bind_with("SCRAM-SHA-256", "ABC", false, NULL), SASL_DONE);
	/* By choice, or without TLS of ours: "n". */
	assert_int_equal(
	    bind_with("SCRAM-SHA-256", "ABC", true, "QUJD"), SASL_DONE);
	assert_int_equal(
	    bind_with("SCRAM-SHA-256", NULL, false, "QUJD"), SASL_DONE);
}

/* ---- challenges of a hostile server ---- */

/* What the second step of SCRAM makes of a challenge with nonce "N". */
static void
test_scram_challenges(void **state)
{
	static const struct {
		struct str challenge;
		enum err_kind kind; /* NONE: it is taken */
		const char *words;
	} cases[] = {
	    {STR("r=Nx,s=QUJD,i=4096"), ERR_NONE, NULL},
	    {STR("r=Nx,s=QUJD,i=4096,x=later,y=on"), ERR_NONE, NULL},
	    {STR("r=N,s=QUJD,i=4096"), ERR_AUTH, "nonce"},
	    {STR("r=Mx,s=QUJD,i=4096"), ERR_AUTH, "nonce"},
	    {STR("r=,s=QUJD,i=4096"), ERR_PROTO, "none of this"},
	    {STR("r=N\1,s=QUJD,i=4096"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,i=4096"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=,i=4096"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=!!!!,i=4096"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=QUJ,i=4096"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=QUJD"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=QUJD,i="), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=QUJD,i=0"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=QUJD,i=-1"), ERR_PROTO, "none of this"},
	    {STR("r=Nx,s=QUJD,i=4096x"), ERR_PROTO, "none of this"},
	    {STR("s=QUJD,r=Nx,i=4096"), ERR_PROTO, "none of this"},
	    {STR(""), ERR_PROTO, "none of this"},
	    {STR("\0\0\0"), ERR_PROTO, "none of this"},
	    {STR("m=new,r=Nx,s=QUJD,i=4096"), ERR_AUTH, "extension"},
	    {STR("r=Nx,s=QUJD,i=1"), ERR_AUTH, "must ask for 4096"},
	    {STR("r=Nx,s=QUJD,i=4095"), ERR_AUTH, "must ask for 4096"},
	    {STR("r=Nx,s=QUJD,i=1000001"), ERR_LIMIT, "more than 1000000"},
	    /* libgsasl takes it for 1. */
	    {STR("r=Nx,s=QUJD,i=4294967297"), ERR_LIMIT, "more than"},
	    {STR("r=Nx,s=QUJD,i=99999999999999999999999"), ERR_LIMIT,
		"99999999999999999999999 iterations, more than"},
	    /* Too early for RFC 5802 7, and yet the reason. */
	    {STR("e=unknown-user"), ERR_AUTH, "refuses: unknown-user"},
	    {STR("e=\x1b[2J"), ERR_AUTH, "refuses: ^["},
	};
	struct sasl_login login;
	struct err e;
	struct buf out;
	struct sasl *s;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		login = exchange_login("SCRAM-SHA-256");
		login.nonce = "N";
		s = exchange_begin(&login);
		exchange_step(s, S(""), SASL_MORE, S("n,,n=tim,r=N"));
		err_clear(&e);
		buf_clear(&out);
		assert_int_equal(sasl_step(s, cases[i].challenge, &out, &e),
		    cases[i].kind == ERR_NONE ? SASL_MORE : SASL_FAIL);
		assert_int_equal(e.kind, cases[i].kind);
		if (cases[i].words != NULL) {
			assert_non_null(strstr(e.msg, cases[i].words));
			assert_int_equal(out.len, 0);
		}
		sasl_free(s);
	}
	buf_fini(&out);
}

/* The third step: what the server says of itself. */
static void
test_scram_finals(void **state)
{
	static const struct {
		struct str challenge;
		enum err_kind kind;
		const char *words;
	} cases[] = {
	    {STR(""), ERR_PROTO, "none of this"},
	    {STR("v="), ERR_AUTH, "does not prove who it is"},
	    {STR("v=AAAA"), ERR_AUTH, "does not prove who it is"},
	    {STR("v=!"), ERR_PROTO, "none of this"},
	    {STR("e=invalid-proof"), ERR_AUTH, "refuses: invalid-proof"},
	    {STR("e=\x1b[2J"), ERR_AUTH, "refuses: ^["},
	    {STR("e=channel-bindings-dont-match"), ERR_AUTH, "stand between"},
	    {STR("e=server-does-support-channel-binding"), ERR_AUTH,
		"may have changed"},
	};
	struct sasl_login login;
	struct err e;
	struct buf out;
	struct sasl *s;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		login = exchange_login("SCRAM-SHA-1");
		login.nonce = "N";
		s = exchange_begin(&login);
		err_clear(&e);
		(void)sasl_step(s, S(""), &out, &e);
		(void)sasl_step(s, S("r=Nx,s=QUJD,i=4096"), &out, &e);
		assert_int_equal(e.kind, ERR_NONE);
		assert_int_equal(sasl_early(s, &e), -1);
		assert_non_null(strstr(e.msg, "without proving"));
		err_clear(&e);
		buf_clear(&out);
		assert_int_equal(
		    sasl_step(s, cases[i].challenge, &out, &e), SASL_FAIL);
		assert_int_equal(e.kind, cases[i].kind);
		assert_non_null(strstr(e.msg, cases[i].words));
		assert_false(sasl_done(s));
		sasl_free(s);
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scram),
	    cmocka_unit_test(test_scram_header),
	    cmocka_unit_test(test_mutual),
	    cmocka_unit_test(test_binding),
	    cmocka_unit_test(test_scram_challenges),
	    cmocka_unit_test(test_scram_finals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
