#ifndef COLUMNS_NAIVE_H
#define COLUMNS_NAIVE_H
/*
 * The plainest reading of columns.h that could be written: no plan, no memory of the line before, no vectors. For tests
 * only: what columns_decode makes of a line must be what this makes of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "columns/columns_parts.h"

#define NAIVE_COLUMNS (COLUMNS_MAX + 2)

struct naive_list {
	uint32_t n;
	struct str at[NAIVE_COLUMNS];
};

static inline void naive_add(struct naive_list *l, struct str s)
{
	if (l->n < NAIVE_COLUMNS)
		l->at[l->n++] = s;
}

static inline void naive_cut(struct str s, char separator, bool quotes, struct naive_list *out)
{
	size_t from = 0;
	bool inside = false;
	out->n = 0;
	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && quotes && s.p[i] == '"')
			inside = !inside;
		if (i < s.n && (inside || s.p[i] != separator))
			continue;
		naive_add(out, (struct str){s.p + from, i - from});
		from = i + 1;
	}
}

/* The names of #Fields. */
static inline void naive_names(const struct columns_head *h, char separator, bool csv, struct naive_list *out)
{
	struct str s = h->value[COLUMNS_FIELDS];
	out->n = 0;
	if (!s.p)
		return;
	if (csv || h->kind == COLUMNS_ZEEK) {
		naive_cut(s, separator, false, out);
		for (uint32_t i = 0; csv && i < out->n; i++)
			out->at[i] = str_trim(out->at[i]);
	} else {
		for (size_t i = 0; i < s.n;) {
			size_t from = i;
			while (i < s.n && !strchr(" \t\r\v\f\n", s.p[i] ? s.p[i] : 'x'))
				i++;
			if (i > from)
				naive_add(out, (struct str){s.p + from, i - from});
			else
				i++;
		}
	}
	if (out->n > COLUMNS_MAX)
		out->n = COLUMNS_MAX;
}

static inline bool naive_csv(struct str s, struct arena *a, struct naive_list *out)
{
	size_t i = 0;
	out->n = 0;
	for (;;) {
		char *text = arena_bytes(a, s.n + 1);
		size_t n = 0;
		if (i < s.n && s.p[i] == '"') {
			for (i++;; i++) {
				if (i >= s.n)
					return false;
				if (s.p[i] == '"' && i + 1 < s.n && s.p[i + 1] == '"')
					i++;
				else if (s.p[i] == '"')
					break;
				text[n++] = s.p[i];
			}
			i++;
			if (i < s.n && s.p[i] != ',')
				return false;
		} else {
			while (i < s.n && s.p[i] != ',')
				text[n++] = s.p[i++];
		}
		naive_add(out, str_n(text, n));
		if (i >= s.n)
			return true;
		i++;
	}
}

static inline void naive_field(struct buf *out, struct str name, bool number, struct str value)
{
	char text[32];
	bool good = value.n > 0 && value.n < 16;
	snprintf(text, sizeof text, "%.*s", STR_ARGS(str_head(value, 16)));
	for (size_t i = 0; i < value.n; i++)
		good = good && value.p[i] >= '0' && value.p[i] <= '9';
	buf_str(out, name);
	buf_text(out, number && good && (value.n == 1 || text[0] != '0') ? "#" : "=");
	buf_str(out, value);
	buf_byte(out, '\n');
}

static inline bool naive_is(struct str s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, str_c(*list)))
			return true;
	return false;
}

static inline struct str naive_replace(struct str s, struct arena *a, bool plus, bool escapes)
{
	char *out = arena_bytes(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char byte = s.p[i], digits[3] = {0};
		if (escapes && byte == '\\' && i + 3 < s.n && s.p[i + 1] == 'x') {
			memcpy(digits, s.p + i + 2, 2);
			if (strspn(digits, "0123456789abcdefABCDEF") == 2) {
				byte = (char)strtoul(digits, NULL, 16);
				i += 3;
			}
		}
		out[n++] = plus && byte == '+' ? ' ' : byte;
	}
	return str_n(out, n);
}

