/*
 * history: what was typed, without its secrets, here and on disk.
 */
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#include "base/str.h"

/* Loads $XDG_STATE_HOME/postel/history into readline. */
void history_load(void);
/* Adds a line, cleaned, to readline and to the file, at once. */
void history_keep(struct str line);

#endif
