/*
 * limits: every bound that postel sets to what a peer can make it do.
 *
 * Each stands here with its reason, once.  Sizes are octets, times are
 * milliseconds.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct limits {
	/*
	 * One line of a reply.  RFC 5321 4.5.3.1.5 and RFC 1939 3 allow 512;
	 * IMAP has no bound, and a SEARCH answer for a million mails takes
	 * 7 MiB.
	 */
	size_t line, imap_line;
	/* A literal that is no message body (a mailbox name, an ENVELOPE
	 * string); beyond it a server is hostile. */
	size_t literal_inline;
	/* Parentheses within parentheses in IMAP; real mail stays below 30,
	 * and servers stop at 100 parts within parts. */
	unsigned nesting;
	/* What one command may keep: lines, trees, arguments. */
	size_t reply;
	/* Replies that one command or continuation lines one reply may have. */
	size_t lines;
	/* Unasked replies that nobody has looked at yet. */
	size_t events;
	/* Challenges of one SASL exchange; SCRAM needs two. */
	unsigned challenges;
	/*
	 * Iterations of SCRAM's PBKDF2.  Servers have 4096 to 600,000; a
	 * million takes OpenSSL 0.3 to 1.1 s here, by the digest, in which
	 * nothing else happens.  Fewer than 4096 make a password easy to guess
	 * for who has seen the exchange (RFC 7677 4, RFC 5802 5.1).
	 */
	unsigned iterations, iterations_least;
	/* Bytes read ahead, and bytes written but not yet taken by the peer. */
	size_t receive, send_high_water;
	/* What a body keeps in memory before it goes to a temporary file. */
	size_t spool_memory;
	/* Commands that may be queued on one connection. */
	size_t queue;
	/* Octets of body that one inflate call may make of its input at once;
	 * the rest waits, so a bomb costs time and not memory. */
	size_t inflate_step;
	/* All that a proxy says until the way is free.  A header section of
	 * HTTP takes some hundred octets; servers allow 8 KiB of one. */
	size_t proxy_reply;
	/* Deadlines: for the whole connect and handshake, and for each reply
	 * (RFC 5321 4.5.3.2 wants minutes, since a DATA may be scanned). */
	int64_t connect_ms, reply_ms;
	/* A line, or so many octets of one or of a body, must come within each
	 * reply_ms: an octet now and then keeps nobody waiting for ever. */
	size_t least;
	/* RFC 8305 5: how long one address may try before the next starts. */
	int64_t attempt_ms;
};

/* The limits that hold; tests may lower them. */
extern struct limits limits;

#endif