struct naive_time {
	bool dated, by_date;
	int64_t day, time, stamp;
};

static inline bool naive_w3c_time(struct naive_time *t, struct str name, struct str value)
{
	if (str_eq_nocase(name, STR("date"))) {
		int64_t day = columns_date(value);
		t->day = day + (t->by_date && t->day != TICKS_NONE ? t->day : 0);
		t->by_date = t->dated = true;
		return day != TICKS_NONE;
	}
	if (str_eq_nocase(name, STR("time"))) {
		int64_t ticks = columns_time(value);
		t->time += ticks;
		t->dated = true;
		return ticks >= 0;
	}
	int offset;
	size_t used;
	return clock_parse_rfc3339(value, &t->stamp, &offset, &used) == 0 && used == value.n;
}

static inline void naive_w3c_value(struct str written, struct str value, bool microsoft, struct arena *a, struct buf *out)
{
	static const char *const numbers[] = {"sc-status", "sc-substatus", "sc-win32-status", "time-taken", "s-port", "c-port",
		"sc-bytes", "cs-bytes", "HttpStatus", "src-port", "dst-port", "size", "s-siteid", NULL};
	char room[COLUMN_NAME_MAX];
	bool header, number = naive_is(written, numbers);
	struct str name = columns_w3c_name(written, room, &header);
	if (header && microsoft)
		value = naive_replace(value, a, true, false);
	naive_field(out, name, number, value);
	for (unsigned i = 0; columns_aliases[i].column; i++)
		if (str_eq(str_c(columns_aliases[i].column), written))
			naive_field(out, str_c(columns_aliases[i].name), number, value);
	if (str_eq(written, STR("cs-uri")) && value.p[0] == '/') {
		struct str rest = value, stem = str_cut(&rest, '?');
		naive_field(out, STR("cs-uri-stem"), false, stem);
		if (rest.n)
			naive_field(out, STR("cs-uri-query"), false, rest);
	}
}

static inline bool naive_w3c(const struct columns_head *h, struct str line, int zone_min, struct arena *a, struct buf *out)
{
	struct naive_list *names = arena_alloc(a, sizeof *names), *values = arena_alloc(a, sizeof *values);
	struct str software = h->value[W3C_SOFTWARE], date = h->value[W3C_DATE], fields = h->value[COLUMNS_FIELDS];
	bool microsoft = !software.p || str_starts(software, STR("Microsoft"));
	bool csv = fields.p && memchr(fields.p, ',', fields.n);
	struct naive_time t = {.day = TICKS_NONE, .stamp = TICKS_NONE};
	naive_names(h, ',', csv, names);
	while (line.n && line.p[line.n - 1] == ' ')
		line.n--;
	if (csv && !naive_csv(line, a, values))
		return false;
	if (!csv) {
		naive_cut(line, ' ', false, values);
		if (!microsoft)
			naive_cut(line, ' ', true, values);
		bool quoted = !microsoft && values->n == names->n;
		if (values->n != names->n)
			naive_cut(line, '\t', false, values);
		for (uint32_t i = 0; quoted && i < values->n; i++) {
			struct str v = values->at[i];
			if (v.n > 1 && v.p[0] == '"' && v.p[v.n - 1] == '"')
				values->at[i] = str_n(v.p + 1, v.n - 2);
		}
	}
	if (names->n == 0 || values->n != names->n)
		return false;
	for (uint32_t i = 0; i < names->n; i++) {
		static const char *const times[] = {"date", "time", "date-time", "datetime", NULL};
		bool time = false, none = values->at[i].n == 0 || str_eq(values->at[i], STR("-"));
		for (unsigned k = 0; times[k]; k++)
			time = time || str_eq_nocase(names->at[i], str_c(times[k]));
		if (none && time && names->at[i].n > 4)
			continue;
		if (time && !naive_w3c_time(&t, names->at[i], values->at[i]))
			return false;
		if (!time && !none)
			naive_w3c_value(names->at[i], values->at[i], microsoft, a, out);
	}
	if (t.dated && !t.by_date && date.n >= 10)
		t.day = columns_date(str_head(date, 10));
	int64_t ticks = t.dated ? t.day == TICKS_NONE ? TICKS_NONE : t.day + t.time : t.stamp;
	if (ticks != TICKS_NONE && str_eq_nocase(h->value[W3C_TIME_FORMAT], STR("local")))
		ticks -= zone_min * 60 * TICKS_PER_SECOND;
	buf_printf(out, "@%lld\n", (long long)ticks);
	return true;
}

