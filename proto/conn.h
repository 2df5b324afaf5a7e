/*
 * conn: connections and commands, as the shell and Lua see them.
 *
 * A connection carries a queue of commands.  conn_send and conn_line queue
 * one and never block; loop turns do the rest; a command's state says how far
 * it is.  A refusal is a reply.  An error ends the connection and fails all
 * its commands with the same struct err.
 *
 * Connecting is a command, too: conn_open gives one whose reply is the
 * greeting.  STARTTLS and its kin are done when the handshake is.
 *
 * The engine calls nobody back: what comes unasked waits in the event queue.
 */
#ifndef PROTO_CONN_H
#define PROTO_CONN_H

#include "base/arena.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "net/tls_info.h"
#include "net/trace.h"
#include "proto/body.h"
#include "proto/verb.h"
#include "wire/imap.h"
#include "wire/url.h"

struct conn;
struct proto;

/* ---- connections ---- */

/*
 * The protocol of a name ("pop3", "smtp", "lmtp", "imap"), or NULL.
 */
const struct proto *proto_find(struct str name);
const char *proto_name(const struct proto *p);
const struct verb *proto_verbs(const struct proto *p);
/* The name of the n-th state bit, or NULL behind the last. */
const char *proto_state_name(const struct proto *p, unsigned n);
/* The verb of a SASL exchange: AUTH or AUTHENTICATE. */
const struct verb *proto_auth(const struct proto *p);
/* "QUIT" or "LOGOUT". */
const char *proto_bye(const struct proto *p);

struct conn_config {
	const char *protocol; /* or NULL: the greeting tells */
	enum url_transport transport;
	const char *host; /* URL_TCP; also what a certificate must name */
	uint16_t port;
	const char *path;	      /* URL_UNIX: socket; URL_PIPE: command */
	bool tls;		      /* from the first byte on */
	struct tls_config tls_config; /* also for STARTTLS */
	int64_t connect_ms, reply_ms; /* 0: as limits.h says */
	bool one_by_one; /* nothing is sent behind a command that waits for its
			  * reply: for servers that cannot do with it */
	struct addr dns; /* the name server to ask; len 0: as the
			    system does */
	/* How the host was found, for people, a line each ("SRV …: …"), or
	 * NULL; and how long that took, in microseconds, which is counted with
	 * the look-up. */
	const char *found;
	int64_t found_us;
	/* URL_TCP: the URL of a proxy, as url_parse_proxy takes it, or NULL:
	 * that of the environment (ALL_PROXY), unless the host is this machine
	 * or in NO_PROXY.  NULL again once it has been opened. */
	const char *proxy;
};

/* Strings of cfg are copied.  A connection with one reference, not open. */
struct conn *conn_new(struct loop *l, const struct conn_config *cfg);
struct conn *conn_ref(struct conn *c);
/* The last unref drops the connection. */
void conn_unref(struct conn *c);

/*
 * Begins to connect.  The command's reply is the greeting (IMAP BYE, POP3
 * -ERR, SMTP 4xx and 5xx are refusals).  The caller owns a reference to it.
 */
struct cmd *conn_open(struct conn *c);
/* The same over a stream that is there already (tests, a parked session). */
struct cmd *conn_adopt(struct conn *c, struct stream *s);

/* Hangs up at once, without a word; unfinished commands fail with CLOSED. */
void conn_drop(struct conn *c);

enum conn_phase {
	CONN_NEW,
	CONN_CONNECTING,
	CONN_OPEN, /* connected; the greeting may be due */
	CONN_CLOSED,
};
enum conn_phase conn_phase(const struct conn *c);
/* Why it was closed; kind NONE after QUIT, LOGOUT or conn_drop. */
const struct err *conn_error(const struct conn *c);

const struct proto *conn_proto(const struct conn *c); /* NULL: not known yet */
const struct conn_config *conn_config(const struct conn *c);
/* The state bit that the server last confirmed. */
unsigned conn_state(const struct conn *c);
const char *conn_state_name(const struct conn *c);
bool conn_is_tls(const struct conn *c);
/* What TLS agreed on and whose certificates came, in memory of a; NULL without
 * TLS. */
