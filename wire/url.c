/* url: what a user writes to name a server. */
#include "wire/url.h"
#include "base/fingerprint.h"
#include "base/near.h"
#include "base/text.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

/* RFC 8314 7, RFC 6409 3.1, RFC 2033. */
static const struct scheme {
	const char *name, *protocol;
	uint16_t port;
	bool tls;
} schemes[] = {
    {"imap", "imap", 143, false},
    {"imaps", "imap", 993, true},
    {"pop3", "pop3", 110, false},
    {"pop3s", "pop3", 995, true},
    {"smtp", "smtp", 25, false},
    {"smtps", "smtp", 465, true},
    {"submission", "smtp", 587, false},
    {"submissions", "smtp", 465, true},
    {"lmtp", "lmtp", 24, false},
    {"lmtps", "lmtp", 24, true},
};

static const struct transport {
	struct str mark;
	enum url_transport transport;
} transports[] = {
    {STR("://"), URL_TCP},
    {STR("+unix:"), URL_UNIX},
    {STR("+pipe:"), URL_PIPE},
};

enum { N_SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };
enum { N_TRANSPORTS = sizeof(transports) / sizeof(transports[0]) };

const char *
url_scheme_name(size_t n)
{
	return n < N_SCHEMES ? schemes[n].name : NULL;
}

/* Cuts the scheme's name and the transport's mark off *s; NULL if there is
 * no such beginning. */
static const struct transport *
cut_scheme(struct str *s, struct str *name)
{
	size_t n = 0, i;

	while (n < s->n && (ascii_alpha(s->p[n]) || ascii_digit(s->p[n])))
		n++;
	*name = str_head(*s, n);
	*s = str_skip(*s, n);
	for (i = 0; n > 0 && i < N_TRANSPORTS; i++)
		if (str_starts(*s, transports[i].mark)) {
			*s = str_skip(*s, transports[i].mark.n);
			return &transports[i];
		}
	return NULL;
}

bool
url_looks(struct str s)
{
	struct str name;

	return cut_scheme(&s, &name) != NULL;
}

/* ---- pieces ---- */

static int
too_long(struct err *e)
{
	return err_set(e, ERR_LIMIT, "the URL is too long");
}

static int
keep(struct arena *a, struct str s, struct str *out, struct err *e)
{
	*out = arena_dup(a, s);
	return out->p != NULL ? 0 : too_long(e);
}

/* s without its percent escapes; `what` names it in errors. */
static int
unescape(struct arena *a, struct str s, const char *what, struct str *out,
    struct err *e)
{
	size_t i, n = 0;
	char *p;

	if (keep(a, s, out, e) < 0)
		return -1;
	p = (char *)(uintptr_t)out->p;
	for (i = 0; i < s.n; i++) {
		p[n] = s.p[i];
		if (s.p[i] == '%') {
			if (i + 2 >= s.n || ascii_hex(s.p[i + 1]) < 0 ||
			    ascii_hex(s.p[i + 2]) < 0)
				return err_set(e, ERR_USE,
				    "the %s of the URL has a %% without two "
				    "hexadecimal digits",
				    what);
			p[n] = (char)(ascii_hex(s.p[i + 1]) * 16 +
				      ascii_hex(s.p[i + 2]));
			i += 2;
		}
		n++;
	}
	p[n] = '\0';
	out->n = n;
	if (str_has_eol(*out))
		return err_set(e, ERR_USE,
		    "the %s of the URL holds a line end or NUL", what);
	return 0;
}

static int
parse_scheme(struct str name, struct arena *a, struct url *u, struct err *e)
{
	struct near near;
	size_t i;

	near_init(&near, name);
	for (i = 0; i < N_SCHEMES; i++) {
		near_try(&near, schemes[i].name);
		if (!str_eqcase(name, str_z(schemes[i].name)))
			continue;
		u->tls = schemes[i].tls;
		u->port = schemes[i].port;
		if (keep(a, str_z(schemes[i].name), &u->scheme, e) < 0)
			return -1;
		return keep(a, str_z(schemes[i].protocol), &u->protocol, e);
	}
	if (near.best != NULL)
		return err_set(e, ERR_USE,
		    "unknown scheme %.*s; did you mean %s?", STRF(name),
		    near.best);
	return err_set(e, ERR_USE,
	    "unknown scheme %.*s; known are imap, pop3, smtp, submission and "
	    "lmtp, each also with s for TLS",
	    STRF(name));
}

