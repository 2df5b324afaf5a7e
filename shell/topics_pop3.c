/* topics_pop3: status indicators, response codes, capabilities of POP3. */
#include "base/text.h"
#include "shell/topics.h"

#include <stddef.h>

const struct topic topics_pop3_statuses[] = {
    {"+OK", N_("Done."), "RFC 1939 3"},
    {"-ERR", N_("Not done."), "RFC 1939 3"},
    {"+", N_("The server's challenge in a login follows, in base64."),
	"RFC 5034 4"},
    {NULL, NULL, NULL},
};

const struct topic topics_pop3_codes[] = {
    {"LOGIN-DELAY",
	N_("You were here a moment ago; wait before you come back."),
	"RFC 2449 8.1.1"},
    {"IN-USE", N_("Another session has the maildrop locked."),
	"RFC 2449 8.1.2"},
    {"SYS/TEMP", N_("A fault of the system that may pass."), "RFC 3206 4"},
    {"SYS/PERM", N_("A fault of the system that needs an administrator."),
	"RFC 3206 4"},
    {"AUTH", N_("The name or the password was wrong."), "RFC 3206 5"},
    {"UTF8", N_("The message needs UTF8 mode."), "RFC 6856 2.1"},
    {NULL, NULL, NULL},
};

const struct topic topics_pop3_capabilities[] = {
    {"CAPA", N_("CAPA lists what the server can do."), "RFC 2449 5"},
    {"TOP", N_("TOP gives the header of a message and its first lines."),
	"RFC 2449 6.1"},
    {"USER", N_("Log in by USER and PASS: the password goes as it is."),
	"RFC 2449 6.2"},
    {"SASL", N_("Log in by AUTH; the mechanisms follow."), "RFC 5034 3"},
    {"RESP-CODES", N_("Replies may have codes such as [IN-USE]."),
	"RFC 2449 6.4"},
    {"LOGIN-DELAY", N_("How long to wait between two logins."), "RFC 2449 6.5"},
    {"PIPELINING",
	N_("Several commands may be sent before the first is answered."),
	"RFC 2449 6.6"},
    {"EXPIRE", N_("After how many days messages are deleted."), "RFC 2449 6.7"},
    {"UIDL", N_("UIDL gives each message a name that lasts."), "RFC 2449 6.8"},
    {"IMPLEMENTATION", N_("Which server this is."), "RFC 2449 6.9"},
    {"STLS", N_("STLS begins TLS on this connection."), "RFC 2595 4"},
    {"AUTH-RESP-CODE", N_("[AUTH] in a reply means wrong name or password."),
	"RFC 3206 6"},
    {"LANG", N_("LANG chooses the language of the server's texts."),
	"RFC 6856 3"},
    {"UTF8", N_("UTF8 allows UTF-8 in headers; with USER, in logins, too."),
	"RFC 6856 2"},
    {"APOP", N_("APOP logs in without sending the password."),
	"no RFC; in use"},
    {"XOIP", N_("A proxy may say for which client it speaks."),
	"no RFC; in use"},
    {"XCLIENT", N_("A proxy may say for which client it speaks (Dovecot)."),
	"no RFC; in use"},
    {NULL, NULL, NULL},
};
