/* address: lists as they should be, and as they are. */
#include "wire/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
put_part(struct buf *b, const char *sep, struct str s)
{
	(void)buf_addz(b, sep);
	if (s.p != NULL)
		(void)buf_addf(b, "'%.*s'", STRF(s));
	else
		(void)buf_addz(b, "-");
}

/* {name,route,local,domain}, "-" for what is not there, with "<!" for what is
 * broken and "@!" for a broken route; "name[" and "]" for groups. */
static void
put_address(struct buf *b, const struct address *a)
{
	switch (a->kind) {
	case ADDRESS_GROUP:
		(void)buf_addf(b, "%.*s[", STRF(a->name));
		break;
	case ADDRESS_GROUP_END:
		(void)buf_addc(b, ']');
		break;
	case ADDRESS_MAILBOX:
		put_part(b, "{", a->name);
		put_part(b, ",", a->route);
		put_part(b, ",", a->local);
		put_part(b, ",", a->domain);
		(void)buf_addf(b, "}%s%s", a->broken ? "<!" : "",
		    a->broken_route ? "@!" : "");
	}
}

static const struct {
	const char *in, *out;
} rows[] = {
    {"", ""},
    {" \r\n ", ""},
    {"(only a comment)", ""},
    /* RFC 5322 A */
    {"a@b.example", "{-,-,'a','b.example'}"},
    {"John Doe <jdoe@machine.example>",
	"{'John Doe',-,'jdoe','machine.example'}"},
    {"\"Joe Q. Public\" <john.q.public@example.org>",
	"{'Joe Q. Public',-,'john.q.public','example.org'}"},
    {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	"{'Mary Smith',-,'mary','x.test'}{-,-,'jdoe','example.org'}"
	"{'Who?',-,'one','y.test'}"},
    {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.org>",
	"{-,-,'boss','nil.test'}"
	"{'Giant; \"Big\" Box',-,'sysservices','example.org'}"},
    {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
	"A Group[{'Ed Jones',-,'c','a.test'}{-,-,'joe','where.test'}"
	"{'John',-,'jdoe','one.test'}]"},
    {"Undisclosed recipients:;", "Undisclosed recipients[]"},
    {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	"{'Pete',-,'pete','silly.test'}"},
    {"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public"
     ".example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> "
     "(my dear friend); (the end of the group)",
	"A Group[{'Chris Jones',-,'c','public.example'}"
	"{-,-,'joe','example.org'}{'John',-,'jdoe','one.test'}]"},
    {"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
	"Hidden recipients[]"},
    {"Joe Q. Public <john.q.public@example.org>",
	"{'Joe Q. Public',-,'john.q.public','example.org'}"},
    {"<@node.test,@b.test:mary@example.net>",
	"{-,'@node.test,@b.test','mary','example.net'}"},
    {"jdoe@test  . example", "{-,-,'jdoe','test.example'}"},
    /* words in quotes, in the local part too */
    {"\"a b\"@c", "{-,-,'a b','c'}"},
    {"\"\"@c", "{-,-,'','c'}"},
    {"\"\" <a@b>", "{-,-,'a','b'}"},
    {"\"a\"\"b\" \"c\" <d@e>", "{'a b c',-,'d','e'}"},
    {"\"a\r\n b\" <\"c\r\n d\"@e>", "{'a b',-,'c d','e'}"},
    {"\"a\\\r\n b\" <c@d>", "{'a\\ b',-,'c','d'}"},
    {"=?utf-8?q?a_b?= <c@d>", "{'=?utf-8?q?a_b?=',-,'c','d'}"},
    {"gr\xc3\xbc\xc3\x9f <\xc3\xbc@\xc3\x9f>",
	"{'gr\xc3\xbc\xc3\x9f',-,'\xc3\xbc','\xc3\x9f'}"},
    /* a comment serves as a name where there is none */
    {"a@b (Foo Bar)", "{'Foo Bar',-,'a','b'}"},
    {"a@b (c) (d (e) \\f)", "{'d (e) f',-,'a','b'}"},
    {"a@b (c\r\n d)", "{'c d',-,'a','b'}"},
    {"a@b ()", "{-,-,'a','b'}"},
    {"a@b (c), (d) e@f (g), (h)", "{'c',-,'a','b'}{'g',-,'e','f'}"},
    {"(x) a@b", "{-,-,'a','b'}"},
    {"n <a@b> (m)", "{'n',-,'a','b'}"},
    {"root (Cron)", "{'Cron',-,'root',-}"},
    /* address literals */
    {"a@[127.0.0.1]", "{-,-,'a','[127.0.0.1]'}"},
    {"a@[IPv6:::1] (x)", "{'x',-,'a','[IPv6:::1]'}"},
    {"a@[b\r\n c\\]]", "{-,-,'a','[b c\\]]'}"},
    {"a@[b", "{-,-,'a',-}"},
    {"a@[b[c], d@e", "{-,-,'a',-}"},
    /* half an address, or only a name */
    {"a", "{-,-,'a',-}"},
    {"a b", "{'a b',-,-,-}"},
    {"a \"b\" c.", "{'a b c.',-,-,-}"},
    {"\"a\"", "{'a',-,-,-}"},
    {"\"a\" (x)", "{'x',-,'a',-}"},
    {"a b@c, d@e", "{'a b',-,-,-}"},
    {"a@", "{-,-,'a',-}"},
    {"@b", "{-,-,-,'b'}"},
    {"@", "{-,-,-,-}"},
    {"a..b.@c", "{-,-,'a..b.','c'}"},
    {".a@b", "{-,-,'.a','b'}"},
    {"a.", "{-,-,'a.',-}"},
    {"a . b@c", "{'a.  b',-,-,-}"},
    {"a@b..c", "{-,-,'a',-}"},
    {"a@b.", "{-,-,'a',-}"},
    {"\x01@b", "{-,-,-,-}"},
    /* what stands between < and > */
    {"<>", "{-,-,-,-}"},
    {"x <>, c@d", "{'x',-,-,-}{-,-,'c','d'}"},
    {"<a>", "{-,-,'a',-}"},
    {"<a@b", "{-,-,'a','b'}<!"},
    {"x <a@b, c@d", "{'x',-,'a','b'}<!{-,-,'c','d'}"},
    {"<a b@c>", "{-,-,'a',-}<!"},
    {"<a@>", "{-,-,'a',-}<!"},
    {"<", "{-,-,-,-}<!"},
    {"<(", "{-,-,-,-}<!"},
    {"<a@b> (", "{-,-,'a','b'}<!"},
    {"<mailto:a@b>", "{-,-,'mailto',-}<!"},
    {"< a @ b >", "{-,-,'a','b'}"},
    /* routes */
    {"<@r,,@s:a@b>", "{-,'@r,@s','a','b'}"},
    {"<@r@s:a@b>", "{-,'@r,@s','a','b'}"},
    {"<@r:>", "{-,'@r',-,-}"},
    {"<@r a@b>", "{-,-,'a','b'}@!"},
    {"<@r>", "{-,-,-,-}@!"},
    {"<@:a@b>", "{-,-,-,-}<!@!"},
    {"<@r", "{-,-,-,-}<!@!"},
    /* groups */
    {"g:;,h: ;, a@b", "g[]h[]{-,-,'a','b'}"},
    {"g:a@b", "g[{-,-,'a','b'}]"},
    {"g:", "g[]"},
    {"g:(", "g[]"},
    {":a@b;", "[{-,-,'a','b'}]"},
    {"g:,a@b;", "g[{-,-,-,-}{-,-,'a','b'}]"},
    {"g: a@b, (c", "g[{-,-,'a','b'}]"},
    {"g: h: a@b;;, c@d", "g[{-,-,'h',-}]"},
    {"g:a b,<c;,e@f", "g[{'a b',-,-,-}{-,-,'c',-}<!]{-,-,'e','f'}"},
    {"g: a@b ; c@d, e@f", "g[{-,-,'a','b'}]"},
    /* nothing where something should be */
    {",a@b,,c@d,", "{-,-,-,-}{-,-,'a','b'}{-,-,-,-}{-,-,'c','d'}"},
    {"a@b, ", "{-,-,'a','b'}"},
    {"a@b, (c)", "{-,-,'a','b'}"},
    {"a@b, (c", "{-,-,'a','b'}{-,-,-,-}"},
    {"a@b c@d, e@f", "{-,-,'a','b'}"},
    {"a@b;c@d", "{-,-,'a','b'}"},
    {"a (", "{-,-,-,-}"},
    {"\"a", "{-,-,-,-}"},
    {"a\\b <c@d>", "{-,-,'a',-}"},
    {". <c@d>", "{-,-,-,-}"},
};

