/*
 * imapd: what the files of the IMAP server share.
 *
 * A command is parsed whole (wire/imap.h), then run from the table in
 * imap_commands.c.  One that says much runs piecemeal: it sets a job, which
 * the engine asks for more while there is room (client_more); what it needs
 * lives in the session until its tagged response.
 */
#ifndef SERVER_IMAPD_H
#define SERVER_IMAPD_H

#include "server/client.h"
#include "server/login.h"
#include "wire/imap.h"
#include "wire/seqset.h"

/* The states of RFC 9051 3, as bits. */
enum imap_state {
	IMAP_NOT_AUTHENTICATED = 1,
	IMAP_AUTHENTICATED = 2,
	IMAP_SELECTED = 4,
	IMAP_LOGGED_IN = IMAP_AUTHENTICATED | IMAP_SELECTED,
	IMAP_ANY = 7,
};

/*
 * The selected mailbox as the client knows it: numbers and UIDs of messages
 * change for it only when it has been told.
 */
struct imap_view {
	struct mailbox *mb; /* NULL: none */
	bool read_only;
	uint32_t *uids; /* of message number i + 1 */
	size_t n, cap;
	uint32_t next;	      /* messages from this UID on are not told yet */
	uint64_t changes;     /* as far as mailbox.changes is told … */
	uint64_t removals;    /* … and mailbox.removals */
	unsigned keywords;    /* how many of them are told */
	struct seqset recent; /* UIDs */
	size_t recent_told;   /* how many, when that was told last */
	struct seqset saved;  /* UIDs: "$" of RFC 9051 6.4.4.1 */
	struct observer observer; /* while IDLE */
};

/* What a command that runs piecemeal needs; each has a struct of its own. */
struct imap_job {
	bool (*more)(struct client *c); /* as client_more wants it */
	void (*free)(struct imap_job *job);
};

struct imapd {
	enum imap_state state;
	bool rev2;	     /* ENABLE IMAP4rev2 */
	bool bye;	     /* LOGOUT, or the server's own end */
	bool answered;	     /* the command has its tagged response */
	struct login *login; /* AUTHENTICATE under way */
	struct user *user;
	struct account *account;
	struct imap_view view;
	/* The command. */
	struct arena arena;
	struct imap_parser parser;
	bool begun;
	bool streaming; /* the literal goes to an APPEND */
	bool skipping;	/* what follows belongs to a command refused already */
	char *tag;	/* NULL: it had none */
	bool uid;	/* it begins with UID */
	const struct imap_command *command;
	struct imap_job *job;
	struct imap_append *append;
	bool idle;
	struct client *idle_client; /* ours */
	struct timer tick;
};

static inline struct imapd *
imapd_of(struct client *c)
{
	return c->state;
}

/* ---- the table of commands: imap_commands.c ---- */

enum {
	IMAP_UID = 1, /* it may have UID in front */
	/* Of other sessions' expunges nothing is said in its response (RFC
	 * 9051 7.5.1), unless UID is in front. */
	IMAP_NUMBERS = 2,
	IMAP_MANY = UINT8_MAX,
};

struct imap_command {
	const char *name;
	unsigned states; /* enum imap_state */
	unsigned flags;
	uint8_t argmin, argmax; /* UID's own not counted; IMAP_MANY: no end */
	const char *capability; /* without it the command is not there */
	void (*run)(
	    struct client *c, struct imapd *s, const struct imap_val *args);
	const char *usage;
};

const struct imap_command *imap_command_find(struct str name);
/* Whether the capability is there for this client now. */
bool imap_has(const struct client *c, const char *capability);
/* Appends "IMAP4rev1 …". */
void imap_put_capabilities(const struct client *c, struct buf *b);

/* ---- responses: imapd.c ---- */

/* The tagged response that ends the command; what belongs to that stays until
 * the handler has returned.  text: with its response code,
 * "[TRYCREATE] no such mailbox".  What has changed is told in front. */
