/* imap_encode: IMAP commands as they go out: tags, quoting, literals. */
#include "proto/imap.h"
#include "wire/mutf7.h"

enum { OWN_TAG_MAX = 1000000000 };

static int
add_tag(struct job *j, struct err *e)
{
	struct str tag = arena_fmt(&j->arena, "a%u", ++j->cmd.conn->last_tag);

	if (tag.p == NULL)
		return err_set(e, ERR_LIMIT, "the command is too long");
	j->cmd.tag = tag;
	return job_bytes(j, tag, e) < 0 ? -1 : job_bytes(j, S(" "), e);
}

/*
 * Whether a literal of n octets needs no leave to be sent (RFC 7888): any
 * with LITERAL+, up to 4096 with LITERAL- and IMAP4rev2 (RFC 9051 4.3).
 */
static bool
is_nonsync(const struct conn *c, uint64_t n)
{
	if (conn_has(c, "LITERAL+"))
		return true;
	return n <= 4096 &&
	       (conn_has(c, "LITERAL-") || conn_has(c, "IMAP4rev2"));
}

static int
add_literal_head(struct job *j, uint64_t n, struct err *e)
{
	bool nonsync = is_nonsync(j->cmd.conn, n);
	struct str head = arena_fmt(&j->arena, "{%llu%s}\r\n",
	    (unsigned long long)n, nonsync ? "+" : "");

	if (head.p == NULL)
		return err_set(e, ERR_LIMIT, "the command is too long");
	if (job_bytes(j, head, e) < 0)
		return -1;
	return nonsync ? 0 : job_wait(j, e);
}

static int
add_message(struct job *j, struct body *body, struct err *e)
{
	uint64_t size;
	enum frame frame = FRAME_EXACT;

	/* What was a message on one IMAP server is the same on another. */
	if ((!body_literal(body, &size) &&
		sized_body(body, &size, &frame, e) < 0) ||
	    add_literal_head(j, size, e) < 0)
		return -1;
	return job_body(j, body, frame, &size, e);
}

/* A string that is no message, a search key beyond ASCII: as it is. */
static int
add_string(struct job *j, struct body *body, struct err *e)
{
	uint64_t size;

	if (!body_size(body, &size))
		return err_set(e, ERR_USE, "the size of a literal is unknown");
	if (add_literal_head(j, size, e) < 0)
		return -1;
	return job_body(j, body, FRAME_EXACT, &size, e);
}

/* The octets of s, secret or not. */
static int
add(struct job *j, struct str s, bool secret, struct err *e)
{
	return secret ? job_secret(j, s, e) : job_bytes(j, s, e);
}

static int
add_quoted(struct job *j, struct str s, bool secret, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, 2 * s.n + 2);
	b.secret = secret;
	(void)imap_put_quoted(&b, s);
	rc = add(j, buf_str(&b), secret, e);
	buf_fini(&b);
	return rc;
}

/* An astring (RFC 9051 9) in the shortest form that can hold it. */
static int
add_astring(struct job *j, struct str s, bool secret, struct err *e)
{
	if (str_has(s, '\0'))
		return err_set(
		    e, ERR_USE, "an argument of %.*s holds NUL", STRF(j->word));
	switch (imap_form(s, j->cmd.conn->imap.utf8)) {
	case IMAP_FORM_ATOM:
		return add(j, s, secret, e);
	case IMAP_FORM_QUOTED:
		return add_quoted(j, s, secret, e);
	case IMAP_FORM_LITERAL:
		break;
	}
	return add_literal_head(j, s.n, e) < 0 ? -1 : add(j, s, secret, e);
}

static int
add_mailbox(struct job *j, struct str name, struct err *e)
{
	struct buf b;
	int rc;

	if (str_has_eol(name))
		return err_set(
		    e, ERR_USE, "a mailbox name cannot hold a line end or NUL");
	if (j->cmd.conn->imap.utf8)
		return add_astring(j, name, false, e);
	buf_init(&b, limits.line);
	rc = mutf7_encode(&b, name);
	if (rc < 0)
		err_set(e, ERR_USE, "this mailbox name is not UTF-8: %.*s",
		    STRF(name));
	else
		rc = add_astring(j, buf_str(&b), false, e);
	buf_fini(&b);
	return rc;
}

static char
letter_of(const struct verb *v, size_t i)
{
	const char *sig = v != NULL && v->sig != NULL ? v->sig : "r";

	return i < strlen(sig) ? sig[i] : sig[strlen(sig) - 1];
}

static int
add_arg(
    struct job *j, size_t i, const struct arg *arg, bool last, struct err *e)
{
	const struct verb *v = j->cmd.verb;
	bool secret = j->flags & VERB_SECRET && i >= v->secret;
	struct body *b;
	int rc;

