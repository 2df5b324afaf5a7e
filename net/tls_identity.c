/* tls_identity: what a server of TLS shows of itself. */
#include "base/mem.h"
#include "base/text.h"
#include "net/tls_config.h"

#include <stdlib.h>

struct tls_identity {
	SSL_CTX *ctx;
};

/* OpenSSL would ask on the terminal, from within, and hold up all else. */
static int
no_passphrase(char *p, int size, int rw, void *arg)
{
	bool *asked = arg;

	(void)p;
	(void)size;
	(void)rw;
	*asked = true;
	return -1;
}

/* What the library finds wrong with a file of PEM is about its own ways of
 * reading; a file that cannot be read, or a key that is too weak, is told as it
 * says. */
static int
unusable(struct err *e, const char *file, const char *holds)
{
	unsigned long code = ossl.ERR_peek_error();

	if (ERR_SYSTEM_ERROR(code) || ERR_GET_LIB(code) == ERR_LIB_SSL)
		tls_reason(e, code, file);
	else
		(void)err_set(
		    e, ERR_TLS, "%s: holds no %s in PEM", file, text_of(holds));
	return -1;
}

static int
locked(struct err *e, const char *file)
{
	(void)err_set(e, ERR_TLS, "%s: the key has a passphrase", file);
	err_hint(
	    e, "openssl pkey -in %s -out FILE writes it without one", file);
	return -1;
}

int
tls_use_certificate(
    SSL_CTX *ctx, const char *cert, const char *key, struct err *e)
{
	int form = SSL_FILETYPE_PEM, rc = 0;
	bool asked = false;

	ossl.SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	ossl.SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	if (ossl.SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		rc = unusable(e, cert, N_("certificate"));
	else if (ossl.SSL_CTX_use_PrivateKey_file(ctx, key, form) != 1 &&
		 ERR_GET_LIB(ossl.ERR_peek_error()) != ERR_LIB_X509)
		rc = asked ? locked(e, key) : unusable(e, key, N_("key"));
	else if (ossl.SSL_CTX_check_private_key(ctx) != 1)
		rc = err_set(e, ERR_TLS,
		    "%s: not the key of the certificate in %s", key, cert);
	ossl.SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	ossl.ERR_clear_error();
	return rc;
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
	if (tls_use_certificate(ctx, cert, key, e) != 0) {
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
