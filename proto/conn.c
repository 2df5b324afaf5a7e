/* conn: the life of a connection. */
#include "proto/engine.h"

#include <stddef.h>
#include <stdlib.h>

/* Where the strings of a configuration are. */
static const size_t strings[] = {
    offsetof(struct conn_config, protocol),
    offsetof(struct conn_config, host),
    offsetof(struct conn_config, path),
    offsetof(struct conn_config, found),
    offsetof(struct conn_config, proxy),
    offsetof(struct conn_config, tls_config.ca),
    offsetof(struct conn_config, tls_config.cert),
    offsetof(struct conn_config, tls_config.key),
    offsetof(struct conn_config, tls_config.fingerprint),
    offsetof(struct conn_config, tls_config.alpn),
    offsetof(struct conn_config, tls_config.also),
    offsetof(struct conn_config, tls_config.srv_id),
    offsetof(struct conn_config, tls_config.sni),
    offsetof(struct conn_config, tls_config.dane),
};

enum { STRINGS = sizeof(strings) / sizeof(*strings) };

static const char **
string_of(struct conn_config *cfg, size_t i)
{
	return (const char **)(void *)((char *)cfg + strings[i]);
}

static const char *
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
	for (size_t i = 0; i < STRINGS; i++)
		*string_of(own, i) = copy(*string_of(own, i));
	/* Of a socket or a pipe nobody knows whether it is the same again. */
	own->tls_config.port = cfg->transport == URL_TCP ? cfg->port : 0;
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
	c->round_trip = -1;
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
	for (size_t i = 0; i < STRINGS; i++)
		mem_free_secret((char *)(uintptr_t)*string_of(&c->cfg, i));
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
