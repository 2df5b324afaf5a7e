/* imap: responses and commands of IMAP into value trees. */
#include "wire/imap.h"

#include <assert.h>

void
imap_begin(
    struct imap_parser *p, struct arena *a, bool command, unsigned max_nesting)
{
	*p = (struct imap_parser){
	    .arena = a, .command = command, .max_nesting = max_nesting};
	p->tail = &p->msg.vals;
}

static int
full(const struct imap_parser *p, struct err *e)
{
	return err_set(e, ERR_LIMIT, "the %s is too long to keep",
	    p->command ? "command" : "response");
}

/* ---- building the tree ---- */

static struct imap_val *
link_val(struct imap_parser *p, enum imap_kind kind, struct str s)
{
	struct imap_val *v = arena_alloc(p->arena, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->kind = kind;
	v->s = s;
	v->stream = -1;
	*p->tail = v;
	p->tail = &v->next;
	p->last = v;
	return v;
}

static int
open_list(struct imap_parser *p, struct str *s, struct err *e)
{
	struct imap_val *v;

	if (p->depth == p->max_nesting)
		return err_set(e, ERR_LIMIT, "lists are nested deeper than %u",
		    p->max_nesting);
	v = link_val(p, IMAP_LIST, S(""));
	if (v == NULL)
		return full(p, e);
	v->next = p->stack;
	p->stack = v;
	p->depth++;
	p->tail = &v->first;
	p->last = NULL;
	*s = str_skip(*s, 1);
	return 0;
}

static int
close_list(struct imap_parser *p, struct str *s, struct err *e)
{
	struct imap_val *v = p->stack;

	if (v == NULL)
		return err_set(e, ERR_PROTO, "')' without '('");
	p->stack = v->next;
	p->depth--;
	v->next = NULL;
	p->tail = &v->next;
	p->last = v;
	*s = str_skip(*s, 1);
	return 0;
}

/* ---- strings ---- */

/* Index of the quote that ends the string which begins at s, or s.n. */
static size_t
quoted_end(struct str s)
{
	size_t i;

	for (i = 1; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
	return i < s.n ? i : s.n;
}

/*
 * Undoes \" and \\.  Before any other character the backslash stays: servers
 * that do not escape mean it.
 */
static int
unescape(struct arena *a, struct str *s)
{
	char *to = arena_alloc(a, s->n + 1);
	size_t i, n = 0;

	if (to == NULL)
		return -1;
	for (i = 0; i < s->n; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n &&
		    (s->p[i + 1] == '"' || s->p[i + 1] == '\\'))
			i++;
		to[n++] = s->p[i];
	}
	*s = (struct str){to, n};
	return 0;
}

static int
quoted(struct imap_parser *p, struct str *s, struct err *e)
{
	size_t end = quoted_end(*s);
	struct str in;

	if (end == s->n)
		return err_set(e, ERR_PROTO, "a quoted string does not end");
	in = (struct str){s->p + 1, end - 1};
	*s = str_skip(*s, end + 1);
	if ((str_has(in, '\\') && unescape(p->arena, &in) < 0) ||
	    link_val(p, IMAP_QUOTED, in) == NULL)
		return full(p, e);
	return 0;
}

/*
 * Whether a literal is announced at the start of s: 1 with *lit filled, 0 if
 * there is something else.  -1 if it has the form of one that cannot be: text
 * that another reader might take for one must not pass as an atom.
 */
static int
literal_at(struct str s, struct imap_literal *lit)
{
	size_t i, digits;
	bool binary = s.n > 0 && *s.p == '~';

	i = binary ? 1 : 0;
	if (s.n < i + 3 || s.p[i] != '{')
		return 0;
	for (digits = ++i; i < s.n && ascii_digit(s.p[i]); i++)
		;
	*lit = (struct imap_literal){.binary = binary};
	lit->nonsync = i < s.n && s.p[i] == '+';
	if (i == digits || i + lit->nonsync >= s.n ||
	    s.p[i + lit->nonsync] != '}')
		return 0;
	if (i + lit->nonsync + 1 != s.n ||
	    !str_u64(
		(struct str){s.p + digits, i - digits}, INT64_MAX, &lit->size))
		return -1;
	return 1;
}

/* Whether the value behind p->last is (part of) a message. */
static bool
holds_message(const struct imap_parser *p)
{
	static const char *const whole[] = {
	    "RFC822", "RFC822.HEADER", "RFC822.TEXT"};
	struct imap_section sec;
	size_t i;

	if (p->command)
		return str_eqcase(p->msg.name, S("APPEND")) &&
		       p->tail != &p->msg.vals && !imap_is(p->last, "URL");
	if (p->depth != 1 || p->last == NULL || p->last->kind != IMAP_ATOM ||
	    (!str_eqcase(p->msg.name, S("FETCH")) &&
		!str_eqcase(p->msg.name, S("UIDFETCH"))))
		return false;
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (imap_is(p->last, whole[i]))
			return true;
	return imap_section(p->last->s, &sec) &&
	       (str_eqcase(sec.name, S("BODY")) ||
		   str_eqcase(sec.name, S("BINARY")));
}

/* p->literal was announced; the value is made now and filled later. */
static int
await_literal(struct imap_parser *p, struct err *e)
{
	struct imap_val *v;
	struct imap_literal *lit = &p->literal;

	if (p->section.n > 0) {
		/* It becomes part of an atom, and no value of its own. */
		v = arena_alloc(p->arena, sizeof(*v));
		if (v != NULL) {
			v->stream = -1;
			v->s = S("");
		}
	} else {
		lit->body = holds_message(p);
		v = link_val(p, IMAP_LITERAL, S(""));
	}
	if (v == NULL)
		return full(p, e);
	v->num = lit->size;
	v->binary = lit->binary;
	p->pending = v;
	p->missing = lit->size;
	p->fill = NULL;
	return 0;
}

int
imap_literal_add(struct imap_parser *p, struct str bytes, struct err *e)
{
	struct imap_val *v = p->pending;

	assert(v != NULL && v->stream < 0 && bytes.n <= p->missing);
	if (bytes.n == 0)
		return 0;
	if (p->fill == NULL) {
		p->fill = v->num < SIZE_MAX
			      ? arena_alloc(p->arena, (size_t)v->num)
			      : NULL;
		if (p->fill == NULL)
			return full(p, e);
		v->s = (struct str){p->fill, (size_t)v->num};
	}
	memcpy(p->fill, bytes.p, bytes.n);
	p->fill += bytes.n;
	p->missing -= bytes.n;
	return 0;
}

int
imap_literal_stream(struct imap_parser *p)
{
	assert(p->pending != NULL && p->missing == p->pending->num);
	p->missing = 0;
	p->pending->s = (struct str){NULL, 0};
	/* Each announcement takes 3 bytes of line: the mask is never felt. */
	p->pending->stream = p->streams++ & 0x3fffffff;
	return p->pending->stream;
}

/* ---- atoms ---- */

static bool
ends_atom(char c)
{
	return c == ' ' || c == '(' || c == ')' || c == '"' || c == '\r' ||
	       c == '\n';
}

static bool
opens_section(struct str word)
{
	static const struct str words[] = {STR("BODY"), STR("BODY.PEEK"),
	    STR("BINARY"), STR("BINARY.PEEK"), STR("BINARY.SIZE")};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eqcase(word, words[i]))
			return true;
	return false;
}

