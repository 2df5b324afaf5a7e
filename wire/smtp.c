/* smtp: the grammar of SMTP replies, keywords and paths. */
#include "wire/smtp.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <netinet/in.h>

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

/* "[127.0.0.1]", "[IPv6:::1]" without the brackets. */
static bool
is_network_address(struct str s)
{
	unsigned char ignored[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	bool v6 = str_startscase(s, S("IPv6:"));

	s = str_skip(s, v6 ? strlen("IPv6:") : 0);
	if (s.n == 0 || s.n >= sizeof(text) || str_has(s, '\0'))
		return false;
	return inet_pton(v6 ? AF_INET6 : AF_INET,
		   str_copy(text, sizeof(text), s), ignored) == 1;
}

static bool
is_letter(char c, bool utf8)
{
	return ascii_alpha(c) || ascii_digit(c) ||
	       (utf8 && (unsigned char)c >= 0x80);
}

/* sub-domain = Let-dig [Ldh-str], or a U-label. */
static bool
is_label(struct str s, bool utf8)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter(s.p[i], utf8) &&
		    (s.p[i] != '-' || i == 0 || i + 1 == s.n))
			return false;
	return s.n > 0 && s.n <= 63;
}

bool
smtp_domain(struct str s, bool utf8)
{
	bool good = s.n > 0 && s.n <= 255;

	if (good && *s.p == '[')
		return str_ends(s, S("]")) &&
		       is_network_address((struct str){s.p + 1, s.n - 2});
	good = good && !str_ends(s, S(".")) && utf8_valid(s);
	while (good && s.n > 0)
		good = is_label(str_cut(&s, '.'), utf8);
	return good;
}

bool
smtp_mailbox(struct str s, bool utf8)
{
	struct str domain, local;

	if (s.n == 0 || !smtp_address(s, utf8))
		return false;
	domain = str_skip(s, *s.p == '"' ? quoted_length(s) : str_find(s, '@'));
	local = str_head(s, s.n - domain.n);
	for (size_t i = 0; *s.p != '"' && i < local.n; i++)
		if (str_has(S("(),:;[]"), local.p[i]))
			return false;
	return local.n > 0 &&
	       (domain.n == 0 || smtp_domain(str_skip(domain, 1), utf8));
}

/* A-d-l of RFC 5321 4.1.2. */
static bool
is_route(struct str s)
{
	struct str hop;
	bool good = !str_ends(s, S(","));

	while (good && s.n > 0) {
		hop = str_cut(&s, ',');
		good = hop.n > 0 && *hop.p == '@' &&
		       smtp_domain(str_skip(hop, 1), true);
	}
	return good;
}

/* Skips a source route, behind which there must be something. */
static bool
skip_route(struct str *s)
{
	size_t end = str_find(*s, ':');

	if (s->n == 0 || *s->p != '@')
		return true;
	if (end >= str_find(*s, '>') || !is_route(str_head(*s, end)))
		return false;
	*s = str_skip(*s, end + 1);
	return s->n > 0 && *s->p != '>';
}

bool
smtp_path(struct str *s, struct str *path)
{
	struct str in = str_trim(*s);
	size_t i, quoted;

	if (in.n == 0 || *in.p != '<')
		return false;
	in = str_skip(in, 1);
	if (!skip_route(&in))
		return false;
	quoted = in.n > 0 && *in.p == '"' ? quoted_length(in) : 0;
	i = quoted + str_find(str_skip(in, quoted), '>');
	if (i == in.n || (i + 1 < in.n && in.p[i + 1] != ' '))
		return false;
	*path = str_head(in, i);
	*s = str_skip(in, i + 1);
	return true;
}
