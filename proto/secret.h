/*
 * secret: where in a typed line a password begins.
 */
#ifndef PROTO_SECRET_H
#define PROTO_SECRET_H

#include "proto/verb.h"

/* How much of args, all of a line behind the verb v, comes before its first
 * secret word; args.n if it has none. */
size_t secret_in_args(const struct verb *v, struct str args);

/*
 * How much of a line comes before its first secret, by the verbs of any
 * protocol, since it may have been typed to the wrong server; it may begin with
 * a tag.  guess: also behind a word that is no verb and most like one with a
 * secret, as in "PAS xyzzy".
 */
size_t secret_in_line(struct str line, bool guess);

#endif
