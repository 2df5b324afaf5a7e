/*
 * pop3d: POP3 (RFC 1939), with CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC
 * 5034), response codes (RFC 3206) and UTF8 (RFC 6856).
 */
#include "base/limits.h"
#include "base/mem.h"
#include "net/digest.h"
#include "server/exchange.h"
#include "server/pop3d.h"
#include "server/services.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- logging in ---- */

static void
logged_in(struct client *c, struct user *u)
{
	struct pop3d *p = c->state;

	if (pop3_take_drop(c, u) < 0)
		return;
	p->state = POP3_TRANSACTION;
	server_log(c->server, "pop3 %s: %s logged in", c->peer, u->name);
	client_say(
	    c, "+OK %s has %zu message%s", u->name, p->n, p->n == 1 ? "" : "s");
}

static void
login_failed(struct client *c)
{
	client_say(c, "-ERR [AUTH] wrong user or password");
	if (client_login_failed(c))
		client_bye(c);
}

static void
do_user(struct client *c, struct pop3d *p, struct str args)
{
	free(p->name);
	p->name = str_copy(mem_zalloc(args.n + 1), args.n + 1, args);
	/* Whether there is such a user is told only to him. */
	client_say(c, "+OK and the password?");
}

static void
do_pass(struct client *c, struct pop3d *p, struct str args)
{
	struct user *u;

	if (p->name == NULL) {
		client_say(c, "-ERR USER comes first");
		return;
	}
	u = users_find_login(c->server->users, str_z(p->name));
	free(p->name);
	p->name = NULL;
	if (user_check(u, args))
		logged_in(c, u);
	else
		login_failed(c);
}

static void
do_apop(struct client *c, struct pop3d *p, struct str args)
{
	struct str name = str_word(&args), digest = str_trim(args);
	struct user *u = users_find_login(c->server->users, name);
	const char *password = u != NULL ? user_password(u) : NULL;
	char want[DIGEST_APOP_SIZE];
	struct err e = {0};

	if (password != NULL &&
	    digest_apop(str_z(p->stamp), str_z(password), want, &e) == 0 &&
	    str_eqcase(digest, str_z(want)))
		logged_in(c, u);
	else
		login_failed(c);
	mem_wipe(want, sizeof(want));
}

static void
say_challenge(struct client *c, const char *base64)
{
	client_say(c, "+ %s", base64);
}

static void
auth_broken(struct client *c, bool given_up)
{
	client_say(c, "-ERR %s",
	    given_up ? "given up" : "that is no base64, or none was due");
}

static const struct exchange_words words = {
    .service = "pop",
    .challenge = say_challenge,
    .granted = logged_in,
    .refused = login_failed,
    .broken = auth_broken,
};

static void
do_auth(struct client *c, struct pop3d *p, struct str args)
{
	struct str mech = str_word(&args), initial = str_trim(args);

	if (exchange_offers(c, mech))
		exchange_begin(c, &p->login, &words, mech,
		    initial.n > 0 ? &initial : NULL);
	else
		client_say(c, "-ERR no such mechanism; CAPA names them");
}

static void
do_noop(struct client *c, struct pop3d *p, struct str args)
{
	(void)p;
	(void)args;
	client_say(c, "+OK");
}

static void
do_quit(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	if (p->state == POP3_TRANSACTION && pop3_update(c, p) < 0)
		client_say(
		    c, "-ERR [SYS/TEMP] some deleted messages are not removed");
	else
		client_say(c, "+OK bye");
	client_bye(c);
}

static void
do_stls(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	/* RFC 2595 4, RFC 6856 2.1. */
	if (c->tls || p->utf8) {
		client_say(c, "-ERR %s",
		    c->tls ? "TLS is on already" : "not behind UTF8");
		return;
	}
	client_say(c, "+OK begin TLS");
	free(p->name);
	p->name = NULL;
	client_starttls(c);
}

static void
do_utf8(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	p->utf8 = true;
	client_say(c, "+OK messages come as they are");
}

static void do_capa(struct client *c, struct pop3d *p, struct str args);

/* ---- the commands ---- */

static const struct verb {
	const char *name;
	unsigned states;
	uint8_t argmin, argmax; /* words */
	const char *capability; /* without it the command is not there */
	void (*run)(struct client *c, struct pop3d *p, struct str args);
} verbs[] = {
    {"CAPA", POP3_BOTH, 0, 0, NULL, do_capa},
    {"STLS", POP3_AUTHORIZATION, 0, 0, "STLS", do_stls},
    {"UTF8", POP3_AUTHORIZATION, 0, 0, "UTF8", do_utf8},
    {"USER", POP3_AUTHORIZATION, 1, 1, "USER", do_user},
    /* All behind the first space is the password. */
    {"PASS", POP3_AUTHORIZATION, 1, UINT8_MAX, "USER", do_pass},
    {"APOP", POP3_AUTHORIZATION, 2, 2, "APOP", do_apop},
    {"AUTH", POP3_AUTHORIZATION, 1, 2, "SASL", do_auth},
    {"STAT", POP3_TRANSACTION, 0, 0, NULL, pop3_stat},
    {"LIST", POP3_TRANSACTION, 0, 1, NULL, pop3_list},
    {"UIDL", POP3_TRANSACTION, 0, 1, "UIDL", pop3_uidl},
    {"RETR", POP3_TRANSACTION, 1, 1, NULL, pop3_retr},
    {"TOP", POP3_TRANSACTION, 2, 2, "TOP", pop3_top},
    {"DELE", POP3_TRANSACTION, 1, 1, NULL, pop3_dele},
    {"RSET", POP3_TRANSACTION, 0, 0, NULL, pop3_rset},
    {"NOOP", POP3_TRANSACTION, 0, 0, NULL, do_noop},
    {"QUIT", POP3_BOTH, 0, 0, NULL, do_quit},
};

