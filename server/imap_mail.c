/* imap_mail: a message that a FETCH or SEARCH looks into. */
#include "server/imap_mail.h"
#include "base/mem.h"

enum { STRUCTURE_MAX = 8 << 20 }; /* octets of a message's structure */

int
imap_mail_open(
    struct imap_mail *m, struct mailbox *mb, uint32_t uid, struct err *e)
{
	*m = (struct imap_mail){.mail = mailbox_read(mb, uid, e)};
	buf_init(&m->header, MIME_HEADER_MAX);
	arena_init(&m->arena, STRUCTURE_MAX);
	if (m->mail == NULL)
		return -1;
	if (mailbox_measure(mb, uid, m->mail, e) < 0) {
		imap_mail_close(m);
		return -1;
	}
	m->size = mailbox_find(mb, uid)->octets;
	return 0;
}

void
imap_mail_close(struct imap_mail *m)
{
	mail_close(m->mail);
	buf_fini(&m->header);
	arena_fini(&m->arena);
	*m = (struct imap_mail){0};
}

/* ---- the header ---- */

/*
 * How much of s belongs to the header; *over when it ends there.  *line: the
 * octets of the line so far.  Each line ends in CRLF, so the empty one has one
 * octet in front of its LF.
 */
static size_t
header_part(struct str s, size_t *line, bool *over)
{
	size_t at = 0, lf;

	for (; at < s.n; at = lf + 1, *line = 0) {
		lf = at + str_find(str_skip(s, at), '\n');
		*line += lf - at;
		if (lf == s.n)
			return s.n;
		if (*line == 1) {
			*over = true;
			return lf + 1;
		}
	}
	return s.n;
}

static void
keep_header(struct imap_mail *m, struct str s)
{
	size_t room = buf_free(&m->header);

	(void)buf_add(&m->header, str_head(s, s.n < room ? s.n : room));
}

int
imap_mail_header_end(struct imap_mail *m, uint64_t *end, struct err *e)
{
	bool over = m->header_read;
	size_t line = 0;
	struct str s;

	while (!over) {
		if (mail_read(m->mail, m->header_end, &s, e) < 0)
			return -1;
		if (s.n == 0)
			break;
		s.n = header_part(s, &line, &over);
		keep_header(m, s);
		m->header_end += s.n;
	}
	m->header_read = true;
	*end = m->header_end;
	return 0;
}

int
imap_mail_header(struct imap_mail *m, struct str *out, struct err *e)
{
	uint64_t end;

	if (imap_mail_header_end(m, &end, e) < 0)
		return -1;
	*out = buf_str(&m->header);
	return 0;
}

/* ---- the structure ---- */

static int
parse(struct imap_mail *m, struct mime_parser *p, struct err *e)
{
	struct err full = {0};
	uint64_t at = 0;
	struct str s;

	do {
		if (mail_read(m->mail, at, &s, e) < 0)
			return -1;
		at += s.n;
		m->opaque = s.n > 0 && mime_feed(p, s, &full) < 0;
	} while (s.n > 0 && !m->opaque);
	if (!m->opaque) {
		m->root = mime_finish(p, &full);
		m->opaque = m->root == NULL;
	}
	return 0;
}

const struct mime_part *
imap_mail_root(struct imap_mail *m, struct err *e)
{
	struct mime_parser *p;

	if (m->root == NULL && !m->opaque) {
		p = mime_new(&m->arena);
		(void)parse(m, p, e);
		mime_free(p);
	}
	return m->root;
}
