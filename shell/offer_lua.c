/* offer_lua: names of Lua behind "=". */
#include "shell/offer.h"

static bool
is_name(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '.' ||
	       c == ':';
}

struct lua_offers {
	struct offers *o;
	bool methods; /* behind a colon */
};

static void
offer_one(const char *name, bool function, void *arg)
{
	struct lua_offers *l = arg;

	if (function || !l->methods)
		offer_name(l->o, str_z(name), NULL);
}

void
offer_lua(struct offers *o)
{
	size_t begin = o->line.n;
	struct lua_offers l = {.o = o};
	struct str chain;

	/* "conn:st" is a chain of names, and the last of them is the word. */
	while (begin > 1 && is_name(o->line.p[begin - 1]))
		begin--;
	o->at = o->line.n;
	while (o->at > begin && o->line.p[o->at - 1] != '.' &&
	       o->line.p[o->at - 1] != ':')
		o->at--;
	chain = (struct str){o->line.p + begin, o->at - begin};
	l.methods = str_ends(chain, S(":"));
	script_members(o->sh->L,
	    o->sh->current != NULL ? o->sh->current->conn : NULL, chain,
	    offer_one, &l);
}
