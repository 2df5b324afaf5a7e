/* auth: logins that the program leads: SASL exchanges, and APOP. */
#include "base/base64.h"
#include "net/digest.h"
#include "proto/engine.h"

bool
conn_knows_mech(const struct conn *c, struct str mech)
{
	if (str_eqcase(mech, S("APOP")))
		return c->pop3.stamp[0] != '\0';
	return sasl_knows(mech);
}

static struct cmd *
apop(struct conn *c, const struct conn_login *login, struct err *e)
{
	char digest[DIGEST_APOP_SIZE];
	struct arg args[2] = {{.kind = ARG_STR, .s = login->user},
	    {.kind = ARG_STR, .s = {digest, DIGEST_APOP_SIZE - 1}}};
	struct cmd *cmd;

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

	buf_init(&in, limits.line);
	secret_buf(&out);
	secret_buf(&coded);
	if (++j->challenges > limits.challenges)
		err_set(&j->sasl_err, ERR_LIMIT,
		    "the server asks without end in the login");
	else if (base64_decode(&in, challenge) < 0)
		err_set(&j->sasl_err, ERR_PROTO,
		    "a challenge of the login is not base64");
	else
		got = sasl_step(j->sasl, buf_str(&in), &out, &j->sasl_err);
	tell(j, true, buf_str(&in));
	tell(j, false, got == SASL_FAIL ? S("*") : buf_str(&out));
	j->cmd.state = CMD_SENDING;
	/* RFC 4954 4, 5034 4, 3501 6.2.2: "*" ends the exchange. */
	if (got == SASL_FAIL || base64_encode(&coded, buf_str(&out)) < 0)
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

/*
 * The initial response in base64, or nothing where none is sent: "=" stands
 * for one that is empty (RFC 4954 4, RFC 4959 3).
 */
static int
initial_response(struct job *j, const struct conn_login *login, struct buf *out,
    struct err *e)
{
	const struct sasl_dialect *d = j->cmd.conn->proto->sasl;
	struct buf plain;
	int rc = 0;

	if (!login->initial || !sasl_client_first(login->mech) ||
	    !(d->ir_always || conn_has(j->cmd.conn, d->ir_capability)))
		return 0;
	secret_buf(&plain);
	if (sasl_step(j->sasl, S(""), &plain, e) == SASL_FAIL)
		rc = -1;
	else if (plain.len == 0)
		rc = buf_addc(out, '=');
	else if ((rc = base64_encode(out, buf_str(&plain))) < 0)
		err_set(e, ERR_AUTH, "the answer is too long");
	if (rc == 0)
		tell(j, false, buf_str(&plain));
	buf_fini(&plain);
	return rc;
}

/* j's program: the verb, the mechanism, perhaps an initial response. */
static int
auth_program(struct job *j, const struct conn_login *login, struct err *e)
{
	struct conn *c = j->cmd.conn;
	struct arg args[2] = {{.kind = ARG_STR, .s = login->mech}};
	struct sasl_login how = {.mech = login->mech,
	    .user = login->user,
	    .authzid = login->authzid,
	    .password = login->password,
	    .service = c->proto->sasl->service,
	    .host = c->cfg.host != NULL ? c->cfg.host : ""};
	struct buf initial;
	int rc = -1;

	j->told = login->told;
	j->sasl = sasl_new(&how, e);
	if (j->sasl == NULL)
		return -1;
	secret_buf(&initial);
	if (initial_response(j, login, &initial, e) == 0) {
		args[1] = (struct arg){.kind = ARG_STR, .s = buf_str(&initial)};
		rc =
		    c->proto->encode(&j->cmd, args, initial.len > 0 ? 2 : 1, e);
	}
	buf_fini(&initial);
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
	if (auth_program(j, login, e) < 0 || job_queue(j, e) < 0) {
		cmd_unref(&j->cmd);
		return NULL;
	}
	j->subject = job_dup(j, login->user);
	return &j->cmd;
}
