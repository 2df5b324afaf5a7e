/* offer_smtp: arguments of SMTP, LMTP and POP3. */
#include "shell/offer.h"
#include "base/text.h"
#include "shell/typed.h"

#include <stdio.h>
#include <unistd.h>

/* Parameters of MAIL and RCPT, each with the extension that has it. */
static const struct {
	const char *verbs, *path, *parameters;
} paths[] = {
    {"MAIL SEND SOML SAML", "FROM:<",
	"SIZE=?SIZE BODY=7BIT?8BITMIME BODY=8BITMIME?8BITMIME "
	"BODY=BINARYMIME?BINARYMIME SMTPUTF8?SMTPUTF8 RET=FULL?DSN "
	"RET=HDRS?DSN ENVID=?DSN AUTH=<>?AUTH REQUIRETLS?REQUIRETLS "
	"MT-PRIORITY=?MT-PRIORITY HOLDFOR=?FUTURERELEASE "
	"HOLDUNTIL=?FUTURERELEASE BY=?DELIVERBY MTRK=?MTRK "
	"TRANSID=?CHECKPOINT"},
    {"RCPT", "TO:<",
	"NOTIFY=NEVER?DSN NOTIFY=SUCCESS?DSN NOTIFY=FAILURE?DSN "
	"NOTIFY=DELAY?DSN NOTIFY=SUCCESS,FAILURE?DSN "
	"NOTIFY=FAILURE,DELAY?DSN NOTIFY=SUCCESS,FAILURE,DELAY?DSN "
	"ORCPT=rfc822;?DSN ORCPT=utf-8;?SMTPUTF8 RRVS=?RRVS "
	"CONNEG?CONNEG CONPERM?CONPERM"},
};

/* The address while it is not closed, then the parameters. */
static void
offer_path(
    struct offers *o, const char *path, const char *parameters, struct str args)
{
	size_t open = str_find(args, '<');

	if (open == args.n) {
		if (str_trim(
			str_head(args, (size_t)(o->line.p + o->at - args.p)))
			.n == 0)
			offer_word(o, str_z(path), NULL);
	} else if (!str_has(str_skip(args, open), '>')) {
		o->at = (size_t)(args.p + open + 1 - o->line.p);
		offer_addresses(o, ">");
		if (str_eq(str_z(path), S("FROM:<")))
			offer_name(
			    o, S(">"), text_of("nobody: as a bounce has it"));
	} else if (o->line.p[o->at - 1] == ' ') {
		offer_words(o, parameters);
	}
}

/* Our own name, as EHLO wants it. */
static void
offer_host(struct offers *o)
{
	char name[256];

	if (gethostname(name, sizeof(name)) == 0) {
		name[sizeof(name) - 1] = '\0';
		offer_name(o, str_z(name), NULL);
	}
	offer_name(o, S("[127.0.0.1]"), NULL);
}

static void
offer_verb_names(struct offers *o)
{
	const struct verb *v = proto_verbs(conn_proto(o->conn));

	for (; v->name != NULL; v++)
		offer_word(o, str_z(v->name), NULL);
}

/* "NAME ADDR": each takes a value (XCLIENT, XFORWARD). */
static void
offer_attributes(struct offers *o, const char *capability)
{
	struct str list = conn_capability(o->conn, capability), word;
	char text[64];

	while (list.p != NULL && (word = str_word(&list)).n > 0) {
		(void)snprintf(text, sizeof(text), "%.*s=", STRF(word));
		offer_word(o, str_z(text), NULL);
	}
}

void
offer_smtp(struct offers *o, const struct verb *v, struct str args)
{
	size_t n = sizeof(paths) / sizeof(*paths), arg = 0;
	struct str name = str_z(v->name), before = args;

	for (size_t i = 0; i < n; i++) {
		if (verb_word_in(paths[i].verbs, name)) {
			offer_path(o, paths[i].path, paths[i].parameters, args);
			return;
		}
	}
	before.n = (size_t)(o->line.p + o->at - args.p);
	while (typed_word(&before).n > 0)
		arg++;
	if (verb_word_in("XCLIENT XFORWARD", name))
		offer_attributes(o, v->name);
	else if (verb_word_in("BDAT BURL", name) && arg == 1)
		offer_word(o, S("LAST"), NULL);
	else if (arg > 0)
		return;
	else if (v->flags & VERB_SASL)
		offer_mechanisms(o);
	else if (verb_word_in("EHLO HELO LHLO", name))
		offer_host(o);
	else if (verb_word_in("VRFY EXPN", name))
		offer_addresses(o, "");
	else if (verb_word_in("HELP", name))
		offer_verb_names(o);
}

void
offer_pop3(struct offers *o, const struct verb *v, struct str args)
{
	struct str name = str_z(v->name), before = args;
	size_t arg = 0;

	before.n = (size_t)(o->line.p + o->at - args.p);
	while (typed_word(&before).n > 0)
		arg++;
	if (arg == 1 && verb_word_in("TOP", name))
		offer_words(o, "0 10 20");
	else if (arg > 0)
		return;
	else if (v->flags & VERB_SASL)
		offer_mechanisms(o);
	else if (verb_word_in("USER APOP", name))
		offer_used(o, "USER APOP LOGIN");
	else if (verb_word_in("RETR TOP DELE LIST UIDL", name))
		offer_messages(o, false);
}
