/*
 * fuzz_sasl: whatever challenges come, a mechanism that has the server prove
 * itself is not satisfied, an error has words, and no answer shows the secret
 * once it is masked.  The first octet chooses the mechanism, lines are
 * challenges.
 */
#include "base/limits.h"
#include "proto/sasl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "tanstaafl-tanstaafl";

/* Kerberos looks at the machine; it is not ours to try. */
static const char *const mechs[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-512",
    "SCRAM-SHA-1", "PLAIN", "LOGIN", "DIGEST-MD5", "CRAM-MD5", "OAUTHBEARER",
    "XOAUTH2", "EXTERNAL", "ANONYMOUS", "NTLM"};
enum { MECHS = sizeof(mechs) / sizeof(*mechs) };

static void
check(bool good)
{
	if (!good)
		abort();
}

static bool
contains(struct str s, struct str what)
{
	for (; s.n >= what.n; s = str_skip(s, 1))
		if (str_starts(s, what))
			return true;
	return false;
}

static bool
proves(struct str mech)
{
	return str_starts(mech, S("SCRAM-")) || str_eq(mech, S("DIGEST-MD5"));
}

/* One step; false when the exchange is over. */
static bool
step(struct sasl *s, struct str mech, struct str challenge)
{
	struct err e = {0};
	struct buf out, masked;
	enum sasl_step got;

	buf_init(&out, limits.line);
	buf_init(&masked, 2 * limits.line);
	got = sasl_step(s, challenge, &out, &e);
	check((got == SASL_FAIL || got == SASL_REFUSED) ==
	      (e.kind != ERR_NONE && e.msg[0] != '\0'));
	check(got != SASL_FAIL || out.len == 0);
	check(sasl_done(s) == (got == SASL_DONE));
	check(got != SASL_DONE || !proves(mech));
	sasl_mask(s, buf_str(&out), &masked);
	check(!contains(buf_str(&masked), str_z(secret)));
	buf_fini(&out);
	buf_fini(&masked);
	return got == SASL_MORE || got == SASL_DONE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, challenge;
	struct sasl_login login = {.user = S("tim"),
	    .password = str_z(secret),
	    .service = "imap",
	    .host = "mail.example.org",
	    .nonce = "N",
	    .binding = {"tls-exporter", S("0123456789"), true}};
	struct err e = {0};
	struct sasl *s;
	unsigned steps = 0;

	if (size == 0)
		return 0;
	limits.iterations = 5000;
	login.mech = str_z(mechs[data[0] % MECHS]);
	rest = str_skip(rest, 1);
	s = sasl_new(&login, &e);
	if (s == NULL) {
		check(!sasl_knows(login.mech));
		return 0;
	}
	if (sasl_client_first(login.mech))
		check(step(s, login.mech, S("")));
	do
		challenge = str_cut(&rest, '\n');
	while (step(s, login.mech, challenge) && rest.n > 0 &&
	       ++steps < limits.challenges);
	sasl_free(s);
	return 0;
}
