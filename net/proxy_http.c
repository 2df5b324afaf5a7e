/*
 * proxy_http: CONNECT (RFC 9110 9.3.6), with Basic authentication (RFC 7617).
 *
 * The answer is a status line and a header section (RFC 9112 2.1).  Nothing in
 * the header matters here: behind a 2xx the tunnel begins, whatever it says of
 * a length, and any other answer but the interim 1xx ends it.
 */
#include "base/base64.h"
#include "base/text.h"
#include "net/proxy_inner.h"

#include <stdio.h>

/* How much of what the proxy says stands in an error. */
enum { REASON_MAX = 80 };

/* "HTTP/1.1 200 OK" (RFC 9112 4); false if it is none. */
static bool
status_line(struct str line, unsigned *code, struct str *said)
{
	struct str version = str_cut(&line, ' ');

	if (version.n != 8 || !str_starts(version, S("HTTP/1.")) ||
	    !ascii_digit(version.p[7]))
		return false;
	*said = line = str_trim(line);
	if (line.n < 3 || line.p[0] < '1' || line.p[0] > '5' ||
	    !ascii_digit(line.p[1]) || !ascii_digit(line.p[2]) ||
	    (line.n > 3 && line.p[3] != ' '))
		return false;
	*code = (unsigned)((line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
			   (line.p[2] - '0'));
	return true;
}

/* How many octets the lines up to the first empty one take; 0: it has not come
 * yet.  A bare LF ends a line, too (RFC 9112 2.2). */
static size_t
section_length(struct str in)
{
	struct str rest = in;

	while (str_has(rest, '\n'))
		if (str_chomp(str_cut(&rest, '\n')).n == 0)
			return in.n - rest.n;
	return 0;
}

/* Whether what has come so far can become a status line. */
static bool
begins_well(struct str in)
{
	struct str start = S("HTTP/1.");

	return str_starts(in, str_head(start, in.n < start.n ? in.n : start.n));
}

static int
refused(unsigned code, struct str said, bool login, struct err *e)
{
	int n = (int)(said.n < REASON_MAX ? said.n : REASON_MAX);

	if (code == 407 && login)
		return err_set(e, ERR_CONNECT,
		    "it does not accept the proxy's user and password: %.*s", n,
		    said.p);
	return err_set(e, ERR_CONNECT, "%.*s", n, said.p);
}

static int
step_answer(struct tunnel *t, struct err *e)
{
	struct str in = tunnel_in(t), line = in, said = S("");
	size_t n = section_length(in);
	unsigned code = 0;

	if (!begins_well(in))
		return err_set(e, ERR_CONNECT, "this is no HTTP proxy");
	if (n == 0)
		return STEP_MORE;
	line = str_chomp(str_cut(&line, '\n'));
	if (!status_line(line, &code, &said) || code == 101)
		return err_set(e, ERR_CONNECT, "this is no HTTP proxy");
	if (code >= 300)
		return refused(code, said, t->login.len > 0, e);
	t->at += n;
	return code < 200 ? STEP_ON : STEP_DONE;
}

/* The credentials in base64, behind "Basic " in t->login. */
static int
put_login(struct tunnel *t, const struct proxy *p, struct err *e)
{
	struct buf pair;
	int rc;

	if (str_has(str_z(p->user), ':'))
		return err_set(e, ERR_USE,
		    "the user for an HTTP proxy has no colon in it");
	buf_init(&pair, t->login.max);
	pair.secret = true;
	rc = buf_addf(
	    &pair, "%s:%s", p->user, p->password != NULL ? p->password : "");
	if (rc == 0)
		rc = base64_encode(&t->login, buf_str(&pair));
	buf_fini(&pair);
	return rc == 0 ? 0 : err_set(e, ERR_USE, "the password is too long");
}

int
proxy_http_begin(struct tunnel *t, const struct proxy *p,
    const struct target *to, struct err *e)
{
	bool six = to->numeric && to->addr.u.sa.sa_family == AF_INET6;
	char where[HOST_SIZE + sizeof("[]:65535")];

	(void)snprintf(where, sizeof(where), six ? "[%s]:%u" : "%s:%u",
	    to->name, (unsigned)to->port);
	if (p->user != NULL && put_login(t, p, e) != 0)
		return -1;
	/* RFC 9112 3.2.3, 3.2: the same in the target and in Host. */
	(void)buf_addf(
	    &t->out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", where, where);
	if (p->user != NULL) {
		(void)buf_addz(&t->out, "Proxy-Authorization: Basic ");
		(void)buf_add(&t->out, buf_str(&t->login));
		(void)buf_addz(&t->out, "\r\n");
	}
	(void)buf_addz(&t->out, "\r\n");
	t->step = step_answer;
	return 0;
}
