/*
 * offer_imap: arguments of IMAP, down to the last word.
 *
 * What stands where is in tables: a syntax a verb, whose elements are kinds;
 * kinds, each with its words outside and inside of parentheses; and lists
 * that are known by the word in front of them.
 */
#include "shell/memory.h"
#include "base/text.h"
#include "shell/offer.h"
#include "shell/typed.h"
#include "wire/mutf7.h"

#include <stdio.h>
#include <time.h>

enum { DEPTH = 16 };

/* Where the cursor is. */
struct place {
	struct str args;   /* all behind the verb, up to the cursor */
	struct str before; /* of them, those words that are complete */
	struct str list;   /* the innermost list, up to the word */
	struct str head;   /* the word in front of that list */
	char open;	   /* what it began with: ( or [; 0: there is none */
	char outer;	   /* the same of the list around it */
	bool quoted;	   /* the word is in a quote that is not closed */
};

struct kind {
	const char *name;
	const char *plain; /* words that may stand here */
	const char *list;  /* those in parentheses */
	/* What words cannot say; also called inside of parentheses. */
	void (*fn)(struct offers *o, const struct place *p);
};

/* ---- where the cursor is ---- */

static void
find_place(struct offers *o, struct str args, struct place *p)
{
	struct {
		char open;
		size_t list, word;
	} at[DEPTH] = {{0, 0, 0}};
	size_t depth = 0, i;
	bool quoted = false;

	for (i = 0; i < args.n; i++) {
		char c = args.p[i];

		if (quoted && c == '\\' && i + 1 < args.n)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == ' ' || c == '\t')
			at[depth].word = i + 1;
		else if ((c == '(' || c == '[') && depth + 1 < DEPTH)
			at[++depth].open = c,
			at[depth].list = at[depth].word = i + 1;
		else if ((c == ')' || c == ']') && depth > 0)
			depth--;
	}
	i = at[depth].word;
	*p = (struct place){.args = args,
	    .before = str_head(args, at[0].word),
	    .list = {args.p + at[depth].list, i - at[depth].list},
	    .open = at[depth].open,
	    .outer = depth > 0 ? at[depth - 1].open : '\0',
	    .quoted = quoted};
	/* "RETURN (": the word before; "BODY[": the one it is a part of. */
	if (depth > 0) {
		p->head = str_trim(str_head(args, at[depth].list - 1));
		for (i = p->head.n; i > 0; i--)
			if (strchr(" ([", p->head.p[i - 1]) != NULL)
				break;
		p->head = str_skip(p->head, i);
	}
	o->at = (size_t)(p->list.p + p->list.n - o->line.p);
}

/* ---- names of mailboxes ---- */

/* The name as it is typed: quoted if it must be.  One in ASCII is sent as it
 * is typed, so it has the form of the wire; others are encoded on the way. */
static void
offer_mailbox(struct offers *o, const struct place *p, const char *name)
{
	struct str text = str_z(name), wire = text;
	bool utf8 = conn_is_utf8(o->conn);
	struct buf encoded, b;

	buf_init(&encoded, 4 * MEMORY_TEXT);
	buf_init(&b, 8 * MEMORY_TEXT);
	if (!utf8 && mutf7_encode(&encoded, text) == 0)
		wire = buf_str(&encoded);
	if (str_is_ascii(text))
		text = wire;
	if (p->quoted || imap_form(wire, utf8) != IMAP_FORM_ATOM)
		(void)imap_put_quoted(&b, text);
	else
		(void)buf_add(&b, text);
	/* A name may be begun without the quote that it needs. */
	if (str_startscase(text, offers_word(o)) ||
	    str_startscase(buf_str(&b), offers_word(o))) {
		offer_exact(o, buf_str(&b));
	}
	buf_fini(&b);
	buf_fini(&encoded);
}

static void
mailboxes(struct offers *o, const struct place *p)
{
	const struct memory *m = o->sh->current->memory;
	const char *name = conn_mailbox(o->conn).name;

	offer_mailbox(o, p, "INBOX");
	if (*name != '\0')
		offer_mailbox(o, p, name);
	for (size_t i = 0; m != NULL && (name = memory_mailbox(m, i)) != NULL;
	     i++)
		offer_mailbox(o, p, name);
}