/* "user;AUTH=MECH:password" */
static int
parse_userinfo(struct str s, struct arena *a, struct url *u, struct err *e)
{
	struct str left = str_cut(&s, ':'), user;
	bool has_password = s.p != left.p + left.n;

	user = str_cut(&left, ';');
	if (unescape(a, user, "user", &u->user, e) < 0)
		return -1;
	if (left.n > 0) {
		if (!str_startscase(left, S("AUTH=")))
			return err_set(e, ERR_USE,
			    "the user of the URL may be followed by ;AUTH= "
			    "only");
		if (unescape(a, str_skip(left, 5), "mechanism", &u->auth, e) <
		    0)
			return -1;
	}
	if (user.n == 0)
		u->user = (struct str){NULL, 0};
	return has_password ? unescape(a, s, "password", &u->password, e) : 0;
}

/* An address of IPv6 between brackets, with a zone behind %25 (RFC 6874) or,
 * as people write it, behind % alone. */
static int
parse_bracketed(struct str s, struct arena *a, struct url *u, struct err *e)
{
	struct in6_addr ignored;
	char text[INET6_ADDRSTRLEN];
	struct str address = str_cut(&s, '%'), zone;

	if (str_starts(s, S("25")))
		s = str_skip(s, 2);
	if (address.n >= sizeof(text) ||
	    inet_pton(AF_INET6, str_copy(text, sizeof(text), address),
		&ignored) != 1 ||
	    unescape(a, s, "zone", &zone, e) < 0)
		return err_set(e, ERR_USE,
		    "between [ and ] of the URL stands no IPv6 address");
	u->host = zone.n > 0 ? arena_fmt(a, "%s%%%s", text, zone.p)
			     : arena_dup(a, address);
	return u->host.p != NULL ? 0 : too_long(e);
}

static int
parse_name(struct str s, struct arena *a, struct url *u, struct err *e)
{
	size_t i;

	if (unescape(a, s, "host", &u->host, e) < 0)
		return -1;
	if (u->host.n == 0)
		return err_set(e, ERR_USE, "the URL names no host");
	for (i = 0; i < u->host.n; i++)
		if (u->host.p[i] >= 0 && !ascii_alpha(u->host.p[i]) &&
		    !ascii_digit(u->host.p[i]) &&
		    !str_has(S("-._"), u->host.p[i]))
			break;
	if (i < u->host.n || !utf8_valid(u->host) || u->host.n > 255)
		return err_set(e, ERR_USE, "the URL names no possible host");
	return 0;
}

static int
parse_hostport(struct str s, struct arena *a, struct url *u, struct err *e)
{
	struct str host;
	bool bracketed = s.n > 0 && *s.p == '[';
	uint64_t n;

	if (bracketed) {
		s = str_skip(s, 1);
		if (!str_has(s, ']'))
			return err_set(e, ERR_USE, "the URL has [ without ]");
		host = str_cut(&s, ']');
		if (s.n > 0 && *s.p != ':')
			return err_set(e, ERR_USE,
			    "a : and a port may follow the ] of the URL");
		if (s.n > 0)
			s = str_skip(s, 1);
	} else {
		host = str_cut(&s, ':');
		if (str_has(s, ':'))
			return err_set(e, ERR_USE,
			    "an IPv6 address in a URL stands between [ and ]");
	}
	/* What is no port may be a password whose host was forgotten, or
	 * that has a / in it: it is not shown. */
	if (s.n > 0 && (!str_u64(s, 65535, &n) || n == 0))
		return err_set(e, ERR_USE,
		    "the port of the URL is no number from 1 to 65535");
	if (s.n > 0)
		u->port = (uint16_t)n;
	return bracketed ? parse_bracketed(host, a, u, e)
			 : parse_name(host, a, u, e);
}