/*
 * Index of the ']' that ends the section which begins at s, a '[', or s.n.
 * A header field name in it may be quoted, or a literal (RFC 9051 9,
 * header-fld-name): then *lit, if not NULL, is where that one is announced.
 */
static size_t
section_end(struct str s, size_t *lit)
{
	struct imap_literal ignored;
	size_t i;

	for (i = 1; i < s.n && s.p[i] != ']'; i++) {
		if (s.p[i] == '"') {
			i += quoted_end(str_skip(s, i));
			if (i >= s.n)
				return s.n;
		} else if (s.p[i] == '{' && lit != NULL &&
			   literal_at(str_skip(s, i), &ignored) > 0) {
			*lit = i;
			return s.n;
		}
	}
	return i;
}

/* The rest of an atom that is cut by a literal waits in p->section. */
static int
section(struct imap_parser *p, struct str s, size_t *n, struct err *e)
{
	size_t lit = 0;
	size_t end = section_end(str_skip(s, *n), &lit);

	if (lit > 0) {
		p->section = str_head(s, *n + lit);
		(void)literal_at(str_skip(s, *n + lit), &p->literal);
		*n = s.n;
		return 0;
	}
	*n += end;
	if (*n == s.n)
		return err_set(e, ERR_PROTO, "a section has no ']'");
	return 0;
}

