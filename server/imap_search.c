/* imap_search: SEARCH, and the forms of its answer (RFC 9051 6.4.4, 7.3.4). */
#include "server/imap_search.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	AT_ONCE = 1000, /* messages that nothing is read of */
	ANSWER_MAX = 24 << 20,
};

enum {
	RETURN_MIN = 1 << 0,
	RETURN_MAX = 1 << 1,
	RETURN_ALL = 1 << 2,
	RETURN_COUNT = 1 << 3,
	RETURN_SAVE = 1 << 4,
};

static const struct option {
	const char *name;
	unsigned bit;
} options[] = {
    {"MIN", RETURN_MIN},
    {"MAX", RETURN_MAX},
    {"ALL", RETURN_ALL},
    {"COUNT", RETURN_COUNT},
    {"SAVE", RETURN_SAVE},
};

struct search_job {
	struct imap_job job;
	struct search_key *key;
	bool extended; /* ESEARCH */
	unsigned wanted;
	size_t at;	     /* in the view */
	bool missing;	     /* some of it is gone, and that is not told yet */
	struct seqset found; /* UIDs */
};

/* ---- the answer ---- */

/* What was found, as the client counts. */
static void
as_told(const struct imapd *s, const struct search_job *j, struct seqset *out)
{
	struct seqpos at = {0};
	uint32_t uid, n;

	while ((uid = seqset_next(&j->found, &at)) != 0) {
		n = s->uid ? uid : imap_view_number(&s->view, uid);
		seqset_add(out, n, n);
	}
}

static uint64_t
count_of(const struct seqset *set)
{
	uint64_t n = 0;

	for (size_t r = 0; r < set->n; r++)
		n += set->ranges[r].high - set->ranges[r].low + 1;
	return n;
}

static void
put_plain(struct buf *b, const struct seqset *set)
{
	struct seqpos at = {0};
	uint32_t n;

	(void)buf_addz(b, "* SEARCH");
	while ((n = seqset_next(set, &at)) != 0)
		(void)buf_addf(b, " %" PRIu32, n);
}

/* RFC 9051 7.3.4. */
static void
put_extended(const struct imapd *s, const struct search_job *j, struct buf *b,
    const struct seqset *set)
{
	(void)buf_addz(b, "* ESEARCH (TAG ");
	(void)imap_put_quoted(b, str_z(s->tag));
	(void)buf_addf(b, ")%s", s->uid ? " UID" : "");
	if (j->wanted & RETURN_MIN && set->n > 0)
		(void)buf_addf(b, " MIN %" PRIu32, set->ranges[0].low);
	if (j->wanted & RETURN_MAX && set->n > 0)
		(void)buf_addf(
		    b, " MAX %" PRIu32, set->ranges[set->n - 1].high);
	if (j->wanted & RETURN_ALL && set->n > 0) {
		(void)buf_addz(b, " ALL ");
		(void)seqset_put(b, set);
	}
	if (j->wanted & RETURN_COUNT)
		(void)buf_addf(b, " COUNT %" PRIu64, count_of(set));
}

/* RFC 9051 6.4.4.2: with MIN and MAX alone, only these are saved. */
static void
save(struct imapd *s, const struct search_job *j)
{
	struct seqset *to = &s->view.saved;
	const struct seqset *found = &j->found;
	bool ends_only = j->wanted & (RETURN_MIN | RETURN_MAX) &&
			 !(j->wanted & (RETURN_ALL | RETURN_COUNT));

	seqset_clear(to);
	for (size_t r = 0; r < found->n && !ends_only; r++)
		seqset_add(to, found->ranges[r].low, found->ranges[r].high);
	if (found->n == 0 || !ends_only)
		return;
	if (j->wanted & RETURN_MIN)
		seqset_add(to, found->ranges[0].low, found->ranges[0].low);
	if (j->wanted & RETURN_MAX)
		seqset_add(to, found->ranges[found->n - 1].high,
		    found->ranges[found->n - 1].high);
}

