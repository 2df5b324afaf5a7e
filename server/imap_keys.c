/* imap_keys: what a SEARCH asks of a message (RFC 9051 6.4.4). */
#include "base/mem.h"
#include "base/utf8.h"
#include "server/imap_search.h"
#include "wire/date.h"
#include "wire/decode.h"

#include <stdlib.h>

enum { DEPTH_MAX = 100 }; /* of keys within keys */

enum argument {
	ARG_NONE,
	ARG_KEYWORD,
	ARG_DATE,
	ARG_NUMBER,
	ARG_TEXT,
	ARG_FIELD, /* a name and a text */
	ARG_UIDS,
	ARG_KEY,
	ARG_TWO_KEYS,
};

/* How much must be read to know. */
enum cost { COST_INDEX, COST_FILE, COST_HEADER, COST_BODY, COSTS };

struct meeting;

struct search_kind {
	const char *name;
	enum argument argument;
	enum cost cost;
	uint32_t flag;	   /* for those that look at one */
	const char *field; /* for those that look at one */
	bool (*meets)(const struct search_key *k, struct meeting *m);
};

struct search_key {
	const struct search_kind *kind;
	enum cost cost; /* of the dearest in it */
	struct search_key *next, *first;
	struct str name, text; /* text is folded */
	uint64_t number;
	int64_t day;
	struct seqset uids;
};

/* A message that is being looked at. */
struct meeting {
	const struct imapd *s;
	uint32_t uid;
	struct imap_mail mail;
	bool open, failed;
};

/* ---- what is looked at ---- */

static const struct message *
message_of(const struct meeting *m)
{
	return mailbox_find(m->s->view.mb, m->uid);
}

static uint32_t
flags_of(const struct meeting *m)
{
	const struct message *msg = message_of(m);

	return msg != NULL ? msg->flags : 0;
}

/* Opens the message's file; false if that cannot be. */
static bool
opened(struct meeting *m)
{
	struct err e = {0};

	if (!m->open && !m->failed) {
		m->open =
		    imap_mail_open(&m->mail, m->s->view.mb, m->uid, &e) == 0;
		m->failed = !m->open;
	}
	return m->open;
}

/* ---- the keys ---- */

static bool
meets_all(const struct search_key *k, struct meeting *m)
{
	(void)k;
	(void)m;
	return true;
}

static bool
meets_flag(const struct search_key *k, struct meeting *m)
{
	return (flags_of(m) & k->kind->flag) != 0;
}

static bool
meets_no_flag(const struct search_key *k, struct meeting *m)
{
	return !meets_flag(k, m);
}

static bool
meets_keyword(const struct search_key *k, struct meeting *m)
{
	/* A system flag is no keyword; $Forwarded has a flag of its own. */
	uint32_t bit = str_eqcase(k->name, S("$Forwarded"))
			   ? FLAG_PASSED
			   : mailbox_keyword(m->s->view.mb, k->name, false);

	return (flags_of(m) & bit) != 0;
}

static bool
meets_no_keyword(const struct search_key *k, struct meeting *m)
{
	return !meets_keyword(k, m);
}

static bool
meets_recent(const struct search_key *k, struct meeting *m)
{
	(void)k;
	return seqset_has(&m->s->view.recent, m->uid);
}

static bool
meets_old(const struct search_key *k, struct meeting *m)
{
	return !meets_recent(k, m);
}

static bool
meets_new(const struct search_key *k, struct meeting *m)
{
	return meets_recent(k, m) && !(flags_of(m) & FLAG_SEEN);
}

static bool
meets_uids(const struct search_key *k, struct meeting *m)
{
	return seqset_has(&k->uids, m->uid);
}

/* The day of the internal date; as told by FETCH, in UTC. */
static bool
internal_day(struct meeting *m, int64_t *day)
{
	struct err e = {0};

	if (mailbox_date(m->s->view.mb, m->uid, &e) < 0)
		return false;
	*day = date_day((struct date){.time = message_of(m)->date});
	return true;
}

static bool
meets_before(const struct search_key *k, struct meeting *m)
{
	int64_t day;

	return internal_day(m, &day) && day < k->day;
}

static bool
meets_on(const struct search_key *k, struct meeting *m)
{
	int64_t day;

	return internal_day(m, &day) && day == k->day;
}

static bool
meets_since(const struct search_key *k, struct meeting *m)
{
	int64_t day;

	return internal_day(m, &day) && day >= k->day;
}

