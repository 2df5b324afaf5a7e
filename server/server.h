/*
 * server: what all of posteld shares.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "net/loop.h"
#include "net/tls.h"
#include "server/fault.h"
#include "server/users.h"

struct client;

struct server {
	struct loop *loop;
	struct users *users;
	struct faults *faults;
	struct tls_identity *tls; /* NULL: none */
	const char *host;	  /* our own name, in greetings and mails */
	uint64_t message_max;	  /* octets of one message */
	int64_t idle_ms;	  /* 0: what each protocol's RFC wants */
	size_t clients_max;
	bool verbose;
	/* kept by client.c */
	struct client *clients;
	size_t n_clients;
};

/* A line on standard error, with the time; if verbose. */
void server_log(const struct server *srv, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
