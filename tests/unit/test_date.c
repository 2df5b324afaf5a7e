/* date: the dates of headers and of IMAP, there and back. */
#include "wire/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* A time that both forms write, and what they write. */
static const struct {
	int64_t time;
	int zone;
	const char *rfc5322, *imap;
} times[] = {
    {0, 0, "Thu, 01 Jan 1970 00:00:00 +0000", "01-Jan-1970 00:00:00 +0000"},
    {-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000", "31-Dec-1969 23:59:59 +0000"},
    {-1, 1, "Thu, 01 Jan 1970 00:00:59 +0001", "01-Jan-1970 00:00:59 +0001"},
    {0, -1, "Wed, 31 Dec 1969 23:59:00 -0001", "31-Dec-1969 23:59:00 -0001"},
    {760102200, 60, "Tue, 01 Feb 1994 12:30:00 +0100",
	"01-Feb-1994 12:30:00 +0100"},
    {951829199, 0, "Tue, 29 Feb 2000 12:59:59 +0000",
	"29-Feb-2000 12:59:59 +0000"},
    {-2203935904, 0, "Wed, 28 Feb 1900 11:34:56 +0000",
	"28-Feb-1900 11:34:56 +0000"},
    {-2203849200, 0, "Thu, 01 Mar 1900 11:40:00 +0000",
	"01-Mar-1900 11:40:00 +0000"},
    {1709210096, -210, "Thu, 29 Feb 2024 09:04:56 -0330",
	"29-Feb-2024 09:04:56 -0330"},
    {2147483648, 0, "Tue, 19 Jan 2038 03:14:08 +0000",
	"19-Jan-2038 03:14:08 +0000"},
    {4107542400, 0, "Mon, 01 Mar 2100 00:00:00 +0000",
	"01-Mar-2100 00:00:00 +0000"},
    {4107542399, 0, "Sun, 28 Feb 2100 23:59:59 +0000",
	"28-Feb-2100 23:59:59 +0000"},
    {-62135596800, 0, "Mon, 01 Jan 0001 00:00:00 +0000",
	"01-Jan-0001 00:00:00 +0000"},
    {-62135596801, 0, "Sun, 31 Dec 0000 23:59:59 +0000",
	"31-Dec-0000 23:59:59 +0000"},
    {-62167219200, 0, "Sat, 01 Jan 0000 00:00:00 +0000",
	"01-Jan-0000 00:00:00 +0000"},
    {-62162121600, 0, "Tue, 29 Feb 0000 00:00:00 +0000",
	"29-Feb-0000 00:00:00 +0000"},
    {253402300799, 0, "Fri, 31 Dec 9999 23:59:59 +0000",
	"31-Dec-9999 23:59:59 +0000"},
    {1700000000, 5999, "Sun, 19 Nov 2023 02:12:20 +9959",
	"19-Nov-2023 02:12:20 +9959"},
};

static void
test_there_and_back(void **state)
{
	struct date d;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < COUNT(times); i++) {
		d = (struct date){times[i].time, times[i].zone};
		buf_clear(&b);
		assert_int_equal(date_put_rfc5322(&b, d), 0);
		assert_string_equal(buf_cstr(&b), times[i].rfc5322);
		d = (struct date){0};
		/* Two digits say another year than four do. */
		assert_true(date_rfc5322(buf_str(&b), &d));
		assert_true(d.time == times[i].time);
		assert_int_equal(d.zone, times[i].zone);
		buf_clear(&b);
		assert_int_equal(date_put_imap(&b, d), 0);
		assert_string_equal(buf_cstr(&b), times[i].imap);
		d = (struct date){0};
		assert_true(date_imap(buf_str(&b), &d));
		assert_true(d.time == times[i].time);
		assert_int_equal(d.zone, times[i].zone);
	}
	buf_fini(&b);
}

static void
test_every_day(void **state)
{
	struct date d, e;
	int64_t day;
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (day = -719528; day < 2932897; day += 17) {
		d = (struct date){day * 86400 + 43200, 0};
		buf_clear(&b);
		assert_int_equal(date_put_imap(&b, d), 0);
		assert_true(date_imap(buf_str(&b), &e));
		assert_true(d.time == e.time);
		assert_true(date_day(e) == day);
	}
	buf_fini(&b);
}

