/*
 * tlspeer: OpenSSL's own server side, in the test's process.
 */
#ifndef TESTS_UNIT_TLSPEER_H
#define TESTS_UNIT_TLSPEER_H

#include "base/fingerprint.h"
#include "net/tls.h"
#include "tests/unit/certs.h"
#include "tests/unit/faulty.h"

#include <openssl/ssl.h>

/* Set to what the server should be like, the rest zero. */
struct server {
	int version;	   /* TLS1_2_VERSION …; 0: any */
	bool wants_client; /* a certificate by `ca` */
	bool plain_secret; /* no extended master secret (RFC 7627) */
	const char *alpn;  /* what it insists on, or NULL */
	/* What it sends with its own, or NULL. */
	const struct cert *behind, *behind_that;
	SSL_CTX *ctx; /* of an earlier server, to go on with it; or NULL */
	/* Made by connect_pair. */
	SSL *ssl;
	int fd;
	bool up;
	bool alerted; /* the client told it of a failure */
};

/* An authority, and the PEM file that holds it, from tls_setup on. */
extern struct cert ca;
extern char ca_file[64];

/* For cmocka_run_group_tests. */
int tls_setup(void **state);
int tls_teardown(void **state);

/* The path of a file in the test's own folder, which it must leave empty. */
char *in_folder(char *out, size_t size, const char *name);

/* For mx.example, by `ca`. */
struct cert good_cert(void);

/*
 * A client stream whose peer is srv with cert, over a faulty stream if plan is
 * not NULL; the handshake has not begun.
 */
struct stream *connect_pair(struct server *srv, const struct cert *cert,
    struct faulty_plan *plan, const char *name, const struct tls_config *cfg,
    struct err *e);

/* Both sides in turn until the client's handshake is over: 0 or STREAM_ERR. */
int shake(struct stream *s, struct server *srv, struct err *e);

/* Connects, with everything in order, and asserts that it worked. */
struct stream *connected(
    struct server *srv, const struct cert *cert, struct faulty_plan *plan);

/* Has the client read what the server says behind the handshake: tickets. */
void hear_tickets(struct stream *s, struct server *srv);

/* Closes the server's side, without a goodbye. */
void server_cut(struct server *srv);

#endif