static void
patterns(struct offers *o, const struct place *p)
{
	if (p->quoted)
		return;
	offer_name(o, S("*"), NULL);
	offer_name(o, S("%"), NULL);
	mailboxes(o, p);
}

/* ---- messages, flags, dates ---- */

static void
messages(struct offers *o, const struct place *p)
{
	(void)p;
	offer_messages(o, false);
}

static void
uids(struct offers *o, const struct place *p)
{
	(void)p;
	offer_messages(o, true);
}

static void
flags(struct offers *o, const struct place *p)
{
	struct memory *m = o->sh->current->memory;
	const char *flag;

	(void)p;
	offer_words(o, "\\Seen \\Answered \\Flagged \\Deleted \\Draft");
	for (size_t i = 0;
	     m != NULL && (flag = memory_flag(m, o->conn, i)) != NULL; i++)
		/* That one is the server's alone (RFC 3501 2.3.2). */
		if (!str_eqcase(str_z(flag), S("\\Recent")))
			offer_name(o, str_z(flag), NULL);
	offer_words(o, "$Forwarded $MDNSent $Junk $NotJunk $Phishing");
}

/* Keywords: what KEYWORD and UNKEYWORD look for. */
static void
keywords(struct offers *o, const struct place *p)
{
	struct memory *m = o->sh->current->memory;
	const char *flag;

	(void)p;
	for (size_t i = 0;
	     m != NULL && (flag = memory_flag(m, o->conn, i)) != NULL; i++)
		if (*flag != '\\')
			offer_name(o, str_z(flag), NULL);
	offer_words(o, "$Forwarded $MDNSent $Junk $NotJunk $Phishing");
}

/* "24-Nov-2026" of some days that are asked for often (RFC 9051 9). */
static void
dates(struct offers *o, const struct place *p)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const struct {
		int days; /* ago; -1: begin of month, -2: begin of year */
		const char *hint;
	} days[] = {{0, N_("today")}, {1, N_("yesterday")},
	    {7, N_("a week ago")}, {-1, N_("this month")},
	    {-2, N_("this year")}};
	time_t now = time(NULL), then;
	char text[64];
	struct tm tm;

	(void)p;
	o->ordered = true;
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
		then = now - (days[i].days > 0 ? days[i].days * 86400L : 0);
		(void)localtime_r(&then, &tm);
		if (days[i].days < 0)
			tm.tm_mday = 1;
		if (days[i].days == -2)
			tm.tm_mon = 0;
		snprintf(text, sizeof(text), "%d-%s-%d", tm.tm_mday,
		    months[tm.tm_mon], tm.tm_year + 1900);
		offer_name(o, str_z(text), text_of(days[i].hint));
	}
}

static void
addresses(struct offers *o, const struct place *p)
{
	(void)p;
	offer_addresses(o, p->quoted ? "\"" : "");
}

static void
users(struct offers *o, const struct place *p)
{
	(void)p;
	offer_used(o, "LOGIN USER APOP");
}

static void
mechanisms(struct offers *o, const struct place *p)
{
	(void)p;
	offer_mechanisms(o);
}

/* ---- FETCH ---- */

#define SECTIONS "HEADER] HEADER.FIELDS_( HEADER.FIELDS.NOT_( TEXT]"

/* In "BODY[": behind the numbers of a part, too (RFC 9051 6.4.5.1). */
static void
section(struct offers *o, const struct place *p)
{
	size_t digits = o->at;

	if (p->list.n > 0)
		return;
	for (size_t i = o->at; i < o->line.n; i++)
		if (o->line.p[i] == '.')
			digits = i + 1;
		else if (!ascii_digit(o->line.p[i]))
			break;
	if (digits > o->at) {
		o->at = digits;
		offer_words(o, SECTIONS " MIME]");
	} else {
		offer_words(o, "] " SECTIONS " 1] 1.MIME] 2]");
	}
}

