/*
 * complete: TAB, as readline has it.  What can be put in is found by offer.c;
 * here readline is told where the word begins, what its beginnings have in
 * common, and what stands in the list.
 */
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "shell/offer.h"
#include "shell/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <readline/readline.h>

static struct shell *the_shell;
static bool enabled;
/* What the last attempt found. */
static struct offers found;

/*
 * Readline looks for the beginning of a word by a set of characters.  The one
 * in front of our word is a set of one.
 */
static char *
find_word(void)
{
	static char breaks[2];
	struct str line = {rl_line_buffer, (size_t)rl_point};

	offers_done(&found);
	breaks[0] = '\0';
	if (!enabled)
		return breaks;
	offers_find(&found, the_shell, line);
	if (found.foreign)
		return NULL;
	if (found.at > 0)
		breaks[0] = rl_line_buffer[found.at - 1];
	return breaks;
}

/* How much of a and b is equal; letters in any case. */
static size_t
common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && ascii_lower(a[n]) == ascii_lower(b[n]))
		n++;
	/* No character is cut. */
	while (n > 0 && ((unsigned char)a[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* What is offered, as readline wants it: the common beginning, the matches,
 * NULL; of each what is behind its first `skip` octets. */
static char **
matches(const char *text, size_t skip)
{
	char **v = mem_zalloc((found.n + 2) * sizeof(*v));
	size_t n = strlen(found.v[0].text);

	for (size_t i = 0; i < found.n; i++) {
		size_t m = common(found.v[0].text, found.v[i].text);

		n = m < n ? m : n;
		v[i + 1] = mem_strdup(found.v[i].text + skip);
	}
	n = n > skip ? n - skip : 0;
	if (found.n == 1 && found.more == 0) {
		/* Readline knows a single match by the place behind it. */
		v[0] = v[1];
		v[1] = NULL;
	} else if (found.more > 0 || n <= strlen(text)) {
		v[0] = mem_strdup(text);
	} else {
		v[0] = strndup(v[1], n);
	}
	return v;
}

static char **
attempt(const char *text, int start, int end)
{
	size_t skip;

	/* In front of the line readline looks for no word. */
	if (end == 0)
		(void)find_word();
	rl_attempted_completion_over = !found.foreign;
	rl_completion_append_character = '\0';
	if (!enabled || found.n == 0 || (size_t)start < found.at)
		return NULL;
	/* The character in front of the word is in the word, too. */
	skip = (size_t)start - found.at;
	for (size_t i = 0; i < found.n; i++)
		if (strlen(found.v[i].text) < skip)
			return NULL;
	if (found.space)
		rl_completion_append_character = ' ';
	return matches(text, skip);
}

/* All in columns, as readline lists them; of files it found them itself. */
static void
display_columns(char **list, int n, int longest)
{
	char **own = NULL;

	if (found.n > 0) {
		own = mem_zalloc((found.n + 2) * sizeof(*own));
		own[0] = found.v[0].text;
		longest = 0;
		for (size_t i = 0; i < found.n; i++) {
			own[i + 1] = found.v[i].text;
			if ((int)strlen(own[i + 1]) > longest)
				longest = (int)strlen(own[i + 1]);
		}
		list = own;
		n = (int)found.n;
	}
	rl_display_match_list(list, n, longest);
	free(own);
}

/* A line each, with what is known of it. */
static void
display_hints(void)
{
	int width = 0, columns = screen_width(), n;
	struct str hint;

	for (size_t i = 0; i < found.n; i++) {
		n = (int)strlen(found.v[i].text);
		width = n > width ? n : width;
	}
	fputs("\n", rl_outstream);
	for (size_t i = 0; i < found.n; i++) {
		n = columns - width - 3;
		hint = utf8_head(str_z(found.v[i].hint), n > 0 ? (size_t)n : 0);
		fprintf(rl_outstream, "%*s%s%.*s\n", width, found.v[i].text,
		    hint.n > 0 ? "  " : "", STRF(hint));
	}
}

static void
display(char **list, int n, int longest)
{
	if (found.hinted)
		display_hints();
	else
		display_columns(list, n, longest);
	if (found.more > 0)
		fprintf(
		    rl_outstream, text_of("... and %zu more\n"), found.more);
	rl_forced_update_display();
}

void
complete_on(bool on)
{
	enabled = on;
}

void
complete_init(struct shell *sh)
{
	the_shell = sh;
	rl_attempted_completion_function = attempt;
	rl_completion_word_break_hook = find_word;
	rl_completion_display_matches_hook = display;
	rl_completer_quote_characters = "";
	rl_basic_quote_characters = "";
	rl_sort_completion_matches = 0;
	rl_completion_suppress_quote = 1;
	/* A question would keep servers waiting, unheard; lists are bounded. */
	rl_variable_bind("completion-query-items", "-1");
	rl_variable_bind("page-completions", "off");
}