/* Beyond what four digits can say, the nearest that they can. */
static void
test_extremes(void **state)
{
	static const struct {
		struct date d;
		const char *out;
	} rows[] = {
	    {{INT64_MIN, 0}, "01-Jan-0000 00:00:00 +0000"},
	    {{INT64_MAX, 0}, "31-Dec-9999 23:59:59 +0000"},
	    {{INT64_MIN, -60}, "01-Jan-0000 00:00:00 -0100"},
	    {{INT64_MAX, 60}, "31-Dec-9999 23:59:59 +0100"},
	    {{0, 1000000}, "05-Jan-1970 03:59:00 +9959"},
	    {{0, -1000000}, "27-Dec-1969 20:01:00 -9959"},
	};
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		buf_init(&b, strlen(rows[i].out));
		assert_int_equal(date_put_imap(&b, rows[i].d), 0);
		assert_string_equal(buf_cstr(&b), rows[i].out);
		assert_int_equal(date_put_rfc5322(&b, rows[i].d), -1);
		buf_fini(&b);
	}
}

/* A copy of exactly s.n octets: ASan sees a read past them. */
static bool
parse_exact(
    bool (*parse)(struct str, struct date *), struct str s, struct date *d)
{
	char *p = malloc(s.n > 0 ? s.n : 1);
	bool good;

	assert_non_null(p);
	memcpy(p, s.p, s.n);
	good = parse((struct str){p, s.n}, d);
	free(p);
	return good;
}