void imap_ok(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void imap_no(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The command makes no sense. */
void imap_bad(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Its arguments do not fit: tells its usage. */
void imap_bad_usage(struct client *c);
/* NO, with what err says kept to the log. */
void imap_no_err(struct client *c, const struct err *e);

/* Makes the job the rest of the command. */
void imap_start(struct client *c, struct imap_job *job);

/* ---- arguments: imap_args.c ---- */

/* The text of an astring; false for a list, for nothing, and for a word with
 * octets that want quotes. */
bool imap_astring(const struct imap_val *v, struct str *out);
/* The same of a list-mailbox, which may have wildcards. */
bool imap_pattern(const struct imap_val *v, struct str *out);
/* Whether v is an atom, be it made of digits. */
bool imap_is_atom(const struct imap_val *v);
/* Whether the strings in v and its siblings have the octets that RFC 9051 9
 * allows: no line end and, with rev2, UTF-8 between quotes, no NUL in a
 * literal. */
bool imap_strings_are_good(const struct imapd *s, const struct imap_val *v);
/* Whether v is a string, quoted or a literal. */
bool imap_is_string(const struct imap_val *v);
/* Whether v is a set of numbers, "$" not counted. */
bool imap_is_set(const struct imap_val *v);
/*
 * The mailbox that v names, as name_spell gives it.  Else false, and the
 * command is answered: BAD for what is no name, NO for one that cannot be.
 */
bool imap_mailbox_arg(
    struct client *c, const struct imap_val *v, struct buf *name);
/* Appends the name as the client reads it: an atom, quoted or a literal. */
void imap_put_mailbox(const struct client *c, struct buf *b, struct str name);
enum { NAME_RAW_MAX = 4 * NAME_MAX_OCTETS };
/* The name as the client has it, without quotes: in modified UTF-7, which takes
 * up to NAME_RAW_MAX octets, or with rev2 in UTF-8. */
void imap_encode_name(const struct imapd *s, struct str name, struct buf *out);

/* Appends "(\Seen $Label)". */
void imap_put_flags(const struct imapd *s, struct buf *b,
    const struct mailbox *mb, uint32_t bits, bool recent);
/* Whether v and what follows are flags, or a list of them; \Recent, which
 * nobody can set, is none. */
bool imap_are_flags(const struct imap_val *v);
/* Their bits; new keywords are made. */
uint32_t imap_make_flags(struct mailbox *mb, const struct imap_val *v);

/* ---- the selected mailbox: imap_view.c ---- */

/* Takes mb, which is in use for us, as the selected mailbox. */
void imap_view_open(struct client *c, struct mailbox *mb, bool read_only);
/* Leaves it; no effect if there is none. */
void imap_view_close(struct imapd *s);
enum imap_picked {
	IMAP_PICKED,
	IMAP_PICKED_BEYOND, /* a number is beyond the last message */
	IMAP_PICKED_NO_SET, /* that is no set */
};
/* Adds to *out the UIDs that text names, by numbers or UIDs or "$"; what is
 * beyond is passed over. */
enum imap_picked imap_view_pick(
    const struct imap_view *v, struct str text, bool uid, struct seqset *out);
/* FLAGS and PERMANENTFLAGS, if there are keywords that are not told yet; it
 * comes before a response in which they may be (RFC 9051 7.3.5). */
void imap_view_tell_keywords(struct client *c);
/* "* 3 FETCH (FLAGS (…))". */
void imap_view_tell_flags(
    struct client *c, const struct message *m, uint32_t number);
/* Looks at the folder at once, for imap_view_sync. */
void imap_view_refresh(struct imapd *s);
/* Tells what has changed; expunges only if they may be told.  In a session
 * whose mailbox was deleted, ends it. */
void imap_view_sync(struct client *c, bool expunges);
/* How many messages of it are recent. */
size_t imap_view_recent(const struct imapd *s);
void imap_view_tell_recent(struct client *c);
/* The number of a UID that the client knows; 0 if it does not. */
uint32_t imap_view_number(const struct imap_view *v, uint32_t uid);

/*
 * The messages that v names by number, or by UID if that is in front of the
 * command: their UIDs go to *out.  A number beyond the last message is BAD
 * (RFC 9051 6.4.9), a UID that is not there is passed over.  False, and
 * answered.
 */
bool imap_set_arg(
    struct client *c, const struct imap_val *v, struct seqset *out);

/* ---- commands, by file ---- */

typedef void imap_run(
    struct client *c, struct imapd *s, const struct imap_val *args);

/* imap_session.c */
imap_run imap_capability, imap_noop, imap_logout, imap_id, imap_starttls,
    imap_login, imap_authenticate, imap_enable, imap_idle;
/* A line of a SASL exchange, or DONE. */
void imap_authenticate_line(struct client *c, struct str line);
void imap_idle_line(struct client *c, struct str line);
void imap_idle_stop(struct imapd *s);

/* imap_mailboxes.c */
imap_run imap_select, imap_examine, imap_create, imap_delete, imap_rename,
    imap_subscribe, imap_unsubscribe, imap_status, imap_namespace, imap_close,
    imap_unselect, imap_check;
/* Answers with what account.h says went wrong. */
void imap_no_account(
    struct client *c, enum account_result r, const struct err *e);
/* Appends "* STATUS name (MESSAGES 3 …)" for a list of items. */
enum account_result imap_put_status(struct client *c, struct buf *b,
    struct str name, const struct imap_val *items, struct err *e);
/* Whether items is a list of what STATUS knows. */
bool imap_status_items(const struct imap_val *items);

/* imap_list.c */
imap_run imap_list, imap_lsub;
/* With rev2, an unasked LIST of the mailbox (RFC 9051 6.3.2); if old, which is
 * what the client has called it, is another name, that is told too. */
void imap_tell_name(struct client *c, struct str name, struct str old);
/* The same, but only if it is another name (RFC 9051 6.3.9.7). */
void imap_tell_other_name(struct client *c, struct str name, struct str old);

/* imap_append.c */
imap_run imap_append;
/* A literal of the message begins: true if its octets are wanted; else the
 * command is answered. */
bool imap_append_begin(struct client *c);
void imap_append_data(struct client *c, struct str piece);
void imap_append_free(struct imapd *s);

/* imap_fetch.c, imap_search.c, imap_store.c */
imap_run imap_fetch, imap_search, imap_store, imap_copy, imap_move,
    imap_expunge;

#endif
