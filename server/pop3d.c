/*
 * pop3d: POP3 (RFC 1939), with CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC
 * 5034), response codes (RFC 3206) and UTF8 (RFC 6856).
 */
#include "base/limits.h"
#include "base/mem.h"
#include "net/digest.h"
#include "server/exchange.h"
#include "server/services.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The states of RFC 1939 3; UPDATE is but a moment of QUIT. */
enum { AUTHORIZATION = 1, TRANSACTION = 2, BOTH = 3 };

/* A message as it was when the session began: its number is its place. */
struct drop {
	uint32_t uid;
	bool deleted, read;
	uint64_t octets;
};

struct pop3d {
	unsigned state;
	char stamp[160]; /* what APOP signs */
	char *name;	 /* of USER, or NULL */
	bool utf8;
	struct login *login; /* an AUTH under way */
	struct user *user;
	struct mailbox *mb; /* locked; NULL until the login */
	struct drop *drops;
	size_t n;
	/* What is being sent. */
	size_t at;
	bool uids;
	struct mail *mail;
	uint64_t offset;
	bool in_line; /* part of a line is out, its end is not */
	/* TOP: lines of the body still to send, UINT64_MAX for RETR. */
	uint64_t lines;
	bool header, blank; /* in the header; nothing in this line yet */
};

static void
ok(struct client *c, const char *text)
{
	client_say(c, "+OK %s", text);
}

static void
err(struct client *c, const char *text)
{
	client_say(c, "-ERR %s", text);
}

/* ---- the maildrop ---- */

static void
forget_drop(struct pop3d *p)
{
	if (p->mb != NULL) {
		p->mb->locked = false;
		account_release(p->user->account, p->mb);
	}
	p->mb = NULL;
	free(p->drops);
	p->drops = NULL;
	p->n = 0;
}

/* Messages that vanish meanwhile are left out. */
static void
take_messages(struct pop3d *p)
{
	struct mailbox *mb = p->mb;
	uint32_t *uids = mem_zalloc((mb->n + 1) * sizeof(*uids));
	size_t n = mb->n;
	struct err ignored;

	for (size_t i = 0; i < n; i++)
		uids[i] = mb->msgs[i].uid;
	p->drops = mem_zalloc((n + 1) * sizeof(*p->drops));
	for (size_t i = 0; i < n; i++) {
		ignored = (struct err){0};
		if (mailbox_measure(mb, uids[i], NULL, &ignored) < 0)
			continue;
		p->drops[p->n++] = (struct drop){.uid = uids[i],
		    .octets = mailbox_find(mb, uids[i])->octets};
	}
	free(uids);
}

/* Opens and locks the user's maildrop; 0, or -1 and said why not. */
static int
take_drop(struct client *c, struct user *u)
{
	struct pop3d *p = c->state;
	struct err e = {0};
	struct account *a = user_account(c->server->users, u, &e);
	struct mailbox *mb;

	if (a == NULL || account_use(a, S("INBOX"), &mb, &e) != ACCOUNT_OK) {
		server_log(c->server, "pop3 %s: %s", u->name, e.msg);
		err(c, "[SYS/TEMP] the maildrop cannot be opened");
		return -1;
	}
	if (mb->locked) {
		account_release(a, mb);
		err(c, "[IN-USE] the maildrop is locked by another session");
		return -1;
	}
	mb->locked = true;
	p->user = u;
	p->mb = mb;
	take_messages(p);
	return 0;
}

static void
logged_in(struct client *c, struct user *u)
{
	struct pop3d *p = c->state;

	if (take_drop(c, u) < 0)
		return;
	p->state = TRANSACTION;
	server_log(c->server, "pop3 %s: %s logged in", c->peer, u->name);
	client_say(
	    c, "+OK %s has %zu message%s", u->name, p->n, p->n == 1 ? "" : "s");
}

static void
login_failed(struct client *c)
{
	err(c, "[AUTH] wrong user or password");
	if (client_login_failed(c))
		client_bye(c);
}

