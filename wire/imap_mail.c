/* imap_mail: strings, ENVELOPE, BODY and BODYSTRUCTURE. */
#include "wire/imap_mail.h"
#include "base/utf8.h"
#include "wire/address.h"
#include "wire/header.h"

#include <inttypes.h>

/* Beyond, a string is a literal: some clients limit their lines. */
enum { QUOTED_MAX = 1000 };

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* How often c is in s. */
static size_t
count(struct str s, char c)
{
	size_t n = 0, at;

	for (; (at = str_find(s, c)) < s.n; s = str_skip(s, at + 1))
		n++;
	return n;
}

static int
put_literal(struct buf *b, struct str s)
{
	size_t nuls = count(s, '\0');
	struct str part;

	if (buf_addf(b, "{%zu}\r\n", s.n + nuls * (sizeof(REPLACEMENT) - 2)) <
	    0)
		return -1;
	for (; nuls > 0; nuls--) {
		part = str_cut(&s, '\0');
		if (buf_add(b, part) < 0 || buf_addz(b, REPLACEMENT) < 0)
			return -1;
	}
	return buf_add(b, s);
}

int
imap_put_string(struct buf *b, struct str s, bool utf8)
{
	if (s.n > QUOTED_MAX || imap_form(s, utf8) == IMAP_FORM_LITERAL)
		return put_literal(b, s);
	return imap_put_quoted(b, s);
}

int
imap_put_nstring(struct buf *b, struct str s, bool utf8)
{
	return s.p == NULL ? buf_addz(b, "NIL") : imap_put_string(b, s, utf8);
}

/*
 * A string for people's eyes, as Dovecot has subjects and names: one space
 * where there are blanks or line ends, none at the ends.
 */
static int
put_text(struct buf *b, struct str s, bool utf8)
{
	struct buf text;
	size_t i;
	int rc;

	buf_init(&text, s.n);
	for (i = 0; i < s.n; i++) {
		if (!str_has(S(" \t\r\n"), s.p[i]))
			(void)buf_addc(&text, s.p[i]);
		else if (text.len > 0 && !str_ends(buf_str(&text), S(" ")))
			(void)buf_addc(&text, ' ');
	}
	if (str_ends(buf_str(&text), S(" ")))
		text.len--;
	rc = imap_put_string(b, buf_str(&text), utf8);
	buf_fini(&text);
	return rc;
}

static int
put_nil_or_text(struct buf *b, struct str s, bool utf8)
{
	return s.p == NULL ? buf_addz(b, "NIL") : put_text(b, s, utf8);
}

/* What is not there has a name, unless it is there but empty. */
static struct str
or_name(struct str s, const char *name)
{
	return s.p != NULL ? s : str_z(name);
}

static int
put_mailbox(struct buf *b, const struct address *a, bool utf8)
{
	struct str route = a->broken_route ? S("INVALID_ROUTE") : a->route;
	struct str local = or_name(a->local, "MISSING_MAILBOX");
	struct str domain = a->broken ? S("SYNTAX_ERROR")
				      : or_name(a->domain, "MISSING_DOMAIN");

	if (buf_addc(b, '(') < 0 || put_nil_or_text(b, a->name, utf8) < 0 ||
	    buf_addc(b, ' ') < 0 || imap_put_nstring(b, route, utf8) < 0 ||
	    buf_addc(b, ' ') < 0 || imap_put_string(b, local, utf8) < 0 ||
	    buf_addc(b, ' ') < 0 || imap_put_string(b, domain, utf8) < 0)
		return -1;
	return buf_addc(b, ')');
}

static int
put_address(struct buf *b, const struct address *a, bool utf8)
{
	switch (a->kind) {
	case ADDRESS_MAILBOX:
		return put_mailbox(b, a, utf8);
	case ADDRESS_GROUP:
		if (buf_addz(b, "(NIL NIL ") < 0 ||
		    imap_put_string(b, a->name, utf8) < 0)
			return -1;
		return buf_addz(b, " NIL)");
	case ADDRESS_GROUP_END:
		return buf_addz(b, "(NIL NIL NIL NIL)");
	}
	return -1;
}

/* Those in one field's value, behind the *n that came before. */
static int
put_value_addresses(struct buf *b, struct str value, size_t *n, bool utf8)
{
	struct address_reader r;
	struct address a;
	int rc = 0;

	address_begin(&r, value);
	while (rc == 0 && *n < ADDRESS_MAX && address_next(&r, &a)) {
		if (*n == 0)
			rc = buf_addc(b, '(');
		if (rc == 0)
			rc = put_address(b, &a, utf8);
		++*n;
	}
	address_done(&r);
	return rc;
}

