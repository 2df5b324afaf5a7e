/* gmime: GMime's functions, opened on first use. */
#include "lua/gmime.h"

#include <unistd.h>

struct gmime gmime;

static const struct library_row rows[] = {
#define GMIME_ROW(name) {#name, offsetof(struct gmime, name)},
    GMIME_FUNCTIONS(GMIME_ROW)
#undef GMIME_ROW
};

int
gmime_open(struct err *e)
{
	static bool open;

	if (open)
		return 0;
	if (library_open("libgmime-3.0.so.0", rows,
		sizeof(rows) / sizeof(*rows), &gmime, ERR_SYS, e) != 0)
		return -1;
	gmime.g_mime_init();
	open = true;
	return 0;
}

bool
gmime_is(const void *object, GType type)
{
	GTypeInstance *instance = (GTypeInstance *)(uintptr_t)object;

	return instance != NULL &&
	       gmime.g_type_check_instance_is_a(instance, type);
}

GMimeStream *
gmime_file(int fd)
{
	return fd >= 0 ? gmime.g_mime_stream_fs_new(fd) : NULL;
}

int
gmime_push_body(
    lua_State *L, bool (*write)(void *arg, GMimeStream *out), void *arg)
{
	struct body **slot = bind_new_body(L, 0);
	struct err e = {0};
	int fd = spool_temporary(&e);
	GMimeStream *out = gmime_file(fd >= 0 ? dup(fd) : -1);
	bool good = out != NULL && write(arg, out) &&
		    gmime.g_mime_stream_flush(out) == 0 &&
		    lseek(fd, 0, SEEK_SET) == 0;

	if (!good && e.kind == ERR_NONE)
		(void)err_sys(&e, "write temporary file");
	if (out != NULL)
		gmime.g_object_unref(out);
	if (good) {
		*slot = body_fd(fd);
		return 1;
	}
	if (fd >= 0)
		close(fd);
	return bind_raise(L, &e, 0);
}
