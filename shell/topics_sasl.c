/* topics_sasl: mechanisms, by the IANA registry and as they are met. */
#include "base/text.h"
#include "shell/topics.h"

#include <stddef.h>

#define COMMON "no RFC; in use"

const struct topic topics_mechanisms[] = {
    {"PLAIN",
	N_("Name and password as they are, in base64, which hides nothing: "
	   "only over TLS."),
	"RFC 4616"},
    {"LOGIN",
	N_("As PLAIN, but the server asks for name and password in turn."),
	"draft-murchison-sasl-login"},
    {"CRAM-MD5",
	N_("A digest of the password and of a challenge; the password is not "
	   "sent, but MD5 is weak."),
	"RFC 2195"},
    {"DIGEST-MD5",
	N_("As CRAM-MD5, and the server proves itself, too; given up as too "
	   "complicated."),
	"RFC 2831, RFC 6331"},
    {"SCRAM-SHA-1",
	N_("Both sides prove that they know the password, and neither sends "
	   "it (SHA-1)."),
	"RFC 5802"},
    {"SCRAM-SHA-1-PLUS",
	N_("As SCRAM-SHA-1, tied to this TLS connection: nobody can stand in "
	   "between."),
	"RFC 5802, RFC 9266"},
    {"SCRAM-SHA-256",
	N_("Both sides prove that they know the password, and neither sends "
	   "it (SHA-256)."),
	"RFC 7677"},
    {"SCRAM-SHA-256-PLUS",
	N_("As SCRAM-SHA-256, tied to this TLS connection: nobody can stand "
	   "in between."),
	"RFC 7677, RFC 9266"},
    {"SCRAM-SHA-512",
	N_("Both sides prove that they know the password, and neither sends "
	   "it (SHA-512)."),
	"draft-melnikov-scram-sha-512"},
    {"SCRAM-SHA-512-PLUS",
	N_("As SCRAM-SHA-512, tied to this TLS connection: nobody can stand "
	   "in between."),
	"draft-melnikov-scram-sha-512"},
    {"EXTERNAL",
	N_("Who you are is known already: by the certificate of TLS, as a "
	   "rule.  What is said is who you want to be, or nothing."),
	"RFC 4422 A"},
    {"ANONYMOUS", N_("As a guest; a word tells who it was."), "RFC 4505"},
    {"GSSAPI", N_("By a Kerberos ticket."), "RFC 4752"},
    {"GS2-KRB5", N_("By a Kerberos ticket, with less to say than GSSAPI."),
	"RFC 5801"},
    {"GS2-KRB5-PLUS", N_("As GS2-KRB5, tied to this TLS connection."),
	"RFC 5801"},
    {"GSS-SPNEGO", N_("By what both agree on, Kerberos or NTLM (Windows)."),
	"RFC 4178"},
    {"KERBEROS_V4", N_("By a ticket of the old Kerberos 4."), "RFC 2222 7.1"},
    {"NTLM", N_("By the old login of Windows; weak."), COMMON},
    {"XOAUTH2",
	N_("By a token that a web page gave (Gmail, Outlook); an answer in "
	   "JSON says why one is refused."),
	COMMON},
    {"OAUTHBEARER",
	N_("By a token that a web page gave; whoever has it can use it.  An "
	   "answer in JSON says why one is refused."),
	"RFC 7628, RFC 6750"},
    {"OAUTH10A", N_("By a token of OAuth 1.0a."), "RFC 7628"},
    {"XOAUTH", N_("By a token of OAuth 1; Gmail has given it up."), COMMON},
    {"PLAIN-CLIENTTOKEN", N_("PLAIN with a token of the device (Gmail)."),
	COMMON},
    {"OPENID20", N_("By an OpenID page."), "RFC 6616"},
    {"SAML20", N_("By the login page of an organisation (SAML)."), "RFC 6595"},
    {"SECURID", N_("By the number that a small device shows."), "RFC 2808"},
    {"OTP", N_("By a password that is good for one time."), "RFC 2444"},
    {"SKEY",
	N_("By a password that is good for one time; OTP has replaced "
	   "it."),
	"RFC 2222 7.3"},
    {"SRP", N_("Both sides prove that they know the password."),
	"draft-burdis-cat-srp-sasl"},
    {"ECDSA-NIST256P-CHALLENGE", N_("By a key pair: the client signs."),
	"IANA registry"},
    {"XYMCOOKIE", N_("By a cookie of Yahoo."), COMMON},
    {"XAPPLEPUSHSERVICE", N_("By Apple's service for devices."), COMMON},
    {NULL, NULL, NULL},
};
