/*
 * url_inner: what the files of url share.  For wire/url*.c alone.
 */
#ifndef WIRE_URL_INNER_H
#define WIRE_URL_INNER_H

#include "wire/url.h"

/* What stands behind the name of a scheme, by enum url_transport. */
extern const struct str url_transport_marks[];
/* Whether a scheme of servers, or mx, has that name. */
bool url_is_scheme(struct str name);
/* The port of a scheme of a server; 0 if it is none. */
uint16_t url_port_of(struct str scheme);

/* s without its percent escapes; `what` names it in errors. */
int url_unescape(struct arena *a, struct str s, const char *what,
    struct str *out, struct err *e);
/* What stands behind the ?, into u. */
int url_parse_query(
    struct str s, struct arena *a, struct url *u, struct err *e);

#endif
