/*
 * recorder: what the halves of record.h share: the file that is written, and
 * the variables in it that stand for connections (record.c); what is known of a
 * line until it has its reply (recorded.c).
 */
#ifndef SHELL_RECORDER_H
#define SHELL_RECORDER_H

#include "shell/record.h"

enum { NAME_MAX_ = 64 };

/* A connection's variable. */
struct variable {
	struct variable *next;
	char *session; /* the name that the shell has for it */
	char name[NAME_MAX_];
	char *user; /* of the last USER, or NULL */
};

struct recorder {
	FILE *f;
	char *path;
	struct variable *variables;
	bool has_put; /* the function put is there */
};

/* The variable of a session, by the name that the shell has for it, or NULL. */
struct variable *recorder_find(struct recorder *rec, const char *session);
/* What it is called; one that was closed before is opened by its name only. */
const char *recorder_name(struct recorder *rec, const struct session *s);
/* A string of its own, for free(3). */
char *recorder_copy(struct str s);

#endif
