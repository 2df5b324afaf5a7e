/* gsasl: libgsasl, set up and wiped, for clients and servers. */
#include "net/gsasl.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

Gsasl *
gsasl_library(Gsasl **ctx, Gsasl_callback_function provide)
{
	if (*ctx == NULL && gsasl_init(ctx) == GSASL_OK)
		gsasl_callback_set(*ctx, provide);
	return *ctx;
}

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
