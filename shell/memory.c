/* memory: what the replies of a connection have said. */
#include "shell/memory.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vis.h"
#include "wire/header.h"

#include <stdlib.h>

/* Strings, each once. */
struct names {
	char **v;
	size_t n, max;
};

struct memory {
	struct names mailboxes, flags;
	struct memory_message *messages; /* by number, those without first */
	size_t n;
	uint64_t count; /* EXISTS, STAT */
	/* Which mailbox the flags and messages are of. */
	char *mailbox;
	uint64_t uidvalidity;
};

struct memory *
memory_new(void)
{
	struct memory *m = mem_zalloc(sizeof(*m));

	m->mailboxes.max = MEMORY_MAILBOXES;
	m->flags.max = MEMORY_FLAGS;
	return m;
}

/* ---- names ---- */

static void
names_clear(struct names *s)
{
	while (s->n > 0)
		free(s->v[--s->n]);
	free(s->v);
	s->v = NULL;
}

static size_t
names_find(const struct names *s, struct str name)
{
	size_t i = 0;

	while (i < s->n && !str_eq(str_z(s->v[i]), name))
		i++;
	return i;
}

static void
names_remove(struct names *s, struct str name)
{
	size_t i = names_find(s, name);

	if (i == s->n)
		return;
	free(s->v[i]);
	memmove(s->v + i, s->v + i + 1, (--s->n - i) * sizeof(*s->v));
}

static void
names_add(struct names *s, struct str name)
{
	char *z;

	if (s->n >= s->max || name.n == 0 || name.n > MEMORY_TEXT ||
	    !vis_is_plain(name) || names_find(s, name) < s->n)
		return;
	z = mem_zalloc(name.n + 1);
	memcpy(z, name.p, name.n);
	s->v = mem_realloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = z;
}

void
memory_learn_mailbox(struct memory *m, struct str name)
{
	/* INBOX in any case is one and the same (RFC 9051 5.1). */
	names_add(
	    &m->mailboxes, str_eqcase(name, S("INBOX")) ? S("INBOX") : name);
}

void
memory_forget_mailbox(struct memory *m, struct str name)
{
	names_remove(&m->mailboxes, name);
}

void
memory_learn_flag(struct memory *m, struct str flag)
{
	names_add(&m->flags, flag);
}

/* ---- messages ---- */

void
memory_forget_messages(struct memory *m)
{
	while (m->n > 0)
		free(m->messages[--m->n].subject);
	free(m->messages);
	m->messages = NULL;
	m->count = 0;
	names_clear(&m->flags);
	free(m->mailbox);
	m->mailbox = NULL;
	m->uidvalidity = 0;
}

void
memory_forget_all(struct memory *m)
{
	memory_forget_messages(m);
	names_clear(&m->mailboxes);
}

void
memory_free(struct memory *m)
{
	if (m == NULL)
		return;
	memory_forget_all(m);
	free(m);
}

