/* gsasl: the end of a SASL session of libgsasl, client's or server's. */
#include "net/gsasl.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

void
gsasl_end(Gsasl_session *session)
{
	static const Gsasl_property secrets[] = {
	    GSASL_PASSWORD, GSASL_SCRAM_SALTED_PASSWORD};
	const char *p;

	if (session == NULL)
		return;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		p = gsasl_property_fast(session, secrets[i]);
		if (p != NULL)
			mem_wipe((char *)(uintptr_t)p, strlen(p));
	}
	gsasl_finish(session);
}
