/*
 * screen: all that the shell writes.
 *
 * Data goes to standard output; notes and errors go to standard error, and so
 * does everything that is no data when there is no person at a terminal.
 * While a prompt stands on the terminal it is taken away before anything is
 * written and put back by screen_sync, with what was typed so far.
 *
 * screen_text, screen_note and screen_error translate their formats (text.h).
 */
#ifndef SHELL_SCREEN_H
#define SHELL_SCREEN_H

#include "base/buf.h"
#include "base/err.h"

#include <stdio.h>

enum paint { PAINT_NONE, PAINT_OK, PAINT_TEMP, PAINT_NO, PAINT_BAD, PAINT_DIM };

void screen_init(bool interactive, bool quiet);
/* Who takes the prompt away and puts it back; NULL: nobody. */
void screen_prompt(void (*hide)(void), void (*restore)(void));

/* Whether standard output is a terminal: then bytes must be filtered. */
bool screen_tty(void);
bool screen_colour(void);
/* By default a terminal that can paint is painted, unless NO_COLOR says
 * otherwise; ON overrules that, but nothing else than a terminal is painted. */
enum colour { COLOUR_AUTO, COLOUR_ON, COLOUR_OFF };
void screen_choose_colour(enum colour choice);
enum colour screen_colour_choice(void);
/* From now on notes are not shown, or shown again. */
void screen_be_quiet(bool quiet);
/* Columns of the terminal, 80 if there is none. */
int screen_width(void);
/* Lines of the terminal; 0 if there is none, or it is dumb. */
size_t screen_rows(void);

/* Bytes to standard output, as they are. */
void screen_bytes(struct str s);
/* A line to standard output: filtered and painted on a terminal. */
void screen_line(struct str line, enum paint paint);
/* Appends to b what screen_line writes. */
void screen_put(struct buf *b, struct str line, enum paint paint);
/* A line of text of our own to standard output: help, lists. */
void screen_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A server's line that is no data: to the person, or to standard error. */
void screen_aside(struct str line, enum paint paint);
/* Something for a person to know; not shown if quiet. */
void screen_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "postel: …" on standard error; control bytes made visible. */
void screen_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same of an error's hint, if it has one; for behind its message. */
void screen_hint(const struct err *e);
/* A stream whose lines go to standard error, the prompt respected. */
FILE *screen_stream(void);

/* Writes all out and puts the prompt back. */
void screen_sync(void);
/* Overwrites what standard output has in its buffer, which is written. */
void screen_forget(void);
/* 0, or -1 if standard output cannot be written (once: then it is reported
 * as 0 again). */
int screen_check(struct err *e);

#endif
