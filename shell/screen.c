/* screen: all that the shell writes, to standard output and error. */
#include "shell/screen.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vis.h"
#include "wire/url.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct {
	bool interactive, quiet, tty, err_tty, colour;
	bool hidden;
	enum colour choice;
	int failed, reported; /* errno of a write to standard output */
	void (*hide)(void);
	void (*restore)(void);
} scr;

static char out_buffer[4096];

static const char *const sgr[] = {
    [PAINT_NONE] = "",
    [PAINT_OK] = "\033[32m",
    [PAINT_TEMP] = "\033[33m",
    [PAINT_NO] = "\033[31m",
    [PAINT_BAD] = "\033[35m",
    [PAINT_DIM] = "\033[2m",
};

void
screen_choose_colour(enum colour choice)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
	bool can = (no == NULL || *no == '\0') && term != NULL &&
		   *term != '\0' && strcmp(term, "dumb") != 0;

	scr.choice = choice;
	scr.colour =
	    scr.tty && choice != COLOUR_OFF && (choice == COLOUR_ON || can);
}

enum colour
screen_colour_choice(void)
{
	return scr.choice;
}

void
screen_be_quiet(bool quiet)
{
	scr.quiet = quiet;
}

void
screen_init(bool interactive, bool quiet)
{
	scr.interactive = interactive;
	scr.quiet = quiet;
	scr.tty = isatty(STDOUT_FILENO);
	/* What readline echoes goes through it, too: it is to be wiped. */
	if (interactive)
		(void)setvbuf(stdout, out_buffer, _IOLBF, sizeof(out_buffer));
	scr.err_tty = isatty(STDERR_FILENO);
	screen_choose_colour(scr.choice);
}

void
screen_prompt(void (*hide)(void), void (*restore)(void))
{
	scr.hide = hide;
	scr.restore = restore;
	scr.hidden = false;
}

bool
screen_tty(void)
{
	return scr.tty;
}

bool
screen_colour(void)
{
	return scr.colour;
}

int
screen_width(void)
{
	struct winsize w;

	if (scr.tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col >= 20)
		return w.ws_col;
	return 80;
}

size_t
screen_rows(void)
{
	const char *term = getenv("TERM");
	struct winsize w;

	if (!scr.tty || term == NULL || strcmp(term, "dumb") == 0 ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
		return 0;
	return w.ws_row;
}

static void
hide(void)
{
	if (scr.hide != NULL && !scr.hidden) {
		scr.hide();
		scr.hidden = true;
	}
}

static void
flush_out(void)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && scr.failed == 0)
		scr.failed = errno != 0 ? errno : EIO;
}

void
screen_bytes(struct str s)
{
	hide();
	if (s.n > 0 && fwrite(s.p, 1, s.n, stdout) != s.n && scr.failed == 0)
		scr.failed = errno;
}

static void
add_line(struct buf *b, bool filter, struct str line, enum paint paint)
{
	paint = scr.colour ? paint : PAINT_NONE;
	(void)buf_addz(b, sgr[paint]);
	if (filter)
		(void)vis_add(b, line);
	else
		(void)buf_add(b, line);
	(void)buf_addz(b, paint != PAINT_NONE ? "\033[0m\n" : "\n");
}

/* The line as f may have it, with its end. */
static void
put_line(FILE *f, bool filter, struct str line, enum paint paint)
{
	struct buf b;

	buf_init(&b, line.n * 12 + 64);
	add_line(&b, filter, line, paint);
	fwrite(buf_str(&b).p, 1, b.len, f);
	buf_fini(&b);
}

void
screen_put(struct buf *b, struct str line, enum paint paint)
{
	add_line(b, scr.tty, line, paint);
}

void
screen_line(struct str line, enum paint paint)
{
	hide();
	put_line(stdout, scr.tty, line, paint);
}

void
screen_text(const char *fmt, ...)
{
	va_list ap;

	hide();
	va_start(ap, fmt);
	vfprintf(stdout, text_of(fmt), ap);
	va_end(ap);
	putc('\n', stdout);
}

void
screen_aside(struct str line, enum paint paint)
{
	hide();
	if (scr.interactive) {
		put_line(stdout, true, line, paint);
	} else if (!scr.quiet) {
		flush_out();
		put_line(stderr, true, line, PAINT_NONE);
	}
}

static void vput(const char *prefix, enum paint paint, FILE *f, const char *fmt,
    va_list ap) __attribute__((format(printf, 4, 0)));

static void
vput(const char *prefix, enum paint paint, FILE *f, const char *fmt, va_list ap)
{
	char *text;
	struct buf b;

	if (vasprintf(&text, text_of(fmt), ap) < 0)
		return;
	buf_init(&b, 4 * strlen(text) + 64);
	(void)buf_addz(&b, prefix);
	(void)url_mask(&b, str_z(text));
	hide();
	flush_out();
	put_line(f, true, buf_str(&b), scr.err_tty ? paint : PAINT_NONE);
	buf_fini(&b);
	free(text);
}

void
screen_note(const char *fmt, ...)
{
	va_list ap;

	if (scr.quiet)
		return;
	va_start(ap, fmt);
	vput("", PAINT_DIM, scr.interactive ? stdout : stderr, fmt, ap);
	va_end(ap);
}

void
screen_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput("postel: ", PAINT_NONE, stderr, fmt, ap);
	va_end(ap);
}

void
screen_hint(const struct err *e)
{
	if (e->hint[0] != '\0')
		screen_error("%s", e->hint);
}

static ssize_t
stream_out(void *cookie, const char *p, size_t n)
{
	(void)cookie;
	hide();
	flush_out();
	return fwrite(p, 1, n, stderr) == n ? (ssize_t)n : 0;
}

FILE *
screen_stream(void)
{
	FILE *f;

	f = fopencookie(
	    NULL, "w", (cookie_io_functions_t){.write = stream_out});
	if (f != NULL)
		setvbuf(f, NULL, _IOLBF, BUFSIZ);
	return f;
}

void
screen_sync(void)
{
	flush_out();
	if (scr.hidden) {
		scr.hidden = false;
		scr.restore();
	}
}

void
screen_forget(void)
{
	flush_out();
	mem_wipe(out_buffer, sizeof(out_buffer));
}

int
screen_check(struct err *e)
{
	if (scr.failed == 0 || scr.reported != 0)
		return 0;
	scr.reported = errno = scr.failed;
	return err_sys(e, "standard output");
}
