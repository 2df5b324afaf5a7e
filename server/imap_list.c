/*
 * imap_list: LIST with its extensions (RFC 9051 6.3.9: LIST-EXTENDED,
 * LIST-STATUS, SPECIAL-USE, CHILDREN), and LSUB (RFC 3501 6.3.9).
 */
#include "base/mem.h"
#include "server/imapd.h"

#include <stdlib.h>

enum {
	/* As modified UTF-7; no longer one can match. */
	PATTERN_MAX = 4 * NAME_MAX_OCTETS,
	PATTERNS_MAX = 32,
};

/* What a LIST asks for. */
struct asked {
	/* Selection: which names. */
	bool subscribed, recursive, special;
	/* What is said of them beside what always is. */
	bool tell_subscribed;
	const struct imap_val *status; /* items, or NULL */
	bool lsub;
};

/* What is known while it runs. */
struct listing {
	struct client *c;
	const struct asked *asked;
	struct buf patterns[PATTERNS_MAX]; /* UTF-8, the reference in front */
	size_t n_patterns;
	struct names names;	 /* all that exist, and the levels above */
	struct names subscribed; /* subscriptions */
};

/* ---- matching ---- */

/*
 * Whether the name matches the pattern: * is anything, % anything on one level
 * (RFC 9051 6.3.9).  at[i] says whether the pattern so far matches the first
 * i octets, so the time is the product of the lengths, whatever the pattern.
 */
static bool
matches(struct str pattern, struct str name)
{
	bool at[NAME_MAX_OCTETS + 1] = {true};
	size_t n = name.n;

	for (size_t p = 0; p < pattern.n; p++) {
		char c = pattern.p[p];

		if (c == '*' || c == '%') {
			for (size_t i = 1; i <= n; i++)
				at[i] = at[i] ||
					(at[i - 1] &&
					    (c == '*' || name.p[i - 1] != '/'));
			continue;
		}
		for (size_t i = n; i > 0; i--)
			at[i] = at[i - 1] && name.p[i - 1] == c;
		at[0] = false;
	}
	return at[n];
}

/* INBOX is one in any case. */
static bool
matches_any(const struct listing *l, struct str name)
{
	for (size_t i = 0; i < l->n_patterns; i++) {
		struct str pattern = buf_str(&l->patterns[i]);

		if (matches(pattern, name) ||
		    (name_is_inbox(name) && str_eqcase(pattern, name)))
			return true;
	}
	return false;
}

/* ---- special use ---- */

