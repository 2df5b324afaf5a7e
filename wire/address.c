/* address: the address lists of From, To, Cc and their kin. */
#include "wire/address.h"

/* What the next call of address_next looks at. */
enum {
	AT_ADDRESS,    /* of the list: a mailbox or a group */
	IN_GROUP,      /* a mailbox of a group */
	AT_GROUP_END,  /* the end of a group, written or not */
	BEHIND_BROKEN, /* only a comment that does not end: no address */
	AT_END,
};

/* What was appended to r->text since it held `from` octets. */
static struct str
text_from(const struct address_reader *r, size_t from)
{
	return str_skip(buf_str(&r->text), from);
}

/*
 * Words, with one space between them (RFC 5322 3.2.5 phrase; dots are obsolete
 * but common).  An empty one is good if something follows.
 */
static enum scan
phrase(struct address_reader *r)
{
	struct scanner *s = &r->s;
	enum scan got;

	if (s->in.n == 0)
		return SCAN_END;
	if (*s->in.p == '.')
		return SCAN_BAD;
	for (;;) {
		got = *s->in.p == '"' ? scan_quoted(s, &r->text)
				      : scan_word(s, SCAN_DOTTED, &r->text);
		if (got != SCAN_MORE)
			return got;
		if (*s->in.p != '"' && scan_length(s->in, SCAN_DOTTED) == 0)
			return SCAN_MORE;
		(void)buf_addc(&r->text, ' ');
	}
}

/* The local part; dots may stand anywhere in it. */
static enum scan
local_part(struct address_reader *r)
{
	struct scanner *s = &r->s;
	enum scan got = SCAN_BAD;

	if (*s->in.p == '"')
		return scan_quoted(s, &r->text);
	do {
		while (*s->in.p == '.') {
			(void)buf_addc(&r->text, '.');
			s->in = str_skip(s->in, 1);
			if (s->in.n == 0)
				return SCAN_END;
			got = SCAN_MORE;
		}
		if (*s->in.p == '@')
			break;
		if (scan_length(s->in, SCAN_ATOM) == 0)
			return SCAN_BAD;
		got = scan_word(s, SCAN_ATOM, &r->text);
	} while (got == SCAN_MORE && *s->in.p == '.');
	return got;
}

/* Behind the @, at which s->in stands. */
static enum scan
domain(struct address_reader *r)
{
	struct scanner *s = &r->s;
	enum scan got;

	s->in = str_skip(s->in, 1);
	got = scan_space(s);
	if (got == SCAN_MORE && *s->in.p == '[')
		return scan_literal(s, &r->text);
	while (got == SCAN_MORE && scan_length(s->in, SCAN_ATOM) > 0) {
		got = scan_word(s, SCAN_ATOM, &r->text);
		if (got != SCAN_MORE || *s->in.p != '.')
			return got;
		(void)buf_addc(&r->text, '.');
		s->in = str_skip(s->in, 1);
		got = scan_space(s);
	}
	return SCAN_BAD;
}

/* "@a,@b:" (RFC 5322 4.4 obs-route); false if it is none. */
static bool
route(struct address_reader *r, struct str *out)
{
	size_t from = r->text.len;
	struct scanner *s = &r->s;

	while (s->in.n > 0 && *s->in.p == '@') {
		if (r->text.len > from)
			(void)buf_addc(&r->text, ',');
		(void)buf_addc(&r->text, '@');
		if (domain(r) != SCAN_MORE)
			return false;
		while (scan_space(s) == SCAN_MORE && *s->in.p == ',')
			s->in = str_skip(s->in, 1);
	}
	if (s->in.n == 0 || *s->in.p != ':')
		return false;
	s->in = str_skip(s->in, 1);
	*out = text_from(r, from);
	return true;
}

/* Left and right of the @; false if something is amiss. */
static bool
addr_spec(struct address_reader *r, struct address *out)
{
	size_t from = r->text.len;
	enum scan got = local_part(r);

	if (got != SCAN_BAD)
		out->local = text_from(r, from);
	if (got != SCAN_MORE || *r->s.in.p != '@')
		return got == SCAN_MORE;
	from = r->text.len;
	got = domain(r);
	if (got != SCAN_BAD)
		out->domain = text_from(r, from);
	return got == SCAN_MORE;
}

/* "<…>"; false, with the rest left where it breaks, if it is none. */
static bool
angle_addr(struct address_reader *r, struct address *out)
{
	struct scanner *s = &r->s;

	s->in = str_skip(s->in, 1);
	if (scan_space(s) != SCAN_MORE)
		return false;
	if (*s->in.p == '@') {
		out->broken_route = !route(r, &out->route);
		if (scan_space(s) != SCAN_MORE)
			return false;
	}
	if (*s->in.p != '>' && !addr_spec(r, out))
		return false;
	if (*s->in.p != '>')
		return false;
	s->in = str_skip(s->in, 1);
	return scan_space(s) != SCAN_BAD;
}

/* Behind a word that no @ and no comment follows: with more words, or quoted,
 * it is a name. */
static void
name_only(struct address_reader *r, struct address *out, bool quoted)
{
	size_t from;

	(void)buf_addc(&r->text, ' ');
	from = r->text.len;
	(void)phrase(r);
	if (r->text.len > from)
		out->name = text_from(r, 0);
	else if (quoted)
		out->name = out->local;
	if (out->name.p != NULL)
		out->local = (struct str){NULL, 0};
}

