/* answer: what the server asks for in the middle of a command. */
#include "base/base64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/spool.h"
#include "shell/record.h"
#include "shell/secret.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- getting the lines ---- */

enum read {
	READ_DONE,
	READ_OVER, /* the command is over */
	READ_EOF,
	READ_DROPPED, /* Ctrl-C, and the connection is gone */
	READ_FULL,    /* more than can be kept */
};

bool
answer_literal_of(struct str line, uint64_t *n)
{
	size_t open;
	struct str digits;

	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	for (open = line.n - 1; open > 0 && line.p[open] != '{'; open--)
		;
	digits = (struct str){line.p + open + 1, line.n - open - 2};
	if (line.p[open] != '{')
		return false;
	if (digits.n > 0 &&
	    (digits.p[digits.n - 1] == '+' || digits.p[digits.n - 1] == '-'))
		digits.n--;
	return str_u64(digits, UINT64_MAX, n);
}

bool
answer_give_up(struct shell *sh, struct running *r)
{
	if (sh->interactive) {
		screen_note("there is no other way out of here than to hang "
			    "up");
		if (!shell_yes(sh, "drop the connection? [y/N] "))
			return false;
	}
	r->left = r->session->closing = true;
	r->status = sh->interactive ? STATUS_OK : STATUS_INTERRUPTED;
	conn_drop(r->session->conn);
	return true;
}

/*
 * One line that belongs to r (NULL: to nothing, it is skipped).  Ctrl-C may
 * end in a dropped connection.
 */
static enum read
read_line(
    struct shell *sh, struct running *r, const char *prompt, struct buf *line)
{
	struct ask ask = {.prompt = prompt, .until = r != NULL ? r->cmd : NULL};

	for (;;) {
		switch (sh->ask(sh, &ask, line)) {
		case GOT_LINE:
			return READ_DONE;
		case GOT_EOF:
			return READ_EOF;
		case GOT_OVER:
			return READ_OVER;
		case GOT_INT:
			if (r == NULL || answer_give_up(sh, r))
				return READ_DROPPED;
			break;
		}
	}
}

/* A line of a literal: hidden if it may be a password. */
static enum read
read_part(
    struct shell *sh, struct running *r, const char *prompt, struct buf *line)
{
	struct err e = {0};
	char *secret;

	if (!sh->interactive || r == NULL || r->cmd->verb == NULL ||
	    (r->cmd->verb->flags & VERB_SECRET) == 0)
		return read_line(sh, r, prompt, line);
	secret = secret_ask(sh, prompt, &e);
	buf_clear(line);
	if (secret == NULL)
		return answer_give_up(sh, r) ? READ_DROPPED
					     : read_part(sh, r, prompt, line);
	(void)buf_addz(line, secret);
	mem_free_secret(secret);
	return READ_DONE;
}

/*
 * Collects n octets from the lines that follow, their ends counted as CRLF,
 * and the rest of the command behind them, with its end: *out is as it must
 * be sent.
 */
static enum read
read_literal(struct shell *sh, struct running *r, uint64_t n, struct buf *out)
{
	struct buf line;
	char prompt[80];
	enum read got;

	buf_init(&line, SHELL_LINE_MAX);
	line.secret = true;
	do {
		snprintf(prompt, sizeof(prompt), text_of("literal %llu> "),
		    (unsigned long long)(n - out->len));
		got = read_part(sh, r,
		    out->len < n ? prompt : text_of("rest of the line> "),
		    &line);
		if (got != READ_DONE)
			break;
		if (buf_add(out, buf_str(&line)) != 0 ||
		    buf_add(out, S("\r\n")) != 0)
			got = READ_FULL;
	} while (got == READ_DONE && out->len <= n);
	/* The octets ended between CR and LF: the LF is no part of them. */
	if (got == READ_DONE && out->len == n + 1) {
		out->len--;
		got = buf_add(out, S("\r\n")) != 0 ? READ_FULL : READ_DONE;
	}
	buf_fini(&line);
	return got;
}

/* Lines up to a lone dot, into sp unless that is NULL. */
static enum read
read_data(struct shell *sh, struct running *r, struct spool *sp)
{
	struct err e = {0};
	struct buf line;
	enum read got;

	buf_init(&line, SHELL_LINE_MAX + 2);
	for (;;) {
		got = read_line(sh, r, text_of("data> "), &line);
		/* Ctrl-D is an end like the dot; a script that breaks off in
		 * the middle of a message is none. */
		if (got == READ_EOF && sh->interactive)
			got = READ_DONE;
		else if (got == READ_DONE && !str_eq(buf_str(&line), S("."))) {
			(void)buf_add(&line, S("\r\n"));
			if (sp == NULL ||
			    spool_add(sp, buf_str(&line), &e) == 0)
				continue;
			screen_error("%s", e.msg);
			got = READ_FULL;
		}
		break;
	}
	buf_fini(&line);
	return got;
}

/* The input ended before the message did: nothing of it must be sent. */
static void
broke_off(struct running *r, enum read got)
{
	if (got == READ_OVER || got == READ_DROPPED)
		return;
	screen_error("%.*s: %s; the connection is dropped", STRF(r->cmd->line),
	    got == READ_EOF ? text_of("the input ends before the text does")
			    : text_of("too much to type; use :< FILE"));
	r->left = r->session->closing = true;
	r->status = STATUS_USAGE;
	conn_drop(r->session->conn);
}

