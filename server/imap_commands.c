/* imap_commands: the commands and the capabilities, as tables. */
#include "server/exchange.h"
#include "server/imapd.h"

#include <inttypes.h>

static const struct imap_command commands[] = {
    {"CAPABILITY", IMAP_ANY, 0, 0, 0, NULL, imap_capability, "CAPABILITY"},
    {"NOOP", IMAP_ANY, 0, 0, 0, NULL, imap_noop, "NOOP"},
    {"LOGOUT", IMAP_ANY, 0, 0, 0, NULL, imap_logout, "LOGOUT"},
    {"ID", IMAP_ANY, 0, 1, 1, "ID", imap_id, "ID NIL or (name value ...)"},
    {"STARTTLS", IMAP_NOT_AUTHENTICATED, 0, 0, 0, NULL, imap_starttls,
	"STARTTLS"},
    {"AUTHENTICATE", IMAP_NOT_AUTHENTICATED, 0, 1, 2, NULL, imap_authenticate,
	"AUTHENTICATE mechanism [initial-response]"},
    {"LOGIN", IMAP_NOT_AUTHENTICATED, 0, 2, 2, NULL, imap_login,
	"LOGIN user password"},
    {"ENABLE", IMAP_LOGGED_IN, 0, 1, IMAP_MANY, "ENABLE", imap_enable,
	"ENABLE extension ..."},
    {"SELECT", IMAP_LOGGED_IN, 0, 1, 1, NULL, imap_select, "SELECT mailbox"},
    {"EXAMINE", IMAP_LOGGED_IN, 0, 1, 1, NULL, imap_examine, "EXAMINE mailbox"},
    {"CREATE", IMAP_LOGGED_IN, 0, 1, 1, NULL, imap_create, "CREATE mailbox"},
    {"DELETE", IMAP_LOGGED_IN, 0, 1, 1, NULL, imap_delete, "DELETE mailbox"},
    {"RENAME", IMAP_LOGGED_IN, 0, 2, 2, NULL, imap_rename,
	"RENAME mailbox new-name"},
    {"SUBSCRIBE", IMAP_LOGGED_IN, 0, 1, 1, NULL, imap_subscribe,
	"SUBSCRIBE mailbox"},
    {"UNSUBSCRIBE", IMAP_LOGGED_IN, 0, 1, 1, NULL, imap_unsubscribe,
	"UNSUBSCRIBE mailbox"},
    {"LIST", IMAP_LOGGED_IN, 0, 2, 5, NULL, imap_list,
	"LIST [(selection)] reference pattern [RETURN (options)]"},
    {"LSUB", IMAP_LOGGED_IN, 0, 2, 2, NULL, imap_lsub,
	"LSUB reference pattern"},
    {"NAMESPACE", IMAP_LOGGED_IN, 0, 0, 0, "NAMESPACE", imap_namespace,
	"NAMESPACE"},
    {"STATUS", IMAP_LOGGED_IN, 0, 2, 2, NULL, imap_status,
	"STATUS mailbox (items)"},
    {"APPEND", IMAP_LOGGED_IN, 0, 2, IMAP_MANY, NULL, imap_append,
	"APPEND mailbox [(flags)] [\"date\"] {message}"},
    {"IDLE", IMAP_LOGGED_IN, 0, 0, 0, "IDLE", imap_idle, "IDLE"},
    {"CHECK", IMAP_SELECTED, 0, 0, 0, NULL, imap_check, "CHECK"},
    {"CLOSE", IMAP_SELECTED, 0, 0, 0, NULL, imap_close, "CLOSE"},
    {"UNSELECT", IMAP_SELECTED, 0, 0, 0, "UNSELECT", imap_unselect, "UNSELECT"},
    {"EXPUNGE", IMAP_SELECTED, IMAP_UID, 0, 0, NULL, imap_expunge,
	"EXPUNGE, or UID EXPUNGE set"},
    {"SEARCH", IMAP_SELECTED, IMAP_UID | IMAP_NUMBERS, 1, IMAP_MANY, NULL,
	imap_search, "SEARCH [RETURN (options)] [CHARSET name] keys"},
    {"FETCH", IMAP_SELECTED, IMAP_UID | IMAP_NUMBERS, 2, 2, NULL, imap_fetch,
	"FETCH set items"},
    {"STORE", IMAP_SELECTED, IMAP_UID | IMAP_NUMBERS, 3, IMAP_MANY, NULL,
	imap_store, "STORE set [+-]FLAGS[.SILENT] (flags)"},
    {"COPY", IMAP_SELECTED, IMAP_UID, 2, 2, NULL, imap_copy,
	"COPY set mailbox"},
    {"MOVE", IMAP_SELECTED, IMAP_UID, 2, 2, "MOVE", imap_move,
	"MOVE set mailbox"},
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
	if (s->state == IMAP_NOT_AUTHENTICATED && imap_has(c, "AUTH"))
		exchange_mechanisms(c, " AUTH=", b);
	(void)buf_addf(b, " APPENDLIMIT=%" PRIu64, c->server->message_max);
}
