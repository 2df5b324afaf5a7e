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
	step(s, S(""), SASL_DONE, S("tim"));
	sasl_free(s);
	login.authzid = S("kurt");
	s = begin(&login);
	step(s, S(""), SASL_DONE, S("kurt"));
	sasl_free(s);
	/* Who it is then says the certificate alone. */
	login.user = login.authzid = S("");
	s = begin(&login);
	step(s, S(""), SASL_DONE, S(""));
	sasl_free(s);
	login = login_of("ANONYMOUS");
	s = begin(&login);
	step(s, S(""), SASL_DONE, S("tim"));
	sasl_free(s);
}

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
		login = login_of(said[i].mech);
		login.user = S("user");
		login.password = S("pencil");
		login.nonce = said[i].nonce;
		s = begin(&login);
		step(s, S(""), SASL_MORE, str_z(said[i].client));
		step(s, str_z(said[i].server), SASL_MORE, str_z(said[i].proof));
		step(s, str_z(said[i].signature), SASL_DONE, S(""));
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
		login = login_of(cases[i].mech);
		login.user = cases[i].user;
		login.authzid = cases[i].authzid;
		login.nonce = "N";
		login.binding = (struct sasl_binding){
		    cases[i].binding, S("xyz"), cases[i].offered};
		s = begin(&login);
		step(s, S(""), SASL_MORE, cases[i].first);
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
		login = login_of(proofs[i / 2].mech);
		server_binding = NULL;
		if (sasl_binds(login.mech)) {
			login.binding = (struct sasl_binding){
			    "tls-exporter", S("0123456789"), true};
			server_binding = "MDEyMzQ1Njc4OQ==";
		}
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

/* One exchange of SCRAM with libgsasl's server; the client's last step, or
 * SASL_REFUSED if the server had enough. */
static enum sasl_step
bind_with(const char *mech, const char *data, bool offered, const char *has)
{
	struct sasl_login login = login_of(mech);
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
	s = begin(&login);
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
		login = login_of("SCRAM-SHA-256");
		login.nonce = "N";
		s = begin(&login);
		step(s, S(""), SASL_MORE, S("n,,n=tim,r=N"));
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
		login = login_of("SCRAM-SHA-1");
		login.nonce = "N";
		s = begin(&login);
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
	struct sasl_login login = login_of("NTLM");
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
		s = begin(&login);
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
		login = login_of(cases[i].mech);
		s = begin(&login);
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
	struct sasl_login login = login_of("OAUTHBEARER");
	struct sasl *s;

	(void)state;
	login.port = 143;
	login.user = S("tim@mail.example.org");
	login.password = S("vF9dft4qmT+~/._-=");
	s = begin(&login);
	step(s, S(""), SASL_DONE,
	    S("n,a=tim@mail.example.org,\1host=mail.example.org\1port=143\1"
	      "auth=Bearer vF9dft4qmT+~/._-=\1\1"));
	sasl_free(s);
	login.authzid = S("k=t");
	login.host = "";
	login.port = 0;
	s = begin(&login);
	step(s, S(""), SASL_DONE,
	    S("n,a=k=3Dt,\1auth=Bearer vF9dft4qmT+~/._-=\1\1"));
	sasl_free(s);
	login.mech = S("XOAUTH2");
	login.authzid = S("");
	s = begin(&login);
	step(s, S(""), SASL_DONE,
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
		login = login_of(names[i % 2]);
		s = begin(&login);
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
		login = login_of("OAUTHBEARER");
		s = begin(&login);
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
		login = login_of(cases[i].mech);
		login.password = cases[i].password;
		login.nonce = "N";
		s = begin(&login);
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
	    cmocka_unit_test(test_scram),
	    cmocka_unit_test(test_scram_header),
	    cmocka_unit_test(test_mutual),
	    cmocka_unit_test(test_binding),
	    cmocka_unit_test(test_scram_challenges),
	    cmocka_unit_test(test_scram_finals),
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
