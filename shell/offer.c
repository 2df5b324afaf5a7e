/* offer: what the word at the cursor can be completed to. */
#include "shell/offer.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/vis.h"
#include "shell/added.h"
#include "shell/command.h"
#include "shell/help.h"
#include "shell/memory.h"
#include "shell/topics.h"
#include "shell/typed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <sys/stat.h>

/* ---- the list ---- */

static bool
is_offered(const struct offers *o, struct str text)
{
	for (size_t i = 0; i < o->n; i++)
		if (str_eq(str_z(o->v[i].text), text))
			return true;
	return false;
}

static void
add(struct offers *o, struct str text, const char *hint)
{
	struct offer *new;

	if (text.n == 0 || !vis_is_plain(text) || is_offered(o, text))
		return;
	if (o->n == OFFERS_MAX) {
		o->more++;
		return;
	}
	o->v = mem_realloc(o->v, (o->n + 1) * sizeof(*o->v));
	new = &o->v[o->n++];
	new->text = mem_zalloc(text.n + 1);
	memcpy(new->text, text.p, text.n);
	new->hint = hint != NULL ? mem_strdup(hint) : NULL;
	o->hinted = o->hinted || hint != NULL;
}

void
offer_name(struct offers *o, struct str name, const char *hint)
{
	if (str_startscase(name, offers_word(o)))
		add(o, name, hint);
}

void
offer_exact(struct offers *o, struct str name)
{
	add(o, name, NULL);
}

/* Whether s has letters, and all of them are small. */
static bool
is_small(struct str s)
{
	bool small = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
		small = small || ascii_alpha(s.p[i]);
	}
	return small;
}

void
offer_word(struct offers *o, struct str word, const char *hint)
{
	struct str typed = offers_word(o);
	struct buf b;

	if (!str_startscase(word, typed))
		return;
	buf_init(&b, word.n + 1);
	(void)buf_add(&b, typed);
	for (size_t i = typed.n; i < word.n; i++)
		(void)buf_addc(
		    &b, is_small(typed) ? ascii_lower(word.p[i]) : word.p[i]);
	add(o, buf_str(&b), hint);
	buf_fini(&b);
}

/* What IMAP4rev2 has in it (RFC 9051 E). */
static const char rev2[] =
    "NAMESPACE UNSELECT UIDPLUS ESEARCH SEARCHRES ENABLE IDLE SASL-IR "
    "LIST-EXTENDED LIST-STATUS MOVE LITERAL- BINARY SPECIAL-USE STATUS=SIZE";

bool
offer_has(const struct conn *c, struct str cap)
{
	char name[64];

	if (c == NULL || !conn_capabilities_known(c))
		return true;
	return conn_has(c, str_copy(name, sizeof(name), cap)) ||
	       (conn_has(c, "IMAP4rev2") && verb_word_in(rev2, cap));
}

void
offer_words(struct offers *o, const char *words)
{
	struct str rest = str_z(words), each, word;
	char text[64];

	while ((each = str_word(&rest)).n > 0) {
		word = str_cut(&each, '?');
		if (each.n > 0 && !offer_has(o->conn, each))
			continue;
		(void)str_copy(text, sizeof(text), word);
		for (char *p = text; (p = strchr(p, '_')) != NULL; p++)
			*p = ' ';
		offer_word(o, str_z(text), NULL);
	}
}

void
offers_done(struct offers *o)
{
	while (o->n > 0) {
		free(o->v[--o->n].text);
		free(o->v[o->n].hint);
	}
	free(o->v);
	*o = (struct offers){0};
}