#define FIELDS                                                                 \
	"From To Cc Bcc Subject Date Message-ID In-Reply-To References "       \
	"Reply-To Sender Received Return-Path List-Id Content-Type "           \
	"MIME-Version Delivered-To Authentication-Results DKIM-Signature"

#define ITEMS                                                                  \
	"FLAGS UID ENVELOPE BODY[ BODY.PEEK[ BODY BODYSTRUCTURE "              \
	"INTERNALDATE RFC822.SIZE RFC822 RFC822.HEADER RFC822.TEXT "           \
	"MODSEQ?CONDSTORE BINARY[?BINARY BINARY.PEEK[?BINARY "                 \
	"BINARY.SIZE[?BINARY PREVIEW?PREVIEW SAVEDATE?SAVEDATE "               \
	"EMAILID?OBJECTID THREADID?OBJECTID X-GM-MSGID?X-GM-EXT-1 "            \
	"X-GM-THRID?X-GM-EXT-1 X-GM-LABELS?X-GM-EXT-1"

/* ---- SEARCH ---- */

/* Keys, and the kind of each word that follows (RFC 9051 6.4.4). */
static const struct key {
	const char *keys, *follows;
} keys[] = {
    {"BEFORE ON SINCE SENTBEFORE SENTON SENTSINCE SAVEDBEFORE SAVEDON "
     "SAVEDSINCE",
	"date"},
    {"FROM TO CC BCC", "address"},
    {"BODY SUBJECT TEXT", "string"},
    {"HEADER", "field string"},
    {"KEYWORD UNKEYWORD", "keyword"},
    {"LARGER SMALLER", "octets"},
    {"OLDER YOUNGER", "seconds"},
    {"UID", "uids"},
    {"MODSEQ EMAILID THREADID X-GM-MSGID X-GM-THRID X-GM-RAW", "string"},
    {"CHARSET", "charset"},
    {"RETURN", "search-return"},
};

#define KEYS                                                                   \
	"ALL ANSWERED BCC BEFORE BODY CC DELETED DRAFT FLAGGED FROM HEADER "   \
	"KEYWORD LARGER NEW NOT OLD ON OR RECENT SEEN SENTBEFORE SENTON "      \
	"SENTSINCE SINCE SMALLER SUBJECT TEXT TO UID UNANSWERED UNDELETED "    \
	"UNDRAFT UNFLAGGED UNKEYWORD UNSEEN $?SEARCHRES OLDER?WITHIN "         \
	"YOUNGER?WITHIN MODSEQ?CONDSTORE EMAILID?OBJECTID "                    \
	"THREADID?OBJECTID SAVEDBEFORE?SAVEDATE SAVEDON?SAVEDATE "             \
	"SAVEDSINCE?SAVEDATE X-GM-RAW?X-GM-EXT-1 X-GM-MSGID?X-GM-EXT-1 "       \
	"X-GM-THRID?X-GM-EXT-1"

static void offer_kind(
    struct offers *o, const struct place *p, struct str name);

/* What follows the last key in `before` and is not there yet; empty: a key
 * is due. */
static struct str
due(struct str before)
{
	size_t n = sizeof(keys) / sizeof(*keys);
	struct str pending = S(""), word;

	while ((word = typed_group(&before)).n > 0) {
		if (pending.n > 0) {
			(void)str_word(&pending);
			pending = str_trim(pending);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			if (verb_word_in(keys[i].keys, word))
				pending = str_z(keys[i].follows);
	}
	return pending;
}

static void
search(struct offers *o, const struct place *p)
{
	struct str pending = due(p->list);

	if (p->open == '(' && str_eqcase(p->head, S("RETURN"))) {
		offer_kind(o, p, S("search-return"));
	} else if (pending.n > 0) {
		offer_kind(o, p, str_word(&pending));
	} else if (!p->quoted) {
		if (offers_word(o).n > 0 && ascii_digit(*offers_word(o).p)) {
			messages(o, p);
			return;
		}
		/* What may stand in front alone. */
		if (p->open == 0 && str_trim(p->list).n == 0)
			offer_words(o, "RETURN_(?ESEARCH CHARSET");
		offer_words(o, KEYS);
	}
}

/* ---- other lists ---- */

static void
sort_keys(struct offers *o, const struct place *p)
{
	if (p->open == '(')
		offer_words(o,
		    "ARRIVAL CC DATE FROM REVERSE SIZE SUBJECT TO "
		    "DISPLAYFROM?SORT=DISPLAY DISPLAYTO?SORT=DISPLAY");
	else
		offer_words(o, "(");
}

static void
id_fields(struct offers *o, const struct place *p)
{
	static const char *const fields[] = {"name", "version", "os",
	    "os-version", "vendor", "support-url", "address", "date", "command",
	    "arguments", "environment"};
	struct str before = p->list;
	char text[32];
	size_t n = 0;

	if (p->open == 0) {
		offer_words(o, "NIL (");
		return;
	}
	while (typed_word(&before).n > 0)
		n++;
	if (n % 2 != 0) /* a value */
		return;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		snprintf(text, sizeof(text), "\"%s\"", fields[i]);
		offer_name(o, str_z(text), NULL);
	}
}

