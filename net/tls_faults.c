/*
 * tls_faults: what is wrong with a certificate, and how to go on, in words.
 *
 * A stranger wrote what stands in a certificate: names pass vis, and are
 * bounded in number and length.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "base/vis.h"
#include "net/tls_config.h"

#include <time.h>

enum {
	NAMES_SHOWN = 3,
	NAME_SHOWN = 40,
	ROOM = 256 << 10, /* names and words of one certificate */
};

/* -- Parts of a certificate, in words -------------------------------------- */

/* What a stranger wrote, NUL-terminated, visible and short. */
static const char *
shown(struct arena *a, struct str s)
{
	struct str head = utf8_head(s, NAME_SHOWN);
	struct buf b;
	struct str out;

	buf_init(&b, 16 * NAME_SHOWN);
	(void)vis_add(&b, head);
	if (head.n < s.n)
		(void)buf_addz(&b, "...");
	out = arena_dup(a, buf_str(&b));
	buf_fini(&b);
	return out.p != NULL ? out.p : "?";
}

static const char *
issuer(const struct tls_found *f)
{
	return shown(
	    f->a, tls_name_text(f->a, ossl.X509_get_issuer_name(f->cert)));
}

static const char *
subject(const struct tls_found *f)
{
	return shown(
	    f->a, tls_name_text(f->a, ossl.X509_get_subject_name(f->cert)));
}

