/* folder: a folder of a test's own, and small files in it. */
#include "tests/unit/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

const char *
folder_make(void)
{
	strcpy(root, "/tmp/postel-unit-XXXXXX");
	assert_non_null(mkdtemp(root));
	return root;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void
folder_remove(void)
{
	assert_int_equal(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *
folder_path(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned at;
	char *path = paths[at++ % 4];

	(void)snprintf(path, PATH_MAX, "%s/%s", root, name);
	return path;
}

void
folder_put(const char *name, struct str content)
{
	int fd = open(folder_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.p, content.n), content.n);
	close(fd);
}

void
folder_get(const char *name, struct buf *out)
{
	int fd = open(folder_path(name), O_RDONLY);
	char block[4096];
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, block, sizeof(block))) > 0)
		assert_int_equal(
		    buf_add(out, (struct str){block, (size_t)n}), 0);
	assert_int_equal(n, 0);
	close(fd);
}

bool
folder_has(const char *name)
{
	struct stat st;

	return lstat(folder_path(name), &st) == 0;
}

size_t
folder_count(const char *name)
{
	DIR *d = opendir(folder_path(name));
	struct dirent *de;
	size_t n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		n += *de->d_name != '.';
	closedir(d);
	return n;
}
