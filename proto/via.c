/* via: which proxy a connection goes through. */
#include "proto/engine.h"
#include "net/no_proxy.h"

#include <stdlib.h>

/* As curl has it: the name in small letters counts first, and one that is empty
 * does not. */
static struct str
first(const char *small, const char *great)
{
	return str_z(small != NULL && *small != '\0' ? small : great);
}

/* What the environment says for host, as cfg->proxy has it; a proxy without a
 * scheme is HTTP's, as for curl. */
static struct str
of_environment(struct arena *a, const char *host)
{
	struct str all = first(getenv("all_proxy"), getenv("ALL_PROXY"));
	size_t i;

	if (all.n == 0 || conn_is_loopback(host) ||
	    no_proxy_has(first(getenv("no_proxy"), getenv("NO_PROXY")), host))
		return S("");
	for (i = 0; i + 3 <= all.n; i++)
		if (str_starts(str_skip(all, i), S("://")))
			return all;
	return arena_join(a, S("http://"), all);
}

static void
fill_in(struct conn *c, const struct url *u)
{
	const struct tls_config *cfg = &c->cfg.tls_config;
	bool http = str_eq(u->protocol, S("http"));
	struct buf name;

	c->via.proxy = (struct proxy){
	    .kind = http ? PROXY_HTTP : PROXY_SOCKS5,
	    .looks_up = http || str_eq(u->scheme, S("socks5h")),
	    .tls = u->tls,
	    .host = u->host.p,
	    .port = u->port,
	    .user = u->user.p,
	    .password = u->password.p,
	    .dns = c->cfg.dns,
	    /* A certificate of ours is for the server. */
	    .tls_config = {.ca = cfg->ca, .insecure = cfg->insecure},
	};
	buf_init(&name, limits.line);
	(void)url_put(&name, u);
	c->via.name = mem_strdup(buf_cstr(&name));
	buf_fini(&name);
}

int
via_find(struct conn *c, struct err *e)
{
	struct arena *a = &c->via.arena;
	bool given = c->cfg.proxy != NULL;
	struct url u;
	struct str s =
	    given ? str_z(c->cfg.proxy) : of_environment(a, c->cfg.host);

	if (s.p == NULL)
		return err_set(e, ERR_USE, "the URL is too long");
	if (url_parse_proxy(s, a, &u, e) != 0) {
		if (!given)
			err_prefix(e, "ALL_PROXY");
		return -1;
	}
	if (u.host.p != NULL)
		fill_in(c, &u);
	/* It may hold a password, and is not needed any more. */
	mem_free_secret((char *)(uintptr_t)c->cfg.proxy);
	c->cfg.proxy = NULL;
	return 0;
}

void
via_forget(struct conn *c)
{
	arena_fini(&c->via.arena);
	c->via.proxy = (struct proxy){0};
}