/* The addresses of all fields of this name; how many that are is added to
 * *n. */
static int
put_field_addresses(
    struct buf *b, struct str header, struct str name, size_t *n, bool utf8)
{
	struct field f;

	while (header_next(&header, &f))
		if (str_eqcase(f.name, name) &&
		    put_value_addresses(b, f.value, n, utf8) < 0)
			return -1;
	return 0;
}

/* Where nothing is in the fields of this name, or's are taken. */
static int
put_addresses(
    struct buf *b, struct str header, struct str name, struct str or, bool utf8)
{
	size_t n = 0;

	if (put_field_addresses(b, header, name, &n, utf8) < 0)
		return -1;
	if (n == 0 && or.n > 0 &&
			    put_field_addresses(b, header, or, &n, utf8) < 0)
		return -1;
	return n > 0 ? buf_addc(b, ')') : buf_addz(b, "NIL");
}

/* The last field of this name as a string. */
static int
put_line(struct buf *b, struct str header, struct str name,
    int (*put)(struct buf *, struct str, bool), bool utf8)
{
	struct str value = {NULL, 0};
	struct field f;
	struct buf line;
	int rc;

	while (header_next(&header, &f))
		if (str_eqcase(f.name, name))
			value = f.value;
	if (value.p == NULL)
		return buf_addz(b, "NIL");
	buf_init(&line, value.n);
	rc = header_join(&line, value);
	if (rc == 0)
		rc = put(b, buf_str(&line), utf8);
	buf_fini(&line);
	return rc;
}

static const struct envelope_field {
	struct str name;
	int (*put)(struct buf *, struct str, bool); /* NULL: addresses, or */
	struct str or ;				    /* those of this one */
} envelope[] = {
    {STR("Date"), imap_put_string, STR("")},
    {STR("Subject"), put_text, STR("")},
    {STR("From"), NULL, STR("")},
    {STR("Sender"), NULL, STR("From")},
    {STR("Reply-To"), NULL, STR("From")},
    {STR("To"), NULL, STR("")},
    {STR("Cc"), NULL, STR("")},
    {STR("Bcc"), NULL, STR("")},
    {STR("In-Reply-To"), imap_put_string, STR("")},
    {STR("Message-ID"), imap_put_string, STR("")},
};

int
imap_put_envelope(struct buf *b, struct str header, bool utf8)
{
	const struct envelope_field *f;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(envelope) / sizeof(envelope[0]); i++) {
		f = &envelope[i];
		if (buf_addc(b, i == 0 ? '(' : ' ') < 0)
			return -1;
		rc = f->put != NULL
			 ? put_line(b, header, f->name, f->put, utf8)
			 : put_addresses(b, header, f->name, f->or, utf8);
		if (rc < 0)
			return -1;
	}
	return buf_addc(b, ')');
}

/* "(name value …)".  A text has a charset (RFC 2045 5.2). */
static int
put_params(struct buf *b, const struct mime_param *params, bool text, bool utf8)
{
	const char *sep = "(";
	const struct mime_param *m;

	if (text && mime_param(params, S("charset")).p != NULL)
		text = false;
	if (params == NULL && !text)
		return buf_addz(b, "NIL");
	for (m = params; m != NULL; m = m->next, sep = " ")
		if (buf_addz(b, sep) < 0 ||
		    imap_put_string(b, m->name, utf8) < 0 ||
		    buf_addc(b, ' ') < 0 ||
		    imap_put_string(b, m->value, utf8) < 0)
			return -1;
	if (text && (buf_addz(b, sep) < 0 ||
			buf_addz(b, "\"charset\" \"us-ascii\"") < 0))
		return -1;
	return buf_addc(b, ')');
}

static int
put_languages(struct buf *b, struct str value, bool utf8)
{
	const char *sep = "(";
	struct str tag;

	if (value.p == NULL)
		return buf_addz(b, "NIL");
	for (; mime_language(&value, &tag); sep = " ")
		if (buf_addz(b, sep) < 0 || imap_put_string(b, tag, utf8) < 0)
			return -1;
	return buf_addc(b, ')');
}

/* What BODYSTRUCTURE has for all kinds of parts: " disposition language
 * location". */
