/* sasl: the mechanisms, and those that are libgsasl's. */
#include "base/text.h"
#include "proto/sasl_inner.h"

/* ---- challenges that libgsasl must not see ---- */

static unsigned
little_endian(const char *p, size_t n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

/*
 * NTLM's second message ([MS-NLMP] 2.2.1.2).  libntlm reads the name of the
 * domain from where the message says it is, and aborts if it is long.
 */
static int
check_ntlm(struct str s, const char *mech, struct err *e)
{
	enum { HEADER = 48, DOMAIN_MAX = 1000 };
	size_t length, at;

	if (s.n >= HEADER && str_starts(s, S("NTLMSSP\0\2\0\0\0"))) {
		length = little_endian(s.p + 12, 2);
		at = little_endian(s.p + 16, 4);
		if (length <= DOMAIN_MAX && at <= s.n && length <= s.n - at)
			return 0;
	}
	return err_set(e, ERR_PROTO,
	    "%s: a challenge of the server is none of this mechanism", mech);
}

/* RFC 2195 2, RFC 2831 2.1.1, 2.1.3: the server says something. */
static int
check_text(struct str s, const char *mech, struct err *e)
{
	if (s.n > 0 && memchr(s.p, '\0', s.n) == NULL)
		return 0;
	return err_set(e, ERR_PROTO,
	    "%s: a challenge of the server is none of this mechanism", mech);
}

/* ---- the mechanisms ---- */

#define SCRAM(name, hash, plus)                                                \
	{                                                                      \
		name, .own = &sasl_scram, .digest = (hash), .binds = (plus),   \
		      .mutual = true, .proof = ",p="                           \
	}

/* RFC 4616, 2195, 2831, 5802, 7677, 4422 A, 4505, 4752, 5801, 7628; LOGIN,
 * NTLM and XOAUTH2 have no RFC. */
static const struct sasl_mech mechs[] = {
    SCRAM("SCRAM-SHA-512-PLUS", "SHA512", true),
    SCRAM("SCRAM-SHA-256-PLUS", "SHA256", true),
    SCRAM("SCRAM-SHA-1-PLUS", "SHA1", true),
    SCRAM("SCRAM-SHA-512", "SHA512", false),
    SCRAM("SCRAM-SHA-256", "SHA256", false),
    SCRAM("SCRAM-SHA-1", "SHA1", false),
    {"PLAIN", .shows = true},
    {"LOGIN", .shows = true, .server_first = true, .alone = true},
    {"DIGEST-MD5", .server_first = true, .mutual = true,
	.proof = "response=", .check = check_text},
    {"CRAM-MD5", .server_first = true, .alone = true, .proof = " ",
	.check = check_text},
    {"OAUTHBEARER", .own = &sasl_oauthbearer, .secret = SASL_TOKEN,
	.shows = true},
    {"XOAUTH2", .own = &sasl_xoauth2, .secret = SASL_TOKEN, .shows = true,
	.alone = true},
    {"EXTERNAL", .secret = SASL_NO_SECRET},
    {"ANONYMOUS", .secret = SASL_NO_SECRET, .alone = true},
    {"GSSAPI", .secret = SASL_NO_SECRET, .mutual = true, .proof = ""},
    {"GS2-KRB5", .secret = SASL_NO_SECRET, .mutual = true, .proof = ""},
    {"NTLM", .alone = true, .proof = "", .check = check_ntlm},
};
enum { MECHS = sizeof(mechs) / sizeof(*mechs) };

static const struct sasl_mech *
find(struct str name)
{
	for (size_t i = 0; i < MECHS; i++)
		if (str_eqcase(str_z(mechs[i].name), name))
			return &mechs[i];
	return NULL;
}

const char *
sasl_mechanism(size_t i)
{
	return i < MECHS ? mechs[i].name : NULL;
}

bool
sasl_binds(struct str mech)
{
	const struct sasl_mech *m = find(mech);

	return m != NULL && m->binds;
}

bool
sasl_client_first(struct str mech)
{
	const struct sasl_mech *m = find(mech);

	return m == NULL || !m->server_first;
}

enum sasl_secret
sasl_secret(struct str mech)
{
	const struct sasl_mech *m = find(mech);

	return m != NULL ? m->secret : SASL_PASSWORD;
}

bool
sasl_shows_secret(struct str mech)
{
	const struct sasl_mech *m = find(mech);

	return m == NULL || m->shows;
}

bool
sasl_says_authzid(struct str mech)
{
	const struct sasl_mech *m = find(mech);

	return m != NULL && !m->alone;
}

void
sasl_put_name(struct buf *out, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == ',')
			(void)buf_addz(out, "=2C");
		else if (name.p[i] == '=')
			(void)buf_addz(out, "=3D");
		else
			(void)buf_addc(out, name.p[i]);
	}
}

