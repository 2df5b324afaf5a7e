/* maildir: names, folders, and what is in them. */
#include "store/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char system_letters[] = "DFPRST"; /* FLAG_DRAFT … FLAG_DELETED */

static const char *const folders[] = {"tmp", "new", "cur"};
enum { FOLDERS = sizeof(folders) / sizeof(*folders) };

const struct maildir_flag maildir_flags[MAILDIR_FLAGS] = {
    {"\\Answered", FLAG_ANSWERED},
    {"\\Flagged", FLAG_FLAGGED},
    {"\\Deleted", FLAG_DELETED},
    {"\\Seen", FLAG_SEEN},
    {"\\Draft", FLAG_DRAFT},
    {"$Forwarded", FLAG_PASSED},
};

uint32_t
maildir_flag(struct str name)
{
	for (size_t i = 0; i < MAILDIR_FLAGS; i++)
		if (str_eqcase(name, str_z(maildir_flags[i].name)))
			return maildir_flags[i].bit;
	return 0;
}

static uint32_t
flag_of(char letter)
{
	const char *at = strchr(system_letters, letter);

	if (letter >= 'a' && letter <= 'z')
		return 1U << (FLAG_KEYWORD_0 + (letter - 'a'));
	return letter != '\0' && at != NULL ? 1U << (at - system_letters) : 0;
}

struct str
maildir_base(struct str name, uint32_t *flags)
{
	struct str base = str_cut(&name, ':');

	*flags = 0;
	if (str_starts(name, S("2,")))
		for (size_t i = 2; i < name.n; i++)
			*flags |= flag_of(name.p[i]);
	return base;
}

int
maildir_name(struct buf *b, struct str base, uint32_t flags)
{
	char letters[32 + 1];
	size_t n = 0;

	for (unsigned i = 0; i < 32; i++)
		if (flags & 1U << i)
			letters[n++] = i < FLAG_KEYWORD_0
					   ? system_letters[i]
					   : (char)('a' + i - FLAG_KEYWORD_0);
	letters[n] = '\0';
	return buf_addf(b, "%.*s:2,%s", STRF(base), letters);
}

void
maildir_final(struct buf *b, struct str base, uint32_t flags)
{
	(void)buf_add(b, flags != 0 ? S("cur/") : S("new/"));
	if (flags != 0)
		(void)maildir_name(b, base, flags);
	else
		(void)buf_add(b, base);
}

/* The name of this machine, as it was at first. */
static const char *
host_name(void)
{
	static char host[256];

	/* A slash or a colon in a host's name would be none of ours. */
	if (host[0] == '\0' && (gethostname(host, sizeof(host) - 1) != 0 ||
				   strpbrk(host, "/:\\ ") != NULL))
		strcpy(host, "localhost");
	return host;
}

void
maildir_unique(struct buf *b)
{
	static unsigned long count;
	const char *host = host_name();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	(void)buf_addf(b, "%lld.M%06ldP%ldQ%lu.%.64s", (long long)now.tv_sec,
	    now.tv_nsec / 1000, (long)getpid(), ++count, host);
}

static int
make_folder(const char *path, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return err_sys(e, "%s", path);
}

static int
join(char *out, size_t size, const char *path, const char *name, struct err *e)
{
	int n = snprintf(out, size, "%s/%s", path, name);

	if (n >= 0 && (size_t)n < size)
		return 0;
	errno = ENAMETOOLONG;
	return err_sys(e, "%.100s", path);
}

int
maildir_make(const char *path, struct err *e)
{
	char sub[4096];

	if (make_folder(path, e) < 0)
		return -1;
	for (size_t i = 0; i < FOLDERS; i++)
		if (join(sub, sizeof(sub), path, folders[i], e) < 0 ||
		    make_folder(sub, e) < 0)
			return -1;
	return 0;
}

bool
maildir_is(const char *path)
{
	char sub[4096];
	struct err ignored = {0};
	struct stat st;

	return join(sub, sizeof(sub), path, "cur", &ignored) == 0 &&
	       stat(sub, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Removes the files in the folder, and not its folders. */
static void
empty_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;

	if (d == NULL)
		return;
	/* What is no file, "." among it, is refused by unlink itself. */
	while ((de = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
}

int
maildir_remove(const char *path, struct err *e)
{
	char sub[4096];

	for (size_t i = 0; i < FOLDERS; i++) {
		if (join(sub, sizeof(sub), path, folders[i], e) < 0)
			return -1;
		empty_folder(sub);
		if (rmdir(sub) != 0 && errno != ENOENT)
			return err_sys(e, "%s", sub);
	}
	empty_folder(path);
	return rmdir(path) == 0 ? 0 : err_sys(e, "%s", path);
}

int
maildir_sync(int dir, const char *name, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? err_sys(e, "sync %s", name) : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}