static void
test_rfc5322(void **state)
{
	static const struct {
		const char *in;
		int64_t time;
		int zone;
	} good[] = {
	    /* RFC 5322 A.1.1, A.5, A.6.2, A.6.3 */
	    {"Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360},
	    {"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32"
	     "\r\n               -0330 (Newfoundland Time)",
		-27723480, -210},
	    {"21 Nov 97 09:55:06 GMT", 880106106, 0},
	    {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706,
		-360},
	    {"1 Feb 94 12:30 EST", 760123800, -300},
	    {"1 feb 1994 12:30 pdt", 760131000, -420},
	    {"1 Feb 49 00:00 UT", 2495750400, 0},
	    {"1 Feb 50 00:00 UT", -628473600, 0},
	    {"1 Feb 094 12:30 Z", 760105800, 0},
	    {"1 Feb 1994 12:30:60 +0000", 760105860, 0},
	    {" (x) 1 Feb 1994 2:30 +0000 (y) z", 760069800, 0},
	    {"Foo, 1 Feb 1994 12.30.00 +0000", 760105800, 0},
	    {"1 Feb 1994 12:30:00+0100", 760102200, 60},
	    /* zones that are none are UTC */
	    {"1 Feb 1994 12:30:00", 760105800, 0},
	    {"1 Feb 1994 12:30:00 A", 760105800, 0},
	    {"1 Feb 1994 12:30:00 XYZ", 760105800, 0},
	    {"1 Feb 1994 12:30:00 ESTX", 760105800, 0},
	    {"1 Feb 1994 12:30:00 +01:00", 760105800, 0},
	    {"1 Feb 1994 12:30:00 +0160", 760105800, 0},
	    {"1 Feb 1994 12:30:00 +01000", 760105800, 0},
	    {"1 Feb 1994 12:30:00 -0000", 760105800, 0},
	};
	static const char *const bad[] = {"", " ", "(", "x", "Tue,",
	    "Tue 1 Feb 1994 12:30:00", "Tuesday, 1 Feb 1994 12:30:00",
	    "Tue, Feb 1 1994 12:30:00", "1", "1 Feb", "1 Feb 1994",
	    "1 Feb 1994 12", "1 Feb 1994 12:", "1 Feb 1994 12:3",
	    "1 Feb 1994 12:30:", "1 Feb 1994 12:30:0", "1 Feb 1994 24:00",
	    "1 Feb 1994 23:60", "1 Feb 1994 23:59:61", "0 Feb 1994 12:30",
	    "29 Feb 1994 12:30", "30 Feb 2000 12:30", "31 Apr 1994 12:30",
	    "001 Feb 1994 12:30", "1 Febr 1994 12:30", "1 Fe 1994 12:30",
	    "1 Feb 9 12:30", "1 Feb 19940 12:30", "1-Feb-1994 12:30",
	    "1 Feb 1994 012:30", "1 Feb 1994 -1:30"};
	struct date d;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		for (n = 0; n < strlen(good[i].in); n++)
			(void)parse_exact(
			    date_rfc5322, str_head(str_z(good[i].in), n), &d);
		assert_true(parse_exact(date_rfc5322, str_z(good[i].in), &d));
		assert_true(d.time == good[i].time);
		assert_int_equal(d.zone, good[i].zone);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(parse_exact(date_rfc5322, str_z(bad[i]), &d));
}

static void
test_imap(void **state)
{
	static const char *const good[] = {" 1-Feb-1994 12:30:00 +0100",
	    "01-Feb-1994 12:30:00 +0100", "1-feb-1994 12:30:00 +0100"};
	static const char *const bad[] = {"", "1-Feb-1994",
	    "  1-Feb-1994 12:30:00 +0100", " 01-Feb-1994 12:30:00 +0100",
	    "001-Feb-1994 12:30:00 +0100", "1-Feb-94 12:30:00 +0100",
	    "1-Feb-1994 12:30 +0100", "1-Feb-1994 12:30:00",
	    "1-Feb-1994 12:30:00 +010", "1-Feb-1994 12:30:00 +01000",
	    "1-Feb-1994 12:30:00 0100", "1-Feb-1994 12:30:00 GMT",
	    "1-Feb-1994 12:30:00 +0100 ", "1-Feb-1994  12:30:00 +0100",
	    "1 Feb 1994 12:30:00 +0100", "31-Feb-1994 12:30:00 +0100",
	    "1-Feb-1994 24:00:00 +0100", "1-Feb-1994 12:60:00 +0100",
	    "1-Feb-1994 12:00:61 +0100", "1-Feb-1994 2:30:00 +0100",
	    "1-Feb-1994 12:30:00 +0160", "0-Feb-1994 12:30:00 +0100"};
	struct date d;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		for (n = 0; n < strlen(good[i]); n++)
			assert_false(parse_exact(
			    date_imap, str_head(str_z(good[i]), n), &d));
		assert_true(parse_exact(date_imap, str_z(good[i]), &d));
		assert_true(d.time == 760102200);
		assert_int_equal(d.zone, 60);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(parse_exact(date_imap, str_z(bad[i]), &d));
}

static void
test_imap_day(void **state)
{
	static const struct {
		const char *in;
		int64_t day;
	} good[] = {
	    {"1-Jan-1970", 0},
	    {"01-Jan-1970", 0},
	    {" 1-Jan-1970", 0},
	    {"31-DEC-1969", -1},
	    {"1-Feb-1994", 8797},
	    {"29-Feb-2000", 11016},
	};
	static const char *const bad[] = {"", "1", "1-", "1-Feb", "1-Feb-",
	    "1-Feb-199", "1-Feb-19940", "1-Feb-1994 ", "001-Feb-1994",
	    "32-Jan-1994", "29-Feb-1900", "1-Feb-94", "a-Feb-1994",
	    "1-Fee-1994", "1-Feb-199x", "-1-Feb-1994"};
	int64_t day;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_true(date_imap_day(str_z(good[i].in), &day));
		assert_true(day == good[i].day);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(date_imap_day(str_z(bad[i]), &day));
}

/* The day is that of the writer's clock. */
static void
test_day(void **state)
{
	static const struct {
		struct date d;
		int64_t day;
	} rows[] = {
	    {{0, 0}, 0},
	    {{86399, 0}, 0},
	    {{86400, 0}, 1},
	    {{-1, 0}, -1},
	    {{86399, 1}, 1},
	    {{0, -1}, -1},
	    {{-86400, 0}, -1},
	    {{-86401, 0}, -2},
	    {{INT64_MAX, 60}, 106751991167300},
	    {{INT64_MIN, -60}, -106751991167301},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_true(date_day(rows[i].d) == rows[i].day);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_every_day),
	    cmocka_unit_test(test_extremes),
	    cmocka_unit_test(test_rfc5322),
	    cmocka_unit_test(test_imap),
	    cmocka_unit_test(test_imap_day),
	    cmocka_unit_test(test_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
