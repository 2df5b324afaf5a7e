/* sasl_scram: SCRAM (RFC 5802, 7677), with and without channel binding. */
#include "base/base64.h"
#include "base/text.h"
#include "net/digest.h"
#include "proto/sasl_inner.h"

enum { NONCE = 18, NONCE_MAX = 64, COUNT_SHOWN = 40 };

struct scram {
	struct buf gs2;	   /* the header, "n,," */
	struct buf bare;   /* client-first-message-bare */
	struct buf bound;  /* the header and the binding: c= */
	struct digest due; /* the signature of the server */
	char nonce[NONCE_MAX];
};

/* What the server says first. */
struct server_first {
	struct str nonce, salt; /* the salt in base64 */
	struct str count;	/* as it was written */
	uint64_t iterations;
};

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
make_nonce(struct scram *m, struct err *e)
{
	char random[NONCE];
	size_t i;

	if (gsl.gsasl_nonce(random, sizeof(random)) != GSASL_OK)
		return err_set(e, ERR_AUTH, "no random numbers to be had");
	/* 6 bits of each octet: 108 bits, of printable characters. */
	for (i = 0; i < sizeof(random); i++)
		m->nonce[i] = digits[(unsigned char)random[i] & 63];
	m->nonce[i] = '\0';
	return 0;
}

/* What is told of a name or a password that RFC 4013 does not let through. */
struct unfit {
	const char *empty, *forbidden;
};
static const struct unfit unfit_user = {N_("the user name is empty"),
    N_("the user name holds characters that SCRAM cannot carry (RFC 4013)")};
static const struct unfit unfit_password = {N_("the password is empty"),
    N_("the password holds characters that SCRAM cannot carry (RFC 4013)")};

/*
 * RFC 4013.  Characters that Unicode 3.2 did not know are let through (RFC
 * 5802 2.2 would have them refused): passwords have them, and servers do not
 * look.  The caller frees.
 */
static char *
prepared(const char *text, const struct unfit *unfit, struct err *e)
{
	/* In libgsasl 2.2 the flag does the opposite of what it says. */
	static const Gsasl_saslprep_flags flags[] = {0, GSASL_ALLOW_UNASSIGNED};
	char *out = NULL;
	int rc = GSASL_SASLPREP_ERROR;

	for (size_t i = 0; i < 2 && rc != GSASL_OK; i++)
		rc = gsl.gsasl_saslprep(text, flags[i], &out, NULL);
	if (rc == GSASL_OK && *out != '\0')
		return out;
	gsl.gsasl_free(out);
	err_set(e, ERR_USE, "%s",
	    text_of(*text == '\0' ? unfit->empty : unfit->forbidden));
	return NULL;
}

static int
begin(struct sasl *s, const struct sasl_login *login, struct err *e)
{
	const struct sasl_binding *b = &login->binding;
	struct scram *m = mem_zalloc(sizeof(*m));
	char *user;

	s->own = m;
	buf_init(&m->gs2, limits.line);
	buf_init(&m->bare, limits.line);
	buf_init(&m->bound, limits.line);
	if (gsasl_open(e) < 0)
		return -1;
	if (login->nonce != NULL)
		str_copy(m->nonce, sizeof(m->nonce), str_z(login->nonce));
	else if (make_nonce(m, e) < 0)
		return -1;
	if (s->mech->binds && b->name == NULL)
		return err_set(e, ERR_AUTH,
		    "%s: this connection has no TLS that it could be bound to",
		    s->mech->name);
	user = prepared(s->user, &unfit_user, e);
	if (user == NULL)
		return -1;
	/* RFC 5802 6: "y" says that we could and believe that the server
	 * cannot, "n" that we cannot, or do not want to. */
	if (s->mech->binds)
		(void)buf_addf(&m->gs2, "p=%s,", b->name);
	else
		(void)buf_addz(
		    &m->gs2, b->name != NULL && !b->offered ? "y," : "n,");
	if (*s->authzid != '\0') {
		(void)buf_addz(&m->gs2, "a=");
		sasl_put_name(&m->gs2, str_z(s->authzid));
	}
	(void)buf_addc(&m->gs2, ',');
	(void)buf_addz(&m->bare, "n=");
	sasl_put_name(&m->bare, str_z(user));
	(void)buf_addf(&m->bare, ",r=%s", m->nonce);
	(void)buf_add(&m->bound, buf_str(&m->gs2));
	if (s->mech->binds)
		(void)buf_add(&m->bound, b->data);
	gsl.gsasl_free(user);
	return 0;
}