/* ---- answering ---- */

static void
failed(struct running *r, const struct err *e)
{
	screen_error("%s", e->msg);
	r->left = true;
	r->status = status_of_err(e);
	conn_drop(r->session->conn);
}

static void
answer_literal(struct shell *sh, struct running *r)
{
	struct err e = {0};
	struct buf out;
	struct str rest;
	bool secret =
	    r->cmd->verb != NULL && (r->cmd->verb->flags & VERB_SECRET) != 0;
	enum read got;

	buf_init(&out, limits.reply);
	out.secret = true;
	got = read_literal(sh, r, r->literal, &out);
	if (got == READ_OVER && r->counts) {
		screen_error("the server refused, and still counts on the "
			     "literal; the connection is dropped");
		r->session->closing = true;
		conn_drop(r->session->conn);
	} else if (got != READ_DONE) {
		broke_off(r, got);
	} else {
		rest = str_skip(buf_str(&out), (size_t)r->literal);
		(void)answer_literal_of(str_chomp(rest), &r->literal);
		r->counts = str_ends(rest, S("+}\r\n"));
		record_answer(r->record, buf_str(&out));
		if (conn_answer(r->cmd, buf_str(&out), secret, &e) != 0)
			failed(r, &e);
	}
	buf_fini(&out);
}

static void
answer_data(struct shell *sh, struct running *r)
{
	struct spool *sp = spool_new(limits.spool_memory);
	struct err e = {0};
	struct body *body;
	enum read got = read_data(sh, r, sp);

	if (got != READ_DONE) {
		spool_free(sp);
		broke_off(r, got);
		return;
	}
	body = body_spool(sp);
	record_answer_body(r->record, body);
	if (conn_answer_body(r->cmd, body, &e) != 0)
		failed(r, &e);
	body_unref(body);
}

/* IDLE: until DONE is typed (RFC 2177). */
static void
answer_idle(struct shell *sh, struct running *r)
{
	struct ask ask = {.prompt = text_of("idle> "), .until = r->cmd};
	struct err e = {0};
	struct buf line;
	struct str s;
	enum got got;

	buf_init(&line, SHELL_LINE_MAX);
	for (;;) {
		got = sh->ask(sh, &ask, &line);
		s = str_trim(buf_str(&line));
		if (got != GOT_LINE || str_eqcase(s, S("DONE")))
			break;
		if (s.n > 0)
			screen_note("the server is idling: DONE or Ctrl-C "
				    "ends that");
	}
	if (got != GOT_OVER)
		record_answer(r->record, S("DONE\r\n"));
	if (got != GOT_OVER &&
	    conn_answer(r->cmd, S("DONE\r\n"), false, &e) != 0)
		failed(r, &e);
	buf_fini(&line);
}

/* One step of a SASL exchange by hand: the challenge in words, the answer
 * hidden unless a name is asked for (AUTH LOGIN). */
static void
answer_sasl(struct shell *sh, struct running *r)
{
	struct err e = {0};
	struct buf words, line, out;
	enum read got;

	buf_init(&words, limits.line);
	buf_init(&line, SHELL_LINE_MAX);
	buf_init(&out, 2 * SHELL_LINE_MAX);
	line.secret = out.secret = true;
	if (base64_decode(&words, str_trim(r->cmd->challenge)) != 0)
		screen_note("(this challenge is no base64)");
	else if (words.len > 0)
		screen_note("the challenge: %.*s", STRF(buf_str(&words)));
	if (str_startscase(buf_str(&words), S("user")))
		got = read_line(sh, r, text_of("answer> "), &line);
	else
		got = read_part(
		    sh, r, text_of("answer (hidden; * gives up)> "), &line);
	if (got == READ_EOF) {
		buf_clear(&line);
		(void)buf_addc(&line, '*');
	}
	if (got == READ_DONE || got == READ_EOF) {
		/* A lone star cancels the exchange (RFC 4954 4). */
		if (str_eq(buf_str(&line), S("*")))
			(void)buf_addc(&out, '*');
		else
			(void)base64_encode(&out, buf_str(&line));
		(void)buf_add(&out, S("\r\n"));
		if (conn_answer(r->cmd, buf_str(&out), true, &e) != 0)
			failed(r, &e);
	}
	buf_fini(&words);
	buf_fini(&line);
	buf_fini(&out);
}

void
answer(struct shell *sh, struct running *r)
{
	uint32_t flags = r->cmd->verb != NULL ? r->cmd->verb->flags : 0;

	r->answered = true;
	if (flags & VERB_IDLE)
		answer_idle(sh, r);
	else if (flags & VERB_SASL)
		answer_sasl(sh, r);
	else if (r->cmd->tag.n > 0)
		answer_literal(sh, r);
	else
		answer_data(sh, r);
}

void
answer_skip(struct shell *sh, const struct verb *verb, struct str line)
{
	struct buf out;
	uint64_t n;

	buf_init(&out, limits.reply);
	if (verb != NULL && verb->flags & VERB_BODY && verb->argmin == 0) {
		(void)read_data(sh, NULL, NULL);
	} else if (answer_literal_of(line, &n)) {
		while (read_literal(sh, NULL, n, &out) == READ_DONE &&
		       answer_literal_of(
			   str_chomp(str_skip(buf_str(&out), (size_t)n)), &n))
			buf_clear(&out);
	}
	buf_fini(&out);
}
