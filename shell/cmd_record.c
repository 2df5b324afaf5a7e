/* :record: what is typed, as a Lua script. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/record.h"
#include "shell/screen.h"

#include <stdlib.h>

static const char *
complete(const struct shell *sh, size_t n)
{
	(void)sh;
	return n == 0 ? "off" : NULL;
}

static int
stop(struct shell *sh)
{
	struct err e = {0};
	char *path;

	if (record_stop(sh, &path, &e) != 0)
		screen_error("%s", e.msg);
	else if (path == NULL)
		screen_error("nothing is being recorded");
	else
		screen_note("%s is written; run it by: postel %s", path, path);
	free(path);
	return e.kind == ERR_NONE && path != NULL ? STATUS_OK : STATUS_USAGE;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	struct err e = {0};
	char *path;
	int rc;

	if (argc == 0) {
		if (record_path(sh) != NULL)
			screen_text("recorded to %s", record_path(sh));
		else
			screen_text("nothing is being recorded");
		return STATUS_OK;
	}
	if (strcmp(argv[0], "off") == 0)
		return stop(sh);
	path = redirect_path(str_z(argv[0]));
	rc = record_start(sh, path, &e);
	free(path);
	if (rc == 0)
		return STATUS_OK;
	screen_error("%s", e.msg);
	return STATUS_USAGE;
}

const struct command cmd_record = {
    .name = "record",
    .argmax = 1,
    .usage = N_("[FILE.lua | off]"),
    .files = true,
    .help = N_("Writes what is typed from now on as a Lua script."),
    .more =
	N_("postel FILE.lua says the same to the same servers.  Connections "
	   "that are open are opened in it first.  What was refused must be "
	   "refused again.  It holds no password, and asks for what it "
	   "needs.  A file that is there is not overwritten."),
    .complete = complete,
    .run = run,
};