struct tls_info *conn_tls_info(const struct conn *c, struct arena *a);
/* Whether there is TLS, and the server's certificate is good for the name: see
 * tls_certifies. */
bool conn_certifies(const struct conn *c, const char *name);
/* The URL of the proxy that it goes through, without password; NULL if it goes
 * through none, or is not open yet. */
const char *conn_proxy(const struct conn *c);
/* No one can listen: TLS, unix socket, pipe, or a loopback address that no
 * proxy is on the way to. */
bool conn_is_private(const struct conn *c);
/* Who is logged in as far as a command told us; "" if nobody. */
const char *conn_user(const struct conn *c);
/* The line that ended the greeting, cut to 510 octets; "" before, and behind a
 * STARTTLS: it was said in clear. */
const char *conn_welcome(const struct conn *c);
/*
 * How long each part of connecting took, in microseconds; -1: it has not
 * been, or is not over.  lookup: of the host's and a proxy's names; connect: to
 * the proxy if there is one; proxy: until that was through to the server; tls:
 * of the last handshake, STARTTLS included; greeting: from what was before to
 * the greeting's end.
 */
struct conn_times {
	int64_t lookup, connect, proxy, tls, greeting;
};
struct conn_times conn_times(const struct conn *c);
/*
 * Microseconds of a round trip to the server, proxies included: the shortest
 * time so far from a command's last octet to the first line of its reply; -1:
 * no command has been answered.
 */
int64_t conn_round_trip(const struct conn *c);
/* Commands that wait for their reply. */
size_t conn_in_flight(const struct conn *c);
/* What the prompt says of the state: "INBOX[22]", "(1 rcpt)", "3/14 del". */
void conn_describe(const struct conn *c, struct buf *out);

/*
 * Capabilities as last announced: EHLO keywords, CAPA lines, CAPABILITY.
 * conn_capability gives the parameters of `name` (S("") if it has none; of
 * several AUTH=X in IMAP those are values "X Y" of "AUTH"), or p NULL if it
 * is not offered.  known: whether any list has been received since connect
 * or TLS.
 */
struct str conn_capability(const struct conn *c, const char *name);
bool conn_has(const struct conn *c, const char *name);
bool conn_capabilities_known(const struct conn *c);
/* All, one "NAME params" line each, in the server's order. */
struct str conn_capabilities(const struct conn *c);

/* The stamp that APOP signs, empty if the greeting has none that is good. */
struct str conn_apop_stamp(const struct conn *c);

/* IMAP: what SELECT said and later responses changed. */
struct conn_mailbox {
	const char *name; /* UTF-8, "" if none is selected */
	bool read_only;
	uint64_t exists, recent, uidvalidity, uidnext;
};
struct conn_mailbox conn_mailbox(const struct conn *c);
/* IMAP: names and strings go as UTF-8, by ENABLE; else names of mailboxes are
 * in modified UTF-7. */
bool conn_is_utf8(const struct conn *c);

/* t stays the caller's and must outlive the connection or be unset. */
void conn_set_trace(struct conn *c, struct trace *t);

/* ---- commands ---- */

enum cmd_state {
	CMD_QUEUED,
	CMD_SENDING, /* some of it is out; a continuation may be due */
	CMD_WAITING, /* all is out */
	CMD_ASKED,   /* the server asked for more: conn_answer */
	CMD_DONE,    /* the reply is complete */
	CMD_FAILED,  /* no reply will come: see cmd->err */
};

enum reply_class {
	REPLY_NONE, /* not yet */
	REPLY_OK,
	REPLY_NO,  /* -ERR, NO, 4xx, 5xx, BYE */
	REPLY_BAD, /* IMAP BAD */
};

struct reply {
	enum reply_class class;
	bool temporary;	     /* 4xx; UNAVAILABLE, INUSE, IN-USE, SYS/TEMP … */
	unsigned number;     /* SMTP: 250; else 0 */
	struct str status;   /* "250", "+OK", "NO": as the server wrote it */
	struct str enhanced; /* "5.1.1" or empty */
	struct str code;     /* "IN-USE", "APPENDUID 38505 3955", or empty */
	struct str text;     /* for people; the last line's for SMTP */
};

