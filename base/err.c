/* err: what went wrong, for a person and for an exit status. */
#include "base/err.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/vis.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { TEXT = sizeof(((struct err *)NULL)->msg) };

_Static_assert(
    sizeof(((struct err *)NULL)->hint) == TEXT, "one function fills both");

static void fill(char *out, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
fill(char *out, const char *fmt, va_list ap)
{
	char raw[TEXT + 1];
	struct buf b;

	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	buf_init(&b, 4 * sizeof(raw));
	(void)vis_add(&b, utf8_head(str_z(raw), sizeof(raw) - 2));
	str_copy(out, TEXT, utf8_head(buf_str(&b), TEXT - 1));
	buf_fini(&b);
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (e->kind != ERR_NONE)
		return -1;
	e->kind = kind;
	e->sys = 0;
	va_start(ap, fmt);
	fill(e->msg, text_of(fmt), ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	if (e->kind != ERR_NONE)
		return -1;
	e->kind = ERR_SYS;
	e->sys = saved;
	va_start(ap, fmt);
	fill(e->msg, text_of(fmt), ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(
	    e->msg + n, sizeof(e->msg) - n, ": %s", text_of(strerror(saved)));
	return -1;
}

void
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e->hint, text_of(fmt), ap);
	va_end(ap);
}

bool
err_is_full(const struct err *e)
{
	return e->sys == ENOSPC || e->sys == EDQUOT || e->sys == EFBIG;
}

void
err_prefix(struct err *e, const char *prefix)
{
	char whole[2 * sizeof(e->msg) + 2];

	(void)snprintf(whole, sizeof(whole), "%.*s: %s",
	    (int)sizeof(e->msg) - 1, prefix, e->msg);
	str_copy(e->msg, sizeof(e->msg),
	    utf8_head(str_z(whole), sizeof(e->msg) - 1));
}

void
err_clear(struct err *e)
{
	*e = (struct err){0};
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
	    [ERR_NONE] = "none",
	    [ERR_SYS] = "sys",
	    [ERR_DNS] = "dns",
	    [ERR_CONNECT] = "connect",
	    [ERR_TLS] = "tls",
	    [ERR_AUTH] = "auth",
	    [ERR_TIMEOUT] = "timeout",
	    [ERR_CLOSED] = "closed",
	    [ERR_PROTO] = "proto",
	    [ERR_LIMIT] = "limit",
	    [ERR_CANCEL] = "cancel",
	    [ERR_USE] = "use",
	};

	return names[kind];
}
