/*
 * main: posteld, the practice server, from its options to its end.
 */
#include "base/mem.h"
#include "net/resolve.h"
#include "server/listen.h"
#include "server/sample.h"
#include "server/services.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OPT_ROOT = 256,
	OPT_TLS,
	OPT_LISTEN,
	OPT_HOST,
	OPT_DOMAIN,
	OPT_FAULT,
	OPT_SIZE,
	OPT_TIMEOUT,
	OPT_CLIENTS,
	OPT_SAMPLE,
	OPT_UNTIL_EOF,
	OPT_SELF_SIGNED,
	OPT_PORT, /* and those behind it, one for each row of ports */
};

/* What can be listened to. */
static const struct port {
	const char *option;
	const struct service *service;
	bool tls;
} ports[] = {
    {"pop3", &pop3_service, false},
    {"smtp", &smtp_service, false},
    {"lmtp", &lmtp_service, false},
    {"imap", &imap_service, false},
    {"pop3s", &pop3_service, true},
    {"smtps", &smtp_service, true},
    {"imaps", &imap_service, true},
};
enum { PORTS = sizeof(ports) / sizeof(*ports) };

static const char usage_text[] =
    "usage: posteld --root DIR [--pop3 PORT] [--smtp PORT] [--imap PORT] …\n"
    "\n"
    "A practice mail server over the accounts in DIR/users, a line each:\n"
    "name:password[:full name].  With port 0 a free one is taken; which, is\n"
    "printed.\n"
    "\n"
    "  --pop3, --smtp, --lmtp, --imap PORT      what to speak, and where\n"
    "  --pop3s, --smtps, --imaps PORT           the same in TLS from the "
    "start\n"
    "  --tls CERT KEY     PEM files; STARTTLS and STLS are offered\n"
    "  --self-signed      the same with a certificate made in DIR\n"
    "  --listen ADDRESS   instead of 127.0.0.1\n"
    "  --host NAME        our own name\n"
    "  --domain NAME      mail for it is ours, too (repeatable)\n"
    "  --fault RULE       what goes wrong on purpose (repeatable): slow N,\n"
    "                     drop N, refuse VERB REPLY, hang VERB, cut VERB,\n"
    "                     hide CAPABILITY, tempfail ADDRESS; with imap: (or\n"
    "                     another protocol) in front for that one only\n"
    "  --sample           fill an empty DIR with asterix, obelix and mail\n"
    "  --size OCTETS      the largest message\n"
    "  --timeout SECONDS  how long a client may say nothing\n"
    "  --clients N        how many there may be at once\n"
    "  --until-eof        end when standard input does\n"
    "  -v, --verbose      tell what happens\n"
    "  -h, --help   -V, --version\n";

struct options {
	const char *root, *listen;
	const char *cert, *key;
	const char *port[PORTS]; /* NULL: not wanted */
	const char **domain;
	size_t domains;
	bool sample, until_eof, self_signed;
};

/* Everything that runs. */
struct posteld {
	struct server srv;
	struct options opt;
	struct listener *listeners[PORTS];
	struct watch input;
	char host[256];
	int lock;
};

static struct loop *the_loop;

/* ---- options ---- */

static int
complain(const char *what, const char *word)
{
	fprintf(
	    stderr, "posteld: %s%s; posteld -h shows the usage\n", what, word);
	return -1;
}

static int
number(const char *option, const char *arg, uint64_t max, uint64_t *n)
{
	if (str_u64(str_z(arg), max, n) && *n > 0)
		return 0;
	return complain(option, " wants a number");
}

/* It stands in greetings, headers and addresses. */
static bool
is_host(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (!ascii_alpha(*p) && !ascii_digit(*p) &&
		    strchr(".-_", *p) == NULL)
			return false;
	return *name != '\0';
}

/* Options whose effect is on the server; -1 if it makes no sense. */
static int
set_server(struct posteld *d, int c, const char *arg)
{
	struct server *srv = &d->srv;
	struct err e = {0};
	uint64_t n = 0;
	int rc = 0;

	switch (c) {
	case OPT_HOST:
		if (!is_host(arg))
			rc = complain("--host wants a host's name", "");
		srv->host = arg;
		break;
	case OPT_FAULT:
		rc = faults_add(srv->faults, arg, &e);
		if (rc < 0)
			(void)complain(e.msg, "");
		break;
	case OPT_SIZE:
		rc = number("--size", arg, INT64_MAX, &srv->message_max);
		break;
	case OPT_TIMEOUT:
		rc = number("--timeout", arg, 86400, &n);
		srv->idle_ms = (int64_t)n * 1000;
		break;
	case OPT_CLIENTS:
		rc = number("--clients", arg, 100000, &n);
		srv->clients_max = (size_t)n;
		break;
	default:
		srv->verbose = true;
		break;
	}
	return rc;
}

