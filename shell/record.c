/* record: what is typed, as a Lua script. */
#include "shell/recorder.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vis.h"
#include "shell/luatext.h"
#include "shell/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- variables ---- */

struct variable *
recorder_find(struct recorder *rec, const char *session)
{
	struct variable *v = rec->variables;

	while (v != NULL && strcmp(v->session, session) != 0)
		v = v->next;
	return v;
}

static bool
is_used(const struct recorder *rec, const char *name)
{
	for (struct variable *v = rec->variables; v != NULL; v = v->next)
		if (strcmp(v->name, name) == 0)
			return true;
	return false;
}

static struct variable *
new_variable(struct recorder *rec, const char *session)
{
	struct variable *v = mem_zalloc(sizeof(*v));
	size_t n;

	v->session = mem_strdup(session);
	luatext_name(v->name, sizeof(v->name) - 8, str_z(session));
	n = strlen(v->name);
	for (unsigned i = 2; is_used(rec, v->name); i++)
		(void)snprintf(v->name + n, sizeof(v->name) - n, "_%u", i);
	v->next = rec->variables;
	rec->variables = v;
	return v;
}

const char *
recorder_name(struct recorder *rec, const struct session *s)
{
	struct variable *v = recorder_find(rec, s->name);

	return v != NULL ? v->name : "conn";
}

char *
recorder_copy(struct str s)
{
	char *z = mem_zalloc(s.n + 1);

	memcpy(z, s.p, s.n);
	return z;
}

/* ---- beginning and end ---- */

const char *
record_path(const struct shell *sh)
{
	return sh->recorder != NULL ? sh->recorder->path : NULL;
}

