/*
 * completion: what bash, zsh and fish must know to complete a command line of
 * postel, written from the table of options.
 *
 * The scripts ask postel itself for the names that a first word can have, by
 * --completion=words, which reads no init.lua and opens nothing.
 */
#include "base/buf.h"
#include "base/str.h"
#include "shell/options.h"
#include "wire/url.h"

#include <stdio.h>

static bool
is_row(const struct option_row *r)
{
	return r->name != NULL || r->letter != 0;
}

/* For what a user sees: "words" is how the scripts ask, no shell. */
static void
put_words(FILE *f, const struct option_row *r)
{
	struct str words = str_z(r->words), word;
	const char *before = "", *z;

	for (size_t i = 0; r->word != NULL && (z = r->word(i)) != NULL; i++) {
		fprintf(f, "%s%s", before, z);
		before = " ";
	}
	while ((word = str_word(&words)).n > 0) {
		if (str_eq(word, S("words")))
			continue;
		fprintf(f, "%s%.*s", before, STRF(word));
		before = " ";
	}
}

/* Text between single quotes; `escaped` are the characters that get a
 * backslash besides. */
static void
put_quoted(FILE *f, const char *text, const char *escaped)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\'')
			fputs("'\\''", f);
		else if (strchr(escaped, *p) != NULL)
			fprintf(f, "\\%c", *p);
		else
			fputc(*p, f);
	}
}

/* "imap:// imaps:// ..." */
static void
put_schemes(FILE *f, const char *behind)
{
	const char *name;

	for (size_t i = 0; (name = url_scheme_name(i)) != NULL; i++)
		fprintf(f, "%s%s%s", i > 0 ? " " : "", name, behind);
}

/* A host is followed by a port: the schemes are names of ports, too, but
 * LMTP has none that is registered. */
static void
put_ports(FILE *f)
{
	const char *name;

	for (size_t i = 0; (name = url_scheme_name(i)) != NULL; i++)
		if (!str_starts(str_z(name), S("lmtp")))
			fprintf(f, "%s%s", i > 0 ? " " : "", name);
}

/* ---- bash ---- */

/* "-f|--file". */
static void
put_patterns(FILE *f, const struct option_row *r)
{
	if (r->letter != 0)
		fprintf(f, "-%c%s", r->letter, r->name != NULL ? "|" : "");
	if (r->name != NULL)
		fprintf(f, "--%s", r->name);
}

static void
bash_arguments(FILE *f)
{
	for (const struct option_row *r = option_rows; is_row(r); r++) {
		if (r->arg == NULL)
			continue;
		fputs("\t", f);
		put_patterns(f, r);
		fputs(")\n\t\t", f);
		if (r->optional)
			fputs(
			    "[[ $glued ]] || option=\n\t\t[[ $glued ]] && ", f);
		if (r->kind == KIND_FILE) {
			fputs("compopt -o filenames && COMPREPLY=($(compgen "
			      "-f -- \"$cur\"))",
			    f);
		} else if (r->kind == KIND_WORDS) {
			fputs("COMPREPLY=($(compgen -W '", f);
			put_words(f, r);
			fputs("' -- \"$cur\"))", f);
		} else {
			fputs(":", f);
		}
		fputs(" ;;\n", f);
	}
}

/* All options; those that want an argument have a "=" behind the name. */
static void
bash_options(FILE *f)
{
	for (const struct option_row *r = option_rows; is_row(r); r++) {
		if (r->letter != 0)
			fprintf(f, " -%c", r->letter);
		if (r->name != NULL)
			fprintf(f, " --%s%s", r->name,
			    r->arg != NULL && !r->optional ? "=" : "");
	}
}

/* The options whose next word is their argument. */
static void
bash_takers(FILE *f)
{
	const char *before = "";

	for (const struct option_row *r = option_rows; is_row(r); r++) {
		if (r->arg == NULL || r->optional)
			continue;
		fputs(before, f);
		put_patterns(f, r);
		before = "|";
	}
}

