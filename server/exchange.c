/* exchange: a SASL exchange as POP3, SMTP and IMAP lead it, line by line. */
#include "server/exchange.h"

#include <stdio.h>

enum { CHALLENGE_MAX = 8192 };

static bool
is_hidden(const struct client *c, struct str mech)
{
	const struct faults *f = c->server->faults;
	char capability[64];

	(void)snprintf(capability, sizeof(capability), "AUTH=%.*s", STRF(mech));
	return faults_hide(f, c->service->name, mech) ||
	       faults_hide(f, c->service->name, str_z(capability));
}

bool
exchange_offers(const struct client *c, struct str mech)
{
	return login_knows(mech) &&
	       login_fits(mech, c->server->users, c->tls) &&
	       !is_hidden(c, mech);
}

void
exchange_mechanisms(const struct client *c, const char *before, struct buf *out)
{
	const char *name;

	for (size_t i = 0; (name = login_mechanism(i)) != NULL; i++)
		if (exchange_offers(c, str_z(name)))
			(void)buf_addf(out, "%s%s", before, name);
}

static void
go_on(struct client *c, struct login **l, const struct exchange_words *words,
    enum login_step step, struct buf *challenge)
{
	struct user *u = login_user(*l);

	if (step == LOGIN_MORE) {
		words->challenge(c, buf_cstr(challenge));
		return;
	}
	login_free(*l);
	*l = NULL;
	if (step == LOGIN_DONE && u != NULL)
		words->granted(c, u);
	else if (step == LOGIN_CANCELLED || step == LOGIN_BROKEN)
		words->broken(c, step == LOGIN_CANCELLED);
	else
		words->refused(c);
}

void
exchange_begin(struct client *c, struct login **l,
    const struct exchange_words *words, struct str mech,
    const struct str *initial)
{
	struct buf challenge;
	/* One that is hidden is not there: "y" of a client is the truth. */
	bool binds = exchange_offers(c, S("SCRAM-SHA-256-PLUS"));

	buf_init(&challenge, CHALLENGE_MAX);
	*l = login_new(c->server->users, mech, words->service, c->server->host,
	    binds ? c->stream : NULL);
	go_on(c, l, words, login_begin(*l, initial, &challenge), &challenge);
	buf_fini(&challenge);
}

void
exchange_line(struct client *c, struct login **l,
    const struct exchange_words *words, struct str line)
{
	struct buf challenge;

	buf_init(&challenge, CHALLENGE_MAX);
	go_on(c, l, words, login_line(*l, line, &challenge), &challenge);
	buf_fini(&challenge);
}