/* ---- libgsasl ---- */

/* What libgsasl asks for, as it needs it: nothing is handed over in vain. */
static int
provide(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	const struct sasl *s = gsl.gsasl_session_hook_get(session);
	/* Without a password, who logs in is known otherwise, and the user is
	 * who he wants to be (RFC 4422 A, RFC 4752 3.1). */
	const char *as =
	    *s->authzid == '\0' && s->mech->secret == SASL_NO_SECRET
		? s->user
		: s->authzid;
	const struct {
		Gsasl_property prop;
		const char *value;
	} have[] = {
	    {GSASL_AUTHID, s->user},
	    {GSASL_PASSWORD, s->password},
	    {GSASL_AUTHZID, *as != '\0' ? as : NULL},
	    {GSASL_ANONYMOUS_TOKEN, s->user},
	    {GSASL_SERVICE, s->service},
	    {GSASL_HOSTNAME, s->host},
	};
	size_t i;

	(void)ctx;
	for (i = 0; i < sizeof(have) / sizeof(*have); i++)
		if (have[i].prop == prop && have[i].value != NULL)
			return gsl.gsasl_property_set(
			    session, prop, have[i].value);
	return GSASL_NO_CALLBACK;
}

static Gsasl *
library(void)
{
	static Gsasl *ctx;

	return gsasl_library(&ctx, provide);
}

bool
sasl_knows(struct str mech)
{
	const struct sasl_mech *m = find(mech);

	if (m == NULL || m->own != NULL)
		return m != NULL;
	return library() != NULL &&
	       gsl.gsasl_client_support_p(library(), m->name) == 1;
}

/* ---- an exchange ---- */

/*
 * SASLprep allows controls neither in names nor in passwords (RFC 4013 2.3),
 * and NUL is no mechanism's to carry: a file's last line end is the likely
 * cause, and better told here than by a server as a wrong password.
 */
static int
check(const struct sasl_login *login, struct err *e)
{
	if (!sasl_knows(login->mech))
		return err_set(e, ERR_AUTH, "no mechanism \"%.*s\" here",
		    STRF(login->mech));
	if (login->authzid.n > 0 && !sasl_says_authzid(login->mech))
		return err_set(e, ERR_USE,
		    "%.*s cannot say who to be (authzid); PLAIN and SCRAM can",
		    STRF(login->mech));
	if (str_has_eol(login->user) || str_has_eol(login->authzid))
		return err_set(e, ERR_USE, "CR, LF or NUL in a user name");
	if (str_has_eol(login->password))
		return err_set(e, ERR_USE, "CR, LF or NUL in the password");
	return 0;
}

static char *
copy(struct str s)
{
	return str_copy(mem_zalloc(s.n + 1), s.n + 1, s);
}

struct sasl *
sasl_new(const struct sasl_login *login, struct err *e)
{
	struct sasl *s;
	int rc;

	if (check(login, e) < 0)
		return NULL;
	s = mem_zalloc(sizeof(*s));
	s->mech = find(login->mech);
	s->user = copy(login->user);
	s->authzid = copy(login->authzid);
	s->password = copy(login->password);
	s->service = copy(str_z(login->service));
	s->host = copy(str_z(login->host));
	s->port = login->port;
	if (s->mech->own != NULL) {
		rc = s->mech->own->begin(s, login, e);
	} else {
		rc = gsl.gsasl_client_start(
		    library(), s->mech->name, &s->session);
		if (rc != GSASL_OK)
			err_set(e, ERR_AUTH, "%s: %s", s->mech->name,
			    gsl.gsasl_strerror(rc));
		else
			gsl.gsasl_session_hook_set(s->session, s);
	}
	if (rc == 0)
		return s;
	sasl_free(s);
	return NULL;
}

void
sasl_free(struct sasl *s)
{
	if (s == NULL)
		return;
	gsasl_end(s->session);
	if (s->own != NULL)
		s->mech->own->end(s);
	mem_free_secret(s->password);
	free(s->user);
	free(s->authzid);
	free(s->service);
	free(s->host);
	free(s);
}

/* Whose fault it is: something is missing or unfit here, the server does not
 * keep to the mechanism, or does not prove itself. */
static enum err_kind
kind_of(int rc)
{
	if (rc == GSASL_SASLPREP_ERROR ||
	    (rc >= GSASL_NO_CALLBACK && rc <= GSASL_NO_HOSTNAME))
		return ERR_USE;
	if (rc == GSASL_MECHANISM_PARSE_ERROR || rc == GSASL_BASE64_ERROR)
		return ERR_PROTO;
	return ERR_AUTH;
}

