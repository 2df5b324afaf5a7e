/* smtp_envelope: MAIL and RCPT, and their parameters. */
#include "base/mem.h"
#include "server/smtpd.h"
#include "wire/smtp.h"

#include <inttypes.h>
#include <stdlib.h>

/* RFC 5321 4.5.3.1.3, without the angle brackets; it has to fit into a line of
 * the header, too. */
enum { PATH_OCTETS = 254 };

static bool
is_number(struct str s)
{
	uint64_t n;

	return str_u64(s, INT64_MAX, &n);
}

static bool
is_body(struct str s)
{
	return str_eqcase(s, S("7BIT")) || str_eqcase(s, S("8BITMIME"));
}

static bool
is_ret(struct str s)
{
	return str_eqcase(s, S("FULL")) || str_eqcase(s, S("HDRS"));
}

static bool
is_hex(struct str s)
{
	return ascii_digit(*s.p) || (*s.p >= 'A' && *s.p <= 'F');
}

/* xtext of RFC 3461 4. */
static bool
is_text(struct str s)
{
	bool good = s.n > 0;

	for (; good && s.n > 0; s = str_skip(s, 1)) {
		good = *s.p > ' ' && *s.p <= '~' && *s.p != '=';
		if (good && *s.p == '+') {
			good = s.n > 2 && is_hex(str_skip(s, 1)) &&
			       is_hex(str_skip(s, 2));
			s = str_skip(s, good ? 2 : 0);
		}
	}
	return good;
}

static bool
is_notify(struct str s)
{
	struct str word;

	if (str_eqcase(s, S("NEVER")))
		return true;
	if (s.n == 0 || str_ends(s, S(",")))
		return false;
	while (s.n > 0) {
		word = str_cut(&s, ',');
		if (!str_eqcase(word, S("SUCCESS")) &&
		    !str_eqcase(word, S("FAILURE")) &&
		    !str_eqcase(word, S("DELAY")))
			return false;
	}
	return true;
}

static bool
is_typed_address(struct str s)
{
	struct str type = str_cut(&s, ';');

	return type.n > 0 && is_text(s);
}

static const struct param {
	const char *verb, *name;
	bool (*check)(struct str value); /* NULL: it has no value */
	const char *keyword;		 /* of EHLO */
} params[] = {
    {"MAIL", "SIZE", is_number, "SIZE"},
    {"MAIL", "BODY", is_body, "8BITMIME"},
    {"MAIL", "SMTPUTF8", NULL, "SMTPUTF8"},
    {"MAIL", "AUTH", is_text, "AUTH"},
    {"MAIL", "RET", is_ret, "DSN"},
    {"MAIL", "ENVID", is_text, "DSN"},
    {"RCPT", "NOTIFY", is_notify, "DSN"},
    {"RCPT", "ORCPT", is_typed_address, "DSN"},
};

static const struct param *
find_param(const struct client *c, const char *verb, struct str name)
{
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++)
		if (strcmp(params[i].verb, verb) == 0 &&
		    str_eqcase(str_z(params[i].name), name) &&
		    !smtp_hidden(c, params[i].keyword))
			return &params[i];
	return NULL;
}

/* Takes the parameters behind a path; false, and said why not. */
static bool
take_params(struct client *c, const char *verb, struct str args, bool *utf8)
{
	struct smtpd *s = c->state;
	struct str value, name;
	const struct param *p;
	uint64_t size;

	while ((value = str_word(&args)).n > 0) {
		bool has_value = str_has(value, '=');

		name = str_cut(&value, '=');
		p = s->extended ? find_param(c, verb, name) : NULL;
		if (p == NULL) {
			smtp_bad(c, 555, "5.5.4",
			    s->extended ? "no such parameter of %s"
					: "parameters of %s want EHLO",
			    verb);
			return false;
		}
		if (has_value != (p->check != NULL) ||
		    (p->check != NULL && !p->check(value))) {
			smtp_bad(
			    c, 501, "5.5.4", "%s has another form", p->name);
			return false;
		}
		if (strcmp(p->name, "SIZE") == 0 &&
		    str_u64(value, INT64_MAX, &size) &&
		    size > c->server->message_max) {
			smtp_reply(c, 552, "5.3.4",
			    "at most %" PRIu64 " octets",
			    c->server->message_max);
			return false;
		}
		*utf8 = *utf8 || strcmp(p->name, "SMTPUTF8") == 0;
	}
	return true;
}

/* "FROM:" or "TO:", and the path behind it, with or without its angle
 * brackets: people leave them out, and servers let them. */
static bool
take_path(struct str *args, struct str before, struct str *path)
{
	struct str word;

	if (!str_startscase(*args, before))
		return false;
	*args = str_skip(*args, before.n);
	if (smtp_path(args, path))
		return true;
	word = str_word(args);
	*path = word;
	return word.n > 0 && !str_has(word, '<') && !str_has(word, '>');
}