/* Whether the capability is there for this client now; in both states, as
 * RFC 2449 5 has it, also for what is of use in one of them only. */
static bool
has(const struct client *c, const char *capability)
{
	if (faults_hide(c->server->faults, "pop3", str_z(capability)))
		return false;
	if (strcmp(capability, "STLS") == 0)
		return c->server->tls != NULL && !c->tls;
	return true;
}

static void
do_capa(struct client *c, struct pop3d *p, struct str args)
{
	static const char *const all[] = {"TOP", "USER", "UIDL", "RESP-CODES",
	    "AUTH-RESP-CODE", "PIPELINING", "STLS", "UTF8", "EXPIRE"};
	struct buf mechanisms;

	(void)p;
	(void)args;
	client_say(c, "+OK what there is:");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (has(c, all[i]))
			client_say(c, "%s%s", all[i],
			    strcmp(all[i], "EXPIRE") == 0 ? " NEVER" : "");
	buf_init(&mechanisms, 256);
	exchange_mechanisms(c, " ", &mechanisms);
	if (has(c, "SASL") && mechanisms.len > 0)
		client_say(c, "SASL%s", buf_cstr(&mechanisms));
	buf_fini(&mechanisms);
	client_say(c, "IMPLEMENTATION posteld " POSTEL_VERSION);
	client_say(c, ".");
}

static const struct verb *
find_verb(const struct client *c, struct str name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (str_eqcase(str_z(verbs[i].name), name))
			return verbs[i].capability == NULL ||
				       /* STLS says itself what is wrong. */
				       has(c, verbs[i].capability) ||
				       (verbs[i].run == do_stls &&
					   c->server->tls != NULL)
				   ? &verbs[i]
				   : NULL;
	return NULL;
}

static size_t
words_in(struct str s)
{
	size_t n = 0;

	while (str_word(&s).n > 0)
		n++;
	return n;
}

/* What it wants instead of n arguments, or NULL. */
static const char *
wanted(const struct verb *v, size_t n)
{
	if (n >= v->argmin && n <= v->argmax)
		return NULL;
	if (v->argmax == 0)
		return "no argument";
	return n < v->argmin ? "an argument" : "fewer arguments";
}

static void
run_verb(struct client *c, const struct verb *v, struct str args)
{
	struct pop3d *p = c->state;
	const char *wants = wanted(v, words_in(args));

	if (!(v->states & p->state))
		client_say(c, "-ERR %s is for the %s state", v->name,
		    v->states == POP3_TRANSACTION ? "transaction"
						  : "authorization");
	else if (wants != NULL)
		client_say(c, "-ERR %s wants %s", v->name, wants);
	else
		v->run(c, p, args);
}

/* Whether a rule says what becomes of the command. */
static bool
at_fault(struct client *c, struct str verb)
{
	enum fault_kind kind;
	const char *reply;

	if (!faults_verb(c->server->faults, "pop3", verb, &kind, &reply))
		return false;
	if (kind == FAULT_CUT)
		client_drop(c);
	else if (kind == FAULT_REFUSE)
		client_say(c, "%s%s", *reply == '-' ? "" : "-ERR ", reply);
	return true;
}

static void
pop3_line(struct client *c, struct str line, bool bare_lf)
{
	struct pop3d *p = c->state;
	struct str args = line, name = str_cut(&args, ' ');
	const struct verb *v = find_verb(c, name);

	(void)bare_lf; /* harmless here, and typed by nc(1) */
	if (p->login != NULL) {
		exchange_line(c, &p->login, &words, line);
		return;
	}
	if (at_fault(c, name))
		return;
	if (v == NULL)
		client_say(c, "-ERR no such command");
	else if (str_has(line, '\0'))
		client_say(c, "-ERR a NUL in the line");
	else
		run_verb(c, v, v->run == do_pass ? args : str_trim(args));
}

static void
pop3_open(struct client *c)
{
	static unsigned long count;
	struct pop3d *p = c->state = mem_zalloc(sizeof(*p));

	p->state = POP3_AUTHORIZATION;
	(void)snprintf(p->stamp, sizeof(p->stamp), "<%ld.%lu.%lld@%.100s>",
	    (long)getpid(), ++count, (long long)time(NULL), c->server->host);
	client_say(c, "+OK posteld at your service%s%s",
	    has(c, "APOP") ? " " : "", has(c, "APOP") ? p->stamp : "");
}

static void
pop3_too_long(struct client *c)
{
	client_say(c, "-ERR the line is too long");
}

static void
pop3_close(struct client *c)
{
	struct pop3d *p = c->state;

	pop3_leave_drop(p);
	mail_close(p->mail);
	login_free(p->login);
	free(p->name);
	free(p);
}

const struct service pop3_service = {
    .name = "pop3",
    .line_max = 16 << 10,      /* a long initial response of SASL */
    .idle_ms = 10 * 60 * 1000, /* RFC 1939 3 */
    .open = pop3_open,
    .line = pop3_line,
    .late = NULL, /* RFC 1939 3: it ends without a word */
    .too_long = pop3_too_long,
    .close = pop3_close,
};
