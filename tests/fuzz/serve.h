/*
 * serve: a session of posteld for a fuzzer: what comes out of it is looked at,
 * and what it leaves on the disk.
 *
 * The first octet of the input chooses what has been said before: bit 0 logs
 * in, bit 1 goes on as far as the target wants (SELECT, MAIL and RCPT).  The
 * rest goes to the server as it is.  Another user's mail holds a word that must
 * never be seen.
 */
#ifndef TESTS_FUZZ_SERVE_H
#define TESTS_FUZZ_SERVE_H

#include "server/services.h"
#include "store/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the target says before the input, or NULL. */
struct serve_prelude {
	const char *login, *more;
};

static const char serve_secret[] = "ThisIsForHerEyesOnly";
static char serve_root[PATH_MAX];

static inline void
serve_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "serve: %s: %s\n", what, strerror(errno));
	abort();
}

static inline int
serve_remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void
serve_remove(void)
{
	(void)nftw(serve_root, serve_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
serve_put(const char *name, const char *text)
{
	char path[PATH_MAX + 64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", serve_root, name);
	f = fopen(path, "w");
	serve_must(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0, path);
}

static inline void
serve_account(const char *name)
{
	char path[PATH_MAX + 64];
	struct err e = {0};

	(void)snprintf(path, sizeof(path), "%s/%s", serve_root, name);
	serve_must(maildir_make(path, &e) == 0, path);
}

/* A folder in memory where there is one: deliveries are synced. */
static inline void
serve_setup(void)
{
	bool shm = access("/dev/shm", W_OK) == 0;
	struct err e = {0};

	(void)snprintf(serve_root, sizeof(serve_root), "%s/postel-fuzz-XXXXXX",
	    shm ? "/dev/shm" : "/tmp");
	serve_must(mkdtemp(serve_root) != NULL, "root");
	serve_put("users", "u:p:U Ser\nv:$6$x$nobodyhasthispassword:V Ser\n");
	serve_put("aliases", "both: u, v\n");
	serve_account("u");
	serve_account("v");
	serve_put("u/new/1.a", "From: a@b.test\nSubject: x\n\n.\nbody\n");
	serve_put("u/cur/2.b:2,S",
	    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
	    "Subject: =?utf-8?Q?=C3=A7?=\n\n--b\n\nPart\n--b\n"
	    "Content-Type: message/rfc822\n\nSubject: y\n\nz\n--b--\n");
	serve_put("v/new/3.c", serve_secret);
	(void)e;
}

/* The other user's mail is as it was, and nothing stands beside the accounts.
 * (Mail for v may come; none may go.) */
static inline void
serve_check_disk(void)
{
	static const char *const known[] = {
	    ".", "..", "users", "aliases", "u", "v"};
	char path[PATH_MAX + 64];
	DIR *d = opendir(serve_root);
	struct dirent *de;
	size_t i, n = sizeof(known) / sizeof(*known);

	serve_must(d != NULL, "root");
	while ((de = readdir(d)) != NULL) {
		for (i = 0; i < n && strcmp(known[i], de->d_name) != 0; i++)
			;
		serve_must(i < n, de->d_name);
	}
	closedir(d);
	(void)snprintf(path, sizeof(path), "%s/v/new/3.c", serve_root);
	serve_must(access(path, F_OK) == 0, path);
}

/* By hand: libFuzzer looks into memmem(3), and would learn the word. */
static inline bool
serve_has_secret(const char *p, size_t n)
{
	size_t same = 0, want = sizeof(serve_secret) - 1;

	for (size_t i = 0; i + want <= n; i++) {
		for (same = 0; same < want && p[i + same] == serve_secret[same];
		     same++)
			;
		if (same == want)
			return true;
	}
	return false;
}

/* What the server has said goes by; the secret may not be in it. */
static inline void
serve_drain(int fd)
{
	static char tail[sizeof(serve_secret) + (64 << 10)];
	static size_t kept;
	ssize_t n;

	while ((n = read(fd, tail + kept, sizeof(tail) - kept)) > 0) {
		kept += (size_t)n;
		serve_must(!serve_has_secret(tail, kept), "the secret is out");
		if (kept >= sizeof(serve_secret)) {
			memmove(tail, tail + kept - sizeof(serve_secret) + 1,
			    sizeof(serve_secret) - 1);
			kept = sizeof(serve_secret) - 1;
		}
	}
	kept = 0;
}

static inline void
serve_talk(struct server *srv, const struct service *service, struct str in)
{
	int pair[2];
	ssize_t n;

	serve_must(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0,
	    "socketpair");
	(void)client_new(srv, service, stream_fd(pair[0], pair[0], 0), false,
	    "127.0.0.1", "127.0.0.1");
	for (int idle = 0; idle < 2;) {
		n = in.n > 0 ? write(pair[1], in.p, in.n) : 0;
		if (n > 0)
			in = str_skip(in, (size_t)n);
		else if (n < 0 && errno != EAGAIN)
			in.n = 0; /* the server has hung up */
		idle = loop_turn(srv->loop, 0) == TURN_WORK || n > 0 ? 0
								     : idle + 1;
		serve_drain(pair[1]);
	}
	close(pair[1]);
	(void)loop_turn(srv->loop, 0);
	client_drop_all(srv);
}

static inline int
serve_input(const struct service *service, const struct serve_prelude *before,
    const uint8_t *data, size_t size)
{
	struct server srv = {.loop = loop_new(),
	    .faults = faults_new(),
	    .host = "mail.test",
	    .message_max = 1 << 20,
	    .clients_max = 10};
	struct err e = {0};
	struct buf in;

	signal(SIGPIPE, SIG_IGN);
	serve_setup();
	srv.users = users_open(serve_root, &e);
	serve_must(srv.users != NULL, e.msg);
	buf_init(&in, size + 4096);
	if (size > 0 && data[0] & 1 && before->login != NULL)
		(void)buf_addz(&in, before->login);
	if (size > 0 && data[0] & 2 && before->more != NULL)
		(void)buf_addz(&in, before->more);
	if (size > 0)
		(void)buf_add(
		    &in, (struct str){(const char *)data + 1, size - 1});
	serve_talk(&srv, service, buf_str(&in));
	buf_fini(&in);
	users_close(srv.users);
	faults_free(srv.faults);
	loop_free(srv.loop);
	serve_check_disk();
	serve_remove();
	return 0;
}

static inline int
serve_one(const struct service *service, const struct serve_prelude *before,
    const uint8_t *data, size_t size)
{
	/* A server may say what it was told. */
	if (serve_has_secret((const char *)data, size))
		return 0;
	return serve_input(service, before, data, size);
}

#endif
