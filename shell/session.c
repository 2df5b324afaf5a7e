/* session: connections with names, and what they say unasked. */
#include "shell/session.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/dns.h"
#include "shell/caps.h"
#include "shell/explain.h"
#include "shell/hooks.h"
#include "shell/idle.h"
#include "shell/json.h"
#include "shell/memory.h"
#include "shell/raw.h"
#include "shell/record.h"
#include "shell/run.h"
#include "shell/screen.h"
#include "shell/timing.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

enum { BYE_MS = 2000 };

/* The ports of mail, and what speaks there (RFC 8314 3, RFC 6409). */
static const struct port {
	const char *name;
	uint16_t number;
	const char *protocol;
	bool tls;
} ports[] = {
    {"smtp", 25, "smtp", false},
    {"pop3", 110, "pop3", false},
    {"imap", 143, "imap", false},
    {"smtps", 465, "smtp", true},
    {"submissions", 465, "smtp", true},
    {"submission", 587, "smtp", false},
    {"imaps", 993, "imap", true},
    {"pop3s", 995, "pop3", true},
};

static const struct port *
port_known(uint16_t n)
{
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (ports[i].number == n)
			return &ports[i];
	return NULL;
}

/* Ports by name or number; false if port is neither. */
static bool
port_number(const char *port, uint16_t *n)
{
	struct servent *sv;
	uint64_t number;

	if (str_u64(str_z(port), 65535, &number) && number > 0) {
		*n = (uint16_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		if (str_eqcase(str_z(ports[i].name), str_z(port))) {
			*n = ports[i].number;
			return true;
		}
	}
	sv = getservbyname(port, "tcp");
	if (sv != NULL)
		*n = ntohs((uint16_t)sv->s_port);
	return sv != NULL;
}

/* ---- names ---- */

struct session *
session_find(const struct shell *sh, struct str name)
{
	struct session *s;

	for (s = sh->sessions; s != NULL; s = s->next)
		if (str_eqcase(str_z(s->name), name))
			return s;
	return NULL;
}

bool
session_is_listed(const struct shell *sh, const struct session *s)
{
	const struct session *t = sh->sessions;

	while (t != NULL && t != s)
		t = t->next;
	return t != NULL;
}

bool
session_is_open(const struct session *s)
{
	return conn_phase(s->conn) == CONN_OPEN;
}

/* A name that no session has: the host's first label, or the protocol. */
static char *
make_name(const struct shell *sh, const struct conn_config *cfg)
{
	struct str host = str_z(cfg->host), base;
	char name[64], *out;
	unsigned n = 1;

	base = str_cut(&host, '.');
	if (cfg->transport != URL_TCP || base.n == 0 || ascii_digit(*base.p))
		base = cfg->transport == URL_TCP ? str_z(cfg->host)
						 : str_z(cfg->protocol);
	if (base.n == 0)
		base = S("conn");
	if (base.n > 40)
		base.n = 40;
	out = mem_strdup(str_copy(name, sizeof(name), base));
	while (session_find(sh, str_z(out)) != NULL) {
		free(out);
		snprintf(name, sizeof(name), "%.*s-%u", STRF(base), ++n);
		out = mem_strdup(name);
	}
	return out;
}

bool
session_make_way(struct shell *sh)
{
	if (sh->current == NULL)
		return true;
	if (sh->current->raw != NULL) {
		screen_error("raw is on, and replies cannot be told apart; "
			     ":raw off comes first");
		return false;
	}
	return idle_pause(sh, sh->current);
}

void
session_use(struct shell *sh, struct session *s)
{
	sh->current = s;
	s->used = ++sh->uses;
}

static struct session *
last_used(const struct shell *sh)
{
	struct session *last = sh->sessions;

	for (struct session *s = last; s != NULL; s = s->next)
		if (s->used > last->used)
			last = s;
	return last;
}

/* A session for c, whose reference it takes; it becomes the current one. */
static struct session *
add(struct shell *sh, struct conn *c, const char *name)
{
	struct session *s = mem_zalloc(sizeof(*s)), **at = &sh->sessions;
	struct session *old = sh->current;

	/* One that is closed and told gives its name and place away. */
	if (old != NULL && !session_is_open(old) && old->closing &&
	    old->runs == NULL)
		session_free(sh, old);
	s->conn = c;
	s->json = sh->opt->json;
	s->memory = sh->interactive ? memory_new() : NULL;
	s->name =
	    name != NULL ? mem_strdup(name) : make_name(sh, conn_config(c));
	while (*at != NULL)
		at = &(*at)->next;
	*at = s;
	session_use(sh, s);
	return s;
}

void
session_free(struct shell *sh, struct session *s)
{
	struct session **at = &sh->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (sh->current == s)
		sh->current = last_used(sh);
	s->closing = true;
	loop_untimer(&s->renew);
	conn_drop(s->conn);
	for (struct running *r = s->runs, *next; r != NULL; r = next) {
		next = r->next;
		(void)run_step(sh, r);
	}
	session_events(sh, s);
	hooks_last(sh, s);
	conn_set_trace(s->conn, NULL);
	trace_free(s->trace);
	if (s->trace_file != NULL)
		fclose(s->trace_file);
	conn_unref(s->conn);
	caps_free(s);
	free(s->known.state);
	free(s->known.user);
	memory_free(s->memory);
	free(s->name);
	free(s->url);
	free(s);
}

/* ---- opening ---- */

/* A URL as it may be kept; as it is if it is none. */
static char *
without_password(const char *text)
{
	struct err e = {0};
	struct arena a;
	struct url url;
	struct buf b;
	char *z;

	arena_init(&a, limits.reply);
	a.secret = true;
	buf_init(&b, limits.reply);
	if (url_parse(str_z(text), &a, &url, &e) != 0 ||
	    url_put(&b, &url) != 0) {
		buf_clear(&b);
		(void)url_mask(&b, str_z(text));
	}
	z = mem_strdup(buf_cstr(&b));
	buf_fini(&b);
	arena_fini(&a);
	return z;
}

/* What the prompt has as "!". */
static void
warn_clear(const struct session *s)
{
	if (!conn_is_private(s->conn))
		screen_note("no TLS: whoever is on the way can read and change "
			    "this session; :tls says more");
}

int
session_open_url(struct shell *sh, const char *url, const char *name)
{
	int status = STATUS_CONNECT;
	struct err e = {0};
	struct session *s;
	struct conn *c;

	screen_sync();
	repl_release();
	c = script_connect(sh->L, url, &status, &e);
	if (c == NULL) {
		screen_error("%s", e.msg);
		screen_hint(&e);
		/* A URL that cannot be read is no script's fault. */
		return status == STATUS_SCRIPT && e.kind == ERR_USE
			   ? STATUS_USAGE
			   : status;
	}
	/* A connection to an account bears its name if that is free. */
	if (name == NULL && script_account(sh->L, url) &&
	    session_find(sh, str_z(url)) == NULL)
		name = url;
	s = add(sh, c, name);
	s->url = without_password(url);
	record_open(sh, s);
	/* From here on the trace must not run into the prompt. */
	if (sh->opt->trace != NULL && strcmp(sh->opt->trace, "-") == 0)
		(void)session_trace(s, "on", &e);
	/* A greeting that came before TLS is not known any more. */
	if (sh->interactive && *conn_welcome(c) != '\0')
		screen_aside(str_z(conn_welcome(c)),
		    render_paint(str_z(conn_welcome(c))));
	warn_clear(s);
	if (sh->time)
		timing_conn(c);
	caps_note(s, NULL);
	explain_change(sh, s);
	return STATUS_OK;
}

/* --starttls=require holds for HOST PORT, too, which else sends nothing by
 * itself. */
static int
require_tls(struct shell *sh, struct session *s)
{
	int status = STATUS_OK;
	struct err e = {0};

	if (sh->opt->starttls != URL_STARTTLS_REQUIRE || conn_is_tls(s->conn))
		return STATUS_OK;
	if (script_prepare(sh->L, s->conn, &status, &e) == 0)
		return STATUS_OK;
	screen_error("%s", e.msg);
	conn_drop(s->conn);
	return status;
}

int
session_open_host(
    struct shell *sh, const char *host, const char *port, const char *name)
{
	const struct options *opt = sh->opt;
	struct conn_config cfg = {.transport = URL_TCP,
	    .host = host,
	    .tls_config = {.ca = opt->ca,
		.cert = opt->cert,
		.key = opt->key,
		.fingerprint = opt->fingerprint,
		.insecure = opt->insecure},
	    .proxy = opt->proxy,
	    .connect_ms = opt->timeout_ms,
	    .reply_ms = opt->timeout_ms};
	const struct port *known;
	struct err e = {0};
	struct session *s;
	struct running *r;
	int status;

	if (opt->dns != NULL && dns_server_parse(opt->dns, &cfg.dns, &e) != 0) {
		screen_error("%s", e.msg);
		return STATUS_USAGE;
	}
	if (!port_number(port, &cfg.port)) {
		screen_error("%s is no port: a number from 1 to 65535, or a "
			     "name such as imap",
		    port);
		return STATUS_USAGE;
	}
	known = port_known(cfg.port);
	if (known != NULL) {
		cfg.protocol = known->protocol;
		cfg.tls = known->tls;
	}
	s = add(sh, conn_new(sh->loop, &cfg), name);
	if (opt->trace != NULL && session_trace(s, opt->trace, &e) != 0) {
		screen_error("%s", e.msg);
		session_free(sh, s);
		return STATUS_USAGE;
	}
	r = run_new(s, conn_open(s->conn), NULL);
	/* Where TLS is to be, a greeting in clear is nobody's. */
	r->quiet = opt->starttls == URL_STARTTLS_REQUIRE && !cfg.tls;
	status = run_wait(sh, r);
	if (conn_phase(s->conn) == CONN_OPEN && status == STATUS_OK)
		status = require_tls(sh, s);
	if (conn_phase(s->conn) != CONN_OPEN) {
		/* What came right behind a good greeting may have ended it. */
		if (status == STATUS_OK)
			status = status_of_err(conn_error(s->conn));
		/* A proxy's URL that cannot be read is no script's fault. */
		if (conn_error(s->conn)->kind == ERR_USE)
			status = STATUS_USAGE;
		session_free(sh, s);
	} else {
		record_open(sh, s);
		warn_clear(s);
	}
	return status;
}

/* ---- leaving ---- */

int
session_bye(struct shell *sh, struct session *s, bool shown)
{
	struct running *r;
	struct err e = {0};
	struct cmd *cmd;

	idle_stop(sh, s);
	if (s->raw != NULL) { /* who knows what QUIT would mean now */
		raw_end(sh, s);
		s->closing = true;
		return STATUS_OK;
	}
	if (!session_is_open(s) || conn_proto(s->conn) == NULL)
		return STATUS_OK;
	cmd = conn_send(
	    s->conn, str_z(proto_bye(conn_proto(s->conn))), NULL, 0, &e);
	if (cmd == NULL) {
		screen_error("%s", e.msg);
		return status_of_err(&e);
	}
	s->closing = true;
	record_leave(sh, s, "close");
	r = run_new(s, cmd, NULL);
	r->quiet = !shown;
	/* Behind a failure a server is not waited for long. */
	if (sh->failed != STATUS_OK)
		r->deadline = loop_now() + BYE_MS;
	return run_wait(sh, r);
}

int
session_bye_all(struct shell *sh, bool shown)
{
	int status = STATUS_OK, st;

	while (sh->sessions != NULL) {
		st = session_bye(sh, sh->sessions, shown);
		status = status != STATUS_OK ? status : st;
		session_free(sh, sh->sessions);
	}
	return status;
}

/* ---- what comes unasked ---- */

static void
tell_closed(struct shell *sh, struct session *s)
{
	const struct err *e = conn_error(s->conn);
	bool named = s != sh->current;

	if (s->closing)
		return;
	s->closing = true;
	if (e->kind != ERR_NONE) {
		screen_error(
		    "%s%s%s", named ? s->name : "", named ? ": " : "", e->msg);
		screen_hint(e);
	} else if (named) {
		screen_note("%s: connection closed", s->name);
	} else {
		screen_note("connection closed");
	}
}

void
session_events(struct shell *sh, struct session *s)
{
	struct event *ev;
	struct buf b;

	while ((ev = conn_event(s->conn)) != NULL) {
		if (s->memory != NULL)
			memory_unasked(s->memory, s->conn, ev->line);
		if (sh->opt->json && (!s->closing || ev->line.n > 0))
			json_event(sh, s, ev);
		if (str_eq(ev->name, S("EXPUNGE")) && !s->last_uid)
			s->last[0] = '\0';
		if (str_eq(ev->name, S("closed"))) {
			tell_closed(sh, s);
		} else if (sh->opt->json) {
			; /* it was shown */
		} else if (s == sh->current) {
			screen_aside(ev->line, render_paint(ev->line));
			explain_event(sh, s, ev->line);
		} else {
			buf_init(&b, ev->line.n + 128);
			(void)buf_addf(&b, "%s: ", s->name);
			(void)buf_add(&b, ev->line);
			screen_aside(buf_str(&b), render_paint(ev->line));
			buf_fini(&b);
		}
		event_free(ev);
	}
}

/* ---- trace ---- */

/* A stream to where a trace is to go; NULL and err. */
static FILE *
trace_open(const char *to, bool screen, struct err *e)
{
	FILE *f;
	int fd;

	if (screen) {
		f = screen_stream();
	} else {
		fd = open(to,
		    O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0600);
		f = fd >= 0 ? fdopen(fd, "a") : NULL;
	}
	if (f == NULL)
		(void)err_sys(e, "%s", to);
	else
		setvbuf(f, NULL, _IOLBF, BUFSIZ);
	return f;
}

int
session_trace(struct session *s, const char *to, struct err *e)
{
	bool off = strcmp(to, "off") == 0;
	bool hex = strcmp(to, "hex") == 0;
	bool screen = hex || strcmp(to, "on") == 0 || strcmp(to, "-") == 0;
	unsigned form = hex ? TRACE_TIMES | TRACE_HEX : TRACE_TIMES;
	FILE *f = off ? NULL : trace_open(to, screen, e);

	if (f == NULL && !off)
		return -1;
	conn_set_trace(s->conn, NULL);
	trace_free(s->trace);
	if (s->trace_file != NULL)
		fclose(s->trace_file);
	s->trace_file = f;
	s->on_screen = screen;
	s->trace = f != NULL ? trace_new(f, NULL, form) : NULL;
	if (s->trace != NULL)
		conn_set_trace(s->conn, s->trace);
	return 0;
}
