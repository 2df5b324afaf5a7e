/* log: what happens, for a person to read. */
#include "base/vis.h"
#include "server/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

void
server_log(const struct server *srv, const char *fmt, ...)
{
	char text[512], when[16];
	time_t now = time(NULL);
	struct tm tm;
	struct buf b;
	va_list ap;

	if (!srv->verbose)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)strftime(when, sizeof(when), "%H:%M:%S", localtime_r(&now, &tm));
	buf_init(&b, 4096);
	(void)vis_add(&b, str_z(text));
	fprintf(stderr, "%s %s\n", when, buf_cstr(&b));
	buf_fini(&b);
}
