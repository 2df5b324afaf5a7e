/* verb: the look-ups, and whether the tables are sane. */
#include "proto/verbs.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	const char *name;
	const struct verb *verbs;
	const char *letters; /* that a sig may have */
} tables[] = {
    {"pop3", pop3_verbs, "r"},
    {"smtp", smtp_verbs, "rft"},
    {"lmtp", lmtp_verbs, "rft"},
    {"imap", imap_verbs, "raml"},
};
enum { TABLES = sizeof(tables) / sizeof(*tables) };

static const struct verb *
find(const struct verb *verbs, const char *line)
{
	return verb_find(verbs, str_z(line), NULL);
}

/* Upper case words, one or two, with single spaces. */
static void
check_name(const struct verb *v)
{
	const char *p;
	unsigned words = 1;

	for (p = v->name; *p != '\0'; p++) {
		if (*p == ' ')
			words++;
		else
			assert_true((*p >= 'A' && *p <= 'Z') ||
				    (*p >= '0' && *p <= '9'));
	}
	assert_true(words <= 2 && p > v->name);
}

static void
check_texts(const struct verb *v)
{
	struct str help = str_z(v->help);

	assert_non_null(v->usage);
	assert_true(v->argmax == 0 ? *v->usage == '\0' || v->flags & VERB_BODY
				   : *v->usage != '\0' || v->flags & VERB_BODY);
	assert_true(help.n > 20 && str_ends(help, S(".")));
	assert_true(help.p[0] >= 'A' && help.p[0] <= 'Z');
	assert_true(v->rfc != NULL && *v->rfc != '\0');
}

static void
check_args(const struct verb *v, const char *letters)
{
	assert_true(v->argmin <= v->argmax);
	if (v->sig != NULL) {
		assert_true(v->argmax > 0);
		assert_int_equal(strspn(v->sig, letters), strlen(v->sig));
		assert_true(strlen(v->sig) <= v->argmax);
	}
	if (v->secret != 0)
		assert_true(v->flags & VERB_SECRET);
	if (v->flags & VERB_SECRET)
		assert_true(v->secret < v->argmax);
}

static void
check_row(const struct verb *verbs, const struct verb *v, const char *letters)
{
	const struct verb *other;

	check_name(v);
	check_texts(v);
	check_args(v, letters);
	assert_ptr_equal(find(verbs, v->name), v);
	assert_ptr_equal(find(verbs, v->example), v);
	assert_ptr_equal(verb_nearest(verbs, str_z(v->name)), v);
	for (other = verbs; other != v; other++)
		assert_true(strcmp(other->name, v->name) != 0);
}

static void
test_rows(void **state)
{
	const struct verb *v;
	size_t i;

	(void)state;
	for (i = 0; i < TABLES; i++) {
		for (v = tables[i].verbs; v->name != NULL; v++) {
			print_message("# %s %s\n", tables[i].name, v->name);
			check_row(tables[i].verbs, v, tables[i].letters);
		}
	}
}

/* Flags that only make sense together, or in one protocol. */
static void
test_flags(void **state)
{
	const struct verb *v;
	uint32_t f;
	size_t i;
	bool imap;

	(void)state;
	for (i = 0; i < TABLES; i++) {
		imap = tables[i].verbs == imap_verbs;
		for (v = tables[i].verbs; v->name != NULL; v++) {
			f = v->flags;
			if (f & (VERB_SASL | VERB_TLS | VERB_DEFLATE |
				    VERB_IDLE | VERB_LOGIN))
				assert_true(f & VERB_ALONE);
			if (f & VERB_SASL)
				assert_true(f & VERB_LOGIN && f & VERB_SECRET);
			if (f & VERB_BYE)
				assert_true(f & VERB_LAST);
			if (f & VERB_BODY)
				assert_true(f & VERB_CHANGES);
			if (!imap)
				assert_true(
				    !(f & (VERB_USES_SEQ | VERB_BREAKS_SEQ |
					      VERB_MAILBOX)) &&
				    v->data == NULL);
			if (tables[i].verbs != pop3_verbs)
				assert_true(
				    !(f & (VERB_MULTI | VERB_MULTI_NOARG)));
		}
	}
}

/* RFC 2920 3.1: what may only end a group; MAIL, RCPT and RSET may not be
 * held up. */
static void
test_groups(void **state)
{
	static const char *const last[] = {"EHLO", "HELO", "VRFY", "EXPN",
	    "TURN", "QUIT", "NOOP", "STARTTLS", "AUTH", NULL};
	static const char *const inside[] = {
	    "MAIL", "RCPT", "RSET", "SEND", "SOML", "SAML", "DATA", NULL};
	size_t i;

	(void)state;
	for (i = 0; last[i] != NULL; i++)
		assert_true(find(smtp_verbs, last[i])->flags &
			    (VERB_LAST | VERB_ALONE));
	for (i = 0; inside[i] != NULL; i++)
		assert_false(find(smtp_verbs, inside[i])->flags &
			     (VERB_LAST | VERB_ALONE));
}

