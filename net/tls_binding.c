/* tls_binding: what ties an exchange above TLS to the connection below it. */
#include "net/tls_config.h"

enum { EXPORTED = 32 };

const char *
tls_binding_name(enum tls_binding type)
{
	static const char *const names[] = {
	    [TLS_EXPORTER] = "tls-exporter",
	    [TLS_UNIQUE] = "tls-unique",
	    [TLS_SERVER_END_POINT] = "tls-server-end-point",
	};

	return names[type];
}

/* Whether no two connections can be made to have one master secret: RFC 9266
 * 4.2, RFC 7627 5.  Renegotiation is off (tls_context). */
static bool
has_unique_secret(SSL *ssl)
{
	return ossl.SSL_version(ssl) >= TLS1_3_VERSION ||
	       ossl.SSL_ctrl(ssl, SSL_CTRL_GET_EXTMS_SUPPORT, 0, NULL) == 1;
}

/* RFC 9266 2: an empty context, which to TLS 1.2 is not the same as none. */
static int
exporter(SSL *ssl, struct buf *out)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	unsigned char ekm[EXPORTED];

	if (!has_unique_secret(ssl) ||
	    ossl.SSL_export_keying_material(ssl, ekm, sizeof(ekm), label,
		sizeof(label) - 1, (const unsigned char *)"", 0, 1) != 1)
		return -1;
	return buf_add(out, (struct str){(const char *)ekm, sizeof(ekm)});
}

/* RFC 5929 3.1: the first Finished of the handshake.  The client sends it,
 * unless the session was resumed: then the server does (RFC 5246 7.3). */
static int
unique(SSL *ssl, struct buf *out)
{
	bool ours = ossl.SSL_is_server(ssl) == ossl.SSL_session_reused(ssl);
	unsigned char finished[EVP_MAX_MD_SIZE];
	size_t n;

	if (ossl.SSL_version(ssl) >= TLS1_3_VERSION || !has_unique_secret(ssl))
		return -1;
	n = ours ? ossl.SSL_get_finished(ssl, finished, sizeof(finished))
		 : ossl.SSL_get_peer_finished(ssl, finished, sizeof(finished));
	if (n == 0 || n > sizeof(finished))
		return -1;
	return buf_add(out, (struct str){(const char *)finished, n});
}

/* RFC 5929 4.1: the digest of the signature, but SHA-256 for MD5 and SHA-1. */
static int
server_end_point(SSL *ssl, struct buf *out)
{
	X509 *cert = ossl.SSL_is_server(ssl)
			 ? ossl.SSL_get_certificate(ssl)
			 : ossl.SSL_get0_peer_certificate(ssl);
	unsigned char print[EVP_MAX_MD_SIZE];
	int digest = NID_undef;
	const EVP_MD *md;
	unsigned n = 0;

	if (cert == NULL ||
	    ossl.X509_get_signature_info(cert, &digest, NULL, NULL, NULL) != 1)
		return -1;
	if (digest == NID_md5 || digest == NID_sha1)
		digest = NID_sha256;
	md = ossl.EVP_get_digestbyname(ossl.OBJ_nid2sn(digest));
	if (md == NULL || ossl.X509_digest(cert, md, print, &n) != 1)
		return -1;
	return buf_add(out, (struct str){(const char *)print, n});
}

int
tls_channel_binding(
    const struct stream *s, enum tls_binding type, struct buf *out)
{
	static int (*const made[])(SSL *, struct buf *) = {
	    [TLS_EXPORTER] = exporter,
	    [TLS_UNIQUE] = unique,
	    [TLS_SERVER_END_POINT] = server_end_point,
	};
	/* Nothing here changes the session, but the library's signatures. */
	SSL *ssl = (SSL *)(uintptr_t)tls_session(s);
	int rc;

	if (ssl == NULL)
		return -1;
	rc = made[type](ssl, out);
	ossl.ERR_clear_error();
	return rc;
}
