/* resolve: a host's addresses, by getaddrinfo(3) in a forked child. */
#include "net/resolve.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <idn2.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

int (*resolver_lookup)(const char *, const char *, const struct addrinfo *,
    struct addrinfo **) = getaddrinfo;

int
host_ascii(const char *host, char out[static HOST_SIZE], struct err *e)
{
	const char *name = host;
	uint8_t *made = NULL;
	size_t n;
	int rc;

	if (!str_is_ascii(str_z(host))) {
		rc = idn2_lookup_u8((const uint8_t *)host, &made,
		    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
		if (rc != IDN2_OK)
			return err_set(e, ERR_DNS, "%s", idn2_strerror(rc));
		name = (const char *)made;
	}
	n = strlen(name);
	if (n > 0 && name[n - 1] == '.')
		n--;
	rc = n > 0 && n < HOST_SIZE ? 0 : -1;
	if (rc == 0)
		str_copy(out, HOST_SIZE, (struct str){name, n});
	idn2_free(made);
	if (rc != 0)
		return err_set(e, ERR_DNS,
		    n == 0 ? N_("host name is empty")
			   : N_("host name is longer than 255 octets"));
	return 0;
}

static void
set_port(struct addr *a, uint16_t port)
{
	if (a->u.sa.sa_family == AF_INET6)
		a->u.in6.sin6_port = htons(port);
	else
		a->u.in.sin_port = htons(port);
}

/* Copies the Internet addresses of the list, as many as there is room for. */
static void
collect(struct addrs *as, const struct addrinfo *ai, uint16_t port)
{
	for (; ai != NULL && as->n < ADDRS_MAX; ai = ai->ai_next) {
		struct addr *a = &as->a[as->n];

		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		if (ai->ai_addrlen > sizeof(a->u))
			continue;
		memcpy(&a->u, ai->ai_addr, ai->ai_addrlen);
		a->len = ai->ai_addrlen;
		set_port(a, port);
		as->n++;
	}
}

bool
host_numeric(const char *host, uint16_t port, struct addr *a)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrs as = {0};
	struct addrinfo *ai;

	if (getaddrinfo(host, NULL, &hints, &ai) != 0)
		return false;
	collect(&as, ai, port);
	freeaddrinfo(ai);
	*a = as.a[0];
	return as.n > 0;
}

void
addrs_interleave(struct addrs *as)
{
	struct addrs old = *as;
	size_t at[2] = {0, 0}; /* next of the first family, of the others */
	int first = old.n > 0 ? old.a[0].u.sa.sa_family : AF_UNSPEC;
	size_t turn = 0, i;

	for (i = 0; i < as->n; turn ^= 1) {
		size_t *k = &at[turn];

		while (*k < old.n &&
		       (old.a[*k].u.sa.sa_family == first) == (turn == 1))
			++*k;
		if (*k < old.n)
			as->a[i++] = old.a[(*k)++];
	}
}

/* So the child's one write neither blocks nor is cut. */
static_assert(sizeof(struct answer) <= PIPE_BUF, "answer fits a pipe");

/*
 * The child.  It keeps no descriptor but the pipe: a connection that the
 * parent closes must not stay open here.  All signals are blocked already,
 * for a Ctrl-C is the parent's affair and its handlers are not for us.
 */
static _Noreturn void
look_up(int fd, const char *host, uint16_t port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct answer answer = {0};
	struct addrinfo *ai = NULL;
	int null = open("/dev/null", O_RDWR);

	if (fd <= STDERR_FILENO + 1)
		fd = fcntl(fd, F_DUPFD, STDERR_FILENO + 2);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(fd, STDERR_FILENO + 1);
	fd = STDERR_FILENO + 1;
	closefrom(fd + 1);
	answer.gai = resolver_lookup(host, NULL, &hints, &ai);
	/* RFC 6761 6.3: this name is known even where no file has it. */
	if (answer.gai != 0 && strcasecmp(host, "localhost") == 0)
		answer.gai = resolver_lookup(NULL, "0", &hints, &ai);
	answer.sys = errno;
	if (answer.gai == 0)
		collect(&answer.addrs, ai, port);
	_exit(write(fd, &answer, sizeof(answer)) == sizeof(answer) ? 0 : 1);
}

/* What the child said, into addrs or e. */
static void
conclude(struct resolver *r)
{
	struct answer *a = &r->answer;

	if (r->got != sizeof(*a))
		(void)err_set(
		    &r->e, ERR_DNS, "the look-up ended without an answer");
	else if (a->gai == EAI_SYSTEM)
		(void)err_set(&r->e, ERR_DNS, "%s", strerror(a->sys));
	else if (a->gai != 0)
		(void)err_set(&r->e, ERR_DNS, "%s", gai_strerror(a->gai));
	else if (a->addrs.n == 0)
		(void)err_set(&r->e, ERR_DNS, "no Internet address");
	if (r->e.kind != ERR_NONE)
		a->addrs.n = 0;
	addrs_interleave(&a->addrs);
}

static void
answered(struct watch *w, short revents)
{
	struct resolver *r = CONTAINER_OF(w, struct resolver, watch);
	size_t room = sizeof(r->answer) - r->got;
	ssize_t got;

	(void)revents;
	got = read(w->fd, (char *)&r->answer + r->got, room);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got > 0)
		r->got += (size_t)got;
	if (got > 0 && r->got < sizeof(r->answer))
		return;
	resolver_stop(r);
	conclude(r);
	r->done(r);
}

int
resolver_start(struct resolver *r, struct loop *l, const char *host,
    uint16_t port, struct err *e)
{
	char name[HOST_SIZE];
	sigset_t all, old;
	int fds[2];

	if (host_ascii(host, name, e) != 0)
		return -1;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(e, "pipe");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	r->pid = fork();
	if (r->pid == 0)
		look_up(fds[1], name, port);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fds[1]);
	if (r->pid < 0) {
		r->pid = 0;
		close(fds[0]);
		return err_sys(e, "fork");
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	r->watch.fd = fds[0];
	r->watch.events = POLLIN;
	r->watch.ready = answered;
	loop_watch(l, &r->watch);
	return 0;
}

void
resolver_stop(struct resolver *r)
{
	if (r->pid == 0)
		return;
	loop_unwatch(&r->watch);
	close(r->watch.fd);
	child_kill(r->pid);
	r->pid = 0;
}
