/* options: the command line of postel, taken apart. */
#include "shell/options.h"
#include "base/fingerprint.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"
#include "base/vault.h"
#include "net/dns.h"
#include "proto/sasl.h"
#include "shell/screen.h"
#include "shell/secret.h"
#include "wire/url.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What completion can be printed; "words" is for those, and not told. */
#define COMPLETION_WORDS "bash zsh fish words"

static int usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int
usage(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), text_of(fmt), ap);
	va_end(ap);
	screen_error("%s; postel -h shows the usage", text);
	return -1;
}

static void
add_todo(struct cmdline *cl, enum todo_kind kind, char *text)
{
	cl->todo = mem_realloc(cl->todo, (cl->todos + 1) * sizeof(*cl->todo));
	cl->todo[cl->todos++] = (struct todo){kind, text};
}

/* The argument; if it has secrets, a copy, and they are overwritten in it. */
static char *
take(struct cmdline *cl, char *arg)
{
	size_t size = strlen(arg) + 1;
	char *copy;

	if (!secret_has(str_z(arg)))
		return arg;
	copy = vault_new(size);
	memcpy(copy, arg, size);
	secret_scrub(arg);
	cl->kept = mem_realloc(cl->kept, (cl->kepts + 1) * sizeof(*cl->kept));
	cl->kept[cl->kepts++] = (struct kept_word){copy, size};
	return copy;
}

static int
set_line(struct cmdline *cl, char *arg)
{
	add_todo(cl, TODO_LINE, take(cl, arg));
	return 0;
}

static int
set_file(struct cmdline *cl, char *arg)
{
	add_todo(cl, TODO_FILE, arg);
	return 0;
}

static int
set_chunk(struct cmdline *cl, char *arg)
{
	add_todo(cl, TODO_CHUNK, take(cl, arg));
	return 0;
}

static int
set_trace(struct cmdline *cl, char *arg)
{
	cl->opt.trace = arg != NULL ? arg : "-";
	return 0;
}

static int
set_starttls(struct cmdline *cl, char *arg)
{
	cl->opt.starttls = url_starttls(str_z(arg));
	if (cl->opt.starttls != URL_STARTTLS_UNSET)
		return 0;
	return usage("--starttls is require, auto or no, not %s", arg);
}

static int
set_fingerprint(struct cmdline *cl, char *arg)
{
	unsigned char print[FINGERPRINT_SIZE];

	cl->opt.fingerprint = arg;
	if (fingerprint_parse(str_z(arg), print))
		return 0;
	return usage(
	    "--fingerprint is %s, not %s", text_of(fingerprint_form), arg);
}

static int
set_timeout(struct cmdline *cl, char *arg)
{
	uint64_t s;

	if (!str_u64(str_z(arg), 86400, &s) || s == 0)
		return usage("--timeout is a number of seconds, not %s", arg);
	cl->opt.timeout_ms = (int64_t)s * 1000;
	return 0;
}

/* All of it is overwritten where it has a password, whatever it may be. */
static int
set_proxy(struct cmdline *cl, char *arg)
{
	struct err e = {0};
	struct arena a;
	struct url u;
	char *copy = mem_strdup(arg);
	int rc;

	mem_free_secret(cl->proxy);
	cl->opt.proxy = cl->proxy = copy;
	if (strchr(arg, '@') != NULL)
		memset(arg, '*', strlen(arg));
	arena_init(&a, SIZE_MAX);
	a.secret = true;
	rc = url_parse_proxy(str_z(copy), &a, &u, &e);
	arena_fini(&a);
	return rc == 0 ? 0 : usage("--proxy: %s", e.msg);
}

static int
check_dns(const char *what, const char *text)
{
	struct addr ignored;
	struct err e = {0};

	return dns_server_parse(text, &ignored, &e) == 0
		   ? 0
		   : usage("%s: %s", what, e.msg);
}

static int
set_dns(struct cmdline *cl, char *arg)
{
	cl->opt.dns = arg;
	return check_dns("--dns", arg);
}

/* The environment says what no option does. */
static int
set_from_environment(struct cmdline *cl)
{
	const char *dns = getenv("POSTEL_DNS");

	if (cl->opt.dns != NULL || dns == NULL || *dns == '\0')
		return 0;
	cl->opt.dns = dns;
	return check_dns("POSTEL_DNS", dns);
}

static int
set_completion(struct cmdline *cl, char *arg)
{
	if (!verb_word_in(COMPLETION_WORDS, str_z(arg)))
		return usage(
		    "--completion is one of %s, not %s", COMPLETION_WORDS, arg);
	cl->completion = arg;
	return 0;
}

