/*
 * engine: what conn.h promises, from the inside.  For proto/ alone.
 *
 * A command is a job: a small program of segments to send, and the reply that
 * grows.  A job stands in its connection's queue, in the order of sending,
 * until it is over.  The queue owns it together with those who hold a
 * reference (cmd_ref); these references, and none of the queue's, keep the
 * connection alive.
 */
#ifndef PROTO_ENGINE_H
#define PROTO_ENGINE_H

#include "base/limits.h"
#include "base/mem.h"
#include "net/deflate.h"
#include "net/dial.h"
#include "net/proxy.h"
#include "proto/proto.h"
#include "proto/sasl.h"
#include "wire/framer.h"
#include "wire/lex.h"

enum seg_kind {
	SEG_BYTES,  /* to be sent */
	SEG_SECRET, /* to be sent, not to be traced */
	SEG_WAIT,   /* for a continuation */
	SEG_BODY,   /* a message */
};

struct seg {
	struct seg *next;
	enum seg_kind kind;
	struct str s; /* in the job's arena */
	struct body *body;
	enum frame frame;
	bool sized; /* exactly `size` octets must go out */
	uint64_t size;
};

/* A body of a reply; see body_reply. */
struct inbody {
	struct job *job;
	bool begun, ended;
	bool claimed; /* a sending connection will pull it */
	bool pulled;  /* someone pulls it by hand */
	bool discard; /* nobody can read it any more */
	bool has_size;
	uint64_t size;
	/* Octets from position base on are kept: `kept` of them, at `at` in
	 * the job's spool.  Those before base went to a reader directly. */
	uint64_t base, at, kept;
	unsigned readers;
	struct body *waiting; /* the reader to wake, not held */
};

struct job {
	struct cmd cmd;
	unsigned refs; /* of cmd_ref alone */
	bool queued;   /* the connection's queue owns it, too */
	bool flying;   /* it is sent, and counted in the connection */
	bool bars;     /* so nothing may be sent behind it */
	struct job *next;
	struct arena arena;
	struct buf line;    /* cmd.line while it is being built */
	uint32_t flags;	    /* of the verb, or what stands in for it */
	bool typed;	    /* takes all untagged responses */
	bool raw;	    /* conn_raw */
	bool ahead;	    /* conn_send_ahead */
	bool may_ask;	    /* a continuation is due at its end */
	bool told_all;	    /* … of a login that has said all it has to say */
	bool owes;	    /* more is due at its end, unasked: {n+} */
	bool keep;	    /* its bodies are kept even while they are pulled */
	bool replied;	    /* the final reply came while a body went out */
	bool needless;	    /* not sent if proto->needless says so */
	struct str word;    /* conn_send: the verb as the caller wrote it */
	struct str subject; /* user of a login, mailbox of a SELECT */
	unsigned due;	    /* LMTP: replies still to come */
	struct seg *segs, **segs_tail;
	struct framer framer;
	bool framing;
	uint64_t framed; /* octets of a sized body that went out */
	struct item **items_tail;
	size_t lines;
	struct inbody **inbodies; /* by ordinal; NULL: nobody asked yet */
	size_t n_inbodies;
	struct spool *spool;
	struct sasl *sasl;
	bool told;
	struct sasl_said **said_tail;
	unsigned challenges;
	struct err sasl_err;
};

/* The proxy that a connection goes through. */
struct via {
	struct arena arena; /* of the rest, with its password; until it is up */
	struct proxy proxy;
	char *name; /* its URL without password; NULL: there is none */
};

struct conn {
	unsigned refs;
	struct loop *loop;
	struct conn_config cfg; /* owned strings */
	const struct proto *proto;
	char welcome[512];
	enum conn_phase phase;
	struct err err;
	struct dial *dial;
	struct proxy_dial *proxy_dial;
	struct via via;
	struct stream *stream;
	bool handshaking; /* TLS, or tunnelling */
	bool tunnelling;  /* the proxy is not through to the server yet */
	int64_t began;	  /* the part of connecting that is under way, us */
	struct conn_times times;
	int64_t round_trip; /* see conn_round_trip */
	struct watch in, out;
	struct timer timer, kick;
	int64_t progress; /* when something worth it moved last */
	size_t trickle;	  /* octets received since */
	struct trace *trace;

	struct buf rx, tx;
	size_t chunk; /* octets that the next read asks for; 0: few */
	bool heard;   /* nothing was sent since something was read */
	struct lexer lex;
	/* The body being received; NULL also for one that belongs to no command
	 * (the lexer's mode tells). */
	struct inbody *body;
	struct str live; /* of it, not yet taken; in rx */
	int64_t paused;	 /* since when it waits to be taken */
	bool parsing, filling, refill;

	struct job *head, *tail; /* not over, in the order of sending */
	struct job *sending;	 /* the last of those that were sent */
	struct job *unsent;	 /* the first of those that were not */
	size_t queued;
	size_t flying, bars, breaks; /* those sent; of them, those that bar
				      * others, and break sequence numbers */
	bool fill_wanted, flush_wanted;
	unsigned last_tag;

	struct buf caps;
	bool caps_known;
	unsigned state;
	char *user;
	struct str last_words; /* of a BYE or 421; in words */
	struct arena words;
	struct event *events, **events_tail;
	size_t n_events;

