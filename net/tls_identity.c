/* tls_identity: what a server of TLS shows of itself. */
#include "base/mem.h"
#include "base/text.h"
#include "net/tls_config.h"

#include <stdlib.h>

struct tls_identity {
	SSL_CTX *ctx;
};

/* What the library finds wrong with a file of PEM is about its own ways of
 * reading; a file that cannot be read, or a key that is too weak, is told as it
 * says. */
static void
unusable(struct err *e, const char *file, const char *holds)
{
	unsigned long code = ossl.ERR_peek_error();

	if (ERR_SYSTEM_ERROR(code) || ERR_GET_LIB(code) == ERR_LIB_SSL)
		tls_reason(e, code, file);
	else
		(void)err_set(
		    e, ERR_TLS, "%s: holds no %s in PEM", file, text_of(holds));
}

static void
load(SSL_CTX *ctx, const char *cert, const char *key, struct err *e)
{
	int form = SSL_FILETYPE_PEM;

	if (ossl.SSL_CTX_use_certificate_chain_file(ctx, cert) != 1) {
		unusable(e, cert, N_("certificate"));
	} else if (ossl.SSL_CTX_use_PrivateKey_file(ctx, key, form) != 1 &&
		   ERR_GET_LIB(ossl.ERR_peek_error()) != ERR_LIB_X509) {
		unusable(e, key, N_("key without a passphrase"));
	} else if (ossl.SSL_CTX_check_private_key(ctx) != 1) {
		(void)err_set(e, ERR_TLS,
		    "%s: not the key of the certificate in %s", key, cert);
	}
	ossl.ERR_clear_error();
}

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
	load(ctx, cert, key, e);
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
