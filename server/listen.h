/*
 * listen: the ports of posteld.
 */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include "server/client.h"

struct listener;

/*
 * Listens for clients of the service at address (numeric, IPv4 or IPv6) and
 * port, 0 for a free one; with tls each connection begins with a handshake.
 * NULL if that cannot be.  Free it with listener_close.
 */
struct listener *listener_new(struct server *srv, const struct service *service,
    const char *address, uint16_t port, bool tls, struct err *e);
uint16_t listener_port(const struct listener *l);
void listener_close(struct listener *l); /* l may be NULL */

#endif
