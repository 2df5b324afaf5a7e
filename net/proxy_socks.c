/*
 * proxy_socks: SOCKS 5 (RFC 1928), with user and password (RFC 1929).
 *
 * Three answers are read, each to its own length: the way to log in, whether
 * that went well, and whether the server is reached.
 */
#include "base/text.h"
#include "net/proxy_inner.h"

enum {
	SOCKS_VERSION = 5,
	METHOD_NONE = 0,
	METHOD_PASSWORD = 2,
	METHOD_REFUSED = 0xff,
	LOGIN_VERSION = 1,
	CMD_CONNECT = 1,
	ATYP_IPV4 = 1,
	ATYP_NAME = 3,
	ATYP_IPV6 = 4,
	STRING_MAX = 255,
};

/* RFC 1928 6. */
static const char *const replies[] = {
    [1] = N_("general failure"),
    [2] = N_("connection not allowed by its rules"),
    [3] = N_("the server's network is unreachable"),
    [4] = N_("the server is unreachable"),
    [5] = N_("the server refused the connection"),
    [6] = N_("the way to the server is too long (TTL expired)"),
    [7] = N_("it does not know the command CONNECT"),
    [8] = N_("it does not know addresses of this kind"),
};

static unsigned
octet(struct str s, size_t at)
{
	return (unsigned char)s.p[at];
}

static int
no_socks(struct err *e)
{
	return err_set(e, ERR_CONNECT, "this is no SOCKS 5 proxy");
}

/* VER REP RSV ATYP BND.ADDR BND.PORT; a refusal may end behind REP. */
static int
step_reply(struct tunnel *t, struct err *e)
{
	struct str in = tunnel_in(t);
	unsigned rep;
	size_t n;

	if (in.n > 0 && octet(in, 0) != SOCKS_VERSION)
		return no_socks(e);
	if (in.n < 2)
		return STEP_MORE;
	rep = octet(in, 1);
	if (rep != 0 && rep < sizeof(replies) / sizeof(*replies))
		return err_set(e, ERR_CONNECT, "%s", text_of(replies[rep]));
	if (rep != 0)
		return err_set(
		    e, ERR_CONNECT, "refused by the unknown code %u", rep);
	if (in.n < 5)
		return STEP_MORE;
	switch (octet(in, 3)) {
	case ATYP_IPV4:
		n = 4 + 4 + 2;
		break;
	case ATYP_NAME:
		n = 4 + 1 + octet(in, 4) + 2;
		break;
	case ATYP_IPV6:
		n = 4 + 16 + 2;
		break;
	default:
		return no_socks(e);
	}
	if (in.n < n)
		return STEP_MORE;
	t->at += n;
	return STEP_DONE;
}

static int
send_request(struct tunnel *t)
{
	(void)buf_add(&t->out, buf_str(&t->request));
	t->step = step_reply;
	return STEP_ON;
}

/* VER STATUS.  Of the version some say that of SOCKS: nobody looks at it. */
static int
step_login(struct tunnel *t, struct err *e)
{
	struct str in = tunnel_in(t);

	if (in.n < 2)
		return STEP_MORE;
	if (octet(in, 1) != 0)
		return err_set(e, ERR_CONNECT,
		    "it does not accept the proxy's user and password");
	t->at += 2;
	return send_request(t);
}

/* VER METHOD. */
static int
step_method(struct tunnel *t, struct err *e)
{
	struct str in = tunnel_in(t);
	unsigned method;

	if (in.n > 0 && octet(in, 0) != SOCKS_VERSION)
		return no_socks(e);
	if (in.n < 2)
		return STEP_MORE;
	t->at += 2;
	method = octet(in, 1);
	if (method == METHOD_NONE)
		return send_request(t);
	if (method == METHOD_PASSWORD && t->login.len > 0) {
		(void)buf_add(&t->out, buf_str(&t->login));
		t->step = step_login;
		return STEP_ON;
	}
	if (method != METHOD_REFUSED)
		return no_socks(e);
	return err_set(e, ERR_CONNECT,
	    t->login.len > 0
		? N_("it accepts none of our ways to log in to it")
		: N_("it wants a login, and its URL names no user"));
}

/* A length and so many octets. */
static void
put_string(struct buf *b, struct str s)
{
	(void)buf_addc(b, (char)s.n);
	(void)buf_add(b, s);
}

static void
put_request(struct buf *b, const struct target *to)
{
	const struct addr *a = &to->addr;
	char port[2] = {(char)(to->port >> 8), (char)(to->port & 0xff)};

	(void)buf_addc(b, SOCKS_VERSION);
	(void)buf_addc(b, CMD_CONNECT);
	(void)buf_addc(b, 0);
	if (!to->numeric) {
		(void)buf_addc(b, ATYP_NAME);
		put_string(b, str_z(to->name));
	} else if (a->u.sa.sa_family == AF_INET) {
		(void)buf_addc(b, ATYP_IPV4);
		(void)buf_add(
		    b, (struct str){(const char *)&a->u.in.sin_addr, 4});
	} else {
		(void)buf_addc(b, ATYP_IPV6);
		(void)buf_add(
		    b, (struct str){(const char *)&a->u.in6.sin6_addr, 16});
	}
	(void)buf_add(b, (struct str){port, sizeof(port)});
}

int
proxy_socks_begin(struct tunnel *t, const struct proxy *p,
    const struct target *to, struct err *e)
{
	struct str user = str_z(p->user), password = str_z(p->password);
	bool login = p->user != NULL;

	if (user.n > STRING_MAX || password.n > STRING_MAX)
		return err_set(e, ERR_USE,
		    "a user or password for SOCKS has at most 255 octets");
	if (login) {
		(void)buf_addc(&t->login, LOGIN_VERSION);
		put_string(&t->login, user);
		put_string(&t->login, password);
	}
	put_request(&t->request, to);
	(void)buf_addc(&t->out, SOCKS_VERSION);
	(void)buf_addc(&t->out, login ? 2 : 1);
	(void)buf_addc(&t->out, METHOD_NONE);
	if (login)
		(void)buf_addc(&t->out, METHOD_PASSWORD);
	t->step = step_method;
	return 0;
}