/* ---- the query ---- */

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
	return unescape(a, v, what, out, e);
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

	if (unescape(a, v, "fingerprint", &u->fingerprint, e) < 0)
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
		    "starttls, insecure, ca, cert, key, fingerprint and "
		    "timeout");
	return err_set(e, ERR_USE,
	    "unknown word %.*s in the URL; did you mean %s?", STRF(name),
	    near.best);
}

static int
parse_query(struct str s, struct arena *a, struct url *u, struct err *e)
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

/* ---- the whole ---- */

static int
parse_mailbox(struct str s, struct arena *a, struct url *u, struct err *e)
{
	if (s.n == 0)
		return 0;
	/* "INBOX;UIDVALIDITY=1/;UID=2" (RFC 5092 6) names a message. */
	if (str_has(s, ';'))
		return err_set(e, ERR_USE,
		    "the URL of a connection ends with the mailbox; a ; in "
		    "its name is written %%3B");
	if (strcmp(u->protocol.p, "imap") != 0)
		return err_set(
		    e, ERR_USE, "a %s URL names no mailbox", u->protocol.p);
	if (unescape(a, s, "mailbox", &u->mailbox, e) < 0)
		return -1;
	if (!utf8_valid(u->mailbox))
		return err_set(
		    e, ERR_USE, "the mailbox of the URL is not UTF-8");
	return 0;
}

static int
parse_tcp(struct str s, struct arena *a, struct url *u, struct err *e)
{
	struct str authority = str_head(s, str_find(s, '/')), info;
	size_t at = authority.n;

	s = str_skip(s, authority.n);
	while (at > 0 && authority.p[at - 1] != '@')
		at--;
	if (at > 0) {
		info = str_head(authority, at - 1);
		authority = str_skip(authority, at);
		if (parse_userinfo(info, a, u, e) < 0)
			return -1;
	}
	if (parse_hostport(authority, a, u, e) < 0)
		return -1;
	return s.n > 0 ? parse_mailbox(str_skip(s, 1), a, u, e) : 0;
}

int
url_parse(struct str s, struct arena *a, struct url *out, struct err *e)
{
	const struct transport *t;
	struct str name, query = S("");

	*out = (struct url){.transport = URL_TCP};
	t = cut_scheme(&s, &name);
	if (t == NULL)
		return err_set(e, ERR_USE,
		    "this is no URL: SCHEME://[USER@]HOST[:PORT], for example "
		    "imaps://asterix@mail.example.org");
	out->transport = t->transport;
	if (parse_scheme(name, a, out, e) < 0)
		return -1;
	if (str_has_eol(s))
		return err_set(e, ERR_USE, "the URL has a line end or NUL");
	if (t->transport == URL_PIPE)
		return s.n > 0 ? keep(a, s, &out->path, e)
			       : err_set(e, ERR_USE, "the URL has no command");
	if (str_has(s, '?')) {
		query = s;
		s = str_cut(&query, '?');
	}
	if (parse_query(query, a, out, e) < 0)
		return -1;
	if (t->transport == URL_TCP)
		return parse_tcp(s, a, out, e);
	return s.n > 0 ? unescape(a, s, "path", &out->path, e)
		       : err_set(e, ERR_USE, "the URL has no path");
}

/* Unescaped, besides letters and digits; a / only where it ends nothing. */
static const struct str marks = STR("-._~"), path_marks = STR("-._~/");

static int
put_escaped(struct buf *b, struct str s, struct str plain)
{
	int rc = 0;
	size_t i;
	char c;

	for (i = 0; i < s.n && rc == 0; i++) {
		c = s.p[i];
		if (ascii_alpha(c) || ascii_digit(c) || str_has(plain, c))
			rc = buf_addc(b, c);
		else
			rc = buf_addf(b, "%%%02X", (unsigned char)c);
	}
	return rc;
}

static uint16_t
port_of(struct str scheme)
{
	size_t i;

	for (i = 0; i < N_SCHEMES; i++)
		if (str_eq(scheme, str_z(schemes[i].name)))
			return schemes[i].port;
	return 0;
}

