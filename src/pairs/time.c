#include <string.h>

#include "pairs/parts.h"

bool time_from_epoch(struct str digits, int64_t *out)
{
	uint64_t v;
	struct str whole = digits, fraction = STR_NONE;
	ptrdiff_t dot = str_find_byte(digits, '.');
	if (dot >= 0) {
		whole = str_head(digits, (size_t)dot);
		fraction = str_skip(digits, (size_t)dot + 1);
	}
	if (whole.n < 9 || str_to_u64(whole, &v) != 0)
		return false;
	if (v >= UINT64_C(100000000000000000))		/* 18 digits: nanoseconds */
		*out = (int64_t)(v / 100);
	else if (v >= UINT64_C(100000000000000))	/* 15: microseconds */
		*out = (int64_t)v * 10;
	else if (v >= UINT64_C(100000000000))		/* 12: milliseconds */
		*out = (int64_t)v * (TICKS_PER_SECOND / 1000);
	else
		*out = (int64_t)v * TICKS_PER_SECOND;
	int64_t unit = TICKS_PER_SECOND / 10;
	for (size_t i = 0; i < fraction.n && whole.n < 12; i++, unit /= 10) {
		if (!ascii_is_digit((unsigned char)fraction.p[i]))
			return false;
		*out += unit * (fraction.p[i] - '0');
	}
	return true;
}

/* Up to `max` digits off the front; false without one. */
static bool take_number(struct str *s, size_t max, int *out)
{
	size_t i = 0;
	int v = 0;
	for (; i < max && i < s->n && ascii_is_digit((unsigned char)s->p[i]); i++)
		v = v * 10 + (s->p[i] - '0');
	if (i == 0)
		return false;
	*s = str_skip(*s, i);
	*out = v;
	return true;
}

bool time_from_offset(struct str tz, int *out_minutes)
{
	int hours = 0, minutes = 0;
	if (str_starts(tz, STR("UTC")) || str_starts(tz, STR("GMT")))
		tz = str_skip(tz, 3);
	else if (str_eq(tz, STR("Z")))
		tz = str_skip(tz, 1);
	else if (tz.n == 0)
		return false;
	if (tz.n == 0) {
		*out_minutes = 0;
		return true;
	}
	bool west = tz.p[0] == '-';
	if (!west && tz.p[0] != '+')
		return false;
	tz = str_skip(tz, 1);
	if (!take_number(&tz, 2, &hours))
		return false;
	tz = str_skip(tz, tz.n && tz.p[0] == ':');
	if (tz.n && !take_number(&tz, 2, &minutes))
		return false;
	if (tz.n || hours > 15 || minutes > 59)
		return false;
	*out_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
	return true;
}

static bool is_civil(const struct civil *c)
{
	return c->year >= 1601 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= 31 &&
		c->hour <= 24 && c->minute <= 59 && c->second <= 60;
}

/* The year of a date without one: that which puts it nearest before the reference, and a day more. */
static bool place_year(struct civil *c, const struct pairs_clock *clock, int zone)
{
	struct civil limit;
	if (clock->year) {
		c->year = clock->year;
		return true;
	}
	if (clock->reference == TICKS_NONE)
		return false;
	int64_t latest = clock->reference + 86400 * TICKS_PER_SECOND;
	clock_to_civil(latest + zone * INT64_C(60) * TICKS_PER_SECOND, &limit);
	c->year = limit.year;
	if (clock_from_civil(c) - zone * INT64_C(60) * TICKS_PER_SECOND > latest)
		c->year--;
	return true;
}

static bool settle(struct civil *c, int offset, const struct pairs_clock *clock, struct pairs_time *out)
{
	int zone = offset == CLOCK_NO_OFFSET ? clock->zone_min : offset;
	if (c->year == 0 && !place_year(c, clock, zone))
		return false;
	if (!is_civil(c))
		return false;
	out->ticks = clock_from_civil(c) - zone * INT64_C(60) * TICKS_PER_SECOND;
	out->offset_min = offset;
	return true;
}