/*
 * A reply is its items in the order of arrival.  Every IMAP literal is a body,
 * small ones too, and stands behind the line that announced it.
 */
struct item {
	struct item *next;
	enum { ITEM_LINE, ITEM_BODY } kind;
	struct str line; /* LINE: without CRLF */
	size_t body;	 /* BODY: its ordinal, for body_reply */
	bool final;	 /* the line that completed the command */
};

struct sasl_said;

/* Fields are read-only outside of the engine and live as long as the cmd. */
struct cmd {
	struct conn *conn;	 /* held */
	const struct verb *verb; /* NULL: not in the table */
	enum cmd_state state;
	struct str line;      /* what was sent, tag included, secrets masked */
	struct str tag;	      /* IMAP */
	struct str challenge; /* CMD_ASKED: the server's text, not decoded */
	struct reply reply;
	struct item *items;
	size_t bodies;		/* that have begun so far */
	struct err err;		/* CMD_FAILED */
	struct sasl_said *said; /* conn_auth with told */
	/* When its last octet so far was sent, when the first line of its reply
	 * was there, and when it was over, as loop_now_us has it; 0: not yet.
	 */
	int64_t sent_at, first_at, over_at;
};

/*
 * IMAP: parses the next response of cmd's items, from *at on (start with
 * cmd->items), into a tree that lives in `a`.  1 with *msg, which is good
 * until the next call with `a`'s end; 0 when no whole response is there; -1
 * with err.  Of a literal that is a message (part) the tree has the ordinal
 * for body_reply in `stream`; the bytes of other literals are in the tree.
 * The trees are not kept: who needs one asks for it.
 */
int cmd_response(struct cmd *cmd, const struct item **at, struct arena *a,
    struct imap_msg *msg, struct err *e);
/* The same, and 2 for a FETCH response of which a body has begun, and nothing
 * behind it has come: *msg is what stands in front, and *at stays. */
int cmd_response_so_far(struct cmd *cmd, const struct item **at,
    struct arena *a, struct imap_msg *msg, struct err *e);

struct cmd *cmd_ref(struct cmd *cmd);
void cmd_unref(struct cmd *cmd); /* cmd may be NULL */
/* DONE or FAILED. */
bool cmd_over(const struct cmd *cmd);
/* Microseconds from its last octet to the end of its reply, without the
 * handshake of TLS that a STARTTLS began; -1: it is not over, or was not sent.
 */
int64_t cmd_elapsed(const struct cmd *cmd);

struct arg {
	enum { ARG_STR, ARG_BODY } kind;
	struct str s;
	struct body *body; /* the command takes a reference of its own */
};

/*
 * Queues verb with arguments, quoted as the verb's table entry says.  The
 * caller owns a reference to the result.  NULL with ERR_USE for an argument
 * that cannot be written (CR, LF, NUL), too few or too many; with ERR_LIMIT
 * when the queue is full; with what has ended it for a closed connection.  A
 * verb not in the table is sent with raw arguments.
 *
 * Bodies: DATA and BDAT take one as their last argument, APPEND as its last;
 * or several, with MULTIAPPEND.
 * DATA waits for 354 and sends it dot-stuffed; BDAT writes the size by
 * itself (arguments: body alone, and the chunk is the LAST).
 */
struct cmd *conn_send(struct conn *c, struct str verb, const struct arg *args,
    size_t n, struct err *e);

/*
 * The same for a command to which it is all one how those in flight end: it
 * goes out behind them though its verb, or theirs, says that it waits for them
 * (RFC 9051 5.5: SELECT behind LOGIN, UID SEARCH behind SELECT).  What the
 * server may still ask of one of those, it waits for, and for all of them where
 * there is no pipelining.
 */
struct cmd *conn_send_ahead(struct conn *c, struct str verb,
    const struct arg *args, size_t n, struct err *e);

/*
 * SMTP, LMTP: a RSET between two messages that are sent ahead, which goes out
 * only if the first one's transaction may be open still when its turn comes:
 * DATA was refused, or a BDAT is in flight or was refused (RFC 3030 2).  Else
 * it is over without having been sent.  0, or -1 as conn_send.
 */
