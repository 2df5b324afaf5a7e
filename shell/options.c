/* options: the command line of postel, taken apart. */
#include "shell/options.h"
#include "net/openssl.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/secret.h"
#include "wire/url.h"

#include <getopt.h>
#include <gsasl.h>
#include <idn2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <readline/readline.h>
#include <zlib.h>

enum {
	OPT_DEBUG = 256,
	OPT_CA,
	OPT_CERT,
	OPT_INSECURE,
	OPT_STARTTLS,
	OPT_AUTH,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_COMMAND,
	OPT_TIMEOUT,
	OPT_NORC,
};

static const struct option longs[] = {
    {"keep-going", no_argument, NULL, 'k'},
    {"dry-run", no_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"trace", optional_argument, NULL, 't'},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"ca", required_argument, NULL, OPT_CA},
    {"cert", required_argument, NULL, OPT_CERT},
    {"insecure", no_argument, NULL, OPT_INSECURE},
    {"starttls", required_argument, NULL, OPT_STARTTLS},
    {"auth", required_argument, NULL, OPT_AUTH},
    {"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
    {"password-command", required_argument, NULL, OPT_PASSWORD_COMMAND},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"norc", no_argument, NULL, OPT_NORC},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

void
options_usage(FILE *f)
{
	fputs(
	    text_of(
		"usage: postel [OPTION...] URL            a conversation\n"
		"       postel [OPTION...] HOST PORT      the same, as telnet "
		"has it\n"
		"       postel [OPTION...] NAME ARG...    a script by name\n"
		"       postel [OPTION...] FILE.lua ARG...\n"
		"       postel [OPTION...] lab [DIR]      a practice server to "
		"talk to\n"
		"       postel -e CHUNK\n"),
	    f);
	fputs(
	    text_of(
		"\n"
		"  -c LINE                 run this line, and no prompt\n"
		"  -f FILE                 run the lines of a file\n"
		"  -e CHUNK                run a piece of Lua\n"
		"  -k, --keep-going        a refusal does not end the batch\n"
		"  -n, --dry-run           send nothing that changes mail, "
		"show "
		"it\n"
		"  -q, --quiet             errors only\n"
		"  -v, --verbose           scripts show what servers reply\n"
		"  -t, --trace[=FILE]      show the wire, secrets masked\n"
		"      --debug             a Lua stack trace on failure\n"
		"      --ca=FILE           trust these authorities\n"
		"      --cert=FILE         a certificate of our own, with key\n"
		"      --insecure          any certificate is good\n"
		"      --starttls=require|auto|no\n"
		"                          for URLs that do not say\n"
		"      --auth=MECH         how to log in\n"
		"      --password-file=FILE, --password-command=COMMAND\n"
		"                          where the password is\n"
		"      --timeout=SECONDS   to connect, and for each reply\n"
		"      --norc              do not read init.lua\n"
		"  -h, --help   -V, --version\n"),
	    f);
	fputs(text_of("\n"
		      "URL: imap[s]://user@host/mailbox, pop3[s]://user@host, "
		      "smtp[s]://host,\n"
		      "submission://user@host, lmtp://host, imap+unix:/path, "
		      "imap+pipe:COMMAND\n"),
	    f);
}

void
options_version(FILE *f)
{
	struct err e = {0};

	fprintf(f, "postel " POSTEL_VERSION "\n");
	fprintf(f, "%s, %s, libgsasl %s, libidn2 %s, zlib %s, readline %s\n",
	    LUA_RELEASE,
	    openssl_open(&e) == 0 ? ossl.OpenSSL_version(OPENSSL_VERSION)
				  : e.msg,
	    gsasl_check_version(NULL), idn2_check_version(NULL), zlibVersion(),
	    rl_library_version);
}

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

static int
set_starttls(struct options *opt, const char *arg)
{
	opt->starttls = url_starttls(str_z(arg));
	if (opt->starttls != URL_STARTTLS_UNSET)
		return 0;
	return usage("--starttls is require, auto or no, not %s", arg);
}

static int
set_timeout(struct options *opt, const char *arg)
{
	uint64_t s;

	if (!str_u64(str_z(arg), 86400, &s) || s == 0)
		return usage("--timeout is a number of seconds, not %s", arg);
	opt->timeout_ms = (int64_t)s * 1000;
	return 0;
}

