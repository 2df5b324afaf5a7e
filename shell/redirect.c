/* redirect: where a reply's body goes instead of the screen. */
#include "shell/redirect.h"
#include "base/mem.h"
#include "base/text.h"
#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the line ---- */

static const struct operator
{
	struct str text;
	bool in;
	enum sink_kind kind;
}
operators[] = {
    {STR(":>>"), false, SINK_APPEND},
    {STR(":>"), false, SINK_FILE},
    {STR(":|"), false, SINK_PIPE},
    {STR(":<"), true, SINK_FILE},
};

/* The operator that stands at p, between spaces or at the end. */
static const struct operator* operator_at(struct str rest)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		const struct operator* op = & operators[i];

		if (str_starts(rest, op->text) &&
		    (rest.n == op->text.n || rest.p[op->text.n] == ' '))
			return op;
	}
	return NULL;
}

/* Index of the first operator behind a space and outside quotes, or s.n. */
static size_t
operator_find(struct str s, const struct operator** op)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.p[i] == ':' && i > 0 &&
			 s.p[i - 1] == ' ' &&
			 (*op = operator_at(str_skip(s, i))) != NULL)
			return i;
	}
	return s.n;
}

static int
add(struct redirects *out, const struct operator* op, struct str target,
    struct err *e)
{
	if (target.n == 0)
		return err_set(e, ERR_USE,
		    op->kind == SINK_PIPE
			? N_("%.*s wants a command behind it")
			: N_("%.*s wants a file name behind it"),
		    STRF(op->text));
	if (op->in ? out->has_in : out->has_out)
		return err_set(
		    e, ERR_USE, "a second %.*s in one line", STRF(op->text));
	if (op->in) {
		out->has_in = true;
		out->in = target;
	} else {
		out->has_out = true;
		out->out_kind = op->kind;
		out->out = target;
	}
	return 0;
}

int
redirect_cut(struct str *line, struct redirects *out, struct err *e)
{
	const struct operator* op = NULL, *next = NULL;
	struct str rest = *line;
	size_t at;

	*out = (struct redirects){0};
	at = operator_find(rest, &op);
	if (at == rest.n)
		return 0;
	*line = str_head(rest, at - 1);
	while (op != NULL) {
		rest = str_skip(rest, at + op->text.n);
		next = NULL;
		/* A command reaches to the end of the line. */
		at =
		    op->kind == SINK_PIPE ? rest.n : operator_find(rest, &next);
		if (add(out, op, str_trim(str_head(rest, at)), e) != 0)
			return -1;
		op = next;
	}
	return 0;
}

char *
redirect_path(struct str name)
{
	const char *home = getenv("HOME");
	struct buf b;
	char *path;

	buf_init(&b, name.n + PATH_MAX + 1);
	if (str_starts(name, S("~/")) && home != NULL &&
	    buf_addz(&b, home) == 0)
		name = str_skip(name, 1);
	(void)buf_add(&b, name);
	path = mem_strdup(buf_cstr(&b));
	buf_fini(&b);
	return path;
}

/* ---- sinks ---- */

struct sink {
	enum sink_kind kind;
	char *name;  /* as the user wrote it, or the command */
	char *final; /* FILE: what temp is renamed to */
	char *temp;
	int fd;
	off_t before; /* APPEND: the size that a failure goes back to */
	pid_t pid;
	bool gone; /* the command reads no more */
	uint64_t size, flushed;
	struct loop *loop;
	struct watch watch;
};

enum {
	/* So many octets of a file are sent to the disk while more are on
	 * their way. */
	FLUSH_STEP = 4 << 20,
	/* So many files are waited for together. */
	YOUNG_MAX = 32,
};

/* Files that have their name, and may not be on disk yet. */
static struct young {
	int fd;
	char *name;
} young[YOUNG_MAX];
static size_t n_young;