/* Where a message of this number stands or would stand. */
static size_t
place(const struct memory *m, uint64_t num)
{
	size_t low = 0, high = m->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (m->messages[mid].num < num)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
remove_at(struct memory *m, size_t i)
{
	free(m->messages[i].subject);
	memmove(m->messages + i, m->messages + i + 1,
	    (--m->n - i) * sizeof(*m->messages));
}

static struct memory_message *
insert_at(struct memory *m, size_t i)
{
	/* The first ones are the oldest. */
	if (m->n == MEMORY_MESSAGES) {
		if (i == 0)
			return NULL;
		remove_at(m, 0);
		i--;
	}
	m->messages =
	    mem_realloc(m->messages, (m->n + 1) * sizeof(*m->messages));
	memmove(m->messages + i + 1, m->messages + i,
	    (m->n++ - i) * sizeof(*m->messages));
	m->messages[i] = (struct memory_message){0};
	return &m->messages[i];
}

/* The message of this number, new if need be; NULL if there is no room. */
static struct memory_message *
of_number(struct memory *m, uint64_t num)
{
	size_t i = place(m, num);
	struct memory_message *msg;

	if (num == 0)
		return NULL;
	if (i < m->n && m->messages[i].num == num)
		return &m->messages[i];
	msg = insert_at(m, i);
	if (msg != NULL)
		msg->num = num;
	return msg;
}

void
memory_learn_uid(struct memory *m, uint64_t num, uint64_t uid)
{
	struct memory_message *msg;
	size_t i;

	/* Those without a number stand first. */
	for (i = 0; i < m->n && (num == 0 || m->messages[i].num == 0); i++) {
		if (m->messages[i].uid != uid)
			continue;
		if (num == 0)
			return;
		remove_at(m, i);
		break;
	}
	msg = num > 0 ? of_number(m, num) : insert_at(m, place(m, 1));
	if (msg != NULL)
		msg->uid = uid;
}

void
memory_learn_size(struct memory *m, uint64_t num, uint64_t size)
{
	struct memory_message *msg = of_number(m, num);

	if (msg != NULL)
		msg->size = size;
}

void
memory_learn_subject(struct memory *m, uint64_t num, struct str subject)
{
	struct memory_message *msg = of_number(m, num);
	struct buf text, shown;
	struct str head;

	if (msg == NULL)
		return;
	buf_init(&text, 4 * subject.n + 1);
	(void)header_decode(&text, subject);
	head = utf8_head(buf_str(&text), MEMORY_SUBJECT);
	buf_init(&shown, 12 * head.n + 1);
	(void)vis_add(&shown, head);
	for (size_t i = 0; i < shown.len; i++)
		if (shown.p[shown.off + i] == '\t')
			shown.p[shown.off + i] = ' ';
	free(msg->subject);
	msg->subject = mem_strdup(buf_cstr(&shown));
	buf_fini(&shown);
	buf_fini(&text);
}

void
memory_mark(struct memory *m, uint64_t num, bool gone)
{
	struct memory_message *msg;

	if (num == 0 && !gone) /* RSET */
		for (size_t i = 0; i < m->n; i++)
			m->messages[i].gone = false;
	else if ((msg = of_number(m, num)) != NULL)
		msg->gone = gone;
}

void
memory_expunge(struct memory *m, uint64_t num)
{
	size_t i = place(m, num);

	if (num == 0)
		return;
	if (i < m->n && m->messages[i].num == num)
		remove_at(m, i);
	for (; i < m->n; i++)
		m->messages[i].num--;
	m->count -= m->count > 0;
}

void
memory_count(struct memory *m, uint64_t n)
{
	m->count = n;
}

/* ---- what is asked ---- */

void
memory_here(struct memory *m, const struct conn *c)
{
	struct conn_mailbox box = conn_mailbox(c);

	free(m->mailbox);
	m->mailbox = mem_strdup(box.name);
	m->uidvalidity = box.uidvalidity;
	m->count = box.exists;
}

/* Forgets what is not of the mailbox that is selected now.  A script may have
 * selected another one, or have seen messages go: all that is known of then
 * is how many there are. */
static void
look(struct memory *m, const struct conn *c)
{
	struct conn_mailbox box;

	if (conn_proto(c) == NULL ||
	    strcmp(proto_name(conn_proto(c)), "imap") != 0)
		return;
	box = conn_mailbox(c);
	if (m->mailbox != NULL && strcmp(m->mailbox, box.name) == 0 &&
	    m->uidvalidity == box.uidvalidity && m->count <= box.exists) {
		m->count = box.exists;
		return;
	}
	memory_forget_messages(m);
	memory_here(m, c);
}

const char *
memory_mailbox(const struct memory *m, size_t n)
{
	return n < m->mailboxes.n ? m->mailboxes.v[n] : NULL;
}

const char *
memory_flag(struct memory *m, const struct conn *c, size_t n)
{
	look(m, c);
	return n < m->flags.n ? m->flags.v[n] : NULL;
}

const struct memory_message *
memory_message(struct memory *m, const struct conn *c, size_t n)
{
	look(m, c);
	return n < m->n ? &m->messages[n] : NULL;
}

const struct memory_message *
memory_find(struct memory *m, const struct conn *c, uint64_t num)
{
	size_t i;

	look(m, c);
	i = place(m, num);
	return i < m->n && m->messages[i].num == num ? &m->messages[i] : NULL;
}

/* "3", "1/3 del": what the prompt says of a maildrop. */
static uint64_t
count_of_prompt(const struct conn *c)
{
	uint64_t count = 0;
	struct buf b;
	struct str s;

	buf_init(&b, 1024);
	conn_describe(c, &b);
	s = buf_str(&b);
	if (str_has(s, '/'))
		(void)str_cut(&s, '/');
	(void)str_u64(str_word(&s), UINT64_MAX, &count);
	buf_fini(&b);
	return count;
}

uint64_t
memory_last(struct memory *m, const struct conn *c)
{
	uint64_t last;

	look(m, c);
	if (conn_proto(c) == NULL ||
	    strcmp(proto_name(conn_proto(c)), "pop3") != 0)
		return m->count;
	last = count_of_prompt(c);
	if (m->n > 0 && m->messages[m->n - 1].num > last)
		last = m->messages[m->n - 1].num;
	return last > m->count ? last : m->count;
}
