/* conn: the life of a connection, and what is known of it. */
#include "proto/engine.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- protocols ---- */

static const struct proto *const protos[] = {
    &proto_pop3, &proto_smtp, &proto_lmtp, &proto_imap};

const struct proto *
proto_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (str_eqcase(str_z(protos[i]->name), name))
			return protos[i];
	return NULL;
}

const char *
proto_name(const struct proto *p)
{
	return p->name;
}

const struct verb *
proto_verbs(const struct proto *p)
{
	return p->verbs;
}

const char *
proto_state_name(const struct proto *p, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && p->states[i] != NULL; i++)
		continue;
	return p->states[i];
}

const struct verb *
proto_auth(const struct proto *p)
{
	return verb_find(p->verbs, str_z(p->sasl->verb), NULL);
}

const char *
proto_bye(const struct proto *p)
{
	return p->bye;
}

/* ---- life ---- */

static char *
copy(const char *z)
{
	return z != NULL ? mem_strdup(z) : NULL;
}

struct conn *
conn_new(struct loop *l, const struct conn_config *cfg)
{
	struct conn *c = mem_zalloc(sizeof(*c));
	struct conn_config *own = &c->cfg;

	c->refs = 1;
	c->loop = l;
	*own = *cfg;
	own->protocol = copy(cfg->protocol);
	own->host = copy(cfg->host);
	own->path = copy(cfg->path);
	own->found = copy(cfg->found);
	own->proxy = copy(cfg->proxy);
	own->tls_config.ca = copy(cfg->tls_config.ca);
	own->tls_config.cert = copy(cfg->tls_config.cert);
	own->tls_config.key = copy(cfg->tls_config.key);
	own->tls_config.fingerprint = copy(cfg->tls_config.fingerprint);
	/* Of a socket or a pipe nobody knows whether it is the same again. */
	own->tls_config.port = cfg->transport == URL_TCP ? cfg->port : 0;
	own->tls_config.alpn = copy(cfg->tls_config.alpn);
	own->tls_config.also = copy(cfg->tls_config.also);
	own->tls_config.srv_id = copy(cfg->tls_config.srv_id);
	own->tls_config.sni = copy(cfg->tls_config.sni);
	own->tls_config.dane = copy(cfg->tls_config.dane);
	if (own->connect_ms == 0)
		own->connect_ms = limits.connect_ms;
	if (own->reply_ms == 0)
		own->reply_ms = limits.reply_ms;
	if (own->protocol != NULL)
		c->proto = proto_find(str_z(own->protocol));
	if (c->proto != NULL && own->tls_config.alpn == NULL)
		own->tls_config.alpn = copy(c->proto->alpn);
	buf_init(&c->rx, limits.imap_line + 2 * limits.receive);
	buf_init(&c->tx, 2 * limits.send_high_water);
	buf_init(&c->caps, limits.line);
	lex_init(&c->lex, limits.line);
	arena_init(&c->words, limits.line);
	arena_init(&c->via.arena, limits.line);
	c->via.arena.secret = true;
	arena_init(&c->imap.arena, limits.reply);
	c->state = 1;
	c->times = (struct conn_times){-1, -1, -1, -1, -1};
	c->events_tail = &c->events;
	return c;
}

struct conn *
conn_ref(struct conn *c)
{
	c->refs++;
	return c;
}

