/* Values of columns: times, numbers, escapes, and how each kind is put into an event. */
#include <string.h>

#include "columns/columns_parts.h"

static inline unsigned digit(char c)
{
	return (unsigned)(unsigned char)c - '0';
}

static inline bool two_digits(const char *p, int *out)
{
	unsigned a = digit(p[0]), b = digit(p[1]);
	*out = (int)(a * 10 + b);
	return a < 10 && b < 10;
}

bool columns_is_number(struct str s)
{
	size_t i = 0;
	while (i < s.n && digit(s.p[i]) < 10)
		i++;
	return s.n > 0 && i == s.n && (s.n == 1 || s.p[0] != '0') && s.n < 16;
}

int64_t columns_date(struct str s)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct civil c = {0};
	int high, low;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !two_digits(s.p, &high) || !two_digits(s.p + 2, &low) ||
	    !two_digits(s.p + 5, &c.month) || !two_digits(s.p + 8, &c.day) || c.month < 1 || c.month > 12 || c.day < 1)
		return TICKS_NONE;
	c.year = high * 100 + low;
	bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
	if (c.year < 1601 || c.day > days[c.month - 1] + (c.month == 2 && leap))
		return TICKS_NONE;
	return clock_from_civil(&c);
}

/* ".123" in ticks; digits past the seventh are dropped. -1: none. */
static int64_t fraction(struct str s)
{
	int64_t ticks = 0, unit = TICKS_PER_SECOND;
	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ','))
		return -1;
	for (size_t i = 1; i < s.n; i++) {
		if (digit(s.p[i]) > 9)
			return -1;
		unit /= 10;
		ticks += (int64_t)digit(s.p[i]) * unit;
	}
	return ticks;
}

int64_t columns_time(struct str s)
{
	int hour, minute, second;
	if (s.n < 8 || s.p[2] != ':' || s.p[5] != ':' || !two_digits(s.p, &hour) || !two_digits(s.p + 3, &minute) ||
	    !two_digits(s.p + 6, &second) || hour > 23 || minute > 59 || second > 60)
		return -1;
	int64_t ticks = ((int64_t)hour * 3600 + minute * 60 + second) * TICKS_PER_SECOND;
	if (s.n == 8)
		return ticks;
	int64_t more = fraction(str_n(s.p + 8, s.n - 8));
	return more < 0 ? -1 : ticks + more;
}

int64_t columns_epoch(struct str s)
{
	int64_t seconds = 0, more = 0;
	size_t i = 0;
	while (i < s.n && digit(s.p[i]) < 10 && i < 12)
		seconds = seconds * 10 + digit(s.p[i++]);
	if (i < s.n)
		more = fraction(str_n(s.p + i, s.n - i));
	if (i == 0 || more < 0 || seconds > INT64_C(253402300799))
		return TICKS_NONE;
	return seconds * TICKS_PER_SECOND + more;
}

static int hex(char c)
{
	unsigned char l = ascii_lower((unsigned char)c);
	if (ascii_is_digit(l))
		return l - '0';
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

struct str columns_unescape(struct str s, struct arena *a)
{
	if (!memchr(s.p, '\\', s.n))
		return s;
	char *out = arena_bytes(a, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool escape = s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] == 'x' && hex(s.p[i + 2]) >= 0 && hex(s.p[i + 3]) >= 0;
		out[n++] = escape ? (char)(hex(s.p[i + 2]) * 16 + hex(s.p[i + 3])) : s.p[i];
		i += escape ? 3 : 0;
	}
	return str_n(out, n);
}

static struct str blanks_for_plus(struct str s, struct arena *a)
{
	if (!memchr(s.p, '+', s.n))
		return s;
	char *out = arena_bytes(a, s.n);
	for (size_t i = 0; i < s.n; i++)
		out[i] = s.p[i] == '+' ? ' ' : s.p[i];
	return (struct str){out, s.n};
}

