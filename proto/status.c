/* status: the exit status of an outcome. */
#include "proto/status.h"

int
status_of_err(const struct err *e)
{
	static const int statuses[] = {
	    [ERR_NONE] = STATUS_OK,
	    [ERR_SYS] = STATUS_SCRIPT,
	    [ERR_DNS] = STATUS_CONNECT,
	    [ERR_CONNECT] = STATUS_CONNECT,
	    [ERR_TLS] = STATUS_TLS,
	    [ERR_AUTH] = STATUS_AUTH,
	    [ERR_TIMEOUT] = STATUS_LOST,
	    [ERR_CLOSED] = STATUS_LOST,
	    [ERR_PROTO] = STATUS_PROTO,
	    [ERR_LIMIT] = STATUS_PROTO,
	    [ERR_CANCEL] = STATUS_INTERRUPTED,
	    [ERR_USE] = STATUS_SCRIPT,
	};

	return statuses[e->kind];
}

int
status_of_reply(const struct cmd *cmd)
{
	const struct reply *r = &cmd->reply;

	if (r->class == REPLY_NONE || r->class == REPLY_OK)
		return STATUS_OK;
	if (r->temporary)
		return STATUS_TEMPFAIL;
	if (cmd->verb != NULL && cmd->verb->flags & VERB_LOGIN)
		return STATUS_AUTH;
	return r->class == REPLY_BAD ? STATUS_PROTO : STATUS_REFUSED;
}