#define FLAG(field) .sets = SETS_FLAG, .place = offsetof(struct cmdline, field)
#define STRING(field)                                                          \
	.sets = SETS_STRING, .place = offsetof(struct cmdline, field)

const struct option_row option_rows[] = {
    {NULL, 'c', .arg = N_("LINE"), .set = set_line,
	.help = N_("run this line, and no prompt")},
    {NULL, 'f', .arg = N_("FILE"), .kind = KIND_FILE, .set = set_file,
	.help = N_("run the lines of a file")},
    {NULL, 'e', .arg = N_("CHUNK"), .set = set_chunk,
	.help = N_("run a piece of Lua")},
    {"keep-going", 'k', FLAG(opt.keep_going),
	.help = N_("a refusal does not end the batch")},
    {"dry-run", 'n', FLAG(opt.dry_run),
	.help = N_("send nothing that changes mail, show it")},
    {"quiet", 'q', FLAG(opt.quiet), .help = N_("errors only")},
    {"verbose", 'v', FLAG(opt.verbose),
	.help = N_("scripts show what servers reply")},
    {"trace", 't', .arg = N_("FILE"), .optional = true, .kind = KIND_FILE,
	.set = set_trace, .help = N_("show the wire, secrets masked")},
    {"json", FLAG(opt.json), .help = N_("show replies as JSON, one a line")},
    {"debug", FLAG(opt.debug), .help = N_("a Lua stack trace on failure")},
    {"ca", .arg = N_("FILE"), .kind = KIND_FILE, STRING(opt.ca),
	.help = N_("trust these authorities")},
    {"cert", .arg = N_("FILE"), .kind = KIND_FILE, STRING(opt.cert),
	.help = N_("a certificate of our own")},
    {"key", .arg = N_("FILE"), .kind = KIND_FILE, STRING(opt.key),
	.help = N_("its key, if it is not in the same file")},
    {"fingerprint", .arg = "SHA256", .set = set_fingerprint,
	.help = N_("only this certificate is good")},
    {"insecure", FLAG(opt.insecure), .help = N_("any certificate is good")},
    {"starttls", .arg = "require|auto|no", .kind = KIND_WORDS,
	.words = "require auto no", .set = set_starttls,
	.help = N_("for URLs that do not say")},
    {"auth", .arg = N_("MECH"), .kind = KIND_WORDS, .word = sasl_mechanism,
	.words = "APOP USER", STRING(opt.auth), .help = N_("how to log in")},
    {"authzid", .arg = N_("NAME"), STRING(opt.authzid),
	.help = N_("who to be once logged in")},
    {"no-initial", FLAG(opt.no_initial),
	.help = N_("no initial response in a SASL login")},
    {"password-file", .arg = N_("FILE"), .kind = KIND_FILE,
	STRING(opt.password_file),
	.help = N_("the password is its first line")},
    {"password-command", .arg = N_("COMMAND"), STRING(opt.password_command),
	.help = N_("the password is what it prints")},
    {"token-command", .arg = N_("COMMAND"), STRING(opt.token_command),
	.help = N_("the OAuth2 token is what it prints")},
    {"dns", .arg = N_("ADDRESS[:PORT]"), .set = set_dns,
	.help = N_("ask this name server, in place of the system's")},
    {"timeout", .arg = N_("SECONDS"), .set = set_timeout,
	.help = N_("to connect, and for each reply")},
    {"proxy", .arg = N_("URL"), .set = set_proxy,
	.help = N_("go by a SOCKS or HTTP proxy, or none")},
    {"norc", FLAG(opt.norc), .help = N_("do not read init.lua")},
    {"completion", .arg = N_("SHELL"), .kind = KIND_WORDS,
	.words = COMPLETION_WORDS, .set = set_completion,
	.help = N_("print the completion for bash, zsh or fish")},
    {"help", 'h', FLAG(help), .help = N_("this text")},
    {"version", 'V', FLAG(version),
	.help = N_("our version, and the libraries'")},
    {NULL, .help = NULL},
};

enum { OPTIONS_MAX = 64, ROW = 256 };

