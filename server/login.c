/* login: the server's side of SASL exchanges, over libgsasl. */
#include "server/login.h"
#include "base/base64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/gsasl.h"
#include "net/tls.h"

#include <stdlib.h>

/* What is offered, in the order in which it is.  The client speaks first in
 * those so marked: without an initial response they begin with an empty
 * challenge (RFC 4422 3). */
static const struct mechanism {
	const char *name;
	bool client_first;
	bool initial;  /* it may have an initial response */
	bool computes; /* with the password, which must be there in clear */
	bool binds;    /* to TLS */
} mechanisms[] = {
    {"PLAIN", true, true, false, false},
    /* No RFC has it, and some clients answer its first question unasked. */
    {"LOGIN", false, true, false, false},
    {"CRAM-MD5", false, false, true, false},
    {"SCRAM-SHA-256", true, true, true, false},
    {"SCRAM-SHA-256-PLUS", true, true, true, true},
};
enum { MECHANISMS = sizeof(mechanisms) / sizeof(*mechanisms) };

/* SCRAM's iterations: the least of RFC 7677 4. */
static const char iterations[] = "4096";

struct login {
	struct users *us;
	const struct mechanism *mech;
	const char *service, *host;
	const struct stream *stream;
	Gsasl_session *session;
	struct user *user;
	unsigned lines;
	bool begun; /* an answer has come */
	bool over;  /* nothing but an empty line is due */
};

static struct user *
user_of(struct login *l, Gsasl_session *session)
{
	const char *name = gsl.gsasl_property_fast(session, GSASL_AUTHID);

	l->user = name != NULL ? users_find_login(l->us, str_z(name)) : NULL;
	return l->user;
}

/* A user is himself and nobody else. */
static bool
may_act(const struct login *l, Gsasl_session *session)
{
	const char *as = gsl.gsasl_property_fast(session, GSASL_AUTHZID);

	return as == NULL || *as == '\0' ||
	       (l->user != NULL &&
		   users_find_login(l->us, str_z(as)) == l->user);
}

static int
validate(struct login *l, Gsasl_session *session)
{
	const char *password = gsl.gsasl_property_fast(session, GSASL_PASSWORD);
	const struct user *u = user_of(l, session);

	return user_check(u, str_z(password)) && may_act(l, session)
		   ? GSASL_OK
		   : GSASL_AUTHENTICATION_ERROR;
}

static int
give_password(struct login *l, Gsasl_session *session)
{
	const struct user *u = user_of(l, session);
	const char *password = u != NULL ? user_password(u) : NULL;

	if (password == NULL || !may_act(l, session))
		return GSASL_NO_PASSWORD;
	return gsl.gsasl_property_set(session, GSASL_PASSWORD, password);
}

/* Also without -PLUS: a client that says "y" has been told that there is none
 * (RFC 5802 6), and libgsasl refuses it. */
static int
give_binding(
    const struct login *l, Gsasl_session *session, enum tls_binding type)
{
	Gsasl_property prop =
	    type == TLS_UNIQUE ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER;
	struct buf data, coded;
	int rc = GSASL_NO_CALLBACK;

	buf_init(&data, 256);
	buf_init(&coded, 512);
	if (l->stream != NULL &&
	    tls_channel_binding(l->stream, type, &data) == 0 &&
	    base64_encode(&coded, buf_str(&data)) == 0)
		rc = gsl.gsasl_property_set(session, prop, buf_cstr(&coded));
	buf_fini(&data);
	buf_fini(&coded);
	return rc;
}

static int
provide(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	struct login *l = gsl.gsasl_session_hook_get(session);

	(void)ctx;
	switch ((int)prop) {
	case GSASL_VALIDATE_SIMPLE:
		return validate(l, session);
	case GSASL_PASSWORD:
		return give_password(l, session);
	case GSASL_SCRAM_ITER:
		return gsl.gsasl_property_set(session, prop, iterations);
	case GSASL_CB_TLS_EXPORTER:
		return give_binding(l, session, TLS_EXPORTER);
	case GSASL_CB_TLS_UNIQUE:
		return give_binding(l, session, TLS_UNIQUE);
	case GSASL_SERVICE:
		return gsl.gsasl_property_set(session, prop, l->service);
	case GSASL_HOSTNAME:
		return gsl.gsasl_property_set(session, prop, l->host);
	default:
		return GSASL_NO_CALLBACK;
	}
}

