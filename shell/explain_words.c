/* explain_words: a line of a server taken apart and put into words. */
#include "base/text.h"
#include "base/utf8.h"
#include "shell/explain.h"

#include <stdio.h>

enum { SHOWN = 72, WORDS = 400 };

/* ---- what is told ---- */

/* Whether it is the first time in this reply. */
static bool
is_news(struct explain *x, const void *what)
{
	for (size_t i = 0; i < x->told_count; i++)
		if (x->told[i] == what)
			return false;
	if (x->told_count < EXPLAIN_TOLD)
		x->told[x->told_count++] = what;
	return true;
}

/* "shown: text (RFC)", on a line of its own. */
static void
put(struct buf *out, struct str shown, const char *text, const char *rfc)
{
	struct str head = utf8_head(shown, SHOWN);

	(void)buf_addf(out, "  %.*s%s: %s", STRF(head),
	    head.n < shown.n ? "..." : "", text);
	if (rfc != NULL)
		(void)buf_addf(out, " (%s)", text_of(rfc));
	(void)buf_addc(out, '\n');
}

/* The row of a key, if there is one and it is news; true if there is one. */
static bool
put_row(struct explain *x, enum topic_kind kind, struct str key,
    struct str shown, struct buf *out)
{
	const struct topic *t = topic_find(kind, key);

	if (t != NULL && is_news(x, t))
		put(out, shown, text_of(t->text), t->rfc);
	return t != NULL;
}

/* ---- words ---- */

/* Behind the quoted string that s begins with. */
static size_t
quoted_end(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return s.n;
}

/* Behind the value that s begins with: a list, a string, or an atom, which
 * may have brackets with spaces in them. */
static size_t
value_end(struct str s)
{
	size_t depth = 0, i = 0;
	bool bracket = false;

	while (i < s.n) {
		char c = s.p[i];

		if (c == '"') {
			i += quoted_end(str_skip(s, i));
			if (depth == 0 && !bracket)
				return i < s.n ? i : s.n;
			continue;
		}
		if (depth == 0 && !bracket && (c == ' ' || c == ')'))
			break;
		if (c == '[')
			bracket = true;
		else if (c == ']')
			bracket = false;
		else if (c == '(' && !bracket) {
			if (depth == 0 && i > 0)
				break;
			depth++;
		} else if (c == ')' && !bracket && --depth == 0)
			return i + 1;
		i++;
	}
	return i < s.n ? i : s.n;
}

/* The next value; empty at the end of the list or of all. */
static struct str
next_value(struct str *rest)
{
	struct str s = str_trim(*rest), value;
	size_t n = value_end(s);

	value = str_head(s, n);
	*rest = str_skip(s, n);
	return value;
}

/* What is between the parentheses of a list, or all of it. */
static struct str
inside(struct str list)
{
	if (list.n > 0 && *list.p == '(')
		list = str_skip(list, 1);
	if (list.n > 0 && list.p[list.n - 1] == ')')
		list.n--;
	return list;
}

/* Each value of a list by the rows of a kind; what has none is a name that
 * somebody made, if `other` says so. */
static void
put_list(struct explain *x, enum topic_kind kind, struct str list,
    const char *other, struct buf *out)
{
	struct str rest = inside(list), word;

	for (size_t i = 0; i < WORDS; i++) {
		word = next_value(&rest);
		if (word.n == 0)
			break;
		if (!put_row(x, kind, word, word, out) && other != NULL &&
		    is_news(x, other))
			put(out, word, text_of(other), NULL);
	}
}

static void
put_flags(struct explain *x, struct str list, struct buf *out)
{
	static const char keyword[] =
	    N_("A keyword: a flag that a user or a program has made up.");

	put_list(x, TOPIC_IMAP_FLAG, list, keyword, out);
}

/* ---- capabilities ---- */

static enum topic_kind
capability_kind(const char *protocol)
{
	return strcmp(protocol, "imap") == 0   ? TOPIC_IMAP_CAPABILITY
	       : strcmp(protocol, "pop3") == 0 ? TOPIC_POP3_CAPABILITY
					       : TOPIC_SMTP_CAPABILITY;
}

const struct topic *
explain_capability_row(const char *protocol, struct str line)
{
	struct str rest = line;

	return topic_find(capability_kind(protocol), str_word(&rest));
}