/* Whether the address can be one; said if not. */
static bool
check_address(struct client *c, struct str address, bool utf8)
{
	if (address.n > PATH_OCTETS) {
		smtp_bad(c, 501, "5.1.3", "the address is too long");
		return false;
	}
	if (address.n == 0 || smtp_mailbox(address, utf8))
		return true;
	if (smtp_mailbox(address, true))
		smtp_bad(c, 553, "5.6.7", "that wants SMTPUTF8");
	else
		smtp_bad(c, 501, "5.1.3", "that is no address");
	return false;
}

void
smtp_do_mail(struct client *c, struct smtpd *s, struct str args)
{
	struct str path;
	bool utf8 = false;

	if (s->sender != NULL) {
		smtp_bad(c, 503, "5.5.1",
		    "there is a sender already; RSET forgets it");
		return;
	}
	if (!take_path(&args, S("FROM:"), &path)) {
		smtp_bad(c, 501, "5.5.4", "MAIL FROM:<address>");
		return;
	}
	if (!take_params(c, "MAIL", args, &utf8) ||
	    !check_address(c, path, utf8))
		return;
	s->sender = smtp_copy(path);
	s->utf8 = utf8;
	smtp_reply(c, 250, "2.1.0", "sender taken");
}

/* Whether a rule, or the address itself, says what becomes of it. */
static bool
recipient_at_fault(struct client *c, struct str address, unsigned *data_code)
{
	const struct faults *f = c->server->faults;
	struct str rest = address, local = str_cut(&rest, '@');
	bool data = false;
	unsigned code = fault_of_address(address, &data);

	*data_code = data ? code : 0;
	if (code > 0 && !data) {
		smtp_as_asked(c, code);
		if (code == 421)
			client_bye(c);
		return true;
	}
	if (!faults_tempfail(f, c->service->name, address) &&
	    !faults_tempfail(f, c->service->name, local))
		return false;
	smtp_reply(c, 451, "4.2.1", "not now, by a rule");
	return true;
}

/* The place of u among those who get the message; SIZE_MAX if there is none
 * left. */
static size_t
place_of(struct smtpd *s, struct user *u)
{
	size_t i = 0;

	while (i < s->to.n && s->to.user[i] != u)
		i++;
	if (i == USERS_LIST_MAX)
		return SIZE_MAX;
	if (i == s->to.n)
		s->to.user[s->to.n++] = u;
	return i;
}

static void
add_recipient(
    struct client *c, struct str address, const struct recipients *who)
{
	struct smtpd *s = c->state;
	struct rcpt *r = &s->rcpt[s->rcpts];
	size_t at, before = s->to.n;

	*r = (struct rcpt){0};
	for (size_t i = 0; i < who->n; i++) {
		at = place_of(s, who->user[i]);
		if (at == SIZE_MAX) {
			s->to.n = before; /* or some would get it */
			smtp_reply(c, 452, "4.5.3", "too many recipients");
			return;
		}
		r->users[at] = true;
	}
	r->address = smtp_copy(address);
	s->rcpts++;
	smtp_reply(c, 250, "2.1.5", "recipient taken");
}

void
smtp_do_rcpt(struct client *c, struct smtpd *s, struct str args)
{
	struct recipients who;
	struct str path;
	unsigned data_code;
	bool utf8 = s->utf8;

	/* RFC 3030 2: the message has begun, and it is known for whom. */
	if (s->chunked) {
		smtp_bad(c, 503, "5.5.1", "BDAT has begun the message");
		return;
	}
	if (!take_path(&args, S("TO:"), &path) || path.n == 0) {
		smtp_bad(c, 501, "5.5.4", "RCPT TO:<address>");
		return;
	}
	if (!take_params(c, "RCPT", args, &utf8) ||
	    !check_address(c, path, utf8) ||
	    recipient_at_fault(c, path, &data_code))
		return;
	if (s->rcpts == SMTP_RCPT_MAX) {
		smtp_reply(c, 452, "4.5.3", "too many recipients");
		return;
	}
	if (data_code > 0) {
		who.n = 0;
		add_recipient(c, path, &who);
		s->rcpt[s->rcpts - 1].data_code = data_code;
		return;
	}
	switch (users_resolve(c->server->users, path, &who)) {
	case RESOLVED_UNKNOWN:
		smtp_reply(c, 550, "5.1.1", "nobody here has that name");
		break;
	case RESOLVED_FOREIGN:
		smtp_reply(
		    c, 550, "5.7.1", "no relaying: that domain is not ours");
		break;
	case RESOLVED_USER:
	case RESOLVED_LIST:
		add_recipient(c, path, &who);
		break;
	}
}
