/* url_put: URLs for people, without their passwords. */
#include "base/mem.h"
#include "wire/url_inner.h"

#include <inttypes.h>

/* Unescaped, besides letters and digits; a / only where it ends nothing. */
static const struct str marks = STR("-._~"), path_marks = STR("-._~/"),
			proxy_marks = STR("-._~/:@[]");

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
	    put_part(b, "&proxy=", u->proxy, proxy_marks) < 0 ||
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
	if (u->service.p == NULL && u->port != url_port_of(u->scheme) &&
	    buf_addf(b, ":%u", u->port) < 0)
		return -1;
	return put_part(b, "/", u->mailbox, path_marks);
}

int
url_put(struct buf *b, const struct url *u)
{
	struct str mark =
	    u->service.p != NULL ? S(":") : url_transport_marks[u->transport];
	int rc;

	if (buf_add(b, u->scheme) < 0 || buf_add(b, mark) < 0)
		return -1;
	if (u->transport == URL_PIPE)
		return buf_add(b, u->path);
	rc = u->transport == URL_UNIX ? put_escaped(b, u->path, path_marks)
				      : put_tcp(b, u);
	return rc < 0 ? -1 : put_query(b, u);
}

/* ---- what looks like a URL ---- */

/* What ends a word of a text. */
static const char ends[] = " \t\r\n\"'";

/* The word that a text begins with; it may be empty. */
static struct str
word_of(struct str text)
{
	size_t n = 0;

	while (n < text.n && strchr(ends, text.p[n]) == NULL)
		n++;
	return str_head(text, n);
}

/* Behind what user and password may stand: a scheme, or what wants one and may
 * have got none. */
static const struct str before_authority[] = {
    STR("://"), STR("proxy="), STR("proxy ")};

/* How much of text, from i on, is one of these; 0 if none is there. */
static size_t
authority_at(struct str text, size_t i)
{
	enum { SCHEME_MAX = 16 };
	struct str rest = str_skip(text, i), scheme;

	for (size_t j = 0; j < 3; j++)
		if (str_starts(rest, before_authority[j]))
			return before_authority[j].n;
	/* "imap:user:password@domain" */
	if (i > 0 && (ascii_alpha(text.p[i - 1]) || ascii_digit(text.p[i - 1])))
		return 0;
	scheme = str_head(rest, rest.n < SCHEME_MAX ? rest.n : SCHEME_MAX);
	scheme = str_head(scheme, str_find(scheme, ':'));
	return scheme.n < rest.n && rest.p[scheme.n] == ':' &&
		       url_is_scheme(scheme)
		   ? scheme.n + 1
		   : 0;
}

/* The password of user, password and host in a word; p is NULL if it has
 * none. */
static struct str
password_of(struct str word)
{
	struct str info = str_head(word, str_find(word, '/'));
	size_t colon = str_find(info, ':'), n;

	/* No port: a password with a slash in it. */
	if (!str_has(info, '@') && colon + 1 < info.n && *info.p != '[' &&
	    !ascii_digit(info.p[colon + 1]))
		info = word;
	for (n = info.n; n > 0 && info.p[n - 1] != '@'; n--)
		;
	if (n > colon + 2) /* not empty, and behind it an @ */
		return str_skip(str_head(info, n - 1), colon + 1);
	return (struct str){NULL, 0};
}

/* Whether a word could be user, password and host with nothing in front;
 * "TO:<a@b.example>" is an address. */
static bool
is_bare(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '<' || authority_at(word, i) > 0)
			return false;
	return true;
}

/* The first password in a text; bare: also of what is_bare. */
static struct str
find_password(struct str text, bool bare)
{
	struct str rest, got;
	size_t n;

	for (size_t i = 0; text.p != NULL && i < text.n; i++) {
		rest = str_skip(text, i);
		n = authority_at(text, i);
		if (n == 0 &&
		    (!bare || (i > 0 && strchr(ends, text.p[i - 1]) == NULL) ||
			!is_bare(word_of(rest))))
			continue;
		got = password_of(word_of(str_skip(rest, n)));
		if (got.p != NULL)
			return got;
	}
	return (struct str){NULL, 0};
}

struct str
url_password(struct str text)
{
	return find_password(text, false);
}

int
url_mask(struct buf *b, struct str text)
{
	struct str password;
	size_t head;

	while ((password = find_password(text, true)).p != NULL) {
		head = (size_t)(password.p - text.p);
		if (buf_add(b, str_head(text, head)) < 0 ||
		    buf_addz(b, "***") < 0)
			return -1;
		text = str_skip(text, head + password.n);
	}
	return buf_add(b, text);
}
