/*
 * sample: two users and mail of all kinds, for a class to begin with.
 */
#ifndef SERVER_SAMPLE_H
#define SERVER_SAMPLE_H

#include "base/err.h"

struct letter {
	const char *user; /* whose INBOX it is in */
	uint32_t flags;
	int64_t when; /* seconds */
	const char *text;
};
extern const struct letter letters[];
extern const size_t letters_n;

/*
 * Fills the folder root, if it holds no file of users, with asterix, obelix,
 * aliases and mail.  -1 if that cannot be written.
 */
int sample_fill(const char *root, struct err *e);

#endif
