/* date: the dates of message headers and of IMAP. */
#include "wire/date.h"
#include "wire/scan.h"

#include <inttypes.h>

enum {
	DAY = 24 * 60 * 60,
	ZONE_MAX = 99 * 60 + 59,
	YEAR_MAX = 9999,
	EPOCH = 719528, /* days from the first of January of year 0 to 1970 */
};

/* What calendar and clock show. */
struct civil {
	int64_t year, month, day; /* month 0 … 11, day 1 … 31 */
	int64_t hour, minute, second;
	int zone; /* minutes */
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 on */

/* RFC 5322 4.3; all others are as good as UTC. */
static const struct {
	struct str name;
	int hours;
} zones[] = {
    {STR("EST"), -5},
    {STR("EDT"), -4},
    {STR("CST"), -6},
    {STR("CDT"), -5},
    {STR("MST"), -7},
    {STR("MDT"), -6},
    {STR("PST"), -8},
    {STR("PDT"), -7},
};

/* Days from 1970-01-01 to the first of January of a year, 0 or later. */
static int64_t
days_to_year(int64_t year)
{
	int64_t leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;

	return 365 * year + leaps - EPOCH;
}

static bool
is_leap(int64_t year)
{
	return days_to_year(year + 1) - days_to_year(year) == 366;
}

static int64_t
days_in_month(int64_t year, int64_t month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month] + (month == 1 && is_leap(year));
}

static int64_t
days_to_date(int64_t year, int64_t month, int64_t day)
{
	int64_t days = days_to_year(year) + day - 1;

	while (month-- > 0)
		days += days_in_month(year, month);
	return days;
}

