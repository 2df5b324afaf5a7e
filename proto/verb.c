/* verb: finding a verb in a protocol's table. */
#include "proto/verb.h"
#include "base/near.h"

/* "UID FETCH": the words of a name are divided by one space. */
static bool
matches(const char *name, struct str first, struct str second)
{
	struct str tail = str_z(name), head = str_cut(&tail, ' ');

	return str_eqcase(head, first) &&
	       (tail.n == 0 || str_eqcase(tail, second));
}

struct str
verb_word(struct str *line)
{
	struct str word;

	while (line->n > 0 && (*line->p == ' ' || *line->p == '\t'))
		*line = str_skip(*line, 1);
	word = str_head(*line, str_find(*line, ' '));
	word = str_head(word, str_find(word, '\t'));
	*line = str_skip(*line, word.n);
	return word;
}

const struct verb *
verb_find(const struct verb *verbs, struct str line, struct str *rest)
{
	const struct verb *v, *one = NULL;
	struct str after_one = line, first = verb_word(&after_one);
	struct str after_two = after_one, second = verb_word(&after_two);

	for (v = verbs; v->name != NULL; v++) {
		if (!matches(v->name, first, second))
			continue;
		if (strchr(v->name, ' ') != NULL) {
			if (rest != NULL)
				*rest = after_two;
			return v;
		}
		one = v;
	}
	if (one != NULL && rest != NULL)
		*rest = after_one;
	return one;
}

static const struct verb *
named(const struct verb *verbs, const char *name)
{
	while (verbs->name != name)
		verbs++;
	return verbs;
}

const struct verb *
verb_nearest(const struct verb *verbs, struct str line)
{
	const struct verb *v;
	struct near one, two;
	struct str first = str_word(&line), second = str_word(&line);
	char both[40];
	size_t n = 0;

	if (first.n + 1 + second.n <= sizeof(both)) {
		memcpy(both, first.p, first.n);
		both[first.n] = ' ';
		memcpy(both + first.n + 1, second.p, second.n);
		n = first.n + 1 + second.n;
	}
	near_init(&one, first);
	near_init(&two, (struct str){both, n});
	for (v = verbs; v->name != NULL; v++)
		near_try(strchr(v->name, ' ') != NULL ? &two : &one, v->name);
	/* A tie is for two words: "UID FETHC" is no slip of "ID". */
	if (two.best != NULL &&
	    (one.best == NULL || two.distance <= one.distance))
		return named(verbs, two.best);
	return one.best != NULL ? named(verbs, one.best) : NULL;
}

bool
verb_word_in(const char *words, struct str word)
{
	struct str left = str_z(words), each;

	while ((each = str_word(&left)).n > 0)
		if (str_eqcase(each, word))
			return true;
	return false;
}
