/*
 * pager: a reply longer than the screen goes to a program that shows it page by
 * page, if the user wants that (":set pager on").
 *
 * Lines are held back until they do not fit the screen any more: then the
 * program gets them, and all that follow.  If the reply ends before, or nothing
 * more comes for a moment, they are shown as they would have been.
 */
#ifndef SHELL_PAGER_H
#define SHELL_PAGER_H

#include "shell/screen.h"
#include "shell/shell.h"

struct pager;

/* For a reply that is about to come; NULL if it is not to be paged. */
struct pager *pager_new(struct shell *sh);
/* Takes a line; it is filtered and painted. */
void pager_line(struct pager *p, struct str line, enum paint paint);
/* Whether more may be given: false while the program reads nothing, and then
 * the loop turns when it does. */
bool pager_ready(struct pager *p);
/* Whether the program has the terminal. */
bool pager_runs(const struct pager *p);
/* The reply is over, or left: shows what was held, or waits for the program to
 * end.  Frees p, which may be NULL. */
void pager_end(struct pager *p);

#endif