static int
by_text(const void *a, const void *b)
{
	const struct offer *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Sorts those from the n-th on. */
static void
sort_from(struct offers *o, size_t n)
{
	if (o->n > n)
		qsort(o->v + n, o->n - n, sizeof(*o->v), by_text);
}

/* ---- what several have ---- */

void
offer_mechanisms(struct offers *o)
{
	struct str list = conn_capability(o->conn, "AUTH"), word;

	if (list.p == NULL)
		list = conn_capability(o->conn, "SASL");
	while (list.p != NULL && (word = str_word(&list)).n > 0)
		offer_word(o, word, NULL);
}

void
offer_used(struct offers *o, const char *verbs)
{
	struct str rest, word, second;

	for (int i = history_length; i-- > 0;) {
		rest = str_z(history_get(history_base + i)->line);
		word = typed_word(&rest);
		second = typed_word(&rest);
		if (!verb_word_in(verbs, word)) { /* behind a tag? */
			word = second;
			second = typed_word(&rest);
		}
		if (verb_word_in(verbs, word) && !str_starts(second, S("{")))
			offer_name(o, second, NULL);
	}
}

void
offer_addresses(struct offers *o, const char *tail)
{
	struct str rest, address;
	struct buf b;

	buf_init(&b, 1024);
	for (int i = history_length; i-- > 0;) {
		rest = str_z(history_get(history_base + i)->line);
		address = typed_word(&rest);
		if (!verb_word_in(
			"MAIL RCPT VRFY EXPN SEND SOML SAML", address))
			continue;
		if (str_has(rest, '<'))
			(void)str_cut(&rest, '<');
		address = str_trim(str_head(rest, str_find(rest, '>')));
		buf_clear(&b);
		if (address.n == 0 || str_has(address, ' ') ||
		    !str_has(address, '@') || buf_add(&b, address) != 0 ||
		    buf_addz(&b, tail) != 0)
			continue;
		offer_name(o, buf_str(&b), NULL);
	}
	buf_fini(&b);
}

static bool
is_folder(const char *path)
{
	char *full = tilde_expand(path);
	struct stat st;
	bool yes = stat(full, &st) == 0 && S_ISDIR(st.st_mode);

	free(full);
	return yes;
}

void
offer_files(struct offers *o)
{
	struct str word = offers_word(o);
	char *text = strndup(word.p, word.n), *name;
	struct buf b;

	buf_init(&b, 8192);
	for (int state = 0;
	     text != NULL &&
	     (name = rl_filename_completion_function(text, state)) != NULL;
	     state = 1) {
		buf_clear(&b);
		(void)buf_addz(&b, name);
		if (is_folder(name))
			(void)buf_addc(&b, '/');
		if (str_starts(buf_str(&b), word))
			add(o, buf_str(&b), NULL);
		free(name);
	}
	free(text);
	buf_fini(&b);
}

/* A message in the list: "12", and its subject or size. */
static void
offer_message(struct offers *o, uint64_t n, const struct memory_message *m)
{
	char text[24], hint[MEMORY_SUBJECT + 64];

	hint[0] = '\0';
	if (m != NULL && m->subject != NULL)
		snprintf(hint, sizeof(hint), "%.*s",
		    STRF(utf8_head(str_z(m->subject), MEMORY_SUBJECT)));
	else if (m != NULL && m->size > 0)
		snprintf(hint, sizeof(hint), text_of("%llu octets"),
		    (unsigned long long)m->size);
	snprintf(text, sizeof(text), "%" PRIu64, n);
	if (!str_starts(str_z(text), offers_word(o)))
		return;
	if (o->n >= OFFERS_MESSAGES)
		o->more++;
	else
		add(o, str_z(text), *hint != '\0' ? hint : NULL);
}

/* Numbers from the last one down, those alone that begin as the word does:
 * of many messages few are looked at. */
static void
offer_numbers(struct offers *o, struct memory *mem, uint64_t last)
{
	struct str word = offers_word(o);
	uint64_t typed = 0, low, high, n;
	const struct memory_message *m;

	if (word.n > 0 && !str_u64(word, UINT32_MAX, &typed))
		return;
	if (word.n > 0 && typed == 0)
		return;
	/* No message has a higher number (RFC 9051 9). */
	last = last < UINT32_MAX ? last : UINT32_MAX;
	low = word.n > 0 ? typed : 1;
	high = word.n > 0 ? typed : last;
	for (; low <= last; low *= 10, high = high * 10 + 9) {
		high = high < last ? high : last;
		for (n = high; n >= low; n--) {
			m = memory_find(mem, o->conn, n);
			if (o->n >= OFFERS_MESSAGES) {
				o->more += n - low + 1;
				break;
			}
			if (m == NULL || !m->gone)
				offer_message(o, n, m);
		}
		if (word.n == 0)
			break;
	}
}

void
offer_messages(struct offers *o, bool uids)
{
	struct memory *mem = o->sh->current->memory;
	const struct memory_message *m;
	size_t n = 0;

	o->ordered = true;
	/* "1,3:": a set grows at its end. */
	for (size_t i = o->at; i < o->line.n; i++)
		if (o->line.p[i] == ',' || o->line.p[i] == ':')
			o->at = i + 1;
	if (mem == NULL)
		return;
	if (!uids) {
		offer_numbers(o, mem, memory_last(mem, o->conn));
		return;
	}
	while (memory_message(mem, o->conn, n) != NULL)
		n++;
	while (n-- > 0) {
		m = memory_message(mem, o->conn, n);
		if (m->uid > 0)
			offer_message(o, m->uid, m);
	}
}

/* ---- verbs ---- */

/* 2: allowed now and announced, 1: allowed, 0: not to be offered. */
static int
rank(const struct conn *c, const struct verb *v)
{
	if (v->states != 0 && (v->states & conn_state(c)) == 0)
		return 0;
	/* No stamp in the greeting: no APOP (RFC 1939 7). */
	if (strcmp(v->name, "APOP") == 0 && conn_apop_stamp(c).n == 0)
		return 0;
	if (v->capability == NULL || !conn_capabilities_known(c))
		return 1;
	return offer_has(c, str_z(v->capability)) ? 2 : 0;
}

/* Of the name of a verb what may stand here: all of it, its first word, or
 * what is behind `first`.  p NULL: nothing. */
static struct str
part(struct str name, struct str first)
{
	struct str head = str_cut(&name, ' ');

	if (first.n == 0)
		return head;
	if (name.n == 0 || !str_eqcase(head, first))
		head.p = NULL;
	return head.p != NULL ? name : head;
}

static void
offer_verbs(struct offers *o, struct str first)
{
	const struct verb *v, *only = NULL;
	struct str word;
	size_t begin, n;

	/* Those that the server announced come first. */
	o->ordered = true;
	for (int r = 2; r > 0; r--) {
		begin = o->n;
		for (v = proto_verbs(conn_proto(o->conn)); v->name != NULL;
		     v++) {
			word = part(str_z(v->name), first);
			if (word.p == NULL || rank(o->conn, v) != r)
				continue;
			n = o->n;
			offer_word(o, word, NULL);
			only = o->n > n ? v : only;
		}
		sort_from(o, begin);
	}
	/* A space that nothing follows would be sent. */
	if (o->n == 1 && only != NULL)
		o->space = only->argmin > 0 || strchr(only->name, ' ') != NULL;
}

static void
offer_arguments(struct offers *o)
{
	const struct proto *p = conn_proto(o->conn);
	struct str args, rest = o->line, before;
	const struct verb *v = verb_find(proto_verbs(p), rest, &args);

	/* Behind a tag of one's own. */
	if (v == NULL && strcmp(proto_name(p), "imap") == 0) {
		(void)typed_word(&rest);
		before = str_head(o->line, o->at);
		if (o->n > 0) /* "UID " is none */
			return;
		before =
		    str_trim(str_skip(before, (size_t)(rest.p - o->line.p)));
		if (before.n == 0)
			offer_verbs(o, S(""));
		v = verb_find(proto_verbs(p), rest, &args);
	}
	if (v == NULL || (size_t)(args.p - o->line.p) > o->at)
		return;
	if (strcmp(proto_name(p), "imap") == 0)
		offer_imap(o, v, args);
	else if (strcmp(proto_name(p), "pop3") == 0)
		offer_pop3(o, v, args);
	else
		offer_smtp(o, v, args);
}

/* ---- kinds of lines ---- */

static void
offer_commands(struct offers *o, const char *prefix)
{
	char name[32];

	for (size_t i = 0; commands[i] != NULL; i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, commands[i]->name);
		offer_word(o, str_z(name), NULL);
	}
	/* Without a colon there are few. */
	for (const struct added *a = *prefix != '\0' ? o->sh->added : NULL;
	     a != NULL; a = a->next) {
		snprintf(name, sizeof(name), "%s%s", prefix, a->name);
		offer_word(o, str_z(name), NULL);
	}
	o->space = true;
}

