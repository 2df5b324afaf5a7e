/* imap_commands: the commands and the capabilities, as tables. */
#include "server/imapd.h"

#include <inttypes.h>

static const struct imap_command commands[] = {
    {"CAPABILITY", IMAP_ANY, false, false, NULL, imap_capability},
    {"NOOP", IMAP_ANY, false, false, NULL, imap_noop},
    {"LOGOUT", IMAP_ANY, false, false, NULL, imap_logout},
    {"ID", IMAP_ANY, false, false, "ID", imap_id},
    {"STARTTLS", IMAP_NOT_AUTHENTICATED, false, false, NULL, imap_starttls},
    {"AUTHENTICATE", IMAP_NOT_AUTHENTICATED, false, false, NULL,
	imap_authenticate},
    {"LOGIN", IMAP_NOT_AUTHENTICATED, false, false, NULL, imap_login},
    {"ENABLE", IMAP_LOGGED_IN, false, false, "ENABLE", imap_enable},
    {"SELECT", IMAP_LOGGED_IN, false, false, NULL, imap_select},
    {"EXAMINE", IMAP_LOGGED_IN, false, false, NULL, imap_examine},
    {"CREATE", IMAP_LOGGED_IN, false, false, NULL, imap_create},
    {"DELETE", IMAP_LOGGED_IN, false, false, NULL, imap_delete},
    {"RENAME", IMAP_LOGGED_IN, false, false, NULL, imap_rename},
    {"SUBSCRIBE", IMAP_LOGGED_IN, false, false, NULL, imap_subscribe},
    {"UNSUBSCRIBE", IMAP_LOGGED_IN, false, false, NULL, imap_unsubscribe},
    {"LIST", IMAP_LOGGED_IN, false, false, NULL, imap_list},
    {"LSUB", IMAP_LOGGED_IN, false, false, NULL, imap_lsub},
    {"NAMESPACE", IMAP_LOGGED_IN, false, false, "NAMESPACE", imap_namespace},
    {"STATUS", IMAP_LOGGED_IN, false, false, NULL, imap_status},
    {"APPEND", IMAP_LOGGED_IN, false, false, NULL, imap_append},
    {"IDLE", IMAP_LOGGED_IN, false, false, "IDLE", imap_idle},
    {"CHECK", IMAP_SELECTED, false, false, NULL, imap_check},
    {"CLOSE", IMAP_SELECTED, false, false, NULL, imap_close},
    {"UNSELECT", IMAP_SELECTED, false, false, "UNSELECT", imap_unselect},
    {"EXPUNGE", IMAP_SELECTED, true, false, NULL, imap_expunge},
    {"SEARCH", IMAP_SELECTED, true, true, NULL, imap_search},
    {"FETCH", IMAP_SELECTED, true, true, NULL, imap_fetch},
    {"STORE", IMAP_SELECTED, true, true, NULL, imap_store},
    {"COPY", IMAP_SELECTED, true, false, NULL, imap_copy},
    {"MOVE", IMAP_SELECTED, true, false, "MOVE", imap_move},
};

static const char *const capabilities[] = {"IMAP4rev1", "IMAP4rev2", "LITERAL+",
    "SASL-IR", "STARTTLS", "ID", "ENABLE", "IDLE", "NAMESPACE", "UIDPLUS",
    "MOVE", "UNSELECT", "CHILDREN", "SPECIAL-USE", "LIST-EXTENDED",
    "LIST-STATUS", "STATUS=SIZE", "ESEARCH", "SEARCHRES"};

const struct imap_command *
imap_command_find(struct str name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (str_eqcase(str_z(commands[i].name), name))
			return &commands[i];
	return NULL;
}

bool
imap_has(const struct client *c, const char *capability)
{
	const struct imapd *s = c->state;

	if (str_eq(str_z(capability), S("STARTTLS")) &&
	    (c->server->tls == NULL || c->tls ||
		s->state != IMAP_NOT_AUTHENTICATED))
		return false;
	return !faults_hide(c->server->faults, "imap", str_z(capability));
}

void
imap_put_capabilities(const struct client *c, struct buf *b)
{
	const struct imapd *s = c->state;

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(*capabilities);
	     i++)
		if (imap_has(c, capabilities[i]))
			(void)buf_addf(
			    b, "%s%s", i > 0 ? " " : "", capabilities[i]);
	if (s->state == IMAP_NOT_AUTHENTICATED && imap_has(c, "AUTH")) {
		(void)buf_addc(b, ' ');
		login_mechanisms(b, "AUTH=");
	}
	(void)buf_addf(b, " APPENDLIMIT=%" PRIu64, c->server->message_max);
}
