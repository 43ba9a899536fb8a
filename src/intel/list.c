/*
 * Lists of one value a line, and CSV. A line of a list may bear a comment behind '#' or behind the value; "0.0.0.0 name"
 * (hosts files) and "||name^" (filters of browsers) mean the name.
 */
#include "intel/parts.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 64u
#define RECORD_MAX 65536u

enum column {
	COLUMN_OTHER, COLUMN_VALUE, COLUMN_TYPE, COLUMN_FROM, COLUMN_UNTIL, COLUMN_NAME, COLUMN_CONFIDENCE, COLUMN_TO_IDS,
	COLUMN_TYPED,	/* COLUMN_TYPED + t: values of type t */
};

static const struct { const char *name; enum column column; } column_names[] = {
	{"value", COLUMN_VALUE}, {"indicator", COLUMN_VALUE}, {"ioc", COLUMN_VALUE}, {"iocvalue", COLUMN_VALUE},
	{"indicatorvalue", COLUMN_VALUE}, {"observable", COLUMN_VALUE},
	{"type", COLUMN_TYPE}, {"ioctype", COLUMN_TYPE}, {"indicatortype", COLUMN_TYPE},
	{"validfrom", COLUMN_FROM}, {"firstseen", COLUMN_FROM}, {"firstseenutc", COLUMN_FROM},
	{"validuntil", COLUMN_UNTIL}, {"validto", COLUMN_UNTIL}, {"expires", COLUMN_UNTIL}, {"expiration", COLUMN_UNTIL},
	{"source", COLUMN_NAME}, {"name", COLUMN_NAME}, {"comment", COLUMN_NAME}, {"description", COLUMN_NAME},
	{"malware", COLUMN_NAME}, {"malwareprintable", COLUMN_NAME}, {"eventinfo", COLUMN_NAME},
	{"confidence", COLUMN_CONFIDENCE}, {"confidencelevel", COLUMN_CONFIDENCE}, {"score", COLUMN_CONFIDENCE},
	{"toids", COLUMN_TO_IDS},
};

/* --- times --- */

bool intel_parse_time(struct str s, int64_t *out)
{
	int64_t ticks;
	uint64_t seconds;
	size_t used;
	int offset;
	char whole[32];

	s = str_trim(s);
	if (s.n == 10 && s.p[4] == '-') {
		memcpy(whole, s.p, 10);
		memcpy(whole + 10, "T00:00:00Z", 10);
		s = str_n(whole, 20);
	}
	if (!str_to_u64(s, &seconds) && s.n >= 9 && seconds < 253402300800u) {
		*out = (int64_t)seconds * TICKS_PER_SECOND;
		return true;
	}
	if (clock_parse_rfc3339(s, &ticks, &offset, &used))
		return false;
	s = str_trim(str_skip(s, used));
	if (s.n && !str_eq(s, STR("UTC")))
		return false;
	*out = ticks;
	return true;
}

/* --- lines of a list --- */

static struct str next_line(struct str *rest)
{
	struct str line = str_cut(rest, '\n');

	return str_trim(line);
}

static bool is_comment(struct str line)
{
	return line.n && (line.p[0] == '#' || line.p[0] == ';' || line.p[0] == '!' || str_starts(line, STR("//")));
}

static struct str without_comment(struct str line)
{
	for (size_t i = 1; i < line.n; i++) {
		if (line.p[i] == '#' && (line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return str_trim(str_head(line, i));
	}
	return line;
}

static size_t word_end(struct str s)
{
	size_t i = 0;

	while (i < s.n && !strchr(" \t,;|", s.p[i]))
		i++;
	return i;
}

static bool is_sink(struct str word)
{
	return str_eq(word, STR("0.0.0.0")) || str_eq(word, STR("127.0.0.1")) || str_eq(word, STR("::1")) ||
	       str_eq(word, STR("::"));
}

static enum intel_type guess(struct str s, char *plain, struct str *out)
{
	enum intel_type type;

	if (!s.n || s.n > INTEL_VALUE_MAX)
		return INTEL_TYPES;
	*out = str_n(plain, intel_refang(s, plain));
	type = intel_guess(*out);
	/* A path may hold what looks like a defanged dot. */
	if (type >= INTEL_FILE_NAME && type < INTEL_TYPES)
		*out = s;
	return type;
}

static void add_line(struct intel_context *c, struct str line)
{
	char plain[INTEL_VALUE_MAX + 1];
	struct str value = STR_NONE, word, rest;
	enum intel_type type;

	line = without_comment(line);
	if (str_starts(line, STR("||")) && line.p[line.n - 1] == '^')
		line = str_n(line.p + 2, line.n - 3);
	type = guess(line, plain, &value);
	if (type == INTEL_TYPES) {
		word = str_head(line, word_end(line));
		rest = str_trim(str_skip(line, word.n));
		if (is_sink(word) && rest.n)
			word = str_head(rest, word_end(rest));
		type = guess(word, plain, &value);
	}
	if (type == INTEL_TYPES)
		intel_refuse(c, "unclear-type", "of no type that is known", line);
	else
		intel_add(c, type, value, 0);
}

/* --- CSV --- */

struct table {
	char delimiter;
	unsigned count;
	uint8_t columns[COLUMNS_MAX];
};

struct record {
	unsigned count;
	struct str cells[COLUMNS_MAX];
	struct buf text;	/* of quoted cells */
	size_t starts[COLUMNS_MAX];
	bool quoted[COLUMNS_MAX];
};

/* A quoted cell into r->text; what follows it, or STR_NONE where its quote does not end. */
static struct str take_quoted(struct record *r, struct str s)
{
	size_t i = 1;

	for (; i < s.n && i < RECORD_MAX; i++) {
		if (s.p[i] != '"')
			buf_byte(&r->text, s.p[i]);
		else if (i + 1 < s.n && s.p[i + 1] == '"')
			buf_byte(&r->text, s.p[i++]);
		else
			return str_skip(s, i + 1);
	}
	return STR_NONE;
}

static struct str skip_blanks(struct str s)
{
	while (s.n && s.p[0] == ' ')
		s = str_skip(s, 1);
	return s;
}

static struct str cell_end(struct str s, char delimiter)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != delimiter && s.p[i] != '\n')
		i++;
	return str_skip(s, i);
}