int
redirect_sync(struct err *e)
{
	int rc = 0;

	for (; n_young > 0; n_young--) {
		struct young *y = &young[n_young - 1];

		if (fsync(y->fd) != 0 && errno != EINVAL && rc == 0)
			rc = err_sys(e, "%s", y->name);
		close(y->fd);
		free(y->name);
	}
	return rc;
}

/* The file of s is complete. */
static int
is_young(struct sink *s, struct err *e)
{
	if (n_young == YOUNG_MAX && redirect_sync(e) != 0)
		return -1;
	young[n_young++] = (struct young){s->fd, mem_strdup(s->name)};
	s->fd = -1;
	return 0;
}

static void
flush_step(struct sink *s)
{
	if (s->temp == NULL || s->size < s->flushed + FLUSH_STEP)
		return;
	(void)sync_file_range(s->fd, (off_t)s->flushed,
	    (off_t)(s->size - s->flushed), SYNC_FILE_RANGE_WRITE);
	s->flushed = s->size;
}

static void
sink_free(struct sink *s)
{
	loop_unwatch(&s->watch);
	if (s->fd >= 0)
		close(s->fd);
	free(s->name);
	free(s->final);
	free(s->temp);
	free(s);
}

static void
writable(struct watch *w, short revents)
{
	(void)revents;
	w->events = 0;
}

static mode_t
new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* A new file beside s->final, with the mode that that has or would get. */
static int
open_temp(struct sink *s, mode_t mode, struct err *e)
{
	const char *slash = strrchr(s->final, '/');
	struct buf b;

	buf_init(&b, strlen(s->final) + 32);
	if (slash != NULL)
		(void)buf_add(
		    &b, (struct str){s->final, (size_t)(slash + 1 - s->final)});
	(void)buf_addz(&b, ".postel-XXXXXX");
	s->temp = mem_strdup(buf_cstr(&b));
	buf_fini(&b);
	s->fd = mkostemp(s->temp, O_CLOEXEC);
	if (s->fd < 0 || fchmod(s->fd, mode) != 0) {
		if (s->fd >= 0)
			unlink(s->temp);
		return err_sys(e, "%s", s->name);
	}
	return 0;
}

/* The descriptor that a name such as /dev/stdout stands for, or -1.  Opening
 * it anew would begin at the start of a file that we write to already. */
