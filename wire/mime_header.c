/* mime_header: what the fields of a part's header say. */
#include "wire/mime_header.h"
#include "wire/header.h"

/* What a field's value says of p; -1 if a is full. */
typedef int take_fn(struct arena *a, struct str value, struct mime_part *p);

static int
keep_text(struct arena *a, struct str value, struct str *out)
{
	struct buf b;
	int rc;

	buf_init(&b, value.n);
	rc = header_join(&b, value);
	*out = arena_dup(a, buf_str(&b));
	buf_fini(&b);
	return rc == 0 && out->p != NULL ? 0 : -1;
}

/* "text/plain"; "text" alone is a type without a subtype.  False if it is no
 * type at all, or something else than parameters follows (RFC 2045 5.1). */
static bool
scan_type(struct scanner *s, struct buf *type, struct buf *subtype)
{
	enum scan got;

	if (scan_space(s) != SCAN_MORE)
		return false;
	(void)scan_word(s, SCAN_TOKEN, type);
	if (type->len == 0 || s->in.n == 0)
		return type->len > 0;
	if (*s->in.p != '/')
		return false;
	s->in = str_skip(s->in, 1);
	if (scan_space(s) != SCAN_MORE)
		return false;
	got = scan_word(s, SCAN_TOKEN, subtype);
	return subtype->len > 0 && got != SCAN_BAD &&
	       (got == SCAN_END || *s->in.p == ';');
}

static int
take_type(struct arena *a, struct str value, struct mime_part *p)
{
	struct scanner s = {.in = value};
	struct buf type, subtype;
	int rc = 0;

	if (p->type.p != NULL)
		return 0;
	buf_init(&type, value.n);
	buf_init(&subtype, value.n);
	if (scan_type(&s, &type, &subtype)) {
		rc = mime_params(a, &s, &p->params);
	} else {
		buf_clear(&type);
		buf_clear(&subtype);
	}
	p->type = arena_dup(a, buf_str(&type));
	p->subtype = arena_dup(a, buf_str(&subtype));
	buf_fini(&type);
	buf_fini(&subtype);
	return rc == 0 && p->type.p != NULL && p->subtype.p != NULL ? 0 : -1;
}

/* One token and nothing else, or it is as if the field were not there. */
static int
take_encoding(struct arena *a, struct str value, struct mime_part *p)
{
	struct scanner s = {.in = value};
	struct buf word;
	int rc = 0;

	if (p->encoding.p != NULL)
		return 0;
	buf_init(&word, value.n);
	if (scan_space(&s) == SCAN_MORE &&
	    scan_word(&s, SCAN_TOKEN, &word) == SCAN_END && word.len > 0) {
		p->encoding = arena_dup(a, buf_str(&word));
		rc = p->encoding.p != NULL ? 0 : -1;
	}
	buf_fini(&word);
	return rc;
}

/* A second field may add what the first one left out. */
static int
take_disposition(struct arena *a, struct str value, struct mime_part *p)
{
	struct scanner s = {.in = value};
	struct buf word;
	int rc = 0;

	if (p->disposition_params != NULL)
		return 0;
	buf_init(&word, value.n);
	(void)scan_space(&s);
	if (scan_word(&s, SCAN_TOKEN, &word) != SCAN_BAD) {
		p->disposition = arena_dup(a, buf_str(&word));
		rc = p->disposition.p != NULL
			 ? mime_params(a, &s, &p->disposition_params)
			 : -1;
	}
	buf_fini(&word);
	return rc;
}

bool
mime_language(struct str *value, struct str *tag)
{
	struct scanner s = {.in = *value};
	enum scan got = scan_space(&s);

	*tag = str_head(s.in, scan_length(s.in, SCAN_ATOM));
	if (tag->n > 0)
		got = scan_word(&s, SCAN_ATOM, NULL);
	if (tag->n > 0 && got == SCAN_MORE && *s.in.p == ',')
		*value = str_skip(s.in, 1);
	else
		*value = str_skip(s.in, s.in.n);
	return tag->n > 0 && got != SCAN_BAD;
}

static int
take_language(struct arena *a, struct str value, struct mime_part *p)
{
	struct str rest = value, tag;

	if (p->language.p != NULL || !mime_language(&rest, &tag))
		return 0;
	return keep_text(a, value, &p->language);
}

static int
take_id(struct arena *a, struct str value, struct mime_part *p)
{
	return p->id.p != NULL ? 0 : keep_text(a, value, &p->id);
}

static int
take_description(struct arena *a, struct str value, struct mime_part *p)
{
	return p->description.p != NULL ? 0
					: keep_text(a, value, &p->description);
}

static int
take_md5(struct arena *a, struct str value, struct mime_part *p)
{
	return p->md5.p != NULL ? 0 : keep_text(a, value, &p->md5);
}

static int
take_location(struct arena *a, struct str value, struct mime_part *p)
{
	return p->location.p != NULL ? 0 : keep_text(a, value, &p->location);
}

static const struct {
	struct str name;
	take_fn *take;
} fields[] = {
    {STR("Content-Type"), take_type},
    {STR("Content-Transfer-Encoding"), take_encoding},
    {STR("Content-Disposition"), take_disposition},
    {STR("Content-ID"), take_id},
    {STR("Content-Description"), take_description},
    {STR("Content-MD5"), take_md5},
    {STR("Content-Language"), take_language},
    {STR("Content-Location"), take_location},
};

/* Parts of a multipart always are MIME; messages say so themselves (RFC 2045
 * 4), if not always in the right words. */
static bool
is_mime(const struct mime_part *p)
{
	struct field f;

	return (p->parent != NULL && mime_is_multipart(p->parent)) ||
	       header_find(p->raw, S("MIME-Version"), &f) ||
	       header_find(p->raw, S("Content-Type"), &f);
}

static int
take_fields(struct arena *a, struct mime_part *p)
{
	struct str rest = p->raw;
	struct field f;
	size_t i;

	while (header_next(&rest, &f))
		for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (str_eqcase(f.name, fields[i].name) &&
			    fields[i].take(a, f.value, p) < 0)
				return -1;
	return 0;
}

/* RFC 2045 5.2, RFC 2046 5.1.5. */
static void
default_type(struct mime_part *p)
{
	bool digest = p->parent != NULL && mime_is_multipart(p->parent) &&
		      str_eqcase(p->parent->subtype, S("digest"));

	p->type = digest ? S("message") : S("text");
	p->subtype = digest ? S("rfc822") : S("plain");
}

int
mime_header(struct arena *a, struct mime_part *p)
{
	if (is_mime(p) && take_fields(a, p) < 0)
		return -1;
	if (p->type.p == NULL)
		default_type(p);
	if (str_eqcase(p->type, S("multipart")) && p->subtype.n > 0)
		p->kind = MIME_MULTIPART;
	else if (str_eqcase(p->type, S("message")) &&
		 (str_eqcase(p->subtype, S("rfc822")) ||
		     str_eqcase(p->subtype, S("global"))))
		p->kind = MIME_MESSAGE;
	return 0;
}
