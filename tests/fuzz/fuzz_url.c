/* fuzz_url: what is written back is read as the same, without the password. */
#include "wire/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

static bool
same(struct str a, struct str b)
{
	return (a.p == NULL) == (b.p == NULL) && str_eq(a, b);
}

static void
check_clean(struct str s)
{
	check(!str_has_eol(s) && (s.p == NULL || s.p[s.n] == '\0'));
}

static void
check_parts(const struct url *u)
{
	check_clean(u->host);
	check_clean(u->path);
	check_clean(u->user);
	check_clean(u->password);
	check_clean(u->auth);
	check_clean(u->mailbox);
	check_clean(u->ca);
	check_clean(u->cert);
	check((u->port != 0) == (u->service.p == NULL));
	check((u->transport == URL_TCP) == (u->host.n > 0));
	check((u->transport == URL_TCP) == (u->path.n == 0));
}

static void
check_again(const struct url *u, struct arena *a, struct buf *b)
{
	struct url w;
	struct err e = {0};

	check(url_parse(buf_str(b), a, &w, &e) == 0);
	check(same(u->service, w.service));
	check(same(u->scheme, w.scheme) && same(u->protocol, w.protocol));
	check(same(u->host, w.host) && same(u->path, w.path));
	check(same(u->user, w.user) && same(u->auth, w.auth));
	check(same(u->mailbox, w.mailbox) && w.password.p == NULL);
	check(same(u->ca, w.ca) && same(u->cert, w.cert));
	check(u->tls == w.tls && u->port == w.port);
	check(u->transport == w.transport && u->starttls == w.starttls);
	check(u->insecure == w.insecure && u->has_timeout == w.has_timeout);
	check(u->timeout == w.timeout);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};
	struct arena a;
	struct url u;
	struct err e = {0};
	struct buf b;

	arena_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	if (url_parse(s, &a, &u, &e) < 0) {
		check(e.kind == ERR_USE || e.kind == ERR_LIMIT);
		check(e.msg[0] != '\0');
	} else {
		check(url_looks(s));
		check_parts(&u);
		check(url_put(&b, &u) == 0);
		check_again(&u, &a, &b);
	}
	buf_fini(&b);
	arena_fini(&a);
	return 0;
}