static int
own_descriptor(const char *name)
{
	uint64_t n;

	if (strcmp(name, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(name, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if (strncmp(name, "/dev/fd/", 8) == 0 &&
	    str_u64(str_z(name + 8), INT_MAX, &n))
		return (int)n;
	return -1;
}

static int
open_own(struct sink *s, int fd, struct err *e)
{
	s->before = -1;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return s->fd < 0 ? err_sys(e, "%s", s->name) : 0;
}

static int
open_file(struct sink *s, struct err *e)
{
	char *path = redirect_path(str_z(s->name));
	mode_t mode = new_mode();
	struct stat st;
	bool there = stat(path, &st) == 0;

	if (there && !S_ISREG(st.st_mode)) {
		s->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
		free(path);
		return s->fd < 0 ? err_sys(e, "%s", s->name) : 0;
	}
	/* A symbolic link stays one: the file that it names is replaced. */
	s->final = there ? realpath(path, NULL) : NULL;
	if (s->final != NULL) {
		mode = st.st_mode & 0777;
		free(path);
	} else {
		s->final = path;
	}
	if (there && access(s->final, W_OK) != 0)
		return err_sys(e, "%s", s->name);
	return open_temp(s, mode, e);
}

static int
open_append(struct sink *s, struct err *e)
{
	char *path = redirect_path(str_z(s->name));
	struct stat st;

	s->before = -1;
	s->fd = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
	free(path);
	if (s->fd < 0)
		return err_sys(e, "%s", s->name);
	if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode))
		s->before = st.st_size;
	return 0;
}

struct sink *
sink_new(struct loop *l, enum sink_kind kind, struct str target, struct err *e)
{
	struct sink *s = mem_zalloc(sizeof(*s));
	char *name = mem_zalloc(target.n + 1);
	int rc = 0;

	memcpy(name, target.p, target.n);
	*s = (struct sink){.kind = kind, .name = name, .fd = -1, .loop = l};
	if (kind != SINK_PIPE && own_descriptor(name) >= 0)
		rc = open_own(s, own_descriptor(name), e);
	else if (kind == SINK_FILE)
		rc = open_file(s, e);
	else if (kind == SINK_APPEND)
		rc = open_append(s, e);
	if (rc != 0) {
		sink_free(s);
		return NULL;
	}
	return s;
}

const char *
sink_name(const struct sink *s)
{
	return s->name;
}

uint64_t
sink_size(const struct sink *s)
{
	return s->size;
}

bool
sink_is_pipe(const struct sink *s)
{
	return s->kind == SINK_PIPE;
}

bool
sink_has_terminal(const struct sink *s)
{
	return s->kind == SINK_PIPE && s->pid > 0;
}

ssize_t
sink_write(struct sink *s, struct str bytes, struct err *e)
{
	ssize_t n;

	if (s->kind == SINK_PIPE && s->pid == 0 && !s->gone) {
		s->fd = system_pipe(s->name, &s->pid, e);
		if (s->fd < 0)
			return -1;
		s->watch.fd = s->fd;
		s->watch.ready = writable;
	}
	if (s->gone)
		return (ssize_t)bytes.n;
	do
		n = write(s->fd, bytes.p, bytes.n);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		s->size += (uint64_t)n;
		flush_step(s);
		return n;
	}
	if (errno == EAGAIN && s->kind == SINK_PIPE) {
		s->watch.events = POLLOUT;
		loop_watch(s->loop, &s->watch);
		return 0;
	}
	if (errno == EPIPE && s->kind == SINK_PIPE) {
		s->gone = true;
		return (ssize_t)bytes.n;
	}
	return err_sys(e, "%s", s->name);
}

int
sink_all(struct sink *s, struct str bytes, struct err *e)
{
	struct pollfd pfd = {.events = POLLOUT};
	ssize_t n;

	while (bytes.n > 0) {
		n = sink_write(s, bytes, e);
		if (n < 0)
			return -1;
		bytes = str_skip(bytes, (size_t)n);
		pfd.fd = s->fd;
		if (n == 0)
			(void)poll(&pfd, 1, -1);
	}
	return 0;
}

/* A regular file is complete, and gets its name if it has none. */
static int
commit_file(struct sink *s, struct err *e)
{
	if (s->temp != NULL) {
		if (rename(s->temp, s->final) != 0)
			return err_sys(e, "%s", s->name);
		free(s->temp);
		s->temp = NULL;
		return is_young(s, e);
	}
	return s->kind == SINK_APPEND && s->before >= 0 ? is_young(s, e) : 0;
}

int
sink_commit(struct sink *s, int *status, struct err *e)
{
	*status = 0;
	if (s->kind == SINK_PIPE && s->pid > 0) {
		loop_unwatch(&s->watch);
		close(s->fd);
		s->fd = -1;
		*status = system_wait(s->pid);
		s->pid = 0;
	} else if (commit_file(s, e) != 0) {
		sink_abort(s);
		return -1;
	}
	sink_free(s);
	return 0;
}

void
sink_abort(struct sink *s)
{
	if (s == NULL)
		return;
	loop_unwatch(&s->watch);
	if (s->kind == SINK_PIPE && s->pid > 0) {
		close(s->fd);
		s->fd = -1;
		(void)system_wait(s->pid);
	} else if (s->kind == SINK_APPEND && s->before >= 0 && s->fd >= 0 &&
		   ftruncate(s->fd, s->before) != 0) {
		/* What is there too much stays: the error was told. */
		s->before = -1;
	}
	if (s->temp != NULL)
		unlink(s->temp);
	sink_free(s);
}
