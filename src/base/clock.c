#include "base/clock.h"

#include <string.h>
#include <time.h>

#include "base/err.h"

#define SECONDS_PER_DAY INT64_C(86400)

int64_t clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * TICKS_PER_SECOND + t.tv_nsec / 100;
}

/* Days since 1970-01-01; the year is counted from March, so that the leap day is its last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	year += (month - 1 >= 0 ? (month - 1) / 12 : -1);
	month = ((month - 1) % 12 + 12) % 12 + 1;
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400, y = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + y * 365 + y / 4 - y / 100 + of_year - 719468;
}

int64_t clock_from_civil(const struct civil *c)
{
	int64_t seconds = days_from_civil(c->year, c->month, c->day) * SECONDS_PER_DAY;
	seconds += c->hour * INT64_C(3600) + c->minute * INT64_C(60) + c->second;
	return seconds * TICKS_PER_SECOND + c->ticks;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

void clock_to_civil(int64_t ticks, struct civil *out)
{
	int64_t seconds = floor_div(ticks, TICKS_PER_SECOND), days = floor_div(seconds, SECONDS_PER_DAY);
	int of_day = (int)(seconds - days * SECONDS_PER_DAY);
	int64_t z = days + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	out->year = (int)(yoe + era * 400 + (out->month <= 2));
	out->hour = of_day / 3600;
	out->minute = of_day / 60 % 60;
	out->second = of_day % 60;
	out->ticks = (int)(ticks - seconds * TICKS_PER_SECOND);
}

int clock_weekday(int64_t ticks)
{
	int64_t days = floor_div(ticks, TICKS_PER_SECOND * SECONDS_PER_DAY);
	return (int)(((days + 4) % 7 + 7) % 7);
}

/* The week of a day is that of its Thursday; the first week of a year is the one with its first Thursday. */
int clock_iso_week(int64_t ticks)
{
	struct civil c;
	int from_monday = (clock_weekday(ticks) + 6) % 7;
	clock_to_civil(ticks + (3 - from_monday) * SECONDS_PER_DAY * TICKS_PER_SECOND, &c);
	int64_t day = days_from_civil(c.year, c.month, c.day) - days_from_civil(c.year, 1, 1);
	return (int)(day / 7) + 1;
}

static bool take_digits(struct str *s, size_t count, int *out)
{
	int v = 0;
	if (s->n < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!ascii_is_digit((unsigned char)s->p[i]))
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = str_skip(*s, count);
	*out = v;
	return true;
}

static bool take_byte(struct str *s, const char *any_of)
{
	if (s->n == 0 || s->p[0] == '\0' || !strchr(any_of, s->p[0]))
		return false;
	*s = str_skip(*s, 1);
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct str *s, struct civil *c)
{
	if (!take_digits(s, 4, &c->year) || !take_byte(s, "-") || !take_digits(s, 2, &c->month) || !take_byte(s, "-") ||
	    !take_digits(s, 2, &c->day))
		return false;
	return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= days_in_month(c->year, c->month);
}

static void take_fraction(struct str *s, int *out_ticks)
{
	int ticks = 0, digits = 0;
	struct str rest = *s;
	if (!take_byte(&rest, ".,") || rest.n == 0 || !ascii_is_digit((unsigned char)rest.p[0]))
		return;
	while (rest.n && ascii_is_digit((unsigned char)rest.p[0])) {
		if (digits < 7) {
			ticks = ticks * 10 + (rest.p[0] - '0');
			digits++;
		}
		rest = str_skip(rest, 1);
	}
	for (; digits < 7; digits++)
		ticks *= 10;
	*out_ticks = ticks;
	*s = rest;
}

static bool take_time_of_day(struct str *s, struct civil *c)
{
	if (!take_digits(s, 2, &c->hour) || !take_byte(s, ":") || !take_digits(s, 2, &c->minute))
		return false;
	struct str rest = *s;
	if (take_byte(&rest, ":") && take_digits(&rest, 2, &c->second)) {
		*s = rest;
		take_fraction(s, &c->ticks);
	}
	/* A leap second is read as the second that follows it. */
	return c->hour < 24 && c->minute < 60 && c->second <= 60;
}

static int take_offset(struct str *s)
{
	struct str rest = *s;
	int hours, minutes = 0;
	if (take_byte(&rest, "Zz")) {
		*s = rest;
		return 0;
	}
	bool west = rest.n > 0 && rest.p[0] == '-';
	if (!take_byte(&rest, "+-") || !take_digits(&rest, 2, &hours))
		return CLOCK_NO_OFFSET;
	struct str behind_hours = rest;
	take_byte(&rest, ":");
	if (!take_digits(&rest, 2, &minutes))
		rest = behind_hours;
	if (hours > 23 || minutes > 59)
		return CLOCK_NO_OFFSET;
	*s = rest;
	return (west ? -1 : 1) * (hours * 60 + minutes);
}

int clock_parse_rfc3339(struct str s, int64_t *out_ticks, int *out_offset_min, size_t *out_used)
{
	struct civil c = {0};
	struct str rest = s;
	if (!take_date(&rest, &c) || !take_byte(&rest, "Tt ") || !take_time_of_day(&rest, &c))
		return ERR_FORMAT;
	int offset = take_offset(&rest);
	int64_t ticks = clock_from_civil(&c);
	if (offset != CLOCK_NO_OFFSET)
		ticks -= offset * INT64_C(60) * TICKS_PER_SECOND;
	*out_ticks = ticks;
	*out_offset_min = offset;
	*out_used = s.n - rest.n;
	return 0;
}

static char *put_digits(char *at, int v, int count)
{
	for (int i = count - 1; i >= 0; i--, v /= 10)
		at[i] = (char)('0' + v % 10);
	return at + count;
}

size_t clock_format(int64_t ticks, char out[CLOCK_TEXT_MAX])
{
	struct civil c;
	clock_to_civil(ticks, &c);
	char *at = out;
	if (c.year < 0) {
		*at++ = '-';
		c.year = -c.year;
	}
	at = put_digits(at, c.year, c.year > 9999 ? 5 : 4);
	*at++ = '-';
	at = put_digits(at, c.month, 2);
	*at++ = '-';
	at = put_digits(at, c.day, 2);
	*at++ = 'T';
	at = put_digits(at, c.hour, 2);
	*at++ = ':';
	at = put_digits(at, c.minute, 2);
	*at++ = ':';
	at = put_digits(at, c.second, 2);
	if (c.ticks) {
		int digits = c.ticks % 10 ? 7 : c.ticks % 10000 ? 6 : 3;
		*at++ = '.';
		at = put_digits(at, digits == 7 ? c.ticks : digits == 6 ? c.ticks / 10 : c.ticks / 10000, digits);
	}
	*at++ = 'Z';
	return (size_t)(at - out);
}

void buf_time(struct buf *b, int64_t ticks)
{
	char text[CLOCK_TEXT_MAX];
	if (ticks != TICKS_NONE)
		buf_put(b, text, clock_format(ticks, text));
}
