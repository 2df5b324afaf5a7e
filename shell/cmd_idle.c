/* :idle: IDLE in the background. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/idle.h"
#include "shell/screen.h"

enum { SECONDS_MAX = 7 * 24 * 60 * 60 };

/* For so many seconds, and nothing else meanwhile; Ctrl-C ends it. */
static int
idle_for(struct shell *sh, uint64_t seconds)
{
	struct session *s = sh->current;
	int64_t end = loop_now() + (int64_t)seconds * 1000;
	bool before = s->idles;
	int status = idle_start(sh);
	enum turn turn = TURN_WORK;

	while (status == STATUS_OK && s->idles && shell_is_open(sh) &&
	       loop_now() < end && turn != TURN_STOP) {
		idle_resume(sh);
		turn = shell_turn(sh, end);
	}
	if (status == STATUS_OK && !before)
		idle_stop(sh, s);
	if (turn == TURN_STOP && !sh->interactive) {
		sh->quit = true;
		return STATUS_INTERRUPTED;
	}
	return status;
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	bool on = false;
	uint64_t seconds;

	if (!command_needs_open(sh))
		return STATUS_USAGE;
	if (argc == 0) {
		screen_text("idle is %s", sh->current->idles ? "on" : "off");
		return STATUS_OK;
	}
	if (str_u64(str_z(argv[0]), SECONDS_MAX, &seconds))
		return idle_for(sh, seconds);
	if (command_switch(argv[0], &on) != 0)
		return STATUS_USAGE;
	if (on)
		return idle_start(sh);
	idle_stop(sh, sh->current);
	return STATUS_OK;
}

const struct command cmd_idle = {
    .name = "idle",
    .talks = true,
    .argmax = 1,
    .usage = N_("[on | off | SECONDS]"),
    .help = N_("Lets the server tell what happens in the mailbox, while you do "
	       "other things."),
    .more =
	N_("Each line that is typed to the connection interrupts the IDLE, "
	   "which goes on behind the reply.  With SECONDS it is waited for "
	   "that long, which is for scripts.  IDLE without a colon stays in "
	   "IDLE until DONE or Ctrl-C."),
    .complete = command_on_off,
    .run = run,
};
