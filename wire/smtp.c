/* smtp: the grammar of SMTP replies, keywords and paths. */
#include "wire/smtp.h"
#include "base/utf8.h"

/* One to three digits in front of *s, eaten. */
static bool
eat_number(struct str *s)
{
	size_t n = 0;

	while (n < s->n && n < 4 && ascii_digit(s->p[n]))
		n++;
	*s = str_skip(*s, n);
	return n >= 1 && n <= 3;
}

bool
smtp_status(struct str s)
{
	if (s.n < 5 || !str_has(S("245"), s.p[0]) || s.p[1] != '.')
		return false;
	s = str_skip(s, 2);
	if (!eat_number(&s) || s.n == 0 || *s.p != '.')
		return false;
	s = str_skip(s, 1);
	return eat_number(&s) && s.n == 0;
}

bool
smtp_line(struct str line, struct smtp_line *out)
{
	struct str word, rest;

	*out = (struct smtp_line){
	    .text = S(""), .status = S(""), .message = S("")};
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' ||
	    !ascii_digit(line.p[1]) || !ascii_digit(line.p[2]))
		return false;
	out->code = (unsigned)(line.p[0] - '0') * 100 +
		    (unsigned)(line.p[1] - '0') * 10 +
		    (unsigned)(line.p[2] - '0');
	if (line.n == 3)
		return true;
	if (line.p[3] != ' ' && line.p[3] != '-')
		return false;
	out->more = line.p[3] == '-';
	out->text = out->message = rest = str_skip(line, 4);
	word = str_head(rest, str_find(rest, ' '));
	if (smtp_status(word) && word.p[0] == line.p[0]) {
		out->status = word;
		out->message = str_trim(str_skip(rest, word.n));
	}
	return true;
}

struct str
smtp_keyword(struct str text, struct str *params)
{
	struct str all = str_trim(text);
	struct str word = str_word(&text);

	*params = str_trim(text);
	if (str_startscase(word, S("AUTH="))) {
		*params = str_skip(all, 5);
		return str_head(word, 4);
	}
	return word;
}

/* RFC 5321 4.1.2 Quoted-string, quotes included, at the start of s: its
 * length, 0 if it does not end. */
static size_t
quoted_length(struct str s)
{
	size_t i;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

bool
smtp_address(struct str s, bool utf8)
{
	size_t i, n, quoted = 0;
	uint32_t c;

	if (s.n > 0 && *s.p == '"') {
		quoted = quoted_length(s);
		if (quoted == 0 || (quoted < s.n && s.p[quoted] != '@'))
			return false;
	}
	for (i = 0; i < s.n; i += n) {
		n = utf8_decode(str_skip(s, i), &c);
		if (n == 0 || (n > 1 && !utf8))
			return false;
		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			return false;
		if (n == 1 && i >= quoted && str_has(S(" <>\"\\"), (char)c))
			return false;
	}
	return true;
}

bool
smtp_path(struct str *s, struct str *path)
{
	struct str in = str_trim(*s);
	size_t i, quoted;

	if (in.n == 0 || *in.p != '<')
		return false;
	in = str_skip(in, 1);
	if (in.n > 0 && *in.p == '@') { /* a source route */
		i = str_find(in, ':');
		if (i >= str_find(in, '>'))
			return false;
		in = str_skip(in, i + 1);
	}
	quoted = in.n > 0 && *in.p == '"' ? quoted_length(in) : 0;
	i = quoted + str_find(str_skip(in, quoted), '>');
	if (i == in.n || (i + 1 < in.n && in.p[i + 1] != ' '))
		return false;
	*path = str_head(in, i);
	*s = str_skip(in, i + 1);
	return true;
}
