/*
 * tls_words: why TLS did not come about, in words for people.
 *
 * OpenSSL's own are for those who know its sources.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "net/tls_config.h"

enum {
	ALERT = 1000, /* SSL_AD_REASON_OFFSET: a code of the other side's */
	HANDSHAKE = 22,
	SERVER_HELLO = 2,
	HELLO_VERSION = 9, /* RFC 5246 6.2.1, 7.4, 7.4.1.3: where it stands */
	CLEAR_SHOWN = 30,
};

static const struct {
	int reason;
	const char *words, *hint;
} clearer[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, N_("the server's version of TLS is too old"),
	NULL},
    {SSL_R_NO_PROTOCOLS_AVAILABLE,
	N_("the configuration of this machine allows no version of TLS"), NULL},
    {SSL_R_NO_SHARED_CIPHER, N_("no cipher that both sides allow"), NULL},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE,
	N_("the server's certificates are too large"), NULL},
    {SSL_R_DH_KEY_TOO_SMALL, N_("the server's DH key is too weak"), NULL},
    {SSL_R_BAD_SIGNATURE,
	N_("the server has not proved that the certificate is its own"), NULL},
    {SSL_R_WRONG_SIGNATURE_TYPE,
	N_("the server signs in a way that is too weak"), NULL},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
	N_("what came was changed on its way"), NULL},
    /* Alerts (RFC 8446 6): what the server did not like. */
    {ALERT + SSL_AD_HANDSHAKE_FAILURE,
	N_("the server finds no way that both sides can go"),
	N_("it may want a certificate (--cert), or TLS that is older than "
	   "1.2")},
    {ALERT + SSL_AD_BAD_CERTIFICATE,
	N_("the server does not take our certificate: it is damaged"), NULL},
    {ALERT + SSL_AD_UNSUPPORTED_CERTIFICATE,
	N_("the server does not take our certificate: it is of a kind that it "
	   "does not know, or not for clients"),
	NULL},
    {ALERT + SSL_AD_CERTIFICATE_REVOKED,
	N_("the server does not take our certificate: it was revoked"), NULL},
    {ALERT + SSL_AD_CERTIFICATE_EXPIRED,
	N_("the server does not take our certificate: it has expired"), NULL},
    {ALERT + SSL_AD_CERTIFICATE_UNKNOWN,
	N_("the server does not take our certificate"), NULL},
    {ALERT + SSL_AD_UNKNOWN_CA,
	N_("the server does not know who issued our certificate"), NULL},
    {ALERT + SSL_AD_ACCESS_DENIED,
	N_("the server does not let in whom our certificate names"), NULL},
    {ALERT + SSL_AD_PROTOCOL_VERSION,
	N_("the server speaks neither TLS 1.2 nor 1.3"),
	N_("older ones are not safe: its owner must mend it")},
    {ALERT + SSL_AD_INSUFFICIENT_SECURITY,
	N_("the server wants stronger ciphers than we have"), NULL},
    {ALERT + SSL_AD_UNRECOGNIZED_NAME,
	N_("the server does not know the name that we call it by"), NULL},
    {ALERT + SSL_AD_INTERNAL_ERROR,
	N_("the server has an error of its own (TLS alert internal_error)"),
	NULL},
    {ALERT + 116, /* RFC 8446 6.2, certificate_required */
	N_("the server wants a certificate of ours"),
	N_("--cert=FILE shows one")},
    {ALERT + SSL_AD_NO_APPLICATION_PROTOCOL,
	N_("the server speaks another protocol on this port (ALPN)"), NULL},
};

enum { N_CLEARER = sizeof(clearer) / sizeof(clearer[0]) };

void
tls_reason(struct err *e, unsigned long code, const char *what)
{
	const char *words = ossl.ERR_reason_error_string(code), *hint = NULL;
	int reason = ERR_GET_REASON(code);

	if (ERR_SYSTEM_ERROR(code))
		words = strerror(reason);
	else if (ERR_GET_LIB(code) == ERR_LIB_SSL)
		for (size_t i = 0; i < N_CLEARER; i++)
			if (clearer[i].reason == reason) {
				words = clearer[i].words;
				hint = clearer[i].hint;
			}
	(void)err_set(e, ERR_TLS, "%s: %s", what,
	    text_of(words != NULL ? words : N_("unknown error")));
	if (hint != NULL)
		err_hint(e, "%s", text_of(hint));
}

/* "1.1" where head is the beginning of a ServerHello that is older than TLS
 * 1.2; else NULL. */
static const char *
old_version(struct str head)
{
	static const struct {
		char minor;
		const char *name;
	} versions[] = {{0, "SSL 3.0"}, {1, "TLS 1.0"}, {2, "TLS 1.1"}};

	if (head.n < HELLO_VERSION + 2 || head.p[0] != HANDSHAKE ||
	    head.p[5] != SERVER_HELLO || head.p[HELLO_VERSION] != 3)
		return NULL;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].minor == head.p[HELLO_VERSION + 1])
			return versions[i].name;
	return NULL;
}

/* Whether head is no record of TLS: content types are 20 to 24, and a version
 * follows (RFC 8446 5.1). */
static bool
is_clear(struct str head)
{
	return head.n > 1 &&
	       (head.p[0] < 20 || head.p[0] > 24 || head.p[1] != 3);
}

void
tls_handshake_reason(struct err *e, unsigned long code, struct str head)
{
	const char *old = old_version(head);
	struct str line;

	if (is_clear(head)) {
		line = str_cut(&head, '\n');
		line = str_trim(utf8_head(line, CLEAR_SHOWN));
		(void)err_set(e, ERR_TLS,
		    "TLS handshake: the answer is not TLS, it begins with "
		    "\"%.*s\"",
		    STRF(line));
		err_hint(e,
		    "where TLS begins later (STARTTLS, STLS), the URL is one "
		    "without the s");
	} else if (old != NULL) {
		(void)err_set(e, ERR_TLS,
		    "TLS handshake: the server speaks only %s; TLS 1.2 is the "
		    "least that is safe",
		    old);
	} else {
		tls_reason(e, code, text_of("TLS handshake"));
	}
}
