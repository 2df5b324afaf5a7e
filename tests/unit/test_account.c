/* Accounts: names, the folders behind them, and what happens to both. */
#include "store/account.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct account *a;
static struct err e;

static int
setup(void **state)
{
	(void)state;
	err_clear(&e);
	(void)folder_make();
	a = account_open(folder_path("u"), &e);
	return a != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	account_close(a);
	folder_remove();
	return 0;
}

static void
test_spelling(void **state)
{
	static const struct {
		struct str in;
		const char *out; /* NULL: no name */
	} rows[] = {
	    {STR("INBOX"), "INBOX"},
	    {STR("inbox"), "INBOX"},
	    {STR("iNbOx/Sub"), "INBOX/Sub"},
	    {STR("Inboxes"), "Inboxes"},
	    {STR("a/inbox"), "a/inbox"},
	    {STR("Sent Mail"), "Sent Mail"},
	    {STR("a.b"), "a.b"},
	    {STR(".."), ".."},
	    {STR("../../etc"), "../../etc"},
	    {STR("\"q\\"), "\"q\\"},
	    {STR("&"), "&"},
	    {STR("Entw\xc3\xbcrfe"), "Entw\xc3\xbcrfe"},
	    {STR(""), NULL},
	    {STR("/"), NULL},
	    {STR("/a"), NULL},
	    {STR("a/"), NULL},
	    {STR("a//b"), NULL},
	    {STR("a*"), NULL},
	    {STR("a%"), NULL},
	    {STR("a\nb"), NULL},
	    {STR("a\rb"), NULL},
	    {STR("a\0b"), NULL},
	    {STR("a\x7f"), NULL},
	    {STR("\xff"), NULL},
	};
	char long_name[NAME_MAX_OCTETS + 2];
	struct buf out;

	(void)state;
	buf_init(&out, NAME_MAX_OCTETS);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool good = name_spell(&out, rows[i].in);

		assert_int_equal(good, rows[i].out != NULL);
		if (good)
			assert_string_equal(buf_cstr(&out), rows[i].out);
	}
	memset(long_name, 'x', sizeof(long_name));
	assert_true(name_spell(&out, (struct str){long_name, NAME_MAX_OCTETS}));
	assert_false(
	    name_spell(&out, (struct str){long_name, NAME_MAX_OCTETS + 1}));
	/* Short, but its folder's name would be too long. */
	memset(long_name, '.', sizeof(long_name));
	assert_false(name_spell(&out, (struct str){long_name, 100}));
	buf_fini(&out);
}

static void
assert_folder(const char *name, const char *folder)
{
	char *path = name_path("/r", str_z(name));

	assert_string_equal(path, folder);
	free(path);
}

/* No name leads out of the account. */
static void
test_folders(void **state)
{
	(void)state;
	assert_folder("INBOX", "/r");
	assert_folder("a", "/r/.a");
	assert_folder("a/b", "/r/.a.b");
	assert_folder("a.b", "/r/.a%2Eb");
	assert_folder("..", "/r/.%2E%2E");
	assert_folder("../../etc", "/r/.%2E%2E.%2E%2E.etc");
	assert_folder("INBOX/x", "/r/.INBOX.x");
}

/* "INBOX a/ a/b" where a name with a slash behind it is no mailbox. */
static void
assert_names(const char *want)
{
	struct names names;
	char got[512] = "";

	assert_int_equal(names_list(account_path(a), &names, &e), 0);
	for (size_t i = 0; i < names.n; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s%s", i > 0 ? " " : "", names.rows[i].name,
		    names.rows[i].exists ? "" : "/");
	names_free(&names);
	assert_string_equal(got, want);
}

static void
test_create_delete(void **state)
{
	(void)state;
	assert_names("INBOX");
	assert_int_equal(account_create(a, S("b"), &e), ACCOUNT_OK);
	assert_int_equal(account_create(a, S("b"), &e), ACCOUNT_EXISTS);
	assert_int_equal(account_create(a, S("INBOX"), &e), ACCOUNT_EXISTS);
	assert_int_equal(account_create(a, S("a/x.y/.."), &e), ACCOUNT_OK);
	assert_int_equal(account_create(a, S("a-1"), &e), ACCOUNT_OK);
	assert_names("INBOX a/ a/x.y/ a/x.y/.. a-1 b");
	assert_int_equal(account_delete(a, S("a"), &e), ACCOUNT_CHILDREN);
	assert_int_equal(account_delete(a, S("c"), &e), ACCOUNT_NONE);
	assert_int_equal(account_delete(a, S("INBOX"), &e), ACCOUNT_CANNOT);
	assert_int_equal(account_create(a, S("a"), &e), ACCOUNT_OK);
	assert_int_equal(account_delete(a, S("a"), &e), ACCOUNT_OK);
	assert_int_equal(account_delete(a, S("a/x.y/.."), &e), ACCOUNT_OK);
	assert_names("INBOX a-1 b");
	assert_string_equal(e.msg, "");
}

