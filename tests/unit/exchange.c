#include "tests/unit/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct sasl_login
exchange_login(const char *mech)
{
	return (struct sasl_login){
	    .mech = str_z(mech),
	    .user = S("tim"),
	    .password = S("tanstaaftanstaaf"),
	    .service = "imap",
	    .host = "mail.example.org",
	};
}

struct sasl *
exchange_begin(const struct sasl_login *login)
{
	struct err e = {0};
	struct sasl *s = sasl_new(login, &e);

	if (s == NULL)
		print_error("%s\n", e.msg);
	assert_non_null(s);
	return s;
}

void
exchange_step(struct sasl *s, struct str challenge, enum sasl_step want,
    struct str answer)
{
	struct err e = {0};
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(sasl_step(s, challenge, &out, &e), want);
	assert_true(str_eq(buf_str(&out), answer));
	assert_int_equal(sasl_done(s), want == SASL_DONE);
	buf_fini(&out);
}
