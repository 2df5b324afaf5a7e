/*
 * mime: messages as GMime reads them (RFC 2045, RFC 2046, RFC 2231).  The
 * header is read by wire/header.h.
 *
 * The message lies in a spool's file, and GMime keeps places in it: so the
 * size of a part costs no memory until somebody wants its text.  What a part
 * is, and which of them people read, is for postel.message to say.
 */
#include "base/mem.h"
#include "lua/bind.h"
#include "lua/gmime.h"
#include "wire/mime.h"

#include <stdlib.h>
#include <unistd.h>

/* A part's text that one Lua string may hold. */
enum { TEXT_MAX = 16 << 20 };

struct bind_mime {
	struct spool *spool;
	GMimeMessage *message;
	GMimeObject **parts; /* those that hold no others; message's own */
	size_t n;
};

static int mime_gc(lua_State *);
static int mime_headers(lua_State *);
static int mime_parts(lua_State *);
static int mime_content(lua_State *);
static int mime_text(lua_State *);

static const struct bind_type mime_type = {
    .name = "postel.mime",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", mime_gc},
	    {"__close", mime_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"headers", mime_headers},
	    {"parts", mime_parts},
	    {"content", mime_content},
	    {"text", mime_text},
	    {"close", mime_gc},
	    {NULL, NULL},
	},
};

static int
mime_gc(lua_State *L)
{
	struct bind_mime *u = bind_check(L, 1, &mime_type);

	if (u->message != NULL)
		gmime.g_object_unref(u->message);
	free(u->parts);
	spool_free(u->spool);
	*u = (struct bind_mime){0};
	return 0;
}

static struct bind_mime *
check_mime(lua_State *L)
{
	struct bind_mime *u = bind_check(L, 1, &mime_type);

	if (u->message == NULL)
		luaL_argerror(L, 1, "closed message");
	return u;
}

/* ---- reading ---- */

/* Adds the parts below object that hold no others, in their order; those too
 * deep or too many are left out. */
static void
collect(struct bind_mime *u, GMimeObject *object, unsigned depth)
{
	GMimeMultipart *m = (GMimeMultipart *)object;
	int n;

	if (object == NULL || u->n >= MIME_PARTS)
		return;
	if (!gmime_is(object, gmime.g_mime_multipart_get_type())) {
		u->parts =
		    mem_realloc(u->parts, (u->n + 1) * sizeof(GMimeObject *));
		u->parts[u->n++] = object;
		return;
	}
	if (depth >= MIME_NESTING)
		return;
	n = gmime.g_mime_multipart_get_count(m);
	for (int i = 0; i < n; i++)
		collect(u, gmime.g_mime_multipart_get_part(m, i), depth + 1);
}

/* Parses what is in u->spool: 0 or -1. */
static int
parse(struct bind_mime *u, struct err *e)
{
	GMimeStream *stream;
	GMimeParser *parser;
	int fd = spool_file(u->spool, e);

	if (fd < 0)
		return -1;
	stream = gmime_file(dup(fd));
	if (stream == NULL)
		return err_sys(e, "temporary file");
	parser = gmime.g_mime_parser_new_with_stream(stream);
	gmime.g_mime_parser_set_persist_stream(parser, true);
	u->message = gmime.g_mime_parser_construct_message(parser, NULL);
	gmime.g_object_unref(parser);
	gmime.g_object_unref(stream);
	if (u->message == NULL) /* GMime finds nothing, not even a header */
		u->message = gmime.g_mime_message_new(false);
	collect(u, gmime.g_mime_message_get_mime_part(u->message), 0);
	return 0;
}

/* mime(spool): the message in it, which is taken. */
int
bind_mime(lua_State *L)
{
	struct bind_mime *u = bind_new(L, &mime_type, sizeof(*u));
	struct err e = {0};

	u->spool = bind_take_spool(L, 1);
	if (gmime_open(&e) != 0 || parse(u, &e) != 0)
		return bind_raise(L, &e, 0);
	return 1;
}

/* ---- the header ---- */

