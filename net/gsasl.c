/* gsasl: libgsasl, opened on first use, set up and wiped, for clients and
 * servers. */
#include "net/gsasl.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

struct gsasl_functions gsl;

static const struct library_row rows[] = {
#define GSASL_ROW(name) {#name, offsetof(struct gsasl_functions, name)},
    GSASL_FUNCTIONS(GSASL_ROW)
#undef GSASL_ROW
};

int
gsasl_open(struct err *e)
{
	static bool open;

	open =
	    open || library_open("libgsasl.so.18", rows,
			sizeof(rows) / sizeof(*rows), &gsl, ERR_AUTH, e) == 0;
	return open ? 0 : -1;
}

Gsasl *
gsasl_library(Gsasl **ctx, Gsasl_callback_function provide)
{
	struct err ignored = {0};

	if (*ctx == NULL && gsasl_open(&ignored) == 0 &&
	    gsl.gsasl_init(ctx) == GSASL_OK)
		gsl.gsasl_callback_set(*ctx, provide);
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
		p = gsl.gsasl_property_fast(session, secrets[i]);
		if (p != NULL)
			mem_wipe((char *)(uintptr_t)p, strlen(p));
	}
	gsl.gsasl_finish(session);
}
