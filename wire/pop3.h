/*
 * pop3: the grammar of POP3 status lines and listings (RFC 1939 3 and 5,
 * response codes RFC 2449 8, RFC 3206).  No I/O, no allocation.
 */
#ifndef WIRE_POP3_H
#define WIRE_POP3_H

#include "base/str.h"

enum pop3_status { POP3_OK, POP3_ERR, POP3_CONTINUE };

struct pop3_line {
	enum pop3_status status; /* +OK, -ERR; "+ " of AUTH (RFC 5034) */
	struct str code;	 /* "IN-USE", "SYS/TEMP" …, or empty */
	struct str text;	 /* what follows */
};

/* False if line is no status line.  "+OK" and "-ERR" in any case. */
bool pop3_line(struct str line, struct pop3_line *out);

/*
 * The time stamp of a greeting ("+OK ready <1896.697170952@host>") that
 * APOP signs, angle brackets included.  Empty if there is none, or if it is
 * no RFC 5322 msg-id in printable ASCII: signing what a hostile server chose
 * freely gives the password away (CVE-2007-1558).
 */
struct str pop3_timestamp(struct str text);

/* Numbers fit 63 bits, so that nobody's sums become negative. */

/* "1 120" of STAT and LIST; both numbers must be there, n >= 1 unless
 * zero_ok.  What follows a space behind them is allowed and ignored. */
bool pop3_numbers(struct str s, bool zero_ok, uint64_t *n, uint64_t *size);
/* "1 whqtswO00WBw418f9t5JxYwZ" of UIDL; 1 to 70 printable octets (RFC 1939 7).
 */
bool pop3_uid(struct str s, uint64_t *n, struct str *uid);

#endif
