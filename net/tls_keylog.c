/*
 * tls_keylog: the keys of sessions, for a network analyser (SSLKEYLOGFILE).
 *
 * Whoever has that file can read the connections.  So it is ours alone
 * (0600), a symbolic link in its place is not followed (in /tmp anybody could
 * have put one there), and a person is told once, even one who wants quiet:
 * the variable may be somebody else's doing, and -q asks for silence on what
 * was ordered, not on secrets that leave.
 */
#include "base/text.h"
#include "net/tls_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
tls_keylog_file(void)
{
	const char *file = secure_getenv("SSLKEYLOGFILE");

	return file != NULL && *file != '\0' ? file : NULL;
}

/* A fifo that nobody reads must not hold us up. */
static int
open_log(const char *file)
{
	return open(file,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0600);
}

static void
write_key(const SSL *ssl, const char *line)
{
	const char *file = tls_keylog_file();
	int fd = file != NULL ? open_log(file) : -1;

	(void)ssl;
	if (fd < 0)
		return;
	(void)dprintf(fd, "%s\n", line);
	close(fd);
}

static void
tell(const char *file, int fd, int why)
{
	struct stat st;

	if (fd < 0)
		fprintf(stderr,
		    text_of("postel: SSLKEYLOGFILE: no keys are written to %s: "
			    "%s\n"),
		    file, text_of(strerror(why)));
	else if (fstat(fd, &st) == 0 && (st.st_mode & 077) != 0)
		fprintf(stderr,
		    text_of("postel: SSLKEYLOGFILE: the keys of TLS sessions "
			    "are written to %s, which others can read\n"),
		    file);
	else
		fprintf(stderr,
		    text_of("postel: SSLKEYLOGFILE: the keys of TLS sessions "
			    "are written to %s; who reads it can read the "
			    "connections\n"),
		    file);
}

void
tls_keylog(SSL_CTX *ctx)
{
	static bool told;
	const char *file = tls_keylog_file();
	int fd, why;

	if (file == NULL)
		return;
	fd = open_log(file);
	why = errno;
	if (!told)
		tell(file, fd, why);
	told = true;
	if (fd < 0)
		return;
	close(fd);
	ossl.SSL_CTX_set_keylog_callback(ctx, write_key);
}
