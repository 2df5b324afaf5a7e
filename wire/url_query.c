/* url_query: what stands behind the ? of a URL. */
#include "base/fingerprint.h"
#include "base/near.h"
#include "base/text.h"
#include "wire/url_inner.h"

#include <string.h>

const char *const url_starttls_words[] = {[URL_STARTTLS_UNSET] = NULL,
    [URL_STARTTLS_AUTO] = "auto",
    [URL_STARTTLS_REQUIRE] = "require",
    [URL_STARTTLS_NO] = "no"};

enum url_starttls
url_starttls(struct str word)
{
	enum url_starttls i;

	for (i = URL_STARTTLS_NO; i > URL_STARTTLS_UNSET; i--)
		if (str_eq(word, str_z(url_starttls_words[i])))
			break;
	return i;
}

static int
set_starttls(struct url *u, struct str v, struct arena *a, struct err *e)
{
	(void)a;
	u->starttls = url_starttls(v);
	if (u->starttls == URL_STARTTLS_UNSET)
		return err_set(e, ERR_USE, "starttls is require, auto or no");
	return 0;
}

static int
set_insecure(struct url *u, struct str v, struct arena *a, struct err *e)
{
	(void)a;
	if (v.n > 0)
		return err_set(e, ERR_USE, "insecure takes no value");
	u->insecure = true;
	return 0;
}

static int
file(struct arena *a, struct str v, const char *what, struct str *out,
    struct err *e)
{
	if (v.n == 0)
		return err_set(e, ERR_USE, "%s wants a file", what);
	return url_unescape(a, v, what, out, e);
}

static int
set_ca(struct url *u, struct str v, struct arena *a, struct err *e)
{
	return file(a, v, "ca", &u->ca, e);
}

static int
set_cert(struct url *u, struct str v, struct arena *a, struct err *e)
{
	return file(a, v, "cert", &u->cert, e);
}

static int
set_key(struct url *u, struct str v, struct arena *a, struct err *e)
{
	return file(a, v, "key", &u->key, e);
}

static int
set_fingerprint(struct url *u, struct str v, struct arena *a, struct err *e)
{
	unsigned char print[FINGERPRINT_SIZE];

	if (url_unescape(a, v, "fingerprint", &u->fingerprint, e) < 0)
		return -1;
	if (!fingerprint_parse(u->fingerprint, print))
		return err_set(e, ERR_USE, "a fingerprint is %s",
		    text_of(fingerprint_form));
	return 0;
}

static int
set_timeout(struct url *u, struct str v, struct arena *a, struct err *e)
{
	(void)a;
	if (!str_u64(v, 1000000, &u->timeout) || u->timeout == 0)
		return err_set(
		    e, ERR_USE, "timeout is a number of seconds, from 1 on");
	u->has_timeout = true;
	return 0;
}

static int
set_proxy(struct url *u, struct str v, struct arena *a, struct err *e)
{
	struct url proxy;

	if (url_unescape(a, v, "proxy", &u->proxy, e) < 0 ||
	    url_parse_proxy(u->proxy, a, &proxy, e) < 0)
		return -1;
	/* It would stand where this URL is shown. */
	if (proxy.password.p != NULL)
		return err_set(e, ERR_USE,
		    "the password of a proxy does not stand in the URL of a "
		    "server, but in --proxy or an account's proxy");
	return 0;
}

static const struct key {
	const char *name;
	int (*set)(struct url *u, struct str v, struct arena *a, struct err *e);
} keys[] = {
    {"starttls", set_starttls},
    {"insecure", set_insecure},
    {"ca", set_ca},
    {"cert", set_cert},
    {"key", set_key},
    {"fingerprint", set_fingerprint},
    {"timeout", set_timeout},
    {"proxy", set_proxy},
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static int
unknown_key(struct str name, struct err *e)
{
	struct near near;
	size_t i;

	near_init(&near, name);
	for (i = 0; i < N_KEYS; i++)
		near_try(&near, keys[i].name);
	for (i = 0; i < name.n && ascii_alpha(name.p[i]); i++)
		;
	/* It may be the end of a password with a ? in it. */
	if (near.best == NULL || i < name.n)
		return err_set(e, ERR_USE,
		    "unknown word behind the ? of the URL; known are "
		    "starttls, insecure, ca, cert, key, fingerprint, "
		    "timeout and proxy");
	return err_set(e, ERR_USE,
	    "unknown word %.*s in the URL; did you mean %s?", STRF(name),
	    near.best);
}

int
url_parse_query(struct str s, struct arena *a, struct url *u, struct err *e)
{
	struct str pair, name;
	size_t i;

	while (s.n > 0) {
		pair = str_cut(&s, '&');
		name = str_cut(&pair, '=');
		for (i = 0; i < N_KEYS; i++)
			if (str_eq(name, str_z(keys[i].name)))
				break;
		if (i == N_KEYS)
			return unknown_key(name, e);
		if (keys[i].set(u, pair, a, e) < 0)
			return -1;
	}
	return 0;
}
