/* lab: posteld as our own child, for a session without any other server. */
#include "shell/lab.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/child.h"
#include "shell/screen.h"
#include "shell/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CERTIFICATE "posteld-cert.pem" /* posteld's name for it */

enum {
	START_MS = 10000, /* keys and sample mail are made in that time, too */
	GRACE_MS = 1000,
};

/* What is asked for; the last one becomes the current connection. */
static struct service {
	const char *name;
	const char *variable; /* tells programs where it is */
	char port[8];
} services[] = {{.name = "pop3", .variable = "POP3"},
    {.name = "smtp", .variable = "SMTP"}, {.name = "imap", .variable = "IMAP"}};
enum { SERVICES = sizeof(services) / sizeof(*services) };

static struct {
	pid_t pid; /* 0: there is no lab */
	int input; /* posteld ends when this is closed */
	char dir[PATH_MAX];
	char ca[PATH_MAX];
	bool temporary;
} lab;

/* ---- starting ---- */

/* Beside our own program, or wherever PATH has it. */
static void
find_program(char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash != NULL) {
		(void)str_copy(
		    slash + 1, size - (size_t)(slash + 1 - out), S("posteld"));
		if (access(out, X_OK) == 0)
			return;
	}
	(void)str_copy(out, size, S("posteld"));
}

static int
choose_folder(const char *dir, struct err *e)
{
	const char *tmp = getenv("TMPDIR");

	lab.temporary = dir == NULL;
	if (dir != NULL) {
		(void)str_copy(lab.dir, sizeof(lab.dir), str_z(dir));
		return 0;
	}
	(void)snprintf(lab.dir, sizeof(lab.dir), "%s/postel-lab-XXXXXX",
	    tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	return mkdtemp(lab.dir) != NULL ? 0 : err_sys(e, "%s", lab.dir);
}

static _Noreturn void
run_posteld(int in, int out)
{
	char program[PATH_MAX];

	/* Ctrl-C is for the shell. */
	(void)setsid();
	find_program(program, sizeof(program));
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execlp(program, "posteld", "--root", lab.dir, "--sample",
		    "--host", "gaul.test", "--self-signed", "--until-eof",
		    "--pop3", "0", "--smtp", "0", "--imap", "0", (char *)NULL);
	fprintf(stderr, "postel: %s: %s\n", program, strerror(errno));
	_exit(127);
}

/* "pop3 127.0.0.1 41234" */
static void
take_line(struct str line)
{
	struct str name = str_word(&line);

	(void)str_word(&line);
	for (size_t i = 0; i < SERVICES; i++)
		if (str_eq(str_z(services[i].name), name))
			(void)str_copy(services[i].port,
			    sizeof(services[i].port), str_trim(line));
}

/* Reads what posteld says until it is ready. */
static int
wait_ready(int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t until = loop_now() + START_MS, left;
	char line[256];
	size_t n = 0;

	while ((left = until - loop_now()) > 0 && n < sizeof(line)) {
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if (read(fd, line + n, 1) != 1)
			return err_set(e, ERR_CONNECT,
			    "the practice server did not start");
		if (line[n++] != '\n')
			continue;
		if (str_eq((struct str){line, n - 1}, S("ready")))
			return 0;
		take_line((struct str){line, n - 1});
		n = 0;
	}
	return err_set(
	    e, ERR_TIMEOUT, "the practice server takes too long to start");
}

static void
set_variable(const char *name, const char *before, const char *after)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s", before, after) >= 0)
		(void)setenv(name, text, 1);
	free(text);
}

/* Programs that are started from the shell find the lab, and postel itself,
 * and trust the lab's certificate. */
