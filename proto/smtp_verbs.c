/* smtp: the verbs of SMTP (RFC 5321) and LMTP (RFC 2033), with extensions. */
#include "proto/proto.h"
#include "base/text.h"
#include "proto/verbs.h"

enum {
	LIVE = SMTP_CONNECTED | SMTP_READY | SMTP_MAIL | SMTP_RCPT,
};

const struct verb smtp_verbs[] = {
    {.name = "EHLO",
	ARGS(1, 1, "r"),
	.states = LIVE,
	.flags = VERB_ALONE,
	.usage = "<own-name>",
	.help =
	    N_("Greets the server with our own name and gets the list of its "
	       "extensions; a transaction that was open is dropped."),
	.example = "EHLO client.example.org",
	.rfc = "RFC 5321 4.1.1.1"},
    {.name = "HELO",
	ARGS(1, 1, "r"),
	.states = LIVE,
	.flags = VERB_ALONE,
	.usage = "<own-name>",
	.help = N_("Greets the server in the old way, without extensions; only "
		   "for servers that refuse EHLO."),
	.example = "HELO client.example.org",
	.rfc = "RFC 5321 4.1.1.1"},
#include "proto/smtp_shared.inc"
    {.name = "BURL",
	ARGS(1, 2, "r"),
	.states = SMTP_RCPT,
	.flags = VERB_LAST | VERB_CHANGES | VERB_SECRET,
	.secret = 0,
	.capability = "BURL",
	.usage = "<imap-url> [LAST]",
	.help = N_("Lets the server fetch a part of the message from an IMAP "
		   "server by a URL that carries its own permission."),
	.example = "BURL "
		   "imap://asterix@mail.example.org/Sent/;uid=20/"
		   ";urlauth=submit+asterix:internal:"
		   "91354a473744909de610943775f92038 LAST",
	.rfc = "RFC 4468 3.3"},
    {.name = "ETRN",
	ARGS(1, 1, "r"),
	.states = SMTP_READY,
	.flags = VERB_LAST | VERB_CHANGES,
	.capability = "ETRN",
	.usage = "[@|#]<host>",
	.help = N_("Asks the server to begin now to deliver the mail that it "
		   "holds for a host, over a connection of its own."),
	.example = "ETRN mail.example.org",
	.rfc = "RFC 1985 5"},
    {.name = "SEND",
	ARGS(1, VERB_ANY, "fr"),
	.states = SMTP_READY,
	.flags = VERB_CHANGES,
	.usage = "FROM:<<path>>",
	.help = N_("Obsolete: like MAIL, but the message went to the user's "
		   "terminal."),
	.example = "SEND FROM:<asterix@example.org>",
	.rfc = "RFC 5321 F.6"},
    {.name = "SOML",
	ARGS(1, VERB_ANY, "fr"),
	.states = SMTP_READY,
	.flags = VERB_CHANGES,
	.usage = "FROM:<<path>>",
	.help = N_("Obsolete, send or mail: like SEND, but like MAIL when the "
		   "user was away."),
	.example = "SOML FROM:<asterix@example.org>",
	.rfc = "RFC 5321 F.6"},
    {.name = "SAML",
	ARGS(1, VERB_ANY, "fr"),
	.states = SMTP_READY,
	.flags = VERB_CHANGES,
	.usage = "FROM:<<path>>",
	.help = N_("Obsolete, send and mail: like SEND and MAIL at once."),
	.example = "SAML FROM:<asterix@example.org>",
	.rfc = "RFC 5321 F.6"},
    {.name = "TURN",
	.states = SMTP_READY,
	.flags = VERB_LAST | VERB_CHANGES,
	.usage = "",
	.help = N_("Obsolete and unsafe: asked the server to change roles and "
		   "send its mail for us; ETRN has replaced it."),
	.example = "TURN",
	.rfc = "RFC 5321 F.1"},
    {.name = NULL},
};

const struct verb lmtp_verbs[] = {
    {.name = "LHLO",
	ARGS(1, 1, "r"),
	.states = LIVE,
	.flags = VERB_ALONE,
	.usage = "<own-name>",
	.help = N_(
	    "Greets an LMTP server and gets the list of its extensions; LMTP "
	    "has this in place of EHLO, so that the two are never mixed up."),
	.example = "LHLO client.example.org",
	.rfc = "RFC 2033 4.1"},
#include "proto/smtp_shared.inc"
    {.name = NULL},
};