bool time_from_date(struct str date, struct str time, struct str tz, const struct pairs_clock *clock,
		    struct pairs_time *out)
{
	struct civil c = {0};
	int offset = CLOCK_NO_OFFSET;
	if (date.n < 8 || date.n > 10 || !take_number(&date, 4, &c.year) || date.n < 4 || date.p[0] != '-')
		return false;
	date = str_skip(date, 1);
	if (!take_number(&date, 2, &c.month) || !date.n || date.p[0] != '-')
		return false;
	date = str_skip(date, 1);
	if (!take_number(&date, 2, &c.day) || date.n)
		return false;
	if (!take_number(&time, 2, &c.hour) || !time.n || time.p[0] != ':')
		return false;
	time = str_skip(time, 1);
	if (!take_number(&time, 2, &c.minute) || !time.n || time.p[0] != ':')
		return false;
	time = str_skip(time, 1);
	if (!take_number(&time, 2, &c.second) || c.year == 0)
		return false;
	if (!time_from_offset(tz, &offset))
		offset = CLOCK_NO_OFFSET;
	return settle(&c, offset, clock, out);
}

static int month_of(struct str s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int m = 0; s.n >= 3 && m < 12; m++)
		if (str_starts_nocase(s, str_n(names + m * 3, 3)))
			return m + 1;
	return 0;
}

struct reading {
	struct civil c;
	int offset;
	bool afternoon, morning;
};

/* Digits as a fraction of a second. */
static bool take_fraction(struct str *s, int *out_ticks)
{
	int ticks = 0, unit = (int)TICKS_PER_SECOND / 10;
	size_t i = 0;
	for (; i < s->n && ascii_is_digit((unsigned char)s->p[i]); i++, unit /= 10)
		ticks += unit * (s->p[i] - '0');
	*s = str_skip(*s, i);
	*out_ticks = ticks;
	return i > 0;
}

static bool take_letters(struct str *s)
{
	size_t i = 0;
	while (i < s->n && (unsigned char)((s->p[i] | 32) - 'a') < 26)
		i++;
	*s = str_skip(*s, i);
	return i > 0;
}

/* A zone up to a blank or the end: one without a known offset (CEST) is as none. */
static void take_zone(struct str *s, int *out_offset)
{
	struct str word = *s;
	ptrdiff_t blank = str_find_byte(word, ' ');
	if (blank >= 0)
		word.n = (size_t)blank;
	*s = str_skip(*s, word.n);
	time_from_offset(word, out_offset);
}

static bool take_month(struct str *s, size_t width, int *out)
{
	if (width < 3)
		return take_number(s, 2, out);
	*out = month_of(*s);
	return *out != 0 && take_letters(s);
}

static bool take_half(struct str *s, struct reading *r)
{
	r->afternoon = str_starts_nocase(*s, STR("PM"));
	r->morning = str_starts_nocase(*s, STR("AM"));
	*s = str_skip(*s, 2);
	return r->afternoon || r->morning;
}

static bool take_year(struct str *s, size_t width, int *out)
{
	if (!take_number(s, width == 2 ? 2 : 4, out))
		return false;
	*out += width == 2 ? 2000 : 0;
	return true;
}

/* One run of a pattern's letter. */
static bool take_part(struct str *s, char letter, size_t width, struct reading *r)
{
	while (s->n && s->p[0] == ' ' && letter != 'z')
		*s = str_skip(*s, 1);
	switch (letter) {
	case 'y': case 'Y': case 'u': return take_year(s, width, &r->c.year);
	case 'M': case 'L': return take_month(s, width, &r->c.month);
	case 'd': return take_number(s, 2, &r->c.day);
	case 'H': case 'k': case 'h': case 'K': return take_number(s, 2, &r->c.hour);
	case 'm': return take_number(s, 2, &r->c.minute);
	case 's': return take_number(s, 2, &r->c.second);
	case 'S': case 'n': return take_fraction(s, &r->c.ticks);
	case 'a': return take_half(s, r);
	case 'E': return take_letters(s);
	case 'z': case 'Z': case 'X': case 'x': take_zone(s, &r->offset); return true;
	default: return false;
	}
}

