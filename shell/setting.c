/* setting: what :set and postel.set change, in one table. */
#include "shell/setting.h"
#include "base/fingerprint.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"
#include "net/dns.h"
#include "shell/screen.h"

#include <stdlib.h>

/* What opt points to once it was set. */
static char *kept_trace;
static char *kept_pager;
static char *kept_dns;
static char *kept_ca;
static char *kept_fingerprint;
static char *kept_proxy;

/* ---- those that are no flags ---- */

static const char *const colours[] = {
    [COLOUR_AUTO] = "auto", [COLOUR_ON] = "on", [COLOUR_OFF] = "off"};

static int
set_flag(bool *flag, const char *value, struct err *e)
{
	static const char *const words[] = {
	    "off", "on", "no", "yes", "false", "true", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (str_eqcase(str_z(words[i]), str_z(value))) {
			*flag = i % 2 != 0;
			return 0;
		}
	}
	return err_set(e, ERR_USE, "it is none of these");
}

static void
get_color(const struct shell *sh, struct buf *out)
{
	(void)sh;
	(void)buf_addz(out, colours[screen_colour_choice()]);
}

static int
set_color(struct shell *sh, const char *value, struct err *e)
{
	(void)sh;
	for (int i = 0; i <= COLOUR_OFF; i++) {
		if (str_eqcase(str_z(colours[i]), str_z(value))) {
			screen_choose_colour((enum colour)i);
			return 0;
		}
	}
	return err_set(e, ERR_USE, "it is none of these");
}

static void
get_initial(const struct shell *sh, struct buf *out)
{
	(void)buf_addz(out, sh->opt->no_initial ? "off" : "on");
}

static int
set_initial(struct shell *sh, const char *value, struct err *e)
{
	bool on = false;

	if (set_flag(&on, value, e) != 0)
		return -1;
	sh->opt->no_initial = !on;
	return 0;
}

static void
get_starttls(const struct shell *sh, struct buf *out)
{
	const char *word = url_starttls_words[sh->opt->starttls];

	(void)buf_addz(out, word != NULL ? word : "auto");
}

static int
set_starttls(struct shell *sh, const char *value, struct err *e)
{
	enum url_starttls how = url_starttls(str_z(value));

	if (how == URL_STARTTLS_UNSET)
		return err_set(e, ERR_USE, "it is none of these");
	sh->opt->starttls = how;
	return 0;
}

static void
get_timeout(const struct shell *sh, struct buf *out)
{
	if (sh->opt->timeout_ms == 0)
		(void)buf_addz(out, "default");
	else
		(void)buf_addf(
		    out, "%lld", (long long)sh->opt->timeout_ms / 1000);
}

static int
set_timeout(struct shell *sh, const char *value, struct err *e)
{
	uint64_t s = 0;

	if (!str_eqcase(str_z(value), S("default")) &&
	    (!str_u64(str_z(value), 86400, &s) || s == 0))
		return err_set(e, ERR_USE, "seconds are from 1 to 86400");
	sh->opt->timeout_ms = (int64_t)s * 1000;
	return 0;
}

static void
get_trace(const struct shell *sh, struct buf *out)
{
	const char *to = sh->opt->trace;

	(void)buf_addz(out, to == NULL		   ? "off"
			    : strcmp(to, "-") == 0 ? "on"
						   : to);
}

static int
set_trace(struct shell *sh, const char *value, struct err *e)
{
	if (*value == '\0')
		return err_set(e, ERR_USE, "a file has a name");
	free(kept_trace);
	kept_trace = NULL;
	if (strcmp(value, "on") == 0)
		kept_trace = mem_strdup("-");
	else if (strcmp(value, "off") != 0)
		kept_trace = mem_strdup(value);
	sh->opt->trace = kept_trace;
	return 0;
}

static void
get_pager(const struct shell *sh, struct buf *out)
{
	(void)buf_addz(out, sh->pager == NULL	 ? "off"
			    : *sh->pager == '\0' ? "on"
						 : sh->pager);
}

static int
set_pager(struct shell *sh, const char *value, struct err *e)
{
	if (*value == '\0')
		return err_set(e, ERR_USE, "a command has a name");
	free(kept_pager);
	kept_pager = NULL;
	if (strcmp(value, "on") == 0)
		kept_pager = mem_strdup("");
	else if (strcmp(value, "off") != 0)
		kept_pager = mem_strdup(value);
	sh->pager = kept_pager;
	return 0;
}

/* Its password is not shown. */
static void
get_proxy(const struct shell *sh, struct buf *out)
{
	const char *url = sh->opt->proxy;

	if (url == NULL)
		(void)buf_addz(out, "default");
	else
		(void)url_mask(out, *url != '\0' ? str_z(url) : S("none"));
}

