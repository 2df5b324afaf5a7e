/*
 * date: the dates of message headers (RFC 5322 3.3, 4.3) and of IMAP (RFC
 * 9051 9: date, date-time).  No I/O; locale and TZ play no part.
 */
#ifndef WIRE_DATE_H
#define WIRE_DATE_H

#include "base/buf.h"

struct date {
	int64_t time; /* seconds since 1970-01-01 00:00 UTC */
	int zone;     /* minutes east of UTC: what the writer's clock showed */
};

/*
 * A Date field's value, comments and obsolete forms (two-digit years, zones in
 * letters) included.  A zone that is missing or unknown is UTC (RFC 5322 4.3);
 * what stands behind it plays no part.  False if it is no date.
 */
bool date_rfc5322(struct str s, struct date *out);
/* "1-Feb-1994" or "01-Feb-1994", as SEARCH has it: days since 1970-01-01. */
bool date_imap_day(struct str s, int64_t *day);
/* " 1-Feb-1994 12:30:00 +0100", as APPEND and INTERNALDATE have it. */
bool date_imap(struct str s, struct date *out);

/* The day that the writer's clock showed, since 1970-01-01. */
int64_t date_day(struct date d);

/* Append in those forms, days in two digits; -1 if b is full.  Times outside
 * of the years 0 to 9999 become the first or last second of these. */
int date_put_rfc5322(struct buf *b, struct date d);
int date_put_imap(struct buf *b, struct date d);

#endif
