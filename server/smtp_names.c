/* smtp_names: VRFY and EXPN (RFC 5321 3.5). */
#include "server/smtpd.h"
#include "wire/smtp.h"

#include <stdio.h>

static void
name_line(const struct client *c, const struct user *u, char out[static 512])
{
	(void)snprintf(out, 512, "%.200s%s<%s@%.200s>",
	    u->full_name != NULL ? u->full_name : "",
	    u->full_name != NULL ? " " : "", u->name, c->server->host);
}

static void
name_lines(struct client *c, unsigned code, const char *status,
    const struct recipients *who)
{
	char text[512];

	for (size_t i = 0; i < who->n; i++) {
		name_line(c, who->user[i], text);
		smtp_reply_line(c, code, status, i + 1 == who->n, text);
	}
}

/* The address in "<asterix@gaul.test>", or the name as it stands; without the
 * SMTPUTF8 that may follow (RFC 6531 3.7.4.2). */
static struct str
wanted(struct str args)
{
	struct str path, word, rest = args;

	if (smtp_path(&rest, &path))
		return path;
	rest = args;
	word = str_word(&rest);
	return str_eqcase(str_trim(rest), S("SMTPUTF8")) ? word
							 : str_trim(args);
}

/* RFC 5321 3.5.1. */
void
smtp_do_vrfy(struct client *c, struct smtpd *s, struct str args)
{
	struct users *us = c->server->users;
	struct str name = wanted(args);
	struct recipients who;

	(void)s;
	switch (users_resolve(us, name, &who)) {
	case RESOLVED_USER:
		name_lines(c, 250, "2.1.5", &who);
		return;
	case RESOLVED_LIST:
		smtp_reply(
		    c, 550, "5.2.4", "that is a list, not a user; try EXPN");
		return;
	case RESOLVED_FOREIGN:
		smtp_reply(
		    c, 252, "2.1.5", "that domain is not ours to verify");
		return;
	case RESOLVED_UNKNOWN:
		break;
	}
	/* "<>" is nobody, and not a part of every name. */
	if (name.n > 0)
		users_search(us, name, &who);
	if (who.n == 0) {
		smtp_reply(c, 550, "5.1.1", "nobody here has that name");
	} else if (who.n == 1) {
		name_lines(c, 250, "2.1.5", &who);
	} else {
		smtp_reply_line(c, 553, "5.1.4", false, "ambiguous; it may be");
		name_lines(c, 553, "5.1.4", &who);
	}
}

void
smtp_do_expn(struct client *c, struct smtpd *s, struct str args)
{
	struct recipients who;

	(void)s;
	switch (users_resolve(c->server->users, wanted(args), &who)) {
	case RESOLVED_LIST:
		name_lines(c, 250, "2.1.5", &who);
		return;
	case RESOLVED_USER:
		smtp_reply(
		    c, 550, "5.2.4", "that is a user, not a list; try VRFY");
		return;
	case RESOLVED_FOREIGN:
	case RESOLVED_UNKNOWN:
		smtp_reply(c, 550, "5.1.1", "no list here has that name");
		return;
	}
}
