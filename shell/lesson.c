/* lesson: what one reply says to the memory. */
#include "base/limits.h"
#include "base/mem.h"
#include "proto/verb.h"
#include "shell/memory.h"
#include "shell/typed.h"
#include "wire/header.h"
#include "wire/mutf7.h"

#include <stdlib.h>

struct lesson {
	struct memory *memory;
	struct cmd *cmd;
	bool imap, begun;
	struct imap_parser parser;
	struct arena arena;
	bool literal;	 /* the octets that come belong into the tree */
	struct buf text; /* the beginning of a message, or a line of LIST */
	uint64_t number; /* POP3: of the message that is read */
};

static bool
is_verb(const struct lesson *l, const char *names)
{
	return l->cmd->verb != NULL &&
	       verb_word_in(names, str_z(l->cmd->verb->name));
}

/* The n-th word (from 0) behind the verb of the line that was sent. */
static struct str
argument(const struct lesson *l, size_t n)
{
	struct str rest = l->cmd->line, word;

	if (l->cmd->tag.n > 0)
		(void)typed_word(&rest);
	(void)typed_word(&rest);
	do
		word = typed_word(&rest);
	while (n-- > 0);
	return word;
}

/* ---- IMAP ---- */

/* The text of a mailbox name as people read it. */
static void
learn_name(struct memory *m, struct conn *c, struct str wire, bool there)
{
	struct buf b;
	struct str name = wire;

	buf_init(&b, MEMORY_TEXT + 1);
	if (!conn_is_utf8(c) && mutf7_decode(&b, wire) == 0)
		name = buf_str(&b);
	if (there)
		memory_learn_mailbox(m, name);
	else
		memory_forget_mailbox(m, name);
	buf_fini(&b);
}

static void
learn_list(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	const struct imap_val *flag =
	    msg->vals != NULL ? msg->vals->first : NULL;

	/* What cannot be selected is a place in the hierarchy all the same. */
	for (; flag != NULL; flag = flag->next)
		if (imap_is(flag, "\\NonExistent"))
			return;
	learn_name(m, c, imap_text(imap_nth(msg->vals, 2)), true);
}

static void
learn_status(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	learn_name(m, c, imap_text(msg->vals), true);
}

static void
learn_flags(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	const struct imap_val *v = msg->vals;

	(void)c;
	for (v = v != NULL ? v->first : NULL; v != NULL; v = v->next)
		memory_learn_flag(m, v->s);
}

static void
learn_ok(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	const struct imap_val *v = msg->code != NULL ? msg->code->first : NULL;

	(void)c;
	if (v == NULL || !imap_is(v, "PERMANENTFLAGS") || v->next == NULL)
		return;
	for (v = v->next->first; v != NULL; v = v->next)
		if (!imap_is(v, "\\*"))
			memory_learn_flag(m, v->s);
}

static void
learn_fetch(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	const struct imap_val *v = msg->vals, *value;

	(void)c;
	if (!msg->has_num || v == NULL)
		return;
	for (v = v->first; v != NULL && (value = v->next) != NULL;
	     v = value->next) {
		if (imap_is(v, "UID") && value->kind == IMAP_NUMBER)
			memory_learn_uid(m, msg->num, value->num);
		else if (imap_is(v, "RFC822.SIZE") &&
			 value->kind == IMAP_NUMBER)
			memory_learn_size(m, msg->num, value->num);
		else if (imap_is(v, "ENVELOPE") && value->first != NULL)
			memory_learn_subject(
			    m, msg->num, imap_text(imap_nth(value->first, 1)));
	}
}

/* What UID SEARCH found: the last ones, if they are many. */
static void
learn_uids(struct memory *m, const struct imap_msg *msg)
{
	size_t n = 0;

	for (const struct imap_val *v = msg->vals; v != NULL; v = v->next)
		n++;
	for (const struct imap_val *v = msg->vals; v != NULL; v = v->next)
		if (n-- <= MEMORY_MESSAGES && v->kind == IMAP_NUMBER)
			memory_learn_uid(m, 0, v->num);
}

static void
learn_expunge(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	(void)c;
	if (msg->has_num)
		memory_expunge(m, msg->num);
}

