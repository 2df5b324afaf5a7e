/* proto: the protocols that there are. */
#include "proto/proto.h"

static const struct proto *const protos[] = {
    &proto_pop3, &proto_smtp, &proto_lmtp, &proto_imap};

const struct proto *
proto_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (str_eqcase(str_z(protos[i]->name), name))
			return protos[i];
	return NULL;
}

const char *
proto_name(const struct proto *p)
{
	return p->name;
}

const struct verb *
proto_verbs(const struct proto *p)
{
	return p->verbs;
}

const char *
proto_state_name(const struct proto *p, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && p->states[i] != NULL; i++)
		continue;
	return p->states[i];
}

const struct verb *
proto_auth(const struct proto *p)
{
	return verb_find(p->verbs, str_z(p->sasl->verb), NULL);
}

const char *
proto_bye(const struct proto *p)
{
	return p->bye;
}
