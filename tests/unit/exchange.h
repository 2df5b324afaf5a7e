/* exchange: the client side of a SASL exchange, for tests. */
#ifndef TESTS_UNIT_EXCHANGE_H
#define TESTS_UNIT_EXCHANGE_H

#include "proto/sasl.h"

/* tim, whose password is that of RFC 2195, at an IMAP server. */
struct sasl_login exchange_login(const char *mech);
struct sasl *exchange_begin(const struct sasl_login *login);
/* A step that must give `want` and `answer`. */
void exchange_step(struct sasl *s, struct str challenge, enum sasl_step want,
    struct str answer);

#endif
