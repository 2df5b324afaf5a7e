/* Messages that go from one connection to another, and what can go wrong. */
#include "base/mem.h"
#include "proto/conn.h"
#include "tests/unit/faulty.h"
#include "wire/framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* One end of a conversation that the test plays itself. */
struct peer {
	struct conn *conn;
	struct cmd *greeting;
	int fd;
	struct buf got;
};

static struct loop *loop;
/* How the streams of connections behave. */
static struct faulty_plan plan;

static void
peer_open(struct peer *p, const char *protocol, const char *greeting)
{
	struct conn_config cfg = {.protocol = protocol, .host = "localhost"};
	struct err e = {0};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	p->fd = fds[1];
	assert_int_equal(fcntl(p->fd, F_SETFL, O_NONBLOCK), 0);
	buf_init(&p->got, SIZE_MAX / 2);
	p->conn = conn_new(loop, &cfg);
	p->greeting = conn_adopt(
	    p->conn, faulty_stream(stream_fd(fds[0], fds[0], 0), &plan));
	assert_true(write(p->fd, greeting, strlen(greeting)) > 0);
	assert_int_equal(conn_wait(p->greeting, LOOP_NEVER, &e), 0);
}

static void
peer_close(struct peer *p)
{
	cmd_unref(p->greeting);
	conn_drop(p->conn);
	conn_unref(p->conn);
	if (p->fd >= 0)
		close(p->fd);
	buf_fini(&p->got);
}

/* Reads what the program has sent so far. */
static void
peer_read(struct peer *p)
{
	ssize_t n;

	for (;;) {
		n = read(p->fd, buf_room(&p->got, 65536), 65536);
		if (n <= 0)
			return;
		buf_grew(&p->got, (size_t)n);
	}
}

static bool
peer_has(struct peer *p, const char *text)
{
	struct str all = buf_str(&p->got);

	return memmem(all.p, all.n, text, strlen(text)) != NULL;
}

/* Turns the loop until the program has sent text to p. */
static void
peer_expect(struct peer *p, const char *text)
{
	int i;

	for (i = 0; i < 1000 && !peer_has(p, text); i++) {
		(void)loop_turn(loop, loop_now() + 5);
		peer_read(p);
	}
	if (!peer_has(p, text))
		print_error("got: %.*s\n", STRF(buf_str(&p->got)));
	assert_true(peer_has(p, text));
}

static void
peer_say(struct peer *p, const char *text)
{
	assert_int_equal(write(p->fd, text, strlen(text)), strlen(text));
}

/* A transaction whose message is the reply to RETR 1, up to the 354. */
struct transfer {
	struct peer pop, smtp;
	struct cmd *retr, *mail, *rcpt, *data;
	struct body *body;
};

static void
begin(struct transfer *t)
{
	struct arg one = {.s = STR("1")}, from = {.s = STR("a@x.test")},
		   to = {.s = STR("b@x.test")}, body = {.kind = ARG_BODY};
	struct err e = {0};

	peer_open(&t->pop, "pop3", "+OK ready\r\n");
	peer_open(&t->smtp, "smtp", "220 ready\r\n");
	t->retr = conn_send(t->pop.conn, S("RETR"), &one, 1, &e);
	t->body = body.body = body_reply(t->retr, 0);
	t->mail = conn_send(t->smtp.conn, S("MAIL"), &from, 1, &e);
	t->rcpt = conn_send(t->smtp.conn, S("RCPT"), &to, 1, &e);
	t->data = conn_send(t->smtp.conn, S("DATA"), &body, 1, &e);
	assert_int_equal(e.kind, ERR_NONE);
	peer_expect(&t->pop, "RETR 1\r\n");
	peer_expect(&t->smtp, "MAIL FROM:<a@x.test>\r\n");
	peer_say(&t->smtp, "250 ok\r\n");
	peer_expect(&t->smtp, "RCPT TO:<b@x.test>\r\n");
	peer_say(&t->smtp, "250 ok\r\n");
	peer_expect(&t->smtp, "DATA\r\n");
	peer_say(&t->smtp, "354 go\r\n");
	buf_clear(&t->smtp.got);
}

static void
end(struct transfer *t)
{
	cmd_unref(t->retr);
	cmd_unref(t->mail);
	cmd_unref(t->rcpt);
	cmd_unref(t->data);
	body_unref(t->body);
	peer_close(&t->pop);
	peer_close(&t->smtp);
}