/* "35882577" octets are 34.2 MiB. */
static void
add_octets(struct buf *b, uint64_t n)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double size = (double)n / 1024;
	size_t unit = 0;

	while (size >= 1024 && unit < 3) {
		size /= 1024;
		unit++;
	}
	if (n >= 1024)
		(void)buf_addf(b, "%.1f %s", size, units[unit]);
	else
		(void)buf_addf(
		    b, text_of("%llu octets"), (unsigned long long)n);
}

static void
size_words(struct str value, struct buf *b)
{
	uint64_t n;

	if (!str_u64(value, UINT64_MAX, &n))
		return;
	if (n == 0)
		(void)buf_addz(b, text_of("No fixed limit."));
	else {
		(void)buf_addz(b, text_of("Here: "));
		add_octets(b, n);
		(void)buf_addc(b, '.');
	}
}

static void
expire_words(struct str value, struct buf *b)
{
	struct str days = str_word(&value);
	uint64_t n;

	if (str_eqcase(days, S("NEVER")))
		(void)buf_addz(b, text_of("Here: never."));
	else if (str_u64(days, UINT32_MAX, &n) && n == 0)
		(void)buf_addz(b, text_of("Here: as soon as they are read."));
	else if (str_u64(days, UINT32_MAX, &n))
		(void)buf_addf(b,
		    text_plural("Here: %llu day.", "Here: %llu days.", n),
		    (unsigned long long)n);
}

static void
seconds_words(struct str value, struct buf *b)
{
	uint64_t n;

	if (str_u64(str_word(&value), UINT32_MAX, &n))
		(void)buf_addf(b,
		    text_plural("Here: %llu second.", "Here: %llu seconds.", n),
		    (unsigned long long)n);
}

/* RFC 9738 3 */
static void
messages_words(struct str value, struct buf *b)
{
	uint64_t n;

	if (str_u64(str_word(&value), UINT32_MAX, &n))
		(void)buf_addf(b,
		    text_plural(
			"Here: %llu message.", "Here: %llu messages.", n),
		    (unsigned long long)n);
}

/* RFC 9422 4: RCPTMAX=n and the like. */
static void
limits_words(struct str value, struct buf *b)
{
	static const struct {
		struct str name;
		const char *text;
	} known[] = {
	    {STR("MAILMAX="), N_("Messages a connection: ")},
	    {STR("RCPTMAX="), N_("Recipients a message: ")},
	    {STR("RCPTDOMAINMAX="), N_("Domains a connection: ")},
	};
	struct str word, n;

	while ((word = str_word(&value)).n > 0) {
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
			if (!str_startscase(word, known[i].name))
				continue;
			n = str_skip(word, known[i].name.n);
			(void)buf_addf(
			    b, "%s%.*s. ", text_of(known[i].text), STRF(n));
		}
	}
}

static const struct {
	struct str name;
	void (*words)(struct str value, struct buf *b);
} values[] = {
    {STR("SIZE"), size_words},
    {STR("APPENDLIMIT"), size_words},
    {STR("EXPIRE"), expire_words},
    {STR("LOGIN-DELAY"), seconds_words},
    {STR("FUTURERELEASE"), seconds_words},
    {STR("LIMITS"), limits_words},
    {STR("MESSAGELIMIT"), messages_words},
    {STR("SAVELIMIT"), messages_words},
};

/* "NAME value", "NAME=value". */
static void
value_words(struct str line, struct buf *b)
{
	struct str rest = line, name = str_word(&rest), tail = name;
	struct str head = str_cut(&tail, '=');
	struct str value = tail.n > 0 ? tail : str_trim(rest);

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (str_eqcase(head, values[i].name) && value.n > 0)
			values[i].words(value, b);
}

bool
explain_meaning(const char *protocol, struct str line, const char **text,
    const char **rfc, struct buf *here)
{
	struct str shown = str_trim(line);
	const struct topic *t = strcmp(protocol, "sasl") == 0
				    ? topic_find(TOPIC_MECHANISM, shown)
				    : explain_capability_row(protocol, shown);

	if (t == NULL)
		return false;
	*text = text_of(t->text);
	*rfc = text_of(t->rfc);
	value_words(shown, here);
	return true;
}

static void
put_mechanisms(struct explain *x, struct str list, struct buf *out)
{
	struct str word;

	for (size_t i = 0; i < WORDS && (word = str_word(&list)).n > 0; i++)
		(void)put_row(x, TOPIC_MECHANISM, word, word, out);
}