/* Folders that name_spell would not have made are no mailboxes. */
static void
test_strange_folders(void **state)
{
	static const char *const folders[] = {"u/.a..b", "u/.%2e", "u/.%41",
	    "u/.INBOX", "u/.inbox", "u/.x%", "u/.\xff", "u/...", "u/plain",
	    "u/.a\nb"};

	(void)state;
	for (size_t i = 0; i < COUNT(folders); i++)
		assert_int_equal(maildir_make(folder_path(folders[i]), &e), 0);
	assert_int_equal(mkdir(folder_path("u/.empty"), 0700), 0);
	folder_put("u/.file", S("x"));
	assert_names("INBOX");
}

static void
test_rename(void **state)
{
	struct mailbox *mb, *same;

	(void)state;
	assert_int_equal(account_create(a, S("a"), &e), ACCOUNT_OK);
	assert_int_equal(account_create(a, S("a/b"), &e), ACCOUNT_OK);
	assert_int_equal(account_create(a, S("x/y"), &e), ACCOUNT_OK);
	assert_int_equal(account_create(a, S("ab"), &e), ACCOUNT_OK);
	assert_int_equal(account_use(a, S("a/b"), &mb, &e), ACCOUNT_OK);
	assert_int_equal(
	    account_rename(a, S("none"), S("c"), &e), ACCOUNT_NONE);
	assert_int_equal(
	    account_rename(a, S("a"), S("ab"), &e), ACCOUNT_EXISTS);
	assert_int_equal(
	    account_rename(a, S("a"), S("a/c"), &e), ACCOUNT_CANNOT);
	assert_int_equal(account_rename(a, S("a"), S("z.w"), &e), ACCOUNT_OK);
	assert_names("INBOX ab x/ x/y z.w z.w/b");
	/* Who had it open has it still. */
	assert_int_equal(account_use(a, S("z.w/b"), &same, &e), ACCOUNT_OK);
	assert_ptr_equal(mb, same);
	assert_false(mb->gone);
	account_release(a, mb);
	account_release(a, same);
	/* What is no mailbox, but has some below it. */
	assert_int_equal(account_rename(a, S("x"), S("q"), &e), ACCOUNT_OK);
	assert_names("INBOX ab q/ q/y z.w z.w/b");
	/* One of those below would have the name of another. */
	assert_int_equal(account_create(a, S("n/y"), &e), ACCOUNT_OK);
	assert_int_equal(account_rename(a, S("q"), S("n"), &e), ACCOUNT_EXISTS);
	assert_names("INBOX ab n/ n/y q/ q/y z.w z.w/b");
}

static void
test_rename_inbox(void **state)
{
	struct mailbox *mb;

	(void)state;
	folder_put("u/new/1.a.h", S("x"));
	assert_int_equal(
	    account_rename(a, S("INBOX"), S("old"), &e), ACCOUNT_OK);
	assert_names("INBOX old");
	assert_int_equal(folder_count("u/.old/new"), 1);
	assert_int_equal(account_use(a, S("INBOX"), &mb, &e), ACCOUNT_OK);
	assert_int_equal(mb->n, 0);
	assert_int_equal(mb->next, 2);
	account_release(a, mb);
}

/* Whoever has it open keeps what there is to keep, and a new mailbox of the
 * name is another one. */
static void
test_delete_in_use(void **state)
{
	struct mailbox *old, *new;

	(void)state;
	assert_int_equal(account_create(a, S("a"), &e), ACCOUNT_OK);
	assert_int_equal(account_use(a, S("a"), &old, &e), ACCOUNT_OK);
	assert_int_equal(account_delete(a, S("a"), &e), ACCOUNT_OK);
	assert_true(old->gone);
	assert_int_equal(account_use(a, S("a"), &new, &e), ACCOUNT_NONE);
	assert_int_equal(account_create(a, S("a"), &e), ACCOUNT_OK);
	assert_int_equal(account_use(a, S("a"), &new, &e), ACCOUNT_OK);
	assert_ptr_not_equal(old, new);
	/* However fast that was. */
	assert_true(new->validity > old->validity);
	account_release(a, old);
	account_release(a, new);
}

