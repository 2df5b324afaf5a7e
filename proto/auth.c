/* auth: logins that the program leads: SASL exchanges, and APOP. */
#include "base/base64.h"
#include "net/digest.h"
#include "proto/engine.h"

/* ---- channel binding ---- */

enum { BINDING_MAX = 256 };

/* Whether the server offers a mechanism that binds to TLS. */
static bool
offers_binding(const struct conn *c)
{
	bool pop3 = c->proto == &proto_pop3;
	struct str list = conn_capability(c, pop3 ? "SASL" : "AUTH"), mech;

	while ((mech = str_word(&list)).n > 0)
		if (sasl_binds(mech))
			return true;
	return false;
}

/*
 * What a mechanism can bind to, its octets in *data.  tls-unique exists up to
 * TLS 1.2, where it is the one that servers have (RFC 5802 6); tls-exporter
 * is that of TLS 1.3 (RFC 9266 3).  Where no offer has been heard, nothing
 * is said of what the server cannot do.
 */
static struct sasl_binding
find_binding(const struct conn *c, struct buf *data)
{
	static const enum tls_binding types[] = {TLS_UNIQUE, TLS_EXPORTER};
	struct sasl_binding b = {
	    .offered = !c->caps_known || offers_binding(c)};

	for (size_t i = 0; i < 2 && c->stream != NULL; i++) {
		if (tls_channel_binding(c->stream, types[i], data) < 0)
			continue;
		b.name = tls_binding_name(types[i]);
		b.data = buf_str(data);
		break;
	}
	return b;
}

bool
conn_knows_mech(const struct conn *c, struct str mech)
{
	struct buf data;
	bool knows;

	if (str_eqcase(mech, S("APOP")))
		return c->pop3.stamp[0] != '\0';
	if (!sasl_binds(mech))
		return sasl_knows(mech);
	buf_init(&data, BINDING_MAX);
	knows = find_binding(c, &data).name != NULL;
	buf_fini(&data);
	return knows;
}

/* ---- APOP ---- */

static struct cmd *
apop(struct conn *c, const struct conn_login *login, struct err *e)
{
	char digest[DIGEST_APOP_SIZE];
	struct arg args[2] = {{.kind = ARG_STR, .s = login->user},
	    {.kind = ARG_STR, .s = {digest, DIGEST_APOP_SIZE - 1}}};
	struct cmd *cmd;

	if (login->authzid.n > 0) {
		err_set(e, ERR_USE,
		    "%.*s cannot say who to be (authzid); PLAIN and SCRAM can",
		    STRF(login->mech));
		return NULL;
	}
	if (c->pop3.stamp[0] == '\0') {
		err_set(e, ERR_AUTH,
		    "the greeting has no time stamp that APOP could sign");
		return NULL;
	}
	if (digest_apop(str_z(c->pop3.stamp), login->password, digest, e) < 0)
		return NULL;
	cmd = conn_send(c, S("APOP"), args, 2, e);
	mem_wipe(digest, sizeof(digest));
	return cmd;
}

/* ---- SASL ---- */

static void
secret_buf(struct buf *b)
{
	buf_init(b, limits.line);
	b->secret = true;
}

/* A step for those who want to see it. */
static void
tell(struct job *j, bool server, struct str text)
{
	struct sasl_said *said;
	struct buf masked;

	if (!j->told)
		return;
	secret_buf(&masked);
	if (server)
		(void)buf_add(&masked, text);
	else
		sasl_mask(j->sasl, text, &masked);
	said = arena_alloc(&j->arena, sizeof(*said));
	if (said != NULL) {
		*said = (struct sasl_said){
		    .server = server, .text = job_dup(j, buf_str(&masked))};
		*j->said_tail = said;
		j->said_tail = &said->next;
	}
	buf_fini(&masked);
}

int
auth_challenge(struct job *j, struct str challenge, struct err *e)
{
	struct buf in, out, coded;
	enum sasl_step got = SASL_FAIL;
	int rc;

	buf_init(&in, limits.line + 3);
	secret_buf(&out);
	secret_buf(&coded);
	challenge = str_trim(challenge);
	if (++j->challenges > limits.challenges)
		err_set(&j->sasl_err, ERR_LIMIT,
		    "the server asks without end in the login");
	else if (challenge.n / 4 * 3 > limits.line)
		err_set(&j->sasl_err, ERR_LIMIT,
		    "a challenge of the login is too long");
	else if (base64_decode(&in, challenge) < 0)
		err_set(&j->sasl_err, ERR_PROTO,
		    "a challenge of the login is not base64");
	else
		got = sasl_step(j->sasl, buf_str(&in), &out, &j->sasl_err);
	if (got != SASL_FAIL && base64_encode(&coded, buf_str(&out)) < 0) {
		err_set(&j->sasl_err, ERR_LIMIT, "the answer is too long");
		got = SASL_FAIL;
	}
	tell(j, true, buf_str(&in));
	tell(j, false, got == SASL_FAIL ? S("*") : buf_str(&out));
	j->cmd.state = CMD_SENDING;
	/* RFC 4954 4, 5034 4, 3501 6.2.2: "*" ends the exchange. */
	if (got == SASL_FAIL)
		rc = job_bytes(j, S("*"), e);
	else
		rc = job_secret(j, buf_str(&coded), e);
	if (rc == 0)
		rc = job_bytes(j, S("\r\n"), e);
	j->may_ask = true;
	buf_fini(&in);
	buf_fini(&out);
	buf_fini(&coded);
	return rc;
}

