/* imap: the verbs of IMAP (RFC 9051, RFC 3501) and its extensions. */
#include "proto/proto.h"
#include "base/text.h"
#include "proto/verbs.h"

enum {
	NOT_AUTH = IMAP_NOT_AUTHENTICATED,
	SELECTED = IMAP_SELECTED,
	AUTH = IMAP_AUTHENTICATED | IMAP_SELECTED,
	ANY = NOT_AUTH | AUTH,
};

/* What SELECT and EXAMINE bring, with QRESYNC (RFC 7162) too. */
#define OPENING "FLAGS EXISTS RECENT OK LIST FETCH VANISHED"

/*
 * RFC 9051 7.5.1: EXPUNGE may come during any command but FETCH, STORE and
 * SEARCH, hence VERB_BREAKS_SEQ with nearly all of them.
 */
const struct verb imap_verbs[] = {
    {.name = "CAPABILITY",
	.states = ANY,
	.flags = VERB_BREAKS_SEQ,
	.data = "CAPABILITY",
	.usage = "",
	.help = N_("Lists what the server can do; ask again after STARTTLS and "
		   "after the login, for the answer may change."),
	.example = "CAPABILITY",
	.rfc = "RFC 9051 6.1.1"},
    {.name = "NOOP",
	.states = ANY,
	.flags = VERB_BREAKS_SEQ,
	.usage = "",
	.help =
	    N_("Does nothing, but gives the server an occasion to tell what "
	       "is new in the mailbox."),
	.example = "NOOP",
	.rfc = "RFC 9051 6.1.2"},
    {.name = "LOGOUT",
	.states = ANY,
	.flags = VERB_LAST | VERB_BYE | VERB_MAILBOX,
	.data = "BYE",
	.usage = "",
	.help =
	    N_("Ends the session; unlike CLOSE, it removes no message marked "
	       "\\Deleted."),
	.example = "LOGOUT",
	.rfc = "RFC 9051 6.1.3"},
    {.name = "STARTTLS",
	.states = NOT_AUTH,
	.flags = VERB_ALONE | VERB_TLS,
	.capability = "STARTTLS",
	.usage = "",
	.help =
	    N_("Begins TLS on this connection; capabilities learned before it "
	       "count no more."),
	.example = "STARTTLS",
	.rfc = "RFC 9051 6.2.1"},
    {.name = "AUTHENTICATE",
	ARGS(1, 2, "r"),
	.states = NOT_AUTH,
	.flags = VERB_ALONE | VERB_SASL | VERB_LOGIN | VERB_SECRET,
	.secret = 1,
	.data = "CAPABILITY",
	.usage = "<mechanism> [<initial-response>]",
	.help =
	    N_("Logs in by a SASL mechanism, whose challenges and answers are "
	       "in base64."),
	.example = "AUTHENTICATE PLAIN",
	.rfc = "RFC 9051 6.2.2"},
    {.name = "LOGIN",
	ARGS(2, 2, "aa"),
	.states = NOT_AUTH,
	.flags = VERB_ALONE | VERB_LOGIN | VERB_SECRET,
	.secret = 1,
	.data = "CAPABILITY",
	.usage = "<user> <password>",
	.help =
	    N_("Logs in by name and password, both in clear text unless TLS "
	       "is on; a server that announces LOGINDISABLED refuses it."),
	.example = "LOGIN obelix menhir",
	.rfc = "RFC 9051 6.2.3"},
    {.name = "ENABLE",
	ARGS(1, VERB_ANY, "r"),
	.states = IMAP_AUTHENTICATED,
	.data = "ENABLED",
	.capability = "ENABLE",
	.usage = "<capability> …",
	.help =
	    N_("Says that the client understands extensions which change what "
	       "the server sends, such as UTF8=ACCEPT, CONDSTORE or "
	       "IMAP4rev2; to be said before SELECT."),
	.example = "ENABLE IMAP4rev2",
	.rfc = "RFC 9051 6.3.1"},
    {.name = "SELECT",
	ARGS(1, 2, "mr"),
	.states = AUTH,
	.flags = VERB_MAILBOX,
	.data = OPENING,
	.usage = "<mailbox> [(CONDSTORE)|(QRESYNC (…))]",
	.help =
	    N_("Opens a mailbox, so that its messages can be worked with; the "
	       "one open before is left, even if this fails."),
	.example = "SELECT INBOX",
	.rfc = "RFC 9051 6.3.2"},
    {.name = "EXAMINE",
	ARGS(1, 2, "mr"),
	.states = AUTH,
	.flags = VERB_MAILBOX,
	.data = OPENING,
	.usage = "<mailbox> [(CONDSTORE)|(QRESYNC (…))]",
	.help =
	    N_("Opens a mailbox like SELECT, but read-only: no flag changes, "
	       "not even \\Recent or \\Seen."),
	.example = "EXAMINE INBOX",
	.rfc = "RFC 9051 6.3.3"},
    {.name = "CREATE",
	ARGS(1, 2, "mr"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "LIST",
	.usage = "<mailbox> [(USE (\\<use> …))]",
	.help = N_("Makes a mailbox, and where need be those above it in the "
		   "hierarchy."),
	.example = "CREATE Sent/2026",
	.rfc = "RFC 9051 6.3.4"},
    {.name = "DELETE",
	ARGS(1, 1, "m"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "LIST",
	.usage = "<mailbox>",
	.help =
	    N_("Removes a mailbox with all messages in it; those below it in "
	       "the hierarchy stay."),
	.example = "DELETE Sent/2026",
	.rfc = "RFC 9051 6.3.5"},
    {.name = "RENAME",
	ARGS(2, 2, "mm"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "LIST",
	.usage = "<mailbox> <new-name>",
	.help = N_("Gives a mailbox, and all below it, another name; renaming "
		   "INBOX moves its messages out and leaves it empty."),
	.example = "RENAME Gauls Village",
	.rfc = "RFC 9051 6.3.6"},
    {.name = "SUBSCRIBE",
	ARGS(1, 1, "m"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "LIST",
	.usage = "<mailbox>",
	.help = N_("Adds a name to the list of mailboxes that the user's mail "
		   "programs are to show."),
	.example = "SUBSCRIBE Gauls",
	.rfc = "RFC 9051 6.3.7"},
    {.name = "UNSUBSCRIBE",
	ARGS(1, 1, "m"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "LIST",
	.usage = "<mailbox>",
	.help = N_("Takes a name off the list of subscribed mailboxes; the "
		   "mailbox itself stays."),
	.example = "UNSUBSCRIBE Gauls",
	.rfc = "RFC 9051 6.3.8"},
    {.name = "LIST",
	ARGS(2, 4, "mmr"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ,
	.data = "LIST STATUS MYRIGHTS METADATA",
	.usage =
	    "[(<selection> …)] <reference> <pattern> [RETURN (<option> …)]",
	.help = N_("Lists mailboxes whose names match a pattern with the "
		   "wildcards * (anything) and % (anything within one level)."),
	.example = "LIST \"\" *",
	.rfc = "RFC 9051 6.3.9, RFC 5258 3"},
    {.name = "LSUB",
	ARGS(2, 2, "mm"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ,
	.data = "LSUB",
	.usage = "<reference> <pattern>",
	.help = N_("Lists subscribed names, of mailboxes that need not exist; "
		   "IMAP4rev2 has LIST (SUBSCRIBED) in its place."),
	.example = "LSUB \"\" *",
	.rfc = "RFC 3501 6.3.9"},
    {.name = "NAMESPACE",
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ,
	.data = "NAMESPACE",
	.capability = "NAMESPACE",
	.usage = "",
	.help =
	    N_("Tells under which prefixes the user's own mailboxes, those of "
	       "other users and shared ones are found, and what divides the "
	       "levels."),
	.example = "NAMESPACE",
	.rfc = "RFC 9051 6.3.10"},
    {.name = "STATUS",
	ARGS(2, 2, "mr"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ,
	.data = "STATUS",
	.usage = "<mailbox> (<item> …)",
	.help = N_(
	    "Counts a mailbox without opening it: MESSAGES, UNSEEN, UIDNEXT, "
	    "UIDVALIDITY, DELETED, SIZE; not meant for the one that is open."),
	.example = "STATUS Sent (MESSAGES UNSEEN)",
	.rfc = "RFC 9051 6.3.11"},
    {.name = "APPEND",
	ARGS(2, VERB_ANY, "mrrl"),
	.states = AUTH,
	.flags = VERB_BREAKS_SEQ | VERB_BODY | VERB_CHANGES,
	.usage = "<mailbox> [(<flag> …)] [<date-time>] <message>",
	.help =
	    N_("Stores a message at the end of a mailbox, which nobody sends "
	       "or receives by that; the message is a literal."),
	.example = "APPEND Drafts (\\Draft) {42}",
	.rfc = "RFC 9051 6.3.12, RFC 3502"},
    {.name = "IDLE",
	.states = AUTH,
	.flags = VERB_ALONE | VERB_IDLE | VERB_BREAKS_SEQ,
	.capability = "IDLE",
	.usage = "",
	.help = N_("Waits, while the server tells at once what happens in the "
		   "mailbox, until the client says DONE."),
	.example = "IDLE",
	.rfc = "RFC 9051 6.3.13"},
    {.name = "CHECK",
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ,
	.usage = "",
	.help =
	    N_("Asks the server to tidy up the mailbox; RFC 9051 has dropped "
	       "it, for NOOP does as well."),
	.example = "CHECK",
	.rfc = "RFC 3501 6.4.1"},
    {.name = "CLOSE",
	.states = SELECTED,
	.flags = VERB_MAILBOX | VERB_CHANGES,
	.usage = "",
	.help =
	    N_("Leaves the mailbox and, unless it is read-only, removes the "
	       "messages marked \\Deleted without telling which."),
	.example = "CLOSE",
	.rfc = "RFC 9051 6.4.1"},
    {.name = "UNSELECT",
	.states = SELECTED,
	.flags = VERB_MAILBOX,
	.capability = "UNSELECT",
	.usage = "",
	.help = N_("Leaves the mailbox and removes nothing."),
	.example = "UNSELECT",
	.rfc = "RFC 9051 6.4.2"},
    {.name = "EXPUNGE",
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "EXPUNGE VANISHED",
	.usage = "",
	.help =
	    N_("Removes for good all messages marked \\Deleted; the sequence "
	       "numbers behind each shift by one."),
	.example = "EXPUNGE",
	.rfc = "RFC 9051 6.4.3"},
    {.name = "UID EXPUNGE",
	ARGS(1, 1, "r"),
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "EXPUNGE VANISHED",
	.capability = "UIDPLUS",
	.usage = "<uids>",
	.help =
	    N_("Removes for good those of the named messages that are marked "
	       "\\Deleted, and no others."),
	.example = "UID EXPUNGE 38505",
	.rfc = "RFC 9051 6.4.9, RFC 4315 2.1"},
    {.name = "SEARCH",
	ARGS(1, VERB_ANY, "r"),
	.states = SELECTED,
	.flags = VERB_USES_SEQ,
	.data = "SEARCH ESEARCH",
	.usage = "[RETURN (<option> …)] [CHARSET <charset>] <key> …",
	.help =
	    N_("Lists the sequence numbers of the messages that fit all keys, "
	       "such as UNSEEN, FROM, SINCE or TEXT."),
	.example = "SEARCH UNSEEN FROM \"caesar\"",
	.rfc = "RFC 9051 6.4.4"},
    {.name = "UID SEARCH",
	ARGS(1, VERB_ANY, "r"),
	.states = SELECTED,
	.flags = VERB_USES_SEQ | VERB_BREAKS_SEQ,
	.data = "SEARCH ESEARCH",
	.usage = "[RETURN (<option> …)] [CHARSET <charset>] <key> …",
	.help =
	    N_("Searches like SEARCH and lists unique ids, which no expunge "
	       "shifts."),
	.example = "UID SEARCH SINCE 1-Jan-2026",
	.rfc = "RFC 9051 6.4.9"},
    {.name = "FETCH",
	ARGS(2, 3, "r"),
	.states = SELECTED,
	.flags = VERB_USES_SEQ,
	.data = "FETCH",
	.usage = "<messages> (<item> …) [(CHANGEDSINCE <modseq>)]",
	.help = N_("Reads data of messages: FLAGS, ENVELOPE, BODYSTRUCTURE, "
		   "BODY[<part>]; BODY sets \\Seen and BODY.PEEK does not."),
	.example = "FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
	.rfc = "RFC 9051 6.4.5"},
    {.name = "UID FETCH",
	ARGS(2, 3, "r"),
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ,
	.data = "FETCH VANISHED",
	.usage = "<uids> (<item> …) [(CHANGEDSINCE <modseq> [VANISHED])]",
	.help = N_("Reads data of messages named by unique id; each answer has "
		   "the UID in it, too."),
	.example = "UID FETCH 38505 (FLAGS BODY.PEEK[])",
	.rfc = "RFC 9051 6.4.9"},
    {.name = "STORE",
	ARGS(3, 4, "r"),
	.states = SELECTED,
	.flags = VERB_USES_SEQ | VERB_CHANGES,
	.data = "FETCH",
	.usage = "<messages> [(UNCHANGEDSINCE <modseq>)] [+|-]FLAGS[.SILENT] "
		 "(<flag> …)",
	.help =
	    N_("Sets, adds (+) or removes (-) flags of messages; .SILENT asks "
	       "for no answer that repeats them."),
	.example = "STORE 1:3 +FLAGS (\\Deleted)",
	.rfc = "RFC 9051 6.4.6"},
    {.name = "UID STORE",
	ARGS(3, 4, "r"),
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "FETCH",
	.usage =
	    "<uids> [(UNCHANGEDSINCE <modseq>)] [+|-]FLAGS[.SILENT] (<flag> …)",
	.help = N_("Changes flags of messages named by unique id."),
	.example = "UID STORE 38505 +FLAGS (\\Seen)",
	.rfc = "RFC 9051 6.4.9"},
    {.name = "COPY",
	ARGS(2, 2, "rm"),
	.states = SELECTED,
	.flags = VERB_USES_SEQ | VERB_BREAKS_SEQ | VERB_CHANGES,
	.usage = "<messages> <mailbox>",
	.help = N_("Copies messages with their flags to the end of another "
		   "mailbox: all of them or, if that fails, none."),
	.example = "COPY 2:4 Gauls",
	.rfc = "RFC 9051 6.4.7"},
    {.name = "UID COPY",
	ARGS(2, 2, "rm"),
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.usage = "<uids> <mailbox>",
	.help = N_("Copies messages named by unique id; COPYUID in the reply "
		   "tells their new ids."),
	.example = "UID COPY 38505 Gauls",
	.rfc = "RFC 9051 6.4.9"},
    {.name = "MOVE",
	ARGS(2, 2, "rm"),
	.states = SELECTED,
	.flags = VERB_USES_SEQ | VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "OK EXPUNGE VANISHED",
	.capability = "MOVE",
	.usage = "<messages> <mailbox>",
	.help =
	    N_("Moves messages to another mailbox in one step, so that none "
	       "is ever in both or in neither."),
	.example = "MOVE 2:4 Gauls",
	.rfc = "RFC 9051 6.4.8, RFC 6851"},
    {.name = "UID MOVE",
	ARGS(2, 2, "rm"),
	.states = SELECTED,
	.flags = VERB_BREAKS_SEQ | VERB_CHANGES,
	.data = "OK EXPUNGE VANISHED",
	.capability = "MOVE",
	.usage = "<uids> <mailbox>",
	.help =
	    N_("Moves messages named by unique id; COPYUID in an untagged OK "
	       "tells their new ids."),
	.example = "UID MOVE 38505 Gauls",
	.rfc = "RFC 9051 6.4.9, RFC 6851"},
#include "proto/imap_extensions.inc"
    {.name = NULL},
};
