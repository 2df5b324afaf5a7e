/* record: what is typed, as a Lua script. */
#include "shell/record.h"
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

enum { NAME_MAX_ = 64 };

/* A connection's variable. */
struct variable {
	struct variable *next;
	char *session; /* the name that the shell has for it */
	char name[NAME_MAX_];
	char *user; /* of the last USER, or NULL */
};

struct recorder {
	FILE *f;
	char *path;
	struct variable *variables;
	bool has_put; /* the function put is there */
};

struct answer {
	struct answer *next;
	char *p;
	size_t n;
	bool body;
};

struct recorded {
	char *line, *args; /* secrets left out */
	const struct verb *verb;
	bool multi; /* ":multi" */
	bool has_in, has_out;
	enum sink_kind out_kind;
	char *in, *out;
	struct answer *answers;
	int64_t began;
};

/* ---- variables ---- */

static struct variable *
find_variable(struct recorder *rec, const char *session)
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

/* The variable of a session; one that was closed before is opened by its
 * name only. */
static const char *
name_of(struct recorder *rec, const struct session *s)
{
	struct variable *v = find_variable(rec, s->name);

	return v != NULL ? v->name : "conn";
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
	v = find_variable(rec, s->name);
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
	if (sh->recorder != NULL && find_variable(sh->recorder, s->name))
		fprintf(sh->recorder->f, "%s:%s()\n", name_of(sh->recorder, s),
		    how);
}

/* ---- a line ---- */

static char *
copy(struct str s)
{
	char *z = mem_zalloc(s.n + 1);

	memcpy(z, s.p, s.n);
	return z;
}

static char *
clean_copy(struct str s)
{
	struct buf b;
	char *z;

	buf_init(&b, s.n + 1);
	(void)secret_clean(&b, s);
	z = copy(buf_str(&b));
	buf_fini(&b);
	return z;
}

struct recorded *
record_line(struct shell *sh, const struct verb *verb, struct str args,
    struct str line, const struct redirects *rd)
{
	struct recorded *rec;

	if (sh->recorder == NULL)
		return NULL;
	rec = mem_zalloc(sizeof(*rec));
	rec->verb = verb;
	rec->line = clean_copy(line);
	/* The first argument is no secret where others are. */
	if (verb != NULL && verb->flags & VERB_SECRET)
		rec->args = verb->secret > 0 ? copy(str_word(&args)) : NULL;
	else
		rec->args = copy(args);
	rec->has_in = rd->has_in;
	rec->has_out = rd->has_out;
	rec->out_kind = rd->out_kind;
	rec->in = rd->has_in ? redirect_path(rd->in) : NULL;
	if (rd->has_out)
		rec->out = rd->out_kind == SINK_PIPE ? copy(rd->out)
						     : redirect_path(rd->out);
	rec->began = loop_now();
	return rec;
}

static void
add_answer(struct recorded *rec, struct str bytes, bool body)
{
	struct answer *a = mem_zalloc(sizeof(*a)), **at = &rec->answers;

	*a = (struct answer){.p = copy(bytes), .n = bytes.n, .body = body};
	while (*at != NULL)
		at = &(*at)->next;
	*at = a;
}

static bool
is_secret(const struct recorded *rec)
{
	return rec->verb != NULL && rec->verb->flags & VERB_SECRET;
}

void
record_multi(struct recorded *rec)
{
	if (rec != NULL)
		rec->multi = true;
}

void
record_answer(struct recorded *rec, struct str bytes)
{
	if (rec != NULL && !is_secret(rec))
		add_answer(rec, bytes, false);
}

void
record_answer_body(struct recorded *rec, struct body *body)
{
	struct err e = {0};
	struct buf all;
	struct str s;

	if (rec == NULL)
		return;
	buf_init(&all, limits.reply);
	while (body_pull(body, &s, &e) == PULL_SLICE && buf_add(&all, s) == 0)
		body_took(body, s.n);
	(void)body_rewind(body);
	add_answer(rec, buf_str(&all), true);
	buf_fini(&all);
}

void
record_free(struct recorded *rec)
{
	if (rec == NULL)
		return;
	for (struct answer *a = rec->answers, *next; a != NULL; a = next) {
		next = a->next;
		free(a->p);
		free(a);
	}
	free(rec->line);
	free(rec->args);
	free(rec->in);
	free(rec->out);
	free(rec);
}

