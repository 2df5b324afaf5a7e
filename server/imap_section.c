/* imap_section: "1.2.HEADER.FIELDS (FROM TO)", and what it means. */
#include "server/imap_mail.h"
#include "wire/header.h"
#include "wire/imap_mail.h"

static const struct word {
	const char *name;
	enum section_what what;
	bool fields; /* a list of them follows */
	bool part;   /* only of a part, not of the whole message */
} words[] = {
    /* The longer ones first: one begins like the other. */
    {"HEADER.FIELDS.NOT", SECTION_FIELDS_NOT, true, false},
    {"HEADER.FIELDS", SECTION_FIELDS, true, false},
    {"HEADER", SECTION_HEADER, false, false},
    {"TEXT", SECTION_TEXT, false, false},
    {"MIME", SECTION_MIME, false, true},
};
enum {
	WORDS = sizeof(words) / sizeof(*words),
	/* Each field of a header is looked for in the list. */
	FIELDS_MAX = 4096,
};

/* "1.2." in front of a word, or "1.2" alone. */
static bool
take_path(struct str *text, struct section *out)
{
	uint64_t n;
	struct str rest;

	while (text->n > 0 && ascii_digit(*text->p)) {
		rest = *text;
		/* RFC 9051 9: nz-number does not begin with a zero. */
		if (out->depth == SECTION_DEPTH || *text->p == '0' ||
		    !str_u64(str_cut(&rest, '.'), UINT32_MAX, &n))
			return false;
		/* A dot with nothing behind it is no end. */
		if (rest.n == 0 && str_ends(*text, S(".")))
			return false;
		out->path[out->depth++] = (unsigned)n;
		*text = rest;
	}
	return true;
}

/* Undoes quotes at the start of *list, up to the one that ends them. */
static bool
take_quoted(struct str *list, struct buf *name)
{
	size_t i;

	for (i = 1; i < list->n && list->p[i] != '"'; i++) {
		if (list->p[i] == '\\')
			i++;
		if (i < list->n)
			(void)buf_addc(name, list->p[i]);
	}
	*list = str_skip(*list, i < list->n ? i + 1 : i);
	return list->n == 0 || *list->p == ' ';
}

/* ASTRING-CHARs of RFC 9051 9; of those that are none, the parser has taken
 * the others for something else. */
static bool
take_word(struct str *list, struct buf *name)
{
	struct str word = str_head(*list, str_find(*list, ' '));

	*list = str_skip(*list, word.n);
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= ' ' || word.p[i] > '~' ||
		    str_has(S("(){%*\"\\"), word.p[i]))
			return false;
	return buf_add(name, word) == 0;
}

/* The next field name of the list; false at its end, or with *good false. */
static bool
next_field(struct str *list, struct buf *name, bool *good)
{
	buf_clear(name);
	*list = str_trim(*list);
	if (list->n == 0)
		return false;
	*good =
	    *list->p == '"' ? take_quoted(list, name) : take_word(list, name);
	return *good;
}

static bool
take_fields(struct str text, struct section *out)
{
	struct str list;
	struct buf name;
	bool good = true;

	if (!str_starts(text, S(" (")) || !str_ends(text, S(")")))
		return false;
	list = out->fields = str_trim((struct str){text.p + 2, text.n - 3});
	buf_init(&name, FIELDS_MAX);
	while (list.n <= FIELDS_MAX && next_field(&list, &name, &good))
		;
	buf_fini(&name);
	return good && out->fields.n > 0 && out->fields.n <= FIELDS_MAX;
}

bool
section_parse(struct str text, bool binary, struct section *out)
{
	*out = (struct section){.what = SECTION_ALL};
	if (!take_path(&text, out))
		return false;
	if (text.n == 0)
		return true;
	for (size_t i = 0; i < WORDS && !binary; i++) {
		struct str name = str_z(words[i].name);

		if (!str_startscase(text, name))
			continue;
		text = str_skip(text, name.n);
		out->what = words[i].what;
		if (words[i].part && out->depth == 0)
			return false;
		return words[i].fields ? take_fields(text, out) : text.n == 0;
	}
	return false;
}

void
section_put(struct buf *b, const struct section *s)
{
	struct str list = s->fields;
	struct buf name;
	bool first = true, good;

	for (size_t i = 0; i < s->depth; i++)
		(void)buf_addf(b, "%s%u", i > 0 ? "." : "", s->path[i]);
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].what == s->what)
			(void)buf_addf(
			    b, "%s%s", s->depth > 0 ? "." : "", words[i].name);
	if (s->fields.n == 0)
		return;
	(void)buf_addz(b, " (");
	buf_init(&name, FIELDS_MAX);
	for (; next_field(&list, &name, &good); first = false) {
		if (!first)
			(void)buf_addc(b, ' ');
		if (imap_form(buf_str(&name), false) == IMAP_FORM_ATOM)
			(void)buf_add(b, buf_str(&name));
		else
			(void)imap_put_string(b, buf_str(&name), false);
	}
	buf_fini(&name);
	(void)buf_addc(b, ')');
}

