/* tlspeer: OpenSSL's own server side, in the test's process. */
#include "tests/unit/tlspeer.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/postel-tls.XXXXXX";
char ca_file[64];
struct cert ca;

char *
in_folder(char *out, size_t size, const char *name)
{
	(void)snprintf(out, size, "%s/%s", folder, name);
	return out;
}

static int
take_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned in_n, void *arg)
{
	const char *want = arg;
	size_t len = strlen(want);

	(void)ssl;
	if (in_n != len + 1 || memcmp(in + 1, want, len) != 0)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = in + 1;
	*n = (unsigned char)len;
	return SSL_TLSEXT_ERR_OK;
}

static void
server_start(struct server *srv, const struct cert *cert, int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert->x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, cert->key), 1);
	if (srv->plain_secret)
		SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (srv->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, srv->version);
		SSL_CTX_set_max_proto_version(ctx, srv->version);
	}
	if (srv->wants_client) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca.x);
		SSL_CTX_set_verify(ctx,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	if (srv->alpn != NULL)
		SSL_CTX_set_alpn_select_cb(
		    ctx, take_alpn, (void *)(uintptr_t)srv->alpn);
	if (srv->behind != NULL)
		assert_int_equal(
		    SSL_CTX_add1_chain_cert(ctx, srv->behind->x), 1);
	if (srv->behind_that != NULL)
		assert_int_equal(
		    SSL_CTX_add1_chain_cert(ctx, srv->behind_that->x), 1);
	srv->ssl = SSL_new(srv->ctx != NULL ? srv->ctx : ctx);
	SSL_CTX_free(ctx);
	srv->fd = fd;
	SSL_set_fd(srv->ssl, fd);
	SSL_set_accept_state(srv->ssl);
	ERR_clear_error();
}

/* One step of the server's handshake. */
static void
server_step(struct server *srv)
{
	if (!srv->up)
		srv->up = SSL_do_handshake(srv->ssl) == 1;
	if (ERR_GET_REASON(ERR_peek_error()) >= SSL_AD_REASON_OFFSET)
		srv->alerted = true;
	ERR_clear_error();
}

void
hear_tickets(struct stream *s, struct server *srv)
{
	struct err e = {0};
	ssize_t rc = STREAM_AGAIN;
	char c;

	assert_int_equal(SSL_write(srv->ssl, "x", 1), 1);
	for (int i = 0; rc == STREAM_AGAIN && i < 100000; i++)
		rc = stream_read(s, &c, 1, &e);
	assert_int_equal(rc, 1);
}

void
server_cut(struct server *srv)
{
	if (srv->ssl == NULL)
		return;
	SSL_free(srv->ssl);
	close(srv->fd);
	srv->ssl = NULL;
}

struct stream *
connect_pair(struct server *srv, const struct cert *cert,
    struct faulty_plan *plan, const char *name, const struct tls_config *cfg,
    struct err *e)
{
	struct stream *below, *s;
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	below = stream_fd(fds[0], fds[0], 0);
	if (plan != NULL)
		below = faulty_stream(below, plan);
	server_start(srv, cert, fds[1]);
	s = tls_client(below, name, cfg, e);
	assert_int_equal(ERR_peek_error(), 0);
	assert_non_null(s);
	return s;
}

int
shake(struct stream *s, struct server *srv, struct err *e)
{
	int rc = STREAM_AGAIN;

	for (int i = 0; rc == STREAM_AGAIN; i++) {
		assert_true(i < 100000);
		rc = tls_handshake(s, e);
		assert_int_equal(ERR_peek_error(), 0);
		server_step(srv);
	}
	/* TLS 1.3: the server is not done before it has our Finished. */
	for (int i = 0; rc == 0 && !srv->up && i < 100000; i++) {
		(void)stream_flush(s, e);
		server_step(srv);
	}
	return rc;
}

struct stream *
connected(struct server *srv, const struct cert *cert, struct faulty_plan *plan)
{
	struct tls_config cfg = {.ca = ca_file};
	struct err e = {0};
	struct stream *s =
	    connect_pair(srv, cert, plan, "mx.example", &cfg, &e);

	if (shake(s, srv, &e) != 0)
		fail_msg("%s", e.msg);
	assert_true(srv->up);
	return s;
}

struct cert
good_cert(void)
{
	return cert_make(&(struct cert_spec){
	    .cn = "x", .san = "DNS:mx.example", .issuer = &ca});
}

int
tls_setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	ca = cert_make(&(struct cert_spec){.cn = "Test CA", .ca = true});
	cert_save(&ca, in_folder(ca_file, sizeof(ca_file), "ca.pem"), false);
	return 0;
}

int
tls_teardown(void **state)
{
	(void)state;
	unlink(ca_file);
	cert_free(&ca);
	return rmdir(folder);
}