/* Each beginning of value in memory of its own: ASan sees a read past it. */
static void
parse_beginnings(const char *value)
{
	size_t n, size = strlen(value);
	struct address *list;
	struct arena a;
	char *p;

	for (n = 0; n < size; n++) {
		p = malloc(n + 1);
		assert_non_null(p);
		memcpy(p + 1, value, n);
		arena_init(&a, 1 << 20);
		assert_int_equal(
		    address_parse(&a, (struct str){p + 1, n}, &list), 0);
		arena_fini(&a);
		free(p);
	}
}

static void
test_lists(void **state)
{
	struct address *list;
	struct arena a;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(rows); i++) {
		parse_beginnings(rows[i].in);
		arena_init(&a, 1 << 20);
		assert_int_equal(
		    address_parse(&a, str_z(rows[i].in), &list), 0);
		buf_clear(&out);
		for (; list != NULL; list = list->next)
			put_address(&out, list);
		assert_string_equal(buf_cstr(&out), rows[i].out);
		arena_fini(&a);
	}
	buf_fini(&out);
}

static void
test_full_arena(void **state)
{
	const struct str s = S("g:\"a b\" <@r:c@d>;, e@f (g), h, <i@j>");
	struct address *list;
	struct arena a;
	size_t max;
	int full = 0;

	(void)state;
	for (max = 0; max < 2000; max++) {
		arena_init(&a, max);
		if (address_parse(&a, s, &list) < 0)
			full++;
		else
			assert_non_null(list);
		arena_fini(&a);
	}
	assert_in_range(full, 500, 1500);
}

