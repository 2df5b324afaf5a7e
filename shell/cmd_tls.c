/* :tls: whether others can read along, and whose certificate it is. */
#include "base/limits.h"
#include "base/text.h"
#include "base/vis.h"
#include "shell/command.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <time.h>

enum { DAY = 24 * 60 * 60, NAMES_SHOWN = 20, LABEL_COLUMNS = 12 };

/* The octets that fill the columns of a label; one of UTF-8 has more. */
static int
label_size(const char *label)
{
	int n = LABEL_COLUMNS;

	for (; *label != '\0'; label++)
		n += ((unsigned char)*label & 0xc0) == 0x80;
	return n;
}

/* "  issuer       CN=…", what strangers wrote made visible. */
static void
row(const char *label, struct str value)
{
	const char *what = text_of(label);
	struct buf b;

	buf_init(&b, 4 * value.n + 1);
	(void)vis_add(&b, value);
	screen_text("  %-*s %.*s", label_size(what), what, STRF(buf_str(&b)));
	buf_fini(&b);
}

/* The same with words of our own. */
static void
say(const char *label, const char *words)
{
	row(label, str_z(text_of(words)));
}

static void
show_names(const struct tls_cert *c)
{
	struct buf b;
	int n = 0;

	buf_init(&b, limits.reply);
	for (const struct tls_name *name = c->names; name != NULL;
	     name = name->next, n++) {
		if (n < NAMES_SHOWN) {
			(void)buf_addz(&b, n > 0 ? ", " : "");
			(void)buf_add(&b, name->text);
		}
	}
	if (n > NAMES_SHOWN)
		(void)buf_addf(&b, text_of(" and %d more"), n - NAMES_SHOWN);
	if (n > 0)
		row(N_("names"), buf_str(&b));
	else
		say(N_("names"), N_("none"));
	buf_fini(&b);
}

static void
put_day(struct buf *b, bool known, int64_t t)
{
	time_t seconds = (time_t)t;
	struct tm tm;
	char day[32];

	if (known && gmtime_r(&seconds, &tm) != NULL &&
	    strftime(day, sizeof(day), "%Y-%m-%d", &tm) > 0)
		(void)buf_addz(b, day);
	else
		(void)buf_addz(b, "?");
}

static void
show_dates(const struct tls_cert *c)
{
	int64_t now = (int64_t)time(NULL);
	long long days;
	struct buf b;

	buf_init(&b, 256);
	put_day(&b, c->has_begin, c->begins);
	(void)buf_addz(&b, text_of(" to "));
	put_day(&b, c->has_end, c->ends);
	days = (long long)(c->ends - now) / DAY;
	if (c->has_begin && c->begins > now)
		(void)buf_addz(&b, text_of(": not valid yet"));
	else if (c->has_end && c->ends < now)
		(void)buf_addf(&b,
		    text_plural(": expired %lld day ago",
			": expired %lld days ago", (unsigned long)-days),
		    -days);
	else if (c->has_end)
		(void)buf_addf(&b,
		    text_plural(": %lld day left", ": %lld days left",
			(unsigned long)days),
		    days);
	row(N_("valid"), buf_str(&b));
	buf_fini(&b);
}

static void
show_cert(const struct tls_cert *c, int n, int of)
{
	if (of > 1 && n == 1)
		screen_text("certificate 1 of %d, the server's own:", of);
	else if (of > 1)
		screen_text("certificate %d of %d:", n, of);
	else
		screen_text("the server's certificate:");
	row(N_("subject"), c->subject);
	show_names(c);
	if (str_eq(c->issuer, c->subject))
		say(N_("issuer"), N_("itself"));
	else
		row(N_("issuer"), c->issuer);
	show_dates(c);
	row(N_("key"), c->key);
	row(N_("signature"), c->signature);
	row("SHA-256", c->fingerprint);
}

