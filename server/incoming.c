/* incoming: a message on its way to the mailboxes of those it is for. */
#include "server/incoming.h"
#include "base/mem.h"
#include "wire/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HOPS_MAX = 100 }; /* RFC 5321 6.3 */

/* One who gets it. */
struct copy {
	struct user *user;
	struct mailbox *mb; /* INBOX, in use; NULL: it could not be opened */
	struct delivery *delivery;
	uint32_t uid; /* when it is delivered */
	struct err e; /* why it cannot be */
};

struct incoming {
	struct client *c;
	struct copy *copies;
	size_t n;
	uint64_t size;
	bool bare; /* a CR or LF alone was seen */
	bool cr;   /* the last octet was a CR */
	/* Received fields, counted in the header as it comes by. */
	bool body;
	char start[sizeof("Received:") - 1]; /* of the line, so far */
	size_t started, line;
	unsigned hops;
};

/* ---- the header that we add ---- */

static void
put_trace(struct buf *b, const struct client *c, const struct envelope *env)
{
	static unsigned long count;
	time_t now = time(NULL);
	struct tm tm;
	struct date date = {.time = now};

	if (localtime_r(&now, &tm) != NULL)
		date.zone = (int)(tm.tm_gmtoff / 60);
	(void)buf_addf(b, "Return-Path: <%s>\r\n", env->sender);
	(void)buf_addf(b, "Received: from %s ([%s%s])\r\n\tby %s (posteld)",
	    env->helo, strchr(c->peer, ':') != NULL ? "IPv6:" : "", c->peer,
	    c->server->host);
	(void)buf_addf(
	    b, " with %s id %lx-%lx", env->protocol, (long)now, ++count);
	if (env->recipient != NULL)
		(void)buf_addf(b, "\r\n\tfor <%s>", env->recipient);
	(void)buf_addz(b, ";\r\n\t");
	(void)date_put_rfc5322(b, date);
	(void)buf_addz(b, "\r\n");
}

/* ---- beginning ---- */

static void
open_copy(struct copy *copy, const struct client *c, struct str trace)
{
	struct users *us = c->server->users;
	struct account *a = user_account(us, copy->user, &copy->e);

	if (a == NULL ||
	    account_use(a, S("INBOX"), &copy->mb, &copy->e) != ACCOUNT_OK) {
		copy->mb = NULL;
		return;
	}
	copy->delivery = delivery_new(copy->mb->dir, &copy->e);
	if (copy->delivery != NULL)
		(void)delivery_add(copy->delivery, trace, &copy->e);
}

struct incoming *
incoming_new(
    struct client *c, const struct recipients *to, const struct envelope *env)
{
	struct incoming *in = mem_zalloc(sizeof(*in));
	struct buf trace;

	in->c = c;
	in->n = to->n;
	in->copies = mem_zalloc(to->n * sizeof(*in->copies));
	buf_init(&trace, 16 << 10);
	put_trace(&trace, c, env);
	for (size_t i = 0; i < to->n; i++) {
		in->copies[i].user = to->user[i];
		open_copy(&in->copies[i], c, buf_str(&trace));
	}
	buf_fini(&trace);
	return in;
}

/* ---- as it comes ---- */

/* Whether each CR has its LF, and each LF its CR. */
static bool
line_ends_are_whole(struct incoming *in, struct str s)
{
	size_t lf, cr;

	if (in->cr && s.n > 0) {
		if (*s.p != '\n')
			return false;
		in->cr = false;
		s = str_skip(s, 1);
	}
	while (s.n > 0) {
		lf = str_find(s, '\n');
		cr = str_find(str_head(s, lf), '\r');
		if (lf == s.n) {
			in->cr = cr + 1 == s.n;
			return cr == s.n || in->cr;
		}
		if (lf == 0 || cr != lf - 1)
			return false;
		s = str_skip(s, lf + 1);
	}
	return true;
}

static void
end_line(struct incoming *in)
{
	if (in->line <= 1) /* a CR at most */
		in->body = true;
	else if (in->started == sizeof(in->start) &&
		 str_eqcase(
		     (struct str){in->start, in->started}, S("Received:")))
		in->hops++;
	in->line = in->started = 0;
}