/* ---- writing it ---- */

/* What the server said, as a comment at the end of the line. */
static void
put_comment(FILE *f, struct str words)
{
	struct buf b;

	buf_init(&b, 4 * words.n + 1);
	(void)vis_add(&b, words);
	fprintf(f, "  -- %.*s\n", STRF(buf_str(&b)));
	buf_fini(&b);
}

static struct str
final_line(const struct cmd *cmd)
{
	for (const struct item *it = cmd->items; it != NULL; it = it->next)
		if (it->final)
			return it->line;
	return cmd->reply.text;
}

/* A login, whose secret the script must get for itself. */
static void
put_login(FILE *f, const char *name, const struct recorded *rec,
    const char *user, bool private)
{
	bool plus = strcmp(rec->verb->name, "PASS") == 0 ||
		    strcmp(rec->verb->name, "LOGIN") == 0;
	struct str mech = str_z(rec->args);

	if (strcmp(rec->verb->name, "APOP") == 0)
		mech = S("APOP");
	if (!private)
		fputs("-- This goes in clear: others on the way can read the "
		      "password.\n",
		    f);
	if (plus && strcmp(rec->verb->name, "PASS") == 0) {
		fprintf(f, "%s:send(\"PASS\", ", name);
	} else if (plus) {
		fprintf(f, "%s:send(\"LOGIN\", ", name);
		luatext_string(f, str_z(user));
		fputs(", ", f);
	} else {
		fprintf(f, "%s:authenticate({mech = ", name);
		luatext_string(f, mech);
		fputs(", user = ", f);
		luatext_string(f, str_z(user));
		fputs(", initial = true, password = ", f);
	}
	fprintf(f, "%s:password(", name);
	luatext_string(f, str_z(user));
	fputs(plus ? ")):check()\n" : ")}):check()\n", f);
}

/* A login that was refused would ask for a wrong password. */
static void
put_secret_line(struct recorder *out, struct running *r, const char *name)
{
	const struct recorded *rec = r->record;
	const struct conn *c = r->session->conn;
	struct variable *v = find_variable(out, r->session->name);
	const char *user = conn_user(c);
	bool good =
	    r->cmd->state == CMD_DONE && r->cmd->reply.class == REPLY_OK;

	if (*user == '\0' && v != NULL && v->user != NULL)
		user = v->user;
	if (!good) {
		fprintf(out->f, "-- %s: ", name);
		luatext_string(out->f, str_z(rec->line));
		fputs(" and a secret", out->f);
		put_comment(out->f, final_line(r->cmd));
		return;
	}
	if (*user == '\0')
		fputs("-- Who was logged in is not known here: put the name "
		      "in.\n",
		    out->f);
	put_login(out->f, name, rec, user, conn_is_private(c));
}

static void
put_answer(FILE *f, const struct answer *a)
{
	fputs("\tcmd:wait():answer(", f);
	if (a->body)
		fputs("postel.body ", f);
	(a->body ? luatext_block : luatext_string)(f, (struct str){a->p, a->n});
	fputs(")\n", f);
}

/* The function that does what ":> FILE" does. */
static void
define_put(struct recorder *out)
{
	if (out->has_put)
		return;
	out->has_put = true;
	fputs("\n"
	      "-- The bodies of a reply, or its lines if it has none, to an "
	      "open file.\n"
	      "local function put(reply, file)\n"
	      "\tif reply.bodies == 0 then\n"
	      "\t\tfile:write(table.concat(reply.lines, \"\\n\"), \"\\n\")\n"
	      "\tend\n"
	      "\tfor i = 1, reply.bodies do\n"
	      "\t\treply:body(i):write_to(file)\n"
	      "\tend\n"
	      "\tassert(file:close())\n"
	      "end\n"
	      "\n",
	    out->f);
}

static void
put_file(FILE *f, const struct recorded *rec)
{
	bool pipe = rec->out_kind == SINK_PIPE;

	fprintf(f, ", assert(io.%s(", pipe ? "popen" : "open");
	luatext_string(f, str_z(rec->out));
	fprintf(f, ", \"%s\")))",
	    pipe			   ? "w"
	    : rec->out_kind == SINK_APPEND ? "ab"
					   : "wb");
}