/* The size and number of what is not deleted. */
static uint64_t
total(const struct pop3d *p, size_t *n)
{
	uint64_t sum = 0;

	*n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->drops[i].deleted)
			continue;
		sum += p->drops[i].octets;
		++*n;
	}
	return sum;
}

/* The message that the word numbers; NULL, and said why not. */
static struct drop *
message(struct client *c, struct str word)
{
	struct pop3d *p = c->state;
	uint64_t n;

	if (!str_u64(word, UINT32_MAX, &n)) {
		err(c, "that is no message number");
	} else if (n < 1 || n > p->n) {
		client_say(c, "-ERR no message %" PRIu64 ", there %s %zu", n,
		    p->n == 1 ? "is" : "are", p->n);
	} else if (p->drops[n - 1].deleted) {
		client_say(c, "-ERR message %" PRIu64 " is deleted", n);
	} else {
		return &p->drops[n - 1];
	}
	return NULL;
}

/* ---- logging in ---- */

static void
do_user(struct client *c, struct pop3d *p, struct str args)
{
	free(p->name);
	p->name = str_copy(mem_zalloc(args.n + 1), args.n + 1, args);
	/* Whether there is such a user is told only to him. */
	ok(c, "and the password?");
}

static void
do_pass(struct client *c, struct pop3d *p, struct str args)
{
	struct user *u;

	if (p->name == NULL) {
		err(c, "USER comes first");
		return;
	}
	u = users_find(c->server->users, str_z(p->name));
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
	struct user *u = users_find(c->server->users, name);
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
	err(c, given_up ? "given up" : "that is no base64, or none was due");
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

	if (login_knows(mech))
		exchange_begin(c, &p->login, &words, mech,
		    initial.n > 0 ? &initial : NULL);
	else
		err(c, "no such mechanism; CAPA names them");
}

/* ---- sending ---- */

/* How much of s TOP sends; *last when no more is to come. */
static size_t
top_part(struct pop3d *p, struct str s, bool *last)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\n') {
			p->blank = p->blank && s.p[i] == '\r';
			continue;
		}
		if (!p->header)
			p->lines--;
		else if (p->blank)
			p->header = false;
		p->blank = true;
		if (!p->header && p->lines == 0) {
			*last = true;
			return i + 1;
		}
	}
	return s.n;
}

/* As it is, with a dot in front of each line that begins with one (RFC 1939
 * 3).  All its lines end in CRLF; a CR alone ends none. */
static void
put_stuffed(struct client *c, struct pop3d *p, struct str s)
{
	size_t n;

	for (; s.n > 0; s = str_skip(s, n)) {
		if (!p->in_line && *s.p == '.')
			client_put(c, S("."));
		n = str_find(s, '\n');
		p->in_line = n == s.n;
		n += !p->in_line;
		client_put(c, str_head(s, n));
	}
}

static bool
more_mail(struct client *c)
{
	struct pop3d *p = c->state;
	struct err e = {0};
	bool last = false;
	struct str s;

	while (client_room(c) > 0 && !last) {
		if (mail_read(p->mail, p->offset, &s, &e) < 0) {
			/* Nothing may look like the end of the message. */
			client_drop(c);
			return false;
		}
		last = s.n == 0;
		p->offset += s.n;
		if (p->lines != UINT64_MAX)
			s.n = top_part(p, s, &last);
		put_stuffed(c, p, s);
	}
	if (!last)
		return true;
	client_put(c, p->in_line ? S("\r\n.\r\n") : S(".\r\n"));
	mail_close(p->mail);
	p->mail = NULL;
	return false;
}

/* lines: UINT64_MAX for all of it. */
static void
send_mail(struct client *c, struct drop *d, uint64_t lines)
{
	struct pop3d *p = c->state;
	struct err e = {0};

	p->mail = mailbox_read(p->mb, d->uid, &e);
	if (p->mail == NULL) {
		err(c, e.sys == ENOENT ? "somebody has removed the message"
				       : "[SYS/TEMP] cannot read the message");
		return;
	}
	client_say(c, "+OK %" PRIu64 " octets%s", d->octets,
	    lines == UINT64_MAX ? "" : " in all");
	p->offset = 0;
	p->lines = lines;
	p->header = p->blank = true;
	p->in_line = false;
	client_more(c, more_mail);
}

