/* script: the lines of a conversation test, as a table. */
#include "tests/wire/script.h"
#include "base/limits.h"

#include <stdlib.h>

static bool
peek_line(struct run *r, struct str *line, struct str *left)
{
	*left = r->text;
	if (left->n == 0)
		return false;
	*line = str_cut(left, '\n');
	return true;
}

bool
next_line(struct run *r, struct str *line)
{
	struct str left;

	while (peek_line(r, line, &left)) {
		r->text = left;
		r->line++;
		if (line->n > 0 && *line->p != '#')
			return true;
	}
	return false;
}

static int
hex(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape sequence, at the start of s, behind the backslash. */
static int
escape(struct run *r, struct str *s, struct buf *out)
{
	static const char from[] = "rnt\\\"", to[] = "\r\n\t\\\"";
	const char *at = strchr(from, *s->p);
	int high, low;

	if (at != NULL && *at != '\0') {
		*s = str_skip(*s, 1);
		return buf_addc(out, to[at - from]);
	}
	high = s->n >= 3 && *s->p == 'x' ? hex(s->p[1]) : -1;
	low = high >= 0 ? hex(s->p[2]) : -1;
	if (low < 0)
		return wrong(r, "unknown escape \\%c", *s->p);
	buf_addc(out, (char)(high * 16 + low));
	*s = str_skip(*s, 3);
	return 0;
}

/*
 * Undoes the escapes of s.  "{N*c}" stands for N times c.  A backslash at the
 * end sets *open, which says that no line end follows.
 */
int
decode(struct run *r, struct str s, struct buf *out, bool *open)
{
	struct str word;
	uint64_t n;

	*open = false;
	while (s.n > 0) {
		word = str_skip(s, 1);
		word = str_cut(&word, '*');
		if (*s.p == '{' && s.n > word.n + 3 && s.p[word.n + 3] == '}' &&
		    str_u64(word, TEXT_MAX, &n)) {
			while (n-- > 0)
				buf_addc(out, s.p[word.n + 2]);
			s = str_skip(s, word.n + 4);
			continue;
		}
		if (*s.p != '\\') {
			buf_addc(out, *s.p);
			s = str_skip(s, 1);
			continue;
		}
		s = str_skip(s, 1);
		if (s.n == 0)
			*open = true;
		else if (escape(r, &s, out) < 0)
			return -1;
	}
	return 0;
}

/* A line of one side, with its line end. */
static int
wire_line(struct run *r, struct str arg, struct buf *out)
{
	bool open;

	buf_init(out, TEXT_MAX);
	if (decode(r, arg, out, &open) < 0)
		return -1;
	if (!open)
		buf_addz(out, "\r\n");
	return 0;
}

/* ---- what goes over the wire ---- */

static int
do_client(struct run *r, struct str arg)
{
	struct buf want;
	struct str got = buf_str(&r->sent), line = got;
	int rc = wire_line(r, arg, &want);

	if (rc == 0 && !str_starts(got, buf_str(&want))) {
		str_cut(&line, '\n');
		rc = differs(r, "the client sent", buf_str(&want),
		    str_head(got, got.n - line.n));
	}
	if (rc == 0)
		buf_take(&r->sent, want.len);
	buf_fini(&want);
	return rc;
}

static int
do_quiet(struct run *r, struct str arg)
{
	(void)arg;
	return r->sent.len == 0 ? 0
				: differs(r, "the client was not quiet", S(""),
				      buf_str(&r->sent));
}

static int
do_server(struct run *r, struct str arg)
{
	struct buf b;
	int rc = wire_line(r, arg, &b);

	if (rc == 0)
		rc = peer_writes(r, buf_str(&b));
	buf_fini(&b);
	return rc;
}

static int
do_slow(struct run *r, struct str arg)
{
	(void)arg;
	r->slow = true;
	return 0;
}

static int
do_deaf(struct run *r, struct str arg)
{
	(void)arg;
	r->deaf = true;
	return 0;
}

static int
do_hear(struct run *r, struct str arg)
{
	(void)arg;
	r->deaf = false;
	settle(r);
	return 0;
}

static int
do_close(struct run *r, struct str arg)
{
	(void)arg;
	peer_closes(r);
	return 0;
}

static int
do_drop(struct run *r, struct str arg)
{
	(void)arg;
	conn_drop(r->conn);
	settle(r);
	return 0;
}

/* ---- commands ---- */

/* The body in the "><" lines that follow; NULL if there are none. */
static int
following_body(struct run *r, struct body **body)
{
	struct str line, left;
	struct buf b;
	bool open, any = false;
	int rc = 0;

	buf_init(&b, TEXT_MAX);
	while (rc == 0 && peek_line(r, &line, &left) &&
	       str_starts(line, S("><"))) {
		r->text = left;
		r->line++;
		any = true;
		rc = decode(r, str_skip(line, line.n > 2 ? 3 : 2), &b, &open);
	}
	*body = any ? body_mem(buf_str(&b)) : NULL;
	buf_fini(&b);
	return rc;
}

static int
do_typed(struct run *r, struct str arg)
{
	struct err e = {0};
	struct body *body;
	struct buf line;
	bool open;
	int rc;

	buf_init(&line, TEXT_MAX);
	rc = following_body(r, &body);
	if (rc == 0 && (rc = decode(r, arg, &line, &open)) == 0)
		rc = add_cmd(
		    r, conn_line(r->conn, buf_str(&line), body, &e), &e);
	body_unref(body);
	buf_fini(&line);
	return rc;
}

/* The next word of *s, or what stands between quotes, as an argument. */
static int
argument(struct run *r, struct str *s, struct buf *out, struct arg *arg)
{
	struct str word;
	size_t at = out->len, i;
	bool open;

	while (s->n > 0 && *s->p == ' ')
		*s = str_skip(*s, 1);
	if (s->n > 0 && *s->p == '"') {
		*s = str_skip(*s, 1);
		for (i = 0; i < s->n && s->p[i] != '"'; i++)
			i += s->p[i] == '\\';
		if (i >= s->n)
			return wrong(r, "no closing quote");
		word = str_head(*s, i);
		*s = str_skip(*s, i + 1);
	} else {
		word = str_word(s);
	}
	if (decode(r, word, out, &open) < 0)
		return -1;
	arg->kind = ARG_STR;
	arg->s = (struct str){NULL, out->len - at};
	return 0;
}

static int
send_by(struct run *r, struct str arg,
    struct cmd *(*fn)(struct conn *c, struct str verb, const struct arg *args,
	size_t n, struct err *e))
{
	enum { ARGS = 16 };
	struct arg args[ARGS] = {{0}};
	struct err e = {0};
	struct buf words;
	struct body *body;
	struct str verb;
	size_t n = 0, i, at = 0;
	int rc = following_body(r, &body);

	buf_init(&words, TEXT_MAX);
	while (rc == 0 && arg.n > 0 && n < ARGS - 1)
		rc = argument(r, &arg, &words, &args[n++]);
	if (rc == 0 && n == 0)
		rc = wrong(r, "what is to be sent?");
	for (i = 0; rc == 0 && i < n; i++) {
		args[i].s.p = buf_str(&words).p + at;
		at += args[i].s.n;
	}
	if (rc == 0) {
		verb = args[0].s;
		if (body != NULL)
			args[n++] =
			    (struct arg){.kind = ARG_BODY, .body = body};
		rc = add_cmd(r, fn(r->conn, verb, args + 1, n - 1, &e), &e);
	}
	body_unref(body);
	buf_fini(&words);
	return rc;
}

static int
do_send(struct run *r, struct str arg)
{
	return send_by(r, arg, conn_send);
}

static int
do_ahead(struct run *r, struct str arg)
{
	return send_by(r, arg, conn_send_ahead);
}

/* "MECH user password [initial]" */
static int
do_auth(struct run *r, struct str arg)
{
	struct conn_login login = {0};
	struct str *const fields[] = {
	    &login.mech, &login.user, &login.password};
	struct arg got[3];
	struct err e = {0};
	struct buf words;
	size_t at = 0;
	int rc = 0;

	buf_init(&words, TEXT_MAX);
	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = argument(r, &arg, &words, &got[i]);
	for (size_t i = 0; rc == 0 && i < 3; i++) {
		*fields[i] = (struct str){buf_str(&words).p + at, got[i].s.n};
		at += got[i].s.n;
	}
	login.initial = str_eq(str_trim(arg), S("initial"));
	if (rc == 0)
		rc = add_cmd(r, conn_auth(r->conn, &login, &e), &e);
	buf_fini(&words);
	return rc;
}

static int
do_answer(struct run *r, struct str arg)
{
	struct err e = {0};
	struct buf b;
	int rc = wire_line(r, arg, &b);

	if (rc == 0 && r->last == NULL)
		rc = wrong(r, "nobody has asked");
	if (rc == 0 && conn_answer(r->last, buf_str(&b), false, &e) < 0)
		rc = wrong(r, "%s", e.msg);
	buf_fini(&b);
	settle(r);
	return rc;
}

static int
do_answer_body(struct run *r, struct str arg)
{
	struct err e = {0};
	struct body *body;
	struct buf b;
	bool open;
	int rc;

	buf_init(&b, TEXT_MAX);
	rc = decode(r, arg, &b, &open);
	if (rc == 0 && r->last == NULL)
		rc = wrong(r, "nobody has asked");
	if (rc == 0) {
		body = body_mem(buf_str(&b));
		if (conn_answer_body(r->last, body, &e) < 0)
			rc = wrong(r, "%s", e.msg);
		body_unref(body);
	}
	buf_fini(&b);
	settle(r);
	return rc;
}

/* ---- before it starts ---- */

static int
do_protocol(struct run *r, struct str arg)
{
	free(r->protocol);
	r->protocol = strndup(arg.p, arg.n);
	r->cfg.protocol = r->protocol;
	return r->conn == NULL ? 0 : wrong(r, "it has begun already");
}

static int
do_limit(struct run *r, struct str arg)
{
	const struct {
		const char *name;
		size_t *limit;
	} names[] = {
	    {"line", &limits.line},
	    {"imap_line", &limits.imap_line},
	    {"literal_inline", &limits.literal_inline},
	    {"reply", &limits.reply},
	    {"lines", &limits.lines},
	    {"events", &limits.events},
	    {"queue", &limits.queue},
	    {"receive", &limits.receive},
	    {"send_high_water", &limits.send_high_water},
	    {"spool_memory", &limits.spool_memory},
	};
	struct str name = str_word(&arg);
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!str_eq(name, str_z(names[i].name)) ||
		    !str_u64(str_trim(arg), SIZE_MAX, &n))
			continue;
		*names[i].limit = n;
		return 0;
	}
	return wrong(r, "no limit %.*s", STRF(name));
}

