/* mail: what stands in the header of a message. */
#include "lua/bind.h"
#include "net/digest.h"
#include "wire/address.h"
#include "wire/date.h"
#include "wire/header.h"
#include "wire/smtp.h"

#include <time.h>

/* header_decode(value): as people read it, encoded words undone. */
static int
core_header_decode(lua_State *L)
{
	return bind_convert(L, header_decode);
}

/* header_fields(text): an array of {name =, value =, whole =} of the fields of
 * the header at the beginning of text, as they stand there (wire/header.h). */
static int
core_header_fields(lua_State *L)
{
	struct str header = bind_str(L, 1);
	struct field f;

	lua_newtable(L);
	for (lua_Integer n = 1; header_next(&header, &f); n++) {
		lua_createtable(L, 0, 3);
		bind_push_str(L, f.name);
		lua_setfield(L, -2, "name");
		bind_push_str(L, f.value);
		lua_setfield(L, -2, "value");
		bind_push_str(L, f.whole);
		lua_setfield(L, -2, "whole");
		lua_rawseti(L, -2, n);
	}
	return 1;
}

/* date(seconds): as a Date field has it, by the clock of this place. */
static int
core_date(lua_State *L)
{
	time_t when = (time_t)luaL_checkinteger(L, 1);
	struct bind_scratch *s = bind_new_scratch(L);
	struct tm tm;
	int zone = 0;

	if (localtime_r(&when, &tm) != NULL)
		zone = (int)(tm.tm_gmtoff / 60);
	(void)date_put_rfc5322(&s->buf, (struct date){when, zone});
	bind_push_str(L, buf_str(&s->buf));
	bind_scratch_done(s);
	return 1;
}

/* date_of(value): a Date field as seconds since 1970, and the minutes east of
 * UTC that the writer's clock showed; nil if it is no date. */
static int
core_date_of(lua_State *L)
{
	struct date d;

	if (!date_rfc5322(bind_str(L, 1), &d))
		return 0;
	lua_pushinteger(L, d.time);
	lua_pushinteger(L, d.zone);
	return 2;
}

static int
core_smtp_address(lua_State *L)
{
	struct str s = bind_str(L, 1);

	lua_pushboolean(L, smtp_address(s, lua_toboolean(L, 2)));
	return 1;
}

/* Pushes {name =, address =}; the name is decoded. */
static void
push_address(lua_State *L, struct buf *b, const struct address *a)
{
	lua_createtable(L, 0, 2);
	if (a->name.n > 0 && header_decode(b, a->name) == 0) {
		bind_push_str(L, buf_str(b));
		lua_setfield(L, -2, "name");
	}
	buf_clear(b);
	(void)buf_add(b, a->local);
	if (a->domain.n > 0)
		(void)buf_addf(b, "@%.*s", STRF(a->domain));
	bind_push_str(L, buf_str(b));
	lua_setfield(L, -2, "address");
	buf_clear(b);
}

/* addresses(value): an array of {name =, address =}, of a field's value as it
 * stands in a header; of groups it has the members. */
static int
core_addresses(lua_State *L)
{
	struct str value = bind_str(L, 1);
	struct bind_scratch *s = bind_new_scratch(L);
	struct address *a = NULL;
	lua_Integer n = 0;
	struct err e = {0};

	if (address_parse(&s->arena, value, &a) != 0) {
		(void)err_set(&e, ERR_LIMIT, "too many addresses");
		return bind_raise(L, &e, 0);
	}
	lua_newtable(L);
	for (; a != NULL; a = a->next) {
		if (a->kind != ADDRESS_MAILBOX || a->local.n == 0)
			continue;
		push_address(L, &s->buf, a);
		lua_rawseti(L, -2, ++n);
	}
	bind_scratch_done(s);
	return 1;
}

/* imap_date(seconds): as APPEND has it; imap_date_of(text): the reverse, nil if
 * it is no date (RFC 9051 9: date-time). */
static int
core_imap_date(lua_State *L)
{
	int64_t when = luaL_checkinteger(L, 1);
	struct bind_scratch *s = bind_new_scratch(L);

	(void)date_put_imap(&s->buf, (struct date){when, 0});
	bind_push_str(L, buf_str(&s->buf));
	bind_scratch_done(s);
	return 1;
}

static int
core_imap_date_of(lua_State *L)
{
	struct date d;

	if (!date_imap(bind_str(L, 1), &d))
		return 0;
	lua_pushinteger(L, d.time);
	return 1;
}

/* sha256(text): in hexadecimal. */
static int
core_sha256(lua_State *L)
{
	struct digest d;
	struct err e = {0};
	luaL_Buffer b;

	if (digest_of("SHA256", bind_str(L, 1), &d, &e) != 0)
		return bind_raise(L, &e, 0);
	luaL_buffinit(L, &b);
	for (unsigned i = 0; i < d.n; i++) {
		luaL_addchar(&b, "0123456789abcdef"[d.p[i] >> 4]);
		luaL_addchar(&b, "0123456789abcdef"[d.p[i] & 15]);
	}
	luaL_pushresult(&b);
	return 1;
}

/* hash(text): FNV-1a in 63 bits, for keys where no stranger gains by two that
 * are equal; unlike sha256 it needs no OpenSSL. */
static int
core_hash(lua_State *L)
{
	struct str s = bind_str(L, 1);
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001b3;
	lua_pushinteger(L, (lua_Integer)(hash >> 1));
	return 1;
}

/* digest(text): a negative number, for any two texts another as far as anybody
 * will see: 63 bits of SHA-256.  A table of such keys takes a third of the
 * memory that one of texts does. */
static int
core_digest(lua_State *L)
{
	struct digest d;
	struct err e = {0};
	uint64_t n = 1;

	if (digest_of("SHA256", bind_str(L, 1), &d, &e) != 0)
		return bind_raise(L, &e, 0);
	for (unsigned i = 0; i < 8; i++)
		n = n << 8 | d.p[i];
	lua_pushinteger(L, -(lua_Integer)(n >> 1) - 1);
	return 1;
}

const luaL_Reg bind_mail_functions[] = {
    {"header_decode", core_header_decode},
    {"header_fields", core_header_fields},
    {"date", core_date},
    {"date_of", core_date_of},
    {"imap_date", core_imap_date},
    {"imap_date_of", core_imap_date_of},
    {"sha256", core_sha256},
    {"hash", core_hash},
    {"digest", core_digest},
    {"smtp_address", core_smtp_address},
    {"addresses", core_addresses},
    {"mime", bind_mime},
    {"composer", bind_composer},
    {NULL, NULL},
};