static void
count_hops(struct incoming *in, struct str s)
{
	while (s.n > 0 && !in->body) {
		size_t lf = str_find(s, '\n');

		for (size_t i = 0; i < lf && in->started < sizeof(in->start);
		     i++)
			in->start[in->started++] = s.p[i];
		in->line += lf;
		if (lf == s.n)
			return;
		end_line(in);
		s = str_skip(s, lf + 1);
	}
}

void
incoming_add(struct incoming *in, struct str octets)
{
	in->size += octets.n;
	in->bare = in->bare || !line_ends_are_whole(in, octets);
	count_hops(in, octets);
	if (in->bare || in->size > in->c->server->message_max)
		return;
	for (size_t i = 0; i < in->n; i++) {
		struct copy *copy = &in->copies[i];

		if (copy->e.kind == ERR_NONE)
			(void)delivery_add(copy->delivery, octets, &copy->e);
	}
}

/* ---- the end ---- */

/* What is wrong with the message, whoever it is for. */
static enum incoming_result
judge(const struct incoming *in)
{
	if (in->bare || in->cr)
		return INCOMING_LINE_ENDS;
	if (in->size > in->c->server->message_max)
		return INCOMING_TOO_BIG;
	if (in->hops > HOPS_MAX)
		return INCOMING_LOOP;
	return INCOMING_OK;
}

static enum incoming_result
failed(const struct copy *copy, struct err *e)
{
	*e = copy->e;
	return err_is_full(e) ? INCOMING_FULL : INCOMING_ERROR;
}

static enum incoming_result
deliver(struct copy *copy, struct err *e)
{
	if (copy->e.kind == ERR_NONE)
		copy->uid = mailbox_deliver(
		    copy->mb, copy->delivery, 0, DELIVERY_NOW, &copy->e);
	return copy->e.kind == ERR_NONE ? INCOMING_OK : failed(copy, e);
}

/* Takes it back from those who have it already. */
static void
take_back(struct incoming *in)
{
	struct err ignored = {0};

	for (size_t i = 0; i < in->n; i++)
		if (in->copies[i].uid > 0)
			(void)mailbox_remove(
			    in->copies[i].mb, &in->copies[i].uid, 1, &ignored);
}

static void
tell(const struct incoming *in, const struct copy *copy)
{
	server_log(in->c->server, "%s %s: %" PRIu64 " octets for %s",
	    in->c->service->name, in->c->peer, in->size, copy->user->name);
	mailbox_notify(copy->mb);
}

enum incoming_result
incoming_finish(struct incoming *in, struct err *e)
{
	enum incoming_result r = judge(in);

	/* All are on disk before the first one appears. */
	for (size_t i = 0; i < in->n && r == INCOMING_OK; i++) {
		struct copy *copy = &in->copies[i];

		if (copy->e.kind == ERR_NONE)
			(void)delivery_sync(copy->delivery, &copy->e);
		if (copy->e.kind != ERR_NONE)
			r = failed(copy, e);
	}
	for (size_t i = 0; i < in->n && r == INCOMING_OK; i++)
		r = deliver(&in->copies[i], e);
	if (r != INCOMING_OK) {
		take_back(in);
		return r;
	}
	for (size_t i = 0; i < in->n; i++)
		tell(in, &in->copies[i]);
	return INCOMING_OK;
}

enum incoming_result
incoming_finish_one(struct incoming *in, size_t n, struct err *e)
{
	enum incoming_result r = judge(in);

	if (in->copies[n].uid > 0) /* by another name of his */
		return INCOMING_OK;
	if (r == INCOMING_OK)
		r = deliver(&in->copies[n], e);
	if (r == INCOMING_OK)
		tell(in, &in->copies[n]);
	return r;
}

void
incoming_free(struct incoming *in)
{
	if (in == NULL)
		return;
	for (size_t i = 0; i < in->n; i++) {
		struct copy *copy = &in->copies[i];

		delivery_free(copy->delivery);
		if (copy->mb != NULL)
			account_release(copy->user->account, copy->mb);
	}
	free(in->copies);
	free(in);
}