/* The comment seen last, if there is one; a copy, since others may come. */
static bool
name_in_comment(struct address_reader *r, struct address *out)
{
	size_t from = r->text.len;

	if (r->comment.len == 0)
		return false;
	(void)buf_add(&r->text, buf_str(&r->comment));
	out->name = text_from(r, from);
	return true;
}

/*
 * Something that is no <address>: "a@b (name)", but also "a", which is half an
 * address, and "a b", which is only a name.
 */
static void
bare_address(struct address_reader *r, struct address *out)
{
	bool quoted = *r->s.in.p == '"';
	size_t from;
	enum scan got;

	buf_clear(&r->comment);
	got = local_part(r);
	if (got != SCAN_BAD)
		out->local = text_from(r, 0);
	if (got != SCAN_END && r->s.in.n > 0 && *r->s.in.p == '@') {
		from = r->text.len;
		if (domain(r) != SCAN_BAD)
			out->domain = text_from(r, from);
		(void)name_in_comment(r, out);
	} else if (!name_in_comment(r, out)) {
		name_only(r, out, quoted);
	}
}

static void
mailbox(struct address_reader *r, struct address *out)
{
	struct str begin = r->s.in;

	buf_clear(&r->text);
	if (phrase(r) == SCAN_MORE && *r->s.in.p == '<') {
		if (r->text.len > 0)
			out->name = text_from(r, 0);
		out->broken = !angle_addr(r, out);
		return;
	}
	r->s.in = begin;
	buf_clear(&r->text);
	bare_address(r, out);
}

/* Eats a comma, if there is one, and tells what is behind it. */
static enum scan
next_element(struct address_reader *r)
{
	if (r->s.in.n == 0 || *r->s.in.p != ',')
		return SCAN_END;
	r->s.in = str_skip(r->s.in, 1);
	return scan_space(&r->s);
}

/* "name:", and what it begins with; false if no group begins here. */
static bool
group(struct address_reader *r, struct address *out)
{
	struct str begin = r->s.in;

	buf_clear(&r->text);
	if (phrase(r) != SCAN_MORE || *r->s.in.p != ':') {
		r->s.in = begin;
		return false;
	}
	out->kind = ADDRESS_GROUP;
	out->name = text_from(r, 0);
	r->s.in = str_skip(r->s.in, 1);
	r->state = scan_space(&r->s) == SCAN_MORE && *r->s.in.p != ';'
		       ? IN_GROUP
		       : AT_GROUP_END;
	return true;
}

static void
group_end(struct address_reader *r, struct address *out)
{
	out->kind = ADDRESS_GROUP_END;
	if (r->s.in.n > 0 && *r->s.in.p == ';') {
		r->s.in = str_skip(r->s.in, 1);
		(void)scan_space(&r->s);
	}
}

static int
state_after(enum scan next)
{
	return next == SCAN_MORE  ? AT_ADDRESS
	       : next == SCAN_BAD ? BEHIND_BROKEN
				  : AT_END;
}

bool
address_next(struct address_reader *r, struct address *out)
{
	*out = (struct address){.kind = ADDRESS_MAILBOX};
	if (r->state == AT_END || r->left == 0)
		return false;
	r->left--;
	switch (r->state) {
	case AT_ADDRESS:
		if (group(r, out))
			break;
		mailbox(r, out);
		r->state = state_after(next_element(r));
		break;
	case IN_GROUP:
		mailbox(r, out);
		if (next_element(r) != SCAN_MORE)
			r->state = AT_GROUP_END;
		break;
	case AT_GROUP_END:
		group_end(r, out);
		r->state = state_after(next_element(r));
		break;
	default:
		r->state = AT_END;
	}
	return true;
}

void
address_begin(struct address_reader *r, struct str value)
{
	/* Spaces between words take the place of quotes at least, but a comma
	 * between the domains of a route ("@a@b") of nothing. */
	const size_t room = value.n + value.n / 2 + 8;

	*r = (struct address_reader){.left = ADDRESS_MAX};
	buf_init(&r->text, room);
	buf_init(&r->comment, room);
	/* All of it now, so that slices of it stay where they are. */
	(void)buf_room(&r->text, room);
	(void)buf_room(&r->comment, room);
	r->s = (struct scanner){value, &r->comment};
	if (scan_space(&r->s) != SCAN_MORE)
		r->state = AT_END;
}

void
address_done(struct address_reader *r)
{
	buf_fini(&r->text);
	buf_fini(&r->comment);
}

/* A copy of what is there; false if a is full. */
static bool
keep(struct arena *a, struct str *s)
{
	if (s->p == NULL)
		return true;
	*s = arena_dup(a, *s);
	return s->p != NULL;
}

static struct address *
keep_address(struct arena *a, const struct address *from)
{
	struct address *to = arena_alloc(a, sizeof(*to));

	if (to == NULL)
		return NULL;
	*to = *from;
	if (!keep(a, &to->name) || !keep(a, &to->route) ||
	    !keep(a, &to->local) || !keep(a, &to->domain))
		return NULL;
	return to;
}

int
address_parse(struct arena *a, struct str value, struct address **out)
{
	struct address_reader r;
	struct address got;
	int rc = 0;

	*out = NULL;
	address_begin(&r, value);
	while (rc == 0 && address_next(&r, &got)) {
		*out = keep_address(a, &got);
		if (*out != NULL)
			out = &(*out)->next;
		else
			rc = -1;
	}
	address_done(&r);
	return rc;
}
