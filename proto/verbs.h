/*
 * verbs: the tables of the protocols' verbs.  Each ends with a NULL name.
 */
#ifndef PROTO_VERBS_H
#define PROTO_VERBS_H

#include "proto/verb.h"

/* How a row of these tables says its argument counts and its sig. */
#define ARGS(min, max, letters)                                                \
	.argmin = (min), .argmax = (max), .sig = (letters)

extern const struct verb pop3_verbs[], smtp_verbs[], lmtp_verbs[], imap_verbs[];

#endif