static void
offer_topics(struct offers *o)
{
	static const char *const names[] = {"pop3", "smtp", "lmtp", "imap"};
	const struct proto *p = o->conn != NULL ? conn_proto(o->conn) : NULL;
	const struct verb *v;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (p != NULL && p != proto_find(str_z(names[i])))
			continue;
		v = proto_verbs(proto_find(str_z(names[i])));
		for (; v->name != NULL; v++)
			offer_word(o, str_z(v->name), NULL);
	}
	for (size_t i = 0; i < TOPIC_KINDS; i++)
		for (const struct topic *t = topic_tables[i].rows;
		     t->key != NULL; t++)
			if (offers_word(o).n > 0 || !ascii_digit(*t->key))
				offer_name(o, str_z(t->key), NULL);
	for (size_t i = 0; commands[i] != NULL; i++)
		offer_word(o, str_z(commands[i]->name), NULL);
}

/* ":name ARGUMENTS". */
static void
offer_command_arguments(struct offers *o)
{
	struct str rest = str_skip(o->line, 1), name = typed_word(&rest);
	const struct command *c = command_find(name);
	struct str before =
	    str_head(rest, (size_t)(o->line.p + o->at - rest.p));
	struct str behind = before;
	const char *word;
	size_t n = 0;

	while (typed_word(&before).n > 0)
		n++;
	if (c == NULL || n >= c->argmax)
		return;
	o->space = n + 1 < c->argmax;
	for (size_t i = 0;
	     c->complete != NULL && (word = c->complete(o->sh, i)) != NULL; i++)
		offer_name(o, str_z(word), NULL);
	for (size_t i = 0;
	     c->complete_behind != NULL &&
	     (word = c->complete_behind(o->sh, behind, i)) != NULL;
	     i++)
		offer_name(o, str_z(word), NULL);
	if (c == &cmd_help)
		offer_topics(o);
	if (c->files)
		offer_files(o);
}