	struct {
		char stamp[256];
		bool counted;
		uint64_t count, deleted;
		char *name; /* of USER, until PASS */
	} pop3;
	struct {
		unsigned rcpts; /* accepted ones of this transaction */
		bool unclear;	/* a chunk was refused */
		bool more;	/* in the middle of a reply */
	} smtp;
	struct {
		struct arena arena; /* of the response being parsed */
		struct imap_parser parser;
		struct job *whose;
		bool begun; /* in the middle of a response */
		char *mailbox;
		bool read_only, utf8;
		uint64_t exists, recent, uidvalidity, uidnext;
	} imap;
};

static inline struct job *
job_of(struct cmd *cmd)
{
	return CONTAINER_OF(cmd, struct job, cmd);
}

/* ---- engine.c: the life of the stream ---- */

/* Takes a connected stream into use; with c->via.name, it is a proxy's. */
void engine_start(struct conn *c, struct stream *s);
/* Something may be sendable now: the next loop turn sees to it. */
void engine_wants_fill(struct conn *c);
/* A part of connecting is over: *us gets how long it took. */
void engine_lap(struct conn *c, int64_t *us);
/* Sets poll events and the timer as the state asks. */
void engine_events(struct conn *c);
/* Ends the connection with e, which may be of kind NONE (a quiet end). */
void engine_fail(struct conn *c, const struct err *e);

/* ---- receive.c ---- */

/* Reads what there is, as far as the limits go, and parses it. */
void engine_receive(struct conn *c);
/* Parses what has been received, as far as no reader holds it up. */
void engine_parse(struct conn *c);
/* n octets of c->live have been used. */
void engine_took(struct conn *c, size_t n);
/* Whether a reader or a full buffer holds up the receiving. */
bool engine_paused(const struct conn *c);
/*
 * j's final reply has come.  What a WAIT holds back is not sent any more; a
 * body on its way goes out to its end, since the server counts on it, and
 * then this is called again.
 */
void engine_replied(struct conn *c, struct job *j);
/* All that comes from now on is a body of j; and not any more. */
void engine_raw(struct conn *c, struct job *j);
void engine_raw_end(struct conn *c, struct job *j);
/* The verdict on a line that breaks the protocol: "what: line". */
enum verdict engine_bad(struct conn *c, const char *what, struct str line);

/* ---- transmit.c ---- */

/* Writes what may be sent, as far as the peer takes it. */
void engine_send(struct conn *c);

/* ---- cmd.c: jobs ---- */

/* A job with one reference, not queued.  verb may be NULL. */
struct job *job_new(struct conn *c, const struct verb *verb);
/* Appends a segment; the bytes are copied.  -1 with ERR_LIMIT. */
int job_bytes(struct job *j, struct str s, struct err *e);
int job_secret(struct job *j, struct str s, struct err *e);
int job_wait(struct job *j, struct err *e);
/* body gets a reference and is claimed. */
int job_body(struct job *j, struct body *body, enum frame frame,
    const uint64_t *size, struct err *e);
/* Drops all that is still to be sent. */
void job_drop_segs(struct job *j);
/* Puts j into its connection's queue. */
int job_queue(struct job *j, struct err *e);
/* j, the first unsent one, counts as sent from now on. */
void job_starts(struct job *j);
/* Takes j, which has been DONE or FAILED, out of the queue. */
void job_over(struct job *j);
/* Appends a line to the reply; NULL beyond the limits. */
struct item *job_item(struct job *j, struct str line);
/* The n-th body, made if need be. */
struct inbody *job_inbody(struct job *j, size_t n);
/* The arena's copies for reply fields; an empty slice when it is full. */
struct str job_dup(struct job *j, struct str s);
/*
 * Size and frame with which b can be announced before it is sent (a literal,
 * BDAT).  -1 with ERR_USE if its size is not known.
 */
int sized_body(
    struct body *b, uint64_t *size, enum frame *frame, struct err *e);
/* The generic typed line: bytes, secret words masked. */
int job_typed_line(struct job *j, struct str line, struct err *e);

/* ---- via.c ---- */

/* Finds c->via by the configuration and the environment; -1 with ERR_USE if
 * what stands there is no URL of a proxy. */
int via_find(struct conn *c, struct err *e);
/* Wipes all of it but the name. */
void via_forget(struct conn *c);

/* ---- conn.c ---- */

/* What stands in the queue for the greeting. */
extern const struct verb conn_greeting;

/* ---- known.c ---- */

/* Whether host is this machine. */
bool conn_is_loopback(const char *host);
void conn_forget(struct conn *c); /* all that was learned (TLS) */
void conn_caps_clear(struct conn *c);
void conn_caps_add(struct conn *c, struct str name, struct str params);
/* *at, which is freed before, becomes a C string of name. */
void conn_set_name(char **at, struct str name);
void conn_set_words(struct conn *c, struct str words);
/* Queues an event; the oldest give way when there are too many. */
void conn_add_event(
    struct conn *c, struct str name, const uint64_t *num, struct str line);
void conn_drop_events(struct conn *c);

/* ---- body.c ---- */

/* Calls whoever waits for `in`, since something has happened to it. */
void inbody_wake(struct inbody *in);
/* Whether bytes of `in` are to wait for its reader. */
bool inbody_held(const struct inbody *in);
/* Keeps bytes of `in` for a later reader. */
int inbody_keep(struct inbody *in, struct str s, struct err *e);
void body_unclaim(struct body *b);

/* ---- auth.c ---- */

/* The server's challenge in a SASL exchange that the program leads. */
int auth_challenge(struct job *j, struct str challenge, struct err *e);

#endif