/* ---- parts ---- */

/* A multipart without parts has one all the same (RFC 9051 6.4.5.1), which
 * BODYSTRUCTURE shows as an empty text. */
static const struct mime_part *
child(const struct mime_part *p, unsigned n)
{
	static const struct mime_part nothing;
	const struct mime_part *at = p->first;

	if (at == NULL && n == 1)
		return &nothing;
	while (at != NULL && n-- > 1)
		at = at->next;
	return at;
}

/*
 * RFC 9051 6.4.5.1: a multipart's parts have numbers; a message that is no
 * multipart has one part, itself; and below a message/rfc822 part the parts of
 * that message are counted.
 */
const struct mime_part *
section_part(const struct mime_part *root, const struct section *s)
{
	const struct mime_part *level = root, *part = root;
	bool message = true;

	for (size_t i = 0; i < s->depth; i++) {
		if (mime_is_multipart(level))
			part = child(level, s->path[i]);
		else
			part = message && s->path[i] == 1 ? level : NULL;
		if (part == NULL)
			return NULL;
		message = mime_is_message(part) && part->first != NULL;
		level = message ? part->first : part;
	}
	return part;
}

/* Of the whole message only what is asked for is looked at. */
static int
whole_range(struct imap_mail *m, const struct section *s, uint64_t *from,
    uint64_t *to, struct err *e)
{
	uint64_t end;

	*from = 0;
	*to = m->size;
	if (s->what == SECTION_ALL)
		return 1;
	if (imap_mail_header_end(m, &end, e) < 0)
		return -1;
	if (s->what == SECTION_TEXT)
		*from = end;
	else
		*to = end;
	return 1;
}

int
section_range(struct imap_mail *m, const struct section *s, uint64_t *from,
    uint64_t *to, struct err *e)
{
	const struct mime_part *p;
	bool header = s->what != SECTION_ALL && s->what != SECTION_TEXT;
	uint64_t end;

	if (s->depth == 0)
		return whole_range(m, s, from, to, e);
	p = imap_mail_root(m, e);
	if (p == NULL)
		return e->kind != ERR_NONE ? -1 : 0;
	p = section_part(p, s);
	end = p != NULL ? p->end : 0;
	/* HEADER and TEXT are those of the message in a part. */
	if (p != NULL && s->what != SECTION_ALL && s->what != SECTION_MIME)
		p = mime_is_message(p) ? p->first : NULL;
	if (p == NULL)
		return 0;
	*from = header ? p->header : p->body;
	*to = header ? p->body : p->end;
	/* A header that a boundary cut short has the line end that belongs to
	 * the boundary. */
	if (*to > end)
		*to = end;
	if (*from > *to)
		*from = *to;
	return 1;
}

/* ---- fields ---- */

static bool
is_listed(struct str list, struct str field)
{
	bool found = false, good;
	struct buf name;

	buf_init(&name, FIELDS_MAX);
	while (!found && next_field(&list, &name, &good))
		found = str_eqcase(buf_str(&name), field);
	buf_fini(&name);
	return found;
}

static int
header_of(struct imap_mail *m, const struct section *s, struct str *out,
    struct err *e)
{
	const struct mime_part *p;

	if (s->depth == 0)
		return imap_mail_header(m, out, e) < 0 ? -1 : 1;
	p = imap_mail_root(m, e);
	if (p == NULL)
		return e->kind != ERR_NONE ? -1 : 0;
	p = section_part(p, s);
	if (p == NULL || !mime_is_message(p) || p->first == NULL)
		return 0;
	*out = p->first->raw;
	return 1;
}

/* What is no field is in no list of fields, so FIELDS.NOT has it.  The empty
 * line behind the header is always there, unless the message has none (RFC
 * 9051 6.4.5.1). */
int
section_fields(
    struct imap_mail *m, const struct section *s, struct buf *b, struct err *e)
{
	bool listed = s->what == SECTION_FIELDS;
	struct str header, before;
	struct field f;
	bool more;
	int rc = header_of(m, s, &header, e);

	if (rc <= 0)
		return rc;
	do {
		before = header;
		more = header_next(&header, &f);
		before.n -= header.n + (more ? f.whole.n : 0);
		if (!listed)
			(void)buf_add(b, before);
		if (more && is_listed(s->fields, f.name) == listed)
			(void)buf_add(b, f.whole);
	} while (more);
	(void)buf_add(b, header);
	return 1;
}
