/*
 * compose: messages as GMime writes them (RFC 5322, RFC 2045 to 2047, 2231).
 *
 * What a message must have, and whether a value may stand in a header, is for
 * postel.compose to say.
 */
#include "lua/bind.h"
#include "lua/gmime.h"

#include <unistd.h>

struct bind_composer {
	GMimeMessage *message;
	GMimeObject *content; /* not yet message's; NULL: none so far */
};

static int composer_gc(lua_State *);
static int composer_header(lua_State *);
static int composer_text(lua_State *);
static int composer_attach(lua_State *);
static int composer_finish(lua_State *);

static const struct bind_type composer_type = {
    .name = "postel.composer",
    .index = bind_index_methods,
    .meta =
	(const luaL_Reg[]){
	    {"__gc", composer_gc},
	    {"__close", composer_gc},
	    {NULL, NULL},
	},
    .methods =
	(const luaL_Reg[]){
	    {"header", composer_header},
	    {"text", composer_text},
	    {"attach", composer_attach},
	    {"finish", composer_finish},
	    {NULL, NULL},
	},
};

static int
composer_gc(lua_State *L)
{
	struct bind_composer *u = bind_check(L, 1, &composer_type);

	if (u->message != NULL)
		gmime.g_object_unref(u->message);
	if (u->content != NULL)
		gmime.g_object_unref(u->content);
	*u = (struct bind_composer){0};
	return 0;
}

static struct bind_composer *
check_composer(lua_State *L)
{
	struct bind_composer *u = bind_check(L, 1, &composer_type);

	if (u->message == NULL)
		luaL_argerror(L, 1, "closed composer");
	return u;
}

/* composer(): an empty message. */
int
bind_composer(lua_State *L)
{
	struct bind_composer *u = bind_new(L, &composer_type, sizeof(*u));
	struct err e = {0};

	if (gmime_open(&e) != 0)
		return bind_raise(L, &e, 0);
	u->message = gmime.g_mime_message_new(false);
	return 1;
}

/* header(name, value): a field, in UTF-8; fields come out in their order, and
 * several may have one name. */
static int
composer_header(lua_State *L)
{
	struct bind_composer *u = check_composer(L);

	gmime.g_mime_object_append_header((GMimeObject *)u->message,
	    luaL_checkstring(L, 2), luaL_checkstring(L, 3), "utf-8");
	return 0;
}

/* What the spool at idx holds, which is taken, or the open file there, as the
 * content of part.  Neither is ever in memory as a whole. */
static void
set_content(lua_State *L, int idx, GMimePart *part)
{
	bool open_file = lua_isuserdata(L, idx) &&
			 luaL_testudata(L, idx, LUA_FILEHANDLE) != NULL;
	struct spool *spool = open_file ? NULL : bind_take_spool(L, idx);
	struct err e = {0};
	int fd =
	    open_file ? fileno(bind_check_file(L, idx)) : spool_file(spool, &e);
	GMimeStream *stream = gmime_file(fd >= 0 ? dup(fd) : -1);
	GMimeDataWrapper *content;

	spool_free(spool);
	if (stream == NULL) {
		(void)err_sys(&e, "temporary file");
		gmime.g_object_unref(part);
		bind_raise(L, &e, 0);
	}
	content = gmime.g_mime_data_wrapper_new_with_stream(
	    stream, GMIME_CONTENT_ENCODING_DEFAULT);
	gmime.g_object_unref(stream);
	gmime.g_mime_part_set_content(part, content);
	gmime.g_object_unref(content);
}

/* Adds a part, which is taken, in a multipart of that kind where it is not
 * alone. */
static void
add(struct bind_composer *u, GMimeObject *part, const char *kind, bool alone)
{
	GMimeMultipart *m;

	if (u->content == NULL && alone) {
		u->content = part;
		return;
	}
	m = (GMimeMultipart *)u->content;
	if (m == NULL || !gmime.g_mime_content_type_is_type(
			     gmime.g_mime_object_get_content_type(u->content),
			     "multipart", kind)) {
		m = gmime.g_mime_multipart_new_with_subtype(kind);
		if (u->content != NULL) {
			gmime.g_mime_multipart_add(m, u->content);
			gmime.g_object_unref(u->content);
		}
		u->content = (GMimeObject *)m;
	}
	gmime.g_mime_multipart_add(m, part);
	gmime.g_object_unref(part);
}

/* text(subtype, charset, encoding, spool): what people read, in a transfer
 * encoding (RFC 2045 6); a second one is another form of the same, and the
 * better one (RFC 2046 5.1.4).  The spool is taken. */
static int
composer_text(lua_State *L)
{
	struct bind_composer *u = check_composer(L);
	const char *subtype = luaL_checkstring(L, 2);
	const char *charset = luaL_checkstring(L, 3);
	const char *encoding = luaL_checkstring(L, 4);
	GMimeTextPart *part = gmime.g_mime_text_part_new_with_subtype(subtype);

	set_content(L, 5, (GMimePart *)part);
	gmime.g_mime_text_part_set_charset(part, charset);
	gmime.g_mime_part_set_content_encoding((GMimePart *)part,
	    gmime.g_mime_content_encoding_from_string(encoding));
	add(u, (GMimeObject *)part, "alternative", true);
	return 0;
}

/* attach(file, type, subtype, name): a spool, which is taken, or an open file.
 */
static int
composer_attach(lua_State *L)
{
	struct bind_composer *u = check_composer(L);
	const char *type = luaL_checkstring(L, 3);
	const char *subtype = luaL_checkstring(L, 4);
	const char *name = luaL_checkstring(L, 5);
	GMimePart *part = gmime.g_mime_part_new_with_type(type, subtype);

	set_content(L, 2, part);
	gmime.g_mime_part_set_content_encoding(
	    part, GMIME_CONTENT_ENCODING_BASE64);
	gmime.g_mime_object_set_disposition((GMimeObject *)part, "attachment");
	gmime.g_mime_part_set_filename(part, name);
	add(u, (GMimeObject *)part, "mixed", false);
	return 0;
}

/* What finish was given. */
struct output {
	struct bind_composer *composer;
	struct str first; /* stands in front of all */
};

/* The message to a stream, with lines that end in CRLF; false if that fails. */
static bool
write_message(void *arg, GMimeStream *out)
{
	const struct output *o = arg;
	GMimeFormatOptions *format = gmime.g_mime_format_options_new();
	GMimeObject *message = (GMimeObject *)o->composer->message;
	bool good;

	gmime.g_mime_format_options_set_newline_format(
	    format, GMIME_NEWLINE_FORMAT_DOS);
	good = gmime.g_mime_stream_write(out, o->first.p, o->first.n) ==
		   (ssize_t)o->first.n &&
	       gmime.g_mime_object_write_to_stream(message, format, out) >= 0 &&
	       gmime.g_mime_stream_flush(out) == 0;
	gmime.g_mime_format_options_free(format);
	return good;
}

/* finish(first): the message as a body, behind the text first. */
static int
composer_finish(lua_State *L)
{
	struct output o = {check_composer(L), bind_str(L, 2)};

	if (o.composer->content != NULL)
		gmime.g_mime_message_set_mime_part(
		    o.composer->message, o.composer->content);
	return gmime_push_body(L, write_message, &o);
}