static inline char naive_byte(struct str s, struct arena *a, char otherwise)
{
	struct str got = s.n && s.n <= 4 ? naive_replace(s, a, false, true) : STR_NONE;
	return got.n == 1 ? got.p[0] : otherwise;
}

static inline bool naive_zeek(const struct columns_head *h, struct str line, struct arena *a, struct buf *out)
{
	static const char *const numbers[] = {"count", "int", "port", "double", "interval", NULL};
	struct naive_list *names = arena_alloc(a, sizeof *names), *values = arena_alloc(a, sizeof *values);
	struct naive_list *types = arena_alloc(a, sizeof *types), *set = arena_alloc(a, sizeof *set);
	char separator = naive_byte(h->value[ZEEK_SEPARATOR], a, '\t');
	struct str unset = h->value[ZEEK_UNSET].p ? h->value[ZEEK_UNSET] : STR("-");
	struct str empty = h->value[ZEEK_EMPTY].p ? h->value[ZEEK_EMPTY] : STR("(empty)");
	int64_t time = TICKS_NONE;
	naive_names(h, separator, false, names);
	naive_cut(line, separator, false, values);
	types->n = 0;
	if (h->value[ZEEK_TYPES].p)
		naive_cut(h->value[ZEEK_TYPES], separator, false, types);
	if (names->n == 0 || values->n != names->n)
		return false;
	for (uint32_t i = 0; i < names->n; i++) {
		struct str type = i < types->n ? types->at[i] : STR_NONE, value = values->at[i];
		if (str_eq(value, unset))
			continue;
		if (str_eq(type, STR("time")) && str_eq(names->at[i], STR("ts"))) {
			time = columns_epoch(value);
			if (time == TICKS_NONE)
				return false;
		} else if (str_starts(type, STR("set[")) || str_starts(type, STR("vector[")) || str_starts(type, STR("table["))) {
			struct str rest = value;
			char cut = naive_byte(h->value[ZEEK_SET_SEPARATOR], a, ',');
			while (rest.p) {
				struct str one = str_cut(&rest, cut);
				if (!str_eq(one, empty))
					naive_field(out, names->at[i], false, naive_replace(one, a, false, true));
			}
		} else if (naive_is(type, numbers)) {
			naive_field(out, names->at[i], true, value);
		} else {
			naive_field(out, names->at[i], false,
				    str_eq(value, empty) ? STR("") : naive_replace(value, a, false, true));
		}
	}
	buf_printf(out, "@%lld\n", (long long)time);
	return true;
}

/* true: MATCH, and out holds "name=value" lines ('#' for '=': a number) and "@ticks"; false: MISS, out is undefined. */
static inline bool naive_columns(const struct columns_head *h, struct str line, int zone_min, struct arena *a, struct buf *out)
{
	return h->kind == COLUMNS_ZEEK ? naive_zeek(h, line, a, out) : naive_w3c(h, line, zone_min, a, out);
}

/* What columns_decode made, written as the above. */
static inline void naive_write(const struct event *e, struct buf *out)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		buf_str(out, names_text(e->names, f->name));
		buf_byte(out, f->kind == VALUE_NUMBER ? '#' : '=');
		buf_put(out, f->data, f->size);
		buf_byte(out, '\n');
	}
	buf_printf(out, "@%lld\n", (long long)e->time);
}
#endif
