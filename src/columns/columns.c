/* The directives in force, and one line by them. */
#include "columns/columns.h"

#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "columns/columns_parts.h"

static const struct {
	const char *text;	/* behind the '#'; upper and lower case are the same */
	enum columns_kind kind;
	uint32_t max;
} directives[COLUMNS_DIRECTIVES] = {
	[COLUMNS_FIELDS] = {"Fields", COLUMNS_W3C, COLUMNS_FIELDS_MAX},		/* Zeek's too */
	[W3C_SOFTWARE] = {"Software", COLUMNS_W3C, COLUMNS_VALUE_MAX},
	[W3C_DATE] = {"Date", COLUMNS_W3C, COLUMNS_VALUE_MAX},
	[W3C_LOG_TYPE] = {"Log-type", COLUMNS_W3C, COLUMNS_VALUE_MAX},
	[W3C_TIME_FORMAT] = {"Time Format", COLUMNS_W3C, COLUMNS_VALUE_MAX},
	[ZEEK_SEPARATOR] = {"separator", COLUMNS_ZEEK, COLUMNS_VALUE_MAX},
	[ZEEK_SET_SEPARATOR] = {"set_separator", COLUMNS_ZEEK, COLUMNS_VALUE_MAX},
	[ZEEK_EMPTY] = {"empty_field", COLUMNS_ZEEK, COLUMNS_VALUE_MAX},
	[ZEEK_UNSET] = {"unset_field", COLUMNS_ZEEK, COLUMNS_VALUE_MAX},
	[ZEEK_PATH] = {"path", COLUMNS_ZEEK, COLUMNS_VALUE_MAX},
	[ZEEK_TYPES] = {"types", COLUMNS_ZEEK, COLUMNS_FIELDS_MAX},
};

static struct str without_mark(struct str line)
{
	return str_starts(line, STR("\xEF\xBB\xBF")) ? str_skip(line, 3) : line;
}

bool columns_is_directive(struct str line)
{
	return line.n && (line.p[0] == '#' || (line.p[0] == '\xEF' && str_starts(line, STR("\xEF\xBB\xBF#"))));
}

static bool is_directive(const struct columns_head *h, unsigned i)
{
	return i == COLUMNS_FIELDS || directives[i].kind == h->kind;
}

static bool is_name_byte(char c)
{
	unsigned char l = ascii_lower((unsigned char)c);
	return l == '_' || (l >= 'a' && l <= 'z');
}

/* Behind a name stands ':' in W3C, and in Zeek the separator itself, whatever that is. */
static bool take_name(const struct columns_head *h, struct str line, unsigned i, struct str *value)
{
	struct str name = str_c(directives[i].text);
	if (!is_directive(h, i) || line.n <= name.n || !str_starts_nocase(line, name))
		return false;
	if (h->kind == COLUMNS_W3C && line.p[name.n] != ':')
		return false;
	if (h->kind == COLUMNS_ZEEK && is_name_byte(line.p[name.n]))
		return false;
	*value = str_skip(line, name.n + 1);
	if (h->kind == COLUMNS_W3C)
		*value = str_trim(*value);
	return true;
}

/* Another file, put behind this one: what it does not say is not in force. */
static void begin_again(struct columns_head *h)
{
	for (unsigned i = 0; i < COLUMNS_DIRECTIVES; i++)
		h->value[i] = STR_NONE;
}

bool columns_take(struct columns_head *h, struct str line)
{
	struct str value;
	assert(columns_is_directive(line));
	line = str_skip(without_mark(line), 1);
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	for (unsigned i = 0; i < COLUMNS_DIRECTIVES; i++) {
		if (!take_name(h, line, i, &value))
			continue;
		if (i == ZEEK_SEPARATOR)
			begin_again(h);
		else if (i == COLUMNS_FIELDS)
			h->value[ZEEK_TYPES] = STR_NONE;
		h->value[i] = value.n > directives[i].max ? STR_NONE : value;
		return true;
	}
	return false;
}

