/* secret: lines that carry a password, or lack one. */
#include "shell/secret.h"
#include "base/mem.h"
#include "shell/run.h"
#include "shell/screen.h"
#include "shell/typed.h"
#include "wire/imap.h"

/* ---- what must not be kept ---- */

static size_t
count_words(struct str s)
{
	size_t n = 0;

	while (typed_word(&s).n > 0)
		n++;
	return n;
}

/* How much of args, which is all of a line behind its verb, is no secret. */
static size_t
open_part(const struct verb *v, struct str args)
{
	struct str rest = args;

	for (unsigned i = 0; i < v->secret; i++)
		if (typed_word(&rest).n == 0)
			return args.n;
	return (size_t)(rest.p - args.p);
}

/* How much of the line any protocol lets be kept.  A line may have a tag, and
 * it may have been typed to the wrong server. */
static size_t
keep(struct str line)
{
	static const char *const names[] = {"pop3", "smtp", "lmtp", "imap"};
	struct str rest = line, args, from[2];
	const struct verb *v;
	size_t n = line.n, end;

	rest = str_trim(rest);
	from[0] = rest;
	(void)typed_word(&rest);
	from[1] = str_trim(rest);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (size_t j = 0; j < 2; j++) {
			v = verb_find(proto_verbs(proto_find(str_z(names[i]))),
			    from[j], &args);
			if (v == NULL || (v->flags & VERB_SECRET) == 0)
				continue;
			end = (size_t)(args.p - line.p) + open_part(v, args);
			n = end < n ? end : n;
		}
	}
	return n;
}

/* The password in "://user:password@": its place and length, or 0. */
static size_t
url_password(struct str s, size_t *at)
{
	size_t i, colon = 0;

	for (i = 0; i + 3 <= s.n; i++)
		if (memcmp(s.p + i, "://", 3) == 0)
			break;
	for (i += 3; i < s.n && s.p[i] != '/' && s.p[i] != ' '; i++) {
		if (s.p[i] == ':' && colon == 0)
			colon = i;
		if (s.p[i] == '@' && colon > 0) {
			*at = colon;
			return i - colon;
		}
	}
	return 0;
}

int
secret_clean(struct buf *b, struct str line)
{
	size_t at, n;

	line = str_head(line, keep(line));
	while ((n = url_password(line, &at)) > 0) {
		if (buf_add(b, str_head(line, at)) != 0)
			return -1;
		line = str_skip(line, at + n);
	}
	return buf_add(b, line);
}

void
secret_scrub(char *arg)
{
	struct str s = str_z(arg);
	size_t n = keep(s), at;

	mem_wipe(arg + n, s.n - n);
	n = url_password(str_head(s, n), &at);
	if (n > 0)
		memset(arg + at, '*', n);
}

/* ---- what lacks one ---- */

/* Mechanisms that show the server no password (RFC 2195, 2831, 5802, 4505,
 * 4422 A). */
static const char *const discreet[] = {
    "CRAM-MD5", "DIGEST-MD5", "SCRAM-", "ANONYMOUS", "EXTERNAL", "GSSAPI"};

static void
warn_clear(const struct conn *c, const struct verb *verb, struct str mech)
{
	size_t n = sizeof(discreet) / sizeof(*discreet);

	if (conn_is_private(c) || strcmp(verb->name, "APOP") == 0)
		return;
	for (size_t i = 0; i < n && verb->flags & VERB_SASL; i++)
		if (str_startscase(mech, str_z(discreet[i])))
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
	secret = script_ask_secret(prompt, e);
	/* Ctrl-C has done its work; it interrupts nothing else. */
	if (secret == NULL)
		(void)shell_turn(sh, 0);
	return secret;
}

static int
auth(struct shell *sh, struct conn *c, struct str mech, struct str user,
    struct cmd **cmd, struct err *e)
{
	struct conn_login login = {.mech = mech, .initial = true};
	struct buf name;
	char *secret = NULL;
	bool bare =
	    str_eqcase(mech, S("ANONYMOUS")) || str_eqcase(mech, S("EXTERNAL"));

	buf_init(&name, SHELL_LINE_MAX);
	if (user.n == 0 &&
	    sh->ask(sh, &(struct ask){.prompt = "User: "}, &name) == GOT_LINE)
		user = str_trim(buf_str(&name));
	login.user = user;
	*cmd = NULL;
	if (user.n == 0)
		(void)err_set(e, ERR_CANCEL, "no user, nothing is sent");
	else if (bare || (secret = secret_ask(sh, "Password: ", e)) != NULL) {
		login.password = str_z(secret);
		*cmd = conn_auth(c, &login, e);
	}
	mem_free_secret(secret);
	buf_fini(&name);
	return *cmd != NULL ? 1 : -1;
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
	uint64_t octets;

	*cmd = NULL;
	if (verb == NULL || (verb->flags & VERB_SECRET) == 0 ||
	    n < verb->secret)
		return 0;
	warn_clear(c, verb, first);
	if (n > verb->secret || answer_literal_of(line, &octets))
		return 0;
	if (strcmp(verb->name, "APOP") == 0)
		return auth(sh, c, S("APOP"), first, cmd, e);
	if ((verb->flags & VERB_SASL) == 0)
		return complete(sh, c, line, cmd, e);
	/* LOGIN asks in words: that exchange is left to the person. */
	if (str_eqcase(first, S("LOGIN")) || !conn_knows_mech(c, first))
		return 0;
	return auth(sh, c, first, S(""), cmd, e);
}