/* ---- kinds ---- */

static const struct kind kinds[] = {
    {"mailbox", NULL, NULL, mailboxes},
    {"reference", "\"\"", NULL, mailboxes},
    {"pattern", NULL, NULL, patterns},
    {"messages", NULL, NULL, messages},
    {"message", NULL, NULL, messages},
    {"uids", NULL, NULL, uids},
    {"uid", NULL, NULL, uids},
    {"user", NULL, NULL, users},
    {"mechanism", NULL, NULL, mechanisms},
    {"flags", NULL, NULL, flags},
    {"flag-list", NULL, "", flags},
    {"date", NULL, NULL, dates},
    {"address", NULL, NULL, addresses},
    {"string", NULL, NULL, NULL},
    {"keyword", NULL, NULL, keywords},
    {"field", FIELDS, NULL, NULL},
    {"octets", "1024 10240 102400 1048576 10485760", NULL, NULL},
    {"seconds", "3600 86400 604800 2592000", NULL, NULL},
    {"charset", "UTF-8 US-ASCII", NULL, NULL},
    {"search", NULL, NULL, search},
    {"search-return", NULL,
	"ALL COUNT MIN MAX SAVE?SEARCHRES "
	"PARTIAL?PARTIAL UPDATE?CONTEXT=SEARCH",
	NULL},
    {"sort-keys", NULL, NULL, sort_keys},
    {"thread",
	"ORDEREDSUBJECT?THREAD=ORDEREDSUBJECT "
	"REFERENCES?THREAD=REFERENCES REFS?THREAD=REFS",
	NULL, NULL},
    {"fetch", "( ALL FAST FULL " ITEMS, ITEMS, NULL},
    {"fetch-modifier", NULL, "CHANGEDSINCE?CONDSTORE VANISHED?QRESYNC", NULL},
    {"store-modifier", NULL, "UNCHANGEDSINCE?CONDSTORE", NULL},
    {"store",
	"FLAGS +FLAGS -FLAGS FLAGS.SILENT +FLAGS.SILENT -FLAGS.SILENT "
	"+X-GM-LABELS?X-GM-EXT-1 -X-GM-LABELS?X-GM-EXT-1",
	NULL, NULL},
    {"status", NULL,
	"MESSAGES UNSEEN UIDNEXT UIDVALIDITY RECENT DELETED?IMAP4rev2 "
	"SIZE?STATUS=SIZE HIGHESTMODSEQ?CONDSTORE APPENDLIMIT?APPENDLIMIT "
	"MAILBOXID?OBJECTID",
	NULL},
    {"select", NULL, "CONDSTORE?CONDSTORE QRESYNC?QRESYNC", NULL},
    {"create", NULL, "USE_(?CREATE-SPECIAL-USE", NULL},
    {"list-select", NULL,
	"SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE?SPECIAL-USE", NULL},
    {"list-return", NULL,
	"SUBSCRIBED CHILDREN STATUS_(?LIST-STATUS SPECIAL-USE?SPECIAL-USE "
	"MYRIGHTS?LIST-MYRIGHTS METADATA_(?LIST-METADATA",
	NULL},
    {"enable",
	"CONDSTORE?CONDSTORE QRESYNC?QRESYNC UTF8=ACCEPT?UTF8=ACCEPT "
	"IMAP4rev2?IMAP4rev2 UIDONLY?UIDONLY METADATA?METADATA "
	"JMAPACCESS?JMAPACCESS",
	NULL, NULL},
    {"id", NULL, NULL, id_fields},
    {"rights", "lrs lrswipkxtecda", NULL, NULL},
    {"resource", NULL, "STORAGE MESSAGE MAILBOX ANNOTATION-STORAGE", NULL},
    {"entry", "/private/comment /shared/comment /shared/admin", NULL, NULL},
    {"entries", NULL, "/private/comment /shared/comment", NULL},
    {"notify", "NONE SET STATUS (",
	"SELECTED INBOXES PERSONAL SUBSCRIBED "
	"SUBTREE MAILBOXES MessageNew "
	"MessageExpunge FlagChange",
	NULL},
};