/* False if there is no such day or time; a leap second is one. */
static bool
is_civil(const struct civil *c)
{
	return c->year <= YEAR_MAX && c->day >= 1 &&
	       c->day <= days_in_month(c->year, c->month) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

static struct date
from_civil(const struct civil *c)
{
	int64_t days = days_to_date(c->year, c->month, c->day);
	int64_t minutes = (days * 24 + c->hour) * 60 + c->minute - c->zone;

	return (struct date){minutes * 60 + c->second, c->zone};
}

/* By division that rounds down. */
static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
clamp(int64_t n, int64_t min, int64_t max)
{
	return n < min ? min : n > max ? max : n;
}

static struct civil
to_civil(struct date d, int64_t *days)
{
	const int64_t first = days_to_year(0) * DAY;
	const int64_t last = days_to_year(YEAR_MAX + 1) * DAY - 1;
	struct civil c = {.zone = (int)clamp(d.zone, -ZONE_MAX, ZONE_MAX)};
	int64_t time = clamp(d.time, first, last) + c.zone * 60;
	int64_t left;

	time = clamp(time, first, last);
	*days = floor_div(time, DAY);
	left = time - *days * DAY;
	c.hour = left / 3600;
	c.minute = left / 60 % 60;
	c.second = left % 60;
	c.year = (*days + EPOCH) / 366; /* or a few later */
	while (days_to_year(c.year + 1) <= *days)
		c.year++;
	c.day = *days - days_to_year(c.year) + 1;
	while (c.day > days_in_month(c.year, c.month))
		c.day -= days_in_month(c.year, c.month++);
	return c;
}

int64_t
date_day(struct date d)
{
	return floor_div(floor_div(d.time, 60) + d.zone, 24 * 60);
}

/* Cuts min to max digits off *s. */
static bool
cut_number(struct str *s, size_t min, size_t max, int64_t *out)
{
	size_t n = 0;

	*out = 0;
	for (; n < s->n && n < max && ascii_digit(s->p[n]); n++)
		*out = *out * 10 + (s->p[n] - '0');
	*s = str_skip(*s, n);
	return n >= min && (s->n == 0 || !ascii_digit(*s->p));
}

static bool
cut_octet(struct str *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* A month's name in three letters, whatever their case. */
static bool
cut_month(struct str *s, int64_t *out)
{
	for (*out = 0; *out < 12; ++*out) {
		if (!str_startscase(*s, (struct str){months + 3 * *out, 3}))
			continue;
		*s = str_skip(*s, 3);
		return s->n == 0 || !ascii_alpha(*s->p);
	}
	return false;
}

/* "+hhmm" */
static bool
cut_zone(struct str *s, int *out)
{
	bool west = s->n > 0 && *s->p == '-';
	int64_t n;

	if ((!cut_octet(s, '+') && !cut_octet(s, '-')) ||
	    !cut_number(s, 4, 4, &n) || n % 100 > 59)
		return false;
	*out = (int)(n / 100 * 60 + n % 100) * (west ? -1 : 1);
	return true;
}

/* RFC 5322 4.3: two digits are of 1950 to 2049, three count from 1900. */
static bool
cut_year(struct str *s, int64_t *out)
{
	size_t digits = s->n;

	if (!cut_number(s, 2, 4, out))
		return false;
	digits -= s->n;
	if (digits == 2 && *out < 50)
		*out += 2000;
	else if (digits < 4)
		*out += 1900;
	return true;
}

/* "hh:mm" or "hh:mm:ss"; some mailers write dots. */
static bool
scan_time(struct scanner *s, struct civil *c)
{
	if (!cut_number(&s->in, 1, 2, &c->hour))
		return false;
	(void)scan_space(s);
	if (!cut_octet(&s->in, ':') && !cut_octet(&s->in, '.'))
		return false;
	(void)scan_space(s);
	if (!cut_number(&s->in, 2, 2, &c->minute))
		return false;
	(void)scan_space(s);
	if (!cut_octet(&s->in, ':') && !cut_octet(&s->in, '.'))
		return true;
	(void)scan_space(s);
	if (!cut_number(&s->in, 2, 2, &c->second))
		return false;
	(void)scan_space(s);
	return true;
}

static int
named_zone(struct str s)
{
	size_t i;

	s = str_head(s, scan_length(s, SCAN_ATOM));
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (str_eqcase(s, zones[i].name))
			return zones[i].hours * 60;
	return 0;
}

bool
date_rfc5322(struct str s, struct date *out)
{
	struct scanner sc = {.in = s};
	struct civil c = {0};

	if (scan_space(&sc) != SCAN_MORE)
		return false;
	if (ascii_alpha(*sc.in.p)) {
		if (scan_length(sc.in, SCAN_ATOM) != 3 ||
		    scan_word(&sc, SCAN_ATOM, NULL) != SCAN_MORE ||
		    !cut_octet(&sc.in, ','))
			return false;
		(void)scan_space(&sc);
	}
	if (!cut_number(&sc.in, 1, 2, &c.day) || scan_space(&sc) != SCAN_MORE ||
	    !cut_month(&sc.in, &c.month) || scan_space(&sc) != SCAN_MORE ||
	    !cut_year(&sc.in, &c.year) || scan_space(&sc) != SCAN_MORE ||
	    !scan_time(&sc, &c))
		return false;
	if (!cut_zone(&sc.in, &c.zone))
		c.zone = named_zone(sc.in);
	if (!is_civil(&c))
		return false;
	*out = from_civil(&c);
	return true;
}

/* "1-Feb-1994", "01-Feb-1994" or " 1-Feb-1994" */
static bool
cut_imap_day(struct str *s, struct civil *c)
{
	bool space = cut_octet(s, ' ');

	return cut_number(s, 1, space ? 1 : 2, &c->day) && cut_octet(s, '-') &&
	       cut_month(s, &c->month) && cut_octet(s, '-') &&
	       cut_number(s, 4, 4, &c->year);
}

bool
date_imap_day(struct str s, int64_t *day)
{
	struct civil c = {0};

	if (!cut_imap_day(&s, &c) || s.n > 0 || !is_civil(&c))
		return false;
	*day = days_to_date(c.year, c.month, c.day);
	return true;
}

bool
date_imap(struct str s, struct date *out)
{
	struct civil c = {0};

	if (!cut_imap_day(&s, &c) || !cut_octet(&s, ' ') ||
	    !cut_number(&s, 2, 2, &c.hour) || !cut_octet(&s, ':') ||
	    !cut_number(&s, 2, 2, &c.minute) || !cut_octet(&s, ':') ||
	    !cut_number(&s, 2, 2, &c.second) || !cut_octet(&s, ' ') ||
	    !cut_zone(&s, &c.zone) || s.n > 0 || !is_civil(&c))
		return false;
	*out = from_civil(&c);
	return true;
}

/* The date with sep between its parts, the time, the zone. */
static int
put_civil(struct buf *b, const struct civil *c, char sep)
{
	int zone = c->zone < 0 ? -c->zone : c->zone;

	return buf_addf(b,
	    "%02" PRId64 "%c%.3s%c%04" PRId64 " %02" PRId64 ":%02" PRId64
	    ":%02" PRId64 " %c%02d%02d",
	    c->day, sep, months + 3 * c->month, sep, c->year, c->hour,
	    c->minute, c->second, c->zone < 0 ? '-' : '+', zone / 60,
	    zone % 60);
}

int
date_put_rfc5322(struct buf *b, struct date d)
{
	int64_t days;
	struct civil c = to_civil(d, &days);
	/* Days before 1970 count backwards. */
	int64_t weekday = days - floor_div(days, 7) * 7;

	if (buf_addf(b, "%.3s, ", weekdays + 3 * weekday) < 0)
		return -1;
	return put_civil(b, &c, ' ');
}

int
date_put_imap(struct buf *b, struct date d)
{
	int64_t days;
	struct civil c = to_civil(d, &days);

	return put_civil(b, &c, '-');
}