static void add_as(struct event *e, uint32_t name, uint32_t key, enum value_kind kind, struct str value)
{
	if (e->field_count == e->field_cap && !event_reserve(e, 1)) {
		e->flags |= EVENT_PARTIAL;
		return;
	}
	e->fields[e->field_count++] = (struct field){.data = value.p, .size = (uint32_t)value.n, .name = name, .key = key,
						     .kind = (uint8_t)kind, .space = FIELD_DATA};
}

static inline void add(struct columns *c, const struct column *column, enum value_kind kind, struct str value,
		       struct event *e)
{
	add_as(e, column->name, column->key, kind, value);
	if (column->alias) {
		uint32_t name = c->alias_names[column->alias - 1];
		add_as(e, name, names_key(e->names, name), kind, value);
	}
}

static void add_uri(struct columns *c, const struct column *column, struct str value, struct event *e)
{
	add(c, column, VALUE_TEXT, value, e);
	if (value.p[0] != '/')
		return;
	ptrdiff_t mark = str_find_byte(value, '?');
	add_as(e, c->stem, names_key(e->names, c->stem), VALUE_TEXT, mark < 0 ? value : str_head(value, (size_t)mark));
	if (mark >= 0 && (size_t)mark + 1 < value.n)
		add_as(e, c->query, names_key(e->names, c->query), VALUE_TEXT, str_skip(value, (size_t)mark + 1));
}

static bool is_empty(const struct columns *c, struct str s)
{
	return str_eq(s, c->head.value[ZEEK_EMPTY].p ? c->head.value[ZEEK_EMPTY] : STR("(empty)"));
}

static void add_set(struct columns *c, const struct column *column, struct str value, struct event *e)
{
	while (value.p) {
		struct str one = str_cut(&value, c->set_separator);
		if (!is_empty(c, one))
			add(c, column, VALUE_TEXT, columns_unescape(one, e->arena), e);
	}
}

/* Lines of one day stand together. */
static bool put_date(struct columns *c, struct str value, struct event *e)
{
	if (value.n != sizeof c->last_date || memcmp(value.p, c->last_date, sizeof c->last_date) != 0) {
		int64_t day = columns_date(value);
		if (day == TICKS_NONE)
			return false;
		memcpy(c->last_date, value.p, sizeof c->last_date);
		c->last_day = day;
	}
	e->time = c->last_day + (e->time == TICKS_NONE ? 0 : e->time);
	return true;
}

static bool put_time(struct str value, struct event *e)
{
	int64_t ticks = columns_time(value);
	e->time = ticks + (e->time == TICKS_NONE ? 0 : e->time);
	return ticks >= 0;
}

static bool put_stamp(struct str value, struct event *e)
{
	int offset;
	size_t used;
	int64_t ticks;
	if (clock_parse_rfc3339(value, &ticks, &offset, &used) != 0 || used != value.n)
		return false;
	e->time = ticks;
	e->offset_min = offset;
	return true;
}

bool columns_put(struct columns *c, const struct column *column, struct str value, struct event *e)
{
	switch ((enum column_what)column->what) {
	case COLUMN_TEXT:
		add(c, column, VALUE_TEXT, value, e);
		return true;
	case COLUMN_NUMBER:
		add(c, column, columns_is_number(value) ? VALUE_NUMBER : VALUE_TEXT, value, e);
		return true;
	case COLUMN_HEADER:
		add(c, column, VALUE_TEXT, blanks_for_plus(value, e->arena), e);
		return true;
	case COLUMN_URI:
		add_uri(c, column, value, e);
		return true;
	case COLUMN_DATE:
		return put_date(c, value, e);
	case COLUMN_TIME:
		return put_time(value, e);
	case COLUMN_STAMP:
		return put_stamp(value, e);
	case COLUMN_EPOCH:
		return (e->time = columns_epoch(value)) != TICKS_NONE;
	case COLUMN_ESCAPED:
		add(c, column, VALUE_TEXT, is_empty(c, value) ? STR("") : columns_unescape(value, e->arena), e);
		return true;
	case COLUMN_SET:
		add_set(c, column, value, e);
		return true;
	}
	return false;
}