static void
learn_exists(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	(void)c;
	if (msg->has_num)
		memory_count(m, msg->num);
}

/* Numbers shift, and which ones is not said (RFC 7162 3.2.10). */
static void
learn_vanished(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	(void)msg;
	memory_forget_messages(m);
	memory_here(m, c);
}

static const struct {
	const char *names;
	void (*fn)(
	    struct memory *m, struct conn *c, const struct imap_msg *msg);
} responses[] = {
    {"LIST LSUB XLIST", learn_list},
    {"STATUS", learn_status},
    {"FLAGS", learn_flags},
    {"OK", learn_ok},
    {"FETCH", learn_fetch},
    {"EXPUNGE", learn_expunge},
    {"EXISTS", learn_exists},
    {"VANISHED", learn_vanished},
};

static void
learn_response(struct memory *m, struct conn *c, const struct imap_msg *msg)
{
	size_t n = sizeof(responses) / sizeof(*responses);

	if (msg->type != IMAP_UNTAGGED)
		return;
	for (size_t i = 0; i < n; i++)
		if (verb_word_in(responses[i].names, msg->name))
			responses[i].fn(m, c, msg);
}

/* The subject in a header that went by as octets. */
static void
learn_header(struct lesson *l, uint64_t number)
{
	struct field f;

	if (l->text.len > 0 && header_find(buf_str(&l->text), S("Subject"), &f))
		memory_learn_subject(l->memory, number, f.value);
	buf_clear(&l->text);
}

/* Whether the octets of a FETCH begin with the header of the message: those
 * of the first literal that is no part of the tree. */
static bool
has_header(const struct imap_msg *msg)
{
	const struct imap_val *v = msg->vals, *value;
	struct imap_section s;

	for (v = v != NULL ? v->first : NULL;
	     v != NULL && (value = v->next) != NULL; v = value->next) {
		if (value->kind != IMAP_LITERAL || value->stream != 0)
			continue;
		if (imap_is(v, "RFC822") || imap_is(v, "RFC822.HEADER"))
			return true;
		return imap_section(v->s, &s) && s.origin == 0 &&
		       (s.section.n == 0 ||
			   str_startscase(s.section, S("HEADER")));
	}
	return false;
}

static void
imap_over(struct lesson *l)
{
	const struct imap_msg *msg = &l->parser.msg;

	l->begun = false;
	learn_response(l->memory, l->cmd->conn, msg);
	if (msg->type == IMAP_UNTAGGED && l->cmd->verb != NULL &&
	    strcmp(l->cmd->verb->name, "UID SEARCH") == 0 &&
	    str_eqcase(msg->name, S("SEARCH")))
		learn_uids(l->memory, msg);
	if (msg->type == IMAP_UNTAGGED && msg->has_num &&
	    str_eqcase(msg->name, S("FETCH")) && has_header(msg))
		learn_header(l, msg->num);
	buf_clear(&l->text);
}

static void
imap_one_line(struct lesson *l, struct str line)
{
	struct err ignored = {0};

	if (!l->begun) {
		arena_fini(&l->arena);
		arena_init(&l->arena, MEMORY_RESPONSE);
		imap_begin(&l->parser, &l->arena, false, limits.nesting);
		l->begun = true;
	}
	l->literal = false;
	switch (imap_line(&l->parser, line, &ignored)) {
	case IMAP_GOT_LITERAL:
		l->literal = !l->parser.literal.body &&
			     l->parser.literal.size <= MEMORY_HEADER;
		if (!l->literal)
			(void)imap_literal_stream(&l->parser);
		break;
	case IMAP_GOT_MSG:
		imap_over(l);
		break;
	case IMAP_GOT_BAD: /* too much for us; the next line begins anew */
		l->begun = false;
		buf_clear(&l->text);
		break;
	}
}

void
memory_unasked(struct memory *m, struct conn *c, struct str line)
{
	struct err ignored = {0};
	struct imap_parser p;
	struct arena a;

	if (conn_proto(c) == NULL ||
	    strcmp(proto_name(conn_proto(c)), "imap") != 0)
		return;
	arena_init(&a, MEMORY_RESPONSE);
	imap_begin(&p, &a, false, limits.nesting);
	if (imap_line(&p, line, &ignored) == IMAP_GOT_MSG)
		learn_response(m, c, &p.msg);
	arena_fini(&a);
}