/* The last word begins behind the last blank; in quotes, behind the quote. */
static size_t
word_begin(struct str line)
{
	size_t at = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '"') {
			quoted = !quoted;
			at = quoted ? i + 1 : at;
		} else if (!quoted && (line.p[i] == ' ' || line.p[i] == '\t')) {
			at = i + 1;
		}
	}
	return at;
}

/*
 * Where the name behind a redirection begins that the cursor is in; 0 if it is
 * in none.  *command: what is there is a line of the system's shell.
 */
static size_t
redirection(struct str line, bool *command)
{
	static const struct str ops[] = {
	    STR(" :> "), STR(" :>> "), STR(" :< "), STR(" :| ")};
	size_t at = 0;

	*command = false;
	for (size_t i = 0; i < line.n && !*command; i++) {
		for (size_t j = 0; j < sizeof(ops) / sizeof(*ops); j++) {
			if (!str_starts(str_skip(line, i), ops[j]))
				continue;
			at = i + ops[j].n;
			*command = j == 3;
		}
	}
	while (at > 0 && at < line.n && line.p[at] == ' ')
		at++;
	return at;
}

/* A line of the protocol. */
static void
offer_protocol(struct offers *o)
{
	struct str first = o->line;
	bool command;
	size_t at = redirection(o->line, &command);

	if (at > 0 && command) {
		o->foreign = true;
	} else if (at > 0) {
		o->at = at;
		offer_files(o);
	} else if (o->conn == NULL || conn_proto(o->conn) == NULL) {
		if (o->at == 0)
			offer_commands(o, "");
	} else if (o->at == 0) {
		offer_verbs(o, S(""));
		if (o->line.n == 0)
			offer_commands(o, ":");
	} else {
		first = typed_word(&first);
		if (str_trim(str_skip(str_head(o->line, o->at), first.n)).n ==
		    0)
			offer_verbs(o, first);
		offer_arguments(o);
	}
}

void
offers_find(struct offers *o, struct shell *sh, struct str line)
{
	*o = (struct offers){.sh = sh, .line = line};
	o->conn = shell_is_open(sh) ? sh->current->conn : NULL;
	o->at = word_begin(line);
	switch (line.n > 0 ? *line.p : '\0') {
	case ':':
		if (o->at == 0)
			offer_commands(o, ":");
		else
			offer_command_arguments(o);
		break;
	case '?':
		o->at = 1;
		offer_topics(o);
		break;
	case '=':
		offer_lua(o);
		break;
	case '!':
		o->foreign = true;
		break;
	default:
		offer_protocol(o);
	}
	if (!o->ordered)
		sort_from(o, 0);
}