/* libgsasl's error, in words of ours where there are better ones. */
static int
library_failed(const struct sasl *s, int rc, struct err *e)
{
	enum err_kind kind = kind_of(rc);

	if (rc == GSASL_SASLPREP_ERROR)
		return err_set(e, kind,
		    "%s: the user name or the password holds characters that "
		    "the mechanism cannot carry (RFC 4013)",
		    s->mech->name);
	if (kind == ERR_PROTO)
		return err_set(e, kind,
		    "%s: a challenge of the server is none of this mechanism",
		    s->mech->name);
	if (rc == GSASL_AUTHENTICATION_ERROR && s->mech->mutual && s->steps > 0)
		return err_set(e, kind,
		    "%s: the server does not prove who it is: it may be "
		    "another than it says",
		    s->mech->name);
	if (rc == GSASL_GSSAPI_INIT_SEC_CONTEXT_ERROR ||
	    rc == GSASL_GSSAPI_ACQUIRE_CRED_ERROR)
		return err_set(e, kind,
		    "%s: there is no Kerberos ticket for this server; kinit "
		    "gets one",
		    s->mech->name);
	return err_set(
	    e, kind, "%s: %s", s->mech->name, gsl.gsasl_strerror(rc));
}

static enum sasl_step
library_step(
    struct sasl *s, struct str challenge, struct buf *out, struct err *e)
{
	char *answer = NULL;
	size_t n = 0;
	int rc, bad = 0;

	if (s->mech->check != NULL && (s->mech->server_first || s->steps > 0) &&
	    s->mech->check(challenge, s->mech->name, e) < 0)
		return SASL_FAIL;
	rc = gsl.gsasl_step(s->session, challenge.p, challenge.n, &answer, &n);
	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		bad = library_failed(s, rc, e);
	else if (n > 0 && buf_add(out, (struct str){answer, n}) < 0)
		bad = err_set(
		    e, ERR_LIMIT, "%s: the answer is too long", s->mech->name);
	if (answer != NULL) {
		mem_wipe(answer, n);
		gsl.gsasl_free(answer);
	}
	if (bad < 0)
		return SASL_FAIL;
	return rc == GSASL_OK ? SASL_DONE : SASL_MORE;
}

enum sasl_step
sasl_step(struct sasl *s, struct str challenge, struct buf *out, struct err *e)
{
	enum sasl_step got;

	/* The two with a token are told why they failed behind their end. */
	if (s->done && s->mech->secret != SASL_TOKEN) {
		s->done = false;
		err_set(e, ERR_AUTH,
		    "%s: the server asks for more than there is",
		    s->mech->name);
		return SASL_FAIL;
	}
	if (s->steps == 0 && !s->mech->server_first && challenge.n > 0) {
		err_set(e, ERR_PROTO,
		    "%s: the server asks before the client has spoken",
		    s->mech->name);
		return SASL_FAIL;
	}
	if (s->mech->own != NULL)
		got = s->mech->own->step(s, challenge, out, e);
	else
		got = library_step(s, challenge, out, e);
	s->steps++;
	s->done = got == SASL_DONE;
	return got;
}

/* How much of the answer comes before its proof. */
static size_t
proof_at(const struct sasl *s, struct str answer)
{
	struct str before = str_z(s->mech->proof);
	size_t n = answer.n;

	if (s->mech->proof == NULL)
		return answer.n;
	if (before.n == 0)
		return 0;
	while (n >= before.n && !str_ends(str_head(answer, n), before))
		n--;
	return n >= before.n ? n : answer.n;
}

void
sasl_mask(const struct sasl *s, struct str answer, struct buf *out)
{
	struct str password = str_z(s->password);
	size_t end = proof_at(s, answer), i = 0;

	while (i < end) {
		if (password.n > 0 &&
		    str_starts(str_skip(answer, i), password)) {
			(void)buf_addz(out, "<secret>");
			i += password.n;
		} else {
			(void)buf_addc(out, answer.p[i++]);
		}
	}
	if (end < answer.n)
		(void)buf_addz(out, "<secret>");
}

int
sasl_early(const struct sasl *s, struct err *e)
{
	/* Whether our proof is out, and its own is due. */
	unsigned begun = s->mech->server_first ? 0 : 1;

	return err_set(e, ERR_AUTH,
	    s->mech->mutual && s->steps > begun
		? N_("%s: the server claims success without proving who it is")
		: N_("%s: the server claims success before the login is over"),
	    s->mech->name);
}

bool
sasl_done(const struct sasl *s)
{
	return s->done;
}
