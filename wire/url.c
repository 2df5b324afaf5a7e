/* url: what a user writes to name a server. */
#include "wire/url_inner.h"
#include "base/near.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 8314 7, RFC 6409 3.1, RFC 2033. */
static const struct scheme {
	const char *name, *protocol;
	uint16_t port;
	bool tls;
	bool found; /* by DNS, if only a domain is named */
} schemes[] = {
    {"imap", "imap", 143, false, true},
    {"imaps", "imap", 993, true, true},
    {"pop3", "pop3", 110, false, true},
    {"pop3s", "pop3", 995, true, true},
    {"smtp", "smtp", 25, false, false},
    {"smtps", "smtp", 465, true, false},
    {"submission", "smtp", 587, false, true},
    {"submissions", "smtp", 465, true, true},
    {"lmtp", "lmtp", 24, false, false},
    {"lmtps", "lmtp", 24, true, false},
};

/* Not one of those, since it never has a host. */
static const struct scheme mx = {"mx", "smtp", 25, false, true};

/* What stands behind a scheme, by enum url_transport. */
const struct str url_transport_marks[] = {
    STR("://"), STR("+unix:"), STR("+pipe:")};

enum { N_SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };
enum {
	N_TRANSPORTS =
	    sizeof(url_transport_marks) / sizeof(url_transport_marks[0])
};

const char *
url_scheme_name(size_t n)
{
	return n < N_SCHEMES ? schemes[n].name : NULL;
}

static const struct scheme *
scheme_find(struct str name)
{
	for (size_t i = 0; i < N_SCHEMES; i++)
		if (str_eqcase(name, str_z(schemes[i].name)))
			return &schemes[i];
	return str_eqcase(name, str_z(mx.name)) ? &mx : NULL;
}

bool
url_is_scheme(struct str name)
{
	return scheme_find(name) != NULL;
}

/* Cuts the scheme's name and the transport's mark off *s; false if there is
 * no such beginning. */
static bool
cut_scheme(struct str *s, struct str *name, enum url_transport *transport,
    bool *by_dns)
{
	size_t n = 0, i;

	while (n < s->n && (ascii_alpha(s->p[n]) || ascii_digit(s->p[n])))
		n++;
	*name = str_head(*s, n);
	*s = str_skip(*s, n);
	for (i = 0; n > 0 && i < N_TRANSPORTS; i++)
		if (str_starts(*s, url_transport_marks[i])) {
			*s = str_skip(*s, url_transport_marks[i].n);
			*transport = (enum url_transport)i;
			*by_dns = false;
			return true;
		}
	/* A domain, whose server DNS tells, stands behind the colon alone.
	 * "mail.example:143" is none, nor are "imap:" and "imap:/path". */
	*by_dns = s->n > 1 && *s->p == ':' && s->p[1] != '/' &&
		  scheme_find(*name) != NULL;
	if (*by_dns) {
		*s = str_skip(*s, 1);
		*transport = URL_TCP;
	}
	return *by_dns;
}

