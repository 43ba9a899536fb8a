/*
 * One line after another, as they stand in the input. Held: what is no line of pairs stays so however its end is cut; every
 * value lies in the line or the arena; nothing of the header's fields is touched; times are in bounds; a line gives the
 * same with a worker's memory of other lines, without, and with one field array or another. Fortinet's lines are taken apart
 * again byte by byte, slowly, and must give the same pairs.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "pairs/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 16384u

static struct arena *arena;
static struct names *names;
static struct pairs *old;

static bool inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void prepare(struct event *e)
{
	event_init(e, names, arena);
	e->time = TICKS_NONE;
	e->offset_min = CLOCK_NO_OFFSET;
	event_add_named(e, FIELD_SYSTEM, STR("host"), VALUE_TEXT, STR("fw"));
}

static bool same(const struct event *a, const struct event *b)
{
	if (a->field_count != b->field_count || a->time != b->time || a->offset_min != b->offset_min ||
	    !str_eq(a->product, b->product) || !str_eq(a->service, b->service) || !str_eq(a->category, b->category))
		return false;
	for (uint32_t i = 0; i < a->field_count; i++) {
		const struct field *x = &a->fields[i], *y = &b->fields[i];
		if (x->name != y->name || x->kind != y->kind || x->space != y->space || x->key != y->key ||
		    !str_eq((struct str){x->data, x->size}, (struct str){y->data, y->size}))
			return false;
	}
	return true;
}

static void check_event(const struct event *e, struct str line)
{
	struct civil c;
	assert(e->field_count >= 1 && e->fields[0].space == FIELD_SYSTEM);
	for (uint32_t i = 1; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct str value = {f->data, f->size}, name = names_text(names, f->name);
		assert(f->space == FIELD_DATA && value.p && name.n > 0);
		assert(value.n <= line.n || str_eq(name, STR("direction")));
		if (f->kind == VALUE_NUMBER)
			assert(pairs_is_number(value));
		else
			assert(f->kind == VALUE_TEXT);
		for (size_t k = 0; k < value.n && inside(value, line); k++)
			assert(value.p + k < line.p + line.n);
	}
	if (e->time != TICKS_NONE) {
		clock_to_civil(e->time, &c);
		assert(c.year >= 1600 && c.year <= 10000);
	}
}

/* ---- the oracle: Fortinet's pairs, read slowly ------------------------------------------------------------------- */

struct slow { struct str line; size_t at; char parting; const struct event *e; uint32_t next; };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static size_t name_at(struct str s, size_t at)
{
	size_t i = at;
	while (i < s.n && i - at < PAIRS_NAME_MAX && pairs_is_key_byte((unsigned char)s.p[i]))
		i++;
	return i > at && i < s.n && i - at < PAIRS_NAME_MAX && s.p[i] == '=' ? i - at : 0;
}

/* Where the next name behind a blank begins, from `at` on: the blank before it, or the end. */
static size_t before_name(struct str s, size_t at, char parting)
{
	for (size_t i = at; i + 1 < s.n; i++)
		if (is_blank(s.p[i]) || s.p[i] == parting) {
			size_t n = i + 1;
			while (n < s.n && n - i <= PAIRS_NAME_MAX && pairs_is_key_byte((unsigned char)s.p[n]))
				n++;
			if (n > i + 1 && n < s.n && s.p[n] == '=')
				return i;
		}
	return s.n;
}

static bool opens(struct str s, size_t from, size_t quote, char parting)
{
	size_t n = quote;
	if (quote < from + 3 || s.p[--n] != '=')
		return false;
	while (n > from && pairs_is_key_byte((unsigned char)s.p[n - 1]))
		n--;
	return n + 1 < quote && n > from && (s.p[n - 1] == ' ' || s.p[n - 1] == parting);
}

/* The closing quote from `at` on, or the line's end. */
static size_t closing(const struct slow *o, size_t from, size_t at)
{
	struct str s = o->line;
	for (size_t i = at; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '"')
			i++;
		else if (s.p[i] == '"' && (i + 1 == s.n || s.p[i + 1] == o->parting || s.p[i + 1] == ' '))
			return i;
		else if (s.p[i] == '"' && opens(s, from, i, o->parting))
			return s.n;
	}
	return s.n;
}

static void expect(struct slow *o, struct str name, struct str value, bool quoted)
{
	assert(o->next < o->e->field_count);
	const struct field *f = &o->e->fields[o->next++];
	const char *got = f->data;
	size_t n = 0;
	assert(str_eq(names_text(names, f->name), name));
	for (size_t i = 0; i < value.n; i++) {
		if (quoted && value.p[i] == '\\' && i + 1 < value.n && value.p[i + 1] == '"')
			continue;
		assert(n < f->size && got[n] == value.p[i]);
		n++;
	}
	assert(n == f->size);
}

