/* scan: what is in the two folders of a Maildir now, against what was. */
#include "base/mem.h"
#include "store/inner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A message that the mailbox does not know yet. */
struct arrival {
	char *name;
	bool fresh;
};

struct scan {
	struct mailbox *mb;
	struct bases *bases;
	struct arrival *come;
	size_t n, cap;
};

/* Names that can stand in a line of the file of UIDs; others would belong to
 * no mail program. */
static bool
is_name(struct str name)
{
	uint32_t ignored;

	if (*name.p == '.' || maildir_base(name, &ignored).n == 0)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f)
			return false;
	return true;
}

static void
found_known(struct mailbox *mb, struct message *m, struct str name, bool fresh)
{
	uint32_t flags;

	/* In both folders for a moment: the one in cur is the later. */
	if (m->present && fresh)
		return;
	m->present = true;
	m->fresh = fresh;
	if (!str_eq(str_z(m->name), name)) {
		free(m->name);
		m->name = str_copy(mem_zalloc(name.n + 1), name.n + 1, name);
	}
	(void)maildir_base(name, &flags);
	if (flags != m->flags) {
		m->flags = flags;
		m->changed = ++mb->changes;
		m->by = NULL;
	}
}

static void
found_new(struct scan *s, struct str name, bool fresh)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 64;
		s->come = mem_realloc(s->come, s->cap * sizeof(*s->come));
	}
	s->come[s->n++] = (struct arrival){
	    .name = str_copy(mem_zalloc(name.n + 1), name.n + 1, name),
	    .fresh = fresh};
}

/* known_only: a second look, for messages that were being renamed. */
static int
read_folder(struct scan *s, bool fresh, bool known_only, struct err *e)
{
	const char *folder = fresh ? "new" : "cur";
	int fd = openat(s->mb->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct message *m;
	struct dirent *de;
	uint32_t ignored;

	if (d == NULL) {
		(void)err_sys(e, "%s", folder);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((de = readdir(d)) != NULL) {
		struct str name = str_z(de->d_name);

		if ((de->d_type != DT_REG && de->d_type != DT_UNKNOWN) ||
		    !is_name(name))
			continue;
		m = bases_find(s->bases, maildir_base(name, &ignored));
		if (m != NULL)
			found_known(s->mb, m, name, fresh);
		else if (!known_only)
			found_new(s, name, fresh);
	}
	closedir(d);
	return 0;
}

static bool
all_present(const struct mailbox *mb)
{
	for (size_t i = 0; i < mb->n; i++)
		if (!mb->msgs[i].present)
			return false;
	return true;
}

static void
drop_absent(struct mailbox *mb)
{
	uint32_t *gone = mem_zalloc(mb->n * sizeof(*gone));
	struct err ignored = {0};
	size_t n = 0;

	for (size_t i = 0; i < mb->n; i++) {
		if (mb->msgs[i].present)
			continue;
		gone[n++] = mb->msgs[i].uid;
		free(mb->msgs[i].name);
		mb->msgs[i].name = NULL;
	}
	uids_drop_nameless(mb);
	mb->removals++;
	/* What is left in the file has no message, and so no meaning. */
	(void)uids_add_removed(mb, gone, n, &ignored);
	free(gone);
}

/* Names begin with the time of delivery. */
static uint64_t
time_of(const char *name)
{
	struct str s = str_z(name);
	uint64_t t = 0;

	(void)str_u64(str_cut(&s, '.'), UINT64_MAX, &t);
	return t;
}

static int
by_arrival(const void *pa, const void *pb)
{
	const struct arrival *a = pa, *b = pb;
	uint64_t ta = time_of(a->name), tb = time_of(b->name);

	if (ta != tb)
		return ta < tb ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Gives UIDs to those that came, in the order in which they did. */
static void
number_arrivals(struct scan *s)
{
	struct mailbox *mb = s->mb;
	size_t first = mb->n;
	struct message *m;
	struct str last = S("");
	uint32_t flags;

	qsort(s->come, s->n, sizeof(*s->come), by_arrival);
	for (size_t i = 0; i < s->n && mb->next < UINT32_MAX; i++) {
		struct str name = str_z(s->come[i].name);
		struct str base = maildir_base(name, &flags);

		/* The same mail with other flags, or in both folders: they
		 * stand beside each other, and the later is the better. */
		if (mb->n > first && str_eq(base, last)) {
			found_known(
			    mb, &mb->msgs[mb->n - 1], name, s->come[i].fresh);
			continue;
		}
		m = uids_new_message(mb, mb->next, name);
		m->flags = flags;
		m->fresh = s->come[i].fresh;
		m->present = true;
		last = base;
	}
}

static int
take_arrivals(struct scan *s, struct err *e)
{
	struct mailbox *mb = s->mb;
	size_t first = mb->n;

	number_arrivals(s);
	if (uids_add_messages(mb, first, e) == 0 && uids_sync(mb, e) == 0)
		return 0;
	/* Nobody may hear of a UID that would not last. */
	while (mb->n > first)
		free(mb->msgs[--mb->n].name);
	return -1;
}

static int
scan_known(struct scan *s, struct err *e)
{
	return read_folder(s, true, true, e) < 0
		   ? -1
		   : read_folder(s, false, true, e);
}

static int
scan_folders(struct scan *s, struct err *e)
{
	struct mailbox *mb = s->mb;

	if (read_folder(s, true, false, e) < 0 ||
	    read_folder(s, false, false, e) < 0)
		return -1;
	/* readdir(3) may miss a file that is renamed meanwhile. */
	if (!all_present(mb) && scan_known(s, e) < 0)
		return -1;
	if (!all_present(mb))
		drop_absent(mb);
	return s->n > 0 ? take_arrivals(s, e) : 0;
}

/* Does a part of a scan, from which no message is present yet. */
static int
with_scan(struct mailbox *mb, int (*part)(struct scan *s, struct err *e),
    struct err *e)
{
	struct scan s = {.mb = mb};
	int rc;

	for (size_t i = 0; i < mb->n; i++)
		mb->msgs[i].present = false;
	s.bases = bases_new(mb);
	rc = part(&s, e);
	bases_free(s.bases);
	for (size_t i = 0; i < s.n; i++)
		free(s.come[i].name);
	free(s.come);
	return rc;
}

int
scan_mailbox(struct mailbox *mb, struct err *e)
{
	return with_scan(mb, scan_folders, e);
}

int
scan_renamed(struct mailbox *mb, struct err *e)
{
	return with_scan(mb, scan_known, e);
}