/* Reads one record; false where a quote is left open (then only its first line is taken). */
static bool take_record(struct record *r, struct str *rest, char delimiter)
{
	struct str s = *rest, begin, after;

	r->count = 0;
	buf_clear(&r->text);
	for (;;) {
		unsigned i = r->count < COLUMNS_MAX ? r->count++ : COLUMNS_MAX - 1;

		begin = skip_blanks(s);
		r->starts[i] = r->text.n;
		r->quoted[i] = begin.n && begin.p[0] == '"';
		if (r->quoted[i]) {
			begin = take_quoted(r, begin);
			if (!begin.p) {
				str_cut(rest, '\n');
				return false;
			}
			r->cells[i].n = r->text.n - r->starts[i];
		}
		after = cell_end(begin, delimiter);
		if (!r->quoted[i])
			r->cells[i] = str_trim(str_head(begin, begin.n - after.n));
		s = str_skip(after, 1);
		if (!after.n || after.p[0] == '\n')
			break;
	}
	for (unsigned i = 0; i < r->count; i++) {
		if (r->quoted[i])
			r->cells[i].p = r->text.p ? r->text.p + r->starts[i] : "";
	}
	*rest = s;
	return true;
}

static uint8_t column_of(struct str name)
{
	char plain[24];
	size_t n = 0;
	enum intel_type type;

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '_' || name.p[i] == '-' || name.p[i] == ' ')
			continue;
		if (n == sizeof plain)
			return COLUMN_OTHER;
		plain[n++] = (char)ascii_lower((unsigned char)name.p[i]);
	}
	for (size_t i = 0; i < sizeof column_names / sizeof *column_names; i++) {
		if (str_eq(str_c(column_names[i].name), str_n(plain, n)))
			return (uint8_t)column_names[i].column;
	}
	type = intel_type_of(name);
	return type == INTEL_TYPES ? COLUMN_OTHER : (uint8_t)(COLUMN_TYPED + type);
}

static bool holds_values(uint8_t column)
{
	return column == COLUMN_VALUE || column >= COLUMN_TYPED;
}

/* A head names a column of values, and nothing in it is a value itself. */
static bool take_head(struct table *t, struct str line)
{
	static const char delimiters[] = ",;\t";
	struct record r = {0};
	bool found = false;

	for (int d = 0; d < 3 && !found; d++) {
		struct str rest = line;

		t->delimiter = delimiters[d];
		if (!take_record(&r, &rest, t->delimiter))
			continue;
		t->count = r.count;
		for (unsigned i = 0; i < r.count; i++) {
			t->columns[i] = column_of(r.cells[i]);
			found = found || holds_values(t->columns[i]);
		}
		/* "file" or "host" in one word may be anything but a head of one column. */
		found = found && (r.count > 1 || t->columns[0] >= COLUMN_VALUE);
	}
	buf_free(&r.text);
	return found;
}

static bool set_time(struct intel_context *c, struct str cell, int64_t *out)
{
	if (!cell.n || str_eq_nocase(cell, STR("none")) || str_eq_nocase(cell, STR("null")))
		return true;
	if (intel_parse_time(cell, out))
		return true;
	intel_refuse(c, "bad-time", "not a time", cell);
	return false;
}

static bool is_off(struct str cell)
{
	return str_eq(cell, STR("0")) || str_eq_nocase(cell, STR("false")) || str_eq_nocase(cell, STR("no"));
}