static bool
meets_sent_before(const struct search_key *k, struct meeting *m)
{
	int64_t day;

	return opened(m) && search_sent_day(&m->mail, &day) && day < k->day;
}

static bool
meets_sent_on(const struct search_key *k, struct meeting *m)
{
	int64_t day;

	return opened(m) && search_sent_day(&m->mail, &day) && day == k->day;
}

static bool
meets_sent_since(const struct search_key *k, struct meeting *m)
{
	int64_t day;

	return opened(m) && search_sent_day(&m->mail, &day) && day >= k->day;
}

static bool
size_of(struct meeting *m, uint64_t *octets)
{
	struct err e = {0};

	if (mailbox_measure(m->s->view.mb, m->uid, NULL, &e) < 0)
		return false;
	*octets = message_of(m)->octets;
	return true;
}

static bool
meets_larger(const struct search_key *k, struct meeting *m)
{
	uint64_t octets;

	return size_of(m, &octets) && octets > k->number;
}

static bool
meets_smaller(const struct search_key *k, struct meeting *m)
{
	uint64_t octets;

	return size_of(m, &octets) && octets < k->number;
}

static bool
meets_field(const struct search_key *k, struct meeting *m)
{
	struct str name =
	    k->kind->field != NULL ? str_z(k->kind->field) : k->name;

	return opened(m) && search_header(&m->mail, name, k->text,
				k->kind->field != NULL &&
				    strcmp(k->kind->field, "Subject") == 0);
}

static bool
meets_body(const struct search_key *k, struct meeting *m)
{
	/* RFC 9051 6.4.4: it matches no header field, wherever that is. */
	return opened(m) && search_body(&m->mail, k->text, false);
}

static bool
meets_text(const struct search_key *k, struct meeting *m)
{
	return opened(m) && (search_header(&m->mail, (struct str){NULL, 0},
				 k->text, false) ||
				search_body(&m->mail, k->text, true));
}

/* Those that cost nothing are asked first. */
static bool
meets_every(const struct search_key *k, struct meeting *m)
{
	for (enum cost cost = COST_INDEX; cost < COSTS; cost++)
		for (const struct search_key *i = k->first; i != NULL;
		     i = i->next)
			if (i->cost == cost && !i->kind->meets(i, m))
				return false;
	return true;
}

static bool
meets_either(const struct search_key *k, struct meeting *m)
{
	return k->first->kind->meets(k->first, m) ||
	       k->first->next->kind->meets(k->first->next, m);
}

static bool
meets_not(const struct search_key *k, struct meeting *m)
{
	return !k->first->kind->meets(k->first, m);
}

/* ---- the table ---- */

static const struct search_kind kinds[] = {
    {"ALL", ARG_NONE, COST_INDEX, 0, NULL, meets_all},
    {"ANSWERED", ARG_NONE, COST_INDEX, FLAG_ANSWERED, NULL, meets_flag},
    {"DELETED", ARG_NONE, COST_INDEX, FLAG_DELETED, NULL, meets_flag},
    {"DRAFT", ARG_NONE, COST_INDEX, FLAG_DRAFT, NULL, meets_flag},
    {"FLAGGED", ARG_NONE, COST_INDEX, FLAG_FLAGGED, NULL, meets_flag},
    {"SEEN", ARG_NONE, COST_INDEX, FLAG_SEEN, NULL, meets_flag},
    {"UNANSWERED", ARG_NONE, COST_INDEX, FLAG_ANSWERED, NULL, meets_no_flag},
    {"UNDELETED", ARG_NONE, COST_INDEX, FLAG_DELETED, NULL, meets_no_flag},
    {"UNDRAFT", ARG_NONE, COST_INDEX, FLAG_DRAFT, NULL, meets_no_flag},
    {"UNFLAGGED", ARG_NONE, COST_INDEX, FLAG_FLAGGED, NULL, meets_no_flag},
    {"UNSEEN", ARG_NONE, COST_INDEX, FLAG_SEEN, NULL, meets_no_flag},
    {"KEYWORD", ARG_KEYWORD, COST_INDEX, 0, NULL, meets_keyword},
    {"UNKEYWORD", ARG_KEYWORD, COST_INDEX, 0, NULL, meets_no_keyword},
    {"RECENT", ARG_NONE, COST_INDEX, 0, NULL, meets_recent},
    {"OLD", ARG_NONE, COST_INDEX, 0, NULL, meets_old},
    {"NEW", ARG_NONE, COST_INDEX, 0, NULL, meets_new},
    {"UID", ARG_UIDS, COST_INDEX, 0, NULL, meets_uids},
    {"BEFORE", ARG_DATE, COST_FILE, 0, NULL, meets_before},
    {"ON", ARG_DATE, COST_FILE, 0, NULL, meets_on},
    {"SINCE", ARG_DATE, COST_FILE, 0, NULL, meets_since},
    {"LARGER", ARG_NUMBER, COST_FILE, 0, NULL, meets_larger},
    {"SMALLER", ARG_NUMBER, COST_FILE, 0, NULL, meets_smaller},
    {"SENTBEFORE", ARG_DATE, COST_HEADER, 0, NULL, meets_sent_before},
    {"SENTON", ARG_DATE, COST_HEADER, 0, NULL, meets_sent_on},
    {"SENTSINCE", ARG_DATE, COST_HEADER, 0, NULL, meets_sent_since},
    {"BCC", ARG_TEXT, COST_HEADER, 0, "Bcc", meets_field},
    {"CC", ARG_TEXT, COST_HEADER, 0, "Cc", meets_field},
    {"FROM", ARG_TEXT, COST_HEADER, 0, "From", meets_field},
    {"SUBJECT", ARG_TEXT, COST_HEADER, 0, "Subject", meets_field},
    {"TO", ARG_TEXT, COST_HEADER, 0, "To", meets_field},
    {"HEADER", ARG_FIELD, COST_HEADER, 0, NULL, meets_field},
    {"BODY", ARG_TEXT, COST_BODY, 0, NULL, meets_body},
    {"TEXT", ARG_TEXT, COST_BODY, 0, NULL, meets_text},
    {"NOT", ARG_KEY, COST_INDEX, 0, NULL, meets_not},
    {"OR", ARG_TWO_KEYS, COST_INDEX, 0, NULL, meets_either},
};

