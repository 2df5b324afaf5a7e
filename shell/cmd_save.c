/* :save: messages as files. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/record.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Whether what is there may be replaced; false if the user says no. */
static bool
may_write(struct shell *sh, const char *path, bool *overwrite)
{
	struct stat st;
	char question[512];

	if (!sh->interactive || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return true;
	(void)snprintf(question, sizeof(question),
	    text_of("%.400s is there already; overwrite it? [y/N] "), path);
	*overwrite = shell_yes(sh, question);
	return *overwrite;
}

static int
save(struct shell *sh, const char *set, bool uid, const char *path)
{
	struct session *s = sh->current;
	bool overwrite = false;
	char where[512];
	size_t count = 0;
	int status;

	if (!may_write(sh, path, &overwrite))
		return STATUS_OK;
	screen_sync();
	repl_release();
	status = script_save(sh->L, s->conn, set, path, uid, overwrite, &count,
	    where, sizeof(where));
	if (status != STATUS_OK)
		return status;
	record_save(sh, s, set, path, uid, overwrite);
	if (sh->interactive)
		screen_note(text_plural("%zu message saved %s",
				"%zu messages saved %s", count),
		    count, where);
	return STATUS_OK;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool uid = argc == 3 && str_eqcase(str_z(argv[0]), S("uid"));
	const char *set = argc == 1 ? NULL : argv[argc - 2];
	char *path;
	int status;

	if (!shell_is_open(sh)) {
		screen_error("nothing is open that has messages");
		return STATUS_USAGE;
	}
	if (argc == 3 && !uid) {
		screen_error("usage: :save [[uid] SET] FILE");
		return STATUS_USAGE;
	}
	if (set == NULL && *sh->current->last == '\0') {
		screen_error("which message? None was fetched here yet: "
			     ":save 3 %s",
		    argv[0]);
		return STATUS_USAGE;
	}
	if (set == NULL)
		uid = sh->current->last_uid;
	path = redirect_path(str_z(argv[argc - 1]));
	status = save(sh, set != NULL ? set : sh->current->last, uid, path);
	free(path);
	return status;
}

const struct command cmd_save = {
    .name = "save",
    .talks = true,
    .argmin = 1,
    .argmax = 3,
    .usage = N_("[[uid] SET] FILE"),
    .files = true,
    .help = N_("Saves messages as files, and marks nothing as read."),
    .more =
	N_(":save 3 three.eml saves one, :save three.eml the one that was "
	   "fetched last, :save 1:5 mail.mbox five as an mbox, :save 1:* all/ "
	   "all as a Maildir; %d in the name stands for the number.  A folder "
	   "that is no Maildir gets 1.eml, 2.eml.  With uid the set is of "
	   "UIDs.  What is there is not overwritten without a question."),
    .run = run,
};
