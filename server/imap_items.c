/* imap_items: what a FETCH can ask of a message, as a table. */
#include "base/mem.h"
#include "server/imap_fetch.h"
#include "wire/date.h"
#include "wire/decode.h"
#include "wire/imap_mail.h"

#include <inttypes.h>

enum {
	STRING_MAX = 4 << 20, /* an ENVELOPE or BODYSTRUCTURE */
	DECODED_MEMORY = 64 << 10,
};

/* ---- strings and streams ---- */

/* Octets of the message or of what was decoded; what no literal can hold is
 * replaced (RFC 9051 4.3.1). */
static void
put_octets(struct client *c, struct fetch_job *j, struct str s)
{
	size_t nul;

	while (!j->literal8 && (nul = str_find(s, '\0')) < s.n) {
		client_put(c, str_head(s, nul));
		client_put(c, S("\x80"));
		s = str_skip(s, nul + 1);
	}
	client_put(c, s);
}

void
fetch_more_octets(struct client *c, struct fetch_job *j)
{
	struct str s;
	int rc;

	while (j->from < j->to && client_room(c) > 0) {
		rc = j->decoded != NULL
			 ? spool_read(j->decoded, j->from, 32 << 10, &s, &j->e)
			 : mail_read(j->mail.mail, j->from, &s, &j->e);
		/* Fewer octets than were announced cannot be mended. */
		if (rc < 0 || s.n == 0) {
			client_drop(c);
			return;
		}
		if (s.n > j->to - j->from)
			s.n = (size_t)(j->to - j->from);
		put_octets(c, j, s);
		j->from += s.n;
	}
	if (j->from == j->to) {
		j->streaming = false;
		spool_free(j->decoded);
		j->decoded = NULL;
	}
}

/* Announces the octets [from, to) as a literal, cut as a partial fetch wants
 * it, and begins to stream them. */
static void
stream(struct client *c, struct fetch_job *j, const struct fetch_item *item,
    uint64_t from, uint64_t to)
{
	if (item->partial) {
		from += item->origin < to - from ? item->origin : to - from;
		if (item->length < to - from)
			to = from + item->length;
	}
	(void)buf_addf(
	    &c->tx, "%s{%" PRIu64 "}\r\n", j->literal8 ? "~" : "", to - from);
	j->from = from;
	j->to = to;
	j->streaming = true;
	fetch_more_octets(c, j);
}

/* A string that is at hand. */
static void
put_string(struct client *c, struct fetch_job *j, const struct fetch_item *item,
    struct str s)
{
	uint64_t skip = 0;

	if (item->partial) {
		skip = item->origin < s.n ? item->origin : s.n;
		s = str_skip(s, (size_t)skip);
		if (item->length < s.n)
			s.n = (size_t)item->length;
	}
	(void)buf_addf(&c->tx, "{%zu}\r\n", s.n);
	put_octets(c, j, s);
}

/* ---- the items ---- */

static void
put_uid(struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	(void)item;
	(void)buf_addf(&c->tx, "%" PRIu32, j->uid);
}

void
fetch_put_flags(
    struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	const struct imapd *s = imapd_of(c);
	const struct message *m = mailbox_find(s->view.mb, j->uid);

	(void)item;
	imap_put_flags(s, &c->tx, s->view.mb, m != NULL ? m->flags : 0,
	    seqset_has(&s->view.recent, j->uid));
	j->told_flags = true;
}

static void
put_date(struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	const struct message *m = mailbox_find(imapd_of(c)->view.mb, j->uid);
	struct date date = {.time = m != NULL ? m->date : 0};

	(void)item;
	(void)buf_addc(&c->tx, '"');
	(void)date_put_imap(&c->tx, date);
	(void)buf_addc(&c->tx, '"');
}

static void
put_size(struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	const struct message *m = mailbox_find(imapd_of(c)->view.mb, j->uid);

	(void)item;
	(void)buf_addf(&c->tx, "%" PRIu64, m != NULL ? m->octets : 0);
}

static void
put_envelope(
    struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	struct str header = S("");
	struct buf b;

	(void)item;
	buf_init(&b, STRING_MAX);
	if (imap_mail_header(&j->mail, &header, &j->e) == 0 &&
	    imap_put_envelope(&b, header, imapd_of(c)->rev2) == 0)
		client_put(c, buf_str(&b));
	else
		client_put(c, S("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"));
	buf_fini(&b);
}

static void
put_structure(struct client *c, struct fetch_job *j, bool extended)
{
	const struct mime_part *root = imap_mail_root(&j->mail, &j->e);
	struct buf b;

	buf_init(&b, STRING_MAX);
	/* One that is too much to be kept is told as what it is not, but can
	 * be fetched all the same. */
	if (root != NULL &&
	    imap_put_structure(&b, root, extended, imapd_of(c)->rev2) == 0)
		client_put(c, buf_str(&b));
	else
		(void)buf_addf(&c->tx,
		    "(\"application\" \"octet-stream\" NIL NIL NIL \"8bit\" "
		    "%" PRIu64 ")",
		    j->mail.size);
	buf_fini(&b);
}

static void
put_bodystructure(
    struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	(void)item;
	put_structure(c, j, true);
}