/* "mx:line "NOOP"", with the body that goes behind it. */
static void
put_sent(FILE *f, const char *name, const struct recorded *rec)
{
	const struct answer *a = rec->answers;

	fprintf(f, "%s:line(", name);
	luatext_string(f, str_z(rec->line));
	if (rec->has_in) {
		fputs(", postel.file ", f);
		luatext_string(f, str_z(rec->in));
	} else if (a != NULL && a->body && a->next == NULL) {
		fputs(", postel.body ", f);
		luatext_block(f, (struct str){a->p, a->n});
	}
	fputs(rec->multi ? ", nil, true)" : ")", f);
}

/* Whether the server was answered step by step. */
static bool
has_steps(const struct recorded *rec)
{
	return rec->answers != NULL &&
	       (!rec->answers->body || rec->answers->next != NULL);
}

static void
put_steps(FILE *f, const char *name, const struct recorded *rec, bool good)
{
	bool idle = rec->verb != NULL && rec->verb->flags & VERB_IDLE;
	long long seconds = (long long)(loop_now() - rec->began) / 1000;

	fprintf(f, "do\n\tlocal cmd = %s:line ", name);
	luatext_string(f, str_z(rec->line));
	fputc('\n', f);
	if (idle && seconds > 0)
		fprintf(f, "\tcmd:wait()\n\tpostel.sleep(%lld)\n", seconds);
	for (const struct answer *a = rec->answers; a != NULL; a = a->next)
		put_answer(f, a);
	if (!good)
		fputs("\tassert(not cmd:wait().ok)\n", f);
	else if (!rec->has_out)
		fputs("\tcmd:check()\n", f);
	if (good && rec->has_out) {
		fputs("\tput(cmd:check()", f);
		put_file(f, rec);
		fputs("\n", f);
	}
	fputs("end\n", f);
}

static void
put_simple(FILE *f, const char *name, const struct recorded *rec,
    const struct cmd *cmd)
{
	if (cmd->state != CMD_DONE) {
		put_sent(f, name, rec);
		fputs(":wait()", f);
		put_comment(f, str_z(cmd->err.msg));
	} else if (cmd->reply.class != REPLY_OK) {
		fputs("assert(not ", f);
		put_sent(f, name, rec);
		fputs(":wait().ok)", f);
		put_comment(f, final_line(cmd));
	} else if (rec->has_out) {
		fputs("put(", f);
		put_sent(f, name, rec);
		fputs(":check()", f);
		put_file(f, rec);
		fputc('\n', f);
	} else {
		put_sent(f, name, rec);
		fputs(":check()\n", f);
	}
}

/* POP3: whose password the next PASS is. */
static void
note_user(struct recorder *out, struct running *r)
{
	struct variable *v = find_variable(out, r->session->name);

	if (v == NULL || r->record->verb == NULL ||
	    strcmp(r->record->verb->name, "USER") != 0)
		return;
	free(v->user);
	v->user = copy(str_trim(str_z(r->record->args)));
}

void
record_reply(struct shell *sh, struct running *r)
{
	struct recorder *out = sh->recorder;
	const struct recorded *rec = r->record;
	const char *name;
	bool good =
	    r->cmd->state == CMD_DONE && r->cmd->reply.class == REPLY_OK;

	if (out == NULL || rec == NULL)
		return;
	name = name_of(out, r->session);
	note_user(out, r);
	if (rec->has_out && good)
		define_put(out);
	if (is_secret(rec))
		put_secret_line(out, r, name);
	else if (has_steps(rec))
		put_steps(out->f, name, rec, good);
	else
		put_simple(out->f, name, rec, r->cmd);
	fflush(out->f);
}

/* ---- other lines ---- */

void
record_login(
    struct shell *sh, struct session *s, const char *user, bool began_tls)
{
	const char *name;

	if (sh->recorder == NULL)
		return;
	name = name_of(sh->recorder, s);
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
	fprintf(f, "%s:save(\"%s\", ", name_of(sh->recorder, s), set);
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
	z = copy(buf_str(&b));
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
		fprintf(f, "conn = %s\n", name_of(sh->recorder, sh->current));
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
