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

struct cmdline {
	struct options opt;
	struct todo *todo;
	size_t todos;
	enum first_word first;
	/* The first word and what belongs to it: a URL; a host and a port; lab
	 * and a folder; a script and its arguments.  NULL-terminated. */
	char **words;
	bool help, version;
};

/*
 * Fills *out, whose strings live as long as argv.  -1 when a line about what
 * is wrong has been printed.  Secrets in argv are copied, then overwritten,
 * so that a process list does not show them for long.
 */
int options_parse(int argc, char **argv, struct cmdline *out);
/* Tells that a word is nothing we know, and what is near. */
void options_missed(lua_State *L, const char *word);
/* Frees what *cl holds, whatever options_parse returned. */
void options_free(struct cmdline *cl);
void options_usage(FILE *f);
void options_version(FILE *f);

#endif