	/* RFC 3502: several, each with what is to be said of it in front. */
	if (arg->kind == ARG_BODY && j->flags & VERB_BODY && !last &&
	    !conn_has(j->cmd.conn, "MULTIAPPEND"))
		return err_set(
		    e, ERR_USE, "a message must be the last argument");
	if (arg->kind == ARG_BODY && j->flags & VERB_BODY)
		return add_message(j, arg->body, e);
	if (arg->kind == ARG_BODY)
		return add_string(j, arg->body, e);
	if (last && i > 0 && j->flags & VERB_BODY) {
		b = body_mem(arg->s);
		rc = add_message(j, b, e);
		body_unref(b);
		return rc;
	}
	switch (letter_of(v, i)) {
	case 'a':
		return add_astring(j, arg->s, secret, e);
	case 'm':
		return add_mailbox(j, arg->s, e);
	default:
		break;
	}
	if (str_has_eol(arg->s))
		return err_set(e, ERR_USE,
		    "an argument of %.*s holds a line end or NUL",
		    STRF(j->word));
	return add(j, arg->s, secret, e);
}

int
imap_encode(struct cmd *cmd, const struct arg *args, size_t n, struct err *e)
{
	struct job *j = job_of(cmd);
	size_t i;

	if (add_tag(j, e) < 0 || job_bytes(j, j->word, e) < 0)
		return -1;
	if (n > 0 && args[0].kind == ARG_STR && !(j->flags & VERB_SASL))
		j->subject = job_dup(j, args[0].s);
	for (i = 0; i < n; i++)
		if (job_bytes(j, S(" "), e) < 0 ||
		    add_arg(j, i, &args[i], i + 1 == n, e) < 0)
			return -1;
	j->may_ask = j->flags & (VERB_SASL | VERB_IDLE);
	return job_bytes(j, S("\r\n"), e);
}

/* ---- typed lines ---- */

/* Whether line ends in "{n}": the server will ask for the octets; or in
 * "{n+}": they follow unasked (RFC 7888). */
static bool
announces_literal(struct str line)
{
	struct str digits;
	size_t i;
	uint64_t n;

	if (!str_ends(line, S("}")))
		return false;
	for (i = line.n - 1; i > 0 && line.p[i - 1] != '{'; i--)
		continue;
	digits = (struct str){line.p + i, line.n - 1 - i};
	if (str_ends(digits, S("+")))
		digits.n--;
	return i > 0 && str_u64(digits, UINT64_MAX, &n);
}

/* Cuts the user's own tag off the line: the first word is no verb and the
 * second is one. */
static bool
own_tag(const struct verb *verbs, struct str *line, struct str *tag)
{
	struct str rest = *line;

	*tag = verb_word(&rest);
	rest = str_trim(rest);
	if (verb_find(verbs, *line, NULL) != NULL || rest.n == 0 ||
	    verb_find(verbs, rest, NULL) == NULL)
		return false;
	*line = rest;
	return true;
}

/* Tags of ours come behind the user's own, if he counts as we do: each command
 * is to have another one (RFC 9051 2.2.1). */
static void
count_own_tag(struct conn *c, struct str tag)
{
	uint64_t n;

	if (str_starts(tag, S("a")) &&
	    str_u64(str_skip(tag, 1), OWN_TAG_MAX, &n) && n > c->last_tag)
		c->last_tag = (unsigned)n;
}

/* The first argument, of a LOGIN or SELECT, for the prompt. */
static struct str
first_argument(struct job *j, struct str line)
{
	struct imap_parser p;
	struct err ignored = {0};
	struct str rest, first = S("");
	struct arena a; /* the second one may be a password */

	(void)verb_find(j->cmd.conn->proto->verbs, line, &rest);
	arena_init(&a, limits.reply);
	a.secret = true;
	imap_begin(&p, &a, true, limits.nesting);
	rest = arena_join(&a, S("x y"), rest);
	if (rest.p != NULL && imap_line(&p, rest, &ignored) != IMAP_GOT_BAD)
		first = job_dup(j, imap_text(p.msg.vals));
	arena_fini(&a);
	return first;
}

int
imap_typed(struct cmd *cmd, struct str line, struct body *body, struct err *e)
{
	struct job *j = job_of(cmd);
	struct str tag;

	if (own_tag(&imap_verbs[0], &line, &tag)) {
		j->cmd.tag = job_dup(j, tag);
		count_own_tag(cmd->conn, tag);
		cmd->verb = verb_find(imap_verbs, line, NULL);
		j->flags = cmd->verb->flags;
		if (job_bytes(j, tag, e) < 0 || job_bytes(j, S(" "), e) < 0)
			return -1;
	} else if (add_tag(j, e) < 0) {
		return -1;
	}
	if (job_typed_line(j, line, e) < 0)
		return -1;
	if (cmd->verb != NULL && j->flags & (VERB_LOGIN | VERB_MAILBOX) &&
	    !(j->flags & VERB_SASL))
		j->subject = first_argument(j, line);
	j->may_ask =
	    j->flags & (VERB_SASL | VERB_IDLE) || announces_literal(line);
	j->owes =
	    body == NULL && announces_literal(line) && str_ends(line, S("+}"));
	if (body != NULL &&
	    (job_bytes(j, S(" "), e) < 0 || add_message(j, body, e) < 0))
		return -1;
	return job_bytes(j, S("\r\n"), e);
}