static void
put_section(
    struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	uint64_t from, to;
	struct buf b;
	int rc;

	j->literal8 = false;
	if (item->section.what != SECTION_FIELDS &&
	    item->section.what != SECTION_FIELDS_NOT) {
		rc = section_range(&j->mail, &item->section, &from, &to, &j->e);
		if (rc > 0)
			stream(c, j, item, from, to);
	} else {
		buf_init(&b, MIME_HEADER_MAX + 2);
		rc = section_fields(&j->mail, &item->section, &b, &j->e);
		if (rc > 0)
			put_string(c, j, item, buf_str(&b));
		buf_fini(&b);
	}
	if (rc <= 0)
		client_put(c, S("NIL"));
}

/* BODY is the structure where no section follows. */
static void
put_body(struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	(void)item;
	put_structure(c, j, false);
}

/* ---- BINARY (RFC 9051 6.4.5, RFC 3516) ---- */

/* RFC 9051 7.5.2: a literal8 only where there is a NUL. */
static int
keep(struct fetch_job *j, struct buf *out)
{
	int rc;

	j->literal8 = j->literal8 || str_has(buf_str(out), '\0');
	rc = spool_add(j->decoded, buf_str(out), &j->e);
	buf_clear(out);
	return rc;
}

static int
decode(struct fetch_job *j, enum transfer_encoding encoding, uint64_t from,
    uint64_t to)
{
	struct transfer t;
	struct buf out;
	struct str s;
	int rc = 0;

	buf_init(&out, 1 << 20);
	transfer_init(&t, encoding);
	while (rc == 0 && from < to) {
		rc = mail_read(j->mail.mail, from, &s, &j->e);
		if (rc == 0 && s.n == 0)
			break;
		if (rc == 0 && s.n > to - from)
			s.n = (size_t)(to - from);
		if (rc == 0) {
			from += s.n;
			(void)transfer_feed(&t, s, &out);
			rc = keep(j, &out);
		}
	}
	if (rc == 0 && transfer_end(&t, &out) == 0)
		rc = keep(j, &out);
	transfer_fini(&t);
	buf_fini(&out);
	return rc;
}

/* Decodes the part into j->decoded; as section_range. */
static int
decode_section(struct fetch_job *j, const struct section *section)
{
	const struct mime_part *root = imap_mail_root(&j->mail, &j->e), *p;
	enum transfer_encoding encoding;

	p = root != NULL ? section_part(root, section) : NULL;
	if (p == NULL)
		return 0;
	encoding = transfer_encoding(p->encoding);
	/* What is in several parts is decoded in none of them. */
	if (section->depth == 0 || mime_is_multipart(p) || mime_is_message(p))
		encoding = TRANSFER_IDENTITY;
	if (encoding == TRANSFER_UNKNOWN) {
		j->unknown_encoding = true;
		return 0;
	}
	j->decoded = spool_new(DECODED_MEMORY);
	return decode(j, encoding, section->depth == 0 ? p->header : p->body,
		   p->end) < 0
		   ? -1
		   : 1;
}

static void
put_binary(struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	j->literal8 = false;
	if (decode_section(j, &item->section) > 0) {
		stream(c, j, item, 0, spool_size(j->decoded));
		return;
	}
	spool_free(j->decoded);
	j->decoded = NULL;
	client_put(c, S("NIL"));
}

static void
put_binary_size(
    struct client *c, struct fetch_job *j, const struct fetch_item *item)
{
	uint64_t size = 0;

	if (decode_section(j, &item->section) > 0)
		size = spool_size(j->decoded);
	spool_free(j->decoded);
	j->decoded = NULL;
	(void)buf_addf(&c->tx, "%" PRIu64, size);
}

/* ---- the table ---- */

const struct fetch_kind fetch_kinds[] = {
    {"UID", NULL, 0, put_uid},
    {"FLAGS", NULL, 0, fetch_put_flags},
    {"INTERNALDATE", NULL, FETCH_DATE, put_date},
    {"RFC822.SIZE", NULL, FETCH_SIZE, put_size},
    {"ENVELOPE", NULL, FETCH_MAIL, put_envelope},
    {"BODYSTRUCTURE", NULL, FETCH_MAIL, put_bodystructure},
    {"BODY", NULL, FETCH_MAIL, put_body},
    {"BODY", NULL, FETCH_SECTION | FETCH_MAIL | FETCH_SEEN, put_section},
    {"BODY.PEEK", "BODY", FETCH_SECTION | FETCH_MAIL, put_section},
    {"BINARY", NULL, FETCH_SECTION | FETCH_BINARY | FETCH_MAIL | FETCH_SEEN,
	put_binary},
    {"BINARY.PEEK", "BINARY", FETCH_SECTION | FETCH_BINARY | FETCH_MAIL,
	put_binary},
    {"BINARY.SIZE", NULL,
	FETCH_SECTION | FETCH_BINARY | FETCH_MAIL | FETCH_WHOLE,
	put_binary_size},
    {"RFC822", NULL, FETCH_MAIL | FETCH_SEEN, put_section},
    {"RFC822.HEADER", NULL, FETCH_MAIL, put_section},
    {"RFC822.TEXT", NULL, FETCH_MAIL | FETCH_SEEN, put_section},
    {NULL, NULL, 0, NULL},
};