/* What of a record holds for its values. False: it is of no use, and that was told. */
static bool take_facts(struct intel_context *c, const struct table *t, const struct record *r, enum intel_type *type)
{
	struct intel_origin *o = &c->origin;
	uint64_t confidence;

	for (unsigned i = 0; i < r->count && i < t->count; i++) {
		struct str cell = r->cells[i];

		if (t->columns[i] == COLUMN_FROM && !set_time(c, cell, &o->from))
			return false;
		if (t->columns[i] == COLUMN_UNTIL && !set_time(c, cell, &o->until))
			return false;
		if (t->columns[i] == COLUMN_CONFIDENCE && !str_to_u64(cell, &confidence))
			o->level = confidence >= 70 ? INTEL_HIGH : confidence >= 30 ? INTEL_MEDIUM : INTEL_LOW;
		if (t->columns[i] == COLUMN_TO_IDS && is_off(cell)) {
			intel_pass(c, "not-for-detection", "to_ids is off", STR_NONE);
			return false;
		}
		if (t->columns[i] == COLUMN_NAME && cell.n && !o->name) {
			struct str name = arena_str(c->set->texts, str_head(cell, 200));

			o->name = name.p;
			o->name_n = (uint32_t)name.n;
		}
		if (t->columns[i] == COLUMN_TYPE && cell.n && (*type = intel_type_of(cell)) == INTEL_TYPES) {
			intel_pass(c, "type", "this type is not matched", cell);
			return false;
		}
	}
	if (o->from != TICKS_NONE && o->until != TICKS_NONE && o->until <= o->from) {
		intel_refuse(c, "bad-time", "valid_until is not behind valid_from", STR_NONE);
		return false;
	}
	return true;
}

static void add_record(struct intel_context *c, const struct table *t, const struct record *r)
{
	enum intel_type named = INTEL_TYPES;
	unsigned values = 0;

	c->origin = (struct intel_origin){.from = TICKS_NONE, .until = TICKS_NONE, .file = c->file, .level = INTEL_MEDIUM};
	if (!take_facts(c, t, r, &named))
		return;
	for (unsigned i = 0; i < r->count && i < t->count; i++) {
		if (!holds_values(t->columns[i]) || !r->cells[i].n)
			continue;
		values++;
		if (t->columns[i] >= COLUMN_TYPED)
			intel_add(c, (enum intel_type)(t->columns[i] - COLUMN_TYPED), r->cells[i], 0);
		else if (named != INTEL_TYPES)
			intel_add(c, named, r->cells[i], 0);
		else
			add_line(c, r->cells[i]);
	}
	if (!values)
		intel_refuse(c, "no-value", "the line has no value", STR_NONE);
}

static uint32_t lines_between(const char *from, const char *to)
{
	uint32_t n = 0;

	while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
		n++;
		from++;
	}
	return n;
}

static void read_table(struct intel_context *c, const struct table *t, struct str text)
{
	struct record r = {0};

	while (text.n) {
		struct str peek = text, line = next_line(&peek);

		if (!line.n || is_comment(line)) {
			text = peek;
			c->line++;
			continue;
		}
		peek = text;
		if (take_record(&r, &text, t->delimiter))
			add_record(c, t, &r);
		else
			intel_refuse(c, "bad-csv", "a quote is not closed", line);
		c->line += lines_between(peek.p, text.n ? text.p : peek.p + peek.n);
	}
	buf_free(&r.text);
}

/* MISP's feeds: MD5 of values and the event's UUID. */
static bool is_feed_hashes(struct str line)
{
	ptrdiff_t comma = str_find_byte(line, ',');

	return comma == 32 && line.n == 69 && intel_guess(str_head(line, 32)) == INTEL_MD5 && line.p[41] == '-' &&
	       line.p[46] == '-' && line.p[51] == '-' && line.p[56] == '-';
}

int intel_read_lines(struct intel_context *c, struct str text)
{
	bool first = true, headed = false;
	struct table t = {0};

	while (text.p && text.n) {
		struct str from = text, line = next_line(&text);

		c->line++;
		if (!line.n)
			continue;
		if (is_comment(line)) {
			/* Some lists hide the head in the last comment. */
			headed = line.p[0] == '#' && take_head(&t, str_trim(str_skip(line, 1))) && t.count > 2;
			continue;
		}
		if (first && is_feed_hashes(line)) {
			intel_pass(c, "feed-hashes", "hashes of values, of a MISP feed, are no indicators", STR_NONE);
			return 0;
		}
		if (headed && first) {
			read_table(c, &t, from);
			return 0;
		}
		if (first && take_head(&t, line)) {
			c->line++;
			read_table(c, &t, text);
			return 0;
		}
		first = false;
		add_line(c, line);
	}
	return 0;
}