static void
put_head(FILE *f, const char *path)
{
	time_t now = time(NULL);
	char day[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	fprintf(f,
	    "-- Recorded by postel " POSTEL_VERSION " on %s.  To do it again:\n"
	    "--\n"
	    "--     postel %s\n"
	    "--\n"
	    "-- With -v it shows what the servers reply.  It holds no "
	    "password:\n"
	    "-- give --password-file, --password-command, an entry in "
	    "~/.netrc, or\n"
	    "-- answer at the terminal.\n",
	    day, path);
}

int
record_start(struct shell *sh, const char *path, struct err *e)
{
	struct recorder *rec;
	int fd;

	if (sh->recorder != NULL)
		return err_set(e, ERR_USE, "%s is being recorded; :record off",
		    sh->recorder->path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "%s", path);
	rec = mem_zalloc(sizeof(*rec));
	rec->path = mem_strdup(path);
	rec->f = fdopen(fd, "w");
	if (rec->f == NULL)
		abort();
	sh->recorder = rec;
	put_head(rec->f, path);
	for (struct session *s = sh->sessions; s != NULL; s = s->next)
		if (session_is_open(s))
			record_open(sh, s);
	return 0;
}

int
record_stop(struct shell *sh, char **path, struct err *e)
{
	struct recorder *rec = sh->recorder;
	bool bad;

	*path = NULL;
	if (rec == NULL)
		return 0;
	sh->recorder = NULL;
	bad = ferror(rec->f) != 0;
	if (fclose(rec->f) != 0 || bad)
		(void)err_sys(e, "%s", rec->path);
	*path = rec->path;
	for (struct variable *v = rec->variables, *next; v != NULL; v = next) {
		next = v->next;
		free(v->session);
		free(v->user);
		free(v);
	}
	free(rec);
	return e->kind == ERR_NONE ? 0 : -1;
}

/* ---- connections ---- */

static void
put_field(FILE *f, const char **before, const char *key, const char *value)
{
	if (value == NULL)
		return;
	fprintf(f, "%s%s = ", *before, key);
	luatext_string(f, str_z(value));
	*before = ", ";
}

static void
put_true(FILE *f, const char **before, const char *key, bool value)
{
	if (value)
		fprintf(f, "%s%s = true", *before, key);
	if (value)
		*before = ", ";
}

/* What the command line says for all connections. */
static void
put_options(
    FILE *f, const char **before, const struct options *opt, bool is_url)
{
	put_field(f, before, "dns", opt->dns);
	put_field(f, before, "ca", opt->ca);
	put_field(f, before, "cert", opt->cert);
	put_field(f, before, "key", opt->key);
	put_field(f, before, "fingerprint", opt->fingerprint);
	/* One with a password comes from --proxy again. */
	if (opt->proxy == NULL || strchr(opt->proxy, '@') == NULL)
		put_field(f, before, "proxy", opt->proxy);
	put_true(f, before, "insecure", opt->insecure);
	if (is_url) {
		put_field(
		    f, before, "starttls", url_starttls_words[opt->starttls]);
		put_field(f, before, "auth", opt->auth);
		put_field(f, before, "authzid", opt->authzid);
	}
	if (opt->no_initial) {
		fprintf(f, "%sinitial = false", *before);
		*before = ", ";
	}
	if (opt->timeout_ms > 0) {
		fprintf(f, "%stimeout = %lld", *before,
		    (long long)opt->timeout_ms / 1000);
		*before = ", ";
	}
}

void
record_open(struct shell *sh, struct session *s)
{
	struct recorder *rec = sh->recorder;
	const struct conn_config *cfg = conn_config(s->conn);
	const char *before = "{";
	struct variable *v;

	if (rec == NULL)
		return;
	v = recorder_find(rec, s->name);
	fprintf(rec->f, "\n%s", v == NULL ? "local " : "");
	if (v == NULL)
		v = new_variable(rec, s->name);
	fprintf(rec->f, "%s = postel.connect", v->name);
	if (s->url != NULL) {
		fputc('(', rec->f);
		luatext_string(rec->f, str_z(s->url));
		before = ", {";
		put_options(rec->f, &before, sh->opt, true);
		fputs(*before == ',' && before[1] == ' ' && before[2] == '{'
			  ? ")\n"
			  : "})\n",
		    rec->f);
		return;
	}
	fputc(' ', rec->f);
	put_true(rec->f, &before, "raw", true);
	put_field(rec->f, &before, "protocol",
	    conn_proto(s->conn) != NULL ? proto_name(conn_proto(s->conn))
					: NULL);
	put_field(rec->f, &before, "host", cfg->host);
	fprintf(rec->f, ", port = %u", cfg->port);
	put_true(rec->f, &before, "tls", cfg->tls);
	put_options(rec->f, &before, sh->opt, false);
	fputs("}\n", rec->f);
	if (conn_is_tls(s->conn) && !cfg->tls) /* --starttls=require */
		fprintf(rec->f, "%s:refresh():starttls()\n", v->name);
}

void
record_leave(struct shell *sh, struct session *s, const char *how)
{
	if (sh->recorder != NULL && recorder_find(sh->recorder, s->name))
		fprintf(sh->recorder->f, "%s:%s()\n",
		    recorder_name(sh->recorder, s), how);
}

/* ---- other lines ---- */

void
record_login(
    struct shell *sh, struct session *s, const char *user, bool began_tls)
{
	const char *name;

	if (sh->recorder == NULL)
		return;
	name = recorder_name(sh->recorder, s);
	if (began_tls)
		fprintf(sh->recorder->f, "%s:starttls()\n", name);
	fprintf(sh->recorder->f, "%s:login {user = ", name);
	luatext_string(sh->recorder->f, str_z(user));
	fputs("}\n", sh->recorder->f);
	fflush(sh->recorder->f);
}

void
record_gap(struct shell *sh, const char *what)
{
	if (sh->recorder == NULL)
		return;
	fprintf(sh->recorder->f, "-- Not recorded: %s.\n", what);
	fflush(sh->recorder->f);
	screen_note("%s is not recorded", text_of(what));
}

void
record_save(struct shell *sh, struct session *s, const char *set,
    const char *target, bool uid, bool overwrite)
{
	const char *before = ", {";
	FILE *f;

	if (sh->recorder == NULL)
		return;
	f = sh->recorder->f;
	fprintf(f, "%s:save(\"%s\", ", recorder_name(sh->recorder, s), set);
	luatext_string(f, str_z(target));
	put_true(f, &before, "uid", uid);
	put_true(f, &before, "overwrite", overwrite);
	fputs(uid || overwrite ? "})\n" : ")\n", f);
	fflush(f);
}

/* Without the password of a URL. */
static char *
masked(struct str text)
{
	struct buf b;
	char *z;

	buf_init(&b, 2 * text.n + 1024);
	(void)url_mask(&b, text);
	z = recorder_copy(buf_str(&b));
	buf_fini(&b);
	return z;
}

/* Whether the line "=text" has a password in it. */
static bool
has_password(struct str text)
{
	struct buf b;
	bool has;

	buf_init(&b, text.n + 1);
	b.secret = true;
	(void)buf_addc(&b, '=');
	(void)buf_add(&b, text);
	has = secret_begins(buf_str(&b)) < b.len;
	buf_fini(&b);
	return has;
}

void
record_lua(struct shell *sh, struct str text)
{
	FILE *f;
	char *z;

	if (sh->recorder == NULL)
		return;
	if (has_password(text)) {
		record_gap(sh, N_("a line of Lua with a password"));
		return;
	}
	f = sh->recorder->f;
	z = masked(str_trim(text));
	if (sh->current != NULL)
		fprintf(
		    f, "conn = %s\n", recorder_name(sh->recorder, sh->current));
	/* What it prints itself has no value to be printed. */
	if (!str_starts(str_z(z), S("print(")) &&
	    script_is_expression(sh->L, z))
		fprintf(f, "print(%s)\n", z);
	else
		fprintf(f, "%s\n", z);
	fflush(f);
	free(z);
}

void
record_system(struct shell *sh, struct str text)
{
	char *z;

	if (sh->recorder == NULL)
		return;
	z = masked(str_trim(text));
	fputs("os.execute ", sh->recorder->f);
	luatext_string(sh->recorder->f, str_z(z));
	fputc('\n', sh->recorder->f);
	fflush(sh->recorder->f);
	free(z);
}