/* Between brackets only the % of a zone is escaped. */
static int
put_host(struct buf *b, struct str host)
{
	struct str address = str_cut(&host, '%');

	if (!str_has(address, ':'))
		return put_escaped(b, address, marks);
	if (buf_addc(b, '[') < 0 || buf_add(b, address) < 0)
		return -1;
	if (host.n > 0 &&
	    (buf_addz(b, "%25") < 0 || put_escaped(b, host, marks) < 0))
		return -1;
	return buf_addc(b, ']');
}

/* The prefix and s, if s is there. */
static int
put_part(struct buf *b, const char *prefix, struct str s, struct str plain)
{
	if (s.p == NULL)
		return 0;
	return buf_addz(b, prefix) < 0 ? -1 : put_escaped(b, s, plain);
}

static int
put_query(struct buf *b, const struct url *u)
{
	size_t start = b->len;

	if (put_part(b, "&ca=", u->ca, path_marks) < 0 ||
	    put_part(b, "&cert=", u->cert, path_marks) < 0 ||
	    put_part(b, "&key=", u->key, path_marks) < 0 ||
	    put_part(b, "&fingerprint=", u->fingerprint, path_marks) < 0 ||
	    (u->insecure && buf_addz(b, "&insecure") < 0) ||
	    (u->starttls != URL_STARTTLS_UNSET &&
		buf_addf(b, "&starttls=%s", url_starttls_words[u->starttls]) <
		    0) ||
	    (u->has_timeout &&
		buf_addf(b, "&timeout=%" PRIu64, u->timeout) < 0))
		return -1;
	if (b->len > start)
		b->p[b->off + start] = '?';
	return 0;
}

static int
put_tcp(struct buf *b, const struct url *u)
{
	if (put_part(b, "", u->user, marks) < 0 ||
	    put_part(b, ";AUTH=", u->auth, marks) < 0 ||
	    ((u->user.p != NULL || u->auth.p != NULL) &&
		buf_addc(b, '@') < 0) ||
	    put_host(b, u->host) < 0)
		return -1;
	if (u->port != port_of(u->scheme) && buf_addf(b, ":%u", u->port) < 0)
		return -1;
	return put_part(b, "/", u->mailbox, path_marks);
}

int
url_put(struct buf *b, const struct url *u)
{
	int rc;

	if (buf_add(b, u->scheme) < 0 ||
	    buf_add(b, transports[u->transport].mark) < 0)
		return -1;
	if (u->transport == URL_PIPE)
		return buf_add(b, u->path);
	rc = u->transport == URL_UNIX ? put_escaped(b, u->path, path_marks)
				      : put_tcp(b, u);
	return rc < 0 ? -1 : put_query(b, u);
}

/* The password in one word of a text; p is NULL if it has none. */
static struct str
password_in(struct str word)
{
	size_t from = 0, to = word.n, i;

	for (i = 0; i + 3 <= word.n; i++)
		if (str_starts(str_skip(word, i), S("://")))
			from = i + 3;
	while (to > from && word.p[to - 1] != '@')
		to--;
	if (to == from)
		return (struct str){NULL, 0};
	word = (struct str){word.p + from, to - 1 - from};
	/* "TO:<a@b.example>" is an address. */
	if (str_find(word, ':') == word.n || str_has(word, '<'))
		return (struct str){NULL, 0};
	return str_skip(word, str_find(word, ':') + 1);
}

int
url_mask(struct buf *b, struct str text)
{
	static const char ends[] = " \t\r\n\"'";
	struct str word, secret;
	size_t n, head;

	while (text.n > 0) {
		n = strchr(ends, *text.p) != NULL;
		while (n < text.n && strchr(ends, text.p[n]) == NULL)
			n++;
		word = str_head(text, n);
		text = str_skip(text, n);
		secret = password_in(word);
		head = secret.p != NULL ? (size_t)(secret.p - word.p) : n;
		if (buf_add(b, str_head(word, head)) < 0 ||
		    (secret.n > 0 && buf_addz(b, "***") < 0) ||
		    buf_add(b, str_skip(word, head + secret.n)) < 0)
			return -1;
	}
	return 0;
}
