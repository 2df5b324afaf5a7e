/* The spool: in memory, in a file, across both, and on a full disk. */
#include "net/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATTERN = 300000 };

static char pattern[PATTERN];
static char dir[] = "/tmp/postel-spool.XXXXXX";

static size_t
files_in(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

/* The descriptor that is open on a file without a name, or -1. */
static int
unnamed_fd(struct stat *st)
{
	for (int fd = 3; fd < 64; fd++)
		if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
		    st->st_nlink == 0)
			return fd;
	return -1;
}

/* All of s, read from `offset` in slices of at most max, is the pattern. */
static void
assert_pattern(struct spool *s, uint64_t offset, size_t max)
{
	struct err e = {0};
	struct str got;

	for (;;) {
		assert_int_equal(spool_read(s, offset, max, &got, &e), 0);
		if (got.n == 0)
			break;
		assert_true(got.n <= max);
		assert_memory_equal(got.p, pattern + offset, got.n);
		offset += got.n;
	}
	assert_int_equal(offset, spool_size(s));
}

static void
test_sizes(void **state)
{
	const size_t memories[] = {0, 1, 100, 4096, PATTERN + 1};
	const size_t steps[] = {1, 99, 100, 101, 5000, PATTERN};
	const size_t maxes[] = {1000, 1 << 20};
	struct err e = {0};
	struct stat st;

	(void)state;
	for (size_t m = 0; m < 5; m++)
		for (size_t i = 0; i < 6; i++) {
			struct spool *s = spool_new(memories[m]);
			size_t all = steps[i] == 1 ? 500 : PATTERN, at, n;

			for (at = 0; at < all; at += n) {
				n = steps[i] < all - at ? steps[i] : all - at;
				assert_int_equal(
				    spool_add(
					s, (struct str){pattern + at, n}, &e),
				    0);
				assert_int_equal(spool_size(s), at + n);
			}
			for (size_t k = 0; k < 2; k++) {
				assert_pattern(s, 0, maxes[k]);
				assert_pattern(s, all - 150, maxes[k]);
				assert_pattern(s, all, maxes[k]);
			}
			assert_int_equal(
			    unnamed_fd(&st) >= 0, all > memories[m]);
			assert_int_equal(files_in(dir), 0);
			spool_free(s);
			assert_int_equal(unnamed_fd(&st), -1);
		}
}

/* Writing and reading take turns. */
static void
test_turns(void **state)
{
	struct spool *s = spool_new(64);
	struct err e = {0};
	struct str got;
	uint64_t read_to = 0;

	(void)state;
	for (size_t at = 0; at + 7 <= 20000; at += 7) {
		assert_int_equal(
		    spool_add(s, (struct str){pattern + at, 7}, &e), 0);
		assert_int_equal(spool_read(s, read_to, 5, &got, &e), 0);
		assert_true(got.n > 0);
		assert_memory_equal(got.p, pattern + read_to, got.n);
		read_to += got.n;
	}
	assert_pattern(s, read_to, 4096);
	spool_free(s);
}

static void
test_file_is_private(void **state)
{
	struct spool *s = spool_new(0);
	struct err e = {0};
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(spool_add(s, S("secret"), &e), 0);
	fd = unnamed_fd(&st);
	assert_true(fd >= 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	spool_free(s);
}

static void
test_no_directory(void **state)
{
	struct spool *s = spool_new(4);
	struct err e = {0};

	(void)state;
	setenv("TMPDIR", "/nonexistent/folder", 1);
	assert_int_equal(spool_add(s, S("1234"), &e), 0);
	assert_int_equal(spool_add(s, S("5"), &e), -1);
	assert_int_equal(e.kind, ERR_SYS);
	assert_string_equal(e.msg,
	    "temporary file in /nonexistent/folder: No such file or "
	    "directory");
	assert_int_equal(spool_size(s), 4);
	spool_free(s);
	/* Without TMPDIR the usual places are found. */
	unsetenv("TMPDIR");
	err_clear(&e);
	s = spool_new(0);
	assert_int_equal(spool_add(s, S("5"), &e), 0);
	spool_free(s);
	setenv("TMPDIR", dir, 1);
}

/* What was appended before the disk was full is still whole. */
static void
test_full_disk(void **state)
{
	const size_t memories[] = {0, 100, 4096};
	struct rlimit old, lower;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	lower = old;
	lower.rlim_cur = 10000;
	for (size_t i = 0; i < 3; i++) {
		struct spool *s = spool_new(memories[i]);
		struct err e = {0};
		size_t at = 0;
		int rc;

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &lower), 0);
		do {
			rc = spool_add(s, (struct str){pattern + at, 999}, &e);
			at += rc == 0 ? 999 : 0;
		} while (rc == 0 && at < PATTERN - 999);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(rc, -1);
		assert_int_equal(e.kind, ERR_SYS);
		assert_int_equal(e.sys, EFBIG);
		assert_string_equal(
		    e.msg, "write temporary file: File too large");
		assert_true(at >= 9000);
		assert_int_equal(spool_size(s), at);
		assert_pattern(s, 0, 4096);
		/* Room again: it goes on where it was. */
		err_clear(&e);
		assert_int_equal(
		    spool_add(s, (struct str){pattern + at, 5000}, &e), 0);
		assert_pattern(s, 0, 4096);
		spool_free(s);
	}
}

static void
test_shrunk_file(void **state)
{
	struct spool *s = spool_new(0);
	struct err e = {0};
	struct stat st;
	struct str got;

	(void)state;
	assert_int_equal(spool_add(s, S("gone soon"), &e), 0);
	assert_int_equal(ftruncate(unnamed_fd(&st), 0), 0);
	assert_int_equal(spool_read(s, 0, 100, &got, &e), -1);
	assert_int_equal(e.kind, ERR_SYS);
	spool_free(s);
	spool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_turns),
	    cmocka_unit_test(test_file_is_private),
	    cmocka_unit_test(test_no_directory),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_shrunk_file),
	};
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < PATTERN; i++)
		pattern[i] = (char)(i * 7 + i / 251);
	if (mkdtemp(dir) == NULL)
		return 1;
	setenv("TMPDIR", dir, 1);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return rc;
}
