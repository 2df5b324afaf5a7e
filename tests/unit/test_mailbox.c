/* Mailboxes: UIDs that last, whatever comes, goes and breaks. */
#include "base/mem.h"
#include "store/inner.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static uint32_t validities;

static uint32_t
validity(void *arg)
{
	(void)arg;
	return ++validities;
}

static int
setup(void **state)
{
	struct err e = {0};

	(void)state;
	validities = 100;
	(void)folder_make();
	assert_int_equal(maildir_make(folder_path("a"), &e), 0);
	return maildir_make(folder_path("b"), &e);
}

static int
teardown(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

static struct mailbox *
box_open(const char *name)
{
	struct err e = {0};
	struct mailbox *mb =
	    mailbox_open(folder_path(name), validity, NULL, &e);

	assert_string_equal(e.msg, "");
	assert_non_null(mb);
	return mb;
}

static void
again(struct mailbox **mb)
{
	mailbox_free(*mb);
	*mb = box_open("a");
}

static void
look(struct mailbox *mb)
{
	struct err e = {0};

	assert_int_equal(mailbox_refresh(mb, true, &e), 0);
}

/* "1 2 5" */
static void
assert_uids(const struct mailbox *mb, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < mb->n; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%u", i > 0 ? " " : "", mb->msgs[i].uid);
	assert_string_equal(got, want);
}

static uint32_t
deliver(struct mailbox *mb, const char *text, uint32_t flags)
{
	struct err e = {0};
	struct delivery *d = delivery_new(mb->dir, &e);
	uint32_t uid;

	assert_int_equal(delivery_add(d, str_z(text), &e), 0);
	uid = mailbox_deliver(mb, d, flags, DELIVERY_NOW, &e);
	delivery_free(d);
	assert_string_equal(e.msg, "");
	return uid;
}

static void
assert_text(struct mailbox *mb, uint32_t uid, const char *want)
{
	struct err e = {0};
	struct mail *m = mailbox_read(mb, uid, &e);
	struct str s;

	assert_non_null(m);
	assert_int_equal(mail_read(m, 0, &s, &e), 0);
	assert_true(str_eq(s, str_z(want)));
	mail_close(m);
}

/* In the order of the times in their names, whichever folder they lie in. */
static void
test_arrivals(void **state)
{
	struct mailbox *mb;

	(void)state;
	folder_put("a/new/30.c.h", S("three"));
	folder_put("a/cur/4.a.h:2,S", S("one"));
	folder_put("a/cur/20.b.h:2,", S("two"));
	folder_put("a/cur/.hidden", S("x"));
	folder_put("a/cur/line\nend", S("x"));
	folder_put("a/tmp/1.z.h", S("x"));
	mb = box_open("a");
	assert_int_equal(mb->validity, 101);
	assert_uids(mb, "1 2 3");
	assert_text(mb, 1, "one");
	assert_text(mb, 3, "three");
	assert_int_equal(mb->msgs[0].flags, FLAG_SEEN);
	assert_int_equal(mb->next, 4);
	assert_int_equal(mb->recent, 1);

	/* A name without a time: a text file that somebody put there. */
	folder_put("a/new/letter.txt", S("four"));
	look(mb);
	assert_uids(mb, "1 2 3 4");
	assert_text(mb, 4, "four");
	again(&mb);
	assert_uids(mb, "1 2 3 4");
	assert_int_equal(mb->validity, 101);
	mailbox_free(mb);
}

/* The highest UID goes, and its number does not come back. */
static void
test_numbers_are_not_used_again(void **state)
{
	static const uint32_t gone[] = {2, 3, 9};
	struct mailbox *mb = box_open("a");
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(deliver(mb, "x", 0), i + 1);
	assert_int_equal(mailbox_remove(mb, gone, 3, &e), 0);
	assert_int_equal(mb->removals, 1);
	assert_uids(mb, "1");
	again(&mb);
	assert_uids(mb, "1");
	assert_int_equal(mb->next, 4);
	assert_int_equal(deliver(mb, "x", 0), 4);
	assert_int_equal(folder_count("a/new"), 2);
	mailbox_free(mb);
}

static void
test_flags(void **state)
{
	struct mailbox *mb = box_open("a");
	struct err e = {0};
	uint32_t label;

	(void)state;
	(void)deliver(mb, "x", 0);
	label = mailbox_keyword(mb, S("$Label"), true);
	assert_int_equal(label, 1U << FLAG_KEYWORD_0);
	assert_int_equal(mailbox_keyword(mb, S("$LABEL"), false), label);
	assert_int_equal(mailbox_keyword(mb, S("other"), false), 0);
	assert_int_equal(
	    mailbox_change_flags(mb, 1, 0, FLAG_SEEN | label, mb, &e), 0);
	assert_int_equal(mb->changes, 1);
	assert_int_equal(mb->msgs[0].changed, 1);
	assert_ptr_equal(mb->msgs[0].by, mb);
	assert_int_equal(folder_count("a/new"), 0);
	assert_non_null(strstr(mb->msgs[0].name, ":2,Sa"));
	again(&mb);
	assert_int_equal(mb->msgs[0].flags, FLAG_SEEN | label);
	assert_string_equal(mb->keywords[0], "$Label");
	assert_int_equal(mailbox_change_flags(mb, 7, 0, 0, NULL, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	mailbox_free(mb);
}

static void
test_keywords_run_out(void **state)
{
	struct mailbox *mb = box_open("a");
	char name[16];

	(void)state;
	for (int i = 0; i < FLAG_KEYWORDS; i++) {
		assert_true(mailbox_keyword_room(mb));
		(void)snprintf(name, sizeof(name), "word%d", i);
		assert_int_equal(mailbox_keyword(mb, str_z(name), true),
		    1U << (FLAG_KEYWORD_0 + i));
	}
	assert_false(mailbox_keyword_room(mb));
	assert_int_equal(mailbox_keyword(mb, S("more"), true), 0);
	again(&mb);
	assert_int_equal(mailbox_keyword(mb, S("word25"), false), 1U << 31);
	mailbox_free(mb);
}

/* Another program marks, and deletes. */
static void
test_others_change(void **state)
{
	struct mailbox *mb;
	struct err e = {0};

	(void)state;
	folder_put("a/new/1.a.h", S("one"));
	folder_put("a/new/2.b.h", S("two"));
	mb = box_open("a");
	assert_int_equal(
	    rename(folder_path("a/new/1.a.h"), folder_path("a/cur/1.a.h:2,F")),
	    0);
	/* Nobody has looked yet, and it is found all the same. */
	assert_text(mb, 1, "one");
	assert_int_equal(mb->msgs[0].flags, FLAG_FLAGGED);
	assert_null(mb->msgs[0].by);
	assert_int_equal(mb->changes, 1);
	assert_int_equal(unlink(folder_path("a/new/2.b.h")), 0);
	assert_null(mailbox_read(mb, 2, &e));
	assert_int_equal(e.sys, ENOENT);
	assert_uids(mb, "1");
	assert_int_equal(mb->removals, 1);
	assert_int_equal(rename(folder_path("a/cur/1.a.h:2,F"),
			     folder_path("a/cur/1.a.h:2,FS")),
	    0);
	/* What it has done stays, though nobody has looked yet. */
	assert_int_equal(
	    mailbox_change_flags(mb, 1, FLAG_FLAGGED, FLAG_DRAFT, NULL, &e), 0);
	assert_true(folder_has("a/cur/1.a.h:2,DS"));
	assert_int_equal(
	    mailbox_change_flags(mb, 1, UINT32_MAX, FLAG_PASSED, NULL, &e), 0);
	assert_true(folder_has("a/cur/1.a.h:2,P"));
	mailbox_free(mb);
}

/* Puts a message there; the folder's time is then `seconds`. */
static void
put_at(const char *name, time_t seconds, long ns)
{
	struct timespec times[2] = {{seconds, ns}, {seconds, ns}};

	folder_put(name, S("x"));
	assert_int_equal(
	    utimensat(AT_FDCWD, folder_path("a/new"), times, 0), 0);
}

/* Two changes within a tick of the clock, where times have no fractions, and
 * where the clock is not ours. */
static void
test_changes_at_the_same_time(void **state)
{
	struct timespec old[2] = {{1, 1}, {1, 1}};
	struct mailbox *mb = box_open("a");
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(utimensat(AT_FDCWD, folder_path("a/cur"), old, 0), 0);
	put_at("a/new/1.one", now, 0);
	look(mb);
	put_at("a/new/2.two", now, 0);
	look(mb);
	assert_uids(mb, "1 2");
	put_at("a/new/3.three", now + 5, 1);
	look(mb);
	put_at("a/new/4.four", now + 5, 1);
	look(mb);
	assert_uids(mb, "1 2 3 4");
	mailbox_free(mb);
}

static void
test_recent(void **state)
{
	struct mailbox *mb = box_open("a");
	struct err e = {0};

	(void)state;
	(void)deliver(mb, "x", 0);
	(void)deliver(mb, "x", FLAG_SEEN);
	assert_int_equal(mb->recent, 1);
	again(&mb);
	assert_int_equal(mb->recent, 1);
	assert_int_equal(mailbox_claim(mb, &e), 0);
	assert_int_equal(mb->recent, 3);
	assert_int_equal(folder_count("a/new"), 0);
	assert_int_equal(folder_count("a/cur"), 2);
	again(&mb);
	assert_int_equal(mb->recent, 3);
	mailbox_free(mb);
}

static void
test_damaged_file(void **state)
{
	static const struct {
		struct str content;
		bool trusted;
	} rows[] = {
	    {STR("postel-uids 1\nV 7\nN 9\n4 1.a.h\n5 1.b.h\n"), true},
	    {STR("postel-uids 1\nV 7\nN 9\n4 1.a.h\n5 1.b.h\n6 1."), true},
	    {STR("postel-uids 1\nV 7\nN 9\n4 1.a.h\n5 1.b.h\n- 4\n"), true},
	    {STR(""), false},
	    {STR("postel-uids 2\nV 7\n"), false},
	    {STR("postel-uids 1\nN 9\n4 1.a.h\n"), false},
	    {STR("postel-uids 1\nV 0\n"), false},
	    {STR("postel-uids 1\nV 7\n5 1.a.h\n4 1.b.h\n"), false},
	    {STR("postel-uids 1\nV 7\n4 1.a.h\n4 1.b.h\n"), false},
	    {STR("postel-uids 1\nV 7\n4294967295 1.a.h\n"), false},
	    {STR("postel-uids 1\nV 7\n99999999999 1.a.h\n"), false},
	    {STR("postel-uids 1\nV 7\n\0\0\0\0\n"), false},
	    {STR("postel-uids 1\nV 7\nK 1 x\n"), false},
	    {STR("postel-uids 1\nV 7\nrubbish\n"), false},
	};

	(void)state;
	folder_put("a/cur/1.a.h:2,", S("one"));
	folder_put("a/cur/1.b.h:2,", S("two"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t before = validities;
		struct mailbox *mb;

		folder_put("a/postel-uids", rows[i].content);
		mb = box_open("a");
		assert_int_equal(mb->n, 2);
		if (rows[i].trusted) {
			assert_int_equal(mb->validity, 7);
			assert_int_equal(mailbox_find(mb, 5) != NULL, true);
			assert_true(mb->next >= 9);
		} else {
			assert_int_equal(mb->validity, before + 1);
			assert_uids(mb, "1 2");
		}
		/* And what was made of it stays. */
		again(&mb);
		assert_int_equal(
		    mb->validity, rows[i].trusted ? 7 : before + 1);
		mailbox_free(mb);
	}
}

/* The file does not grow for ever. */
static void
test_file_is_written_anew(void **state)
{
	struct mailbox *mb = box_open("a");
	struct err e = {0};
	struct stat st;

	(void)state;
	for (uint32_t i = 1; i <= 1200; i++) {
		assert_int_equal(deliver(mb, "x", 0), i);
		assert_int_equal(mailbox_remove(mb, &i, 1, &e), 0);
	}
	assert_int_equal(stat(folder_path("a/postel-uids"), &st), 0);
	assert_in_range(st.st_size, 10, 60000);
	again(&mb);
	assert_int_equal(mb->next, 1201);
	mailbox_free(mb);
}

static void
test_copy(void **state)
{
	struct mailbox *a = box_open("a"), *b = box_open("b");
	const uint32_t two[] = {1, 3}, bad[] = {1, 9};
	uint32_t to[2], label;
	struct err e = {0};

	(void)state;
	label = mailbox_keyword(a, S("one"), true);
	(void)mailbox_keyword(b, S("other"), true);
	(void)deliver(a, "m1\r\n", 0);
	(void)deliver(a, "m2\r\n", 0);
	(void)deliver(a, "m3\r\n", FLAG_SEEN | label);
	(void)deliver(b, "m4\r\n", 0);
	assert_int_equal(mailbox_copy(a, bad, 2, b, to, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	err_clear(&e);
	assert_uids(b, "1");
	assert_int_equal(folder_count("b/new"), 1);
	assert_int_equal(mailbox_copy(a, two, 2, b, to, &e), 0);
	assert_int_equal(to[0], 2);
	assert_int_equal(to[1], 3);
	assert_text(b, 3, "m3\r\n");
	/* The keyword has another letter here. */
	assert_int_equal(
	    mailbox_find(b, 3)->flags, FLAG_SEEN | 1U << (FLAG_KEYWORD_0 + 1));
	assert_string_equal(b->keywords[1], "one");
	/* Into itself. */
	assert_int_equal(mailbox_copy(a, two, 2, a, to, &e), 0);
	assert_uids(a, "1 2 3 4 5");
	assert_text(a, 5, "m3\r\n");
	look(a);
	look(b);
	assert_uids(a, "1 2 3 4 5");
	mailbox_free(b);
	b = box_open("b");
	assert_uids(b, "1 2 3");
	mailbox_free(a);
	mailbox_free(b);
}

static void
test_move(void **state)
{
	struct mailbox *a = box_open("a"), *b = box_open("b");
	const uint32_t two[] = {1, 2}, bad[] = {3, 9};
	uint32_t to[2];
	struct err e = {0};
	size_t done;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)deliver(a, "m\r\n", i == 1 ? FLAG_SEEN : 0);
	assert_int_equal(mailbox_move(a, two, 2, b, to, &done, &e), 0);
	assert_int_equal(done, 2);
	assert_uids(a, "3");
	assert_uids(b, "1 2");
	assert_int_equal(a->removals, 1);
	/* As far as it goes. */
	assert_int_equal(mailbox_move(a, bad, 2, b, to, &done, &e), -1);
	assert_int_equal(done, 1);
	assert_int_equal(to[0], 3);
	assert_uids(a, "");
	assert_uids(b, "1 2 3");
	err_clear(&e);
	/* Into itself it gets a new UID. */
	assert_int_equal(mailbox_move(b, two, 1, b, to, &done, &e), 0);
	assert_uids(b, "2 3 4");
	look(a);
	look(b);
	assert_uids(b, "2 3 4");
	assert_int_equal(folder_count("b/new") + folder_count("b/cur"), 3);
	mailbox_free(a);
	mailbox_free(b);
}

/* Another program is as fast as we are: it renames the file whenever we know
 * its name. */
static int
rename_first(struct mailbox *mb, struct message *m, const char *path, void *arg)
{
	static const char *const names[] = {"1.a.h:2,F", "1.a.h:2,FS", "1.a.h"};
	int *left = arg;
	char from[64], to[64];

	(void)mb;
	(void)m;
	if (*left == 0)
		return 0;
	--*left;
	(void)snprintf(from, sizeof(from), "a/%s", path);
	(void)snprintf(to, sizeof(to), "a/cur/%s", names[*left]);
	assert_int_equal(rename(folder_path(from), folder_path(to)), 0);
	errno = ENOENT;
	return -1;
}

static void
test_renamed_again_and_again(void **state)
{
	struct mailbox *mb;
	struct err e = {0};
	int left = 3;

	(void)state;
	folder_put("a/new/1.a.h", S("one"));
	mb = box_open("a");
	assert_int_equal(mailbox_with_path(mb, 1, rename_first, &left, &e), 0);
	assert_string_equal(mb->msgs[0].name, "1.a.h:2,F");
	assert_int_equal(unlink(folder_path("a/cur/1.a.h:2,F")), 0);
	assert_null(mailbox_read(mb, 1, &e));
	assert_int_equal(e.sys, ENOENT);
	mailbox_free(mb);
}

/* Another program has marked what is copied or moved into its own mailbox, and
 * nobody has looked since. */
static void
test_renamed_before_it_goes_to_itself(void **state)
{
	struct mailbox *a;
	const uint32_t two[] = {1, 2};
	uint32_t to[2];
	struct err e = {0};
	size_t done;

	(void)state;
	folder_put("a/new/1.a.h", S("one"));
	folder_put("a/new/2.b.h", S("two"));
	a = box_open("a");
	assert_int_equal(
	    rename(folder_path("a/new/2.b.h"), folder_path("a/cur/2.b.h:2,F")),
	    0);
	assert_int_equal(mailbox_copy(a, two, 2, a, to, &e), 0);
	assert_uids(a, "1 2 3 4");
	assert_int_equal(mailbox_find(a, 4)->flags, FLAG_FLAGGED);
	assert_int_equal(rename(folder_path("a/cur/2.b.h:2,F"),
			     folder_path("a/cur/2.b.h:2,S")),
	    0);
	assert_int_equal(mailbox_move(a, two, 2, a, to, &done, &e), 0);
	assert_uids(a, "3 4 5 6");
	assert_int_equal(mailbox_find(a, 6)->flags, FLAG_SEEN);
	assert_text(a, 6, "two");
	look(a);
	assert_uids(a, "3 4 5 6");
	mailbox_free(a);
}

/* Octets are counted when they are asked for, and again for another file. */
static void
test_measure(void **state)
{
	struct mailbox *mb;
	struct err e = {0};

	(void)state;
	folder_put("a/cur/1.a.h:2,", S("a\nb\n"));
	mb = box_open("a");
	assert_int_equal(mb->msgs[0].octets, 0);
	assert_int_equal(mailbox_measure(mb, 1, NULL, &e), 0);
	assert_int_equal(mb->msgs[0].octets, 6);
	assert_int_equal(mailbox_date(mb, 1, &e), 0);
	assert_in_range(mb->msgs[0].date, time(NULL) - 100, time(NULL) + 1);
	folder_put("a/cur/1.a.h:2,", S("a\nb\nc\n"));
	assert_int_equal(mailbox_measure(mb, 1, NULL, &e), 0);
	assert_int_equal(mb->msgs[0].octets, 9);
	assert_int_equal(mailbox_measure(mb, 2, NULL, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	mailbox_free(mb);
}

/* A full disk: no UID is told that would not last. */
static void
test_numbers_cannot_be_kept(void **state)
{
	struct mailbox *mb = box_open("a");
	struct err e = {0};
	struct delivery *d = delivery_new(mb->dir, &e);
	int null = dup(mb->log);

	(void)state;
	assert_true(null >= 0);
	assert_non_null(freopen("/dev/full", "w", stderr));
	assert_int_equal(dup2(fileno(stderr), mb->log), mb->log);
	assert_int_equal(mailbox_deliver(mb, d, 0, DELIVERY_NOW, &e), 0);
	assert_int_equal(e.sys, ENOSPC);
	delivery_free(d);
	assert_uids(mb, "");
	assert_int_equal(folder_count("a/new"), 0);
	close(null);
	again(&mb);
	assert_int_equal(deliver(mb, "x", 0), 1);
	mailbox_free(mb);
}

struct counting {
	struct observer o;
	int n;
};

static void
count(struct observer *o)
{
	CONTAINER_OF(o, struct counting, o)->n++;
}

static void
test_observers(void **state)
{
	struct counting c[2] = {
	    {{.changed = count}, 0}, {{.changed = count}, 0}};
	struct mailbox *mb = box_open("a");

	(void)state;
	mailbox_observe(mb, &c[0].o);
	mailbox_observe(mb, &c[1].o);
	look(mb);
	assert_int_equal(c[0].n, 0);
	folder_put("a/new/1.a.h", S("x"));
	look(mb);
	assert_int_equal(c[0].n, 1);
	observer_stop(&c[0].o);
	observer_stop(&c[0].o);
	mailbox_notify(mb);
	assert_int_equal(c[0].n, 1);
	assert_int_equal(c[1].n, 2);
	observer_stop(&c[1].o);
	mailbox_free(mb);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_arrivals),
	    TEST(test_numbers_are_not_used_again),
	    TEST(test_flags),
	    TEST(test_keywords_run_out),
	    TEST(test_others_change),
	    TEST(test_changes_at_the_same_time),
	    TEST(test_recent),
	    TEST(test_damaged_file),
	    TEST(test_file_is_written_anew),
	    TEST(test_copy),
	    TEST(test_move),
	    TEST(test_renamed_again_and_again),
	    TEST(test_renamed_before_it_goes_to_itself),
	    TEST(test_measure),
	    TEST(test_numbers_cannot_be_kept),
	    TEST(test_observers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