void
explain_capability(
    struct explain *x, const char *protocol, struct str line, struct buf *out)
{
	struct str shown = str_trim(line), rest = shown, name = str_word(&rest);
	const struct topic *t = explain_capability_row(protocol, line);
	struct buf words;

	if (name.n == 0)
		return;
	if (t == NULL) {
		if (is_news(x, name.p))
			put(out, shown,
			    text_of("No capability that postel knows."), NULL);
		return;
	}
	if (is_news(x, t)) {
		buf_init(&words, 1024);
		value_words(shown, &words);
		(void)buf_addf(out, "  %.*s: %s", STRF(utf8_head(shown, SHOWN)),
		    text_of(t->text));
		if (words.len > 0)
			(void)buf_addf(out, "  %s", buf_cstr(&words));
		(void)buf_addf(out, " (%s)\n", text_of(t->rfc));
		buf_fini(&words);
	}
	if (str_eqcase(name, S("AUTH")) || str_eqcase(name, S("SASL")))
		put_mechanisms(x, rest, out);
	else if (str_startscase(name, S("AUTH=")))
		put_mechanisms(x, str_skip(shown, 5), out);
}

static void
put_capabilities(
    struct explain *x, const char *protocol, struct str list, struct buf *out)
{
	struct str word;

	for (size_t i = 0; i < WORDS && (word = str_word(&list)).n > 0; i++)
		explain_capability(x, protocol, word, out);
}

/* ---- SMTP ---- */

static void
smtp_code(struct explain *x, struct str code, struct buf *out)
{
	char class[4] = {*code.p, 'x', 'x', '\0'};

	(void)put_row(x, TOPIC_SMTP_CODE, str_z(class), str_z(class), out);
	if (topic_find(TOPIC_SMTP_CODE, code) != NULL)
		(void)put_row(x, TOPIC_SMTP_CODE, code, code, out);
	else if (is_news(x, "code"))
		put(out, code,
		    text_of("No RFC has this code; its first digit is what "
			    "counts."),
		    NULL);
}

static void
smtp_reply(
    struct explain *x, const char *verb, struct str line, struct buf *out)
{
	const struct topic *t;
	struct str text, rest, word;
	bool lists = strcmp(verb, "EHLO") == 0 || strcmp(verb, "LHLO") == 0;

	if (line.n < 3 || *line.p < '2' || *line.p > '5' ||
	    !ascii_digit(line.p[1]) || !ascii_digit(line.p[2]))
		return;
	smtp_code(x, str_head(line, 3), out);
	text = rest = str_skip(line, line.n > 3 ? 4 : 3);
	word = str_word(&rest);
	t = topic_enhanced(word);
	if (t != NULL && is_news(x, t))
		put(out, word, text_of(t->text), t->rfc);
	if (!lists || *line.p != '2')
		return;
	if (x->quoting)
		explain_capability(x, "smtp", text, out);
	else if (word.n > 0)
		put(out, word,
		    text_of("The name that the server gives "
			    "itself."),
		    "RFC 5321 4.1.1.1");
	x->quoting = true;
}

/* ---- POP3 ---- */

/* "[IN-USE] text": the code without its brackets, or empty. */
static struct str
bracketed(struct str text)
{
	text = str_trim(text);
	if (text.n == 0 || *text.p != '[')
		return S("");
	for (size_t i = 1; i < text.n; i++)
		if (text.p[i] == ']')
			return (struct str){text.p + 1, i - 1};
	return S("");
}

static void
pop3_reply(
    struct explain *x, const char *verb, struct str line, struct buf *out)
{
	struct str rest = line, word = str_word(&rest), code;
	uint64_t count, octets;

	if (!put_row(x, TOPIC_POP3_STATUS, word, word, out))
		return;
	code = bracketed(rest);
	if (code.n > 0)
		(void)put_row(x, TOPIC_POP3_CODE, code, code, out);
	if (strcmp(verb, "STAT") == 0 &&
	    str_u64(str_word(&rest), UINT64_MAX, &count) &&
	    str_u64(str_word(&rest), UINT64_MAX, &octets))
		(void)buf_addf(out,
		    text_of("  %llu: so many messages; %llu: their octets "
			    "(RFC 1939 5)\n"),
		    (unsigned long long)count, (unsigned long long)octets);
}

/* ---- IMAP ---- */