void columns_take_all(struct columns_head *h, struct str text)
{
	const char *begin = text.p, *end = text.p + text.n, *at = begin;
	while (at && at < end && (at = memchr(at, '#', (size_t)(end - at)))) {
		size_t mark = at - begin >= 3 && memcmp(at - 3, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
		if (at - mark != begin && at[-(ptrdiff_t)mark - 1] != '\n') {
			at++;
			continue;
		}
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		columns_take(h, str_n(at, (size_t)((lf ? lf : end) - at)));
		at = lf;
	}
}

void columns_save(const struct columns_head *h, struct buf *out)
{
	/* The separator first, for it begins anew; the types behind the fields. */
	static const uint8_t order[] = {ZEEK_SEPARATOR, COLUMNS_FIELDS, W3C_SOFTWARE, W3C_DATE, W3C_LOG_TYPE, W3C_TIME_FORMAT,
					ZEEK_SET_SEPARATOR, ZEEK_EMPTY, ZEEK_UNSET, ZEEK_PATH, ZEEK_TYPES};
	for (unsigned i = 0; i < sizeof order; i++) {
		if (!h->value[order[i]].p)
			continue;
		buf_byte(out, '#');
		buf_text(out, directives[order[i]].text);
		buf_byte(out, h->kind == COLUMNS_W3C ? ':' : ' ');
		buf_str(out, h->value[order[i]]);
		buf_byte(out, '\n');
	}
}

/* W3C: one of its directives among the first lines. Zeek: its #separator at the very beginning. */
int columns_sniff(enum columns_kind kind, struct str head)
{
	struct columns_head h = {.kind = kind};
	struct str rest = without_mark(head);
	if (kind == COLUMNS_ZEEK)
		return str_starts(rest, STR("#separator \\x")) ? 98 : 0;
	while (rest.n && columns_is_directive(rest)) {
		struct str line = str_cut(&rest, '\n');
		if (str_starts_nocase(line, STR("#Version:")) || columns_take(&h, line))
			return 98;
		while (rest.n && (rest.p[0] == '\n' || rest.p[0] == '\r'))
			rest = str_skip(rest, 1);
	}
	return 0;
}

void columns_begin(struct columns *c, enum columns_kind kind, int zone_min)
{
	c->head = (struct columns_head){.kind = kind};
	c->zone_min = zone_min;
	c->ready = false;
	memset(c->last_date, 0, sizeof c->last_date);
	c->last_day = TICKS_NONE;
}

void columns_changed(struct columns *c)
{
	c->ready = false;
}

bool columns_next_name(struct str *rest, bool csv, struct str *name)
{
	if (!csv)
		*rest = str_trim(*rest);
	if (rest->p == NULL || (!csv && rest->n == 0))
		return false;
	if (csv) {
		*name = str_trim(str_cut(rest, ','));
		return true;
	}
	size_t n = 0;
	while (n < rest->n && !ascii_is_space((unsigned char)rest->p[n]))
		n++;
	*name = str_head(*rest, n);
	*rest = str_skip(*rest, n);
	return true;
}

uint32_t columns_split(struct str s, char separator, uint32_t *at, uint32_t max)
{
	uint32_t count = 0;
	size_t i = 0;
#ifdef __SSE2__
	const __m128i want = _mm_set1_epi8(separator);
	for (; i + 16 <= s.n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, want));
		for (; mask; mask &= mask - 1) {
			if (count == max)
				return max + 1;
			at[count++] = (uint32_t)i + (uint32_t)__builtin_ctz(mask);
		}
	}
#endif
	for (; i < s.n; i++) {
		if (s.p[i] != separator)
			continue;
		if (count == max)
			return max + 1;
		at[count++] = (uint32_t)i;
	}
	return count;
}

/* --- one line --- */

static enum decode_result miss(struct event *e)
{
	e->field_count = 0;
	e->time = TICKS_NONE;
	return DECODE_MISS;
}

static bool is_absent(const struct columns *c, struct str s)
{
	if (c->head.kind == COLUMNS_ZEEK)
		return str_eq(s, c->head.value[ZEEK_UNSET].p ? c->head.value[ZEEK_UNSET] : STR("-"));
	return s.n == 0 || (s.n == 1 && s.p[0] == '-');
}

/* Most values: as they are, under one name. */
static inline bool put_plain(const struct column *column, struct str value, struct event *e)
{
	if (column->what > COLUMN_NUMBER || column->alias || e->field_count == e->field_cap)
		return false;
	bool number = column->what == COLUMN_NUMBER && columns_is_number(value);
	e->fields[e->field_count++] = (struct field){.data = value.p, .size = (uint32_t)value.n, .name = column->name,
						     .key = column->key, .kind = number ? VALUE_NUMBER : VALUE_TEXT,
						     .space = FIELD_DATA};
	return true;
}

/* A line without a time is none. */
static inline bool put(struct columns *c, const struct column *column, struct str value, struct event *e)
{
	if (is_absent(c, value))
		return column->what != COLUMN_DATE && column->what != COLUMN_TIME;
	return put_plain(column, value, e) || columns_put(c, column, value, e);
}