static enum imap_kind
atom_kind(struct str s, uint64_t *num)
{
	*num = 0;
	if (str_u64(s, INT64_MAX, num))
		return IMAP_NUMBER;
	return str_eqcase(s, S("NIL")) ? IMAP_NIL : IMAP_ATOM;
}

/* What clients may not write in an atom, nor right behind one (RFC 9051 9);
 * what servers write is taken. */
static bool
is_misplaced(const struct imap_parser *p, char c)
{
	return p->command &&
	       (c < ' ' || c > '~' || c == '{' || c == '(' || c == '"');
}

/* 1 if p->literal was announced in the midst of it or right behind it. */
static int
atom(struct imap_parser *p, struct str *s, struct err *e)
{
	struct imap_val *v;
	enum imap_kind kind;
	uint64_t num;
	size_t n;
	int lit = 0;

	for (n = 0; n < s->n && !ends_atom(s->p[n]); n++) {
		if (s->p[n] == '{' || s->p[n] == '~')
			lit = literal_at(str_skip(*s, n), &p->literal);
		if (lit != 0)
			break;
		if (is_misplaced(p, s->p[n]))
			return err_set(
			    e, ERR_PROTO, "an octet that no atom may have");
		if (s->p[n] == '[' && opens_section(str_head(*s, n))) {
			if (section(p, *s, &n, e) < 0)
				return -1;
			if (p->section.n > 0)
				return 1;
		}
	}
	if (lit < 0)
		return err_set(e, ERR_PROTO, "a literal's size is no number");
	if (n > 0 && n < s->n &&
	    (is_misplaced(p, s->p[n]) || (p->command && lit > 0)))
		return err_set(e, ERR_PROTO, "a space is missing");
	if (n == 0 && lit == 0)
		return err_set(e, ERR_PROTO, "a line end where none may be");
	if (n > 0) {
		kind = atom_kind(str_head(*s, n), &num);
		v = link_val(p, kind, str_head(*s, n));
		if (v == NULL)
			return full(p, e);
		v->num = num;
	}
	*s = str_skip(*s, n);
	return lit;
}

/* 1 if the line ends in a literal, 0 if it is used up. */
static int
values(struct imap_parser *p, struct str s, struct err *e)
{
	bool apart = true; /* a value may begin here */
	int rc = 0;

	for (char c; s.n > 0 && rc == 0; apart = c == ' ' || c == '(') {
		c = *s.p;
		if (p->command && !apart && c != ' ' && c != ')')
			return err_set(e, ERR_PROTO, "a space is missing");
		if (c == ' ')
			s = str_skip(s, 1);
		else if (c == '(')
			rc = open_list(p, &s, e);
		else if (c == ')')
			rc = close_list(p, &s, e);
		else if (c == '"')
			rc = quoted(p, &s, e);
		else
			rc = atom(p, &s, e);
	}
	if (rc == 0 && p->stack != NULL)
		return err_set(e, ERR_PROTO, "the line ends inside a list");
	return rc;
}

