/* pop3: the grammar of POP3 status lines and listings. */
#include "wire/pop3.h"

/* "[CODE] text": the code, of printable octets without brackets (RFC 2449
 * 8), and the text behind it. */
static void
cut_code(struct pop3_line *out)
{
	struct str rest = out->text, code;
	size_t i;

	if (rest.n == 0 || *rest.p != '[' || !str_has(rest, ']'))
		return;
	rest = str_skip(rest, 1);
	code = str_cut(&rest, ']');
	for (i = 0; i < code.n; i++)
		if (code.p[i] <= ' ' || code.p[i] > '~' || code.p[i] == '[')
			return;
	if (code.n == 0)
		return;
	out->code = code;
	out->text = str_trim(rest);
}

bool
pop3_line(struct str line, struct pop3_line *out)
{
	static const struct {
		struct str word;
		enum pop3_status status;
	} words[] = {{STR("+OK"), POP3_OK}, {STR("-ERR"), POP3_ERR},
	    {STR("+"), POP3_CONTINUE}};
	size_t i, n;

	*out = (struct pop3_line){.code = S(""), .text = S("")};
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = words[i].word.n;
		if (!str_startscase(line, words[i].word) ||
		    (line.n > n && line.p[n] != ' '))
			continue;
		out->status = words[i].status;
		if (line.n > n)
			out->text = str_skip(line, n + 1);
		if (out->status != POP3_CONTINUE)
			cut_code(out);
		return true;
	}
	return false;
}

/* RFC 5322 3.2.3 */
static bool
is_dot_atom(struct str s)
{
	char before = '.';
	size_t i;

	for (i = 0; i < s.n; before = s.p[i++])
		if (s.p[i] == '.'
			? before == '.'
			: !ascii_alpha(s.p[i]) && !ascii_digit(s.p[i]) &&
			      !str_has(S("!#$%&'*+-/=?^_`{|}~"), s.p[i]))
			return false;
	return before != '.';
}

/* RFC 5322 3.6.4: the right side may also be an address in brackets. */
static bool
is_msg_id(struct str s)
{
	struct str left = str_cut(&s, '@');
	size_t i;

	if (!is_dot_atom(left))
		return false;
	if (s.n < 3 || *s.p != '[' || s.p[s.n - 1] != ']')
		return is_dot_atom(s);
	for (i = 1; i + 1 < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || str_has(S("[]\\"), s.p[i]))
			return false;
	return true;
}

struct str
pop3_timestamp(struct str text)
{
	struct str rest = str_skip(text, str_find(text, '<')), stamp;

	stamp = str_head(rest, str_find(rest, '>'));
	if (stamp.n < 2 || stamp.n == rest.n || !is_msg_id(str_skip(stamp, 1)))
		return S("");
	return str_head(rest, stamp.n + 1);
}

bool
pop3_numbers(struct str s, bool zero_ok, uint64_t *n, uint64_t *size)
{
	uint64_t first, second;

	if (!str_u64(str_word(&s), INT64_MAX, &first) ||
	    !str_u64(str_word(&s), INT64_MAX, &second) ||
	    (first == 0 && !zero_ok))
		return false;
	*n = first;
	*size = second;
	return true;
}

bool
pop3_uid(struct str s, uint64_t *n, struct str *uid)
{
	struct str word;
	uint64_t first;
	size_t i;

	if (!str_u64(str_word(&s), INT64_MAX, &first) || first == 0)
		return false;
	word = str_word(&s);
	if (word.n == 0 || word.n > 70 || str_trim(s).n > 0)
		return false;
	for (i = 0; i < word.n; i++)
		if (word.p[i] < '!' || word.p[i] > '~')
			return false;
	*n = first;
	*uid = word;
	return true;
}
