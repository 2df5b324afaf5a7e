/* tls_names: which names a certificate is good for. */
#include "net/tls_config.h"

/* The octets of an SRV-ID, an IA5String (RFC 4985 2); p is NULL if the name is
 * none. */
static struct str
srv_id_of(const GENERAL_NAME *name)
{
	const ASN1_TYPE *value;
	const ASN1_STRING *s;

	if (name->type != GEN_OTHERNAME ||
	    ossl.OBJ_obj2nid(name->d.otherName->type_id) != NID_SRVName)
		return (struct str){NULL, 0};
	value = name->d.otherName->value;
	if (value->type != V_ASN1_IA5STRING)
		return (struct str){NULL, 0};
	s = value->value.ia5string;
	return (struct str){(const char *)ossl.ASN1_STRING_get0_data(s),
	    (size_t)ossl.ASN1_STRING_length(s)};
}

bool
tls_has_srv_id(X509 *cert, const char *srv_id)
{
	GENERAL_NAMES *names =
	    ossl.X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const OPENSSL_STACK *list = (const void *)names;
	bool found = false;

	for (int i = 0; !found && i < ossl.OPENSSL_sk_num(list); i++) {
		struct str s = srv_id_of(ossl.OPENSSL_sk_value(list, i));

		found = s.p != NULL && str_eqcase(s, str_z(srv_id));
	}
	ossl.GENERAL_NAMES_free(names);
	return found;
}

bool
tls_certifies(const struct stream *s, const char *name)
{
	const SSL *ssl = tls_session(s);
	X509 *cert = ssl != NULL ? ossl.SSL_get0_peer_certificate(ssl) : NULL;

	if (cert == NULL)
		return false;
	if (*name == '_')
		return tls_has_srv_id(cert, name);
	return ossl.X509_check_host(cert, name, 0,
		   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
		       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
		   NULL) == 1;
}