static void
do_retr(struct client *c, struct pop3d *p, struct str args)
{
	struct drop *d = message(c, args);

	if (d == NULL)
		return;
	send_mail(c, d, UINT64_MAX);
	d->read = d->read || p->mail != NULL;
}

static void
do_top(struct client *c, struct pop3d *p, struct str args)
{
	struct str number = str_word(&args);
	struct drop *d;
	uint64_t lines;

	(void)p;
	if (!str_u64(str_trim(args), INT64_MAX, &lines)) {
		err(c, "TOP wants a message number and a number of lines");
		return;
	}
	d = message(c, number);
	if (d != NULL)
		send_mail(c, d, lines);
}

/* ---- lists ---- */

static void
put_row(struct client *c, const struct pop3d *p, size_t i, const char *before)
{
	const struct drop *d = &p->drops[i];

	if (p->uids)
		client_say(c, "%s%zu %08" PRIx32 "%08" PRIx32, before, i + 1,
		    p->mb->validity, d->uid);
	else
		client_say(c, "%s%zu %" PRIu64, before, i + 1, d->octets);
}

static bool
more_rows(struct client *c)
{
	struct pop3d *p = c->state;

	for (; p->at < p->n && client_room(c) > 0; p->at++)
		if (!p->drops[p->at].deleted)
			put_row(c, p, p->at, "");
	if (p->at < p->n)
		return true;
	client_say(c, ".");
	return false;
}

static void
list(struct client *c, struct pop3d *p, struct str args, bool uids)
{
	struct drop *d;
	uint64_t sum;
	size_t n;

	p->uids = uids;
	if (args.n > 0) {
		d = message(c, args);
		if (d != NULL)
			put_row(c, p, (size_t)(d - p->drops), "+OK ");
		return;
	}
	sum = total(p, &n);
	client_say(c, "+OK %zu message%s (%" PRIu64 " octets)", n,
	    n == 1 ? "" : "s", sum);
	p->at = 0;
	client_more(c, more_rows);
}

static void
do_list(struct client *c, struct pop3d *p, struct str args)
{
	list(c, p, args, false);
}

static void
do_uidl(struct client *c, struct pop3d *p, struct str args)
{
	list(c, p, args, true);
}

static void
do_stat(struct client *c, struct pop3d *p, struct str args)
{
	uint64_t sum;
	size_t n;

	(void)args;
	sum = total(p, &n);
	client_say(c, "+OK %zu %" PRIu64, n, sum);
}

/* ---- the rest of the session ---- */

static void
do_dele(struct client *c, struct pop3d *p, struct str args)
{
	struct drop *d = message(c, args);

	(void)p;
	if (d == NULL)
		return;
	d->deleted = true;
	client_say(c, "+OK message %.*s goes at QUIT", STRF(args));
}

static void
do_rset(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	for (size_t i = 0; i < p->n; i++)
		p->drops[i].deleted = false;
	client_say(c, "+OK %zu message%s", p->n, p->n == 1 ? "" : "s");
}

static void
do_noop(struct client *c, struct pop3d *p, struct str args)
{
	(void)p;
	(void)args;
	ok(c, "");
}

/* RFC 1939 6: the UPDATE state.  What was fetched counts as seen, as other
 * servers have it.  0, or -1 if not all could be removed. */
static int
update(struct client *c, struct pop3d *p)
{
	uint32_t *uids = mem_zalloc((p->n + 1) * sizeof(*uids));
	const struct message *m;
	struct err e = {0}, ignored;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < p->n; i++) {
		ignored = (struct err){0};
		m = mailbox_find(p->mb, p->drops[i].uid);
		if (p->drops[i].deleted)
			uids[n++] = p->drops[i].uid;
		else if (p->drops[i].read && m != NULL &&
			 !(m->flags & FLAG_SEEN))
			(void)mailbox_change_flags(
			    p->mb, m->uid, 0, FLAG_SEEN, NULL, &ignored);
	}
	rc = mailbox_remove(p->mb, uids, n, &e);
	free(uids);
	mailbox_notify(p->mb);
	if (rc < 0)
		server_log(c->server, "pop3 %s: %s", p->user->name, e.msg);
	return rc;
}