/* ---- status responses ---- */

/* The arguments of an unknown code need not be values: then they are kept as
 * one atom. */
static int
code_arguments(
    struct imap_parser *p, struct imap_val *name, struct str s, struct err *e)
{
	struct imap_parser sub;
	struct err ignored = {0};

	imap_begin(&sub, p->arena, false, p->max_nesting);
	if (values(&sub, s, &ignored) != 0) {
		sub.msg.vals = NULL;
		sub.tail = &sub.msg.vals;
		if (link_val(&sub, IMAP_ATOM, s) == NULL)
			return full(p, e);
	}
	name->next = sub.msg.vals;
	return 0;
}

/* Index of the ']' that ends a code; one in quotes does not, if the quotes
 * are in order. */
static size_t
code_end(struct str s)
{
	size_t end = section_end(s, NULL);

	return end < s.n ? end : str_find(s, ']');
}

/* RFC 9051 7.1: resp-text = ["[" resp-text-code "]" SP] text. */
static int
resp_text(struct imap_parser *p, struct str s, struct err *e)
{
	struct imap_val *code;
	struct str inside;
	size_t end;

	p->msg.text = s;
	if (s.n < 3 || *s.p != '[')
		return 0;
	end = code_end(s);
	if (end == s.n || end == 1)
		return 0;
	inside = (struct str){s.p + 1, end - 1};
	p->tail = &p->msg.code;
	if (link_val(p, IMAP_LIST, S("")) == NULL)
		return full(p, e);
	code = p->msg.code;
	p->tail = &code->first;
	if (link_val(p, IMAP_ATOM, str_cut(&inside, ' ')) == NULL)
		return full(p, e);
	s = str_skip(s, end + 1);
	p->msg.text = s.n > 0 && *s.p == ' ' ? str_skip(s, 1) : s;
	return code_arguments(p, code->first, inside, e);
}

/* ---- the head of a response ---- */

static bool
is_status(struct str name, bool tagged)
{
	static const struct str words[] = {
	    STR("OK"), STR("NO"), STR("BAD"), STR("BYE"), STR("PREAUTH")};
	size_t i, n = tagged ? 3 : sizeof(words) / sizeof(words[0]);

	for (i = 0; i < n; i++)
		if (str_eqcase(name, words[i]))
			return true;
	return false;
}

/* A word of the head: no byte may be in it that an atom cannot have. */
static struct str
head_word(struct str *s)
{
	struct str word = str_word(s);
	size_t i;

	for (i = 0; i < word.n; i++)
		if (ends_atom(word.p[i]) || word.p[i] == '{')
			return S("");
	return word;
}

static int
untagged_head(struct imap_parser *p, struct str *s, struct err *e)
{
	p->msg.type = IMAP_UNTAGGED;
	p->msg.name = head_word(s);
	if (p->msg.name.n > 0 && ascii_digit(*p->msg.name.p)) {
		/* RFC 9051 9: message numbers and counts have 32 bits. */
		if (!str_u64(p->msg.name, UINT32_MAX, &p->msg.num))
			return err_set(e, ERR_PROTO, "a number out of range");
		p->msg.has_num = true;
		p->msg.name = head_word(s);
	}
	if (p->msg.name.n == 0)
		return err_set(e, ERR_PROTO, "a response without a name");
	return 0;
}

/* RFC 9051 9: a tag has no "+".  Of servers' tags the client knows which one
 * it awaits, so only a client's must be in order throughout. */
static bool
is_tag(struct str s, bool command)
{
	for (size_t i = 0; i < s.n && command; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    str_has(S("+%*\\"), s.p[i]))
			return false;
	return s.n > 0 && *s.p != '+';
}

