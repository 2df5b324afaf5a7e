/* fault: rules by which things go wrong. */
#include "server/fault.h"
#include "base/mem.h"

#include <stdlib.h>

struct rule {
	struct rule *next;
	enum fault_kind kind;
	const char *protocol; /* NULL: all */
	char *word;	      /* verb, capability, address */
	char *reply;
	uint64_t number;
};

struct faults {
	struct rule *first, **last;
};

static const struct kind {
	const char *name;
	enum fault_kind kind;
	enum { NUMBER, WORD, WORD_AND_REPLY } argument;
} kinds[] = {
    {"slow", FAULT_SLOW, NUMBER},
    {"drop", FAULT_DROP, NUMBER},
    {"refuse", FAULT_REFUSE, WORD_AND_REPLY},
    {"hang", FAULT_HANG, WORD},
    {"cut", FAULT_CUT, WORD},
    {"hide", FAULT_HIDE, WORD},
    {"tempfail", FAULT_TEMPFAIL, WORD},
};

static const char *const protocols[] = {"pop3", "smtp", "lmtp", "imap"};

static char *
copy(struct str s)
{
	return str_copy(mem_zalloc(s.n + 1), s.n + 1, s);
}

struct faults *
faults_new(void)
{
	struct faults *f = mem_zalloc(sizeof(*f));

	f->last = &f->first;
	return f;
}

static void
rule_free(struct rule *r)
{
	free(r->word);
	free(r->reply);
	free(r);
}

void
faults_free(struct faults *f)
{
	struct rule *r;

	if (f == NULL)
		return;
	while ((r = f->first) != NULL) {
		f->first = r->next;
		rule_free(r);
	}
	free(f);
}

static const struct kind *
kind_named(struct str name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_eqcase(str_z(kinds[i].name), name))
			return &kinds[i];
	return NULL;
}

static const char *
protocol_named(struct str name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (str_eqcase(str_z(protocols[i]), name))
			return protocols[i];
	return NULL;
}

/* Whether s gives the kind of rule what it wants. */
static bool
take_arguments(struct rule *r, const struct kind *kind, struct str s)
{
	struct str word = str_word(&s), reply = str_trim(s);

	if (word.n == 0 || (reply.n > 0) != (kind->argument == WORD_AND_REPLY))
		return false;
	if (kind->argument == NUMBER)
		return str_u64(word, INT64_MAX, &r->number) && r->number > 0;
	r->word = copy(word);
	if (kind->argument == WORD_AND_REPLY)
		r->reply = copy(reply);
	return true;
}

int
faults_add(struct faults *f, const char *rule, struct err *e)
{
	struct str s = str_z(rule), name = str_word(&s);
	bool for_one = str_has(name, ':');
	const char *protocol =
	    for_one ? protocol_named(str_cut(&name, ':')) : NULL;
	const struct kind *kind = kind_named(name);
	struct rule *r;

	if (kind == NULL || (for_one && protocol == NULL))
		return err_set(e, ERR_USE, "no such fault: %s", rule);
	r = mem_zalloc(sizeof(*r));
	r->kind = kind->kind;
	r->protocol = protocol;
	if (str_has_eol(s) || !take_arguments(r, kind, s)) {
		rule_free(r);
		return err_set(e, ERR_USE, "%s wants %s: %s", kind->name,
		    kind->argument == NUMBER ? "a number"
		    : kind->argument == WORD ? "one word"
					     : "a word and a reply",
		    rule);
	}
	*f->last = r;
	f->last = &r->next;
	return 0;
}

/* The first rule from r on of the kind for the protocol. */
static const struct rule *
next_rule(const struct rule *r, enum fault_kind kind, const char *protocol)
{
	while (r != NULL &&
	       (r->kind != kind ||
		   (r->protocol != NULL && strcmp(r->protocol, protocol) != 0)))
		r = r->next;
	return r;
}

uint64_t
faults_number(const struct faults *f, enum fault_kind kind,
    const char *protocol, uint64_t none)
{
	const struct rule *r = next_rule(f->first, kind, protocol);

	return r != NULL ? r->number : none;
}

/* The first rule of the kind that names the word. */
static const struct rule *
rule_for(const struct faults *f, enum fault_kind kind, const char *protocol,
    struct str word)
{
	const struct rule *r = next_rule(f->first, kind, protocol);

	while (r != NULL && !str_eqcase(str_z(r->word), word))
		r = next_rule(r->next, kind, protocol);
	return r;
}

bool
faults_verb(const struct faults *f, const char *protocol, struct str verb,
    enum fault_kind *kind, const char **reply)
{
	static const enum fault_kind at_verbs[] = {
	    FAULT_REFUSE, FAULT_HANG, FAULT_CUT};
	const struct rule *r;

	for (size_t i = 0; i < sizeof(at_verbs) / sizeof(*at_verbs); i++) {
		r = rule_for(f, at_verbs[i], protocol, verb);
		if (r == NULL)
			continue;
		*kind = r->kind;
		*reply = r->reply;
		return true;
	}
	return false;
}

bool
faults_hide(const struct faults *f, const char *protocol, struct str capability)
{
	return rule_for(f, FAULT_HIDE, protocol, capability) != NULL;
}

bool
faults_tempfail(
    const struct faults *f, const char *protocol, struct str address)
{
	return rule_for(f, FAULT_TEMPFAIL, protocol, address) != NULL;
}

unsigned
fault_of_address(struct str address, bool *data)
{
	struct str local = str_cut(&address, '@');
	uint64_t code;

	if (!str_eqcase(address, S("error.test")))
		return 0;
	*data = str_startscase(local, S("data-"));
	if (*data)
		local = str_skip(local, strlen("data-"));
	if (local.n != 3 || !str_u64(local, 599, &code) || code < 400)
		return 0;
	return (unsigned)code;
}
