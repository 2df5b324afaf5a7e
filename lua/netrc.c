/*
 * netrc: passwords by machine and login, in the file that ftp(1) began with.
 *
 * An entry is "machine NAME" or "default", and pairs of words behind it, in
 * any order; "macdef NAME" goes on up to an empty line.  Words may be quoted,
 * with \ escapes in them, and # begins a comment, as curl has it.  "port
 * NUMBER" restricts an entry to one service of the machine, as in Emacs's
 * .authinfo; a port that is no number says nothing to us.
 */
#include "lua/secret.h"

#include <errno.h>

/* The next word; false at the end. */
static bool
next_word(struct str *s, struct buf *word)
{
	bool quoted;

	buf_clear(word);
	while (s->n > 0 && strchr(" \t\r\n", s->p[0]) != NULL)
		*s = str_skip(*s, 1);
	if (s->n == 0)
		return false;
	quoted = s->p[0] == '"';
	if (quoted)
		*s = str_skip(*s, 1);
	while (s->n > 0) {
		char c = s->p[0];
		if (quoted ? c == '"' : strchr(" \t\r\n", c) != NULL)
			break;
		if (quoted && c == '\\' && s->n > 1) {
			*s = str_skip(*s, 1);
			c = s->p[0];
		}
		if (buf_addc(word, c) != 0)
			return false;
		*s = str_skip(*s, 1);
	}
	if (s->n > 0)
		*s = str_skip(*s, 1);
	return true;
}

/* A macro ends at an empty line. */
static void
skip_macro(struct str *s)
{
	str_cut(s, '\n');
	while (s->n > 0 && str_chomp(str_cut(s, '\n')).n > 0)
		;
}

static void
skip_comment(struct str *s, const struct buf *word)
{
	/* What eats the word eats the line end behind it. */
	if (s->n > 0 && word->len > 0 && s->p[-1] != '\n')
		str_cut(s, '\n');
}

struct netrc {
	struct str host, user; /* user.p NULL: whoever is there */
	lua_Integer port;      /* 0: any */
	bool here, has_login, has_password;
	struct buf word, login;
	struct buf *password;
};

/* An entry begins; here: it is of the host. */
static void
begin(struct netrc *n, bool here)
{
	n->here = here;
	n->has_login = n->has_password = false;
	buf_clear(&n->login);
	buf_clear(n->password);
}

/* Whether the entry that has been read is the one.  Without a login it is
 * anybody's. */
static bool
fits(const struct netrc *n)
{
	return n->here && n->has_password &&
	       (n->user.p == NULL || !n->has_login ||
		   str_eq(buf_str(&n->login), n->user));
}

/* The value of "port" stands in n->word. */
static bool
is_port(const struct netrc *n)
{
	uint64_t port;

	return n->port == 0 || !str_u64(buf_str(&n->word), UINT16_MAX, &port) ||
	       port == (uint64_t)n->port;
}

/* Takes the word that has been read and its value. */
static void
take(struct netrc *n, struct str *s)
{
	struct str word = buf_str(&n->word);

	if (str_starts(word, S("#"))) {
		skip_comment(s, &n->word);
	} else if (str_eq(word, S("macdef"))) {
		skip_macro(s);
	} else if (str_eq(word, S("login"))) {
		n->has_login = next_word(s, &n->login);
	} else if (str_eq(word, S("password"))) {
		n->has_password = next_word(s, n->password);
	} else if (str_eq(word, S("port"))) {
		n->here = next_word(s, &n->word) && n->here && is_port(n);
	} else {
		(void)next_word(s, &n->word); /* account and its kin */
	}
}

/* Whether the text has the entry; it is in n then. */
static bool
find(struct netrc *n, struct str s)
{
	while (next_word(&s, &n->word)) {
		bool any = str_eq(buf_str(&n->word), S("default"));

		if (!any && !str_eq(buf_str(&n->word), S("machine"))) {
			take(n, &s);
			continue;
		}
		if (fits(n))
			return true;
		begin(n, any || (next_word(&s, &n->word) &&
				    str_eqcase(buf_str(&n->word), n->host)));
	}
	return fits(n);
}