/* Of what has no word: a set of numbers, and keys in parentheses. */
static const struct search_kind set_kind = {
    "", ARG_UIDS, COST_INDEX, 0, NULL, meets_uids};
static const struct search_kind list_kind = {
    "", ARG_NONE, COST_INDEX, 0, NULL, meets_every};

/* ---- reading ---- */

struct parsing {
	struct client *c;
	struct charset *charset; /* NULL: UTF-8 */
	unsigned depth;
};

static struct search_key *
new_key(struct parsing *p, const struct search_kind *kind)
{
	struct search_key *k = arena_alloc(&imapd_of(p->c)->arena, sizeof(*k));

	if (k != NULL) {
		k->kind = kind;
		k->cost = kind->cost;
	}
	return k;
}

static bool parse_key(
    struct parsing *p, const struct imap_val **v, struct search_key **out);

/* Keys are linked by next; each makes the whole as dear as itself. */
static bool
add_child(struct parsing *p, struct search_key *k, struct search_key ***last,
    const struct imap_val **v)
{
	if (!parse_key(p, v, *last))
		return false;
	if ((**last)->cost > k->cost)
		k->cost = (**last)->cost;
	*last = &(**last)->next;
	return true;
}

static bool
parse_all(struct parsing *p, const struct imap_val *v, struct search_key **out)
{
	struct search_key *k = new_key(p, &list_kind), **last;

	*out = k;
	if (k == NULL || v == NULL)
		return false;
	last = &k->first;
	while (v != NULL)
		if (!add_child(p, k, &last, &v))
			return false;
	return true;
}

/* Appends the text in UTF-8; false if it is none in its character set. */
static bool
put_utf8(struct parsing *p, struct str raw, struct buf *utf8)
{
	if (p->charset == NULL)
		return utf8_valid(raw) && buf_add(utf8, raw) == 0;
	(void)charset_feed(p->charset, raw, utf8);
	(void)charset_end(p->charset, utf8);
	/* U+FFFD, which no other character set has. */
	return memmem(buf_str(utf8).p, utf8->len, "\xef\xbf\xbd", 3) == NULL;
}

/* The text in UTF-8, folded, in the arena. */
static bool
take_text(struct parsing *p, const struct imap_val *v, struct str *out)
{
	struct buf utf8, folded;
	struct str raw;
	bool good;

	if (!imap_astring(v, &raw))
		return false;
	buf_init(&utf8, 4 * raw.n + 16);
	buf_init(&folded, 12 * raw.n + 48);
	good = put_utf8(p, raw, &utf8);
	search_fold(&folded, buf_str(&utf8));
	*out = arena_dup(&imapd_of(p->c)->arena, buf_str(&folded));
	buf_fini(&utf8);
	buf_fini(&folded);
	return good && out->p != NULL;
}

