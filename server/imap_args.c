/* imap_args: the words of commands and responses: names, flags. */
#include "base/mem.h"
#include "base/utf8.h"
#include "server/imapd.h"
#include "wire/mutf7.h"

/* Whether v is a word in which none of these is. */
static bool
is_word_without(const struct imap_val *v, struct str octets)
{
	/* NIL is an atom like others where it means nothing. */
	if (v == NULL || (v->kind != IMAP_ATOM && v->kind != IMAP_NUMBER &&
			     v->kind != IMAP_NIL))
		return false;
	for (size_t i = 0; i < octets.n; i++)
		if (str_has(v->s, octets.p[i]))
			return false;
	return true;
}

bool
imap_is_atom(const struct imap_val *v)
{
	return is_word_without(v, S("%*\\]"));
}

bool
imap_is_string(const struct imap_val *v)
{
	return v->kind == IMAP_QUOTED ||
	       (v->kind == IMAP_LITERAL && v->stream < 0);
}

static bool
string_or_word(const struct imap_val *v, struct str without, struct str *out)
{
	if (v == NULL || (!imap_is_string(v) && !is_word_without(v, without)))
		return false;
	*out = v->s.p != NULL ? v->s : S("");
	return true;
}

bool
imap_astring(const struct imap_val *v, struct str *out)
{
	return string_or_word(v, S("%*\\"), out);
}

bool
imap_pattern(const struct imap_val *v, struct str *out)
{
	return string_or_word(v, S("\\"), out);
}

/* RFC 9051 9: TEXT-CHAR, UTF8-2 and so on; CHAR8. */
static bool
is_good_string(const struct imapd *s, const struct imap_val *v)
{
	if (v->kind == IMAP_QUOTED)
		return !str_has_eol(v->s) && (!s->rev2 || utf8_valid(v->s));
	return !imap_is_string(v) || v->s.p == NULL || !str_has(v->s, '\0');
}

/* The parser bounds the depth. */
bool
imap_strings_are_good(const struct imapd *s, const struct imap_val *v)
{
	for (; v != NULL; v = v->next)
		if (!is_good_string(s, v) ||
		    !imap_strings_are_good(s, v->first))
			return false;
	return true;
}

bool
imap_is_set(const struct imap_val *v)
{
	return v != NULL && (v->kind == IMAP_ATOM || v->kind == IMAP_NUMBER) &&
	       seqset_looks(v->s);
}

/* ---- mailboxes ---- */

/* As UTF-8; false if it is neither that nor modified UTF-7. */
static bool
decode_name(const struct imapd *s, struct str raw, struct buf *out)
{
	/* RFC 9051 5.1: with rev2 "&" is a character like others. */
	if (s->rev2)
		return utf8_valid(raw) && buf_add(out, raw) == 0;
	return mutf7_decode(out, raw) == 0;
}

bool
imap_mailbox_arg(struct client *c, const struct imap_val *v, struct buf *name)
{
	struct imapd *s = imapd_of(c);
	struct buf utf8;
	struct str raw;
	bool good;

	if (!imap_astring(v, &raw)) {
		imap_bad(c, "no mailbox's name; quote what is no atom");
		return false;
	}
	buf_init(&utf8, NAME_RAW_MAX);
	good = decode_name(s, raw, &utf8) && name_spell(name, buf_str(&utf8));
	buf_fini(&utf8);
	if (!good)
		imap_no(c, "[CANNOT] no mailbox can have that name");
	return good;
}

void
imap_encode_name(const struct imapd *s, struct str name, struct buf *out)
{
	/* What cannot be encoded is shown as it is. */
	if (s->rev2 || mutf7_encode(out, name) < 0)
		(void)buf_add(out, name);
}

void
imap_put_mailbox(const struct client *c, struct buf *b, struct str name)
{
	const struct imapd *s = c->state;
	struct buf coded;
	struct str raw;

	buf_init(&coded, NAME_RAW_MAX);
	imap_encode_name(s, name, &coded);
	raw = buf_str(&coded);
	switch (imap_form(raw, s->rev2)) {
	case IMAP_FORM_ATOM:
		(void)buf_add(b, raw);
		break;
	case IMAP_FORM_QUOTED:
		(void)imap_put_quoted(b, raw);
		break;
	case IMAP_FORM_LITERAL:
		(void)buf_addf(b, "{%zu}\r\n", raw.n);
		(void)buf_add(b, raw);
		break;
	}
	buf_fini(&coded);
}

/* ---- flags ---- */

void
imap_put_flags(const struct imapd *s, struct buf *b, const struct mailbox *mb,
    uint32_t bits, bool recent)
{
	const char *between = "";

	(void)buf_addc(b, '(');
	for (size_t i = 0; i < MAILDIR_FLAGS; i++)
		if (bits & maildir_flags[i].bit) {
			(void)buf_addf(
			    b, "%s%s", between, maildir_flags[i].name);
			between = " ";
		}
	for (unsigned i = 0; i < FLAG_KEYWORDS; i++)
		if (bits & 1U << (FLAG_KEYWORD_0 + i) &&
		    mb->keywords[i] != NULL) {
			(void)buf_addf(b, "%s%s", between, mb->keywords[i]);
			between = " ";
		}
	/* RFC 9051 has no \Recent. */
	if (recent && !s->rev2)
		(void)buf_addf(b, "%s\\Recent", between);
	(void)buf_addc(b, ')');
}

static bool
is_keyword(const struct imap_val *v)
{
	return imap_is_atom(v) && v->s.n <= FLAG_KEYWORD_MAX;
}

/* The flags in a list, or without one around them. */
static const struct imap_val *
first_flag(const struct imap_val *v)
{
	return v->kind == IMAP_LIST && v->next == NULL ? v->first : v;
}

bool
imap_are_flags(const struct imap_val *v)
{
	for (v = first_flag(v); v != NULL; v = v->next)
		if (!is_word_without(v, S("")) ||
		    (maildir_flag(v->s) == 0 && !is_keyword(v)))
			return false;
	return true;
}

uint32_t
imap_make_flags(struct mailbox *mb, const struct imap_val *v)
{
	uint32_t bits = 0, bit;

	for (v = first_flag(v); v != NULL; v = v->next) {
		bit = maildir_flag(v->s);
		/* One too many is passed over: PERMANENTFLAGS has told so. */
		bits |= bit != 0 ? bit : mailbox_keyword(mb, v->s, true);
	}
	return bits;
}
