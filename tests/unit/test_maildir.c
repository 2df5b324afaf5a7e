/* Maildirs: names, what comes in, and how it is read again. */
#include "store/maildir.h"
#include "store/batch.h"
#include "store/mail.h"
#include "tests/unit/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static int dir;

static int
setup(void **state)
{
	struct err e = {0};

	(void)state;
	(void)folder_make();
	assert_int_equal(maildir_make(folder_path("box"), &e), 0);
	dir = open(folder_path("box"), O_RDONLY | O_DIRECTORY);
	return dir >= 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	close(dir);
	folder_remove();
	return 0;
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *base;
		uint32_t flags;
		const char *again;
	} rows[] = {
	    {"1.a.h", "1.a.h", 0, "1.a.h:2,"},
	    {"1.a.h:2,", "1.a.h", 0, "1.a.h:2,"},
	    {"1.a.h:2,S", "1.a.h", FLAG_SEEN, "1.a.h:2,S"},
	    {"1.a.h:2,TSRPFD", "1.a.h", 0x3f, "1.a.h:2,DFPRST"},
	    {"x,S=3:2,az", "x,S=3", 1U << 6 | 1U << 31, "x,S=3:2,az"},
	    {"x:2,?S!", "x", FLAG_SEEN, "x:2,S"},
	    {"x:1,S", "x", 0, "x:2,"},
	    {"letter.txt", "letter.txt", 0, "letter.txt:2,"},
	    {":2,S", "", FLAG_SEEN, ":2,S"},
	};
	uint32_t flags;
	struct str base;
	struct buf b;

	(void)state;
	buf_init(&b, 300);
	for (size_t i = 0; i < COUNT(rows); i++) {
		base = maildir_base(str_z(rows[i].name), &flags);
		assert_true(str_eq(base, str_z(rows[i].base)));
		assert_int_equal(flags, rows[i].flags);
		buf_clear(&b);
		assert_int_equal(maildir_name(&b, base, flags), 0);
		assert_string_equal(buf_cstr(&b), rows[i].again);
	}
	buf_fini(&b);
}

static void
test_unique(void **state)
{
	struct buf a, b;

	(void)state;
	buf_init(&a, 255);
	buf_init(&b, 255);
	for (int i = 0; i < 1000; i++) {
		buf_clear(&a);
		maildir_unique(&a);
		assert_false(str_eq(buf_str(&a), buf_str(&b)));
		assert_false(str_has(buf_str(&a), '/'));
		assert_false(str_has(buf_str(&a), ':'));
		buf_clear(&b);
		(void)buf_add(&b, buf_str(&a));
	}
	buf_fini(&a);
	buf_fini(&b);
}

/* Delivers content in pieces of `step`; the path of the file. */
static const char *
deliver(struct str content, size_t step, uint32_t flags)
{
	static char path[512];
	struct err e = {0};
	struct delivery *d = delivery_new(dir, &e);
	const char *name;

	assert_non_null(d);
	for (size_t at = 0, n; at < content.n; at += n) {
		n = step < content.n - at ? step : content.n - at;
		assert_int_equal(
		    delivery_add(d, (struct str){content.p + at, n}, &e), 0);
	}
	assert_int_equal(folder_count("box/new"), 0);
	assert_int_equal(folder_count("box/cur"), 0);
	assert_int_equal(delivery_commit(d, flags, 86400, &name, &e), 0);
	(void)snprintf(
	    path, sizeof(path), "box/%s/%s", flags != 0 ? "cur" : "new", name);
	delivery_free(d);
	return path;
}