/* ---- POP3 ---- */

/* "3 120" of a LIST, a line each. */
static void
pop3_list_bytes(struct lesson *l, struct str bytes)
{
	struct str line;
	uint64_t num, size;
	bool whole;

	while (bytes.n > 0) {
		whole = str_has(bytes, '\n');
		line = str_cut(&bytes, '\n');
		if (l->text.len + line.n > 100) /* no line of a LIST */
			buf_clear(&l->text);
		else
			(void)buf_add(&l->text, line);
		if (!whole)
			return;
		line = str_chomp(buf_str(&l->text));
		if (str_u64(str_word(&line), UINT64_MAX, &num) &&
		    str_u64(str_word(&line), UINT64_MAX, &size))
			memory_learn_size(l->memory, num, size);
		buf_clear(&l->text);
	}
}

static void
pop3_end(struct lesson *l)
{
	struct str text = l->cmd->reply.text;
	uint64_t num;

	if (is_verb(l, "RETR TOP"))
		learn_header(l, l->number);
	else if (is_verb(l, "DELE"))
		memory_mark(l->memory, l->number, true);
	else if (is_verb(l, "RSET"))
		memory_mark(l->memory, 0, false);
	else if (is_verb(l, "STAT") &&
		 str_u64(str_word(&text), UINT64_MAX, &num))
		memory_count(l->memory, num);
}

/* ---- all ---- */

struct lesson *
lesson_new(struct memory *m, struct cmd *cmd)
{
	struct lesson *l = mem_zalloc(sizeof(*l));
	const struct proto *p = conn_proto(cmd->conn);

	l->memory = m;
	l->cmd = cmd;
	l->imap = p != NULL && strcmp(proto_name(p), "imap") == 0;
	arena_init(&l->arena, MEMORY_RESPONSE);
	buf_init(&l->text, MEMORY_HEADER);
	if (is_verb(l, "SELECT EXAMINE"))
		memory_forget_messages(m);
	(void)str_u64(argument(l, 0), UINT64_MAX, &l->number);
	return l;
}

void
lesson_line(struct lesson *l, struct str line)
{
	if (l->imap)
		imap_one_line(l, line);
}

void
lesson_bytes(struct lesson *l, struct str bytes)
{
	struct err ignored = {0};
	size_t room = buf_free(&l->text);

	if (l->imap && l->literal) {
		if (imap_literal_add(&l->parser, bytes, &ignored) != 0)
			l->begun = l->literal = false;
	} else if (is_verb(l, "LIST") && !l->imap) {
		pop3_list_bytes(l, bytes);
	} else {
		(void)buf_add(
		    &l->text, bytes.n < room ? bytes : str_head(bytes, room));
	}
}

/* The name in the n-th argument; there: it exists from now on. */
static void
learn_argument(struct lesson *l, size_t n, bool there)
{
	struct buf b;

	buf_init(&b, MEMORY_TEXT);
	if (typed_unquote(&b, argument(l, n)) == 0)
		learn_name(l->memory, l->cmd->conn, buf_str(&b), there);
	buf_fini(&b);
}

static void
imap_end(struct lesson *l)
{
	struct conn *c = l->cmd->conn;

	if (is_verb(l, "SELECT EXAMINE")) {
		memory_here(l->memory, c);
		memory_learn_mailbox(l->memory, str_z(conn_mailbox(c).name));
	}
	if (is_verb(l, "DELETE RENAME"))
		learn_argument(l, 0, false);
	if (is_verb(l, "CREATE RENAME"))
		learn_argument(l, is_verb(l, "RENAME") ? 1 : 0, true);
}

void
lesson_end(struct lesson *l, bool done)
{
	uint32_t flags = l->cmd->verb != NULL ? l->cmd->verb->flags : 0;

	if (done && l->imap)
		imap_end(l);
	else if (done)
		pop3_end(l);
	/* What was said before TLS, or to another user, does not count. */
	if (done && flags & (VERB_TLS | VERB_LOGIN))
		memory_forget_all(l->memory);
	arena_fini(&l->arena);
	buf_fini(&l->text);
	free(l);
}
