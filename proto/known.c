/* known: what is known of a connection, and the events that tell of it. */
#include "proto/engine.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum conn_phase
conn_phase(const struct conn *c)
{
	return c->phase;
}

const struct err *
conn_error(const struct conn *c)
{
	return &c->err;
}

const struct proto *
conn_proto(const struct conn *c)
{
	return c->proto;
}

const struct conn_config *
conn_config(const struct conn *c)
{
	return &c->cfg;
}

unsigned
conn_state(const struct conn *c)
{
	return c->state;
}

const char *
conn_state_name(const struct conn *c)
{
	unsigned n;

	if (c->proto == NULL)
		return "";
	for (n = 0; c->state >> n > 1; n++)
		continue;
	return proto_state_name(c->proto, n);
}

bool
conn_is_tls(const struct conn *c)
{
	return c->phase == CONN_OPEN && !c->handshaking &&
	       stream_is_tls(c->stream);
}

struct tls_info *
conn_tls_info(const struct conn *c, struct arena *a)
{
	return conn_is_tls(c) ? tls_info(c->stream, a) : NULL;
}

bool
conn_certifies(const struct conn *c, const char *name)
{
	return conn_is_tls(c) && tls_certifies(c->stream, name);
}

bool
conn_is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (host == NULL)
		return false;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	/* RFC 6761 6.3: these names mean this host, and nothing else. */
	return str_eqcase(str_z(host), S("localhost")) ||
	       (strlen(host) > 10 && str_eqcase(str_z(host + strlen(host) - 10),
					 S(".localhost")));
}

bool
conn_is_private(const struct conn *c)
{
	return conn_is_tls(c) || c->cfg.transport != URL_TCP ||
	       (c->via.name == NULL && conn_is_loopback(c->cfg.host));
}

const char *
conn_proxy(const struct conn *c)
{
	return c->via.name;
}

const char *
conn_user(const struct conn *c)
{
	return c->user != NULL ? c->user : "";
}

void
conn_set_name(char **at, struct str name)
{
	free(*at);
	*at = mem_zalloc(name.n + 1);
	str_copy(*at, name.n + 1, name);
}

const char *
conn_welcome(const struct conn *c)
{
	return c->welcome;
}

struct conn_times
conn_times(const struct conn *c)
{
	return c->times;
}

int64_t
conn_round_trip(const struct conn *c)
{
	return c->round_trip;
}

size_t
conn_in_flight(const struct conn *c)
{
	return c->flying;
}

void
conn_describe(const struct conn *c, struct buf *out)
{
	if (c->proto != NULL)
		c->proto->describe(c, out);
}

struct conn_mailbox
conn_mailbox(const struct conn *c)
{
	return (struct conn_mailbox){
	    .name = c->imap.mailbox != NULL ? c->imap.mailbox : "",
	    .read_only = c->imap.read_only,
	    .exists = c->imap.exists,
	    .recent = c->imap.recent,
	    .uidvalidity = c->imap.uidvalidity,
	    .uidnext = c->imap.uidnext};
}

bool
conn_is_utf8(const struct conn *c)
{
	return c->imap.utf8;
}

struct str
conn_apop_stamp(const struct conn *c)
{
	return str_z(c->pop3.stamp);
}

void
conn_set_trace(struct conn *c, struct trace *t)
{
	c->trace = t;
}

void
conn_set_words(struct conn *c, struct str words)
{
	arena_fini(&c->words);
	c->last_words = arena_dup(&c->words, words);
}

/* ---- capabilities ---- */

struct str
conn_capability(const struct conn *c, const char *name)
{
	struct str all = buf_str(&c->caps), line, word;

	while (all.n > 0) {
		line = str_cut(&all, '\n');
		word = str_word(&line);
		if (str_eqcase(word, str_z(name)))
			return str_trim(line);
	}
	return (struct str){NULL, 0};
}

bool
conn_has(const struct conn *c, const char *name)
{
	return conn_capability(c, name).p != NULL;
}

bool
conn_capabilities_known(const struct conn *c)
{
	return c->caps_known;
}

struct str
conn_capabilities(const struct conn *c)
{
	return buf_str(&c->caps);
}

void
conn_caps_clear(struct conn *c)
{
	buf_clear(&c->caps);
	c->caps_known = false;
}

void
conn_caps_add(struct conn *c, struct str name, struct str params)
{
	c->caps_known = true;
	if (name.n == 0 || str_has_eol(name) || str_has_eol(params))
		return;
	/* Beyond the limit a server offers nothing that we know. */
	if (buf_free(&c->caps) < name.n + params.n + 2)
		return;
	(void)buf_add(&c->caps, name);
	if (params.n > 0) {
		(void)buf_addc(&c->caps, ' ');
		(void)buf_add(&c->caps, params);
	}
	(void)buf_addc(&c->caps, '\n');
}

void
conn_forget(struct conn *c)
{
	conn_caps_clear(c);
	c->state = 1;
	c->welcome[0] = '\0';
	c->smtp.rcpts = 0;
	free(c->pop3.name);
	c->pop3.name = NULL;
	c->pop3.stamp[0] = '\0';
	c->pop3.counted = false;
	free(c->imap.mailbox);
	c->imap.mailbox = NULL;
	c->imap.read_only = c->imap.utf8 = false;
	c->imap.exists = c->imap.recent = 0;
	c->imap.uidvalidity = c->imap.uidnext = 0;
	free(c->user);
	c->user = NULL;
	conn_set_words(c, S(""));
}

/* ---- events ---- */

void
conn_add_event(
    struct conn *c, struct str name, const uint64_t *num, struct str line)
{
	struct event *ev;
	char *text;

	if (c->n_events >= limits.events)
		event_free(conn_event(c));
	ev = mem_zalloc(sizeof(*ev) + name.n + 1 + line.n + 1);
	text = (char *)(ev + 1);
	ev->name = (struct str){str_copy(text, name.n + 1, name), name.n};
	text += name.n + 1;
	ev->line = (struct str){str_copy(text, line.n + 1, line), line.n};
	ev->has_num = num != NULL;
	ev->num = num != NULL ? *num : 0;
	*c->events_tail = ev;
	c->events_tail = &ev->next;
	c->n_events++;
}

struct event *
conn_event(struct conn *c)
{
	struct event *ev = c->events;

	if (ev == NULL)
		return NULL;
	c->events = ev->next;
	if (c->events == NULL)
		c->events_tail = &c->events;
	c->n_events--;
	return ev;
}

void
conn_drop_events(struct conn *c)
{
	struct event *ev;

	while ((ev = conn_event(c)) != NULL)
		event_free(ev);
}

void
event_free(struct event *ev)
{
	free(ev);
}