static int
put_extension(struct buf *b, const struct mime_part *p, bool utf8)
{
	if (p->disposition.p == NULL) {
		if (buf_addz(b, " NIL") < 0)
			return -1;
	} else if (buf_addz(b, " (") < 0 ||
		   imap_put_string(b, p->disposition, utf8) < 0 ||
		   buf_addc(b, ' ') < 0 ||
		   put_params(b, p->disposition_params, false, utf8) < 0 ||
		   buf_addc(b, ')') < 0) {
		return -1;
	}
	if (buf_addc(b, ' ') < 0 || put_languages(b, p->language, utf8) < 0 ||
	    buf_addc(b, ' ') < 0)
		return -1;
	return imap_put_nstring(b, p->location, utf8);
}

/* A multipart without a part, which the grammar does not allow, has an empty
 * text. */
static int
put_no_parts(struct buf *b, bool extended)
{
	if (buf_addz(b, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") "
			"NIL NIL \"7bit\" 0 0") < 0 ||
	    (extended && buf_addz(b, " NIL NIL NIL NIL") < 0))
		return -1;
	return buf_addc(b, ')');
}

static int
put_multipart(
    struct buf *b, const struct mime_part *p, bool extended, bool utf8)
{
	const struct mime_part *child;

	if (buf_addc(b, '(') < 0)
		return -1;
	for (child = p->first; child != NULL; child = child->next)
		if (imap_put_structure(b, child, extended, utf8) < 0)
			return -1;
	if (p->first == NULL && put_no_parts(b, extended) < 0)
		return -1;
	if (buf_addc(b, ' ') < 0 || imap_put_string(b, p->subtype, utf8) < 0)
		return -1;
	if (extended && (buf_addc(b, ' ') < 0 ||
			    put_params(b, p->params, false, utf8) < 0 ||
			    put_extension(b, p, utf8) < 0))
		return -1;
	return buf_addc(b, ')');
}

/* What a part is shown as. */
struct look {
	struct str type, subtype;
	bool text, message;
};

static struct look
look(const struct mime_part *p, bool utf8)
{
	struct look l = {p->type, p->subtype, false, false};

	if (mime_is_message(p) &&
	    (utf8 || str_eqcase(p->subtype, S("rfc822")))) {
		l.message = true;
		/* Dovecot writes it in its own way; that is the same. */
		if (str_eqcase(p->subtype, S("rfc822"))) {
			l.type = S("message");
			l.subtype = S("rfc822");
		}
	} else if (str_eqcase(p->type, S("multipart")) ||
		   (str_eqcase(p->type, S("message")) &&
		       str_eqcase(p->subtype, S("rfc822")))) {
		/* Not what it claims to be (see mime.h). */
		l.type = S("application");
		l.subtype = S("octet-stream");
	} else {
		l.text = str_eqcase(p->type, S("text"));
	}
	return l;
}

/* "type" "subtype" (params) id description encoding size */
static int
put_basic(struct buf *b, const struct mime_part *p, struct look l, bool utf8)
{
	if (imap_put_string(b, l.type, utf8) < 0 || buf_addc(b, ' ') < 0 ||
	    imap_put_string(b, l.subtype, utf8) < 0 || buf_addc(b, ' ') < 0 ||
	    put_params(b, p->params, l.text, utf8) < 0 ||
	    buf_addc(b, ' ') < 0 || imap_put_nstring(b, p->id, utf8) < 0 ||
	    buf_addc(b, ' ') < 0 ||
	    imap_put_nstring(b, p->description, utf8) < 0 ||
	    buf_addc(b, ' ') < 0 ||
	    imap_put_string(b, or_name(p->encoding, "7bit"), utf8) < 0)
		return -1;
	return buf_addf(b, " %" PRIu64, p->end - p->body);
}

static int
put_single(struct buf *b, const struct mime_part *p, bool extended, bool utf8)
{
	struct look l = look(p, utf8);

	if (buf_addc(b, '(') < 0 || put_basic(b, p, l, utf8) < 0)
		return -1;
	if (l.message &&
	    (buf_addc(b, ' ') < 0 ||
		imap_put_envelope(b, p->first->raw, utf8) < 0 ||
		buf_addc(b, ' ') < 0 ||
		imap_put_structure(b, p->first, extended, utf8) < 0))
		return -1;
	if ((l.message || l.text) && buf_addf(b, " %" PRIu64, p->lines) < 0)
		return -1;
	if (extended &&
	    (buf_addc(b, ' ') < 0 || imap_put_nstring(b, p->md5, utf8) < 0 ||
		put_extension(b, p, utf8) < 0))
		return -1;
	return buf_addc(b, ')');
}

/* MIME_NESTING bounds the depth of this recursion. */
int
imap_put_structure(
    struct buf *b, const struct mime_part *part, bool extended, bool utf8)
{
	return (mime_is_multipart(part) ? put_multipart : put_single)(
	    b, part, extended, utf8);
}