static void
add_todo(struct cmdline *cl, enum todo_kind kind, char *text)
{
	cl->todo = mem_realloc(cl->todo, (cl->todos + 1) * sizeof(*cl->todo));
	cl->todo[cl->todos++] = (struct todo){kind, text};
}

/* A copy of an argument whose secrets are then overwritten. */
static char *
take(char *arg)
{
	char *copy = mem_strdup(arg);

	secret_scrub(arg);
	return copy;
}

static int
set_flag(struct options *opt, int c)
{
	const struct {
		int c;
		bool *flag;
	} flags[] = {
	    {'k', &opt->keep_going},
	    {'n', &opt->dry_run},
	    {'q', &opt->quiet},
	    {'v', &opt->verbose},
	    {OPT_DEBUG, &opt->debug},
	    {OPT_INSECURE, &opt->insecure},
	    {OPT_NORC, &opt->norc},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (flags[i].c == c) {
			*flags[i].flag = true;
			return 0;
		}
	}
	return -1;
}

static int
set_option(struct cmdline *cl, int c, char *arg)
{
	struct options *opt = &cl->opt;

	switch (c) {
	case 'c':
		add_todo(cl, TODO_LINE, take(arg));
		return 0;
	case 'f':
		add_todo(cl, TODO_FILE, arg);
		return 0;
	case 'e':
		add_todo(cl, TODO_CHUNK, take(arg));
		return 0;
	case 't':
		opt->trace = arg != NULL ? arg : "-";
		return 0;
	case OPT_CA:
		opt->ca = arg;
		return 0;
	case OPT_CERT:
		opt->cert = arg;
		return 0;
	case OPT_STARTTLS:
		return set_starttls(opt, arg);
	case OPT_AUTH:
		opt->auth = arg;
		return 0;
	case OPT_PASSWORD_FILE:
		opt->password_file = arg;
		return 0;
	case OPT_PASSWORD_COMMAND:
		opt->password_command = arg;
		return 0;
	case OPT_TIMEOUT:
		return set_timeout(opt, arg);
	case 'h':
		cl->help = true;
		return 0;
	case 'V':
		cl->version = true;
		return 0;
	default:
		return set_flag(opt, c);
	}
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

/* The first word is nothing that we know. */
static int
missed(const char *word)
{
	struct nearest n;

	near_init(&n.near, str_z(word));
	script_names(try_name, &n);
	if (n.near.best == NULL)
		return usage("%s is no script and no URL, and a host needs a "
			     "port behind it",
		    word);
	screen_error("no script %s; did you mean %s?", word, n.near.best);
	return -1;
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
		return missed(word);
	}
	return cl->first == FIRST_URL ? 0 : argc - at - 1;
}

void
options_free(struct cmdline *cl)
{
	for (size_t i = 0; i < cl->todos; i++)
		if (cl->todo[i].kind != TODO_FILE)
			mem_free_secret(cl->todo[i].text);
	free(cl->todo);
	for (size_t i = 0; cl->words[i] != NULL; i++)
		mem_free_secret(cl->words[i]);
	free(cl->words);
}

int
options_parse(int argc, char **argv, struct cmdline *out)
{
	/* A script's own options are its own: "+" stops at its name. */
	static const char shorts[] = "+:c:f:e:knqvthV";
	int c, more, words = 0;

	*out = (struct cmdline){0};
	out->words = mem_zalloc(((size_t)argc + 1) * sizeof(char *));
	opterr = 0;
	for (;;) {
		while (
		    (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
			if (c == ':')
				return usage(
				    "%s wants an argument", argv[optind - 1]);
			if (c == '?')
				return usage(
				    "unknown option %s", argv[optind - 1]);
			if (set_option(out, c, optarg) != 0)
				return -1;
		}
		if (optind >= argc)
			return 0;
		if (words > 0)
			return usage("%s is one word too many", argv[optind]);
		more = first_word(out, argc, argv, optind);
		if (more < 0)
			return -1;
		for (; words <= more; words++)
			out->words[words] = take(argv[optind++]);
	}
}