static int
set_proxy(struct shell *sh, const char *value, struct err *e)
{
	bool preset = str_eqcase(str_z(value), S("default"));
	struct arena a;
	struct url u;
	int rc;

	arena_init(&a, SHELL_LINE_MAX);
	a.secret = true;
	rc = preset ? 0 : url_parse_proxy(str_z(value), &a, &u, e);
	arena_fini(&a);
	if (rc != 0)
		return rc;
	mem_free_secret(kept_proxy);
	kept_proxy = preset ? NULL : mem_strdup(value);
	sh->opt->proxy = kept_proxy;
	return 0;
}

/* What is kept from now on: a copy of value, or NULL for the word that stands
 * for none. */
static const char *
keep(char **kept, const char *value, const char *none)
{
	bool is_none = str_eqcase(str_z(value), str_z(none));

	free(*kept);
	*kept = is_none ? NULL : mem_strdup(value);
	return *kept;
}

static void
get_ca(const struct shell *sh, struct buf *out)
{
	(void)buf_addz(out, sh->opt->ca != NULL ? sh->opt->ca : "system");
}

static int
set_ca(struct shell *sh, const char *value, struct err *e)
{
	if (*value == '\0')
		return err_set(e, ERR_USE, "a file has a name");
	sh->opt->ca = keep(&kept_ca, value, "system");
	return 0;
}

static void
get_fingerprint(const struct shell *sh, struct buf *out)
{
	const char *print = sh->opt->fingerprint;

	(void)buf_addz(out, print != NULL ? print : "none");
}

static int
set_fingerprint(struct shell *sh, const char *value, struct err *e)
{
	unsigned char ignored[FINGERPRINT_SIZE];

	if (!str_eqcase(str_z(value), S("none")) &&
	    !fingerprint_parse(str_z(value), ignored))
		return err_set(e, ERR_USE, "it is none of these");
	sh->opt->fingerprint = keep(&kept_fingerprint, value, "none");
	return 0;
}

static void
get_dns(const struct shell *sh, struct buf *out)
{
	(void)buf_addz(out, sh->opt->dns != NULL ? sh->opt->dns : "system");
}

static int
set_dns(struct shell *sh, const char *value, struct err *e)
{
	struct addr ignored;
	bool system = str_eqcase(str_z(value), S("system"));

	if (!system && dns_server_parse(value, &ignored, e) != 0)
		return -1;
	sh->opt->dns = keep(&kept_dns, value, "system");
	return 0;
}

static void
quiet_changed(struct shell *sh)
{
	screen_be_quiet(sh->opt->quiet);
}

/* ---- the table ---- */

#define OPTION(field)                                                          \
	.kind = SETTING_OPTION, .at = offsetof(struct options, field)
#define SHELL(field) .kind = SETTING_SHELL, .at = offsetof(struct shell, field)

const struct setting settings[] = {
    {"ca", NULL, N_("FILE | system"), "system",
	N_("Of new connections: the authorities that are trusted."),
	.get = get_ca, .set = set_ca},
    {"color", "colour", "auto | on | off", "auto",
	N_("Paints replies by their status, on a terminal."), .get = get_color,
	.set = set_color},
    {"confirm", NULL, "on | off", "on",
	N_("Ctrl-D tells first how many POP3 messages QUIT would delete."),
	SHELL(confirm)},
    {"debug", NULL, "on | off", "off",
	N_("A script that fails shows a stack trace."), OPTION(debug)},
    {"dns", NULL, N_("ADDRESS[:PORT] | system"), "system",
	N_("Of new connections: the name server to ask for hosts."),
	.get = get_dns, .set = set_dns},
    {"dry-run", NULL, "on | off", "off",
	N_("What changes mail or sends it is shown, and not sent."),
	OPTION(dry_run)},
    {"explain", NULL, "on | off", "off",
	N_("Says in words what each reply means; :explain does the same."),
	SHELL(explains)},
    {"fingerprint", NULL, N_("SHA256 | none"), "none",
	N_("Of new connections: the one certificate that is good."),
	.get = get_fingerprint, .set = set_fingerprint},
    {"history", NULL, "on | off", "on",
	N_("Lines that are typed are remembered, here and on disk."),
	SHELL(history)},
    {"initial", NULL, "on | off", "on",
	N_("A SASL login begins with its first answer, where the server lets "
	   "it."),
	.get = get_initial, .set = set_initial},
    {"insecure", NULL, "on | off", "off",
	N_("Of new connections: any certificate is good, and passwords may go "
	   "in clear."),
	OPTION(insecure)},
    {"keep-going", NULL, "on | off", "off",
	N_("A refusal does not end a batch or :source."), OPTION(keep_going)},
    {"pager", NULL, N_("on | off | COMMAND"), "off",
	N_("Shows what does not fit the screen by $PAGER or a command."),
	.get = get_pager, .set = set_pager},
    {"proxy", NULL, N_("URL | none | default"), "default",
	N_("Of new connections: the proxy that they go through."),
	.get = get_proxy, .set = set_proxy},
    {"quiet", NULL, "on | off", "off", N_("Notes are not shown, errors are."),
	OPTION(quiet), .changed = quiet_changed},
    {"starttls", NULL, "require | auto | no", "auto",
	N_("Whether to begin TLS, where a URL or an account does not say."),
	.get = get_starttls, .set = set_starttls},
    {"time", NULL, "on | off", "off",
	N_("Shows what each phase costs; :time does the same."), SHELL(time)},
    {"timeout", NULL, N_("SECONDS | default"), "default",
	N_("Of new connections: to connect, and for each reply."),
	.get = get_timeout, .set = set_timeout},
    {"trace", NULL, N_("on | off | FILE"), "off",
	N_("Of new connections: shows the wire, secrets masked."),
	.get = get_trace, .set = set_trace},
    {"verbose", NULL, "on | off", "off", N_("Scripts show what servers reply."),
	OPTION(verbose)},
    {.name = NULL},
};

