/* :set: settings, all, one, or a new value. */
#include "shell/command.h"
#include "base/text.h"
#include "shell/screen.h"
#include "shell/setting.h"

/* The n-th value of a setting that is a word: "on", of "on | off | FILE". */
static const char *
complete_value(const struct setting *s, size_t n)
{
	static char word[32];
	struct str rest = str_z(s->values), each;

	while ((each = str_word(&rest)).n > 0) {
		if (*each.p < 'a' || *each.p > 'z')
			continue;
		if (n-- == 0)
			return str_copy(word, sizeof(word), each);
	}
	return NULL;
}

static const char *
complete(const struct shell *sh, struct str before, size_t n)
{
	struct str name = str_word(&before);
	const struct setting *s;
	struct err e = {0};

	(void)sh;
	if (name.n == 0)
		return settings[n].name;
	s = str_trim(before).n == 0 ? setting_find(name, &e) : NULL;
	return s != NULL ? complete_value(s, n) : NULL;
}

static void
show(const struct shell *sh, const struct setting *s)
{
	struct buf value;

	buf_init(&value, 8192);
	setting_get(sh, s, &value);
	screen_text(
	    "  %-11s %-9s %s", s->name, buf_cstr(&value), text_of(s->help));
	buf_fini(&value);
}

static int
run(struct shell *sh, size_t argc, char **argv)
{
	const struct setting *s;
	struct err e = {0};

	if (argc == 0) {
		for (s = settings; s->name != NULL; s++)
			show(sh, s);
		return STATUS_OK;
	}
	s = setting_find(str_z(argv[0]), &e);
	if (s != NULL && argc == 1) {
		show(sh, s);
		screen_text("  %-11s it is %s", "", text_of(s->values));
		return STATUS_OK;
	}
	if (s != NULL && setting_set(sh, s, argv[1], &e) == 0)
		return STATUS_OK;
	screen_error("%s", e.msg);
	return STATUS_USAGE;
}

const struct command cmd_set = {
    .name = "set",
    .argmax = 2,
    .line = 2,
    .usage = N_("[NAME [VALUE]]"),
    .help = N_("Shows all settings, or one; or changes it."),
    .more = N_("A beginning of the name is enough if it fits only one.  In "
	       "init.lua: postel.set { timeout = 20 }."),
    .complete_behind = complete,
    .files = true,
    .run = run,
};