static void
put_bash(FILE *f)
{
	fputs("# bash completion for postel\n"
	      "_postel()\n"
	      "{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option= glued= first= i\n"
	      "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [[ $cur == = ]]; then\n"
	      "\t\toption=$prev glued=1 cur=\n"
	      "\telif [[ $prev == = && $COMP_CWORD -ge 2 ]]; then\n"
	      "\t\toption=${COMP_WORDS[COMP_CWORD-2]} glued=1\n"
	      "\telif [[ $prev == -* ]]; then\n"
	      "\t\toption=$prev\n"
	      "\tfi\n"
	      "\tcase $option in\n",
	    f);
	bash_arguments(f);
	fputs("\t*) option= ;;\n"
	      "\tesac\n"
	      "\t[[ $option ]] && return\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	    f);
	bash_options(f);
	fputs("' -- \"$cur\"))\n"
	      "\t\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\t# The first word, which is no option and no argument of one.\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t",
	    f);
	bash_takers(f);
	fputs(")\n"
	      "\t\t\t[[ ${COMP_WORDS[i+1]} == = ]] && ((i++))\n"
	      "\t\t\t((i++)) ;;\n"
	      "\t\t=) ((i++)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) first=${COMP_WORDS[i]}; break ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\t# bash takes a URL apart: imap, :, //user, @, host.\n"
	      "\tif [[ $prev == : && $cur == //* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -P // -A hostname -- \"${cur#//}\"))\n"
	      "\telif [[ $cur == @ || $prev == @ ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -A hostname -- \"${cur#@}\"))\n"
	      "\telif [[ ! $first ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$(\"$1\" --completion=words "
	      "2>/dev/null) ",
	    f);
	put_schemes(f, "://");
	fputs("\" -- \"$cur\")\n"
	      "\t\t\t$(compgen -A hostname -- \"$cur\")\n"
	      "\t\t\t$(compgen -f -X '!*.lua' -- \"$cur\")\n"
	      "\t\t\t$(compgen -d -S / -- \"$cur\"))\n"
	      "\t\t[[ ${COMPREPLY[0]} == */ ]] && compopt -o nospace\n"
	      "\telif [[ $first == lab ]]; then\n"
	      "\t\tcompopt -o filenames\n"
	      "\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))\n"
	      "\telif [[ ${COMP_WORDS[i+1]} == : ]]; then\n"
	      "\t\t: # a URL: nothing follows\n"
	      "\telif [[ $first != */* && $first != *.lua && $i -eq "
	      "$((COMP_CWORD - 1)) ]] &&\n"
	      "\t    ! \"$1\" --completion=words 2>/dev/null | grep -qFx -- "
	      "\"$first\"; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	    f);
	put_ports(f);
	fputs("' -- \"$cur\"))\n"
	      "\telse\n"
	      "\t\tcompopt -o filenames\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	      "\tfi\n"
	      "}\n"
	      "complete -F _postel postel\n",
	    f);
}

/* ---- zsh ---- */

/* What zsh calls the action of an argument. */
static void
zsh_action(FILE *f, const struct option_row *r)
{
	if (r->kind == KIND_WORDS) {
		fputs("(", f);
		put_words(f, r);
		fputs(")", f);
	} else {
		fputs(r->kind == KIND_FILE ? "_files" : " ", f);
	}
}

/* One line for _arguments: a short form, or a long one. */
static void
zsh_form(FILE *f, const struct option_row *r, bool is_long)
{
	bool argument = r->arg != NULL && (is_long || !r->optional);

	fputs("\t    '", f);
	if (r->name == NULL)
		fputs("*", f);
	else if (r->letter != 0)
		fprintf(f, "(-%c --%s)", r->letter, r->name);
	if (is_long)
		fprintf(f, "--%s", r->name);
	else
		fprintf(f, "-%c", r->letter);
	if (argument)
		fputs(!is_long ? "+" : r->optional ? "=-" : "=", f);
	fputs("[", f);
	put_quoted(f, r->help, ":[]");
	fputs("]", f);
	if (argument) {
		fputs(":", f);
		if (r->optional)
			fputs(":", f);
		put_quoted(f, r->arg, ":[]");
		fputs(":", f);
		zsh_action(f, r);
	}
	fputs("' \\\n", f);
}

static void
put_zsh(FILE *f)
{
	fputs("#compdef postel\n"
	      "\n"
	      "_postel_first()\n"
	      "{\n"
	      "\tlocal -a names schemes\n"
	      "\tif compset -P '*://*@' || compset -P '*://'; then\n"
	      "\t\t_hosts -S ''\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tnames=(${(f)\"$(_call_program names ${words[1]} "
	      "--completion=words)\"})\n"
	      "\tschemes=(",
	    f);
	put_schemes(f, "://");
	fputs(")\n"
	      "\t_alternative 'names:script:compadd -a names' \\\n"
	      "\t    'urls:URL:compadd -S \"\" -a schemes' \\\n"
	      "\t    'files:Lua file:_path_files -g \"*.lua\"' \\\n"
	      "\t    'folders:folder:_path_files -/' \\\n"
	      "\t    'hosts:host:_hosts'\n"
	      "}\n"
	      "\n"
	      "_postel_rest()\n"
	      "{\n"
	      "\tlocal -a names\n"
	      "\tlocal first=$postel_first\n"
	      "\tcase $first in\n"
	      "\tlab) _files -/; return ;;\n"
	      "\t*:*) return ;;\n"
	      "\t*/*|*.lua) _files; return ;;\n"
	      "\tesac\n"
	      "\tnames=(${(f)\"$(_call_program names $postel_program "
	      "--completion=words)\"})\n"
	      "\tif (( ${names[(Ie)$first]} )); then\n"
	      "\t\t_files\n"
	      "\telse\n"
	      "\t\tcompadd ",
	    f);
	put_ports(f);
	fputs("\n"
	      "\tfi\n"
	      "}\n"
	      "\n"
	      "_postel()\n"
	      "{\n"
	      "\tlocal state line postel_first postel_program=${words[1]}\n"
	      "\tlocal -A opt_args\n"
	      "\t_arguments -s -S \\\n",
	    f);
	for (const struct option_row *r = option_rows; is_row(r); r++) {
		if (r->letter != 0)
			zsh_form(f, r, false);
		if (r->name != NULL)
			zsh_form(f, r, true);
	}
	fputs("\t    '1:first word:_postel_first' \\\n"
	      "\t    '*: :->rest' && return\n"
	      "\tif [[ $state == rest ]]; then\n"
	      "\t\tpostel_first=${line[1]}\n"
	      "\t\t_postel_rest\n"
	      "\tfi\n"
	      "}\n"
	      "\n"
	      "if [[ $funcstack[1] == _postel ]]; then\n"
	      "\t_postel \"$@\"\n"
	      "else\n"
	      "\tcompdef _postel postel\n"
	      "fi\n",
	    f);
}

/* ---- fish ---- */

static void
fish_row(FILE *f, const struct option_row *r)
{
	fputs("complete -c postel", f);
	if (r->letter != 0)
		fprintf(f, " -s %c", r->letter);
	if (r->name != NULL)
		fprintf(f, " -l %s", r->name);
	if (r->arg != NULL && !r->optional)
		fputs(r->kind == KIND_FILE ? " -r -F" : " -x", f);
	if (r->kind == KIND_WORDS) {
		fputs(" -a '", f);
		put_words(f, r);
		fputs("'", f);
	}
	fputs(" -d '", f);
	/* fish knows \' between single quotes, and no '\''. */
	for (const char *p = r->help; *p != '\0'; p++)
		fprintf(f, *p == '\'' ? "\\%c" : "%c", *p);
	fputs("'\n", f);
}

static void
put_fish(FILE *f)
{
	fputs("# fish completion for postel\n"
	      "\n"
	      "# The words that are no options and no arguments of options.\n"
	      "function __postel_words\n"
	      "\tset -l skip 0\n"
	      "\tfor word in (commandline -opc)[2..-1]\n"
	      "\t\tif test $skip = 1\n"
	      "\t\t\tset skip 0\n"
	      "\t\t\tcontinue\n"
	      "\t\tend\n"
	      "\t\tswitch $word\n"
	      "\t\t\tcase",
	    f);
	for (const struct option_row *r = option_rows; is_row(r); r++) {
		if (r->arg == NULL || r->optional)
			continue;
		if (r->letter != 0)
			fprintf(f, " -%c", r->letter);
		if (r->name != NULL)
			fprintf(f, " --%s", r->name);
	}
	fputs("\n"
	      "\t\t\t\tset skip 1\n"
	      "\t\t\tcase '-*'\n"
	      "\t\t\tcase '*'\n"
	      "\t\t\t\techo $word\n"
	      "\t\tend\n"
	      "\tend\n"
	      "end\n"
	      "\n"
	      "function __postel_no_word\n"
	      "\ttest (count (__postel_words)) = 0\n"
	      "end\n"
	      "\n"
	      "function __postel_names\n"
	      "\tset -l program (commandline -opc)[1]\n"
	      "\t$program --completion=words 2>/dev/null\n"
	      "end\n"
	      "\n"
	      "# A host alone, which wants a port.\n"
	      "function __postel_host\n"
	      "\tset -l words (__postel_words)\n"
	      "\ttest (count $words) = 1\n"
	      "\tand not string match -qr '[:/]|\\.lua$' -- $words[1]\n"
	      "\tand not contains -- $words[1] (__postel_names)\n"
	      "end\n"
	      "\n"
	      "function __postel_lab\n"
	      "\tset -l words (__postel_words)\n"
	      "\ttest (count $words) = 1 -a \"$words[1]\" = lab\n"
	      "end\n"
	      "\n"
	      "function __postel_lua\n"
	      "\tset -l begun (string replace -r '^~/' $HOME/ -- "
	      "(commandline -ct))\n"
	      "\tfor file in $begun*.lua $begun*/\n"
	      "\t\techo $file\n"
	      "\tend\n"
	      "end\n"
	      "\n"
	      "# A script has arguments, among which may be files.\n"
	      "function __postel_script\n"
	      "\tset -l words (__postel_words)\n"
	      "\ttest (count $words) -ge 1\n"
	      "\tand test \"$words[1]\" != lab\n"
	      "\tand not string match -q '*:*' -- $words[1]\n"
	      "\tand begin\n"
	      "\t\tstring match -qr '/|\\.lua$' -- $words[1]\n"
	      "\t\tor contains -- $words[1] (__postel_names)\n"
	      "\tend\n"
	      "end\n"
	      "\n"
	      "# fish leaves this machine out.\n"
	      "function __postel_hosts\n"
	      "\techo localhost\n"
	      "\t__fish_print_hostnames\n"
	      "end\n"
	      "\n"
	      "function __postel_urls\n"
	      "\tset -l begun (string match -r '^[a-z0-9]+://([^@/]*@)?' -- "
	      "(commandline -ct))[1]\n"
	      "\tif test -n \"$begun\"\n"
	      "\t\tprintf '%s\\n' $begun(__postel_hosts)\n"
	      "\telse\n"
	      "\t\tprintf '%s\\tURL\\n' ",
	    f);
	put_schemes(f, "://");
	fputs("\n"
	      "\t\t__postel_hosts\n"
	      "\tend\n"
	      "end\n"
	      "\n"
	      "complete -c postel -f\n"
	      "complete -c postel -n __postel_no_word -a '(__postel_names)'\n"
	      "complete -c postel -n __postel_no_word -a '(__postel_urls)'\n"
	      "complete -c postel -n __postel_no_word -a "
	      "'(__postel_lua)'\n"
	      "complete -c postel -n __postel_lab -a "
	      "'(__fish_complete_directories)'\n"
	      "complete -c postel -n __postel_script -F\n"
	      "complete -c postel -n __postel_host -a '",
	    f);
	put_ports(f);
	fputs("'\n", f);
	for (const struct option_row *r = option_rows; is_row(r); r++)
		fish_row(f, r);
}

/* ---- words ---- */

static void
put_name(const char *name, void *arg)
{
	fprintf(arg, "%s\n", name);
}

/* What is no host and no URL: whoever adds another kind of first word adds
 * its names here.  It must cost no more than a few milliseconds. */
static void
put_names(FILE *f)
{
	fputs("lab\n", f);
	script_names(put_name, f);
}

bool
completion_put(FILE *f, const char *what)
{
	static const struct {
		const char *name;
		void (*put)(FILE *f);
	} kinds[] = {
	    {"bash", put_bash},
	    {"zsh", put_zsh},
	    {"fish", put_fish},
	    {"words", put_names},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, what) == 0) {
			kinds[i].put(f);
			return true;
		}
	}
	return false;
}
