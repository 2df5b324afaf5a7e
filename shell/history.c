/* history: what was typed, without its secrets, here and on disk. */
#include "shell/history.h"
#include "base/mem.h"
#include "shell/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <readline/history.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is kept in memory, and when the file is cut down to that. */
enum { KEPT = 2000, FILE_MAX = 1 << 20 };

/* Makes the folders of path; no error is told, the open behind it fails. */
static void
make_folders(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
}

/* The file's name in path; false if there is no home. */
static bool
file_name(char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state != NULL && *state == '/')
		n = snprintf(path, size, "%s/postel/history", state);
	else if (home != NULL && *home == '/')
		n = snprintf(
		    path, size, "%s/.local/state/postel/history", home);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

/* The open file, for its owner alone; -1 if it cannot be had. */
static int
open_file(char *path, int flags)
{
	struct stat st;
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 077) != 0)
		(void)fchmod(fd, 0600);
	return fd;
}

void
history_load(void)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	stifle_history(KEPT);
	if (!file_name(path, sizeof(path)))
		return;
	make_folders(path);
	fd = open_file(path, O_RDONLY);
	if (fd < 0)
		return;
	(void)read_history(path);
	if (fstat(fd, &st) == 0 && st.st_size > FILE_MAX)
		(void)history_truncate_file(path, KEPT);
	close(fd);
}

static void
append(const char *line)
{
	char path[PATH_MAX];
	struct buf b;
	int fd;

	if (!file_name(path, sizeof(path)))
		return;
	fd = open_file(path, O_WRONLY | O_APPEND | O_CREAT);
	if (fd < 0)
		return;
	/* One write, so that two shells do not mix their lines. */
	buf_init(&b, strlen(line) + 2);
	(void)buf_addz(&b, line);
	(void)buf_addc(&b, '\n');
	(void)!write(fd, buf_str(&b).p, b.len);
	buf_fini(&b);
	close(fd);
}

void
history_keep(struct str line)
{
	const HIST_ENTRY *last;
	const char *z;
	struct buf b;

	buf_init(&b, line.n + 1);
	(void)secret_clean(&b, str_trim(line));
	z = buf_cstr(&b);
	last = history_length > 0
		   ? history_get(history_base + history_length - 1)
		   : NULL;
	if (*z != '\0' && (last == NULL || strcmp(last->line, z) != 0)) {
		add_history(z);
		append(z);
	}
	buf_fini(&b);
}
