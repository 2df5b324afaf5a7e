/* trace: where the traces of scripts' connections go. */
#include "lua/bind.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct kept_trace {
	struct kept_trace *next;
	struct trace *trace;
};

/* The one file of this state; a trace shows mail, so it is private. */
static FILE *
trace_file(lua_State *L, const char *to)
{
	struct script *s = script_of(L);
	struct err e = {0};
	int fd;

	if (s->trace_file != NULL || str_eq(str_z(to), S("-")))
		return s->trace_file != NULL ? s->trace_file : stderr;
	fd = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0)
		s->trace_file = fdopen(fd, "a");
	if (s->trace_file == NULL) {
		err_sys(&e, "trace file %s", to);
		if (fd >= 0)
			close(fd);
		bind_raise(L, &e, 0);
	}
	return s->trace_file;
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
	bool lost;

	while (s->traces != NULL) {
		struct kept_trace *k = s->traces;
		s->traces = k->next;
		trace_flush(k->trace);
		trace_free(k->trace);
		free(k);
	}
	if (s->trace_file == NULL)
		return;
	lost = ferror(s->trace_file) != 0;
	if (fclose(s->trace_file) != 0 || lost)
		fputs("postel: the trace file is not whole: it could not be "
		      "written\n",
		    stderr);
	s->trace_file = NULL;
}