static const char *
date(const struct tls_found *f, const ASN1_TIME *t)
{
	int64_t seconds;
	time_t at;
	struct tm tm;
	char day[40] = "?";

	if (!tls_read_time(t, &seconds))
		return "?";
	at = (time_t)seconds;
	if (gmtime_r(&at, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", &tm);
	return shown(f->a, str_z(day));
}

/* "a.example, b.example, c.example …": the first names that it has. */
static const char *
names(const struct tls_found *f)
{
	struct tls_name *name = tls_cert_names(f->a, f->own);
	struct str out = S("");

	for (int n = 0; name != NULL && n < NAMES_SHOWN; name = name->next, n++)
		out = arena_fmt(f->a, "%s%s%s", n > 0 ? out.p : "",
		    n > 0 ? ", " : "", shown(f->a, name->text));
	if (name != NULL)
		out = arena_fmt(f->a, "%s ...", out.p);
	return out.p != NULL ? out.p : "?";
}

/* -- The faults, in words -------------------------------------------------- */

static struct str
say_pin(const struct tls_found *f)
{
	char wanted[FINGERPRINT_TEXT];

	fingerprint_text(f->v->pin, wanted);
	return arena_fmt(f->a,
	    text_of("it is not the pinned one, whose fingerprint is %s"),
	    wanted);
}

static struct str
say_self_signed(const struct tls_found *f)
{
	(void)f;
	return str_z(text_of("it is self-signed, no authority vouches for it"));
}

static struct str
say_unknown_issuer(const struct tls_found *f)
{
	const char *file, *dir;

	if (f->v->system && !tls_system_trust(&file, &dir))
		return arena_fmt(f->a,
		    text_of("no authority is known: there are none in %s and "
			    "%s, where this system has them"),
		    file, dir);
	return arena_fmt(f->a,
	    text_of("it was issued by %s, for whom no trusted authority "
		    "vouches"),
	    issuer(f));
}

static struct str
say_signature(const struct tls_found *f)
{
	return arena_fmt(
	    f->a, text_of("its signature is not that of %s"), issuer(f));
}

static struct str
say_expired(const struct tls_found *f)
{
	const char *when = date(f, ossl.X509_get0_notAfter(f->cert));

	if (f->depth == 0)
		return arena_fmt(f->a, text_of("it expired on %s"), when);
	return arena_fmt(f->a,
	    text_of("that of its authority %s expired on %s"), subject(f),
	    when);
}

static struct str
say_early(const struct tls_found *f)
{
	const char *when = date(f, ossl.X509_get0_notBefore(f->cert));

	if (f->depth == 0)
		return arena_fmt(
		    f->a, text_of("it is not valid before %s"), when);
	return arena_fmt(f->a,
	    text_of("that of its authority %s is not valid before %s"),
	    subject(f), when);
}

static struct str
say_name(const struct tls_found *f)
{
	const char *host = shown(f->a, str_z(f->v->host));

	if (tls_cert_names(f->a, f->own) == NULL)
		return arena_fmt(f->a,
		    text_of("it names no server in subjectAltName, where %s "
			    "must be; its subject %s does not count"),
		    host,
		    shown(f->a, tls_name_text(
				    f->a, ossl.X509_get_subject_name(f->own))));
	return arena_fmt(
	    f->a, text_of("it is not for %s, but for %s"), host, names(f));
}

static struct str
say_purpose(const struct tls_found *f)
{
	if (f->depth > 0)
		return arena_fmt(f->a,
		    text_of("its authority %s may not vouch for servers"),
		    subject(f));
	if (ossl.X509_check_ca(f->own) > 0)
		return str_z(
		    text_of("it is that of an authority, not of a server"));
	if (ossl.X509_get_extended_key_usage(f->own) & XKU_SSL_CLIENT)
		return str_z(text_of("it is for clients, not for servers"));
	return str_z(text_of("it is for another purpose than a server's"));
}

static struct str
say_no_authority(const struct tls_found *f)
{
	return arena_fmt(f->a,
	    text_of("it was issued with the certificate of %s, which is none "
		    "of an authority"),
	    subject(f));
}

static struct str
say_weak_key(const struct tls_found *f)
{
	const char *key = shown(f->a, tls_key_text(f->a, f->cert));

	if (f->depth == 0)
		return arena_fmt(f->a, text_of("its key is too weak: %s"), key);
	return arena_fmt(f->a,
	    text_of("the key of its authority %s is too weak: %s"), subject(f),
	    key);
}

static struct str
say_weak_signature(const struct tls_found *f)
{
	return arena_fmt(f->a,
	    text_of("the signature of %s under it is too weak: %s"), issuer(f),
	    shown(f->a, tls_signature_text(f->a, f->cert)));
}

static struct str
say_constraint(const struct tls_found *f)
{
	return arena_fmt(f->a,
	    text_of("an authority above it may not vouch for %s (name "
		    "constraints)"),
	    names(f));
}

static struct str
say_long(const struct tls_found *f)
{
	return arena_fmt(f->a,
	    text_of("there are more authorities between it and %s than are "
		    "allowed (path length)"),
	    subject(f));
}

static struct str
say_other(const struct tls_found *f)
{
	return str_z(text_of(ossl.X509_verify_cert_error_string(f->code)));
}

/* -- How to go on ---------------------------------------------------------- */

static void
hint_pin(struct err *e, const struct tls_found *f)
{
	(void)f;
	err_hint(e,
	    "that of this one is %s: it may be another server, or have a new "
	    "certificate; ask its owner before you change the pin",
	    e->fingerprint);
}

static void
hint_trust(struct err *e, const struct tls_found *f)
{
	const char *file, *dir;

	if (f->v->system && !tls_system_trust(&file, &dir))
		err_hint(e,
		    "install the package ca-certificates, or name authorities "
		    "by --ca=FILE");
	else
		err_hint(e,
		    "to trust it: --ca=FILE with its authority, or, once you "
		    "have compared it, --fingerprint=%s",
		    e->fingerprint);
}

/* What no authority that is named could mend. */
static void
hint_other(struct err *e, const struct tls_found *f)
{
	(void)f;
	err_hint(e,
	    "its owner must mend it; until then, once you have compared it: "
	    "--fingerprint=%s",
	    e->fingerprint);
}

static void
hint_clock(struct err *e, const struct tls_found *f)
{
	time_t now = time(NULL);
	struct tm tm;
	char day[40] = "?";

	(void)f;
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", &tm);
	err_hint(e,
	    "by this machine's clock it is %s; else, once you have compared "
	    "it: --fingerprint=%s",
	    day, e->fingerprint);
}

/* Whether a name of the certificate looks like one that would fit. */
static bool
any_name(const struct tls_found *f, char octet)
{
	const struct tls_name *name = tls_cert_names(f->a, f->own);

	for (; name != NULL; name = name->next)
		for (size_t i = 0; i < name->text.n; i++)
			if (name->text.p[i] == octet ||
			    (octet < 0 && name->text.p[i] < 0))
				return true;
	return false;
}

/* Whether the host is in it after all, but as the name of something else. */
static bool
is_misplaced(const struct tls_found *f)
{
	const struct tls_name *name = tls_cert_names(f->a, f->own);

	while (name != NULL && !str_eqcase(name->text, str_z(f->v->host)))
		name = name->next;
	return name != NULL;
}

static void
hint_name(struct err *e, const struct tls_found *f)
{
	if (tls_cert_names(f->a, f->own) == NULL)
		hint_other(e, f);
	else if (any_name(f, '\0'))
		err_hint(e,
		    "a name with a NUL in it was made to deceive: do not go "
		    "on; its fingerprint is %s",
		    e->fingerprint);
	else if (any_name(f, '*'))
		err_hint(e,
		    "* stands for one whole label, not for two, not right "
		    "below the top, not in an address; if compared: "
		    "--fingerprint=%s",
		    e->fingerprint);
	else if (any_name(f, -1))
		err_hint(e,
		    "what is not ASCII in a name counts only as A-label "
		    "(xn--...): its owner must mend it; if compared: "
		    "--fingerprint=%s",
		    e->fingerprint);
	else if (is_misplaced(f))
		err_hint(e,
		    "it has it, but not as one of a server (DNS:, for an "
		    "address IP:): its owner must mend it; if compared: "
		    "--fingerprint=%s",
		    e->fingerprint);
	else
		err_hint(e,
		    "use a name that it has; if it is the right one all the "
		    "same, and compared: --fingerprint=%s",
		    e->fingerprint);
}

/* -- All of it ------------------------------------------------------------- */

typedef struct str say_fn(const struct tls_found *f);
typedef void hint_fn(struct err *e, const struct tls_found *f);

/* The first that there is, is told.  One of another code is the last. */
static const struct fault {
	int code;
	const char *reason; /* for programs */
	say_fn *say;
	hint_fn *hint;
} faults[] = {
    {X509_V_ERR_APPLICATION_VERIFICATION, "pin", say_pin, hint_pin},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "signature", say_signature, hint_other},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed", say_self_signed,
	hint_trust},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown-issuer", say_unknown_issuer,
	hint_trust},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown-issuer",
	say_unknown_issuer, hint_trust},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown-issuer", say_unknown_issuer,
	hint_trust},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown-issuer",
	say_unknown_issuer, hint_trust},
    {X509_V_ERR_HOSTNAME_MISMATCH, "name", say_name, hint_name},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "name", say_name, hint_name},
    {X509_V_ERR_CERT_HAS_EXPIRED, "expired", say_expired, hint_clock},
    {X509_V_ERR_CERT_NOT_YET_VALID, "not-yet-valid", say_early, hint_clock},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "path-length", say_long, hint_other},
    {X509_V_ERR_INVALID_CA, "no-authority", say_no_authority, hint_other},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "no-authority", say_no_authority,
	hint_other},
    {X509_V_ERR_INVALID_PURPOSE, "purpose", say_purpose, hint_other},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "weak", say_weak_key, hint_other},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "weak", say_weak_key, hint_other},
    {X509_V_ERR_CA_MD_TOO_WEAK, "weak", say_weak_signature, hint_other},
    {X509_V_ERR_PERMITTED_VIOLATION, "constraint", say_constraint, hint_other},
    {X509_V_ERR_EXCLUDED_VIOLATION, "constraint", say_constraint, hint_other},
    {X509_V_ERR_UNSPECIFIED, "other", say_other, hint_other},
};

enum { N_FAULTS = sizeof(faults) / sizeof(faults[0]) };

static const struct fault *
fault_of(int code)
{
	const struct fault *f = faults;

	while (f < &faults[N_FAULTS - 1] && f->code != code)
		f++;
	return f;
}

void
tls_tell_fault(struct tls_verdict *v, struct tls_found *found, size_t n)
{
	const struct tls_found *f = &found[0];
	const struct fault *row;
	struct arena a;

	for (size_t i = 1; i < n; i++)
		if (fault_of(found[i].code) < fault_of(f->code))
			f = &found[i];
	row = fault_of(f->code);
	arena_init(&a, ROOM);
	found[f - found].a = &a;
	(void)err_set(&v->fault, ERR_TLS, "%s", row->say(f).p);
	str_copy(v->fault.reason, sizeof(v->fault.reason), str_z(row->reason));
	tls_fingerprint(f->own, v->fault.fingerprint);
	row->hint(&v->fault, f);
	/* No authority could mend a name. */
	for (size_t i = 0; i < n && row->hint == hint_trust; i++)
		if (fault_of(found[i].code)->say == say_name)
			hint_other(&v->fault, f);
	arena_fini(&a);
}
