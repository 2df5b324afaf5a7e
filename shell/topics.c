/* topics: what servers say, in words: "?250", "?5.1.1", "?\Recent". */
#include "shell/topics.h"
#include "base/text.h"

#include <string.h>

const struct topic_table topic_tables[TOPIC_KINDS] = {
    [TOPIC_SMTP_CODE] = {"smtp", N_("SMTP reply code"), topics_smtp_codes},
    [TOPIC_SMTP_ENHANCED] = {"smtp", N_("SMTP enhanced status code"),
	topics_smtp_enhanced},
    [TOPIC_SMTP_CAPABILITY] = {"smtp", N_("SMTP extension, announced by EHLO"),
	topics_smtp_capabilities},
    [TOPIC_POP3_STATUS] = {"pop3", N_("POP3 status"), topics_pop3_statuses},
    [TOPIC_POP3_CODE] = {"pop3", N_("POP3 response code"), topics_pop3_codes},
    [TOPIC_POP3_CAPABILITY] = {"pop3", N_("POP3 capability"),
	topics_pop3_capabilities},
    [TOPIC_IMAP_STATUS] = {"imap", N_("IMAP status"), topics_imap_statuses},
    [TOPIC_IMAP_RESPONSE] = {"imap", N_("IMAP untagged response"),
	topics_imap_responses},
    [TOPIC_IMAP_CODE] = {"imap", N_("IMAP response code"), topics_imap_codes},
    [TOPIC_IMAP_CAPABILITY] = {"imap", N_("IMAP capability"),
	topics_imap_capabilities},
    [TOPIC_IMAP_FLAG] = {"imap", N_("IMAP flag or keyword of a message"),
	topics_imap_flags},
    [TOPIC_IMAP_ATTRIBUTE] = {"imap", N_("IMAP attribute of a mailbox"),
	topics_imap_attributes},
    [TOPIC_IMAP_FETCH] = {"imap", N_("item of IMAP FETCH"), topics_imap_fetch},
    [TOPIC_IMAP_COUNT] = {"imap", N_("item of IMAP STATUS"),
	topics_imap_counts},
    [TOPIC_MECHANISM] = {NULL, N_("SASL mechanism, a way to log in"),
	topics_mechanisms},
};

static bool
fits(struct str row, struct str key)
{
	char last = row.p[row.n - 1];

	return str_eqcase(row, key) ||
	       ((last == '=' || last == '[') && str_startscase(key, row));
}

const struct topic *
topic_find(enum topic_kind kind, struct str key)
{
	const struct topic *t = topic_tables[kind].rows, *family = NULL;

	for (; t->key != NULL && key.n > 0; t++) {
		if (str_eqcase(str_z(t->key), key))
			return t;
		if (family == NULL && fits(str_z(t->key), key))
			family = t;
	}
	return family;
}

/* ---- enhanced status codes ---- */

/* RFC 3463 2: a class, a subject and a detail, each of up to three digits. */
static bool
is_enhanced(struct str s)
{
	size_t digits = 0, dots = 0;

	if (s.n < 5 || s.n > 9 || s.p[1] != '.' ||
	    (*s.p != '2' && *s.p != '4' && *s.p != '5'))
		return false;
	for (size_t i = 2; i < s.n; i++) {
		digits = s.p[i] == '.' ? 0 : digits + 1;
		dots += s.p[i] == '.';
		if ((s.p[i] == '.' ? s.p[i - 1] == '.'
				   : !ascii_digit(s.p[i])) ||
		    digits > 3)
			return false;
	}
	return dots == 1 && digits > 0;
}

const struct topic *
topic_enhanced(struct str s)
{
	char generic[16];
	const struct topic *t;

	if (!is_enhanced(s))
		return NULL;
	(void)str_copy(generic, sizeof(generic), s);
	*generic = 'x';
	t = topic_find(TOPIC_SMTP_ENHANCED, str_z(generic));
	if (t == NULL) { /* the subject alone */
		*strchr(generic + 2, '.') = '\0';
		t = topic_find(TOPIC_SMTP_ENHANCED, str_z(generic));
	}
	if (t == NULL) /* the class alone */
		t = topic_find(TOPIC_SMTP_ENHANCED, *s.p == '2'	  ? S("2.x.x")
						    : *s.p == '4' ? S("4.x.x")
								  : S("5.x.x"));
	return t;
}

const char *
topic_class(struct str s)
{
	return text_of(*s.p == '2'   ? N_("Success.")
		       : *s.p == '4' ? N_("Refused for now; try again later.")
				     : N_("Refused for good."));
}
