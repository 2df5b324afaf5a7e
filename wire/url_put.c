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

/* The password in one word of a text; p is NULL if it has none. */
static struct str
password_in(struct str word)
{
	size_t from = 0, to = word.n, i = str_find(word, ':');

	/* "imap:user@domain" has none, "imap:user:password@domain" one.  A
	 * blank or a quote may stand in front. */
	if (i < word.n && (url_is_scheme(str_head(word, i)) ||
			      url_is_scheme(str_skip(str_head(word, i), 1))))
		from = i + 1;

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

/* What ends a word of a text. */
static const char ends[] = " \t\r\n\"'";

/* Behind what user and password may stand: a scheme, or what wants one and may
 * have got none. */
static const struct str before_authority[] = {
    STR("://"), STR("proxy="), STR("proxy ")};

/* How much of text is one of these; 0 if it begins with none. */
static size_t
authority_at(struct str text)
{
	for (size_t i = 0; i < 3; i++)
		if (str_starts(text, before_authority[i]))
			return before_authority[i].n;
	return 0;
}

struct str
url_password(struct str text)
{
	struct str s, info;
	size_t n, colon;

	for (; text.n > 3; text = str_skip(text, 1)) {
		n = authority_at(text);
		if (n == 0)
			continue;
		s = str_skip(text, n);
		for (n = 0; n < s.n && strchr(ends, s.p[n]) == NULL; n++)
			;
		s = str_head(s, n);
		info = str_head(s, str_find(s, '/'));
		colon = str_find(info, ':');
		/* No port: a password with a slash in it. */
		if (!str_has(info, '@') && colon + 1 < info.n &&
		    *info.p != '[' && !ascii_digit(info.p[colon + 1]))
			info = s;
		for (n = info.n; n > 0 && info.p[n - 1] != '@'; n--)
			;
		if (n > colon + 2) /* not empty, and behind it an @ */
			return str_skip(str_head(info, n - 1), colon + 1);
	}
	return (struct str){NULL, 0};
}

/* How much of word comes before the URL of a proxy that it names. */
static size_t
before_proxy(struct str word)
{
	struct str key = S("proxy=");
	size_t i;

	for (i = 0; i + key.n <= word.n; i++)
		if (str_starts(str_skip(word, i), key))
			return i + key.n;
	return word.n;
}

static int
put_masked(struct buf *b, struct str s)
{
	struct str secret = password_in(s);
	size_t head = secret.p != NULL ? (size_t)(secret.p - s.p) : s.n;

	if (buf_add(b, str_head(s, head)) < 0 ||
	    (secret.n > 0 && buf_addz(b, "***") < 0))
		return -1;
	return buf_add(b, str_skip(s, head + secret.n));
}

int
url_mask(struct buf *b, struct str text)
{
	struct str word;
	size_t n;

	while (text.n > 0) {
		n = strchr(ends, *text.p) != NULL;
		while (n < text.n && strchr(ends, text.p[n]) == NULL)
			n++;
		word = str_head(text, n);
		text = str_skip(text, n);
		n = before_proxy(word);
		if (put_masked(b, str_head(word, n)) < 0 ||
		    put_masked(b, str_skip(word, n)) < 0)
			return -1;
	}
	return 0;
}