int conn_reset(struct conn *c, struct err *e);

/*
 * Queues a line as typed, without its CRLF: no quoting.  IMAP: a tag is put
 * in front, unless the first word is no known verb and the second is one.
 * body, which may be NULL, goes behind it: after 354 for DATA; for BDAT the
 * size is added to the line; for IMAP a literal is added.  Typed commands
 * take all untagged responses that come while they are in flight.
 *
 * Without a body, an IMAP line that ends in "{n}" or a DATA comes to
 * CMD_ASKED when the server asks, one that ends in "{n+}" at once, and
 * conn_answer goes on.
 */
struct cmd *conn_line(
    struct conn *c, struct str line, struct body *body, struct err *e);

/*
 * The same for a POP3 verb that the table does not know, or knows otherwise: a
 * positive reply is taken to have a body.  ERR_USE on the other protocols,
 * whose replies tell by themselves where they end.
 */
struct cmd *conn_line_multi(struct conn *c, struct str line, struct err *e);

/*
 * Leaves the protocol, for those who want to break its rules: the command is
 * CMD_ASKED until conn_raw_end, conn_answer and conn_answer_body send bytes as
 * they are, and all that the server sends is one body of the reply.  What is
 * known of the connection stays as it is.  NULL with ERR_USE while other
 * commands are in flight.
 */
struct cmd *conn_raw(struct conn *c, struct err *e);
/* Back to the protocol, at the beginning of a line; cmd is DONE. */
void conn_raw_end(struct cmd *cmd);

/*
 * POP3 APOP, SMTP AUTH, IMAP AUTHENTICATE and POP3 AUTH, as sasl.h has them.
 * initial: send an initial response where the server allows one.  The
 * password is copied, wiped when the exchange ends, and never traced.
 */
struct conn_login {
	struct str mech; /* "PLAIN", "LOGIN" …; "APOP" for POP3 */
	struct str user, authzid, password;
	bool initial;
	bool told; /* cmd->said tells how it goes */
};
/* One step of the exchange, decoded: a challenge, or an answer without what is
 * secret in it (password, proof, token). */
struct sasl_said {
	struct sasl_said *next;
	bool server;
	struct str text;
};
struct cmd *conn_auth(
    struct conn *c, const struct conn_login *login, struct err *e);
/* Whether the mechanism can be had here (sasl.h, or APOP on POP3). */
bool conn_knows_mech(const struct conn *c, struct str mech);

/*
 * Answers CMD_ASKED: bytes are sent as they are (the caller adds CRLF where
 * due); secret ones are masked in the trace.  more: the program of this
 * command is not over behind them (another literal follows in the line);
 * else what the verb needs follows by itself.
 */
int conn_answer(struct cmd *cmd, struct str bytes, bool secret, struct err *e);
/* The same with a body in the frame that the verb wants (DATA: dots). */
int conn_answer_body(struct cmd *cmd, struct body *body, struct err *e);

/*
 * Pumps the loop until cmd is over or asked; 0, or -1 when it failed (err is
 * cmd->err), was interrupted (ERR_CANCEL; the command goes on), or deadline
 * passed (ERR_TIMEOUT; the command goes on).  Bodies of this and of earlier
 * replies that nobody claimed are kept in their commands' spools.
 */
int conn_wait(struct cmd *cmd, int64_t deadline, struct err *e);

/*
 * Tells the engine that whoever waits for cmd does not pull bodies: a body
 * that stands in its way and was pulled before but is not claimed by a
 * sending connection is kept from now on.  conn_wait does so by itself; a
 * scheduler that turns the loop calls it for each command waited for.
 */
void cmd_expect(struct cmd *cmd);

/* ---- what comes unasked ---- */

struct event {
	struct event *next;
	struct str name; /* "EXISTS", "BYE", "421", "closed" … */
	struct str line; /* as it came */
	bool has_num;
	uint64_t num; /* of "* 23 EXISTS" */
};
/* Takes the oldest event off the queue; NULL if there is none. */
struct event *conn_event(struct conn *c);
void event_free(struct event *ev);

#endif