static void
tell_programs(void)
{
	char program[PATH_MAX], *slash, *dir = realpath(lab.dir, NULL);
	const char *path = getenv("PATH");

	for (size_t i = 0; i < SERVICES; i++)
		set_variable(
		    services[i].variable, "127.0.0.1:", services[i].port);
	if (dir != NULL) {
		set_variable("LAB", dir, "");
		set_variable("SSL_CERT_FILE", dir, "/" CERTIFICATE);
		free(dir);
	}
	find_program(program, sizeof(program) - 1);
	slash = strrchr(program, '/');
	if (slash != NULL && path != NULL) {
		(void)str_copy(slash, 2, S(":"));
		set_variable("PATH", program, path);
	}
}

int
lab_start(const char *dir, struct err *e)
{
	int in[2], out[2];
	int rc;

	if (choose_folder(dir, e) < 0)
		return -1;
	(void)snprintf(lab.ca, sizeof(lab.ca), "%.4000s/" CERTIFICATE, lab.dir);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return err_sys(e, "pipe");
	lab.pid = fork();
	if (lab.pid == 0)
		run_posteld(in[0], out[1]);
	close(in[0]);
	close(out[1]);
	lab.input = in[1];
	rc = lab.pid > 0 ? wait_ready(out[0], e) : err_sys(e, "fork");
	close(out[0]);
	if (rc < 0)
		lab_stop();
	else
		tell_programs();
	return rc;
}

/* ---- stopping ---- */

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void
lab_stop(void)
{
	if (lab.pid <= 0)
		return;
	close(lab.input);
	child_end(lab.pid, GRACE_MS);
	lab.pid = 0;
	if (lab.temporary)
		(void)nftw(lab.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- what there is ---- */

const char *
lab_ca(void)
{
	return lab.ca;
}

const char *
lab_port(struct str service)
{
	for (size_t i = 0; i < SERVICES && lab.pid > 0; i++)
		if (str_eqcase(str_z(services[i].name), service))
			return services[i].port;
	return NULL;
}

static size_t
count_files(const char *user, const char *folder)
{
	char path[2 * PATH_MAX];
	struct dirent *de;
	size_t n = 0;
	DIR *d;

	(void)snprintf(
	    path, sizeof(path), "%s/%.200s/%s", lab.dir, user, folder);
	d = opendir(path);
	while (d != NULL && (de = readdir(d)) != NULL)
		n += *de->d_name != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

/* The users, as the file has them: passwords of a class are no secret. */
static void
tell_users(void)
{
	char path[2 * PATH_MAX], line[1024], name[128];
	struct str s, password;
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/users", lab.dir);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		s = str_trim(str_chomp(str_z(line)));
		if (s.n == 0 || *s.p == '#')
			continue;
		(void)str_copy(name, sizeof(name), str_cut(&s, ':'));
		password = str_cut(&s, ':');
		n = count_files(name, "new") + count_files(name, "cur");
		if (*password.p == '$')
			password = str_z(text_of("kept hashed"));
		screen_note(text_plural("  %s, password %.*s: %zu letter",
				"  %s, password %.*s: %zu letters", n),
		    name, STRF(password), n);
	}
	if (f != NULL)
		fclose(f);
}

void
lab_tell(void)
{
	screen_note("A practice server runs on this machine, for you alone:");
	for (size_t i = 0; i < SERVICES; i++)
		screen_note("  %s at 127.0.0.1 port %s", services[i].name,
		    services[i].port);
	screen_note("Who has mail:");
	tell_users();
	screen_note(
	    lab.temporary
		? N_("Each letter is a text file in %s/NAME/new or cur, until "
		     "you leave.")
		: N_("Each letter is a text file in %s/NAME/new or cur."),
	    lab.dir);
	screen_note("Go between the connections by :use pop3, :use smtp, "
		    ":use imap; open one again by :open pop3.");
	screen_note("Programs behind ! know $POP3, $SMTP and $IMAP (host and "
		    "port) and $LAB (the folder):");
	screen_note("  !postel inbox pop3://asterix@$POP3");
}

int
lab_open(struct shell *sh)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < SERVICES && status == STATUS_OK; i++)
		status = session_open_host(
		    sh, "127.0.0.1", services[i].port, services[i].name);
	return status;
}