static bool
take_set(
    struct parsing *p, struct search_key *k, const struct imap_val *v, bool uid)
{
	/* RFC 9051 9 has numbers beyond the last one BAD for COPY, FETCH and
	 * STORE; here they are just not met. */
	return v != NULL && (imap_is_set(v) || imap_is(v, "$")) &&
	       imap_view_pick(&imapd_of(p->c)->view, v->s, uid, &k->uids) !=
		   IMAP_PICKED_NO_SET;
}

static bool
take_children(
    struct parsing *p, struct search_key *k, const struct imap_val **v, int n)
{
	struct search_key **last = &k->first;

	while (n-- > 0)
		if (*v == NULL || !add_child(p, k, &last, v))
			return false;
	return true;
}

/* What stands behind the word of k, from *v on. */
static bool
take_argument(
    struct parsing *p, struct search_key *k, const struct imap_val **v)
{
	const struct imap_val *arg = *v;
	bool good = false;

	switch (k->kind->argument) {
	case ARG_NONE:
		return true;
	case ARG_KEY:
		return take_children(p, k, v, 1);
	case ARG_TWO_KEYS:
		return take_children(p, k, v, 2);
	case ARG_KEYWORD:
		good = imap_is_atom(arg);
		if (good)
			k->name = arg->s;
		break;
	case ARG_DATE:
		good = arg != NULL && arg->kind != IMAP_LITERAL &&
		       ascii_digit(*imap_text(arg).p) &&
		       date_imap_day(arg->s, &k->day);
		break;
	case ARG_NUMBER:
		good = arg != NULL && arg->kind == IMAP_NUMBER;
		if (good)
			k->number = arg->num;
		break;
	case ARG_FIELD:
		good = imap_astring(arg, &k->name) &&
		       take_text(p, arg->next, &k->text);
		if (good)
			arg = arg->next;
		break;
	case ARG_TEXT:
		good = take_text(p, arg, &k->text);
		break;
	case ARG_UIDS:
		good = take_set(p, k, arg, true);
		break;
	}
	if (good)
		*v = arg->next;
	return good;
}

static const struct search_kind *
find_kind(const struct imap_val *v)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (imap_is(v, kinds[i].name))
			return &kinds[i];
	return NULL;
}

static bool
parse_key(struct parsing *p, const struct imap_val **v, struct search_key **out)
{
	const struct imap_val *word = *v;
	const struct search_kind *kind = find_kind(word);
	bool good;

	if (p->depth == DEPTH_MAX)
		return false;
	p->depth++;
	*v = word->next;
	if (word->kind == IMAP_LIST) {
		good = parse_all(p, word->first, out);
	} else if (kind != NULL) {
		*out = new_key(p, kind);
		good = *out != NULL && take_argument(p, *out, v);
	} else {
		*out = new_key(p, &set_kind);
		good = *out != NULL && take_set(p, *out, word, false);
	}
	p->depth--;
	return good;
}

enum search_parsed
search_parse(struct client *c, const struct imap_val *v, struct str charset,
    struct search_key **out)
{
	struct parsing p = {.c = c};
	bool good;

	*out = NULL;
	/* What is beyond US-ASCII is taken for UTF-8, as without a charset. */
	if (charset.p != NULL && !str_eqcase(charset, S("US-ASCII")) &&
	    !str_eqcase(charset, S("UTF-8"))) {
		p.charset = charset_open(charset);
		if (p.charset == NULL)
			return SEARCH_CHARSET;
	}
	good = parse_all(&p, v, out);
	charset_close(p.charset);
	return good ? SEARCH_GOOD : SEARCH_BAD;
}

void
search_free(struct search_key *k)
{
	for (; k != NULL; k = k->next) {
		seqset_fini(&k->uids);
		search_free(k->first);
	}
}

bool
search_meets(const struct search_key *k, const struct imapd *s, uint32_t uid)
{
	struct meeting m = {.s = s, .uid = uid};
	bool yes = mailbox_find(s->view.mb, uid) != NULL &&
		   k->kind->meets(k, &m) &&
		   mailbox_find(s->view.mb, uid) != NULL;

	if (m.open)
		imap_mail_close(&m.mail);
	return yes;
}

bool
search_is_costly(const struct search_key *k)
{
	return k->cost > COST_INDEX;
}