static void
show_verdict(const struct tls_info *t)
{
	if (t->pinned)
		say(N_("verified"),
		    N_("yes: it is the one of the fingerprint that was given"));
	else if (t->dane && t->checked)
		say(N_("verified"), N_("yes: by a TLSA record (DANE)"));
	else if (t->verified && t->checked)
		say(N_("verified"), N_("yes: authority, dates and name"));
	else if (t->verified)
		say(N_("verified"),
		    N_("it would be good, but --insecure takes any "
		       "certificate"));
	else
		row(t->checked ? N_("not verified") : N_("unverified"),
		    t->reason);
	if (!t->verified && !t->checked)
		say("", N_("taken all the same, by --insecure: this may be "
			   "another server"));
}

/* What a login can be bound to (RFC 5056), so that nobody can pass it on. */
static void
show_bindings(const struct tls_info *t)
{
	struct buf b;

	buf_init(&b, 256);
	for (enum tls_binding i = 0; i <= TLS_SERVER_END_POINT; i++)
		if (t->bindings[i])
			(void)buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
			    tls_binding_name(i));
	if (b.len > 0)
		row(N_("bindings"), buf_str(&b));
	else
		say(N_("bindings"), N_("none"));
	buf_fini(&b);
}

static void
show_tls(const struct tls_info *t)
{
	int n = 0, of = 0;

	row("TLS", t->version);
	row(N_("cipher"), t->cipher);
	if (t->group.n > 0)
		row(N_("group"), t->group);
	if (t->alpn.n > 0)
		row("ALPN", t->alpn);
	else
		say("ALPN", N_("none agreed on"));
	say(N_("session"), t->resumed ? N_("resumed") : N_("new"));
	show_bindings(t);
	show_verdict(t);
	for (const struct tls_cert *c = t->chain; c != NULL; c = c->next)
		of++;
	for (const struct tls_cert *c = t->chain; c != NULL; c = c->next)
		show_cert(c, ++n, of);
}

static void
show_other_way(const struct conn *c, const char *verb)
{
	const char *protocol =
	    conn_proto(c) != NULL ? proto_name(conn_proto(c)) : NULL;

	if (conn_config(c)->transport == URL_TCP && protocol != NULL &&
	    strcmp(protocol, "lmtp") != 0)
		screen_text("The server does not offer %s; it may have TLS on "
			    "another port: :open %ss://%s",
		    verb, protocol, conn_config(c)->host);
	else
		screen_text("The server does not offer %s.", verb);
}

/* What a connection without TLS means, and what can be done. */
static void
show_clear(const struct conn *c)
{
	bool pop = conn_proto(c) != NULL &&
		   strcmp(proto_name(conn_proto(c)), "pop3") == 0;
	const char *verb = pop ? "STLS" : "STARTTLS";

	if (!conn_is_private(c))
		screen_text("This connection is not encrypted: whoever is on "
			    "the way can read and change all of it, passwords "
			    "and mail too.");
	else if (conn_config(c)->transport == URL_TCP)
		screen_text("This connection is not encrypted, but it does not "
			    "leave this machine.");
	else
		screen_text("This connection is not encrypted: a socket or a "
			    "pipe of this machine needs no TLS.");
	if (!conn_capabilities_known(c))
		screen_text("What the server offers was not asked yet.");
	else if (conn_has(c, verb))
		screen_text("The server offers TLS: %s begins it.", verb);
	else
		show_other_way(c, verb);
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	const struct tls_info *t;
	struct arena a;

	(void)argc;
	(void)argv;
	if (!shell_is_open(sh)) {
		screen_error("nothing is open");
		return STATUS_USAGE;
	}
	arena_init(&a, limits.reply);
	t = conn_tls_info(sh->current->conn, &a);
	if (t != NULL)
		show_tls(t);
	else
		show_clear(sh->current->conn);
	arena_fini(&a);
	return STATUS_OK;
}

const struct command cmd_tls = {
    .name = "tls",
    .usage = "",
    .help =
	N_("Shows whether the connection is encrypted, and the certificates."),
    .more = N_("Version, cipher, group, what a login can be bound to, "
	       "whether the certificate was verified and why not, and of each "
	       "certificate whose it is, the names it is for, who issued it, "
	       "how long it is valid, its key, signature and fingerprint."),
    .run = run,
};
