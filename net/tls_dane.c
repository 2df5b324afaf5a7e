/* tls_dane: certificates that records of TLSA vouch for (RFC 6698). */
#include "net/tls_config.h"
#include "base/mem.h"

#include <stdlib.h>

/* Cuts a number of one octet off *s; false if there is none. */
static bool
cut_octet(struct str *s, uint8_t *out)
{
	uint64_t n;

	if (!str_u64(str_word(s), UINT8_MAX, &n))
		return false;
	*out = (uint8_t)n;
	return true;
}

/* The octets of 2n hexadecimal digits into out. */
static bool
read_hex(struct str s, uint8_t *out)
{
	for (size_t i = 0; i + 1 < s.n; i += 2) {
		int octet = str_hex(str_skip(s, i));

		if (octet < 0)
			return false;
		out[i / 2] = (uint8_t)octet;
	}
	return s.n % 2 == 0;
}

/* One record.  Those that the library cannot use are passed over. */
static void
add(SSL *ssl, struct str line)
{
	uint8_t usage, selector, matching, *data;

	if (!cut_octet(&line, &usage) || !cut_octet(&line, &selector) ||
	    !cut_octet(&line, &matching))
		return;
	line = str_trim(line);
	data = mem_zalloc(line.n / 2 + 1);
	if (read_hex(line, data))
		(void)ossl.SSL_dane_tlsa_add(
		    ssl, usage, selector, matching, data, line.n / 2);
	free(data);
	ossl.ERR_clear_error();
}

bool
tls_dane(SSL *ssl, const char *host, const char *records)
{
	struct str s = str_z(records);

	if (ossl.SSL_CTX_dane_enable(ossl.SSL_get_SSL_CTX(ssl)) <= 0 ||
	    ossl.SSL_dane_enable(ssl, host) <= 0)
		return false;
	/* RFC 7671 5.1: of DANE-EE the record's name is name enough. */
	(void)ossl.SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	while (s.n > 0)
		add(ssl, str_cut(&s, '\n'));
	return true;
}

bool
tls_dane_matched(const SSL *ssl)
{
	return ossl.SSL_get0_dane_authority(
		   (SSL *)(uintptr_t)ssl, NULL, NULL) >= 0;
}