static void
end(struct sasl *s)
{
	struct scram *m = s->own;

	buf_fini(&m->gs2);
	buf_fini(&m->bare);
	buf_fini(&m->bound);
	free(m);
}

/* ---- what the server says ---- */

/* The value of the attribute that *s begins with; p is NULL if it is
 * another. */
static struct str
attribute(struct str *s, char name)
{
	struct str a = str_cut(s, ',');

	if (a.n < 2 || a.p[0] != name || a.p[1] != '=')
		return (struct str){NULL, 0};
	return str_skip(a, 2);
}

/* RFC 5802 7: printable, and no comma. */
static bool
is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == ',')
			return false;
	return true;
}

/* -1 if it is not the grammar of RFC 5802 7. */
static int
parse_first(struct str s, struct server_first *first)
{
	struct str n;

	first->nonce = attribute(&s, 'r');
	first->salt = attribute(&s, 's');
	first->count = n = attribute(&s, 'i');
	/* So many digits are more than any limit. */
	n = str_head(n, n.n < 19 ? n.n : 19);
	return first->nonce.n > 0 && is_printable(first->nonce) &&
		       first->salt.n > 0 &&
		       str_u64(n, UINT64_MAX, &first->iterations) &&
		       first->iterations > 0
		   ? 0
		   : -1;
}

static int
check_first(
    const struct sasl *s, const struct server_first *first, struct err *e)
{
	const struct scram *m = s->own;
	struct str own = str_z(m->nonce);

	/* RFC 5802 5.1: else an old answer could be played again. */
	if (!str_starts(first->nonce, own) || first->nonce.n == own.n)
		return err_set(e, ERR_AUTH,
		    "%s: the server does not go on from our nonce; this may "
		    "be no server, but a recording of one",
		    s->mech->name);
	/* RFC 7677 4, RFC 5802 5.1. */
	if (first->iterations < limits.iterations_least)
		return err_set(e, ERR_AUTH,
		    "%s: %llu iterations are too few to keep a password safe: "
		    "the server must ask for %u or more",
		    s->mech->name, (unsigned long long)first->iterations,
		    limits.iterations_least);
	if (first->iterations > limits.iterations)
		return err_set(e, ERR_LIMIT,
		    "%s: the server asks for %.*s iterations, more than %u",
		    s->mech->name, STRF(str_head(first->count, COUNT_SHOWN)),
		    limits.iterations);
	return 0;
}

/* ---- the proof ---- */

/* The keys of RFC 5802 3, of which ours goes into *client. */
static int
derive(const struct sasl *s, const struct server_first *first, struct str salt,
    struct digest *client, struct digest *server, struct err *e)
{
	const char *name = s->mech->digest;
	struct digest salted;
	char *password;
	int rc = -1;

	password = prepared(s->password, &unfit_password, e);
	if (password == NULL)
		return -1;
	if (digest_pbkdf2(name, str_z(password), salt,
		(unsigned)first->iterations, &salted, e) == 0 &&
	    digest_hmac(
		name, digest_str(&salted), S("Client Key"), client, e) == 0)
		rc = digest_hmac(
		    name, digest_str(&salted), S("Server Key"), server, e);
	mem_wipe(&salted, sizeof(salted));
	mem_wipe(password, strlen(password));
	gsl.gsasl_free(password);
	return rc;
}

/* *client, which is the key, becomes the proof; m->due what the server must
 * say in turn. */
static int
prove(struct sasl *s, struct str message, struct digest *client,
    const struct digest *server, struct err *e)
{
	struct scram *m = s->own;
	const char *name = s->mech->digest;
	struct digest stored, signature;
	int rc = -1;

	if (digest_of(name, digest_str(client), &stored, e) == 0 &&
	    digest_hmac(name, digest_str(&stored), message, &signature, e) ==
		0 &&
	    digest_hmac(name, digest_str(server), message, &m->due, e) == 0)
		rc = 0;
	for (unsigned i = 0; rc == 0 && i < client->n; i++)
		client->p[i] ^= signature.p[i];
	mem_wipe(&stored, sizeof(stored));
	mem_wipe(&signature, sizeof(signature));
	return rc;
}

/* client-final-message with the proof, appended to out. */
static int
final(struct sasl *s, struct str said, const struct server_first *first,
    struct str salt, struct buf *out, struct err *e)
{
	struct scram *m = s->own;
	struct digest client = {0}, server = {0};
	struct buf last, message;
	int rc = -1;

