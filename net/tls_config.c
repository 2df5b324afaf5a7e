/* tls_config: what TLS trusts, whom it expects, and how it says no. */
#include "net/tls_config.h"
#include "net/resolve.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- Words ----------------------------------------------------------------- */

/* OpenSSL's words for a peer that answers in clear would puzzle anyone. */
static const struct {
	int reason;
	const char *words;
} clearer[] = {
    {SSL_R_WRONG_VERSION_NUMBER, N_("the answer is not TLS")},
    {SSL_R_PACKET_LENGTH_TOO_LONG, N_("the answer is not TLS")},
    {SSL_R_HTTP_REQUEST, N_("the answer is not TLS")},
};

void
tls_reason(struct err *e, unsigned long code, const char *what)
{
	const char *words = ossl.ERR_reason_error_string(code);
	int reason = ERR_GET_REASON(code);

	if (ERR_SYSTEM_ERROR(code))
		words = strerror(reason);
	else if (ERR_GET_LIB(code) == ERR_LIB_SSL)
		for (size_t i = 0; i < sizeof(clearer) / sizeof(*clearer); i++)
			if (clearer[i].reason == reason)
				words = clearer[i].words;
	(void)err_set(e, ERR_TLS, "%s: %s", what,
	    text_of(words != NULL ? words : N_("unknown error")));
}

void
tls_fingerprint(X509 *cert, char *out, size_t size)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	size_t at = 0;

	*out = '\0';
	if (cert == NULL ||
	    ossl.X509_digest(cert, ossl.EVP_sha256(), md, &n) != 1)
		return;
	for (unsigned i = 0; i < n && at + 3 <= size; i++, at += 3)
		(void)snprintf(out + at, size - at, "%02X:", md[i]);
	out[at - 1] = '\0';
}

static int
judged(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = ossl.X509_STORE_CTX_get_ex_data(
	    ctx, ossl.SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_verdict *v = ossl.SSL_get_ex_data(ssl, 0);
	int why = ossl.X509_STORE_CTX_get_error(ctx);
	char print[3 * SHA256_DIGEST_LENGTH];

	if (ok)
		return 1;
	if (why == X509_V_ERR_HOSTNAME_MISMATCH && v->srv_id[0] != '\0' &&
	    tls_has_srv_id(ossl.X509_STORE_CTX_get0_cert(ctx), v->srv_id)) {
		ossl.X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	tls_fingerprint(
	    ossl.X509_STORE_CTX_get0_cert(ctx), print, sizeof(print));
	if (why == X509_V_ERR_HOSTNAME_MISMATCH ||
	    why == X509_V_ERR_IP_ADDRESS_MISMATCH)
		(void)snprintf(v->text, sizeof(v->text),
		    text_of("certificate verify failed: it does not name "
			    "%.60s; SHA-256 fingerprint %s"),
		    v->host, print);
	else
		(void)snprintf(v->text, sizeof(v->text),
		    text_of("certificate verify failed: %.80s; "
			    "SHA-256 fingerprint %s"),
		    text_of(ossl.X509_verify_cert_error_string(why)), print);
	return 0;
}

/* -- Trust ----------------------------------------------------------------- */

/* Whether dir has the hashed names that OpenSSL looks up (c_rehash). */
static bool
is_hashed(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	bool found = false;

	while (d != NULL && !found && (de = readdir(d)) != NULL)
		found = strlen(de->d_name) == 10 &&
			strspn(de->d_name, "0123456789abcdef") == 8 &&
			strcmp(de->d_name + 8, ".0") == 0;
	if (d != NULL)
		closedir(d);
	return found;
}

/*
 * To read the system's authorities whole takes 20 ms, so the directory, where
 * single ones are found by their hash, is preferred where there is one.
 */
static int
trust_system(SSL_CTX *ctx)
{
	if (getenv(ossl.X509_get_default_cert_file_env()) == NULL &&
	    getenv(ossl.X509_get_default_cert_dir_env()) == NULL &&
	    is_hashed(ossl.X509_get_default_cert_dir()))
		return ossl.SSL_CTX_set_default_verify_dir(ctx);
	return ossl.SSL_CTX_set_default_verify_paths(ctx);
}

static int
trust(SSL_CTX *ctx, const char *ca)
{
	struct stat st;

	if (ca == NULL)
		return trust_system(ctx);
	if (stat(ca, &st) == 0 && S_ISDIR(st.st_mode))
		return ossl.SSL_CTX_load_verify_dir(ctx, ca);
	return ossl.SSL_CTX_load_verify_file(ctx, ca);
}

int
tls_no_passphrase(char *p, int size, int rw, void *arg)
{
	(void)p;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

static int
show_certificate(SSL_CTX *ctx, const char *file)
{
	ossl.SSL_CTX_set_default_passwd_cb(ctx, tls_no_passphrase);
	return ossl.SSL_CTX_use_certificate_chain_file(ctx, file) == 1 &&
	       ossl.SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM) ==
		   1 &&
	       ossl.SSL_CTX_check_private_key(ctx) == 1;
}

/* -- Keys for a network analyser ------------------------------------------- */

static const char *
keylog_file(void)
{
	const char *file = secure_getenv("SSLKEYLOGFILE");

	return file != NULL && *file != '\0' ? file : NULL;
}

static void
log_key(const SSL *ssl, const char *line)
{
	const char *file = keylog_file();
	int fd =
	    file == NULL
		? -1
		: open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	(void)ssl;
	if (fd < 0)
		return;
	(void)dprintf(fd, "%s\n", line);
	close(fd);
}

/* -- The session ----------------------------------------------------------- */

SSL_CTX *
tls_context(const SSL_METHOD *method, struct err *e)
{
	SSL_CTX *ctx = ossl.SSL_CTX_new(method);

	if (ctx == NULL ||
	    ossl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION,
		TLS1_2_VERSION, NULL) != 1) {
		tls_reason(e, ossl.ERR_peek_error(), "TLS library");
		ossl.SSL_CTX_free(ctx);
		return NULL;
	}
	ossl.SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	(void)ossl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_READ_AHEAD, 1, NULL);
	return ctx;
}