/*
 * secret_netrc(path, host, user, port): the password of machine and login, and
 * that login; nil if the file is not there or has none.  Without a user the
 * first one of the machine is taken, without a port that of any.
 */
int
secret_netrc(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct netrc n = {.host = bind_str(L, 2)};
	struct bind_secret *file, *password;
	struct err e = {0};
	bool hit;

	n.user.p = luaL_optlstring(L, 3, NULL, &n.user.n);
	n.port = luaL_optinteger(L, 4, 0);
	file = secret_new(L, NETRC_MAX);
	password = secret_new(L, SECRET_MAX);
	if (secret_slurp(path, false, &file->b, &e) != 0 && e.sys != ENOENT)
		return bind_raise(L, &e, 0);
	buf_init(&n.login, SECRET_MAX);
	buf_init(&n.word, SECRET_MAX);
	n.word.secret = true;
	n.password = &password->b;
	hit = find(&n, buf_str(&file->b));
	buf_fini(&n.word);
	buf_fini(&file->b);
	if (hit)
		secret_seal(password);
	else
		lua_pushnil(L);
	if (hit && n.has_login)
		bind_push_str(L, buf_str(&n.login));
	else
		lua_pushnil(L);
	buf_fini(&n.login);
	return 2;
}

/* ---- writing ---- */

/* Appends ` name "value"`, if value.p is not NULL. */
static int
put_word(struct buf *b, const char *name, struct str value)
{
	int rc;

	if (value.p == NULL)
		return 0;
	rc = buf_addz(b, name) | buf_addz(b, " \"");
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			rc |= buf_addc(b, '\\');
		rc |= buf_addc(b, value.p[i]);
	}
	return rc | buf_addz(b, "\" ");
}

/* A field of the entry at the top; it stays there, below. */
static struct str
field(lua_State *L, const char *name)
{
	struct str s;

	lua_getfield(L, -1, name);
	s = bind_test_secret(L, -1);
	if (s.p == NULL && !lua_isnil(L, -1))
		s.p = lua_tolstring(L, -1, &s.n);
	lua_pop(L, 1);
	return s;
}

/*
 * netrc_text(entries, path): the text of a netrc file, a secret, with an entry
 * for each {machine, port, login, password}: strings, but the port a number and
 * the password perhaps a secret.  Without a machine it is the default, behind
 * which nothing counts; port and login may be missing.  What the netrc file at
 * path has, if there is one, follows.
 */
int
secret_netrc_text(lua_State *L)
{
	struct bind_secret *text;
	struct buf *b;
	struct str machine;
	struct err e = {0};
	const char *path = luaL_optstring(L, 2, NULL);
	int rc = 0;

	luaL_checktype(L, 1, LUA_TTABLE);
	text = secret_new(L, NETRC_MAX);
	b = &text->b;
	for (lua_Integer i = 1; lua_geti(L, 1, i) == LUA_TTABLE; i++) {
		machine = field(L, "machine");
		rc |= machine.p == NULL ? buf_addz(b, "default ")
					: put_word(b, "machine", machine);
		rc |= put_word(b, "port", field(L, "port"));
		rc |= put_word(b, "login", field(L, "login"));
		rc |= put_word(b, "password", field(L, "password"));
		rc |= buf_addc(b, '\n');
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	if (rc != 0)
		(void)err_set(&e, ERR_USE, "too many passwords at once");
	if (rc == 0 && path != NULL && secret_slurp(path, false, b, &e) != 0 &&
	    e.sys != ENOENT)
		rc = -1;
	if (rc != 0)
		return bind_raise(L, &e, 0);
	secret_seal(text);
	return 1;
}
