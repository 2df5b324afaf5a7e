/*
 * folder: a folder of a test's own, and small files in it.  All assert that
 * they worked.
 */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include "base/buf.h"

/* A new folder's path; good until folder_remove. */
const char *folder_make(void);
/* Removes it with all that is in it. */
void folder_remove(void);
/* Its path with a name behind it: a string that the next but three calls
 * overwrites. */
const char *folder_path(const char *name);

void folder_put(const char *name, struct str content);
/* Appends the file's content to *out. */
void folder_get(const char *name, struct buf *out);
bool folder_has(const char *name);
/* How many files a folder in it holds, those with a dot in front left out. */
size_t folder_count(const char *name);

#endif