/* Lists that are known by the word in front of them, wherever they stand. */
static const struct {
	const char *heads, *words;
} lists[] = {
    {"HEADER.FIELDS HEADER.FIELDS.NOT", FIELDS},
    {"STATUS", "MESSAGES UNSEEN UIDNEXT UIDVALIDITY RECENT "
	       "DELETED?IMAP4rev2 SIZE?STATUS=SIZE "
	       "HIGHESTMODSEQ?CONDSTORE"},
    {"USE", "\\All \\Archive \\Drafts \\Flagged \\Junk \\Sent \\Trash"},
};

/*
 * The elements of each verb's arguments: a kind, or a word in capitals, with
 * the capability that it needs behind ?.  One that begins with ? may be left
 * out, and with it what is behind |; the last one holds for all that follow.
 * What is in no row has what its usage says between < and >.
 */
static const struct {
	const char *verbs, *elements;
} syntaxes[] = {
    {"SELECT EXAMINE", "mailbox select"},
    {"CREATE", "mailbox create"},
    {"LIST", "?list-select reference pattern RETURN?LIST-EXTENDED list-return"},
    {"LSUB XLIST RLIST RLSUB", "reference pattern"},
    {"STATUS", "mailbox status"},
    {"APPEND", "mailbox ?flag-list string"},
    {"SEARCH UID_SEARCH ESEARCH", "search"},
    {"SORT UID_SORT", "?RETURN?ESORT|search-return sort-keys charset search"},
    {"THREAD UID_THREAD", "thread charset search"},
    {"FETCH", "messages fetch fetch-modifier"},
    {"UID_FETCH", "uids fetch fetch-modifier"},
    {"STORE", "messages ?store-modifier store flag-list"},
    {"UID_STORE", "uids ?store-modifier store flag-list"},
    {"REPLACE", "message mailbox ?flag-list string"},
    {"UID_REPLACE", "uid mailbox ?flag-list string"},
    {"ENABLE", "enable"},
    {"ID", "id"},
    {"LOGIN", "user string"},
    {"COMPRESS", "DEFLATE"},
    {"NOTIFY", "notify"},
    {"SETACL", "mailbox user rights"},
    {"SETQUOTA", "string resource"},
    {"GETMETADATA", "mailbox entry"},
    {"SETMETADATA", "mailbox entries"},
};

static void
offer_kind(struct offers *o, const struct place *p, struct str name)
{
	size_t n = sizeof(kinds) / sizeof(*kinds);
	const struct kind *k = NULL;

	for (size_t i = 0; i < n && k == NULL; i++)
		if (str_eq(str_z(kinds[i].name), name))
			k = &kinds[i];
	if (k == NULL)
		return;
	if (p->open == '(' && k->list != NULL && !p->quoted)
		offer_words(o, k->list);
	else if (p->open == 0 && k->plain != NULL && !p->quoted)
		offer_words(o, k->plain);
	if (p->open == 0 && k->list != NULL && k->plain == NULL)
		offer_words(o, "(");
	if (k->fn != NULL && (p->open == 0 || p->open == '('))
		k->fn(o, p);
}

