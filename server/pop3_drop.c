/* pop3_drop: the maildrop, and the commands of the transaction state (RFC 1939
 * 5 and 7). */
#include "base/mem.h"
#include "server/pop3d.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* ---- the maildrop ---- */

void
pop3_leave_drop(struct pop3d *p)
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

int
pop3_take_drop(struct client *c, struct user *u)
{
	struct pop3d *p = c->state;
	struct err e = {0};
	struct account *a = user_account(c->server->users, u, &e);
	struct mailbox *mb;

	if (a == NULL || account_use(a, S("INBOX"), &mb, &e) != ACCOUNT_OK) {
		server_log(c->server, "pop3 %s: %s", u->name, e.msg);
		client_say(c, "-ERR [SYS/TEMP] the maildrop cannot be opened");
		return -1;
	}
	if (mb->locked) {
		account_release(a, mb);
		client_say(c,
		    "-ERR [IN-USE] the maildrop is locked by another session");
		return -1;
	}
	mb->locked = true;
	p->user = u;
	p->mb = mb;
	take_messages(p);
	return 0;
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
		client_say(c, "-ERR that is no message number");
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
		client_say(c, "-ERR %s",
		    e.sys == ENOENT ? "somebody has removed the message"
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

void
pop3_retr(struct client *c, struct pop3d *p, struct str args)
{
	struct drop *d = message(c, args);

	if (d == NULL)
		return;
	send_mail(c, d, UINT64_MAX);
	d->read = d->read || p->mail != NULL;
}

void
pop3_top(struct client *c, struct pop3d *p, struct str args)
{
	struct str number = str_word(&args);
	struct drop *d;
	uint64_t lines;

	(void)p;
	if (!str_u64(str_trim(args), INT64_MAX, &lines)) {
		client_say(
		    c, "-ERR TOP wants a message number and a number of lines");
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

void
pop3_list(struct client *c, struct pop3d *p, struct str args)
{
	list(c, p, args, false);
}

void
pop3_uidl(struct client *c, struct pop3d *p, struct str args)
{
	list(c, p, args, true);
}

void
pop3_stat(struct client *c, struct pop3d *p, struct str args)
{
	uint64_t sum;
	size_t n;

	(void)args;
	sum = total(p, &n);
	client_say(c, "+OK %zu %" PRIu64, n, sum);
}

void
pop3_dele(struct client *c, struct pop3d *p, struct str args)
{
	struct drop *d = message(c, args);

	(void)p;
	if (d == NULL)
		return;
	d->deleted = true;
	client_say(c, "+OK message %.*s goes at QUIT", STRF(args));
}

void
pop3_rset(struct client *c, struct pop3d *p, struct str args)
{
	(void)args;
	for (size_t i = 0; i < p->n; i++)
		p->drops[i].deleted = false;
	client_say(c, "+OK %zu message%s", p->n, p->n == 1 ? "" : "s");
}

/* RFC 1939 6. */
int
pop3_update(struct client *c, struct pop3d *p)
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
