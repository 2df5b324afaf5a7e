/*
 * openssl: OpenSSL's functions, opened on first use.
 *
 * To link libcrypto takes as long as all else that postel does when it starts,
 * and most runs of the shell's simpler jobs need none of it.  So the library
 * is opened by dlopen(3) when TLS, or APOP's digest, is first wanted, and its
 * functions are called through `ossl`.
 */
#ifndef NET_OPENSSL_H
#define NET_OPENSSL_H

#include "net/library.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define OPENSSL_FUNCTIONS(F)                                                   \
	F(ASN1_INTEGER_set_uint64)                                             \
	F(ASN1_STRING_get0_data)                                               \
	F(ASN1_STRING_length)                                                  \
	F(ASN1_TIME_to_tm)                                                     \
	F(BIO_clear_flags)                                                     \
	F(BIO_ctrl)                                                            \
	F(BIO_free)                                                            \
	F(BIO_get_data)                                                        \
	F(BIO_get_new_index)                                                   \
	F(BIO_meth_new)                                                        \
	F(BIO_meth_set_ctrl)                                                   \
	F(BIO_meth_set_read_ex)                                                \
	F(BIO_meth_set_write_ex)                                               \
	F(BIO_new)                                                             \
	F(BIO_s_mem)                                                           \
	F(BIO_set_data)                                                        \
	F(BIO_set_flags)                                                       \
	F(BIO_set_init)                                                        \
	F(ERR_clear_error)                                                     \
	F(ERR_peek_error)                                                      \
	F(ERR_reason_error_string)                                             \
	F(EVP_Digest)                                                          \
	F(EVP_DigestFinal_ex)                                                  \
	F(EVP_DigestInit_ex)                                                   \
	F(EVP_DigestUpdate)                                                    \
	F(EVP_MD_CTX_free)                                                     \
	F(EVP_MD_CTX_new)                                                      \
	F(EVP_PKEY_Q_keygen)                                                   \
	F(EVP_PKEY_free)                                                       \
	F(EVP_PKEY_get0_type_name)                                             \
	F(EVP_PKEY_get_bits)                                                   \
	F(EVP_get_digestbyname)                                                \
	F(EVP_md5)                                                             \
	F(EVP_sha256)                                                          \
	F(GENERAL_NAMES_free)                                                  \
	F(HMAC)                                                                \
	F(OBJ_nid2ln)                                                          \
	F(OBJ_nid2sn)                                                          \
	F(OBJ_obj2nid)                                                         \
	F(OPENSSL_sk_num)                                                      \
	F(OPENSSL_sk_value)                                                    \
	F(OpenSSL_version)                                                     \
	F(PEM_write_PrivateKey)                                                \
	F(PEM_write_X509)                                                      \
	F(PKCS5_PBKDF2_HMAC)                                                   \
	F(SSL_CIPHER_get_name)                                                 \
	F(SSL_CTX_check_private_key)                                           \
	F(SSL_CTX_ctrl)                                                        \
	F(SSL_CTX_dane_enable)                                                 \
	F(SSL_CTX_free)                                                        \
	F(SSL_CTX_load_verify_dir)                                             \
	F(SSL_CTX_load_verify_file)                                            \
	F(SSL_CTX_new)                                                         \
	F(SSL_CTX_sess_set_new_cb)                                             \
	F(SSL_CTX_set_cert_verify_callback)                                    \
	F(SSL_CTX_set_default_passwd_cb)                                       \
	F(SSL_CTX_set_default_passwd_cb_userdata)                              \
	F(SSL_CTX_set_default_verify_dir)                                      \
	F(SSL_CTX_set_default_verify_paths)                                    \
	F(SSL_CTX_set_keylog_callback)                                         \
	F(SSL_CTX_set_options)                                                 \
	F(SSL_CTX_use_PrivateKey_file)                                         \
	F(SSL_CTX_use_certificate_chain_file)                                  \
	F(SSL_SESSION_free)                                                    \
	F(SSL_SESSION_get_protocol_version)                                    \
	F(SSL_ctrl)                                                            \
	F(SSL_dane_enable)                                                     \
	F(SSL_dane_set_flags)                                                  \
	F(SSL_dane_tlsa_add)                                                   \
	F(SSL_do_handshake)                                                    \
	F(SSL_export_keying_material)                                          \
	F(SSL_free)                                                            \
	F(SSL_get0_alpn_selected)                                              \
	F(SSL_get0_dane_authority)                                             \
	F(SSL_get0_param)                                                      \
	F(SSL_get0_peer_certificate)                                           \
	F(SSL_get_SSL_CTX)                                                     \
	F(SSL_get_certificate)                                                 \
	F(SSL_get_current_cipher)                                              \
	F(SSL_get_error)                                                       \
	F(SSL_get_ex_data)                                                     \
	F(SSL_get_ex_data_X509_STORE_CTX_idx)                                  \
	F(SSL_get_finished)                                                    \
	F(SSL_get_peer_cert_chain)                                             \
	F(SSL_get_peer_finished)                                               \
	F(SSL_get_version)                                                     \
	F(SSL_group_to_name)                                                   \
	F(SSL_has_pending)                                                     \
	F(SSL_in_before)                                                       \
	F(SSL_is_server)                                                       \
	F(SSL_new)                                                             \
	F(SSL_read_ex)                                                         \
	F(SSL_session_reused)                                                  \
	F(SSL_set_accept_state)                                                \
	F(SSL_set_alpn_protos)                                                 \
	F(SSL_set_bio)                                                         \
	F(SSL_set_connect_state)                                               \
	F(SSL_set_default_read_buffer_len)                                     \
	F(SSL_set_ex_data)                                                     \
	F(SSL_set_session)                                                     \
	F(SSL_set_verify)                                                      \
	F(SSL_shutdown)                                                        \
	F(SSL_version)                                                         \
	F(SSL_write_ex)                                                        \
	F(TLS_client_method)                                                   \
	F(TLS_server_method)                                                   \
	F(X509V3_EXT_conf_nid)                                                 \
	F(X509V3_set_ctx)                                                      \
	F(X509_EXTENSION_free)                                                 \
	F(X509_NAME_add_entry_by_txt)                                          \
	F(X509_NAME_print_ex)                                                  \
	F(X509_STORE_CTX_get0_cert)                                            \
	F(X509_STORE_CTX_get0_chain)                                           \
	F(X509_STORE_CTX_get_current_cert)                                     \
	F(X509_STORE_CTX_get_error)                                            \
	F(X509_STORE_CTX_get_error_depth)                                      \
	F(X509_STORE_CTX_get_ex_data)                                          \
	F(X509_STORE_CTX_set_error)                                            \
	F(X509_STORE_CTX_set_verify_cb)                                        \
	F(X509_VERIFY_PARAM_add1_host)                                         \
	F(X509_VERIFY_PARAM_set1_host)                                         \
	F(X509_VERIFY_PARAM_set1_ip)                                           \
	F(X509_VERIFY_PARAM_set_hostflags)                                     \
	F(X509_add_ext)                                                        \
	F(X509_check_ca)                                                       \
	F(X509_check_host)                                                     \
	F(X509_digest)                                                         \
	F(X509_free)                                                           \
	F(X509_get0_notAfter)                                                  \
	F(X509_get0_notBefore)                                                 \
	F(X509_get0_pubkey)                                                    \
	F(X509_get_default_cert_dir)                                           \
	F(X509_get_default_cert_dir_env)                                       \
	F(X509_get_default_cert_file)                                          \
	F(X509_get_default_cert_file_env)                                      \
	F(X509_get_ext_d2i)                                                    \
	F(X509_get_extended_key_usage)                                         \
	F(X509_get_issuer_name)                                                \
	F(X509_get_serialNumber)                                               \
	F(X509_get_signature_info)                                             \
	F(X509_get_signature_nid)                                              \
	F(X509_get_subject_name)                                               \
	F(X509_getm_notAfter)                                                  \
	F(X509_getm_notBefore)                                                 \
	F(X509_gmtime_adj)                                                     \
	F(X509_new)                                                            \
	F(X509_set_issuer_name)                                                \
	F(X509_set_pubkey)                                                     \
	F(X509_set_version)                                                    \
	F(X509_sign)                                                           \
	F(X509_verify_cert)                                                    \
	F(X509_verify_cert_error_string)

struct openssl {
	OPENSSL_FUNCTIONS(LIBRARY_MEMBER)
};

/* Good after openssl_open has returned 0 once. */
extern struct openssl ossl;

/* 0, or -1 with ERR_TLS where the library is not there. */
int openssl_open(struct err *e);

#endif
