/* luatext: values as Lua source. */
#include "shell/luatext.h"
#include "base/utf8.h"

/* Keywords (Lua 5.4 3.1), and what recorded scripts use by name. */
static const char *const taken[] = {"and", "break", "do", "else", "elseif",
    "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while", "assert",
    "conn", "io", "os", "postel", "print", "put", "require"};

/* The characters of s up to its end or to what must be escaped. */
static size_t
plain(struct str s)
{
	size_t n = 0, len;
	uint32_t c;

	while (n < s.n) {
		len = utf8_decode(str_skip(s, n), &c);
		if (len == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) ||
		    c == '"' || c == '\\')
			break;
		n += len;
	}
	return n;
}

/* The inside of a quoted string. */
static void
put_escaped(FILE *f, struct str s)
{
	while (s.n > 0) {
		size_t n = plain(s);

		fwrite(s.p, 1, n, f);
		s = str_skip(s, n);
		if (s.n == 0)
			break;
		if (*s.p == '"' || *s.p == '\\')
			fprintf(f, "\\%c", *s.p);
		else if (*s.p == '\r' || *s.p == '\n')
			fputs(*s.p == '\r' ? "\\r" : "\\n", f);
		else
			fprintf(f, "\\x%02x", (unsigned char)*s.p);
		s = str_skip(s, 1);
	}
}

void
luatext_string(FILE *f, struct str s)
{
	fputc('"', f);
	put_escaped(f, s);
	fputc('"', f);
}

/* Whether long brackets of level 1 say the same, CRLF aside. */
static bool
is_text(struct str s)
{
	struct str line;

	if (s.n == 0 || s.p[s.n - 1] != '\n')
		return false;
	for (size_t i = 0; i + 2 < s.n; i++)
		if (memcmp(s.p + i, "]=]", 3) == 0)
			return false;
	while (s.n > 0) {
		line = str_cut(&s, '\n');
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		while (line.n > 0) {
			size_t n = plain(line);
			if (n == 0 && *line.p != '"' && *line.p != '\\' &&
			    *line.p != '\t')
				return false;
			line = str_skip(line, n > 0 ? n : 1);
		}
	}
	return true;
}

static void
put_long(FILE *f, struct str s)
{
	struct str line;

	fputs("[=[\n", f);
	while (s.n > 0) {
		line = str_cut(&s, '\n');
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		fwrite(line.p, 1, line.n, f);
		fputc('\n', f);
	}
	fputs("]=]", f);
}

void
luatext_block(FILE *f, struct str s)
{
	size_t n;

	if (is_text(s)) {
		put_long(f, s);
		return;
	}
	fputc('"', f);
	while (s.n > 0) {
		n = str_find(s, '\n');
		n = n < s.n ? n + 1 : n;
		put_escaped(f, str_head(s, n));
		s = str_skip(s, n);
		/* \z eats the line end and the tab of the source. */
		if (s.n > 0)
			fputs("\\z\n\t", f);
	}
	fputc('"', f);
}

void
luatext_name(char *out, size_t size, struct str s)
{
	size_t n = 0;

	if (s.n == 0 || (!ascii_alpha(*s.p) && *s.p != '_'))
		n += (size_t)snprintf(out, size, "c_");
	for (size_t i = 0; i < s.n && n + 2 < size; i++)
		out[n++] =
		    ascii_alpha(s.p[i]) || ascii_digit(s.p[i]) ? s.p[i] : '_';
	out[n] = '\0';
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcmp(out, taken[i]) == 0)
			(void)snprintf(out + n, size - n, "_");
}
