/*
 * sasl_oauth: the mechanisms that carry a bearer token: OAUTHBEARER (RFC 7628)
 * and XOAUTH2 (Google's and Microsoft's, which no RFC has).
 *
 * Both say all in one message.  A server that refuses it does so twice: first
 * by a challenge in JSON that tells why, which is to be answered by nothing in
 * particular, and then by its protocol's own refusal.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "proto/sasl_inner.h"

#include <stdio.h>

enum { VALUE_MAX = 72 }; /* of JSON, as it is shown */

/* Whether all of it is printable ASCII: RFC 6750 2.1 has fewer characters, but
 * who makes a token decides. */
static bool
is_token(const char *p)
{
	for (; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7e)
			return false;
	return true;
}

/* An octet 1 ends a field of the message. */
static int
begin(struct sasl *s, const struct sasl_login *login, struct err *e)
{
	if (login->password.n == 0)
		return err_set(e, ERR_USE, "the token is empty");
	if (!is_token(s->password))
		return err_set(e, ERR_USE,
		    "the token holds blanks or characters that no token has");
	if (str_has(login->user, 1) || str_has(login->authzid, 1))
		return err_set(e, ERR_USE,
		    "the user name holds characters that %s cannot carry",
		    s->mech->name);
	return 0;
}

static void
end(struct sasl *s)
{
	(void)s;
}

/* ---- JSON (RFC 8259): as much of it as an error has ---- */

static void
skip_blanks(struct str *s)
{
	while (s->n > 0 && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' ||
			       *s->p == '\n'))
		*s = str_skip(*s, 1);
}

