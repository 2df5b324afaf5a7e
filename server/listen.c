/* listen: the ports of posteld. */
#include "server/listen.h"
#include "base/mem.h"
#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BACKLOG = 511,
	PAUSE_MS = 200, /* when there are no descriptors left */
};

struct listener {
	struct server *srv;
	const struct service *service;
	struct watch watch;
	struct timer resume;
	bool tls;
};

static void
name_of(const struct sockaddr *sa, socklen_t len, char out[static 64])
{
	if (getnameinfo(sa, len, out, 64, NULL, 0, NI_NUMERICHOST) != 0)
		(void)str_copy(out, 64, S("unknown"));
}

static void
welcome(struct listener *l, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_storage ours;
	socklen_t n = sizeof(ours);
	char peer[64], local[64] = "";
	int on = 1;

	/* Nothing here is answered in pieces that could wait for each other. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	name_of(sa, len, peer);
	if (getsockname(fd, (struct sockaddr *)&ours, &n) == 0)
		name_of((struct sockaddr *)&ours, n, local);
	(void)client_new(
	    l->srv, l->service, stream_fd(fd, fd, 0), l->tls, peer, local);
}

static void
accept_all(struct watch *w, short revents)
{
	struct listener *l = CONTAINER_OF(w, struct listener, watch);
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	int fd = -1;

	(void)revents;
	while (l->srv->n_clients < l->srv->clients_max) {
		len = sizeof(sa);
		fd = accept4(w->fd, (struct sockaddr *)&sa, &len, SOCK_CLOEXEC);
		if (fd >= 0)
			welcome(l, fd, (struct sockaddr *)&sa, len);
		else if (errno != EINTR && errno != ECONNABORTED)
			break;
	}
	if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	/* No room: the others wait in the kernel until somebody goes. */
	w->events = 0;
	loop_timer(l->srv->loop, &l->resume, loop_now() + PAUSE_MS);
}

static void
resume(struct timer *t)
{
	CONTAINER_OF(t, struct listener, resume)->watch.events = POLLIN;
}

static int
open_port(const char *address, uint16_t port, struct err *e)
{
	struct addr a;
	int fd, on = 1;

	if (!host_numeric(address, port, &a))
		return err_set(
		    e, ERR_USE, "%s is no address in numbers", address);
	fd = socket(
	    a.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, &a.u.sa, a.len) == 0 && listen(fd, BACKLOG) == 0)
			return fd;
	}
	(void)err_sys(e, "listen at %s port %u", address, port);
	if (fd >= 0)
		close(fd);
	return -1;
}

struct listener *
listener_new(struct server *srv, const struct service *service,
    const char *address, uint16_t port, bool tls, struct err *e)
{
	int fd = open_port(address, port, e);
	struct listener *l;

	if (fd < 0)
		return NULL;
	l = mem_zalloc(sizeof(*l));
	*l = (struct listener){.srv = srv,
	    .service = service,
	    .watch = {.fd = fd, .events = POLLIN, .ready = accept_all},
	    .resume = {.fire = resume},
	    .tls = tls};
	loop_watch(srv->loop, &l->watch);
	return l;
}

uint16_t
listener_port(const struct listener *l)
{
	struct addr a = {.len = sizeof(a.u)};

	if (getsockname(l->watch.fd, &a.u.sa, &a.len) != 0)
		return 0;
	return ntohs(
	    a.u.sa.sa_family == AF_INET6 ? a.u.in6.sin6_port : a.u.in.sin_port);
}

void
listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	loop_unwatch(&l->watch);
	loop_untimer(&l->resume);
	close(l->watch.fd);
	free(l);
}
