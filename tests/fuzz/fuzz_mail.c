/*
 * fuzz_mail: the first octet chooses limits.  A message in pieces has the tree
 * that the whole one has; what IMAP says of it is read back by our own parser;
 * fields and addresses keep to their contracts.
 */
#include "base/utf8.h"
#include "tests/unit/feed_mail.h"
#include "wire/address.h"
#include "wire/header.h"
#include "wire/imap_mail.h"
#include "wire/lex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The response in s, whose literals are kept; it must be in order. */
static void
read_back(struct imap_parser *p, struct arena *a, struct str s)
{
	struct lexer l;
	struct str tok;
	struct err e = {0};
	enum lex got;
	enum imap_got what = IMAP_GOT_LITERAL;

	lex_init(&l, 64 << 20);
	imap_begin(p, a, false, MIME_NESTING + 10);
	while (what == IMAP_GOT_LITERAL) {
		got = lex_next(&l, &s, &tok);
		feed_mail_check(got != LEX_MORE && got != LEX_BAD);
		if (got == LEX_DATA)
			feed_mail_check(imap_literal_add(p, tok, &e) == 0);
		if (got != LEX_LINE)
			continue;
		what = imap_line(p, tok, &e);
		if (what == IMAP_GOT_LITERAL)
			lex_count(&l, p->literal.size);
	}
	feed_mail_check(what == IMAP_GOT_MSG && s.n == 0);
}

static size_t
count_values(const struct imap_val *v)
{
	size_t n = 0;

	for (; v != NULL; v = v->next)
		n++;
	return n;
}

static void
check_shape(const struct imap_msg *m)
{
	const struct imap_val *v;

	feed_mail_check(m->has_num && m->num == 1);
	feed_mail_check(m->vals != NULL && m->vals->kind == IMAP_LIST);
	v = m->vals->first;
	feed_mail_check(count_values(v) == 6);
	feed_mail_check(
	    imap_is(v, "ENVELOPE") && imap_is(imap_nth(v, 2), "BODY"));
	feed_mail_check(imap_is(imap_nth(v, 4), "BODYSTRUCTURE"));
	v = imap_nth(v, 1);
	feed_mail_check(v->kind == IMAP_LIST && count_values(v->first) == 10);
}

static void
check_imap(const struct mime_part *root, bool utf8)
{
	struct imap_parser p;
	struct arena a;
	struct buf b;

	arena_init(&a, 256 << 20);
	buf_init(&b, 64 << 20);
	feed_mail_check(buf_addz(&b, "* 1 FETCH (ENVELOPE ") == 0 &&
			imap_put_envelope(&b, root->raw, utf8) == 0 &&
			buf_addz(&b, " BODY ") == 0 &&
			imap_put_structure(&b, root, false, utf8) == 0 &&
			buf_addz(&b, " BODYSTRUCTURE ") == 0 &&
			imap_put_structure(&b, root, true, utf8) == 0 &&
			buf_addz(&b, ")\r\n") == 0);
	read_back(&p, &a, buf_str(&b));
	check_shape(&p.msg);
	buf_fini(&b);
	arena_fini(&a);
}

/* Mailboxes and groups come in an order that IMAP can show. */
static void
check_addresses(struct str value)
{
	struct address *list;
	struct arena a;
	bool in_group = false;

	arena_init(&a, 64 << 20);
	feed_mail_check(address_parse(&a, value, &list) == 0);
	for (; list != NULL; list = list->next) {
		if (list->kind == ADDRESS_MAILBOX)
			continue;
		feed_mail_check(in_group == (list->kind == ADDRESS_GROUP_END));
		feed_mail_check((list->name.p != NULL) == !in_group);
		in_group = !in_group;
	}
	feed_mail_check(!in_group);
	arena_fini(&a);
}

static void
check_value(struct str value)
{
	struct buf b;

	buf_init(&b, value.n);
	feed_mail_check(header_join(&b, value) == 0);
	feed_mail_check(!str_has(buf_str(&b), '\r'));
	feed_mail_check(!str_has(buf_str(&b), '\n'));
	buf_clear(&b);
	feed_mail_check(header_unfold(&b, value) == 0);
	feed_mail_check(str_trim(buf_str(&b)).n == b.len);
	buf_fini(&b);
	buf_init(&b, 8 * value.n + 8);
	feed_mail_check(header_decode(&b, value) == 0);
	feed_mail_check(utf8_valid(buf_str(&b)));
	feed_mail_check(!str_has(buf_str(&b), '\r'));
	feed_mail_check(!str_has(buf_str(&b), '\n'));
	buf_fini(&b);
}

static void
check_fields(struct str header)
{
	const char *from = header.p;
	struct field f;

	while (header_next(&header, &f)) {
		feed_mail_check(f.whole.p >= from);
		from = f.whole.p + f.whole.n;
		feed_mail_check(from == header.p);
		feed_mail_check(f.name.p == f.whole.p && f.name.n > 0);
		feed_mail_check(
		    f.value.p > f.name.p && f.value.p + f.value.n <= from);
		check_value(f.value);
		check_addresses(f.value);
	}
}

static void
check_tree(struct str s)
{
	struct mime_parser *p;
	struct mime_part *root;
	struct arena a;
	struct err e = {0};

	arena_init(&a, 256 << 20);
	p = mime_new(&a);
	feed_mail_check(mime_feed(p, s, &e) == 0);
	root = mime_finish(p, &e);
	feed_mail_check(root != NULL && root->header == 0 && root->end == s.n);
	check_imap(root, false);
	check_imap(root, true);
	mime_free(p);
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t max;
	struct feed_parser parser = {feed_mail_run, &max};
	struct buf out;
	struct str s;

	if (size == 0)
		return 0;
	s = (struct str){(const char *)data + 1, size - 1};
	max = data[0] & 1 ? (size_t)data[0] << 6 : 64 << 20;
	buf_init(&out, 64 << 20);
	feed_mail_check(feed_agrees(s, 20, &parser, &out));
	buf_fini(&out);
	check_fields(s);
	check_tree(s);
	return 0;
}
