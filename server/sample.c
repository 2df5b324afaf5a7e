/* sample: two users and mail of all kinds, for a class to begin with. */
#include "server/sample.h"
#include "store/account.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char users_text[] =
    "# name:password[:full name]; the password may be a hash of crypt(3)\n"
    "asterix:gaul:Asterix the Gaul\n"
    "obelix:menhir:Obelix the Gaul\n";

static const char aliases_text[] = "# name: member, member ...\n"
				   "gauls: asterix, obelix\n"
				   "postmaster: asterix\n";

static const struct file {
	const char *name, *text;
} files[] = {{"aliases", aliases_text}, {"users", users_text}};

static const char *const mailboxes[] = {"Drafts", "Sent", "Trash"};

static int
write_file(const char *root, const struct file *f, struct err *e)
{
	char path[PATH_MAX];
	size_t n = strlen(f->text);
	ssize_t put = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", root, f->name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd >= 0)
		put = write(fd, f->text, n);
	if (put != (ssize_t)n)
		(void)err_sys(e, "%s", path);
	if (fd >= 0)
		close(fd);
	return put == (ssize_t)n ? 0 : -1;
}

static int
deliver(struct mailbox *mb, const struct letter *l, struct err *e)
{
	struct delivery *d = delivery_new(mb->dir, e);
	int rc = -1;

	if (d != NULL && delivery_add(d, str_z(l->text), e) == 0 &&
	    mailbox_deliver(mb, d, l->flags, l->when, e) > 0)
		rc = 0;
	delivery_free(d);
	return rc;
}

static int
fill_account(struct account *a, const char *user, struct err *e)
{
	struct mailbox *mb;
	int rc = 0;

	for (size_t i = 0; i < sizeof(mailboxes) / sizeof(*mailboxes); i++)
		if (account_create(a, str_z(mailboxes[i]), e) == ACCOUNT_FAIL)
			return -1;
	if (account_use(a, S("INBOX"), &mb, e) != ACCOUNT_OK)
		return -1;
	for (size_t i = 0; i < letters_n && rc == 0; i++)
		if (strcmp(letters[i].user, user) == 0)
			rc = deliver(mb, &letters[i], e);
	account_release(a, mb);
	return rc;
}

static int
fill_user(const char *root, const char *user, struct err *e)
{
	char path[PATH_MAX];
	struct account *a;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", root, user);
	a = account_open(path, e);
	if (a == NULL)
		return -1;
	rc = fill_account(a, user, e);
	account_close(a);
	return rc;
}

int
sample_fill(const char *root, struct err *e)
{
	char path[PATH_MAX];

	/* The file of users is written last: it says that all is there. */
	(void)snprintf(path, sizeof(path), "%s/%s", root, files[1].name);
	if (access(path, F_OK) == 0)
		return 0;
	if (fill_user(root, "asterix", e) < 0 ||
	    fill_user(root, "obelix", e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (write_file(root, &files[i], e) < 0)
			return -1;
	return 0;
}