static void
test_delivery(void **state)
{
	static const struct {
		struct str crlf, file, again;
	} rows[] = {
	    {STR(""), STR(""), STR("")},
	    {STR("a\r\nb\r\n"), STR("a\nb\n"), STR("a\r\nb\r\n")},
	    {STR("no end"), STR("no end"), STR("no end")},
	    {STR("cr\rin\r\n"), STR("cr\rin\n"), STR("cr\rin\r\n")},
	    {STR("last cr\r"), STR("last cr\r"), STR("last cr\r")},
	    {STR("\r\n\r\n.\r\n"), STR("\n\n.\n"), STR("\r\n\r\n.\r\n")},
	    {STR("lf\n\r\nlf\n"), STR("lf\n\nlf\n"), STR("lf\r\n\r\nlf\r\n")},
	    {STR("nul\0\xff\r\n"), STR("nul\0\xff\n"), STR("nul\0\xff\r\n")},
	};
	struct err e = {0};
	struct buf got;

	(void)state;
	buf_init(&got, 1000);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step < 5; step++) {
			const char *path = deliver(
			    rows[i].crlf, step, step == 2 ? FLAG_SEEN : 0);
			struct stat st;
			struct mail *m;
			uint64_t size;
			struct str s;

			buf_clear(&got);
			folder_get(path, &got);
			assert_true(str_eq(buf_str(&got), rows[i].file));
			assert_int_equal(stat(folder_path(path), &st), 0);
			assert_int_equal(st.st_mtime, 86400);
			assert_int_equal(st.st_mode & 0777, 0600);
			m = mail_open(dir, path + strlen("box/"), &e);
			assert_non_null(m);
			assert_int_equal(mail_size(m, &size, &e), 0);
			assert_int_equal(size, rows[i].again.n);
			assert_int_equal(mail_read(m, 0, &s, &e), 0);
			assert_true(str_eq(s, rows[i].again));
			mail_close(m);
			assert_int_equal(unlink(folder_path(path)), 0);
			assert_int_equal(folder_count("box/tmp"), 0);
		}
	buf_fini(&got);
}

static void
test_delivery_is_dropped(void **state)
{
	struct err e = {0};
	struct delivery *d = delivery_new(dir, &e);
	const char *name;

	(void)state;
	assert_int_equal(delivery_add(d, S("half"), &e), 0);
	assert_int_equal(folder_count("box/tmp"), 1);
	delivery_free(d);
	assert_int_equal(folder_count("box/tmp"), 0);

	d = delivery_new(dir, &e);
	assert_int_equal(delivery_commit(d, 0, DELIVERY_NOW, &name, &e), 0);
	assert_int_equal(folder_count("box/new"), 1);
	delivery_undo(d);
	delivery_free(d);
	assert_int_equal(folder_count("box/new"), 0);
}

/* What mail.h says of a file's content. */
static void
expected(struct buf *out, struct str file)
{
	for (size_t i = 0; i < file.n; i++) {
		if (file.p[i] == '\n' && (i == 0 || file.p[i - 1] != '\r'))
			(void)buf_addc(out, '\r');
		(void)buf_addc(out, file.p[i]);
	}
}

/* Any offset, forward and back, in mails longer than a block. */
static void
test_offsets(void **state)
{
	static const char letters[] = "ab\n\r\n\n";
	static char content[70000];
	struct buf want;
	struct err e = {0};
	struct mail *m;
	struct str s;
	uint64_t size, at;

	(void)state;
	srandom(1);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = letters[random() % 6];
	buf_init(&want, 1 << 20);
	expected(&want, (struct str){content, sizeof(content)});
	folder_put("box/cur/x", (struct str){content, sizeof(content)});
	m = mail_open(dir, "cur/x", &e);
	assert_non_null(m);
	assert_int_equal(mail_size(m, &size, &e), 0);
	assert_int_equal(size, want.len);
	for (int i = 0; i < 300; i++) {
		at = (uint64_t)random() % (size + 10);
		assert_int_equal(mail_read(m, at, &s, &e), 0);
		assert_int_equal(s.n > 0, at < size);
		if (at < size)
			assert_memory_equal(s.p, want.p + want.off + at, s.n);
	}
	for (at = 0; at < size; at += s.n) {
		assert_int_equal(mail_read(m, at, &s, &e), 0);
		assert_memory_equal(s.p, want.p + want.off + at, s.n);
	}
	mail_close(m);
	buf_fini(&want);
}