static bool has_escape(struct str s)
{
	return str_find(s, STR("\\\"")) >= 0;
}

static size_t slow_quoted(struct slow *o, struct str name, size_t from)
{
	struct str s = o->line;
	size_t end = closing(o, from, from), behind = end + 1;
	if (end == s.n) {
		behind = before_name(s, from, o->parting);
		end = behind > from && s.p[behind - 1] == '"' ? behind - 1 : behind;
	} else {
		/* As long as no name stands behind the quote it was none, if there is another. */
		for (;;) {
			size_t next = behind;
			while (next < s.n && (is_blank(s.p[next]) || s.p[next] == o->parting))
				next++;
			size_t further = next < s.n && !name_at(s, next) ? closing(o, from, next) : s.n;
			bool na = end - from == 3 && memcmp(s.p + from, "N/A", 3) == 0;
			if (further == s.n || na || has_escape(str_n(s.p + from, end - from)) ||
			    has_escape(str_n(s.p + next, further - next)))
				break;
			end = further;
			behind = end + 1;
		}
	}
	struct str value = {s.p + from, end - from};
	if (!str_eq(value, STR("N/A")))
		expect(o, name, value, true);
	return behind;
}

static void slow_fortinet(struct str line, const struct event *e)
{
	struct slow o = {.line = line, .e = e, .next = 1, .parting = ' '};
	size_t at = name_at(line, 0) + 1;
	while (at < line.n && (line.p[name_at(line, 0) + 1] == '"' ? at == name_at(line, 0) + 1 || line.p[at] != '"'
								 : line.p[at] != ' ' && line.p[at] != ','))
		at++;
	at += at < line.n && line.p[at] == '"';
	o.parting = at < line.n && line.p[at] == ',' ? ',' : ' ';
	for (at = 0; at < line.n;) {
		size_t n = name_at(line, at);
		if (is_blank(line.p[at]) || line.p[at] == o.parting) {
			at++;
			continue;
		}
		if (n == 0) {
			at = before_name(line, at, o.parting);
			continue;
		}
		struct str name = {line.p + at, n};
		at += n + 1;
		if (at < line.n && line.p[at] == '"') {
			at = slow_quoted(&o, name, at + 1);
			continue;
		}
		size_t from = at;
		while (at < line.n && line.p[at] != o.parting)
			at++;
		struct str value = {line.p + from, at - from};
		if (!str_eq(value, STR("N/A")))
			expect(&o, name, value, false);
	}
	for (; o.next < e->field_count; o.next++)
		assert(str_starts(names_text(names, e->fields[o.next].name), STR("cs-uri-")));
}

/* ---- a line ------------------------------------------------------------------------------------------------------ */

static void contract(struct str line)
{
	static const struct pairs_clock clock = {.zone_min = 60, .reference = INT64_C(1671148800) * TICKS_PER_SECOND};
	struct event e, again;
	enum pairs_kind kind = pairs_kind_of(line);
	if (kind == PAIRS_NONE)
		return;
	struct pairs *fresh = pairs_new();
	prepare(&e);
	prepare(&again);
	struct pairs_result r = pairs_decode(old, kind, line, &clock, &e);
	struct pairs_result second = pairs_decode(fresh, kind, line, &clock, &again);
	assert(r.result == second.result && r.trouble == second.trouble && r.full == second.full);
	assert(r.result == DECODE_MATCH || (r.result == DECODE_PARTIAL && r.trouble));
	assert(same(&e, &again));
	check_event(&e, line);
	if (kind == PAIRS_FORTINET)
		slow_fortinet(line, &e);
	pairs_free(fresh);
}

static void check_times(struct str text)
{
	static const struct pairs_clock clock = {.zone_min = -90, .reference = INT64_C(1671148800) * TICKS_PER_SECOND};
	struct str pattern = text, value = str_cut(&pattern, '|');
	struct pairs_time t;
	struct civil c;
	if (time_from_words(value, &clock, &t) || (pattern.n && time_from_pattern(value, pattern, &clock, &t))) {
		clock_to_civil(t.ticks, &c);
		assert(c.year >= 1600 && c.year <= 10000);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	if (!arena) {
		arena = arena_new(0);
		names = names_new(NULL);
		old = pairs_new();
	}
	names_begin_batch(names);
	struct str rest = str_n(data, size);
	while (rest.p && rest.n) {
		struct str line = str_cut(&rest, '\n');
		/* A block of its own, so that a read behind the line is seen. */
		char *copy = mem_alloc(line.n + 1);
		memcpy(copy, line.p, line.n);
		copy = mem_resize(copy, line.n ? line.n : 1);
		contract((struct str){copy, line.n});
		check_times((struct str){copy, line.n});
		vec_release(copy);
		arena_reset(arena);
	}
	return 0;
}
