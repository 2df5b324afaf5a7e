/* NO_PROXY, by what curl's manual says of it. */
#include "net/no_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	const char *list, *host;
	bool has;
} cases[] = {
    {"", "mx.example", false},
    {"*", "mx.example", true},
    {"*", "192.0.2.1", true},
    {"a.test, *", "2001:db8::1", true},
    {"*.example", "mx.example", false},
    /* names */
    {"mx.example", "mx.example", true},
    {"MX.example", "mx.EXAMPLE", true},
    {"mx.example.", "mx.example", true},
    {"mx.example", "mx.example.", true},
    {"example.org", "mx.example.org", true},
    {".example.org", "mx.example.org", true},
    {".example.org", "example.org", true},
    {"example.org", "nonexample.org", false},
    {"mx.example.org", "example.org", false},
    {"example", "example.org", false},
    {".", "mx.example", false},
    {"..", "mx.example", false},
    /* lists */
    {"a.test,mx.example", "mx.example", true},
    {" a.test ,\tmx.example ,", "mx.example", true},
    {"a.test mx.example", "mx.example", true},
    {",,a.test,,", "mx.example", false},
    /* addresses */
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.10", false},
    {"2.1", "192.0.2.1", false},
    {"2001:db8::1", "2001:DB8:0::1", true},
    {"[2001:db8::1]", "2001:db8::1", true},
    {"fe80::1", "fe80::1%eth0", true},
    {"[", "::1", false},
    {"[]", "::1", false},
    /* networks */
    {"192.0.2.0/24", "192.0.2.77", true},
    {"192.0.2.0/24", "192.0.3.77", false},
    {"192.0.2.64/26", "192.0.2.127", true},
    {"192.0.2.64/26", "192.0.2.128", false},
    {"192.0.2.1/32", "192.0.2.1", true},
    {"192.0.2.1/32", "192.0.2.0", false},
    {"0.0.0.0/0", "192.0.2.1", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"192.0.2.0/33", "192.0.2.0", false},
    {"192.0.2.0/", "192.0.2.0", false},
    {"192.0.2.0/x", "192.0.2.0", false},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"2001:db8::1/128", "2001:db8::1", true},
    {"2001:db8::1/129", "2001:db8::1", false},
    {"example.org/8", "example.org", false},
};

static void
test_no_proxy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (no_proxy_has(str_z(cases[i].list), cases[i].host) !=
		    cases[i].has)
			fail_msg("%s in %s", cases[i].host, cases[i].list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_proxy)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
