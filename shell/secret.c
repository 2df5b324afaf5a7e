/* secret: lines that carry a password, or lack one. */
#include "shell/secret.h"
#include "base/mem.h"
#include "base/text.h"
#include "proto/sasl.h"
#include "proto/secret.h"
#include "shell/run.h"
#include "shell/screen.h"
#include "shell/typed.h"
#include "wire/imap.h"
#include "wire/url.h"

#include <stdint.h>

/* ---- what must not be kept ---- */

static size_t
count_words(struct str s)
{
	size_t n = 0;

	while (typed_word(&s).n > 0)
		n++;
	return n;
}

/* How much of a line of Lua may be kept: nothing behind a word that a password
 * follows, as in {user = "a", password = "b"} and postel.secret "b". */
static size_t
keep_lua(struct str line)
{
	static const struct str words[] = {
	    STR("password"), STR("secret"), STR("PASS"), STR("LOGIN")};
	struct str rest;

	for (size_t i = 0; i < line.n; i++) {
		rest = str_skip(line, i);
		for (size_t j = 0; j < sizeof(words) / sizeof(*words); j++)
			if (str_starts(rest, words[j]) &&
			    !str_starts(str_skip(rest, words[j].n), S("_")))
				return i + words[j].n;
	}
	return line.n;
}

/* ":json LINE" and ":alias NAME LINE"; ":login alice xyzzy" is a slip. */
static size_t
keep_command(struct str line)
{
	struct str rest = line, slip = str_skip(line, 1);
	size_t n = line.n, end;

	(void)typed_word(&rest);
	end = n - rest.n + secret_in_line(rest, false);
	if (str_startscase(slip, S("login ")))
		n = 1 + secret_in_line(slip, false);
	return end < n ? end : n;
}

size_t
secret_begins(struct str line)
{
	struct str rest = line;
	size_t before;

	while (rest.n > 0 && (*rest.p == ' ' || *rest.p == '\t'))
		rest = str_skip(rest, 1);
	before = line.n - rest.n;
	if (str_starts(rest, S("=")))
		return keep_lua(line);
	if (str_starts(rest, S(":")))
		return before + keep_command(rest);
	return before + secret_in_line(rest, !str_starts(rest, S("!")));
}

int
secret_clean(struct buf *b, struct str line)
{
	struct str password;
	size_t at;

	line = str_head(line, secret_begins(line));
	while ((password = url_password(line)).p != NULL) {
		/* Its colon goes with it. */
		at = (size_t)(password.p - line.p);
		if (buf_add(b, str_head(line, at - 1)) != 0)
			return -1;
		line = str_skip(line, at + password.n);
	}
	return buf_add(b, line);
}

bool
secret_has(struct str arg)
{
	return secret_begins(arg) < arg.n || url_password(arg).p != NULL;
}

void
secret_scrub(char *arg)
{
	struct str s = str_z(arg), password;
	size_t n = secret_begins(s);

	mem_wipe(arg + n, s.n - n);
	s.n = n;
	while ((password = url_password(s)).p != NULL) {
		memset((char *)(uintptr_t)password.p, '*', password.n);
		s = str_skip(s, (size_t)(password.p - s.p) + password.n);
	}
}

/* ---- what lacks one ---- */

static void
warn_clear(const struct conn *c, const struct verb *verb, struct str mech)
{
	bool sasl = verb->flags & VERB_SASL;

	if (conn_is_private(c) || strcmp(verb->name, "APOP") == 0 ||
	    (sasl && !sasl_shows_secret(mech)))
		return;
	screen_error("warning: this connection is not encrypted; whoever is "
		     "on the way can read the password");
}

char *
secret_ask(struct shell *sh, const char *prompt, struct err *e)
{
	char *secret;

	screen_sync();
	repl_release();
	secret = script_ask_secret(text_of(prompt), e);
	/* Ctrl-C has done its work; it interrupts nothing else. */
	if (secret == NULL)
		(void)shell_turn(sh, 0);
	return secret;
}

/* From where :login has it, else from the person; NULL and err.  What nobody
 * has typed is shown to nobody on the way. */
static char *
secret_of(struct shell *sh, struct conn *c, const struct conn_login *login,
    struct err *e)
{
	bool token = sasl_secret(login->mech) == SASL_TOKEN;
	bool safe = conn_is_private(c) || sh->opt->insecure ||
		    !sasl_shows_secret(login->mech);
	char *secret =
	    safe ? script_given_secret(sh->L, c, login->user, token, e) : NULL;

