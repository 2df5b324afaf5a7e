/* trace: where the traces of scripts' connections go. */
#include "lua/bind.h"
#include "base/mem.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct kept_trace {
	struct kept_trace *next;
	struct trace *trace;
};

struct kept_file {
	struct kept_file *next;
	char *name;
	FILE *f;
};

/* The file of that name, opened once; a trace shows mail, so it is private. */
static FILE *
trace_file(lua_State *L, const char *to)
{
	struct script *s = script_of(L);
	struct kept_file *k = s->trace_files;
	struct err e = {0};
	FILE *f;
	int fd;

	if (str_eq(str_z(to), S("-")))
		return stderr;
	for (; k != NULL; k = k->next)
		if (strcmp(k->name, to) == 0)
			return k->f;
	fd = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	f = fd >= 0 ? fdopen(fd, "a") : NULL;
	if (f == NULL) {
		err_sys(&e, "trace file %s", to);
		if (fd >= 0)
			close(fd);
		bind_raise(L, &e, 0);
	}
	k = mem_zalloc(sizeof(*k));
	*k = (struct kept_file){s->trace_files, mem_strdup(to), f};
	s->trace_files = k;
	return f;
}

struct trace *
bind_trace(lua_State *L, const char *to, const char *label)
{
	struct script *s = script_of(L);
	FILE *f = trace_file(L, to);
	struct kept_trace *k = mem_zalloc(sizeof(*k));

	k->trace = trace_new(f, label, TRACE_TIMES);
	k->next = s->traces;
	s->traces = k;
	return k->trace;
}

void
bind_traces_free(struct script *s)
{
	struct kept_file *file;
	bool lost = false;

	while (s->traces != NULL) {
		struct kept_trace *k = s->traces;
		s->traces = k->next;
		trace_flush(k->trace);
		trace_free(k->trace);
		free(k);
	}
	while ((file = s->trace_files) != NULL) {
		s->trace_files = file->next;
		lost = ferror(file->f) != 0 || lost;
		lost = fclose(file->f) != 0 || lost;
		free(file->name);
		free(file);
	}
	if (lost)
		fputs(text_of("postel: the trace file is not whole: it could "
			      "not be written\n"),
		    stderr);
}

/* trace(to, label): for core.open and core.note, as long as the state lives;
 * to is "-" or a path. */
static int
core_trace(lua_State *L)
{
	lua_pushlightuserdata(L,
	    bind_trace(L, luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL)));
	return 1;
}

/* note(trace, text): a line "-- text" in it. */
static int
core_note(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TLIGHTUSERDATA);
	trace_note(lua_touserdata(L, 1), "%s", luaL_checkstring(L, 2));
	return 0;
}

const luaL_Reg bind_trace_functions[] = {
    {"trace", core_trace},
    {"note", core_note},
    {NULL, NULL},
};
