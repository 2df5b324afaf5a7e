/*
 * mime_header: what the fields of a part's header say (RFC 2045, RFC 2183, RFC
 * 2231).  A part of mime, apart from its parser.
 */
#ifndef WIRE_MIME_HEADER_H
#define WIRE_MIME_HEADER_H

#include "wire/mime.h"
#include "wire/scan.h"

/*
 * Fills in what p->raw says, or the defaults, and what kind of part that
 * makes.  p->parent must be set.  -1 if a is full.
 */
int mime_header(struct arena *a, struct mime_part *p);

/* The parameters from s on, "; a=b; c=d"; -1 if a is full. */
int mime_params(struct arena *a, struct scanner *s, struct mime_param **out);

#endif