static void
test_limit(void **state)
{
	enum { SIZE = 3 * ADDRESS_MAX };
	char *p = malloc(SIZE);
	struct address_reader r;
	struct address got;
	size_t i, n = 0;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < SIZE; i++)
		p[i] = "a,"[i % 2];
	address_begin(&r, (struct str){p, SIZE});
	while (address_next(&r, &got))
		n++;
	address_done(&r);
	free(p);
	assert_int_equal(n, ADDRESS_MAX);
}

/* Time is linear in hostile values: were it not, this would take hours. */
static void
test_hostile(void **state)
{
	static const char *const tiles[] = {"(", "\"", "<", "<@a", "a:", "a ",
	    "a,", "(a),", "a.", "@", "[", "\\", ";", ",", "g:a;,", "\r\n ",
	    "<@a@a@a", "\"\"", "a@b (c) "};
	enum { SIZE = 1 << 19 };
	char *p = malloc(SIZE);
	struct address_reader r;
	struct address got;
	size_t i, k, n;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < COUNT(tiles); i++) {
		n = strlen(tiles[i]);
		for (k = 0; k < SIZE; k++)
			p[k] = tiles[i][k % n];
		address_begin(&r, (struct str){p, SIZE});
		while (address_next(&r, &got))
			;
		address_done(&r);
	}
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_full_arena),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