static Gsasl *
library(void)
{
	static Gsasl *ctx;

	return gsasl_library(&ctx, provide);
}

static const struct mechanism *
find(struct str name)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (str_eqcase(str_z(mechanisms[i].name), name))
			return &mechanisms[i];
	return NULL;
}

bool
login_knows(struct str mech)
{
	return find(mech) != NULL;
}

bool
login_fits(struct str mech, struct users *us, bool tls)
{
	const struct mechanism *m = find(mech);

	return (tls || !m->binds) && (!m->computes || users_have_passwords(us));
}

const char *
login_mechanism(size_t i)
{
	return i < MECHANISMS ? mechanisms[i].name : NULL;
}

struct login *
login_new(struct users *us, struct str mech, const char *service,
    const char *host, const struct stream *stream)
{
	struct login *l = mem_zalloc(sizeof(*l));

	l->us = us;
	l->mech = find(mech);
	l->service = service;
	l->host = host;
	l->stream = stream;
	if (library() != NULL && gsl.gsasl_server_start(library(),
				     l->mech->name, &l->session) == GSASL_OK)
		gsl.gsasl_session_hook_set(l->session, l);
	return l;
}

void
login_free(struct login *l)
{
	if (l == NULL)
		return;
	gsasl_end(l->session);
	free(l);
}

/* A decoded answer; with its challenge in base64. */
static enum login_step
advance(struct login *l, struct str answer, struct buf *challenge)
{
	char *out = NULL;
	size_t n = 0;
	int rc;

	if (l->session == NULL)
		return LOGIN_FAILED;
	rc = gsl.gsasl_step(l->session, answer.p, answer.n, &out, &n);
	if ((rc == GSASL_OK || rc == GSASL_NEEDS_MORE) &&
	    base64_encode(challenge, (struct str){out, n}) < 0)
		rc = GSASL_MALLOC_ERROR;
	gsl.gsasl_free(out);
	if (rc == GSASL_NEEDS_MORE)
		return LOGIN_MORE;
	if (rc != GSASL_OK || l->user == NULL)
		return LOGIN_FAILED;
	/* None of our protocols has room for additional data in the success
	 * (RFC 4422 5): it goes out as a challenge, to be answered by an
	 * empty line. */
	l->over = n > 0;
	return l->over ? LOGIN_MORE : LOGIN_DONE;
}

enum login_step
login_begin(struct login *l, const struct str *initial, struct buf *challenge)
{
	if (initial == NULL && l->mech->client_first)
		return LOGIN_MORE;
	/* RFC 4954 4, RFC 5034 4, RFC 9051 6.2.2. */
	if (initial != NULL && !l->mech->initial)
		return LOGIN_BROKEN;
	if (!l->mech->client_first) {
		enum login_step step = advance(l, S(""), challenge);

		if (initial == NULL || step != LOGIN_MORE)
			return step;
		buf_clear(challenge);
	}
	return login_line(
	    l, str_eq(*initial, S("=")) ? S("") : *initial, challenge);
}

enum login_step
login_line(struct login *l, struct str line, struct buf *challenge)
{
	enum login_step step = LOGIN_BROKEN;
	struct buf answer;

	if (str_eq(line, S("*")))
		return LOGIN_CANCELLED;
	if (++l->lines > limits.challenges)
		return LOGIN_BROKEN;
	if (l->over)
		return line.n == 0 ? LOGIN_DONE : LOGIN_BROKEN;
	buf_init(&answer, line.n + 1);
	answer.secret = true;
	/* libgsasl would ask again where the client has said nothing. */
	if (l->mech->client_first && !l->begun && line.n == 0)
		step = LOGIN_FAILED;
	else if (base64_decode(&answer, line) == 0)
		step = advance(l, buf_str(&answer), challenge);
	l->begun = true;
	buf_fini(&answer);
	return step;
}

struct user *
login_user(const struct login *l)
{
	return l->user;
}
