/*
 * client: one connection to posteld, and the engine that all protocols share.
 *
 * The engine reads, cuts lines and bodies, hands them to the protocol (struct
 * service), and writes what that has put into tx.  One command is dealt with
 * after the other: while one still produces output (client_more) or the
 * client does not take what there is, no further line is looked at.  So
 * pipelining needs no care in the protocols, and memory is bounded.
 *
 * Handlers never block and never free the client; it goes when they have
 * returned.
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include "net/loop.h"
#include "net/stream.h"
#include "server/server.h"
#include "wire/lex.h"

struct service {
	const char *name; /* "pop3", as rules of faults have it */
	size_t line_max;  /* octets of a command line */
	int64_t idle_ms;  /* how long a client may say nothing */
	/* The connection is there: makes state, greets. */
	void (*open)(struct client *c);
	/* A line, without its end; bare_lf: that was no CRLF. */
	void (*line)(struct client *c, struct str line, bool bare_lf);
	/* Pieces of a body that was asked for, and its end. */
	void (*data)(struct client *c, struct str piece);
	void (*data_end)(struct client *c);
	/* The client says nothing, or too much in a line: a last word to it.
	 * late may be NULL: then there is none. */
	void (*late)(struct client *c);
	void (*too_long)(struct client *c);
	/* The connection is gone: frees state. */
	void (*close)(struct client *c);
};

struct client {
	struct server *server;
	const struct service *service;
	void *state; /* the service's */
	struct buf tx;
	bool tls;	/* what is said is encrypted */
	char peer[64];	/* its address, for people */
	char local[64]; /* ours that it came to */
	char via[16];	/* how a Received field names the protocol */
	/* private */
	struct client *next, **link; /* link: what points to us */
	struct stream *stream;
	struct watch watch;
	struct timer idle, again;
	struct lexer lex;
	struct buf rx;
	bool (*more)(struct client *c);
	unsigned failures;
	int64_t paused_until, slow_until;
	uint64_t drop_after; /* octets; UINT64_MAX: never */
	uint64_t rate;	     /* octets a second; 0: no limit */
	bool hungry;	     /* what lies in rx is not whole */
	bool eof;	     /* nothing more will come */
	bool bye;	     /* nothing more will be read */
	bool upgrade;	     /* TLS begins when tx is out */
	bool dead;	     /* to be freed when its handlers have returned */
};

/* When tx holds more than this, nobody should put more into it. */
enum { CLIENT_HIGH_WATER = 64 << 10 };

/* Takes the stream over and begins the conversation; with tls by a handshake,
 * for which the server has an identity. */
struct client *client_new(struct server *srv, const struct service *service,
    struct stream *stream, bool tls, const char *peer, const char *local);
/* Drops all of them. */
void client_drop_all(struct server *srv);

/* A line; CRLF is put behind it. */
void client_say(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void client_put(struct client *c, struct str octets);
/* How much may be put into tx before it is full. */
size_t client_room(const struct client *c);

/* `more` is called while there is room in tx, until it returns false; only
 * then the next line is looked at.  Between two calls others may have their
 * turn, so each does little. */
void client_more(struct client *c, bool (*more)(struct client *c));

/* What comes next is a body that ends with a dot, or has n octets. */
void client_dot(struct client *c);
void client_count(struct client *c, uint64_t n);

/* Nothing is read for so long. */
void client_pause(struct client *c, int64_t ms);
/* A login was refused: after the first one the client is made to wait, and
 * true says that it has had its chances. */
bool client_login_failed(struct client *c);
/* TLS begins behind what was said; what the client sent ahead of it in clear
 * ends the connection (RFC 3207 4.2). */
void client_starttls(struct client *c);
/* Ends the connection behind what was said. */
void client_bye(struct client *c);
/* Ends it at once. */
void client_drop(struct client *c);
/* What has come to tx outside of a handler is to go out. */
void client_wake(struct client *c);

#endif
