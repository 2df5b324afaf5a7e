/* openssl: OpenSSL's functions, opened on first use. */
#include "net/openssl.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

struct openssl ossl;

static const struct library_row rows[] = {
#define OPENSSL_ROW(name) {#name, offsetof(struct openssl, name)},
    OPENSSL_FUNCTIONS(OPENSSL_ROW)
#undef OPENSSL_ROW
};

int
openssl_open(struct err *e)
{
	static bool open;

	open =
	    open || library_open("libssl.so." TEXT(OPENSSL_SHLIB_VERSION), rows,
			sizeof(rows) / sizeof(*rows), &ossl, ERR_TLS, e) == 0;
	return open ? 0 : -1;
}
