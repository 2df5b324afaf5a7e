/*
 * options: the command line of postel, taken apart.
 */
#ifndef SHELL_OPTIONS_H
#define SHELL_OPTIONS_H

#include "lua/script.h"

/* What the first word is, in the order in which it is tried. */
enum first_word {
	FIRST_NONE,
	FIRST_URL,
	FIRST_PATH,   /* a script by path: "/" in it, or ".lua" behind it */
	FIRST_LAB,    /* "lab", perhaps with a folder behind it */
	FIRST_SCRIPT, /* a script by name */
	FIRST_NAME,   /* alone: an account, which init.lua knows, or a miss */
	FIRST_HOST,   /* with a port behind it; or an account, and that is one
			 word too many */
};

enum todo_kind { TODO_LINE, TODO_FILE, TODO_CHUNK };

/* -c, -f and -e, in their order. */
struct todo {
	enum todo_kind kind;
	char *text;
};

/* An argument that had a secret in it, in the vault. */
struct kept_word {
	char *text;
	size_t size;
};

struct cmdline {
	struct todo *todo; /* first: no option's place is 0 */
	struct options opt;
	size_t todos;
	enum first_word first;
	/* The first word and what belongs to it: a URL; a host and a port; lab
	 * and a folder; a script and its arguments.  NULL-terminated. */
	char **words;
	struct kept_word *kept;
	size_t kepts;
	bool help, version;
	char *proxy;		/* what opt.proxy points to */
	const char *completion; /* print it for this shell, and no more */
};

/* What completion can offer for the argument of an option. */
enum option_kind {
	KIND_NONE, /* nothing that could be known */
	KIND_FILE,
	KIND_WORDS, /* row->word and row->words */
};

/* What an option sets: what its function does, a bool, or a string. */
enum option_sets { SETS_BY_FUNCTION, SETS_FLAG, SETS_STRING };

/* An option of the command line: all that is said of it anywhere. */
struct option_row {
	const char *name; /* long name, or NULL */
	char letter;	  /* or 0 */
	bool optional;	  /* the argument is */
	enum option_kind kind;
	const char *arg; /* what the argument is called, or NULL: none */
	/* For KIND_WORDS, with spaces between them; in front of these stand
	 * the words that a function gives by number, NULL behind the last. */
	const char *words;
	const char *(*word)(size_t i);
	const char *help;
	enum option_sets sets;
	size_t place; /* in struct cmdline, of the flag or string */
	/* 0, or -1 when it has been said what is wrong. */
	int (*set)(struct cmdline *cl, char *arg);
};
/* In the order of the usage; neither name nor letter ends it. */
extern const struct option_row option_rows[];

/*
 * Fills *out, whose strings live as long as argv.  -1 when a line about what
 * is wrong has been printed.  Secrets in argv are moved to the vault, and
 * overwritten there, so that a process list does not show them for long.
 * Whoever has used such a word for the last time scrubs it (secret.h).
 */
int options_parse(int argc, char **argv, struct cmdline *out);
/* Tells that a word is nothing we know, and what is near. */
void options_missed(lua_State *L, const char *word);
/* Frees what *cl holds, whatever options_parse returned. */
void options_free(struct cmdline *cl);
/* usage.c */
void options_usage(FILE *f);
void options_version(FILE *f);

/* completion.c: the completion of a shell ("bash", "zsh", "fish") for
 * postel, or, with "words", what the first word may be, one a line; false if
 * there is no such. */
bool completion_put(FILE *f, const char *what);

#endif