static bool
eat(struct str *s, char c)
{
	skip_blanks(s);
	if (s->n == 0 || *s->p != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* Four hexadecimal digits behind "\u"; surrogates are no characters of their
 * own, and no error needs what is beyond. */
static bool
eat_unicode(struct str *s, struct buf *out)
{
	uint32_t c = 0;

	if (s->n < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (ascii_hex(s->p[i]) < 0)
			return false;
		c = c << 4 | (uint32_t)ascii_hex(s->p[i]);
	}
	*s = str_skip(*s, 4);
	(void)utf8_put(out, c == 0 || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
	return true;
}

/* A string at the beginning of *s; what does not fit into out is lost. */
static bool
eat_string(struct str *s, struct buf *out)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/ \f \r\t";
	const char *at;
	char c;

	if (!eat(s, '"'))
		return false;
	while (s->n > 0) {
		c = *s->p;
		*s = str_skip(*s, 1);
		if (c == '"')
			return true;
		if (c == '\\') {
			if (s->n == 0)
				return false;
			c = *s->p;
			*s = str_skip(*s, 1);
			if (c == 'u') {
				if (!eat_unicode(s, out))
					return false;
				continue;
			}
			at = c != '\0' ? strchr(escapes, c) : NULL;
			if (at == NULL)
				return false;
			c = meant[at - escapes];
		}
		(void)buf_addc(out, c);
	}
	return false;
}

/* Anything else up to the comma or bracket that ends it: numbers and words go
 * into out, what is in brackets is passed over. */
static bool
eat_other(struct str *s, struct buf *out)
{
	struct buf none;
	size_t depth = 0;
	bool good = true;

	buf_init(&none, 0);
	skip_blanks(s);
	while (good && s->n > 0) {
		if (*s->p == '"') {
			good = depth > 0 && eat_string(s, &none);
			continue;
		}
		if (depth == 0 && (*s->p == ',' || *s->p == '}'))
			return true;
		if (*s->p == '{' || *s->p == '[')
			depth++;
		else if (*s->p == '}' || *s->p == ']')
			good = depth-- > 0;
		else if (depth == 0 && *s->p > ' ')
			(void)buf_addc(out, *s->p);
		*s = str_skip(*s, 1);
	}
	return false;
}

/* A member of the object that s is, as text; false if it has none, or is no
 * object.  out keeps what fits. */
static bool
member(struct str s, const char *name, struct buf *out)
{
	struct buf key;
	bool found = false, good = eat(&s, '{');

	buf_init(&key, VALUE_MAX);
	while (good && !found) {
		buf_clear(&key);
		buf_clear(out);
		good = eat_string(&s, &key) && eat(&s, ':');
		skip_blanks(&s);
		good = good && s.n > 0 &&
		       (*s.p == '"' ? eat_string(&s, out) : eat_other(&s, out));
		found = good && str_eq(buf_str(&key), str_z(name));
		good = good && eat(&s, ',');
	}
	buf_fini(&key);
	return found && out->len > 0;
}

/* ---- the exchange ---- */

/* What the server's JSON says, in an error. */
static void
tell(const struct sasl *s, struct str json, struct err *e)
{
	static const struct {
		const char *name, *shown;
	} more[] = {
	    {"error_description", ", "},
	    {"scope", ", scope "},
	    {"schemes", ", schemes "},
	    {"openid-configuration", ", openid-configuration "},
	};
	struct buf value, words;

	buf_init(&value, VALUE_MAX);
	buf_init(&words, 4 * VALUE_MAX + 128);
	/* RFC 7628 3.2.2 has "status"; RFC 6750 3, where its values are from,
	 * has "error", and so have some servers. */
	if (!member(json, "status", &value) && !member(json, "error", &value)) {
		err_set(e, ERR_AUTH,
		    "%s: the server refuses the token, and does not say why",
		    s->mech->name);
	} else {
		(void)buf_add(&words, utf8_head(buf_str(&value), VALUE_MAX));
		for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
			if (member(json, more[i].name, &value))
				(void)buf_addf(&words, "%s%.*s", more[i].shown,
				    STRF(buf_str(&value)));
		err_set(e, ERR_AUTH, "%s: the server refuses the token: %.*s",
		    s->mech->name, STRF(buf_str(&words)));
	}
	buf_fini(&value);
	buf_fini(&words);
}

/* The message is out: no challenge is due but one that tells what is wrong
 * with it; it is answered by `dummy`. */
static enum sasl_step
refused(struct sasl *s, struct str json, struct str dummy, struct buf *out,
    struct err *e)
{
	if (s->steps > 1) {
		err_set(e, ERR_AUTH,
		    "%s: the server asks for more than there is",
		    s->mech->name);
		return SASL_FAIL;
	}
	tell(s, json, e);
	(void)buf_add(out, dummy);
	return SASL_REFUSED;
}

static enum sasl_step
said(const struct sasl *s, int rc, struct err *e)
{
	if (rc == 0)
		return SASL_DONE;
	err_set(e, ERR_LIMIT, "%s: the answer is too long", s->mech->name);
	return SASL_FAIL;
}

/* RFC 7628 3.1; 3.2.3 has the dummy. */
static enum sasl_step
step_oauthbearer(
    struct sasl *s, struct str challenge, struct buf *out, struct err *e)
{
	const char *name = *s->authzid != '\0' ? s->authzid : s->user;
	int rc;

	if (s->steps > 0)
		return refused(s, challenge, S("\x01"), out, e);
	rc = buf_addz(out, "n,");
	if (*name != '\0') {
		(void)buf_addz(out, "a=");
		sasl_put_name(out, str_z(name));
	}
	(void)buf_addz(out, ",\x01");
	if (*s->host != '\0')
		(void)buf_addf(out, "host=%s\x01", s->host);
	if (s->port != 0)
		(void)buf_addf(out, "port=%u\x01", (unsigned)s->port);
	(void)buf_addz(out, "auth=Bearer ");
	rc |= buf_addz(out, s->password);
	rc |= buf_addz(out, "\x01\x01");
	return said(s, rc, e);
}

/* As Google's page on it has it; the dummy is empty. */
static enum sasl_step
step_xoauth2(
    struct sasl *s, struct str challenge, struct buf *out, struct err *e)
{
	int rc;

	if (s->steps > 0)
		return refused(s, challenge, S(""), out, e);
	(void)buf_addf(out, "user=%s\x01", s->user);
	(void)buf_addz(out, "auth=Bearer ");
	rc = buf_addz(out, s->password);
	rc |= buf_addz(out, "\x01\x01");
	return said(s, rc, e);
}

const struct sasl_own sasl_oauthbearer = {begin, step_oauthbearer, end};
const struct sasl_own sasl_xoauth2 = {begin, step_xoauth2, end};
