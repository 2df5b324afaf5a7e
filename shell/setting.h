/*
 * setting: what :set and postel.set change, in one table.
 *
 * A setting has one text for its value, which is what is typed and what is
 * shown.  A row that is a flag names its field, any other has two functions.
 */
#ifndef SHELL_SETTING_H
#define SHELL_SETTING_H

#include "shell/shell.h"

struct setting {
	const char *name;
	const char *also;   /* another spelling, or NULL */
	const char *values; /* "on | off", "SECONDS | default" */
	const char *preset; /* what it is unless somebody says */
	const char *help;   /* one sentence */
	/* A flag: which struct it is in, and where there. */
	enum { SETTING_TEXT, SETTING_OPTION, SETTING_SHELL } kind;
	size_t at;
	/* Any other: appends its value; takes one, or -1 with err. */
	void (*get)(const struct shell *sh, struct buf *out);
	int (*set)(struct shell *sh, const char *value, struct err *e);
	/* Of a flag: does what it takes, once it has changed; or NULL. */
	void (*changed)(struct shell *sh);
};

/* By name; a NULL name at the end. */
extern const struct setting settings[];

/* Remembers what the command line has said: init.lua does not change that. */
void setting_begin(struct shell *sh);
/* Frees what values are kept in. */
void setting_end(void);

/* By name or by a beginning that fits only one; NULL with err, which names
 * what is near. */
const struct setting *setting_find(struct str name, struct err *e);
/* Appends the value. */
void setting_get(
    const struct shell *sh, const struct setting *s, struct buf *out);
/* -1 with ERR_USE if it cannot be that. */
int setting_set(struct shell *sh, const struct setting *s, const char *value,
    struct err *e);
/* For postel.set: by the whole name, and what the command line has said stays
 * while init.lua runs. */
int setting_tell(
    struct shell *sh, const char *name, const char *value, struct err *e);

#endif