static void
conn_free(struct conn *c)
{
	conn_drop_events(c);
	free((char *)(uintptr_t)c->cfg.protocol);
	free((char *)(uintptr_t)c->cfg.host);
	free((char *)(uintptr_t)c->cfg.path);
	free((char *)(uintptr_t)c->cfg.found);
	mem_free_secret((char *)(uintptr_t)c->cfg.proxy);
	free((char *)(uintptr_t)c->cfg.tls_config.ca);
	free((char *)(uintptr_t)c->cfg.tls_config.cert);
	free((char *)(uintptr_t)c->cfg.tls_config.key);
	free((char *)(uintptr_t)c->cfg.tls_config.fingerprint);
	free((char *)(uintptr_t)c->cfg.tls_config.alpn);
	free((char *)(uintptr_t)c->cfg.tls_config.also);
	free((char *)(uintptr_t)c->cfg.tls_config.srv_id);
	free((char *)(uintptr_t)c->cfg.tls_config.sni);
	free((char *)(uintptr_t)c->cfg.tls_config.dane);
	via_forget(c);
	free(c->via.name);
	free(c->user);
	free(c->pop3.name);
	free(c->imap.mailbox);
	buf_fini(&c->rx);
	buf_fini(&c->tx);
	buf_fini(&c->caps);
	arena_fini(&c->words);
	arena_fini(&c->imap.arena);
	free(c);
}

void
conn_unref(struct conn *c)
{
	if (--c->refs > 0)
		return;
	c->refs = 1; /* what follows may take and drop references */
	conn_drop(c);
	conn_free(c);
}

const struct verb conn_greeting = {.name = "greeting",
    .flags = VERB_ALONE,
    .usage = "",
    .help = "what a server says first",
    .rfc = ""};

/* The command whose reply is the greeting. */
static struct job *
greeting(struct conn *c)
{
	struct err e = {0};
	struct job *j = job_new(c, &conn_greeting);

	c->phase = CONN_CONNECTING;
	c->began = loop_now_us();
	j->typed = true;
	(void)job_queue(j, &e);
	j->cmd.state = CMD_WAITING;
	job_starts(j);
	return j;
}

static void
dialled(void *arg, struct stream *s, int64_t looked_up, const struct err *e)
{
	struct conn *c = arg;

	c->dial = NULL;
	c->proxy_dial = NULL;
	c->times.lookup = looked_up;
	if (c->cfg.found_us > 0)
		c->times.lookup =
		    c->cfg.found_us + (looked_up > 0 ? looked_up : 0);
	c->began += looked_up > 0 ? looked_up : 0;
	conn_ref(c);
	if (s != NULL) {
		trace_note(c->trace,
		    c->via.name != NULL ? "connected to the proxy %s"
					: "connected",
		    c->via.name);
		engine_start(c, s);
	} else {
		engine_fail(c, e);
	}
	conn_unref(c);
}

/* Begins to connect to cfg.host, through a proxy if there is one. */
static int
dial_tcp(struct conn *c, int64_t deadline, struct err *e)
{
	if (via_find(c, e) != 0)
		return -1;
	if (c->via.name != NULL)
		c->proxy_dial = proxy_dial(c->loop, &c->via.proxy, c->cfg.host,
		    c->cfg.port, deadline, dialled, c);
	else
		c->dial = dial_host(c->loop, c->cfg.host, c->cfg.port,
		    &c->cfg.dns, deadline, dialled, c);
	return 0;
}

struct cmd *
conn_open(struct conn *c)
{
	struct job *j = greeting(c);
	int64_t deadline = loop_now() + c->cfg.connect_ms;
	struct err e = {0};
	struct stream *s;

	switch (c->cfg.transport) {
	case URL_TCP:
		if (dial_tcp(c, deadline, &e) != 0)
			engine_fail(c, &e);
		break;
	case URL_UNIX:
		c->dial = dial_unix(c->loop, c->cfg.path, deadline, dialled, c);
		break;
	case URL_PIPE:
		s = stream_command(c->cfg.path, &e);
		if (s != NULL)
			engine_start(c, s);
		else
			engine_fail(c, &e);
		break;
	}
	return &j->cmd;
}

struct cmd *
conn_adopt(struct conn *c, struct stream *s)
{
	struct job *j = greeting(c);

	engine_start(c, s);
	return &j->cmd;
}

void
conn_drop(struct conn *c)
{
	struct err none = {0};

	if (c->phase != CONN_NEW)
		engine_fail(c, &none);
	c->phase = CONN_CLOSED;
}

/* ---- what is known ---- */

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