/* The table as getopt_long wants it: val is ROW and the row's number. */
static void
tell_getopt(struct option *longs, char *shorts)
{
	const struct option_row *r = option_rows;
	size_t n = 0, at = 0;

	/* A script's own options are its own: "+" stops at its name. */
	shorts[at++] = '+';
	shorts[at++] = ':';
	for (; r->name != NULL || r->letter != 0; r++) {
		assert(r - option_rows < OPTIONS_MAX);
		if (r->letter != 0)
			shorts[at++] = r->letter;
		if (r->letter != 0 && r->arg != NULL && !r->optional)
			shorts[at++] = ':';
		if (r->name == NULL)
			continue;
		longs[n++] = (struct option){r->name,
		    r->arg == NULL ? no_argument
		    : r->optional  ? optional_argument
				   : required_argument,
		    NULL, ROW + (int)(r - option_rows)};
	}
	longs[n] = (struct option){0};
	shorts[at] = '\0';
}

static const struct option_row *
row_of(int c)
{
	const struct option_row *r = option_rows;

	if (c >= ROW)
		return &option_rows[c - ROW];
	while (r->letter != c)
		r++;
	return r;
}

static int
set_option(struct cmdline *cl, const struct option_row *r, char *arg)
{
	switch (r->sets) {
	case SETS_BY_FUNCTION:
		return r->set(cl, arg);
	case SETS_FLAG:
		*(bool *)((char *)cl + r->place) = true;
		return 0;
	case SETS_STRING:
		*(const char **)(void *)((char *)cl + r->place) =
		    arg != NULL ? take(cl, arg) : NULL;
		return 0;
	}
	return 0;
}

/* A search among names that do not stay. */
struct nearest {
	struct near near;
	char best[64];
};

static void
try_name(const char *name, void *arg)
{
	struct nearest *n = arg;

	near_try(&n->near, name);
	if (n->near.best == name)
		n->near.best = str_copy(n->best, sizeof(n->best), str_z(name));
}

void
options_missed(lua_State *L, const char *word)
{
	bool account;
	struct nearest n;
	size_t distance;

	near_init(&n.near, str_z(word));
	script_names(try_name, &n);
	distance = n.near.distance;
	script_accounts(L, try_name, &n);
	account = n.near.distance < distance;
	if (n.near.best == NULL)
		(void)usage("%s is no script, no account and no URL, and a "
			    "host needs a port behind it",
		    word);
	else
		screen_error(
		    account ? N_("no script or account %s; did you mean %s?")
			    : N_("no script %s; did you mean %s?"),
		    word, n.near.best);
}

/* argv[at] is the first word: how many more belong to it, or -1. */
static int
first_word(struct cmdline *cl, int argc, char **argv, int at)
{
	char *word = argv[at];
	size_t n = strlen(word);

	if (url_looks(str_z(word))) {
		cl->first = FIRST_URL;
	} else if (strchr(word, '/') != NULL ||
		   (n > 4 && strcmp(word + n - 4, ".lua") == 0)) {
		cl->first = FIRST_PATH;
	} else if (strcmp(word, "lab") == 0) {
		cl->first = FIRST_LAB;
		return at + 1 < argc && *argv[at + 1] != '-' ? 1 : 0;
	} else if (script_exists(word)) {
		cl->first = FIRST_SCRIPT;
	} else if (at + 1 < argc && *argv[at + 1] != '-') {
		cl->first = FIRST_HOST;
		return 1;
	} else {
		cl->first = FIRST_NAME;
	}
	return cl->first == FIRST_URL || cl->first == FIRST_NAME
		   ? 0
		   : argc - at - 1;
}

void
options_free(struct cmdline *cl)
{
	for (size_t i = 0; i < cl->kepts; i++)
		vault_free(cl->kept[i].text, cl->kept[i].size);
	free(cl->kept);
	free(cl->todo);
	mem_free_secret(cl->proxy);
	free(cl->words);
}

int
options_parse(int argc, char **argv, struct cmdline *out)
{
	struct option longs[OPTIONS_MAX];
	char shorts[2 * OPTIONS_MAX + 3];
	int c, more, words = 0;

	*out = (struct cmdline){0};
	out->words = mem_zalloc(((size_t)argc + 1) * sizeof(char *));
	opterr = 0;
	tell_getopt(longs, shorts);
	for (;;) {
		while (
		    (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
			if (c == ':')
				return usage(
				    "%s wants an argument", argv[optind - 1]);
			if (c == '?')
				return usage("unknown option %.*s",
				    (int)strcspn(argv[optind - 1], "="),
				    argv[optind - 1]);
			if (set_option(out, row_of(c), optarg) != 0)
				return -1;
		}
		if (optind >= argc)
			return set_from_environment(out);
		if (words > 0)
			return usage("%s is one word too many", argv[optind]);
		more = first_word(out, argc, argv, optind);
		if (more < 0)
			return -1;
		for (; words <= more; words++)
			out->words[words] = take(out, argv[optind++]);
	}
}