static void
test_message_passes_with_its_dots(void **state)
{
	struct transfer t = {0};
	struct err e = {0};

	(void)state;
	begin(&t);
	peer_say(&t.pop, "+OK\r\nSubject: x\r\n\r\n..dot\r\nend\r\n.\r\n");
	peer_expect(&t.smtp, "Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n");
	peer_say(&t.smtp, "250 taken\r\n");
	assert_int_equal(conn_wait(t.data, LOOP_NEVER, &e), 0);
	assert_int_equal(t.data->reply.class, REPLY_OK);
	assert_int_equal(conn_wait(t.retr, LOOP_NEVER, &e), 0);
	end(&t);
}

/* CVE-2023-51764 and kin: only CRLF.CRLF ends a message, and what another
 * server might take for an end does not pass as it came. */
static void
test_smuggled_ends_do_not_pass(void **state)
{
	static const char *const smuggled[] = {
	    "\n.\n", "\n.\r\n", "\r.\r\n", "\r.\r", "\n..\r\n"};
	struct transfer t;
	struct str got;
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(smuggled) / sizeof(smuggled[0]); i++) {
		t = (struct transfer){0};
		begin(&t);
		(void)snprintf(text, sizeof(text),
		    "+OK\r\nSubject: x\r\n\r\nhello%sMAIL FROM:<e@x.test>\r\n"
		    ".\r\n",
		    smuggled[i]);
		peer_say(&t.pop, text);
		peer_expect(&t.smtp, "MAIL FROM:<e@x.test>\r\n.\r\n");
		got = buf_str(&t.smtp.got);
		assert_ptr_equal(
		    memmem(got.p, got.n, "\r\n.\r\n", 5), got.p + got.n - 5);
		for (size_t j = 0; j < got.n; j++) {
			if (got.p[j] == '\n')
				assert_true(j > 0 && got.p[j - 1] == '\r');
			if (got.p[j] == '\r')
				assert_int_equal(got.p[j + 1], '\n');
		}
		end(&t);
	}
}

/* A source that dies closes the destination, without the last dot. */
static void
test_source_hangs_up_midway(void **state)
{
	struct transfer t = {0};
	struct err e = {0};

	(void)state;
	begin(&t);
	peer_say(&t.pop, "+OK\r\nSubject: x\r\n\r\nhalf a mes");
	peer_expect(&t.smtp, "half a mes");
	close(t.pop.fd);
	t.pop.fd = -1;
	assert_int_equal(conn_wait(t.data, LOOP_NEVER, &e), -1);
	assert_int_equal(e.kind, ERR_CLOSED);
	assert_int_equal(conn_phase(t.smtp.conn), CONN_CLOSED);
	peer_read(&t.smtp);
	assert_false(peer_has(&t.smtp, "\r\n.\r\n"));
	end(&t);
}

/* A RETR that is refused closes the destination too: a DATA that was let in
 * cannot be taken back otherwise. */
static void
test_source_refuses(void **state)
{
	struct transfer t = {0};
	struct err e = {0};

	(void)state;
	begin(&t);
	peer_say(&t.pop, "-ERR no such message\r\n");
	assert_int_equal(conn_wait(t.data, LOOP_NEVER, &e), -1);
	assert_non_null(strstr(e.msg, "no such message"));
	peer_read(&t.smtp);
	assert_false(peer_has(&t.smtp, ".\r\n"));
	assert_int_equal(conn_phase(t.pop.conn), CONN_OPEN);
	end(&t);
}

/* A destination that dies leaves the source usable. */
static void
test_destination_hangs_up_midway(void **state)
{
	struct arg none = {0};
	struct transfer t = {0};
	struct err e = {0};
	struct cmd *noop;

	(void)state;
	begin(&t);
	peer_say(&t.pop, "+OK\r\nfirst half\r\n");
	peer_expect(&t.smtp, "first half");
	close(t.smtp.fd);
	t.smtp.fd = -1;
	peer_say(&t.pop, "second half\r\n");
	assert_int_equal(conn_wait(t.data, LOOP_NEVER, &e), -1);
	body_unref(t.body);
	t.body = NULL;
	peer_say(&t.pop, ".\r\n");
	noop = conn_send(t.pop.conn, S("NOOP"), &none, 0, &e);
	peer_expect(&t.pop, "NOOP\r\n");
	peer_say(&t.pop, "+OK\r\n");
	err_clear(&e);
	assert_int_equal(conn_wait(noop, LOOP_NEVER, &e), 0);
	cmd_unref(noop);
	end(&t);
}

/* DATA refused after RETR was sent: the message that nobody takes any more
 * does not stop the conversation. */
