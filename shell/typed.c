/* typed: the words of a protocol line as a person types it. */
#include "shell/typed.h"
#include "wire/mutf7.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word; groups: parentheses and brackets hold it together, too. */
static struct str
next(struct str *rest, bool groups)
{
	struct str s = *rest;
	bool quoted = false;
	unsigned depth = 0;
	size_t i = 0, begin;

	while (i < s.n && is_blank(s.p[i]))
		i++;
	begin = i;
	for (; i < s.n; i++) {
		if (quoted && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (groups && (s.p[i] == '(' || s.p[i] == '['))
			depth++;
		else if (depth > 0 && (s.p[i] == ')' || s.p[i] == ']'))
			depth--;
		else if (depth == 0 && is_blank(s.p[i]))
			break;
	}
	*rest = str_skip(s, i);
	return (struct str){s.p + begin, i - begin};
}

struct str
typed_word(struct str *rest)
{
	return next(rest, false);
}

struct str
typed_group(struct str *rest)
{
	return next(rest, true);
}

int
typed_unquote(struct buf *b, struct str word)
{
	bool quoted = word.n > 0 && *word.p == '"';

	if (!quoted)
		return buf_add(b, word);
	for (size_t i = 1; i < word.n && word.p[i] != '"'; i++) {
		if (word.p[i] == '\\' && i + 1 < word.n)
			i++;
		if (buf_addc(b, word.p[i]) != 0)
			return -1;
	}
	return 0;
}

/* The name in word, quotes kept. */
static int
add_name(struct buf *b, struct str word)
{
	bool quoted = word.n > 1 && *word.p == '"' && str_ends(word, S("\""));
	struct str name = word;
	int rc = 0;

	if (str_is_ascii(word))
		return buf_add(b, word);
	if (quoted) {
		name = (struct str){word.p + 1, word.n - 2};
		rc = buf_addc(b, '"');
	}
	if (rc == 0 && mutf7_encode(b, name) != 0)
		rc = buf_add(b, name);
	return rc == 0 && quoted ? buf_addc(b, '"') : rc;
}

int
typed_mailboxes(
    struct buf *b, const struct conn *c, const struct verb *v, struct str line)
{
	const char *sig = v != NULL ? v->sig : NULL;
	struct str rest = line, word;
	const char *from = line.p;

	if (sig == NULL || conn_is_utf8(c) || str_is_ascii(line) ||
	    strchr(sig, 'm') == NULL)
		return buf_add(b, line);
	if (verb_find(v, line, &rest) != v) { /* behind a tag */
		(void)typed_word(&rest);
		if (verb_find(v, rest, &rest) != v)
			return buf_add(b, line);
	}
	while (*sig != '\0' && (word = typed_group(&rest)).n > 0) {
		/* LIST may have its selection in front (RFC 5258 3). */
		if (*sig == 'm' && *word.p == '(')
			continue;
		if (*sig++ != 'm')
			continue;
		if (buf_add(b, (struct str){from, (size_t)(word.p - from)}) !=
			0 ||
		    add_name(b, word) != 0)
			return -1;
		from = word.p + word.n;
	}
	return buf_add(b, (struct str){from, (size_t)(line.p + line.n - from)});
}