	if (secret != NULL || e->kind != ERR_NONE)
		return secret;
	return secret_ask(sh, token ? N_("Token: ") : N_("Password: "), e);
}

/* A login that the program leads, what is missing asked for; NULL and err. */
static struct cmd *
auth(struct shell *sh, struct conn *c, struct conn_login *login, struct err *e)
{
	struct buf name;
	char *secret = NULL;
	struct cmd *cmd = NULL;
	bool bare = sasl_secret(login->mech) == SASL_NO_SECRET;

	buf_init(&name, SHELL_LINE_MAX);
	if (login->user.n == 0 && !bare &&
	    sh->ask(sh, &(struct ask){.prompt = text_of("User: ")}, &name) ==
		GOT_LINE)
		login->user = str_trim(buf_str(&name));
	if (login->user.n == 0 && !bare)
		(void)err_set(e, ERR_CANCEL, "no user, nothing is sent");
	else if (bare || (secret = secret_of(sh, c, login, e)) != NULL) {
		login->password = str_z(secret);
		cmd = conn_auth(c, login, e);
	}
	mem_free_secret(secret);
	buf_fini(&name);
	return cmd;
}

/* The line as it would have been typed with its secret. */
static int
complete(struct shell *sh, struct conn *c, struct str line, struct cmd **cmd,
    struct err *e)
{
	bool imap = strcmp(proto_name(conn_proto(c)), "imap") == 0;
	char *secret = secret_ask(sh, "Password: ", e);
	struct buf b;

	if (secret == NULL)
		return -1;
	buf_init(&b, line.n + 2 * strlen(secret) + 4);
	b.secret = true;
	(void)buf_add(&b, line);
	(void)buf_addc(&b, ' ');
	if (imap)
		(void)imap_put_quoted(&b, str_z(secret));
	else
		(void)buf_addz(&b, secret);
	*cmd = conn_line(c, buf_str(&b), NULL, e);
	buf_fini(&b);
	mem_free_secret(secret);
	return *cmd != NULL ? 1 : -1;
}

int
secret_send(struct shell *sh, struct conn *c, const struct verb *verb,
    struct str args, struct str line, struct cmd **cmd, struct err *e)
{
	struct str rest = args, first = typed_word(&rest);
	size_t n = count_words(args);
	struct conn_login login = {.initial = !sh->opt->no_initial};
	uint64_t octets;

	*cmd = NULL;
	if (verb == NULL || (verb->flags & VERB_SECRET) == 0 ||
	    n < verb->secret)
		return 0;
	warn_clear(c, verb, first);
	if (n > verb->secret || answer_literal_of(line, &octets))
		return 0;
	login.mech = first;
	if (strcmp(verb->name, "APOP") == 0)
		login = (struct conn_login){.mech = S("APOP"), .user = first};
	else if ((verb->flags & VERB_SASL) == 0)
		return complete(sh, c, line, cmd, e);
	/* LOGIN asks in words: that exchange is left to the person. */
	else if (str_eqcase(first, S("LOGIN")) || !conn_knows_mech(c, first))
		return 0;
	*cmd = auth(sh, c, &login, e);
	return *cmd != NULL ? 1 : -1;
}

struct cmd *
secret_auth(struct shell *sh, struct str mech, struct str user,
    struct str authzid, struct err *e)
{
	struct conn *c = sh->current->conn;
	struct conn_login login = {.mech = mech,
	    .user = user,
	    .authzid = authzid,
	    .initial = !sh->opt->no_initial,
	    .told = true};
	const struct verb *verb;
	struct cmd *cmd;
	struct buf line;

	if (conn_proto(c) == NULL) {
		(void)err_set(e, ERR_USE, "the server has not greeted yet");
		return NULL;
	}
	verb = proto_auth(conn_proto(c));
	warn_clear(c, verb, mech);
	if (login.authzid.n == 0)
		login.authzid = str_z(sh->opt->authzid);
	/* One that wants TLS and has none is told so, and not led by hand. */
	if (conn_knows_mech(c, mech) || sasl_binds(mech))
		return auth(sh, c, &login, e);
	buf_init(&line, SHELL_LINE_MAX);
	(void)buf_addf(&line, "%s %.*s", verb->name, STRF(mech));
	cmd = conn_line(c, buf_str(&line), NULL, e);
	buf_fini(&line);
	return cmd;
}