static int
set_port(struct options *o, size_t i, const char *arg)
{
	uint64_t port;

	o->port[i] = arg;
	if (str_u64(str_z(arg), 65535, &port))
		return 0;
	return complain(ports[i].option, " wants a port, from 0 to 65535");
}

static int
set_option(struct posteld *d, int c, char *arg, int argc, char **argv)
{
	struct options *o = &d->opt;

	switch (c) {
	case OPT_ROOT:
		o->root = arg;
		return 0;
	case OPT_LISTEN:
		o->listen = arg;
		return 0;
	case OPT_SAMPLE:
		o->sample = true;
		return 0;
	case OPT_UNTIL_EOF:
		o->until_eof = true;
		return 0;
	case OPT_SELF_SIGNED:
		o->self_signed = true;
		return 0;
	case OPT_DOMAIN:
		o->domain[o->domains++] = arg;
		return 0;
	case OPT_TLS:
		if (optind >= argc)
			return complain("--tls wants CERT and KEY", "");
		o->cert = arg;
		o->key = argv[optind++];
		return 0;
	default:
		if (c < OPT_PORT)
			return set_server(d, c, arg);
		return set_port(o, (size_t)(c - OPT_PORT), arg);
	}
}

static const struct option fixed[] = {
    {"root", required_argument, NULL, OPT_ROOT},
    {"tls", required_argument, NULL, OPT_TLS},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"host", required_argument, NULL, OPT_HOST},
    {"domain", required_argument, NULL, OPT_DOMAIN},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"clients", required_argument, NULL, OPT_CLIENTS},
    {"sample", no_argument, NULL, OPT_SAMPLE},
    {"until-eof", no_argument, NULL, OPT_UNTIL_EOF},
    {"self-signed", no_argument, NULL, OPT_SELF_SIGNED},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
};
enum { FIXED = sizeof(fixed) / sizeof(*fixed) };

static bool
has_tls(const struct options *o)
{
	return o->cert != NULL || o->self_signed;
}

/* Whether the options ask for something that makes sense together. */
static int
check_options(const struct options *o)
{
	struct addr ignored;
	bool any = false;

	for (size_t i = 0; i < PORTS; i++) {
		any |= o->port[i] != NULL;
		if (o->port[i] != NULL && ports[i].tls && !has_tls(o))
			return complain(ports[i].option, " wants --tls, too");
	}
	if (o->root == NULL || *o->root == '\0')
		return complain("--root is missing", "");
	if (!host_numeric(o->listen, 0, &ignored))
		return complain("--listen wants an address in numbers", "");
	return any ? 0 : complain("no port to listen at", "");
}

/* 0, 1 if all is said already, -1 for a wrong use. */
static int
read_options(struct posteld *d, int argc, char **argv)
{
	struct option longs[FIXED + PORTS + 1] = {0};
	int c;

	memcpy(longs, fixed, sizeof(fixed));
	for (size_t i = 0; i < PORTS; i++)
		longs[FIXED + i] = (struct option){ports[i].option,
		    required_argument, NULL, OPT_PORT + (int)i};
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":vhV", longs, NULL)) != -1) {
		if (c == 'h' || c == 'V') {
			fputs(c == 'h' ? usage_text
				       : "posteld " POSTEL_VERSION "\n",
			    stdout);
			return 1;
		}
		if (c == ':')
			return complain(argv[optind - 1], " wants an argument");
		if (c == '?')
			return complain("unknown option ", argv[optind - 1]);
		if (set_option(d, c, optarg, argc, argv) < 0)
			return -1;
	}
	if (optind < argc)
		return complain("one word too many: ", argv[optind]);
	return check_options(&d->opt);
}

/* ---- starting ---- */