static void
finish(struct client *c, const struct search_job *j)
{
	struct imapd *s = imapd_of(c);
	struct seqset told = {0};
	struct buf b;

	as_told(s, j, &told);
	buf_init(&b, ANSWER_MAX);
	if (j->wanted & RETURN_SAVE)
		save(s, j);
	if (!j->extended) {
		put_plain(&b, &told);
		client_say(c, "%s", buf_cstr(&b));
	} else if (j->wanted != RETURN_SAVE) {
		put_extended(s, j, &b, &told);
		client_say(c, "%s", buf_cstr(&b));
	}
	buf_fini(&b);
	seqset_fini(&told);
	imap_ok(c, "%ssearched", j->missing ? "[EXPUNGEISSUED] " : "");
}

/* ---- the job ---- */

static bool
more_search(struct client *c)
{
	struct imapd *s = imapd_of(c);
	struct search_job *j = (struct search_job *)s->job;
	size_t turn = search_is_costly(j->key) ? 1 : AT_ONCE;

	for (; turn > 0 && j->at < s->view.n; turn--, j->at++) {
		uint32_t uid = s->view.uids[j->at];

		if (search_meets(j->key, s, uid))
			seqset_add(&j->found, uid, uid);
		else if (mailbox_find(s->view.mb, uid) == NULL)
			j->missing = true;
	}
	if (j->at < s->view.n)
		return true;
	finish(c, j);
	return false;
}

static void
free_search(struct imap_job *job)
{
	struct search_job *j = (struct search_job *)job;

	search_free(j->key);
	seqset_fini(&j->found);
	free(j);
}

/* ---- the command ---- */

static unsigned
option_bit(const struct imap_val *v)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (imap_is(v, options[i].name))
			return options[i].bit;
	return 0;
}

/* "RETURN (…)": what is in the list; false if that is no option. */
static bool
take_options(const struct imap_val *list, unsigned *wanted)
{
	unsigned bit;

	*wanted = 0;
	for (const struct imap_val *v = list->first; v != NULL; v = v->next) {
		bit = option_bit(v);
		if (bit == 0)
			return false;
		*wanted |= bit;
	}
	if (*wanted == 0)
		*wanted = RETURN_ALL;
	return true;
}

/* What stands in front of the keys; false if it is no good. */
static bool
take_head(struct search_job *j, const struct imap_val **v, struct str *charset)
{
	if (imap_is(*v, "RETURN")) {
		*v = (*v)->next;
		if (*v == NULL || (*v)->kind != IMAP_LIST ||
		    !take_options(*v, &j->wanted))
			return false;
		j->extended = true;
		*v = (*v)->next;
	}
	if (imap_is(*v, "CHARSET")) {
		*v = (*v)->next;
		if (!imap_astring(*v, charset))
			return false;
		*v = (*v)->next;
	}
	return *v != NULL;
}

void
imap_search(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct search_job *j = mem_zalloc(sizeof(*j));
	struct str charset = {NULL, 0};
	enum search_parsed parsed = SEARCH_BAD;

	*j = (struct search_job){.job = {more_search, free_search},
	    .extended = s->rev2,
	    .wanted = RETURN_ALL};
	if (take_head(j, &args, &charset))
		parsed = search_parse(c, args, charset, &j->key);
	if (parsed == SEARCH_GOOD) {
		imap_start(c, &j->job);
		return;
	}
	/* RFC 9051 6.4.4.1: of what was saved nothing is left, unless the
	 * command was BAD. */
	if (parsed == SEARCH_CHARSET && j->wanted & RETURN_SAVE)
		seqset_clear(&s->view.saved);
	free_search(&j->job);
	if (parsed == SEARCH_CHARSET)
		imap_no(c, "[BADCHARSET (US-ASCII UTF-8)] no such charset");
	else
		imap_bad(c, "those are no keys to search by");
}