const char *
imap_special_use(struct str name)
{
	static const struct {
		const char *name, *use;
	} uses[] = {
	    {"Archive", "\\Archive"},
	    {"Drafts", "\\Drafts"},
	    {"Junk", "\\Junk"},
	    {"Sent", "\\Sent"},
	    {"Trash", "\\Trash"},
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		if (str_eqcase(name, str_z(uses[i].name)))
			return uses[i].use;
	return NULL;
}

/* ---- one name ---- */

/* Whether one of the names lies below name. */
static bool
any_below(const struct names *names, struct str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (name_is_below(str_z(names->rows[i].name), name))
			return true;
	return false;
}

static bool
is_subscribed(const struct listing *l, struct str name)
{
	return names_find(&l->subscribed, name) != NULL;
}

static void
put_attributes(const struct listing *l, struct buf *b, struct str name,
    bool exists, bool listed)
{
	const char *use = exists ? imap_special_use(name) : NULL;

	/* RFC 3501 knows the older word only; both say the same. */
	if (l->asked->lsub)
		(void)buf_addz(b, listed ? "" : "\\Noselect");
	else if (!exists)
		(void)buf_addz(b, "\\NonExistent \\Noselect");
	if (l->asked->lsub)
		return;
	(void)buf_addf(b, "%s%s", exists ? "" : " ",
	    any_below(&l->names, name) ? "\\HasChildren" : "\\HasNoChildren");
	if (use != NULL)
		(void)buf_addf(b, " %s", use);
	if ((l->asked->tell_subscribed || l->asked->subscribed) && listed &&
	    is_subscribed(l, name))
		(void)buf_addz(b, " \\Subscribed");
}

/* child_info: below it there is something subscribed to (RFC 5258 3.5). */
static void
put_name(const struct listing *l, struct str name, bool listed, bool child_info)
{
	const struct names_row *row = names_find(&l->names, name);
	bool exists = row != NULL && row->exists;
	struct err e = {0};
	struct buf b;

	buf_init(&b, 8192);
	(void)buf_addf(&b, "* %s (", l->asked->lsub ? "LSUB" : "LIST");
	put_attributes(l, &b, name, exists, listed);
	(void)buf_addz(&b, ") \"/\" ");
	imap_put_mailbox(l->c, &b, name);
	if (child_info)
		(void)buf_addz(&b, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	client_say(l->c, "%s", buf_cstr(&b));
	buf_clear(&b);
	if (l->asked->status != NULL && exists &&
	    imap_put_status(l->c, &b, name, l->asked->status, &e) == ACCOUNT_OK)
		client_say(l->c, "%s", buf_cstr(&b));
	buf_fini(&b);
}

/* ---- which names ---- */

/* All that exist. */
static void
list_names(const struct listing *l)
{
	for (size_t i = 0; i < l->names.n; i++) {
		struct str name = str_z(l->names.rows[i].name);

		if (matches_any(l, name) &&
		    (!l->asked->special || imap_special_use(name) != NULL))
			put_name(l, name, true, false);
	}
}

/* Levels above what is subscribed to match, and say so: LSUB's "%" (RFC 3501
 * 6.3.9) and RECURSIVEMATCH. */
static void
list_above(const struct listing *l, struct str name, struct buf *last)
{
	for (size_t i = 1; i < name.n; i++) {
		struct str above = str_head(name, i);

		if (name.p[i] != '/' || is_subscribed(l, above) ||
		    !matches_any(l, above) ||
		    (l->asked->lsub && matches_any(l, name)))
			continue;
		/* The names are sorted, so those below it are together. */
		if (str_eq(buf_str(last), above))
			continue;
		buf_clear(last);
		(void)buf_add(last, above);
		put_name(l, above, false, !l->asked->lsub);
	}
}

static void
list_subscribed(const struct listing *l)
{
	bool above = l->asked->recursive || l->asked->lsub;
	struct buf last;

	buf_init(&last, NAME_MAX_OCTETS);
	for (size_t i = 0; i < l->subscribed.n; i++) {
		struct str name = str_z(l->subscribed.rows[i].name);

		if (above)
			list_above(l, name, &last);
		if (matches_any(l, name))
			put_name(l, name, true,
			    l->asked->recursive &&
				any_below(&l->subscribed, name));
	}
	buf_fini(&last);
}

/* ---- the command ---- */

/* Reference and pattern, as UTF-8; false if it can match nothing. */
static bool
put_pattern(const struct imapd *s, struct buf *b, struct str reference,
    struct str pattern)
{
	struct buf raw;
	bool good;

	buf_init(&raw, PATTERN_MAX);
	good = buf_add(&raw, reference) == 0;
	/* Two wildcards are no more than the wider one of them. */
	for (size_t i = 0; good && i < pattern.n; i++) {
		struct str so_far = buf_str(&raw);
		char c = pattern.p[i];
		char before = so_far.n > 0 ? so_far.p[so_far.n - 1] : '\0';

		if ((c == '*' || c == '%') && before == '*')
			continue;
		if (c == '%' && before == '%')
			continue;
		good = buf_addc(&raw, c) == 0;
	}
	good = good && imap_decode_name(s, buf_str(&raw), b);
	buf_fini(&raw);
	return good;
}

/* Takes in those that can match; one that is too long can match nothing. */
static void
add_pattern(struct listing *l, struct str reference, struct str pattern)
{
	struct buf *b = &l->patterns[l->n_patterns];

	if (l->n_patterns == PATTERNS_MAX)
		return;
	buf_init(b, PATTERN_MAX);
	if (put_pattern(imapd_of(l->c), b, reference, pattern))
		l->n_patterns++;
	else
		buf_fini(b);
}

static void
run(struct client *c, const struct asked *asked, struct str reference,
    const struct imap_val *patterns, bool only_one)
{
	const char *root = account_path(imapd_of(c)->account);
	struct listing l = {.c = c, .asked = asked};
	struct err e = {0};
	struct str pattern;

	for (; patterns != NULL; patterns = only_one ? NULL : patterns->next)
		if (imap_astring(patterns, &pattern))
			add_pattern(&l, reference, pattern);
	if (names_list(root, &l.names, &e) < 0 ||
	    names_subscribed(root, &l.subscribed, &e) < 0) {
		imap_no_err(c, &e);
	} else {
		(asked->subscribed || asked->lsub ? list_subscribed
						  : list_names)(&l);
		imap_ok(c, "that is all");
	}
	names_free(&l.names);
	names_free(&l.subscribed);
	while (l.n_patterns > 0)
		buf_fini(&l.patterns[--l.n_patterns]);
}

/* The options in the list v; false if there is one that is none. */
static bool
take_selection(struct asked *asked, const struct imap_val *v)
{
	for (v = v->first; v != NULL; v = v->next) {
		if (imap_is(v, "SUBSCRIBED"))
			asked->subscribed = true;
		else if (imap_is(v, "RECURSIVEMATCH"))
			asked->recursive = true;
		else if (imap_is(v, "SPECIAL-USE"))
			asked->special = true;
		else if (!imap_is(v, "REMOTE"))
			return false;
	}
	/* RFC 9051 6.3.9.1: it needs something to match. */
	return !asked->recursive || asked->subscribed;
}

static bool
take_return(struct asked *asked, const struct imap_val *v)
{
	for (v = v->first; v != NULL; v = v->next) {
		if (imap_is(v, "SUBSCRIBED")) {
			asked->tell_subscribed = true;
		} else if (imap_is(v, "STATUS")) {
			v = v->next;
			if (!imap_status_items(v))
				return false;
			asked->status = v;
		} else if (!imap_is(v, "CHILDREN") &&
			   !imap_is(v, "SPECIAL-USE")) {
			return false;
		}
	}
	return true;
}

/* "RETURN (…)" or nothing. */
static bool
take_rest(struct asked *asked, const struct imap_val *v)
{
	if (v == NULL)
		return true;
	return imap_is(v, "RETURN") && v->next != NULL &&
	       v->next->kind == IMAP_LIST && v->next->next == NULL &&
	       take_return(asked, v->next);
}

/* The command's words, taken apart; NULL if they do not fit.  The result is
 * the pattern, or the list of them. */
static const struct imap_val *
take_words(struct asked *asked, const struct imap_val *v, struct str *ref)
{
	if (v != NULL && v->kind == IMAP_LIST) {
		if (!take_selection(asked, v))
			return NULL;
		v = v->next;
	}
	if (v == NULL || !imap_astring(v, ref) || v->next == NULL ||
	    !take_rest(asked, v->next->next))
		return NULL;
	return v->next;
}

void
imap_list(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct asked asked = {0};
	const struct imap_val *patterns;
	struct str ref = S(""), pattern;

	(void)s;
	patterns = take_words(&asked, args, &ref);
	if (patterns == NULL) {
		imap_bad_usage(c);
	} else if (patterns->kind == IMAP_LIST) {
		run(c, &asked, ref, patterns->first, false);
	} else if (imap_astring(patterns, &pattern) && pattern.n == 0) {
		client_say(c, "* LIST (\\Noselect) \"/\" \"\"");
		imap_ok(c, "that is what divides names");
	} else {
		run(c, &asked, ref, patterns, true);
	}
}

void
imap_lsub(struct client *c, struct imapd *s, const struct imap_val *args)
{
	const struct asked asked = {.lsub = true};
	struct str ref, pattern;

	(void)s;
	if (!imap_astring(args, &ref) || !imap_astring(args->next, &pattern))
		imap_bad_usage(c);
	else
		run(c, &asked, ref, args->next, true);
}