static SSL_CTX *
context(const struct tls_config *cfg, struct err *e)
{
	SSL_CTX *ctx = tls_context(ossl.TLS_client_method(), e);
	bool trusted;

	if (ctx == NULL)
		return NULL;
	/* Where any certificate is good, what is wrong with it can be told. */
	trusted = trust(ctx, cfg->ca) == 1;
	if (cfg->insecure)
		ossl.ERR_clear_error();
	if (!cfg->insecure && !trusted) {
		tls_reason(e, ossl.ERR_peek_error(),
		    cfg->ca != NULL ? cfg->ca : text_of("system certificates"));
	} else if (cfg->cert != NULL && show_certificate(ctx, cfg->cert) != 1) {
		tls_reason(e, ossl.ERR_peek_error(), cfg->cert);
	} else {
		if (keylog_file() != NULL)
			ossl.SSL_CTX_set_keylog_callback(ctx, log_key);
		return ctx;
	}
	ossl.SSL_CTX_free(ctx);
	return NULL;
}

/* RFC 9525: a name must be in subjectAltName as a DNS name, an address as an
 * address; the subject's CN plays no part. */
static int
expect(SSL *ssl, const char *host, const struct tls_config *cfg)
{
	X509_VERIFY_PARAM *p = ossl.SSL_get0_param(ssl);
	const char *sni = cfg->sni != NULL ? cfg->sni : host;
	struct addr a;

	if (*host == '\0')
		return 1; /* a socket or a pipe, where any will do */
	ossl.X509_VERIFY_PARAM_set_hostflags(
	    p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
		   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!host_numeric(host, 0, &a))
		return ossl.X509_VERIFY_PARAM_set1_host(p, host, 0) == 1 &&
		       (cfg->also == NULL || ossl.X509_VERIFY_PARAM_add1_host(
						 p, cfg->also, 0) == 1) &&
		       ossl.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			   TLSEXT_NAMETYPE_host_name,
			   (char *)(uintptr_t)sni) == 1;
	if (a.u.sa.sa_family == AF_INET6)
		return ossl.X509_VERIFY_PARAM_set1_ip(
		    p, a.u.in6.sin6_addr.s6_addr, sizeof(struct in6_addr));
	return ossl.X509_VERIFY_PARAM_set1_ip(
	    p, (void *)&a.u.in.sin_addr, sizeof(struct in_addr));
}

static int
offer(SSL *ssl, const char *alpn)
{
	unsigned char list[64];
	size_t n = str_z(alpn).n;

	if (n == 0)
		return 1;
	if (n >= sizeof(list))
		return 0;
	list[0] = (unsigned char)n;
	memcpy(list + 1, alpn, n);
	/* Unlike its kin it returns 0 on success. */
	return ossl.SSL_set_alpn_protos(ssl, list, (unsigned)n + 1) == 0;
}

SSL *
tls_configure(const char *name, const struct tls_config *cfg,
    struct tls_verdict *v, struct err *e)
{
	SSL_CTX *ctx;
	SSL *ssl;

	if (name == NULL && !cfg->insecure) {
		(void)err_set(e, ERR_TLS,
		    "a socket or a pipe has no name that a certificate could "
		    "have; insecure takes any");
		return NULL;
	}
	if (name != NULL && host_ascii(name, v->host, e) != 0)
		return NULL;
	if (cfg->srv_id != NULL)
		(void)str_copy(
		    v->srv_id, sizeof(v->srv_id), str_z(cfg->srv_id));
	ctx = context(cfg, e);
	if (ctx == NULL)
		return NULL;
	ssl = ossl.SSL_new(ctx);
	ossl.SSL_CTX_free(ctx); /* ssl holds it */
	if (ssl == NULL ||
	    (cfg->dane != NULL && !tls_dane(ssl, v->host, cfg->dane)) ||
	    !expect(ssl, v->host, cfg) || !offer(ssl, cfg->alpn)) {
		tls_reason(e, ossl.ERR_peek_error(), "TLS library");
		ossl.SSL_free(ssl);
		return NULL;
	}
	(void)ossl.SSL_set_ex_data(ssl, 0, v);
	ossl.SSL_set_verify(ssl,
	    cfg->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
	    cfg->insecure ? NULL : judged);
	ossl.SSL_set_connect_state(ssl);
	return ssl;
}