/* A symbolic link, a folder or a FIFO is no message. */
static void
test_only_files(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(
	    symlink("/etc/passwd", folder_path("box/cur/link")), 0);
	assert_int_equal(mkfifo(folder_path("box/cur/fifo"), 0600), 0);
	assert_int_equal(mkdir(folder_path("box/cur/dir"), 0700), 0);
	assert_null(mail_open(dir, "cur/link", &e));
	assert_null(mail_open(dir, "cur/fifo", &e));
	assert_null(mail_open(dir, "cur/dir", &e));
	err_clear(&e);
	assert_null(mail_open(dir, "cur/none", &e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_int_equal(e.sys, 2); /* ENOENT */
	assert_int_equal(unlink(folder_path("box/cur/link")), 0);
	assert_int_equal(unlink(folder_path("box/cur/fifo")), 0);
	assert_int_equal(rmdir(folder_path("box/cur/dir")), 0);
}

static void
test_remove(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(maildir_make(folder_path("b"), &e), 0);
	assert_true(maildir_is(folder_path("b")));
	folder_put("b/new/1", S("x"));
	folder_put("b/postel-uids", S("x"));
	assert_int_equal(maildir_remove(folder_path("b"), &e), 0);
	assert_false(folder_has("b"));
	assert_int_equal(maildir_make(folder_path("b"), &e), 0);
	assert_int_equal(mkdir(folder_path("b/mine"), 0700), 0);
	assert_int_equal(maildir_remove(folder_path("b"), &e), -1);
	assert_true(folder_has("b/mine"));
}

static size_t
count_all(void)
{
	return folder_count("box/new") + folder_count("box/cur") +
	       folder_count("box/tmp");
}

/* n messages, every other one with a flag. */
static void
fill(struct batch *b, size_t n)
{
	struct err e = {0};
	struct str base, name;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(
		    batch_add(b, S("Subject: a\r\n\r\nb\r"), &e), 0);
		assert_int_equal(batch_add(b, S("\nc\r"), &e), 0);
		assert_int_equal(batch_seal(b, i % 2 ? FLAG_SEEN : 0, 86400,
				     &base, &name, &e),
		    0);
		assert_true(str_starts(name, base));
		assert_int_equal(name.n - base.n, i % 2 ? strlen(":2,S") : 0);
	}
	assert_int_equal(batch_count(b), n);
	assert_int_equal(folder_count("box/tmp"), n);
}

/* A few, and more than are synced each by itself. */
static void
test_batch(void **state)
{
	static const size_t counts[] = {0, 1, 3, 16, 17, 40};
	struct err e = {0};
	struct batch *b = batch_new(dir, &e);
	size_t sum = count_all();

	(void)state;
	assert_non_null(b);
	for (size_t i = 0; i < COUNT(counts); i++) {
		fill(b, counts[i]);
		assert_int_equal(batch_sync(b, &e), 0);
		/* One that has only begun is not among them. */
		assert_int_equal(batch_add(b, S("half"), &e), 0);
		assert_int_equal(batch_commit(b, true, &e), 0);
		assert_int_equal(batch_count(b), 0);
		assert_int_equal(folder_count("box/tmp"), 1);
		batch_drop(b);
		sum += counts[i];
		assert_int_equal(count_all(), sum);
	}
	/* What is not committed leaves nothing. */
	fill(b, 20);
	assert_int_equal(batch_add(b, S("half"), &e), 0);
	batch_free(b);
	assert_int_equal(count_all(), sum);
}

static int
rename_in_box(const char *from, const char *to)
{
	return renameat(dir, from, dir, to);
}

/* All, or none: a folder that is gone in the middle. */
static void
test_batch_that_fails(void **state)
{
	struct err e = {0};
	struct batch *b = batch_new(dir, &e);
	size_t before = count_all();

	(void)state;
	fill(b, 20);
	assert_int_equal(rename_in_box("cur", "away"), 0);
	assert_int_equal(batch_commit(b, true, &e), -1);
	assert_int_equal(e.kind, ERR_SYS);
	assert_int_equal(batch_count(b), 0);
	assert_int_equal(rename_in_box("away", "cur"), 0);
	assert_int_equal(count_all(), before);
	fill(b, 2);
	assert_int_equal(batch_commit(b, true, &e), 0);
	assert_int_equal(count_all(), before + 2);
	batch_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_unique),
	    cmocka_unit_test(test_delivery),
	    cmocka_unit_test(test_delivery_is_dropped),
	    cmocka_unit_test(test_batch),
	    cmocka_unit_test(test_batch_that_fails),
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_only_files),
	    cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