static bool take_byte(struct str *s, char byte)
{
	if (s->n == 0 || s->p[0] != byte)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* Text between quotes, behind the first; a quote in it is doubled, and two quotes alone are one. */
static bool take_quoted(struct str *s, struct str *pattern)
{
	size_t i = 0;
	for (; i < pattern->n; i++) {
		bool quote = pattern->p[i] == '\'', doubled = quote && i + 1 < pattern->n && pattern->p[i + 1] == '\'';
		if (quote && !doubled)
			break;
		i += doubled;
		if (!take_byte(s, pattern->p[i]))
			return false;
	}
	*pattern = str_skip(*pattern, i + 1);
	return i > 0 || take_byte(s, '\'');
}

/* A literal of the pattern: what is between quotes, or any byte that is no letter; a blank stands for several. */
static bool take_literal(struct str *s, struct str *pattern)
{
	char byte = pattern->p[0];
	*pattern = str_skip(*pattern, 1);
	if (byte == '\'')
		return take_quoted(s, pattern);
	if (!take_byte(s, byte))
		return false;
	while (byte == ' ' && take_byte(s, ' '))
		;
	return true;
}

/* The front of *s by a pattern; *s is left at what stands behind. */
static bool read_pattern(struct str *s, struct str pattern, struct reading *r)
{
	while (pattern.n) {
		char letter = pattern.p[0];
		size_t width = 1;
		if ((unsigned char)((letter | 32) - 'a') >= 26) {
			if (!take_literal(s, &pattern))
				return false;
			continue;
		}
		while (width < pattern.n && pattern.p[width] == letter)
			width++;
		if (!take_part(s, letter, width, r))
			return false;
		pattern = str_skip(pattern, width);
	}
	if (r->afternoon && r->c.hour < 12)
		r->c.hour += 12;
	if (r->morning && r->c.hour == 12)
		r->c.hour = 0;
	return true;
}

bool time_from_pattern(struct str text, struct str pattern, const struct pairs_clock *clock, struct pairs_time *out)
{
	struct reading r = {.offset = CLOCK_NO_OFFSET};
	text = str_trim(text);
	return read_pattern(&text, pattern, &r) && text.n == 0 && settle(&r.c, r.offset, clock, out);
}

static bool time_from_iso(struct str text, const struct pairs_clock *clock, struct pairs_time *out)
{
	int64_t ticks;
	int offset;
	size_t used;
	if (text.n < 16 || text.p[4] != '-' || clock_parse_rfc3339(text, &ticks, &offset, &used) != 0)
		return false;
	struct str rest = str_trim(str_skip(text, used));
	if (offset == CLOCK_NO_OFFSET) {
		take_zone(&rest, &offset);
		ticks -= (offset == CLOCK_NO_OFFSET ? clock->zone_min : offset) * INT64_C(60) * TICKS_PER_SECOND;
	}
	if (rest.n || ticks < TICKS_1601)
		return false;
	out->ticks = ticks;
	out->offset_min = offset;
	return true;
}

bool time_from_words(struct str text, const struct pairs_clock *clock, struct pairs_time *out)
{
	static const char *const patterns[] = {"MMM d yyyy HH:mm:ss", "MMM d HH:mm:ss", "d MMM yyyy HH:mm:ss"};
	text = str_trim(text);
	if (time_from_epoch(text, &out->ticks)) {
		out->offset_min = CLOCK_NO_OFFSET;
		return true;
	}
	if (time_from_iso(text, clock, out))
		return true;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct reading r = {.offset = CLOCK_NO_OFFSET};
		struct str rest = text;
		if (!read_pattern(&rest, str_c(patterns[i]), &r))
			continue;
		if (rest.n > 1 && rest.p[0] == '.') {
			rest = str_skip(rest, 1);
			take_fraction(&rest, &r.c.ticks);
		}
		rest = str_trim(rest);
		take_zone(&rest, &r.offset);
		return rest.n == 0 && settle(&r.c, r.offset, clock, out);
	}
	return false;
}