static void
do_quit(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	if (p->state == TRANSACTION && update(c, p) < 0)
		err(c, "[SYS/TEMP] some deleted messages are not removed");
	else
		ok(c, "bye");
	client_bye(c);
}

static void
do_stls(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	/* RFC 2595 4, RFC 6856 2.1. */
	if (c->tls || p->utf8) {
		err(c, c->tls ? "TLS is on already" : "not behind UTF8");
		return;
	}
	ok(c, "begin TLS");
	free(p->name);
	p->name = NULL;
	client_starttls(c);
}

static void
do_utf8(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	p->utf8 = true;
	ok(c, "messages come as they are");
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
    {"CAPA", BOTH, 0, 0, NULL, do_capa},
    {"STLS", AUTHORIZATION, 0, 0, "STLS", do_stls},
    {"UTF8", AUTHORIZATION, 0, 0, "UTF8", do_utf8},
    {"USER", AUTHORIZATION, 1, 1, "USER", do_user},
    /* All behind the first space is the password. */
    {"PASS", AUTHORIZATION, 1, UINT8_MAX, "USER", do_pass},
    {"APOP", AUTHORIZATION, 2, 2, "APOP", do_apop},
    {"AUTH", AUTHORIZATION, 1, 2, "SASL", do_auth},
    {"STAT", TRANSACTION, 0, 0, NULL, do_stat},
    {"LIST", TRANSACTION, 0, 1, NULL, do_list},
    {"UIDL", TRANSACTION, 0, 1, "UIDL", do_uidl},
    {"RETR", TRANSACTION, 1, 1, NULL, do_retr},
    {"TOP", TRANSACTION, 2, 2, "TOP", do_top},
    {"DELE", TRANSACTION, 1, 1, NULL, do_dele},
    {"RSET", TRANSACTION, 0, 0, NULL, do_rset},
    {"NOOP", TRANSACTION, 0, 0, NULL, do_noop},
    {"QUIT", BOTH, 0, 0, NULL, do_quit},
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
	ok(c, "what there is:");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (has(c, all[i]))
			client_say(c, "%s%s", all[i],
			    strcmp(all[i], "EXPIRE") == 0 ? " NEVER" : "");
	buf_init(&mechanisms, 256);
	login_mechanisms(&mechanisms, "");
	if (has(c, "SASL"))
		client_say(c, "SASL %s", buf_cstr(&mechanisms));
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
		    v->states == TRANSACTION ? "transaction" : "authorization");
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
		err(c, "no such command");
	else if (str_has(line, '\0'))
		err(c, "a NUL in the line");
	else
		run_verb(c, v, v->run == do_pass ? args : str_trim(args));
}

static void
pop3_open(struct client *c)
{
	static unsigned long count;
	struct pop3d *p = c->state = mem_zalloc(sizeof(*p));

	p->state = AUTHORIZATION;
	(void)snprintf(p->stamp, sizeof(p->stamp), "<%ld.%lu.%lld@%.100s>",
	    (long)getpid(), ++count, (long long)time(NULL), c->server->host);
	client_say(c, "+OK posteld at your service%s%s",
	    has(c, "APOP") ? " " : "", has(c, "APOP") ? p->stamp : "");
}

/* RFC 1939 3: it ends without a word, and nothing is removed. */
static void
pop3_late(struct client *c)
{
	(void)c;
}

static void
pop3_too_long(struct client *c)
{
	err(c, "the line is too long");
}

static void
pop3_close(struct client *c)
{
	struct pop3d *p = c->state;

	forget_drop(p);
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
    .late = pop3_late,
    .too_long = pop3_too_long,
    .close = pop3_close,
};