static void
test_destination_refuses_data(void **state)
{
	struct transfer t = {0};
	struct err e = {0};
	struct arg one = {.s = STR("1")}, to = {.s = STR("b@x.test")},
		   body = {.kind = ARG_BODY};
	struct cmd *rcpt;

	(void)state;
	peer_open(&t.pop, "pop3", "+OK ready\r\n");
	peer_open(&t.smtp, "smtp", "220 ready\r\n");
	t.retr = conn_send(t.pop.conn, S("RETR"), &one, 1, &e);
	body.body = body_reply(t.retr, 0);
	rcpt = conn_send(t.smtp.conn, S("RCPT"), &to, 1, &e);
	t.data = conn_send(t.smtp.conn, S("DATA"), &body, 1, &e);
	body_unref(body.body);
	peer_expect(&t.pop, "RETR 1\r\n");
	peer_say(&t.pop, "+OK\r\nunwanted\r\n.\r\n");
	peer_expect(&t.smtp, "RCPT");
	peer_say(&t.smtp, "550 no\r\n");
	peer_expect(&t.smtp, "DATA\r\n");
	peer_say(&t.smtp, "503 no recipients\r\n");
	assert_int_equal(conn_wait(t.data, LOOP_NEVER, &e), 0);
	assert_int_equal(t.data->reply.class, REPLY_NO);
	assert_int_equal(conn_wait(t.retr, LOOP_NEVER, &e), 0);
	peer_read(&t.smtp);
	assert_false(peer_has(&t.smtp, "unwanted"));
	cmd_unref(rcpt);
	end(&t);
}

/* RFC 2920 3.1: a 354 although no recipient was taken gets an empty body. */
static void
test_no_recipient_gets_no_message(void **state)
{
	struct transfer t = {0};
	struct err e = {0};
	struct arg body = {.kind = ARG_BODY};

	(void)state;
	peer_open(&t.smtp, "smtp", "220 ready\r\n");
	body.body = body_mem(S("for nobody\r\n"));
	t.data = conn_send(t.smtp.conn, S("DATA"), &body, 1, &e);
	body_unref(body.body);
	peer_expect(&t.smtp, "DATA\r\n");
	peer_say(&t.smtp, "354 go\r\n");
	peer_expect(&t.smtp, "DATA\r\n.\r\n");
	peer_say(&t.smtp, "554 no valid recipients\r\n");
	assert_int_equal(conn_wait(t.data, LOOP_NEVER, &e), 0);
	assert_false(peer_has(&t.smtp, "nobody"));
	cmd_unref(t.data);
	peer_close(&t.smtp);
}

/* 64 MiB pass through two windows, though the destination reads slowly. */
/* KiB that a relay of 64 MiB may take; the sanitizer keeps what was freed. */
#ifdef __SANITIZE_ADDRESS__
enum { ROOM = 16 << 10 };
#else
enum { ROOM = 4 << 10 };
#endif

static void
test_large_message_in_bounded_memory(void **state)
{
	enum { LINES = 1 << 20 };
	static const char line[] =
	    "0123456789012345678901234567890123456789012345678901234567890\r\n";
	struct transfer t = {0};
	struct rusage before, after;
	struct err e = {0};
	uint64_t sent = 0, came = 0;
	struct buf out;
	ssize_t n;

	(void)state;
	begin(&t);
	buf_init(&out, SIZE_MAX / 2);
	(void)buf_addz(&out, "+OK\r\n");
	(void)getrusage(RUSAGE_SELF, &before);
	while (!cmd_over(t.data)) {
		while (out.len < 65536 && sent < LINES && ++sent)
			(void)buf_addz(&out, line);
		if (sent == LINES && out.len < 65536 && ++sent)
			(void)buf_addz(&out, ".\r\n");
		n = write(t.pop.fd, buf_str(&out).p, out.len);
		if (n > 0)
			buf_take(&out, (size_t)n);
		(void)loop_turn(loop, loop_now());
		peer_read(&t.smtp);
		came += t.smtp.got.len;
		if (str_ends(buf_str(&t.smtp.got), S("\r\n.\r\n")))
			peer_say(&t.smtp, "250 taken\r\n");
		buf_clear(&t.smtp.got);
	}
	(void)getrusage(RUSAGE_SELF, &after);
	assert_int_equal(t.data->state, CMD_DONE);
	assert_int_equal(came, (sizeof(line) - 1) * (uint64_t)LINES + 3);
	assert_true(after.ru_maxrss - before.ru_maxrss < ROOM);
	assert_int_equal(conn_wait(t.retr, LOOP_NEVER, &e), 0);
	buf_fini(&out);
	end(&t);
}

/* Long stretches that go as they are, and in between what does not.  Half of
 * the lines are so short that every third octet is a CR. */
static void
add_stretches(struct buf *b)
{
	static const char *const odd[] = {
	    ".\r\n", "..x\r\n", "\n", "\r", "\r\r\n.\r\n", "\n.\n", "x"};

	for (size_t i = 0; i < 14; i++) {
		size_t end = b->len + 60000 + i * 17001;

		while (b->len < end)
			(void)buf_addz(b, i % 2 ? "\r\n" : "a line\r\n");
		(void)buf_addz(b, odd[i % 7]);
	}
}

