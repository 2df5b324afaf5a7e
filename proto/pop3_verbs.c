/* pop3: the verbs of POP3 (RFC 1939 and its extensions). */
#include "proto/proto.h"
#include "base/text.h"
#include "proto/verbs.h"

enum {
	AUTHORIZATION = POP3_AUTHORIZATION,
	TRANSACTION = POP3_TRANSACTION,
	BOTH = AUTHORIZATION | TRANSACTION,
	LOGS_IN = VERB_LOGIN | VERB_SECRET | VERB_ALONE,
};

const struct verb pop3_verbs[] = {
    {.name = "CAPA",
	.states = BOTH,
	.flags = VERB_MULTI,
	.usage = "",
	.help =
	    N_("Lists what the server can do beyond RFC 1939, one capability "
	       "a line; ask again after STLS and after the login, for the "
	       "answer may change."),
	.example = "CAPA",
	.rfc = "RFC 2449 5"},
    {.name = "STLS",
	.states = AUTHORIZATION,
	.flags = VERB_ALONE | VERB_TLS,
	.capability = "STLS",
	.usage = "",
	.help =
	    N_("Begins TLS on this connection, so that all that follows, the "
	       "password first of all, is encrypted."),
	.example = "STLS",
	.rfc = "RFC 2595 4"},
    {.name = "USER",
	ARGS(1, 1, "r"),
	.states = AUTHORIZATION,
	.capability = "USER",
	.usage = "<name>",
	.help =
	    N_("Names the mailbox; PASS must follow, and many servers say +OK "
	       "here even to a name they do not know."),
	.example = "USER asterix",
	.rfc = "RFC 1939 7"},
    {.name = "PASS",
	ARGS(1, 1, "r"),
	.states = AUTHORIZATION,
	.flags = LOGS_IN,
	.capability = "USER",
	.usage = "<password>",
	.help = N_(
	    "Gives the password of the USER, in clear text unless TLS is on; "
	    "all behind the first space belongs to it, further spaces too."),
	.example = "PASS idefix",
	.rfc = "RFC 1939 7"},
    {.name = "APOP",
	ARGS(2, 2, "r"),
	.states = AUTHORIZATION,
	.flags = LOGS_IN,
	.secret = 1,
	.usage = "<name> <digest>",
	.help =
	    N_("Logs in by the MD5 digest of the time stamp in the greeting "
	       "and the password, so that the password itself is never sent."),
	.example = "APOP asterix c4c9334bac560ecc979e58001b3e22fb",
	.rfc = "RFC 1939 7"},
    {.name = "AUTH",
	ARGS(0, 2, "r"),
	.states = AUTHORIZATION,
	.flags = LOGS_IN | VERB_SASL | VERB_MULTI_NOARG,
	.secret = 1,
	.capability = "SASL",
	.usage = "<mechanism> [<initial-response>]",
	.help = N_(
	    "Logs in by a SASL mechanism, whose challenges and answers are in "
	    "base64; without an argument some servers list their mechanisms."),
	.example = "AUTH PLAIN",
	.rfc = "RFC 5034 4"},
    {.name = "UTF8",
	.states = AUTHORIZATION,
	.capability = "UTF8",
	.usage = "",
	.help =
	    N_("Switches the session to UTF-8, so that messages with UTF-8 in "
	       "their headers come as they are; STLS is no more allowed "
	       "behind it."),
	.example = "UTF8",
	.rfc = "RFC 6856 2.1"},
    {.name = "LANG",
	ARGS(0, 1, "r"),
	.states = BOTH,
	.flags = VERB_MULTI_NOARG,
	.capability = "LANG",
	.usage = "[<language>]",
	.help = N_("Chooses the language of the texts in the server's replies; "
		   "without an argument, lists the languages it has."),
	.example = "LANG fr",
	.rfc = "RFC 6856 3"},
    {.name = "STAT",
	.states = TRANSACTION,
	.usage = "",
	.help =
	    N_("Tells how many messages the maildrop holds and their size in "
	       "octets together, those marked as deleted left out."),
	.example = "STAT",
	.rfc = "RFC 1939 5"},
    {.name = "LIST",
	ARGS(0, 1, "r"),
	.states = TRANSACTION,
	.flags = VERB_MULTI_NOARG,
	.usage = "[<n>]",
	.help = N_("Lists number and size in octets of each message, or of the "
		   "one named."),
	.example = "LIST 1",
	.rfc = "RFC 1939 5"},
    {.name = "UIDL",
	ARGS(0, 1, "r"),
	.states = TRANSACTION,
	.flags = VERB_MULTI_NOARG,
	.capability = "UIDL",
	.usage = "[<n>]",
	.help = N_(
	    "Lists number and unique id of each message, or of the one named; "
	    "unlike the number, the id stays the same from session to "
	    "session."),
	.example = "UIDL 1",
	.rfc = "RFC 1939 7"},
    {.name = "RETR",
	ARGS(1, 1, "r"),
	.states = TRANSACTION,
	.flags = VERB_MULTI,
	.usage = "<n>",
	.help = N_(
	    "Sends message n in full, then a line with a single dot; lines of "
	    "the message that begin with a dot come with one more in front."),
	.example = "RETR 1",
	.rfc = "RFC 1939 5"},
    {.name = "TOP",
	ARGS(2, 2, "r"),
	.states = TRANSACTION,
	.flags = VERB_MULTI,
	.capability = "TOP",
	.usage = "<n> <lines>",
	.help = N_(
	    "Sends the header of message n and the first lines of its body."),
	.example = "TOP 1 0",
	.rfc = "RFC 1939 7"},
    {.name = "DELE",
	ARGS(1, 1, "r"),
	.states = TRANSACTION,
	.flags = VERB_CHANGES,
	.usage = "<n>",
	.help =
	    N_("Marks message n as deleted; it goes only when QUIT is said, "
	       "so RSET or a lost connection keeps it."),
	.example = "DELE 1",
	.rfc = "RFC 1939 5"},
    {.name = "RSET",
	.states = TRANSACTION,
	.usage = "",
	.help = N_("Takes back every deletion of this session."),
	.example = "RSET",
	.rfc = "RFC 1939 5"},
    {.name = "NOOP",
	.states = TRANSACTION,
	.usage = "",
	.help = N_(
	    "Does nothing but get a reply, which keeps the connection alive."),
	.example = "NOOP",
	.rfc = "RFC 1939 5"},
    {.name = "LAST",
	.states = TRANSACTION,
	.usage = "",
	.help =
	    N_("Obsolete since RFC 1725: told the highest number of a message "
	       "that had been fetched."),
	.example = "LAST",
	.rfc = "RFC 1460"},
    {.name = "QUIT",
	.states = BOTH,
	.flags = VERB_LAST | VERB_BYE,
	.usage = "",
	.help =
	    N_("Ends the session; after a login the server now removes what "
	       "DELE has marked."),
	.example = "QUIT",
	.rfc = "RFC 1939 6"},
    {.name = NULL},
};
