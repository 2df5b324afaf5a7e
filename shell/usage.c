/* usage: the table of options, printed; and who we are. */
#include "base/text.h"
#include "net/gsasl.h"
#include "net/idn2.h"
#include "net/openssl.h"
#include "shell/options.h"

#include <stdio.h>
#include <readline/readline.h>
#include <zlib.h>

/* Where the words of explanation begin. */
enum { HELP_COLUMN = 26 };

static void
put_row(FILE *f, const struct option_row *r)
{
	char head[80];
	int n = 0, size = sizeof(head);

	n += snprintf(head, sizeof(head), "  %c%c%s", r->letter ? '-' : ' ',
	    r->letter ? r->letter : ' ',
	    r->name == NULL ? ""
	    : r->letter	    ? ", "
			    : "  ");
	if (r->name != NULL)
		n += snprintf(head + n, (size_t)(size - n), "--%s", r->name);
	if (r->arg != NULL)
		n += snprintf(head + n, (size_t)(size - n),
		    r->name == NULL ? " %s"
		    : r->optional   ? "[=%s]"
				    : "=%s",
		    text_of(r->arg));
	if (n + 2 > HELP_COLUMN)
		fprintf(
		    f, "%s\n%*s%s\n", head, HELP_COLUMN, "", text_of(r->help));
	else
		fprintf(f, "%-*s%s\n", HELP_COLUMN, head, text_of(r->help));
}

void
options_usage(FILE *f)
{
	fputs(
	    text_of(
		"usage: postel [OPTION...] URL            a conversation\n"
		"       postel [OPTION...] HOST PORT      the same, as telnet "
		"has it\n"
		"       postel [OPTION...] ACCOUNT        one of init.lua\n"
		"       postel [OPTION...] NAME ARG...    a script by name\n"
		"       postel [OPTION...] FILE.lua ARG...\n"
		"       postel [OPTION...] lab [DIR]      a practice server to "
		"talk to\n"
		"       postel -e CHUNK\n"
		"\n"),
	    f);
	for (const struct option_row *r = option_rows;
	     r->name != NULL || r->letter != 0; r++)
		put_row(f, r);
	fputs(text_of("\n"
		      "URL: imap[s]://user@host/mailbox, pop3[s]://user@host, "
		      "smtp[s]://host,\n"
		      "submission://user@host, lmtp://host, imap+unix:/path, "
		      "imap+pipe:COMMAND\n"),
	    f);
}

void
options_version(FILE *f)
{
	struct err e[3] = {{0}};

	fprintf(f, "postel " POSTEL_VERSION "\n");
	fprintf(f, "%s, %s, libgsasl %s, libidn2 %s, zlib %s, readline %s\n",
	    LUA_RELEASE,
	    openssl_open(&e[0]) == 0 ? ossl.OpenSSL_version(OPENSSL_VERSION)
				     : e[0].msg,
	    gsasl_open(&e[1]) == 0 ? gsl.gsasl_check_version(NULL) : e[1].msg,
	    idn2_open(&e[2]) == 0 ? idn2.idn2_check_version(NULL) : e[2].msg,
	    zlibVersion(), rl_library_version);
}
