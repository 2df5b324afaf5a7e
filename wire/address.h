/*
 * address: the address lists of From, To, Cc and their kin (RFC 5322 3.4,
 * obsolete forms of 4.4 included).  No I/O.
 *
 * The parser takes whatever real mail has.  Where something is no address, it
 * makes the best of it, and goes on if a comma follows; what follows else is
 * lost.  This is Dovecot's reading, case by case: IMAP shows it to the world.
 */
#ifndef WIRE_ADDRESS_H
#define WIRE_ADDRESS_H

#include "base/arena.h"
#include "wire/scan.h"

/* So many addresses of one list are read, group ends and all. */
enum { ADDRESS_MAX = 100000 };

enum address_kind {
	ADDRESS_MAILBOX,
	ADDRESS_GROUP,	   /* "name:" begins; only name is set */
	ADDRESS_GROUP_END, /* ";" */
};

/* Strings are unquoted, unfolded, without comments; encoded words stay as
 * they are.  p is NULL where there is none of it. */
struct address {
	struct address *next;
	enum address_kind kind;
	bool broken;	   /* what stands between < and > is no address */
	bool broken_route; /* nor is the route in front of it one */
	struct str name;   /* the display name; a comment behind an address
			    * that has none serves as one */
	struct str route;  /* "@a,@b" (RFC 5322 4.4) */
	struct str local;  /* left of the @ */
	struct str domain; /* right of it, an address literal included */
};

/*
 * The list in value, raw as it stands in a header; NULL for an empty one.  It
 * lives in a.  -1 if a is full.
 */
int address_parse(struct arena *a, struct str value, struct address **out);

/* The same one by one, in memory of the size of value: address_begin, then
 * address_next until it is false, then address_done. */
struct address_reader {
	/* private */
	struct scanner s;
	struct buf text, comment;
	size_t left;
	int state;
};

/* value must stay until address_done. */
void address_begin(struct address_reader *r, struct str value);
/* The strings in *out are good until the next call. */
bool address_next(struct address_reader *r, struct address *out);
void address_done(struct address_reader *r);

#endif
