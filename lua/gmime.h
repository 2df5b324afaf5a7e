/*
 * gmime: GMime's functions, opened on first use.  For the files that read and
 * compose messages, lua/mime.c and lua/compose.c.
 */
#ifndef LUA_GMIME_H
#define LUA_GMIME_H

#include "lua/bind.h"
#include "net/library.h"

#include <gmime/gmime.h>

#define GMIME_FUNCTIONS(F)                                                     \
	F(g_free)                                                              \
	F(g_mime_content_encoding_from_string)                                 \
	F(g_mime_content_type_get_mime_type)                                   \
	F(g_mime_content_type_is_type)                                         \
	F(g_mime_data_wrapper_get_stream)                                      \
	F(g_mime_data_wrapper_new_with_stream)                                 \
	F(g_mime_data_wrapper_write_to_stream)                                 \
	F(g_mime_format_options_free)                                          \
	F(g_mime_format_options_new)                                           \
	F(g_mime_format_options_set_newline_format)                            \
	F(g_mime_header_get_name)                                              \
	F(g_mime_header_get_raw_value)                                         \
	F(g_mime_header_list_get_count)                                        \
	F(g_mime_header_list_get_header_at)                                    \
	F(g_mime_init)                                                         \
	F(g_mime_message_get_mime_part)                                        \
	F(g_mime_message_new)                                                  \
	F(g_mime_message_part_get_message)                                     \
	F(g_mime_message_part_get_type)                                        \
	F(g_mime_message_set_mime_part)                                        \
	F(g_mime_multipart_add)                                                \
	F(g_mime_multipart_get_count)                                          \
	F(g_mime_multipart_get_part)                                           \
	F(g_mime_multipart_get_type)                                           \
	F(g_mime_multipart_new_with_subtype)                                   \
	F(g_mime_object_append_header)                                         \
	F(g_mime_object_get_content_id)                                        \
	F(g_mime_object_get_content_type)                                      \
	F(g_mime_object_get_disposition)                                       \
	F(g_mime_object_get_header_list)                                       \
	F(g_mime_object_set_disposition)                                       \
	F(g_mime_object_write_to_stream)                                       \
	F(g_mime_parser_construct_message)                                     \
	F(g_mime_parser_new_with_stream)                                       \
	F(g_mime_parser_set_persist_stream)                                    \
	F(g_mime_part_get_content)                                             \
	F(g_mime_part_get_filename)                                            \
	F(g_mime_part_get_type)                                                \
	F(g_mime_part_new_with_type)                                           \
	F(g_mime_part_set_content)                                             \
	F(g_mime_part_set_content_encoding)                                    \
	F(g_mime_part_set_filename)                                            \
	F(g_mime_stream_flush)                                                 \
	F(g_mime_stream_fs_new)                                                \
	F(g_mime_stream_length)                                                \
	F(g_mime_stream_write)                                                 \
	F(g_mime_text_part_get_charset)                                        \
	F(g_mime_text_part_get_text)                                           \
	F(g_mime_text_part_get_type)                                           \
	F(g_mime_text_part_new_with_subtype)                                   \
	F(g_mime_text_part_set_charset)                                        \
	F(g_object_ref)                                                        \
	F(g_object_unref)                                                      \
	F(g_type_check_instance_is_a)

/* GLib makes a macro of this one. */
#undef g_object_ref

struct gmime {
	GMIME_FUNCTIONS(LIBRARY_MEMBER)
};

/* Good after gmime_open has returned 0 once. */
extern struct gmime gmime;

/* 0, or -1 with ERR_SYS where the library is not there. */
int gmime_open(struct err *e);

/* Whether object, which may be NULL, is of that type of GObject. */
bool gmime_is(const void *object, GType type);

/* A stream on a file, read and written from its beginning; fd is closed with
 * it.  -1 stands for no file: then NULL. */
GMimeStream *gmime_file(int fd);

/* Pushes a body of what `write` writes to a temporary file; raises if that
 * fails, or write says false. */
int gmime_push_body(
    lua_State *L, bool (*write)(void *arg, GMimeStream *out), void *arg);

#endif