static enum decode_result take_values(struct columns *c, struct str line, struct event *e)
{
	size_t from = 0;
	for (uint32_t i = 0; i < c->count; i++) {
		size_t to = i + 1 < c->count ? c->at[i] : line.n;
		struct str value = {line.p + from, to - from};
		from = to + 1;
		if (!put(c, &c->column[i], value, e))
			return miss(e);
	}
	return DECODE_MATCH;
}

/* "..." in proxies' logs: blanks inside of quotes are the value's own. Moves the places to the separators outside. */
static bool split_quoted(struct columns *c, struct str line)
{
	bool inside = false;
	uint32_t count = 0;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '"')
			inside = !inside;
		if (inside || line.p[i] != c->separator)
			continue;
		if (count + 1 == c->count)
			return false;
		c->at[count++] = (uint32_t)i;
	}
	return count + 1 == c->count;
}

static struct str without_quotes(struct str s)
{
	return s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_n(s.p + 1, s.n - 2) : s;
}

static enum decode_result take_quoted(struct columns *c, struct str line, struct event *e)
{
	size_t from = 0;
	for (uint32_t i = 0; i < c->count; i++) {
		size_t to = i + 1 < c->count ? c->at[i] : line.n;
		struct str value = without_quotes((struct str){line.p + from, to - from});
		from = to + 1;
		if (!put(c, &c->column[i], value, e))
			return miss(e);
	}
	return DECODE_MATCH;
}

/* One value of CSV: "..." with "" for a quote, else up to the comma. */
static bool next_csv(struct str *rest, struct arena *a, struct str *value)
{
	if (rest->n == 0 || rest->p[0] != '"') {
		*value = str_cut(rest, ',');
		return true;
	}
	size_t i = 1, quotes = 0;
	while (i < rest->n && (rest->p[i] != '"' || (i + 1 < rest->n && rest->p[i + 1] == '"'))) {
		quotes += rest->p[i] == '"';
		i += rest->p[i] == '"' ? 2 : 1;
	}
	if (i >= rest->n || (i + 1 < rest->n && rest->p[i + 1] != ','))
		return false;
	*value = str_n(rest->p + 1, i - 1);
	*rest = i + 1 < rest->n ? str_skip(*rest, i + 2) : STR_NONE;
	if (!quotes)
		return true;
	char *out = arena_bytes(a, value->n);
	size_t n = 0;
	for (i = 0; i < value->n; i++) {
		out[n++] = value->p[i];
		i += value->p[i] == '"';
	}
	*value = str_n(out, n);
	return true;
}

static enum decode_result take_csv(struct columns *c, struct str line, struct event *e)
{
	struct str rest = line, value;
	for (uint32_t i = 0; i < c->count; i++) {
		if (!rest.p || !next_csv(&rest, e->arena, &value))
			return miss(e);
		if (!put(c, &c->column[i], value, e))
			return miss(e);
	}
	return rest.p ? miss(e) : DECODE_MATCH;
}

static enum decode_result take_separated(struct columns *c, struct str line, struct event *e)
{
	uint32_t found = columns_split(line, c->separator, c->at, c->count - 1) + 1;
	if (found == c->count && !c->quotes)
		return take_values(c, line, e);
	if (c->quotes && split_quoted(c, line))
		return take_quoted(c, line, e);
	/* Some write names with blanks between them and values with tabs. */
	if (c->head.kind == COLUMNS_W3C && columns_split(line, '\t', c->at, c->count - 1) + 1 == c->count)
		return take_values(c, line, e);
	return miss(e);
}

static void set_day(struct columns *c, struct event *e)
{
	if (e->time != TICKS_NONE && c->dated && !c->by_date)
		e->time = c->day == TICKS_NONE ? TICKS_NONE : e->time + c->day;
	if (e->time != TICKS_NONE && c->local)
		e->time -= c->zone_min * 60 * TICKS_PER_SECOND;
}

enum decode_result columns_decode(struct columns *c, struct str line, struct event *e)
{
	enum decode_result r;
	if (!c->ready)
		columns_plan(c, e->names);
	e->product = c->product;
	e->service = c->service;
	e->category = c->category;
	while (line.n && c->head.kind == COLUMNS_W3C && line.p[line.n - 1] == ' ')
		line.n--;
	if (c->count == 0 || line.n > UINT32_MAX || !event_reserve(e, c->count * 4u))
		return miss(e);
	r = c->csv ? take_csv(c, line, e) : take_separated(c, line, e);
	if (r == DECODE_MATCH)
		set_day(c, e);
	return r;
}