static void
imap_code(struct explain *x, struct str code, struct buf *out)
{
	struct str rest = code, name = str_word(&rest);

	if (!put_row(x, TOPIC_IMAP_CODE, name, code, out) && is_news(x, "code"))
		put(out, code, text_of("No response code that postel knows."),
		    NULL);
	if (str_eqcase(name, S("CAPABILITY")))
		put_capabilities(x, "imap", rest, out);
	else if (str_eqcase(name, S("PERMANENTFLAGS")))
		put_flags(x, next_value(&rest), out);
}

static void
imap_status(struct explain *x, struct str word, struct str rest,
    struct str shown, struct buf *out)
{
	struct str code = bracketed(rest);

	(void)put_row(x, TOPIC_IMAP_STATUS, word, shown, out);
	if (code.n > 0)
		imap_code(x, code, out);
}

/* Names and values in turn. */
static void
imap_items(
    struct explain *x, enum topic_kind kind, struct str list, struct buf *out)
{
	struct str rest = list, name, value;

	if (rest.n > 0 && *rest.p == '(')
		rest = str_skip(rest, 1);
	for (size_t i = 0; i < WORDS; i++) {
		name = next_value(&rest);
		if (name.n == 0)
			break;
		value = next_value(&rest);
		(void)put_row(x, kind, name, name, out);
		if (str_eqcase(name, S("FLAGS")))
			put_flags(x, value, out);
	}
}

/* What stands behind the name of an untagged response. */
static void
imap_data(struct explain *x, struct str name, struct str rest, struct buf *out)
{
	struct str value;

	if (str_eqcase(name, S("CAPABILITY")) ||
	    str_eqcase(name, S("ENABLED"))) {
		put_capabilities(x, "imap", rest, out);
	} else if (str_eqcase(name, S("FLAGS"))) {
		put_flags(x, next_value(&rest), out);
	} else if (str_eqcase(name, S("LIST")) || str_eqcase(name, S("LSUB")) ||
		   str_eqcase(name, S("XLIST"))) {
		put_list(x, TOPIC_IMAP_ATTRIBUTE, next_value(&rest), NULL, out);
	} else if (str_eqcase(name, S("STATUS"))) {
		(void)next_value(&rest);
		value = str_trim(rest);
		imap_items(x, TOPIC_IMAP_COUNT, value, out);
	} else if (str_eqcase(name, S("FETCH")) ||
		   str_eqcase(name, S("UIDFETCH"))) {
		imap_items(x, TOPIC_IMAP_FETCH, str_trim(rest), out);
	}
}

static void
imap_untagged(struct explain *x, struct str rest, struct buf *out)
{
	struct str word = str_word(&rest), shown = word;
	const struct topic *t;
	uint64_t n;

	if (topic_find(TOPIC_IMAP_STATUS, word) != NULL) {
		imap_status(x, str_eqcase(word, S("OK")) ? S("* OK") : word,
		    rest, word, out);
		return;
	}
	if (str_u64(word, UINT64_MAX, &n)) {
		word = str_word(&rest);
		shown.n = (size_t)(word.p + word.n - shown.p);
	}
	t = topic_find(TOPIC_IMAP_RESPONSE, word);
	if (t != NULL && is_news(x, t))
		put(out, shown, text_of(t->text), t->rfc);
	else if (t != NULL)
		x->repeated++;
	else if (is_news(x, "response"))
		put(out, shown, text_of("No response that postel knows."),
		    NULL);
	imap_data(x, word, rest, out);
}

static void
imap_reply(struct explain *x, struct str line, struct buf *out)
{
	struct str rest = line, first, status;
	bool was_literal = x->literal;
	uint64_t n;

	x->literal = answer_literal_of(line, &n);
	if (was_literal)
		return;
	first = str_word(&rest);
	if (str_eq(first, S("*"))) {
		imap_untagged(x, rest, out);
	} else if (str_eq(first, S("+"))) {
		(void)put_row(x, TOPIC_IMAP_STATUS, first, first, out);
	} else if (first.n > 0) {
		status = str_word(&rest);
		first.n = (size_t)(status.p + status.n - first.p);
		imap_status(x, status, rest, first, out);
	}
}

void
explain_line(struct explain *x, const char *protocol, const char *verb,
    struct str line, struct buf *out)
{
	if (strcmp(protocol, "imap") == 0)
		imap_reply(x, line, out);
	else if (strcmp(protocol, "pop3") == 0)
		pop3_reply(x, verb, line, out);
	else
		smtp_reply(x, verb, line, out);
}