/* INBOX is there whatever another program has done to its folder, and what
 * lies there now is not taken for what lay there. */
static void
test_removed_by_others(void **state)
{
	struct mailbox *old, *new;

	(void)state;
	assert_int_equal(account_use(a, S("INBOX"), &old, &e), ACCOUNT_OK);
	assert_int_equal(rename(folder_path("u"), folder_path("u.old")), 0);
	assert_int_equal(account_use(a, S("INBOX"), &new, &e), ACCOUNT_OK);
	assert_true(folder_has("u/new"));
	assert_true(old->gone);
	assert_false(new->gone);
	account_release(a, old);
	account_release(a, new);
}

/* A folder that is open is not opened again under the name that another
 * program has given it: both would give the same UIDs. */
static void
test_renamed_by_others(void **state)
{
	struct mailbox *old, *new;

	(void)state;
	assert_int_equal(account_create(a, S("a"), &e), ACCOUNT_OK);
	assert_int_equal(account_use(a, S("a"), &old, &e), ACCOUNT_OK);
	assert_int_equal(rename(folder_path("u/.a"), folder_path("u/.b")), 0);
	assert_int_equal(account_use(a, S("b"), &new, &e), ACCOUNT_OK);
	assert_true(old->gone);
	assert_false(new->gone);
	account_release(a, old);
	account_release(a, new);
}

/* Somebody has made nothing but the folder that makes it a mailbox. */
static void
test_half_a_maildir(void **state)
{
	struct mailbox *mb;

	(void)state;
	assert_int_equal(mkdir(folder_path("u/.half"), 0700), 0);
	assert_int_equal(mkdir(folder_path("u/.half/cur"), 0700), 0);
	assert_names("INBOX half");
	assert_int_equal(account_use(a, S("half"), &mb, &e), ACCOUNT_OK);
	assert_true(folder_has("u/.half/tmp"));
	account_release(a, mb);
}

static void
test_validity_outlives_us(void **state)
{
	struct mailbox *mb;
	uint32_t last = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(account_create(a, S("a"), &e), ACCOUNT_OK);
		assert_int_equal(account_use(a, S("a"), &mb, &e), ACCOUNT_OK);
		assert_true(mb->validity > last);
		last = mb->validity;
		account_release(a, mb);
		assert_int_equal(account_delete(a, S("a"), &e), ACCOUNT_OK);
		account_close(a);
		a = account_open(folder_path("u"), &e);
	}
}

static void
assert_subscribed(const char *want)
{
	struct names names;
	char got[512] = "";

	assert_int_equal(names_subscribed(account_path(a), &names, &e), 0);
	for (size_t i = 0; i < names.n; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s%s", i > 0 ? " " : "", names.rows[i].name,
		    names.rows[i].exists ? "" : "?");
	names_free(&names);
	assert_string_equal(got, want);
}

static void
test_subscriptions(void **state)
{
	const char *root = account_path(a);

	(void)state;
	assert_subscribed("");
	assert_int_equal(names_subscribe(root, S("z"), true, &e), 0);
	assert_int_equal(names_subscribe(root, S("INBOX"), true, &e), 0);
	assert_int_equal(names_subscribe(root, S("z"), true, &e), 0);
	assert_int_equal(names_subscribe(root, S("a b/c"), true, &e), 0);
	assert_subscribed("INBOX a b/c? z?");
	assert_int_equal(names_subscribe(root, S("z"), false, &e), 0);
	assert_int_equal(names_subscribe(root, S("none"), false, &e), 0);
	assert_subscribed("INBOX a b/c?");
}

/* A removal that a crash interrupted is finished. */
static void
test_leftovers(void **state)
{
	(void)state;
	account_close(a);
	assert_int_equal(
	    maildir_make(folder_path("u/postel-deleted.1"), &e), 0);
	folder_put("u/postel-deleted.1/cur/1", S("x"));
	a = account_open(folder_path("u"), &e);
	assert_false(folder_has("u/postel-deleted.1"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_spelling),
	    TEST(test_folders),
	    TEST(test_create_delete),
	    TEST(test_strange_folders),
	    TEST(test_rename),
	    TEST(test_rename_inbox),
	    TEST(test_delete_in_use),
	    TEST(test_removed_by_others),
	    TEST(test_renamed_by_others),
	    TEST(test_half_a_maildir),
	    TEST(test_validity_outlives_us),
	    TEST(test_subscriptions),
	    TEST(test_leftovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