static bool
is_literal(struct str element)
{
	return element.n > 0 && *element.p >= 'A' && *element.p <= 'Z';
}

static void
offer_element(struct offers *o, const struct place *p, struct str element)
{
	char word[32];

	if (!is_literal(element))
		offer_kind(o, p, element);
	else if (p->open == 0)
		offer_words(o, str_copy(word, sizeof(word), element));
}

/* Whether an element that may be left out is there; whole: word is not being
 * typed any more. */
static bool
fits(struct str element, struct str word, bool whole)
{
	struct str name = str_cut(&element, '?');

	if (!is_literal(name))
		return word.n > 0 && *word.p == '(';
	return whole ? str_eqcase(name, word) : str_startscase(name, word);
}

/* Offers what may follow the words before: an element, and where that may be
 * left out those behind it. */
static void
offer_due(struct offers *o, struct place *p, struct str elements)
{
	struct str rest = p->before, word, element, head = S(""), tail = S("");
	struct str now = str_skip(p->args, p->before.n);
	bool optional = false;

	while (tail.n > 0 || str_trim(elements).n > 0 || !optional) {
		if (tail.n > 0) {
			head = tail;
			tail = S("");
			optional = false;
		} else if (str_trim(elements).n > 0) {
			element = str_word(&elements);
			optional = str_starts(element, S("?"));
			tail = str_skip(element, optional);
			head = str_cut(&tail, '|');
		}
		/* All that follows is the business of a search. */
		if (str_eq(head, S("search")) && p->open == 0)
			p->list = rest;
		word = str_eq(head, S("search")) ? S("") : typed_group(&rest);
		if (word.n > 0 && optional && !fits(head, word, true)) {
			rest = (struct str){word.p,
			    (size_t)(p->before.p + p->before.n - word.p)};
			tail = S("");
		} else if (word.n == 0) {
			if (!optional || fits(head, now, false) ||
			    (now.n == 0 && p->open == 0))
				offer_element(o, p, head);
			if (!optional || (p->open != 0 && o->n > 0))
				return;
			tail = S("");
		}
	}
}

/* "<messages> <mailbox>": of a usage the kinds of its words. */
static void
usage_elements(const char *usage, char *out, size_t size)
{
	struct str rest = str_z(usage), word;
	size_t n = 0;

	out[0] = '\0';
	while ((word = str_word(&rest)).n > 0 && n + word.n + 2 < size) {
		if (*word.p == '[')
			word = str_skip(word, 1);
		if (*word.p != '<' || !str_has(word, '>')) {
			(void)snprintf(out + n, size - n, "string ");
		} else {
			word = str_skip(word, 1);
			word = str_head(word, str_find(word, '>'));
			(void)snprintf(out + n, size - n, "%.*s ", STRF(word));
		}
		n = strlen(out);
	}
}

static void
offer_syntax(struct offers *o, struct place *p, const struct verb *v)
{
	struct str elements;
	char name[32], usage[128];

	(void)str_copy(name, sizeof(name), str_z(v->name));
	if (strchr(name, ' ') != NULL)
		*strchr(name, ' ') = '_';
	usage_elements(v->usage, usage, sizeof(usage));
	elements = str_z(usage);
	for (size_t i = 0; i < sizeof(syntaxes) / sizeof(*syntaxes); i++)
		if (verb_word_in(syntaxes[i].verbs, str_z(name)))
			elements = str_z(syntaxes[i].elements);
	if (str_trim(elements).n > 0)
		offer_due(o, p, elements);
}

void
offer_imap(struct offers *o, const struct verb *v, struct str args)
{
	struct place p;

	find_place(o, args, &p);
	if (p.args.n == 0 || (p.before.n == 0 && p.open == 0))
		return;
	if (p.open == '[') {
		section(o, &p);
		return;
	}
	for (size_t i = 0; p.open == '(' && i < sizeof(lists) / sizeof(*lists);
	     i++) {
		if (verb_word_in(lists[i].heads, p.head)) {
			offer_words(o, lists[i].words);
			return;
		}
	}
	if (p.outer == '[')
		return;
	offer_syntax(o, &p, v);
}