	buf_init(&last, 2 * limits.line);
	buf_init(&message, 4 * limits.line);
	(void)buf_addz(&last, "c=");
	(void)base64_encode(&last, buf_str(&m->bound));
	(void)buf_addz(&last, ",r=");
	(void)buf_add(&last, first->nonce);
	(void)buf_add(&message, buf_str(&m->bare));
	(void)buf_addc(&message, ',');
	(void)buf_add(&message, said);
	(void)buf_addc(&message, ',');
	(void)buf_add(&message, buf_str(&last));
	if (derive(s, first, salt, &client, &server, e) == 0 &&
	    prove(s, buf_str(&message), &client, &server, e) == 0) {
		if (buf_add(out, buf_str(&last)) < 0 ||
		    buf_addz(out, ",p=") < 0 ||
		    base64_encode(out, digest_str(&client)) < 0)
			err_set(e, ERR_LIMIT, "%s: the answer is too long",
			    s->mech->name);
		else
			rc = 0;
	}
	mem_wipe(&client, sizeof(client));
	mem_wipe(&server, sizeof(server));
	buf_fini(&last);
	buf_fini(&message);
	return rc;
}

static int
malformed(const struct sasl *s, struct err *e)
{
	return err_set(e, ERR_PROTO,
	    "%s: a challenge of the server is none of this mechanism",
	    s->mech->name);
}

static enum sasl_step
first_step(struct sasl *s, struct buf *out, struct err *e)
{
	const struct scram *m = s->own;

	if (buf_add(out, buf_str(&m->gs2)) == 0 &&
	    buf_add(out, buf_str(&m->bare)) == 0)
		return SASL_MORE;
	err_set(e, ERR_LIMIT, "%s: the answer is too long", s->mech->name);
	return SASL_FAIL;
}

/* The words of RFC 5802 7 that a person can do something about. */
static int
refused(const struct sasl *s, struct str why, struct err *e)
{
	if (str_eq(why, S("server-does-support-channel-binding")))
		return err_set(e, ERR_AUTH,
		    "%s: the server can bind to TLS, and its offer did not "
		    "say so: somebody between may have changed it",
		    s->mech->name);
	if (str_eq(why, S("channel-bindings-dont-match")))
		return err_set(e, ERR_AUTH,
		    "%s: the server has another TLS connection than we: "
		    "somebody may stand between",
		    s->mech->name);
	return err_set(e, ERR_AUTH, "%s: the server refuses: %.*s",
	    s->mech->name, STRF(why));
}

static enum sasl_step
second_step(struct sasl *s, struct str said, struct buf *out, struct err *e)
{
	struct server_first first;
	struct str why = said;
	struct buf salt;
	int rc;

	/* RFC 5802 7 has it at the end alone; some say it as soon as they know.
	 */
	why = attribute(&why, 'e');
	if (why.p != NULL) {
		(void)refused(s, why, e);
		return SASL_FAIL;
	}
	if (str_starts(said, S("m="))) {
		/* RFC 5802 5.1, "m": nobody has made one yet. */
		err_set(e, ERR_AUTH,
		    "%s: the server insists on an extension of SCRAM",
		    s->mech->name);
		return SASL_FAIL;
	}
	buf_init(&salt, limits.line);
	if (parse_first(said, &first) < 0 ||
	    base64_decode(&salt, first.salt) < 0)
		rc = malformed(s, e);
	else if ((rc = check_first(s, &first, e)) == 0)
		rc = final(s, said, &first, buf_str(&salt), out, e);
	buf_fini(&salt);
	return rc == 0 ? SASL_MORE : SASL_FAIL;
}

static enum sasl_step
third_step(struct sasl *s, struct str said, struct err *e)
{
	const struct scram *m = s->own;
	struct str verifier, why = said;
	struct buf got;
	bool good;

	verifier = attribute(&said, 'v');
	why = attribute(&why, 'e');
	if (why.p != NULL) {
		(void)refused(s, why, e);
		return SASL_FAIL;
	}
	buf_init(&got, limits.line);
	if (verifier.p == NULL || base64_decode(&got, verifier) < 0) {
		buf_fini(&got);
		(void)malformed(s, e);
		return SASL_FAIL;
	}
	good = str_eq(buf_str(&got), digest_str(&m->due));
	buf_fini(&got);
	if (good)
		return SASL_DONE;
	err_set(e, ERR_AUTH,
	    "%s: the server does not prove who it is: it may be another "
	    "than it says",
	    s->mech->name);
	return SASL_FAIL;
}

static enum sasl_step
step(struct sasl *s, struct str said, struct buf *out, struct err *e)
{
	switch (s->steps) {
	case 0:
		return first_step(s, out, e);
	case 1:
		return second_step(s, said, out, e);
	default:
		return third_step(s, said, e);
	}
}

const struct sasl_own sasl_scram = {begin, step, end};
