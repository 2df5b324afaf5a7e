/*
 * imap_list: LIST with its extensions (RFC 9051 6.3.9: LIST-EXTENDED,
 * LIST-STATUS, SPECIAL-USE, CHILDREN), and LSUB (RFC 3501 6.3.9).
 */
#include "base/mem.h"
#include "server/imapd.h"

#include <stdlib.h>

enum {
	PATTERN_MAX = NAME_RAW_MAX, /* no longer one can match */
	PATTERNS_MAX = 32,
};

/* What a LIST asks for. */
struct asked {
	bool extended; /* by its syntax */
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
	struct buf patterns[PATTERNS_MAX]; /* with the reference in front */
	size_t n_patterns;
	bool above;	    /* levels above what is subscribed to match, too */
	struct names names; /* all that exist, and the levels above */
	struct names subscribed; /* subscriptions */
};

/* ---- matching ---- */

/*
 * Whether the name matches the pattern: * is anything, % anything on one level
 * (RFC 9051 6.3.9).  at[i] says whether the pattern so far matches the first
 * i octets, so the time is the product of the lengths, whatever the pattern.
 * The first octets of the name, so many as `inbox` says, are in any case.
 */
static bool
matches(struct str pattern, struct str name, size_t inbox)
{
	bool at[NAME_RAW_MAX + 1] = {true};
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
			at[i] =
			    at[i - 1] &&
			    (name.p[i - 1] == c ||
				(i <= inbox && ascii_lower(c) ==
						   ascii_lower(name.p[i - 1])));
		at[0] = false;
	}
	return at[n];
}

/* As the client sees the name: a wildcard may stand for a part of what
 * modified UTF-7 makes of it. */
static bool
matches_any(const struct listing *l, struct str name)
{
	bool inbox = name_is_inbox(name) || name_is_below(name, S("INBOX"));
	bool found = false;
	struct buf raw;

	buf_init(&raw, NAME_RAW_MAX);
	imap_encode_name(imapd_of(l->c), name, &raw);
	for (size_t i = 0; i < l->n_patterns && !found; i++)
		found = matches(buf_str(&l->patterns[i]), buf_str(&raw),
		    inbox ? strlen("INBOX") : 0);
	buf_fini(&raw);
	return found;
}

/* ---- special use ---- */

/* The "\\Drafts" of a mailbox, or NULL (RFC 6154). */
static const char *
special_use(struct str name)
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

/* Only one says whether it can be selected (RFC 9051 9, mbx-list-sflag). */
static const char *
not_there(const struct listing *l)
{
	return imapd_of(l->c)->rev2 || l->asked->extended ? "\\NonExistent "
							  : "\\Noselect ";
}

static void
put_attributes(const struct listing *l, struct buf *b, struct str name,
    bool exists, bool listed)
{
	const char *use = special_use(name);

	if (l->asked->lsub) {
		(void)buf_addz(b, listed ? "" : "\\Noselect");
		return;
	}
	(void)buf_addf(b, "%s%s", exists ? "" : not_there(l),
	    any_below(&l->names, name) ? "\\HasChildren" : "\\HasNoChildren");
	if (use != NULL)
		(void)buf_addf(b, " %s", use);
	if ((l->asked->tell_subscribed || l->asked->subscribed) &&
	    is_subscribed(l, name))
		(void)buf_addz(b, " \\Subscribed");
}

/* Whether the name, which is subscribed to, is asked for. */
static bool
is_selected(const struct listing *l, struct str name)
{
	return !l->asked->special || special_use(name) != NULL;
}

/* Whether something below the name is asked for; with `hidden`, something that
 * will not be listed by itself. */
static bool
selected_below(const struct listing *l, struct str name, bool hidden)
{
	for (size_t i = 0; i < l->subscribed.n; i++) {
		struct str other = str_z(l->subscribed.rows[i].name);

		if (name_is_below(other, name) && is_selected(l, other) &&
		    (!hidden || !matches_any(l, other)))
			return true;
	}
	return false;
}

/* listed: the name itself is asked for, and not only something below it. */
static void
put_name(const struct listing *l, struct str name, bool listed)
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
	/* RFC 9051 6.3.9.6. */
	if (l->asked->recursive && selected_below(l, name, false))
		(void)buf_addz(&b, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	client_say(l->c, "%s", buf_cstr(&b));
	buf_clear(&b);
	if (l->asked->status != NULL && exists && listed &&
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

		if (matches_any(l, name) && is_selected(l, name))
			put_name(l, name, true);
	}
}

/* A name that is not asked for itself, but matches and has something below it
 * that is asked for and does not match (RFC 3501 6.3.9 for LSUB, RFC 9051
 * 6.3.9.1 for RECURSIVEMATCH). */
static void
list_above(const struct listing *l, struct str name)
{
	if (l->above && matches_any(l, name) && selected_below(l, name, true))
		put_name(l, name, false);
}

/* The levels above the i-th subscription that are none themselves, unless an
 * earlier one, which the order has beside it, was below them too. */
