/*
 * library: shared libraries that are opened on first use.
 *
 * To link a large one takes longer than all else that postel does when it
 * starts, and most runs need none of it.  A header names the functions that are
 * called in a list F(NAME), from which come a structure of pointers and the
 * rows for library_open.
 */
#ifndef NET_LIBRARY_H
#define NET_LIBRARY_H

#include "base/err.h"

#include <stddef.h>

struct library_row {
	const char *name;
	size_t at; /* of its pointer in the structure */
};

/* The member of the structure for one of them. */
#define LIBRARY_MEMBER(name) __typeof__(name) *(name);

/*
 * Opens the file and fills the n pointers of *functions.  Not closed any more,
 * so it is called once.  -1 with an error of that kind, and nothing open, if
 * it is not there or has not got all of them.
 */
int library_open(const char *file, const struct library_row *rows, size_t n,
    void *functions, enum err_kind kind, struct err *e);

#endif