/* Adds {name, value} of each field of object to the array on top. */
static void
add_fields(lua_State *L, GMimeObject *object)
{
	GMimeHeaderList *list = gmime.g_mime_object_get_header_list(object);
	int n = gmime.g_mime_header_list_get_count(list);

	for (int i = 0; i < n; i++) {
		GMimeHeader *h =
		    gmime.g_mime_header_list_get_header_at(list, i);

		lua_createtable(L, 2, 0);
		lua_pushstring(L, gmime.g_mime_header_get_name(h));
		lua_rawseti(L, -2, 1);
		lua_pushstring(L, gmime.g_mime_header_get_raw_value(h));
		lua_rawseti(L, -2, 2);
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
}

/* An array of {name, value}, the values as they stand there; those that say
 * what the content is come last. */
static int
mime_headers(lua_State *L)
{
	struct bind_mime *u = check_mime(L);
	GMimeObject *content = gmime.g_mime_message_get_mime_part(u->message);

	lua_newtable(L);
	add_fields(L, (GMimeObject *)u->message);
	if (content != NULL)
		add_fields(L, content);
	return 1;
}

/* ---- the parts ---- */

static void
set_text(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value); /* nil for NULL */
	lua_setfield(L, -2, key);
}

static void
push_part(lua_State *L, GMimeObject *part)
{
	char *type = gmime.g_mime_content_type_get_mime_type(
	    gmime.g_mime_object_get_content_type(part));

	lua_createtable(L, 0, 6);
	/* Lua may raise for want of memory: then these few octets are lost. */
	set_text(L, "type", type);
	gmime.g_free(type);
	set_text(L, "disposition", gmime.g_mime_object_get_disposition(part));
	set_text(L, "id", gmime.g_mime_object_get_content_id(part));
	if (gmime_is(part, gmime.g_mime_part_get_type()))
		set_text(L, "name",
		    gmime.g_mime_part_get_filename((GMimePart *)part));
	if (gmime_is(part, gmime.g_mime_text_part_get_type()))
		set_text(L, "charset",
		    gmime.g_mime_text_part_get_charset((GMimeTextPart *)part));
}

/* An array of {type =, name =, disposition =, id =, charset =}. */
static int
mime_parts(lua_State *L)
{
	struct bind_mime *u = check_mime(L);

	lua_createtable(L, (int)u->n, 0);
	for (size_t i = 0; i < u->n; i++) {
		push_part(L, u->parts[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static GMimeObject *
check_part(lua_State *L, struct bind_mime *u)
{
	lua_Integer n = luaL_checkinteger(L, 2);

	luaL_argcheck(L, n >= 1 && (size_t)n <= u->n, 2, "no such part");
	return u->parts[n - 1];
}

/* Writes what the part holds, without its transfer encoding; false if that
 * fails. */
static bool
write_content(void *part, GMimeStream *out)
{
	GMimeDataWrapper *content;
	GMimeMessage *inner;

	if (gmime_is(part, gmime.g_mime_message_part_get_type())) {
		inner = gmime.g_mime_message_part_get_message(part);
		return inner == NULL ||
		       gmime.g_mime_object_write_to_stream(
			   (GMimeObject *)inner, NULL, out) >= 0;
	}
	if (!gmime_is(part, gmime.g_mime_part_get_type()))
		return true;
	content = gmime.g_mime_part_get_content(part);
	return content == NULL ||
	       gmime.g_mime_data_wrapper_write_to_stream(content, out) >= 0;
}

/* content(n): what part n holds, decoded, as a body. */
static int
mime_content(lua_State *L)
{
	GMimeObject *part = check_part(L, check_mime(L));

	return gmime_push_body(L, write_content, part);
}

/* text(n): part n in UTF-8 if it is text of no more than TEXT_MAX
 * octets; else nil. */
static int
mime_text(lua_State *L)
{
	struct bind_mime *u = check_mime(L);
	GMimeObject *part = check_part(L, u);
	GMimeDataWrapper *content;
	char *text;

	if (!gmime_is(part, gmime.g_mime_text_part_get_type()))
		return 0;
	content = gmime.g_mime_part_get_content((GMimePart *)part);
	if (content == NULL ||
	    gmime.g_mime_stream_length(
		gmime.g_mime_data_wrapper_get_stream(content)) > TEXT_MAX)
		return 0;
	text = gmime.g_mime_text_part_get_text((GMimeTextPart *)part);
	lua_pushstring(L, text);
	gmime.g_free(text);
	return 1;
}