/* ---- values ---- */

static bool *
flag_of(struct shell *sh, const struct setting *s)
{
	char *base = s->kind == SETTING_OPTION ? (char *)sh->opt : (char *)sh;

	return (bool *)(base + s->at);
}

void
setting_get(const struct shell *sh, const struct setting *s, struct buf *out)
{
	const char *base = s->kind == SETTING_OPTION ? (const char *)sh->opt
						     : (const char *)sh;

	if (s->kind == SETTING_TEXT)
		s->get(sh, out);
	else
		(void)buf_addz(
		    out, *(const bool *)(base + s->at) ? "on" : "off");
}

int
setting_set(
    struct shell *sh, const struct setting *s, const char *value, struct err *e)
{
	struct err why = {0};
	int rc;

	if (s->kind == SETTING_TEXT)
		rc = s->set(sh, value, &why);
	else
		rc = set_flag(flag_of(sh, s), value, &why);
	if (rc != 0)
		return err_set(e, ERR_USE, "%s cannot be %s: it is %s", s->name,
		    value, text_of(s->values));
	if (s->changed != NULL)
		s->changed(sh);
	script_options_changed(sh->L);
	return 0;
}

void
setting_begin(struct shell *sh)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; settings[i].name != NULL; i++) {
		buf_clear(&b);
		setting_get(sh, &settings[i], &b);
		if (strcmp(buf_cstr(&b), settings[i].preset) != 0)
			sh->given |= UINT64_C(1) << i;
	}
	buf_fini(&b);
}

void
setting_end(void)
{
	char **const kept[] = {&kept_trace, &kept_pager, &kept_dns, &kept_proxy,
	    &kept_ca, &kept_fingerprint};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		mem_free_secret(*kept[i]);
		*kept[i] = NULL;
	}
}

/* ---- names ---- */

static bool
is_called(const struct setting *s, struct str name)
{
	return str_eqcase(str_z(s->name), name) ||
	       (s->also != NULL && str_eqcase(str_z(s->also), name));
}

static const struct setting *
find_exact(struct str name)
{
	for (const struct setting *s = settings; s->name != NULL; s++)
		if (is_called(s, name))
			return s;
	return NULL;
}

static const struct setting *
missed(struct str name, struct err *e)
{
	struct near near;

	near_init(&near, name);
	for (const struct setting *s = settings; s->name != NULL; s++)
		near_try(&near, s->name);
	if (near.best != NULL)
		(void)err_set(e, ERR_USE, "no setting %.*s; did you mean %s?",
		    STRF(name), near.best);
	else
		(void)err_set(
		    e, ERR_USE, "no setting %.*s; :set lists them", STRF(name));
	return NULL;
}

const struct setting *
setting_find(struct str name, struct err *e)
{
	const struct setting *found = find_exact(name);
	struct buf names;
	size_t n = 0;

	if (found != NULL)
		return found;
	buf_init(&names, 1024);
	for (const struct setting *s = settings; s->name != NULL; s++) {
		if (name.n == 0 || !str_startscase(str_z(s->name), name))
			continue;
		(void)buf_addf(&names, "%s%s", n++ > 0 ? ", " : "", s->name);
		found = s;
	}
	if (n > 1)
		(void)err_set(e, ERR_USE, "%.*s may be one of %s", STRF(name),
		    buf_cstr(&names));
	buf_fini(&names);
	if (n == 0)
		return missed(name, e);
	return n == 1 ? found : NULL;
}

int
setting_tell(
    struct shell *sh, const char *name, const char *value, struct err *e)
{
	const struct setting *s = find_exact(str_z(name));

	if (s == NULL) {
		(void)missed(str_z(name), e);
		return -1;
	}
	if (sh->configuring && sh->given & UINT64_C(1) << (s - settings))
		return 0;
	return setting_set(sh, s, value, e);
}