static void
list_levels(const struct listing *l, size_t i)
{
	struct str name = str_z(l->subscribed.rows[i].name);
	struct str before =
	    i > 0 ? str_z(l->subscribed.rows[i - 1].name) : S("");

	for (size_t n = 1; n < name.n; n++)
		if (name.p[n] == '/' &&
		    !name_is_below(before, str_head(name, n)) &&
		    !is_subscribed(l, str_head(name, n)))
			list_above(l, str_head(name, n));
}

static void
list_subscribed(const struct listing *l)
{
	for (size_t i = 0; i < l->subscribed.n; i++) {
		struct str name = str_z(l->subscribed.rows[i].name);

		list_levels(l, i);
		if (!is_selected(l, name))
			list_above(l, name);
		else if (matches_any(l, name))
			put_name(l, name, true);
	}
}

/* ---- one that was not asked for ---- */

void
imap_tell_name(struct client *c, struct str name, struct str old)
{
	const struct asked asked = {.tell_subscribed = true};
	struct listing l = {.c = c, .asked = &asked};
	const char *root = account_path(imapd_of(c)->account);
	const struct names_row *row;
	struct err ignored = {0};
	struct buf b;

	if (!imapd_of(c)->rev2)
		return;
	(void)names_list(root, &l.names, &ignored);
	(void)names_subscribed(root, &l.subscribed, &ignored);
	row = names_find(&l.names, name);
	buf_init(&b, 8192);
	(void)buf_addz(&b, "* LIST (");
	put_attributes(&l, &b, name, row != NULL && row->exists, true);
	(void)buf_addz(&b, ") \"/\" ");
	imap_put_mailbox(c, &b, name);
	if (!str_eq(name, old)) {
		(void)buf_addz(&b, " (\"OLDNAME\" (");
		imap_put_mailbox(c, &b, old);
		(void)buf_addz(&b, "))");
	}
	client_say(c, "%s", buf_cstr(&b));
	buf_fini(&b);
	names_free(&l.names);
	names_free(&l.subscribed);
}

void
imap_tell_other_name(struct client *c, struct str name, struct str old)
{
	if (!str_eq(name, old))
		imap_tell_name(c, name, old);
}

/* ---- the command ---- */

/* Reference and pattern; false if that can match nothing. */
static bool
put_pattern(struct buf *b, struct str reference, struct str pattern)
{
	bool good = buf_add(b, reference) == 0;

	/* Two wildcards are no more than the wider one of them. */
	for (size_t i = 0; good && i < pattern.n; i++) {
		struct str so_far = buf_str(b);
		char c = pattern.p[i];
		char before = so_far.n > 0 ? so_far.p[so_far.n - 1] : '\0';

		if ((c == '*' || c == '%') && before == '*')
			continue;
		if (c == '%' && before == '%')
			continue;
		good = buf_addc(b, c) == 0;
	}
	return good;
}

/* Takes in those that can match; one that is too long can match nothing, and
 * an empty one is passed over (RFC 9051 6.3.9). */
static void
add_pattern(struct listing *l, struct str reference, struct str pattern)
{
	struct buf *b = &l->patterns[l->n_patterns];

	if (l->n_patterns == PATTERNS_MAX || pattern.n == 0)
		return;
	buf_init(b, PATTERN_MAX);
	if (put_pattern(b, reference, pattern))
		l->n_patterns++;
	else
		buf_fini(b);
	/* RFC 3501 6.3.9: "%" has the levels, which may not be mailboxes. */
	l->above = l->asked->recursive ||
		   (l->asked->lsub && str_ends(pattern, S("%")));
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
		if (imap_pattern(patterns, &pattern))
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

static bool
are_patterns(const struct imap_val *v, bool only_one)
{
	struct str ignored;

	if (only_one || v == NULL)
		return imap_pattern(v, &ignored);
	while (v != NULL && imap_pattern(v, &ignored))
		v = v->next;
	return v == NULL;
}

/* The command's words, taken apart; NULL if they do not fit.  The result is
 * the pattern, or the list of them. */
static const struct imap_val *
take_words(struct asked *asked, const struct imap_val *v, struct str *ref)
{
	asked->extended = v != NULL && v->kind == IMAP_LIST;
	if (asked->extended) {
		if (!take_selection(asked, v))
			return NULL;
		v = v->next;
	}
	if (v == NULL || !imap_astring(v, ref) || v->next == NULL ||
	    !take_rest(asked, v->next->next))
		return NULL;
	v = v->next;
	if (!are_patterns(
		v->kind == IMAP_LIST ? v->first : v, v->kind != IMAP_LIST))
		return NULL;
	if (v->kind == IMAP_LIST || v->next != NULL)
		asked->extended = true;
	return v;
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
	} else if (!asked.extended && imap_pattern(patterns, &pattern) &&
		   pattern.n == 0) {
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
	if (!imap_astring(args, &ref) || !imap_pattern(args->next, &pattern))
		imap_bad_usage(c);
	else
		run(c, &asked, ref, args->next, true);
}