static int
tagged_head(struct imap_parser *p, struct str *s, struct err *e)
{
	struct str tag = S("");

	p->msg.type = p->command ? IMAP_COMMAND : IMAP_TAGGED;
	if (s->n > 0 && *s->p != ' ')
		tag = head_word(s);
	if (!is_tag(tag, p->command))
		return err_set(e, ERR_PROTO, "the line begins with no tag");
	p->msg.tag = tag;
	if (p->command && str_starts(*s, S("  ")))
		return err_set(e, ERR_PROTO, "two spaces behind the tag");
	p->msg.name = head_word(s);
	if (p->command && p->msg.name.n == 0)
		return err_set(e, ERR_PROTO, "a tag without a command");
	if (!p->command && !is_status(p->msg.name, true))
		return err_set(e, ERR_PROTO,
		    "a tagged response is neither OK nor NO nor BAD");
	return 0;
}

/* Eats what is before the values; 1 if the text for people is all there is. */
static int
head(struct imap_parser *p, struct str *s, struct err *e)
{
	struct str word = str_head(*s, str_find(*s, ' '));
	bool text;

	if (!p->command && str_eq(word, S("+"))) {
		p->msg.type = IMAP_CONTINUE;
		*s = str_skip(*s, 1);
		text = true;
	} else if (!p->command && str_eq(word, S("*"))) {
		*s = str_skip(*s, 1);
		if (untagged_head(p, s, e) < 0)
			return -1;
		text = !p->msg.has_num && is_status(p->msg.name, false);
	} else {
		if (tagged_head(p, s, e) < 0)
			return -1;
		text = !p->command;
	}
	if (!text)
		return 0;
	if (s->n > 0)
		*s = str_skip(*s, 1);
	return resp_text(p, *s, e) < 0 ? -1 : 1;
}

/*
 * The line behind a literal.  If that one stood in a section, the atom is
 * taken up again from its start, with the literal as a quoted string.
 */
static struct str
resume(struct imap_parser *p, struct str line, struct err *e)
{
	struct imap_val *lit = p->pending;
	struct str joined = {NULL, 0};
	struct buf b;

	p->pending = NULL;
	if (p->section.n == 0) {
		/* Anything else means that its size was wrong. */
		if (line.n == 0 || *line.p == ' ' || *line.p == ')')
			return arena_dup(p->arena, line);
		(void)err_set(
		    e, ERR_PROTO, "a literal is longer than was announced");
		return joined;
	}
	buf_init(&b, p->arena->max);
	if (str_has_eol(lit->s))
		(void)err_set(e, ERR_PROTO, "a line end in a section");
	else if (buf_add(&b, p->section) == 0 &&
		 (lit->s.p != NULL ? imap_put_quoted(&b, lit->s)
				   : buf_addz(&b, "\"{streamed}\"")) == 0 &&
		 buf_add(&b, line) == 0)
		joined = arena_dup(p->arena, buf_str(&b));
	buf_fini(&b);
	p->section = S("");
	return joined;
}

enum imap_got
imap_line(struct imap_parser *p, struct str line, struct err *e)
{
	struct str s;
	int rc = 0;

	assert(p->missing == 0);
	if (str_has(line, '\0')) {
		(void)err_set(e, ERR_PROTO, "a NUL octet in a line");
		return IMAP_GOT_BAD;
	}
	s = p->pending != NULL ? resume(p, line, e) : arena_dup(p->arena, line);
	if (s.p == NULL) {
		(void)full(p, e);
		return IMAP_GOT_BAD;
	}
	if (!p->begun) {
		p->begun = true;
		rc = head(p, &s, e);
		if (rc != 0)
			return rc < 0 ? IMAP_GOT_BAD : IMAP_GOT_MSG;
	}
	rc = values(p, s, e);
	if (rc > 0)
		rc = await_literal(p, e) < 0 ? -1 : 1;
	return rc < 0 ? IMAP_GOT_BAD : rc > 0 ? IMAP_GOT_LITERAL : IMAP_GOT_MSG;
}