static const struct act acts[] = {
    {"protocol", do_protocol, true},
    {"limit", do_limit, true},
    {"SLOW", do_slow, true},
    {"DEAF", do_deaf, true},
    {"HEAR", do_hear, false},
    {"C:", do_client, false},
    {"quiet", do_quiet, false},
    {"S:", do_server, false},
    {"CLOSE", do_close, false},
    {"drop", do_drop, false},
    {">", do_typed, false},
    {"send", do_send, false},
    {"ahead", do_ahead, false},
    {"auth", do_auth, false},
    {"!", do_answer, false},
    {"!<", do_answer_body, false},
    {NULL, NULL, false},
};

static const struct act *
find(const struct act *act, struct str word)
{
	while (act->word != NULL && !str_eq(word, str_z(act->word)))
		act++;
	return act->word != NULL ? act : NULL;
}

/* A trace may have times in front of its lines. */
static struct str
skip_time(struct str line)
{
	size_t n = 0;

	while (n < line.n && (ascii_digit(line.p[n]) || line.p[n] == '.'))
		n++;
	return n > 1 && n < line.n && line.p[n] == ' ' ? str_skip(line, n + 1)
						       : line;
}

int
run_line(struct run *r, struct str line)
{
	struct str said = skip_time(line);
	struct str word = str_head(said, str_find(said, ' '));
	struct str arg = str_skip(said, word.n);
	const struct act *act = find(acts, word);

	if (act == NULL)
		act = find(check_acts, word);
	if (act == NULL)
		return wrong(r, "unknown line \"%.*s\"", STRF(line));
	if (!act->before && start(r) < 0)
		return -1;
	return act->act(r, arg.n > 0 ? str_skip(arg, 1) : arg);
}
