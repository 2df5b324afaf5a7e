/* tls_identity: what a server of TLS shows of itself. */
#include "base/mem.h"
#include "net/tls_config.h"

#include <stdlib.h>

struct tls_identity {
	SSL_CTX *ctx;
};

struct tls_identity *
tls_identity_load(const char *cert, const char *key, struct err *e)
{
	struct tls_identity *id;
	SSL_CTX *ctx;

	if (openssl_open(e) != 0)
		return NULL;
	ctx = tls_context(ossl.TLS_server_method(), e);
	if (ctx == NULL)
		return NULL;
	ossl.SSL_CTX_set_default_passwd_cb(ctx, tls_no_passphrase);
	if (ossl.SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		tls_reason(e, ossl.ERR_peek_error(), cert);
	else if (ossl.SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) !=
		     1 ||
		 ossl.SSL_CTX_check_private_key(ctx) != 1)
		tls_reason(e, ossl.ERR_peek_error(), key);
	ossl.ERR_clear_error();
	if (e->kind != ERR_NONE) {
		ossl.SSL_CTX_free(ctx);
		return NULL;
	}
	id = mem_zalloc(sizeof(*id));
	id->ctx = ctx;
	return id;
}

void
tls_identity_free(struct tls_identity *id)
{
	if (id != NULL)
		ossl.SSL_CTX_free(id->ctx);
	free(id);
}

SSL *
tls_accepting(const struct tls_identity *id, struct err *e)
{
	SSL *ssl = ossl.SSL_new(id->ctx);

	if (ssl == NULL)
		tls_reason(e, ossl.ERR_peek_error(), "TLS library");
	else
		ossl.SSL_set_accept_state(ssl);
	ossl.ERR_clear_error();
	return ssl;
}