/* Nobody else may serve the same folder. */
static int
lock_root(struct posteld *d, struct err *e)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/posteld.lock", d->opt.root);
	d->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock < 0)
		return err_sys(e, "%s", path);
	if (flock(d->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK
		   ? err_set(e, ERR_USE, "%s is served by another posteld",
			 d->opt.root)
		   : err_sys(e, "%s", path);
}

static int
open_root(struct posteld *d, struct err *e)
{
	/* Without users there is nothing to serve in a new one. */
	if (d->opt.sample && mkdir(d->opt.root, 0700) != 0 && errno != EEXIST)
		return err_sys(e, "%s", d->opt.root);
	if (access(d->opt.root, F_OK) != 0)
		return err_sys(e, "%s", d->opt.root);
	if (lock_root(d, e) < 0 ||
	    (d->opt.sample && sample_fill(d->opt.root, e) < 0))
		return -1;
	d->srv.users = users_open(d->opt.root, e);
	if (d->srv.users == NULL)
		return -1;
	users_domain(d->srv.users, d->srv.host);
	for (size_t i = 0; i < d->opt.domains; i++)
		users_domain(d->srv.users, d->opt.domain[i]);
	return 0;
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static int
open_port(struct posteld *d, size_t i, struct err *e)
{
	const char *address = d->opt.listen;
	uint64_t port = 0;

	(void)str_u64(str_z(d->opt.port[i]), 65535, &port);
	d->listeners[i] = listener_new(&d->srv, ports[i].service, address,
	    (uint16_t)port, ports[i].tls, e);
	if (d->listeners[i] == NULL)
		return -1;
	if (!ports[i].tls && !is_loopback(address))
		fprintf(stderr,
		    "posteld: warning: %s at %s is open to a network, where "
		    "passwords can be read%s\n",
		    ports[i].option, address,
		    has_tls(&d->opt) ? " by those who do not use STARTTLS"
				     : "");
	return 0;
}

/* What is listened to, for whoever has started us. */
static void
announce(const struct posteld *d)
{
	for (size_t i = 0; i < PORTS; i++)
		if (d->listeners[i] != NULL)
			printf("%s %s %u\n", ports[i].option, d->opt.listen,
			    listener_port(d->listeners[i]));
	puts("ready");
	fflush(stdout);
}

static int
load_identity(struct posteld *d, struct err *e)
{
	char cert[PATH_MAX], key[PATH_MAX];
	struct options *o = &d->opt;

	if (o->cert != NULL) {
		d->srv.tls = tls_identity_load(o->cert, o->key, e);
	} else {
		(void)snprintf(
		    cert, sizeof(cert), "%s/posteld-cert.pem", o->root);
		(void)snprintf(key, sizeof(key), "%s/posteld-key.pem", o->root);
		if (tls_self_signed(cert, key, d->srv.host, e) == 0)
			d->srv.tls = tls_identity_load(cert, key, e);
	}
	return d->srv.tls != NULL ? 0 : -1;
}

static int
start(struct posteld *d, struct err *e)
{
	if (open_root(d, e) < 0 ||
	    (has_tls(&d->opt) && load_identity(d, e) < 0))
		return -1;
	for (size_t i = 0; i < PORTS; i++)
		if (d->opt.port[i] != NULL && open_port(d, i, e) < 0)
			return -1;
	announce(d);
	return 0;
}

/* ---- running ---- */

static void
on_signal(int sig)
{
	(void)sig;
	loop_interrupt(the_loop);
}

static void
set_signals(void)
{
	struct sigaction ign = {.sa_handler = SIG_IGN},
			 end = {.sa_handler = on_signal};

	sigaction(SIGPIPE, &ign, NULL);
	sigaction(SIGXFSZ, &ign, NULL); /* write(2) says EFBIG */
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
}

static void
input_ready(struct watch *w, short revents)
{
	char junk[512];

	if (!(revents & POLLIN) || read(w->fd, junk, sizeof(junk)) <= 0)
		loop_interrupt(the_loop);
}

/* Each client is a descriptor, and more while it reads or writes a message. */
static void
raise_limits(const struct server *srv)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return;
	if (lim.rlim_cur < 4 * srv->clients_max + 64) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static void
serve(struct posteld *d)
{
	if (d->opt.until_eof) {
		d->input = (struct watch){
		    .fd = STDIN_FILENO, .events = POLLIN, .ready = input_ready};
		loop_watch(the_loop, &d->input);
	}
	while (loop_turn(the_loop, LOOP_NEVER) != TURN_STOP)
		;
	loop_unwatch(&d->input);
}

static void
stop(struct posteld *d)
{
	client_drop_all(&d->srv);
	for (size_t i = 0; i < PORTS; i++)
		listener_close(d->listeners[i]);
	users_close(d->srv.users);
	faults_free(d->srv.faults);
	tls_identity_free(d->srv.tls);
	loop_free(the_loop);
	free(d->opt.domain);
	if (d->lock >= 0)
		close(d->lock);
}

int
main(int argc, char **argv)
{
	struct posteld d = {.opt = {.listen = "127.0.0.1"}, .lock = -1};
	struct err e = {0};
	int rc;

	the_loop = loop_new();
	if (gethostname(d.host, sizeof(d.host) - 1) != 0 || *d.host == '\0')
		strcpy(d.host, "localhost");
	d.srv = (struct server){.loop = the_loop,
	    .faults = faults_new(),
	    .host = d.host,
	    .message_max = 64 << 20,
	    .clients_max = 1000};
	d.opt.domain = mem_zalloc((size_t)argc * sizeof(char *));
	rc = read_options(&d, argc, argv);
	if (rc == 0) {
		set_signals();
		raise_limits(&d.srv);
		rc = start(&d, &e);
		if (rc == 0)
			serve(&d);
		else
			fprintf(stderr, "posteld: %s\n", e.msg);
		rc = rc == 0 ? 0 : -1;
	} else if (rc < 0) {
		rc = -2;
	} else {
		rc = 0;
	}
	stop(&d);
	return -rc;
}
