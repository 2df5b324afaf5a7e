/*
 * offer: what the word at the cursor can be completed to.
 *
 * offers_find looks at the line up to the cursor and at what is known: the
 * tables of verbs, commands and topics, the connection, its memory, the
 * history.  It asks no server and runs no code of the user.  complete.c gives
 * the result to readline.
 *
 * All text is fit for a terminal: what has control characters, or others that
 * vis.h would change, is not offered.
 */
#ifndef SHELL_OFFER_H
#define SHELL_OFFER_H

#include "shell/shell.h"

/* So many are offered; of more, nothing is put into the line by itself. */
enum { OFFERS_MAX = 500, OFFERS_MESSAGES = 50 };

struct offer {
	char *text; /* what takes the place of the word */
	char *hint; /* behind it in the list, or NULL */
};

struct offers {
	/* The question. */
	struct shell *sh;
	const struct conn *conn; /* the current one, if open; or NULL */
	struct str line;	 /* up to the cursor */
	/* The answer. */
	size_t at; /* where the word begins that is completed */
	struct offer *v;
	size_t n;
	size_t more;  /* those beyond the most that are offered */
	bool space;   /* a space may follow what is put in */
	bool hinted;  /* some have a hint */
	bool ordered; /* they stand in their order; else sorted at the end */
	bool foreign; /* readline is to complete the name of a file */
};

/* Fills o for the line up to the cursor; offers_done must follow. */
void offers_find(struct offers *o, struct shell *sh, struct str line);
void offers_done(struct offers *o);

/* ---- for those who offer ---- */

/* The word so far. */
static inline struct str
offers_word(const struct offers *o)
{
	return str_skip(o->line, o->at);
}

/* A word of the protocol, in capitals or small letters as the word so far. */
void offer_word(struct offers *o, struct str word, const char *hint);
/* A name, as it is written. */
void offer_name(struct offers *o, struct str name, const char *hint);
/* A name whose beginning has been looked at: it may be written otherwise than
 * the word so far, quoted. */
void offer_exact(struct offers *o, struct str name);
/*
 * The words of a list such as "UID MODSEQ?CONDSTORE RETURN(": behind ? the
 * capability that must be announced if any are; _ stands for a space.
 */
void offer_words(struct offers *o, const char *words);
/* Whether the server offers cap, as far as is known. */
bool offer_has(const struct conn *c, struct str cap);

/* The mechanisms of SASL that are offered. */
void offer_mechanisms(struct offers *o);
/* What stood behind one of the verbs in lines of the history: names of users;
 * addresses between < and >. */
void offer_used(struct offers *o, const char *verbs);
void offer_addresses(struct offers *o, const char *tail);
/* Names of files; the word is one from its beginning on. */
void offer_files(struct offers *o);
/* Numbers of messages, or their unique ids, with subjects: the last number of
 * a set that is being typed. */
void offer_messages(struct offers *o, bool uids);

/*
 * What an argument of a verb can be.  args: what stands between the verb and
 * the cursor, from its first blank on.
 */
void offer_imap(struct offers *o, const struct verb *v, struct str args);
void offer_smtp(struct offers *o, const struct verb *v, struct str args);
void offer_pop3(struct offers *o, const struct verb *v, struct str args);
/* "=…": globals of Lua and what is in them. */
void offer_lua(struct offers *o);

#endif
