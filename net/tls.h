/*
 * tls: a TLS layer over a stream, by OpenSSL.
 *
 * For a client, certificates are verified against the system's authorities (or
 * `ca`) and against the name (RFC 9525: subjectAltName only, no CN; an IP
 * address must be named as one), unless `insecure`.  With a `fingerprint` it is
 * this very certificate that is taken, whatever else is to be said of it, and
 * no other, not even with `insecure`.  TLS 1.2 is the least.  The handshake
 * runs inside read and write: any of them makes progress and gives STREAM_AGAIN
 * until it is over; an end of stream before that is of kind TLS. An end of
 * stream without close_notify could cut off data: it is an error of kind
 * CLOSED, never STREAM_EOF.  After an error each call gives it again.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/buf.h"
#include "net/stream.h"

struct tls_config {
	const char *ca;	  /* PEM file or directory of authorities, or NULL */
	const char *cert; /* PEM file of a client certificate, or NULL */
	const char *key;  /* that of its key; NULL: it is in cert */
	const char *fingerprint; /* as fingerprint.h has it, or NULL */
	bool insecure;		 /* any certificate is good */
	const char *alpn;	 /* "imap", "pop3" (RFC 7301), or NULL */
	uint16_t port; /* with the name: whose sessions can be resumed; or 0 */
	/* Of a server that was found by SRV, each may be NULL: a second name
	 * that its certificate may have; an SRV-ID (RFC 4985), such as
	 * "_imaps.example.org", that it may have; the name for SNI where that
	 * is not the first one. */
	const char *also, *srv_id, *sni;
	/* TLSA records of the server that DNSSEC vouches for, a line each as
	 * RFC 6698 2.2 writes them ("3 1 1 0123…"), or NULL: one must match the
	 * certificate, and may stand in for authorities and the name. */
	const char *dane;
};

/*
 * Puts TLS on `below`, which belongs to the result from then on.  `name` is
 * the host name (UTF-8 or A-labels) or address to verify, also sent as SNI
 * when it is a name; NULL, for a socket or a pipe, is refused unless any
 * certificate is good.  Nothing of cfg or name is kept.  Returns NULL (and
 * leaves `below` alone) if the configuration is unusable.  Session keys are
 * appended to the file that the environment names in SSLKEYLOGFILE, which is
 * told on standard error, once.
 *
 * A session that was verified or pinned is resumed by a later connection of
 * this process to the same name and port with the same configuration, as long
 * as no certificate of its chain has expired.  No early data is sent.
 */
struct stream *tls_client(struct stream *below, const char *name,
    const struct tls_config *cfg, struct err *e);

/* A server's certificate and key. */
struct tls_identity;

/* From PEM files; the first certificate of a chain is the server's own.  NULL
 * with ERR_TLS if they cannot be read or do not fit together. */
struct tls_identity *tls_identity_load(
    const char *cert, const char *key, struct err *e);
void tls_identity_free(struct tls_identity *id); /* id may be NULL */

/* Makes a key and a certificate that it signs itself, for localhost, the
 * loopback addresses and host, if the two files are not there already. */
int tls_self_signed(
    const char *cert, const char *key, const char *host, struct err *e);

/* The server's side of TLS on `below`, which belongs to the result from then
 * on.  Clients are asked for no certificate.  NULL (`below` left alone) if
 * the library refuses. */
struct stream *tls_server(
    struct stream *below, const struct tls_identity *id, struct err *e);

/*
 * Goes on with the handshake: 0 when it is complete and the certificate
 * accepted, STREAM_AGAIN, or STREAM_ERR.  A refused certificate gives ERR_TLS
 * and all that struct err has room for.
 */
int tls_handshake(struct stream *s, struct err *e);

/* Appends "TLSv1.3, TLS_AES_256_GCM_SHA384" and the like; nothing without
 * TLS. */
void tls_describe(const struct stream *s, struct buf *out);

/* Whether the certificate of the peer, whatever made it accepted, is good for
 * the name as a DNS-ID or, if that begins with "_", as an SRV-ID. */
bool tls_certifies(const struct stream *s, const char *name);

/* What ties an exchange above TLS to this very connection (RFC 5056). */
enum tls_binding {
	TLS_EXPORTER,	      /* RFC 9266 */
	TLS_UNIQUE,	      /* RFC 5929 3 */
	TLS_SERVER_END_POINT, /* RFC 5929 4 */
};

/* "tls-exporter" and so on, as IANA has them; SCRAM names them so. */
const char *tls_binding_name(enum tls_binding type);

/*
 * Appends the octets of the binding, which both sides of the connection come
 * to alone: 32, 12, or a digest of the server's certificate.  -1 and nothing
 * appended if s has no TLS whose handshake is over, or the type is not defined
 * for it: tls-unique in TLS 1.3; tls-unique and tls-exporter in TLS 1.2 without
 * extended master secret (RFC 7627), where somebody in the middle could make
 * two connections have the same; tls-server-end-point where the certificate's
 * signature names no digest (Ed25519).
 */
int tls_channel_binding(
    const struct stream *s, enum tls_binding type, struct buf *out);

/* Whether s is a TLS stream, or lies on one that ends at the same peer. */
bool stream_is_tls(const struct stream *s);

#endif