/* RFC 9051 5.5 and 7.5.1: only FETCH, STORE and SEARCH keep the numbers. */
static void
test_sequence_numbers(void **state)
{
	static const struct {
		const char *name;
		bool uses, breaks;
	} rows[] = {
	    {"FETCH", true, false},
	    {"STORE", true, false},
	    {"SEARCH", true, false},
	    {"COPY", true, true},
	    {"MOVE", true, true},
	    {"EXPUNGE", false, true},
	    {"NOOP", false, true},
	    {"UID FETCH", false, true},
	    {"UID STORE", false, true},
	    {"UID SEARCH", true, true},
	    {"UID COPY", false, true},
	    {"UID EXPUNGE", false, true},
	    {"STATUS", false, true},
	};
	const struct verb *v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		v = find(imap_verbs, rows[i].name);
		assert_int_equal((v->flags & VERB_USES_SEQ) != 0, rows[i].uses);
		assert_int_equal(
		    (v->flags & VERB_BREAKS_SEQ) != 0, rows[i].breaks);
	}
}

static void
test_lmtp_is_not_smtp(void **state)
{
	(void)state;
	assert_null(find(lmtp_verbs, "EHLO x"));
	assert_null(find(lmtp_verbs, "HELO x"));
	assert_non_null(find(lmtp_verbs, "LHLO x"));
	assert_null(find(smtp_verbs, "LHLO x"));
	assert_non_null(find(lmtp_verbs, "DATA"));
}

static const struct {
	const char *line, *name, *rest;
} lines[] = {
    {"fetch 1 flags", "FETCH", " 1 flags"},
    {"uid fetch 1 flags", "UID FETCH", " 1 flags"},
    {"UID  Fetch  1", "UID FETCH", "  1"},
    {"  noop", "NOOP", ""},
    {"noop ", "NOOP", " "},
    {"UID", NULL, NULL},
    {"UID NOOP", NULL, NULL},
    {"ID NIL", "ID", " NIL"},
    {"FETCHES 1", NULL, NULL},
    {"FETC 1", NULL, NULL},
    {"", NULL, NULL},
    {" ", NULL, NULL},
    {"a1 NOOP", NULL, NULL},
};

static void
test_find(void **state)
{
	const struct verb *v;
	struct str rest;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		v = verb_find(imap_verbs, str_z(lines[i].line), &rest);
		if (lines[i].name == NULL) {
			assert_null(v);
			continue;
		}
		assert_non_null(v);
		assert_string_equal(v->name, lines[i].name);
		assert_true(str_eq(rest, str_z(lines[i].rest)));
	}
}

static const struct {
	const struct verb *verbs;
	const char *line, *name;
} slips[] = {
    {pop3_verbs, "RTER 1", "RETR"},
    {pop3_verbs, "qiut", "QUIT"},
    {pop3_verbs, "XYZZY", NULL},
    {pop3_verbs, "", NULL},
    {smtp_verbs, "RCTP TO:<x@y.example>", "RCPT"},
    {smtp_verbs, "STARTLS", "STARTTLS"},
    {imap_verbs, "UID FETHC 1 FLAGS", "UID FETCH"},
    {imap_verbs, "FETHC 1 FLAGS", "FETCH"},
    {imap_verbs, "SELECTT INBOX", "SELECT"},
    {imap_verbs, "UDI FETCH 1", "UID FETCH"},
    {imap_verbs, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL},
};

static void
test_nearest(void **state)
{
	const struct verb *v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(slips) / sizeof(*slips); i++) {
		v = verb_nearest(slips[i].verbs, str_z(slips[i].line));
		if (slips[i].name == NULL)
			assert_null(v);
		else
			assert_string_equal(v->name, slips[i].name);
	}
}

static void
test_word_in(void **state)
{
	(void)state;
	assert_true(verb_word_in("FETCH VANISHED", S("fetch")));
	assert_true(verb_word_in("FETCH VANISHED", S("VANISHED")));
	assert_false(verb_word_in("FETCH VANISHED", S("VANISH")));
	assert_false(verb_word_in("FETCH VANISHED", S("")));
	assert_false(verb_word_in("", S("FETCH")));
	assert_false(verb_word_in(NULL, S("FETCH")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_sequence_numbers),
	    cmocka_unit_test(test_lmtp_is_not_smtp),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_word_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
