/* secret: where in a typed line a password begins. */
#include "proto/secret.h"
#include "proto/conn.h"

static const char *const protocols[] = {"pop3", "smtp", "lmtp", "imap"};

enum { PROTOCOLS = sizeof(protocols) / sizeof(*protocols), PLACES = 2 };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Behind the next word, which may be quoted; s itself if there is none. */
static struct str
skip_word(struct str s)
{
	bool quoted = false;
	size_t i = 0;

	while (i < s.n && is_blank(s.p[i]))
		i++;
	if (i == s.n)
		return s;
	for (; i < s.n && (quoted || !is_blank(s.p[i])); i++) {
		if (quoted && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
	}
	return str_skip(s, i);
}

size_t
secret_in_args(const struct verb *v, struct str args)
{
	struct str rest = args;

	if (v == NULL || (v->flags & VERB_SECRET) == 0)
		return args.n;
	for (unsigned i = 0; i < v->secret; i++)
		rest = skip_word(rest);
	return str_trim(rest).n > 0 ? args.n - rest.n : args.n;
}

static const struct verb *
verbs_of(size_t i)
{
	return proto_verbs(proto_find(str_z(protocols[i])));
}

/* The verb that the line begins with in any protocol: known is set, and, if
 * it has a secret in some, how much comes before that is returned. */
static size_t
by_name(struct str line, bool *known)
{
	size_t n = line.n, end;
	const struct verb *v;
	struct str args;

	for (size_t i = 0; i < PROTOCOLS; i++) {
		v = verb_find(verbs_of(i), line, &args);
		if (v == NULL)
			continue;
		*known = true;
		end = line.n - args.n + secret_in_args(v, args);
		n = end < n ? end : n;
	}
	return n;
}

static size_t
by_likeness(struct str line)
{
	struct str args = line;
	size_t n = line.n, end;

	(void)verb_word(&args);
	for (size_t i = 0; i < PROTOCOLS; i++) {
		end = line.n - args.n +
		      secret_in_args(verb_nearest(verbs_of(i), line), args);
		n = end < n ? end : n;
	}
	return n;
}

static bool
has_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_blank(s.p[i]))
			return true;
	return false;
}

size_t
secret_in_line(struct str line, bool guess)
{
	struct str from[PLACES];
	size_t n = line.n, end;
	bool known = false;

	/* Of one word, such as a file's name, nothing stands behind it. */
	if (!has_blank(line))
		return line.n;
	from[0] = line;
	from[1] = skip_word(line);
	for (size_t i = 0; i < PLACES; i++) {
		end = line.n - from[i].n + by_name(from[i], &known);
		n = end < n ? end : n;
	}
	for (size_t i = 0; i < PLACES && guess && !known; i++) {
		end = line.n - from[i].n + by_likeness(from[i]);
		n = end < n ? end : n;
	}
	return n;
}