static bool
may_begin(const struct job *j, const struct conn_login *login)
{
	const struct sasl_dialect *d = j->cmd.conn->proto->sasl;

	return login->initial && sasl_client_first(login->mech) &&
	       (d->ir_always || conn_has(j->cmd.conn, d->ir_capability));
}

/* Whether a command line has room for an initial response of n octets. */
static bool
fits_line(const struct job *j, struct str mech, size_t n)
{
	const struct sasl_dialect *d = j->cmd.conn->proto->sasl;
	size_t words = strlen(d->verb) + mech.n + sizeof("  \r\n") - 1;

	return d->ir_line == 0 || words + n <= d->ir_line;
}

/*
 * The initial response in base64, "=" for one that is empty (RFC 4954 4, RFC
 * 4959 3); nothing where none is sent.
 */
static int
initial_response(struct job *j, const struct conn_login *login, struct buf *out,
    struct err *e)
{
	struct buf plain;
	enum sasl_step got;
	int rc = 0;

	if (!may_begin(j, login))
		return 0;
	secret_buf(&plain);
	got = sasl_step(j->sasl, S(""), &plain, e);
	j->told_all = got == SASL_DONE;
	if (got == SASL_FAIL)
		rc = -1;
	else if (plain.len == 0)
		rc = buf_addc(out, '=');
	else if ((rc = base64_encode(out, buf_str(&plain))) < 0)
		err_set(e, ERR_LIMIT, "the answer is too long");
	if (rc == 0 && fits_line(j, login->mech, out->len))
		tell(j, false, buf_str(&plain));
	buf_fini(&plain);
	return rc;
}

/* j's program: the verb, the mechanism, perhaps an initial response. */
static int
auth_program(struct job *j, const struct conn_login *login,
    const struct sasl_login *how, struct err *e)
{
	struct arg args[2] = {{.kind = ARG_STR, .s = login->mech}};
	struct buf initial;
	int rc;

	j->told = login->told;
	j->sasl = sasl_new(how, e);
	if (j->sasl == NULL)
		return -1;
	secret_buf(&initial);
	rc = initial_response(j, login, &initial, e);
	if (rc == 0 && !fits_line(j, login->mech, initial.len)) {
		/* It goes behind the server's empty challenge, from anew. */
		j->told_all = false;
		sasl_free(j->sasl);
		j->sasl = sasl_new(how, e);
		rc = j->sasl != NULL ? 0 : -1;
		buf_clear(&initial);
	}
	args[1] = (struct arg){.kind = ARG_STR, .s = buf_str(&initial)};
	if (rc == 0)
		rc = j->cmd.conn->proto->encode(
		    &j->cmd, args, initial.len > 0 ? 2 : 1, e);
	buf_fini(&initial);
	return rc;
}

/* The exchange, with all that a mechanism may want to know. */
static int
begin_exchange(struct job *j, const struct conn_login *login, struct err *e)
{
	struct conn *c = j->cmd.conn;
	struct sasl_login how = {.mech = login->mech,
	    .user = login->user,
	    .authzid = login->authzid,
	    .password = login->password,
	    .service = c->proto->sasl->service,
	    .host = c->cfg.host != NULL ? c->cfg.host : "",
	    .port = c->cfg.transport == URL_TCP ? c->cfg.port : 0};
	struct buf data;
	int rc;

	buf_init(&data, BINDING_MAX);
	how.binding = find_binding(c, &data);
	rc = auth_program(j, login, &how, e);
	buf_fini(&data);
	return rc;
}

struct cmd *
conn_auth(struct conn *c, const struct conn_login *login, struct err *e)
{
	const char *verb;
	struct job *j;

	if (c->proto == NULL) {
		err_set(e, ERR_USE, "the server has not greeted yet");
		return NULL;
	}
	if (str_eqcase(login->mech, S("APOP")))
		return apop(c, login, e);
	verb = c->proto->sasl->verb;
	j = job_new(c, verb_find(c->proto->verbs, str_z(verb), NULL));
	j->arena.secret = true;
	j->word = job_dup(j, str_z(verb));
	if (begin_exchange(j, login, e) < 0 || job_queue(j, e) < 0) {
		cmd_unref(&j->cmd);
		return NULL;
	}
	j->subject = job_dup(j, login->user);
	return &j->cmd;
}