/* What the peer gets of cmd, which it reads slowly, until `end` has come. */
static void
read_slowly(struct peer *p, struct cmd *cmd, struct str end)
{
	int64_t until = loop_now() + 20000;
	ssize_t n;

	while (loop_now() < until && !cmd_over(cmd) &&
	       !str_ends(buf_str(&p->got), end)) {
		(void)loop_turn(loop, loop_now());
		n = read(p->fd, buf_room(&p->got, 30011), 30011);
		if (n > 0)
			buf_grew(&p->got, (size_t)n);
	}
}

static void
assert_framed(struct peer *p, enum frame frame, struct str text)
{
	struct framer f;
	struct buf want;
	struct str got = buf_str(&p->got);

	buf_init(&want, SIZE_MAX / 2);
	framer_init(&f, frame);
	assert_int_equal(framer_add(&f, &want, text), text.n);
	assert_int_equal(framer_end(&f, &want), 0);
	assert_true(got.n >= want.len);
	assert_true(str_eq(str_head(got, want.len), buf_str(&want)));
	buf_fini(&want);
}

static void
test_long_stretches_go_as_they_are(void **state)
{
	struct arg to = {.s = STR("b@x.test")}, body = {.kind = ARG_BODY};
	struct peer smtp = {0};
	struct err e = {0};
	struct cmd *rcpt, *data;
	struct buf text;

	(void)state;
	plan = (struct faulty_plan){.write_max = 66001, .again_every = 5};
	buf_init(&text, SIZE_MAX / 2);
	add_stretches(&text);
	peer_open(&smtp, "smtp", "220 ready\r\n");
	body.body = body_mem(buf_str(&text));
	rcpt = conn_send(smtp.conn, S("RCPT"), &to, 1, &e);
	data = conn_send(smtp.conn, S("DATA"), &body, 1, &e);
	body_unref(body.body);
	peer_expect(&smtp, "RCPT TO:<b@x.test>\r\n");
	peer_say(&smtp, "250 ok\r\n");
	peer_expect(&smtp, "DATA\r\n");
	buf_clear(&smtp.got);
	peer_say(&smtp, "354 go\r\n");
	read_slowly(&smtp, data, S("x\r\n.\r\n"));
	assert_framed(&smtp, FRAME_DOT, buf_str(&text));
	peer_say(&smtp, "250 taken\r\n");
	assert_int_equal(conn_wait(data, LOOP_NEVER, &e), 0);
	cmd_unref(rcpt);
	cmd_unref(data);
	peer_close(&smtp);
	buf_fini(&text);
}

/* They count for what was announced, and stand behind it. */
static void
test_long_literal_is_as_long_as_announced(void **state)
{
	struct arg args[] = {{.s = STR("INBOX")}, {.kind = ARG_BODY}};
	struct peer imap = {0};
	struct err e = {0};
	struct cmd *append;
	struct buf text;
	struct str got;
	size_t head;

	(void)state;
	plan = (struct faulty_plan){.write_max = 66001, .again_every = 5};
	buf_init(&text, SIZE_MAX / 2);
	add_stretches(&text);
	peer_open(&imap, "imap",
	    "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n");
	args[1].body = body_mem(buf_str(&text));
	append = conn_send(imap.conn, S("APPEND"), args, 2, &e);
	body_unref(args[1].body);
	read_slowly(&imap, append, S("x\r\n\r\n"));
	got = buf_str(&imap.got);
	head = str_find(got, '\n') + 1;
	assert_true(str_ends(str_head(got, head), S("+}\r\n")));
	buf_take(&imap.got, head);
	assert_framed(&imap, FRAME_CRLF, buf_str(&text));
	peer_say(&imap, "a1 OK done\r\n");
	assert_int_equal(conn_wait(append, LOOP_NEVER, &e), 0);
	assert_int_equal(append->reply.class, REPLY_OK);
	cmd_unref(append);
	peer_close(&imap);
	buf_fini(&text);
}

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_message_passes_with_its_dots),
	    cmocka_unit_test(test_smuggled_ends_do_not_pass),
	    cmocka_unit_test(test_source_hangs_up_midway),
	    cmocka_unit_test(test_source_refuses),
	    cmocka_unit_test(test_destination_hangs_up_midway),
	    cmocka_unit_test(test_destination_refuses_data),
	    cmocka_unit_test(test_no_recipient_gets_no_message),
	    cmocka_unit_test(test_large_message_in_bounded_memory),
	    cmocka_unit_test(test_long_stretches_go_as_they_are),
	    cmocka_unit_test(test_long_literal_is_as_long_as_announced),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
