/*
 * text: what the program says to people, in their language.
 *
 * The sources say everything in English.  A catalogue that msgfmt(1) made of
 * po/LANGUAGE.po has the rest.  It is read here and not by gettext(3), which
 * gives nothing in a locale that the system has not got, nor in C.UTF-8.
 *
 * What prints text of our own (screen_note, err_set and their kin) translates
 * its format itself, so callers write plain English.  Tables mark their texts
 * with N_(), and whoever shows them calls text_of.  Nothing of a server, a
 * file or a protocol comes here.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* Marks a text of a table for xgettext(1). */
#define N_(text) text

/*
 * Turns translation on; before, and in programs that do not call it, every
 * text stays as it is.  The catalogue is looked for when the first text is
 * needed, and only if the environment asks for a language: LANGUAGE (a list
 * with colons), else LC_ALL, LC_MESSAGES, LANG.  Where the locale is C or
 * POSIX, or its charset is not UTF-8, there is no translation.
 *
 * $POSTEL_LOCALEDIR, else "locale" beside the program, else
 * "../share/locale" as seen from it, is where catalogues are.
 */
void text_init(void);

/* The translation of a text, which stays good; else the text itself. */
const char *text_of(const char *text) __attribute__((format_arg(1)));
/* The same of a text that tells a number. */
const char *text_plural(const char *one, const char *many, unsigned long n)
    __attribute__((format_arg(1), format_arg(2)));

#endif
