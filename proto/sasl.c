/* sasl: the client side of SASL exchanges, over libgsasl. */
#include "proto/sasl.h"
#include "base/mem.h"
#include "net/gsasl.h"
#include "proto/verb.h"

#include <stdlib.h>

enum { MECH = GSASL_MAX_MECHANISM_SIZE + 1 };

struct sasl {
	Gsasl_session *session;
	char mech[MECH];
	char *user, *authzid, *password, *service, *host;
	bool done;
};

/* What libgsasl asks for, as it needs it: nothing is handed over in vain. */
static int
provide(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	const struct sasl *s = gsasl_session_hook_get(session);
	const struct {
		Gsasl_property prop;
		const char *value;
	} have[] = {
	    {GSASL_AUTHID, s->user},
	    {GSASL_PASSWORD, s->password},
	    {GSASL_AUTHZID, *s->authzid != '\0' ? s->authzid : NULL},
	    {GSASL_ANONYMOUS_TOKEN, s->user},
	    {GSASL_SERVICE, s->service},
	    {GSASL_HOSTNAME, s->host},
	};
	size_t i;

	(void)ctx;
	for (i = 0; i < sizeof(have) / sizeof(*have); i++)
		if (have[i].prop == prop && have[i].value != NULL)
			return gsasl_property_set(session, prop, have[i].value);
	return GSASL_NO_CALLBACK;
}

static Gsasl *
library(void)
{
	static Gsasl *ctx;

	return gsasl_library(&ctx, provide);
}

/* The name as libgsasl has it; "" if it is too long for one. */
static void
canonical(char name[MECH], struct str mech)
{
	size_t i;

	str_copy(name, MECH, mech.n < MECH ? mech : S(""));
	for (i = 0; name[i] != '\0'; i++)
		name[i] = ascii_upper(name[i]);
}

bool
sasl_knows(struct str mech)
{
	char name[MECH];

	canonical(name, mech);
	return *name != '\0' && library() != NULL &&
	       gsasl_client_support_p(library(), name) == 1;
}

bool
sasl_client_first(struct str mech)
{
	return !verb_word_in(
	    "CRAM-MD5 DIGEST-MD5 KERBEROS_V4 KERBEROS_V5 LOGIN", mech);
}

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
	canonical(s->mech, login->mech);
	s->user = copy(login->user);
	s->authzid = copy(login->authzid);
	s->password = copy(login->password);
	s->service = copy(str_z(login->service));
	s->host = copy(str_z(login->host));
	rc = gsasl_client_start(library(), s->mech, &s->session);
	if (rc != GSASL_OK) {
		err_set(e, ERR_AUTH, "%s: %s", s->mech, gsasl_strerror(rc));
		sasl_free(s);
		return NULL;
	}
	gsasl_session_hook_set(s->session, s);
	return s;
}

void
sasl_free(struct sasl *s)
{
	if (s == NULL)
		return;
	gsasl_end(s->session);
	mem_free_secret(s->password);
	free(s->user);
	free(s->authzid);
	free(s->service);
	free(s->host);
	free(s);
}

/* Whether it is for the caller to mend: something is missing or unfit. */
static enum err_kind
kind_of(int rc)
{
	if (rc == GSASL_SASLPREP_ERROR ||
	    (rc >= GSASL_NO_CALLBACK && rc <= GSASL_NO_HOSTNAME))
		return ERR_USE;
	return ERR_AUTH;
}

enum sasl_step
sasl_step(struct sasl *s, struct str challenge, struct buf *out, struct err *e)
{
	char *answer = NULL;
	size_t n = 0;
	int rc, bad = 0;

	if (s->done) {
		err_set(e, ERR_AUTH,
		    "%s: the server asks for more than there is", s->mech);
		return SASL_FAIL;
	}
	rc = gsasl_step(s->session, challenge.p, challenge.n, &answer, &n);
	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		bad = err_set(
		    e, kind_of(rc), "%s: %s", s->mech, gsasl_strerror(rc));
	else if (n > 0 && buf_add(out, (struct str){answer, n}) < 0)
		bad = err_set(
		    e, ERR_LIMIT, "%s: the answer is too long", s->mech);
	if (answer != NULL) {
		mem_wipe(answer, n);
		gsasl_free(answer);
	}
	if (bad < 0)
		return SASL_FAIL;
	s->done = rc == GSASL_OK;
	return s->done ? SASL_DONE : SASL_MORE;
}

/* Where in an answer the proof begins: behind the last of these (RFC 2195 2,
 * RFC 2831 2.1.2, RFC 5802 7); NULL: all of it is one. */
static const struct {
	const char *mech, *before;
} proofs[] = {
    {"CRAM-MD5", " "},
    {"DIGEST-MD5", "response="},
    {"SCRAM-", ",p="},
    {"NTLM", NULL},
    {"GSSAPI", NULL},
    {"GS2-", NULL},
};

/* How much of the answer comes before its proof. */
static size_t
proof_at(const struct sasl *s, struct str answer)
{
	for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
		struct str before = str_z(proofs[i].before);
		size_t n = answer.n;

		if (!str_starts(str_z(s->mech), str_z(proofs[i].mech)))
			continue;
		if (proofs[i].before == NULL)
			return 0;
		while (n >= before.n && !str_ends(str_head(answer, n), before))
			n--;
		return n >= before.n ? n : answer.n;
	}
	return answer.n;
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

bool
sasl_done(const struct sasl *s)
{
	return s->done;
}
