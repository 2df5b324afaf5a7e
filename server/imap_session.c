/* imap_session: commands that are about the connection, not about mail. */
#include "base/mem.h"
#include "server/exchange.h"
#include "server/imapd.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what there is ---- */

void
imap_capability(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct buf b;

	(void)s;
	(void)args;
	buf_init(&b, 4096);
	imap_put_capabilities(c, &b);
	client_say(c, "* CAPABILITY %s", buf_cstr(&b));
	buf_fini(&b);
	imap_ok(c, "that is what there is");
}

/* RFC 9051 6.1.2: it is how a client asks for news, so they are looked for
 * whenever that was done last. */
void
imap_noop(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)args;
	imap_view_refresh(s);
	imap_ok(c, "done nothing");
}

/* NIL, or a list of names and values (RFC 2971 3.1). */
static bool
is_id(const struct imap_val *v)
{
	const struct imap_val *name, *value;

	if (v->kind != IMAP_LIST)
		return v->kind == IMAP_NIL;
	for (name = v->first; name != NULL; name = value->next) {
		value = name->next;
		if (!imap_is_string(name) || value == NULL ||
		    (value->kind != IMAP_NIL && !imap_is_string(value)))
			return false;
	}
	return true;
}

void
imap_id(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	if (!is_id(args)) {
		imap_bad_usage(c);
		return;
	}
	client_say(c, "* ID (\"name\" \"posteld\" \"version\" \"%s\")",
	    POSTEL_VERSION);
	imap_ok(c, "pleased to meet you");
}

/* RFC 9051 6.3.1: of extensions that are none or need no ENABLE nothing is
 * said. */
void
imap_enable(struct client *c, struct imapd *s, const struct imap_val *args)
{
	const struct imap_val *v;
	bool rev2 = false;

	for (v = args; v != NULL; v = v->next)
		if (!imap_is_atom(v)) {
			imap_bad_usage(c);
			return;
		}
	for (; args != NULL; args = args->next)
		rev2 = rev2 ||
		       (imap_is(args, "IMAP4rev2") && imap_has(c, "IMAP4rev2"));
	client_say(c, "* ENABLED%s", rev2 ? " IMAP4rev2" : "");
	s->rev2 = s->rev2 || rev2;
	imap_ok(c, rev2 ? "RFC 9051 it is" : "nothing to be enabled");
}

void
imap_logout(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)args;
	s->bye = true;
	client_say(c, "* BYE until next time");
	imap_ok(c, "logged out");
	client_bye(c);
}

/* ---- logging in ---- */

void
imap_starttls(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)s;
	(void)args;
	if (c->tls || c->server->tls == NULL) {
		imap_bad(
		    c, c->tls ? "TLS is on already" : "there is no TLS here");
		return;
	}
	imap_ok(c, "begin TLS");
	client_starttls(c);
}

static void
logged_in(struct client *c, struct user *u)
{
	struct imapd *s = imapd_of(c);
	struct err e = {0};
	struct buf b;

	s->account = user_account(c->server->users, u, &e);
	if (s->account == NULL) {
		imap_no_err(c, &e);
		return;
	}
	s->user = u;
	s->state = IMAP_AUTHENTICATED;
	server_log(c->server, "imap %s: %s logged in", c->peer, u->name);
	buf_init(&b, 4096);
	imap_put_capabilities(c, &b);
	imap_ok(c, "[CAPABILITY %s] welcome, %s", buf_cstr(&b), u->name);
	buf_fini(&b);
}

static void
login_failed(struct client *c)
{
	bool enough = client_login_failed(c);

	imap_no(c, "[AUTHENTICATIONFAILED] wrong user or password");
	if (enough) {
		client_say(c, "* BYE that was wrong too often");
		client_bye(c);
	}
}

void
imap_login(struct client *c, struct imapd *s, const struct imap_val *args)
{
	struct str name, password;
	struct user *u;

	(void)s;
	if (!imap_astring(args, &name) ||
	    !imap_astring(args->next, &password)) {
		imap_bad_usage(c);
		return;
	}
	u = users_find_login(c->server->users, name);
	if (user_check(u, password))
		logged_in(c, u);
	else
		login_failed(c);
}

static void
say_challenge(struct client *c, const char *base64)
{
	client_say(c, "+ %s", base64);
}

static void
auth_broken(struct client *c, bool given_up)
{
	imap_bad(c, "%s",
	    given_up ? "given up" : "that is no base64, or none was due");
}

static const struct exchange_words words = {
    .service = "imap",
    .challenge = say_challenge,
    .granted = logged_in,
    .refused = login_failed,
    .broken = auth_broken,
};

void
imap_authenticate(
    struct client *c, struct imapd *s, const struct imap_val *args)
{
	const struct imap_val *initial = args->next;

	if (!imap_is_atom(args) || (initial != NULL && !imap_is_atom(initial)))
		imap_bad_usage(c);
	/* RFC 4959 3. */
	else if (initial != NULL && !imap_has(c, "SASL-IR"))
		imap_bad(c, "there is no SASL-IR here");
	else if (!exchange_offers(c, args->s))
		imap_no(c, "no such mechanism; CAPABILITY names them");
	else
		exchange_begin(c, &s->login, &words, args->s,
		    initial != NULL ? &initial->s : NULL);
}

void
imap_authenticate_line(struct client *c, struct str line)
{
	exchange_line(c, &imapd_of(c)->login, &words, line);
}

/* ---- IDLE (RFC 2177) ---- */

static bool
push(struct client *c)
{
	if (imapd_of(c)->idle)
		imap_view_sync(c, true);
	return false;
}

static void
wake(struct imapd *s)
{
	client_more(s->idle_client, push);
	client_wake(s->idle_client);
}

static void
changed(struct observer *o)
{
	struct imap_view *v = CONTAINER_OF(o, struct imap_view, observer);

	wake(CONTAINER_OF(v, struct imapd, view));
}

/* What other programs do in the folder is looked for. */
static void
tick(struct timer *t)
{
	struct imapd *s = CONTAINER_OF(t, struct imapd, tick);
	struct client *c = s->idle_client;

	wake(s);
	loop_timer(c->server->loop, t, loop_now() + MAILBOX_FRESH_MS);
}

void
imap_idle(struct client *c, struct imapd *s, const struct imap_val *args)
{
	(void)args;
	s->idle = true;
	s->idle_client = c;
	client_say(c, "+ idling; DONE ends it");
	if (s->view.mb == NULL)
		return;
	imap_view_sync(c, true);
	s->view.observer.changed = changed;
	mailbox_observe(s->view.mb, &s->view.observer);
	s->tick.fire = tick;
	loop_timer(c->server->loop, &s->tick, loop_now() + MAILBOX_FRESH_MS);
}

void
imap_idle_stop(struct imapd *s)
{
	s->idle = false;
	observer_stop(&s->view.observer);
	loop_untimer(&s->tick);
}

void
imap_idle_line(struct client *c, struct str line)
{
	imap_idle_stop(imapd_of(c));
	if (str_eqcase(str_trim(line), S("DONE")))
		imap_ok(c, "idled");
	else
		imap_bad(c, "DONE ends IDLE, and nothing else");
}
