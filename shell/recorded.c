/* recorded: a line that was typed and its reply, as Lua. */
#include "shell/recorder.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vis.h"
#include "shell/luatext.h"
#include "shell/secret.h"

#include <stdlib.h>

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

/* ---- a line ---- */

static char *
clean_copy(struct str s)
{
	struct buf b;
	char *z;

	buf_init(&b, s.n + 1);
	(void)secret_clean(&b, s);
	z = recorder_copy(buf_str(&b));
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
		rec->args =
		    verb->secret > 0 ? recorder_copy(str_word(&args)) : NULL;
	else
		rec->args = recorder_copy(args);
	rec->has_in = rd->has_in;
	rec->has_out = rd->has_out;
	rec->out_kind = rd->out_kind;
	rec->in = rd->has_in ? redirect_path(rd->in) : NULL;
	if (rd->has_out)
		rec->out = rd->out_kind == SINK_PIPE ? recorder_copy(rd->out)
						     : redirect_path(rd->out);
	rec->began = loop_now();
	return rec;
}

static void
add_answer(struct recorded *rec, struct str bytes, bool body)
{
	struct answer *a = mem_zalloc(sizeof(*a)), **at = &rec->answers;

	*a = (struct answer){
	    .p = recorder_copy(bytes), .n = bytes.n, .body = body};
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
	struct variable *v = recorder_find(out, r->session->name);
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
	struct variable *v = recorder_find(out, r->session->name);

	if (v == NULL || r->record->verb == NULL ||
	    strcmp(r->record->verb->name, "USER") != 0)
		return;
	free(v->user);
	v->user = recorder_copy(str_trim(str_z(r->record->args)));
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
	name = recorder_name(out, r->session);
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