bool
url_looks(struct str s)
{
	enum url_transport transport;
	struct str name;
	bool by_dns;

	return cut_scheme(&s, &name, &transport, &by_dns);
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

int
url_unescape(struct arena *a, struct str s, const char *what, struct str *out,
    struct err *e)
{
	size_t i, n = 0;
	int octet;
	char *p;

	if (keep(a, s, out, e) < 0)
		return -1;
	p = (char *)(uintptr_t)out->p;
	for (i = 0; i < s.n; i++) {
		p[n] = s.p[i];
		if (s.p[i] == '%') {
			octet = str_hex(str_skip(s, i + 1));
			if (octet < 0)
				return err_set(e, ERR_USE,
				    "the %s of the URL has a %% without two "
				    "hexadecimal digits",
				    what);
			p[n] = (char)octet;
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
unknown_scheme(struct str name, struct err *e)
{
	struct near near;

	near_init(&near, name);
	for (size_t i = 0; i < N_SCHEMES; i++)
		near_try(&near, schemes[i].name);
	if (near.best != NULL)
		return err_set(e, ERR_USE,
		    "unknown scheme %.*s; did you mean %s?", STRF(name),
		    near.best);
	return err_set(e, ERR_USE,
	    "unknown scheme %.*s; known are imap, pop3, smtp, submission and "
	    "lmtp, each also with s for TLS",
	    STRF(name));
}

static int
parse_scheme(
    struct str name, bool by_dns, struct arena *a, struct url *u, struct err *e)
{
	const struct scheme *s = scheme_find(name);

	if (s == NULL)
		return unknown_scheme(name, e);
	if (by_dns && !s->found)
		return err_set(e, ERR_USE,
		    "no record of DNS tells the %s server of a domain; "
		    "%s://HOST names one, mx:DOMAIN asks who takes its mail",
		    s->name, s->name);
	if (s == &mx && !by_dns)
		return err_set(e, ERR_USE,
		    "mx: is followed by a domain, and by nothing else");
	u->tls = s->tls;
	u->port = by_dns ? 0 : s->port;
	if (keep(a, str_z(s->name), &u->scheme, e) < 0)
		return -1;
	if (by_dns)
		u->service = u->scheme;
	return keep(a, str_z(s->protocol), &u->protocol, e);
}

/* "user;AUTH=MECH:password" */
static int
parse_userinfo(struct str s, struct arena *a, struct url *u, struct err *e)
{
	struct str left = str_cut(&s, ':'), user;
	bool has_password = s.p != left.p + left.n;

	user = str_cut(&left, ';');
	if (url_unescape(a, user, "user", &u->user, e) < 0)
		return -1;
	if (left.n > 0) {
		if (!str_startscase(left, S("AUTH=")))
			return err_set(e, ERR_USE,
			    "the user of the URL may be followed by ;AUTH= "
			    "only");
		if (url_unescape(
			a, str_skip(left, 5), "mechanism", &u->auth, e) < 0)
			return -1;
	}
	if (user.n == 0)
		u->user = (struct str){NULL, 0};
	return has_password ? url_unescape(a, s, "password", &u->password, e)
			    : 0;
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
	    url_unescape(a, s, "zone", &zone, e) < 0)
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

	if (url_unescape(a, s, "host", &u->host, e) < 0)
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

/* ---- the whole ---- */

/* What a URL that names a domain has no place for. */
static int
check_domain(const struct url *u, struct err *e)
{
	const char *digits = "0123456789.";

	if (u->port != 0)
		return err_set(e, ERR_USE,
		    "DNS tells the port of %s:DOMAIN; %s://HOST:PORT names one",
		    u->service.p, u->scheme.p);
	if (str_has(u->host, ':') || strspn(u->host.p, digits) == u->host.n)
		return err_set(e, ERR_USE,
		    "behind %s: stands a domain, and no address", u->service.p);
	if (str_eq(u->service, S("mx")) &&
	    (u->user.p != NULL || u->auth.p != NULL || u->password.p != NULL))
		return err_set(e, ERR_USE,
		    "mx: logs nobody in; submission:USER@DOMAIN does");
	return 0;
}

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
	if (url_unescape(a, s, "mailbox", &u->mailbox, e) < 0)
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
	if (parse_hostport(authority, a, u, e) < 0 ||
	    (u->service.p != NULL && check_domain(u, e) < 0))
		return -1;
	return s.n > 0 ? parse_mailbox(str_skip(s, 1), a, u, e) : 0;
}

int
url_parse(struct str s, struct arena *a, struct url *out, struct err *e)
{
	struct str name, query = S("");
	bool by_dns;

	*out = (struct url){.transport = URL_TCP};
	if (!cut_scheme(&s, &name, &out->transport, &by_dns))
		return err_set(e, ERR_USE,
		    "this is no URL: SCHEME://[USER@]HOST[:PORT], for example "
		    "imaps://asterix@mail.example.org");
	if (parse_scheme(name, by_dns, a, out, e) < 0)
		return -1;
	if (str_has_eol(s))
		return err_set(e, ERR_USE, "the URL has a line end or NUL");
	if (out->transport == URL_PIPE)
		return s.n > 0 ? keep(a, s, &out->path, e)
			       : err_set(e, ERR_USE, "the URL has no command");
	if (str_has(s, '?')) {
		query = s;
		s = str_cut(&query, '?');
	}
	if (url_parse_query(query, a, out, e) < 0)
		return -1;
	if (out->transport == URL_TCP)
		return parse_tcp(s, a, out, e);
	return s.n > 0 ? url_unescape(a, s, "path", &out->path, e)
		       : err_set(e, ERR_USE, "the URL has no path");
}

/* ---- proxies ---- */

/* The ports are curl's. */
static const struct scheme proxies[] = {
    {"socks5h", "socks5", 1080, false, false},
    {"socks5", "socks5", 1080, false, false},
    {"http", "http", 1080, false, false},
    {"https", "http", 443, true, false},
};

static int
parse_proxy_scheme(
    struct str name, struct arena *a, struct url *u, struct err *e)
{
	size_t i, n = sizeof(proxies) / sizeof(proxies[0]);

	for (i = 0; i < n; i++)
		if (str_eqcase(name, str_z(proxies[i].name)))
			break;
	if (i == n)
		return err_set(e, ERR_USE,
		    "unknown kind of proxy %.*s; known are socks5h, socks5, "
		    "http and https",
		    STRF(name));
	u->tls = proxies[i].tls;
	u->port = proxies[i].port;
	if (keep(a, str_z(proxies[i].name), &u->scheme, e) < 0)
		return -1;
	return keep(a, str_z(proxies[i].protocol), &u->protocol, e);
}

int
url_parse_proxy(struct str s, struct arena *a, struct url *out, struct err *e)
{
	struct str name;
	bool by_dns;

	*out = (struct url){.transport = URL_TCP};
	if (s.n == 0 || str_eq(s, S("none")))
		return 0;
	if (!cut_scheme(&s, &name, &out->transport, &by_dns) || by_dns ||
	    out->transport != URL_TCP)
		return err_set(e, ERR_USE,
		    "a proxy is none or SCHEME://[USER:PASSWORD@]HOST[:PORT], "
		    "for example socks5h://proxy.example.org");
	if (str_has_eol(s))
		return err_set(e, ERR_USE, "the URL has a line end or NUL");
	if (str_ends(s, S("/")))
		s = str_head(s, s.n - 1);
	if (str_has(s, '/') || str_has(s, '?'))
		return err_set(e, ERR_USE,
		    "behind the host and port of a proxy stands nothing; a / "
		    "in its password is written %%2F, a ? %%3F");
	if (parse_proxy_scheme(name, a, out, e) < 0 ||
	    parse_tcp(s, a, out, e) < 0)
		return -1;
	if (out->auth.p != NULL)
		return err_set(e, ERR_USE,
		    "a proxy takes no ;AUTH=; a ; in its user is written %%3B");
	return 0;
}

uint16_t
url_port_of(struct str scheme)
{
	size_t i;

	for (i = 0; i < N_SCHEMES; i++)
		if (str_eq(scheme, str_z(schemes[i].name)))
			return schemes[i].port;
	return 0;
}
