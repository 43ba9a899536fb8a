#ifndef CORRELATE_DIFFER_H
#define CORRELATE_DIFFER_H
/*
 * For tests only: bytes to a correlation and its matches, which both engines are given. What they tell is written down, call by
 * call, and must be the same; under narrow limits it may differ only where something was counted as dropped.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "base/buf.h"
#include "correlate/correlate.h"

struct differ_bytes { const uint8_t *p; size_t n; };

static inline unsigned differ_byte(struct differ_bytes *b)
{
	if (b->n == 0)
		return 0;
	b->n--;
	return *b->p++;
}

static inline void differ_note(struct buf *log, const char *what, const struct correlate_episode *e)
{
	buf_printf(log, "%s %.*s %.*s @%" PRId64 "/%" PRIu32 "/%" PRIu64 "/%" PRIu32 " %" PRId64 "..%" PRId64 " n%" PRIu64 " v%a:", what,
		   STR_ARGS(e->key), STR_ARGS(e->shown), e->fired.time, e->fired.file, e->fired.record, e->fired.rule,
		   e->first_time, e->last_time, e->count, e->value);
	assert(e->count >= 1 && e->part_count >= 1);
	assert(e->part_count == e->count || (e->part_count == CORRELATE_PARTS_HEAD + CORRELATE_PARTS_TAIL && e->count > e->part_count));
	assert(e->parts[0].time == e->first_time && e->parts[e->part_count - 1].time == e->last_time);
	for (uint32_t i = 0; i < e->part_count; i++) {
		assert(i == 0 || e->parts[i - 1].time <= e->parts[i].time);
		buf_printf(log, " %" PRId64 "/%" PRIu64, e->parts[i].time, e->parts[i].record);
	}
	buf_byte(log, '\n');
}

static inline void differ_fired(void *user, const struct correlate_episode *e)
{
	differ_note(user, "fired", e);
}

static inline void differ_ended(void *user, const struct correlate_episode *e)
{
	differ_note(user, "ended", e);
}

static inline struct correlate_spec differ_spec(struct differ_bytes *b)
{
	static const double numbers[] = {0, 1, 2, 3, 4, 5, 2.5, -1, 12, 0.5, 1e300, -7.25, 3.0000000000000004, 25, 1.5, 30};
	struct correlate_spec s = {.type = differ_byte(b) % CORRELATE_TYPES};
	unsigned shape = differ_byte(b);
	bool temporal = s.type == CORRELATE_TEMPORAL || s.type == CORRELATE_TEMPORAL_ORDERED;

	s.rule_count = 1 + shape % 4;
	s.condition_count = temporal ? shape / 4 % 3 : 1 + shape / 4 % 2;
	s.timespan = 1 + differ_byte(b) % 24;
	s.percentile = (double)(differ_byte(b) % 101);
	for (uint32_t i = 0; i < s.condition_count; i++) {
		unsigned v = differ_byte(b);
		s.conditions[i].op = v % CORRELATE_OPS;
		s.conditions[i].number = numbers[v / CORRELATE_OPS % 16];
	}
	return s;
}

/* The next match, or only an advance of time: false. */
static inline bool differ_match(struct differ_bytes *b, struct correlate_match *m)
{
	static const struct str keys[] = {{"a", 1}, {"b", 1}, {"\x01\0\0\0c", 5}, {"", 0}};
	static const struct str shown[] = {{"A", 1}, {"a", 1}, {"C", 1}, {"", 0}};
	static const struct str values[] = {{NULL, 0}, {"", 0}, {"x", 1}, {"y", 1}, {"z", 1}, {"\xff", 1}, {"xx", 2}, {"yy", 2}};
	static const double numbers[] = {1, 0.1, NAN, -3, 1e308, 1e-308, -0.0, 5e-324, 1e16, 0.5, 7, -1e308, INFINITY, 3, 100, 0.2};
	unsigned how = differ_byte(b), who = differ_byte(b), what = differ_byte(b);

	if (how % 8 != 7) {			/* else: another match of the same event */
		m->place.time += how % 8 == 6 ? how / 8 : how % 8 == 5 ? 1 : how % 8 / 4;
		m->place.record = how % 16 == 3 ? m->place.record : m->place.record + 1;
		m->place.file = how / 64;
		m->key = keys[who % 4];
	}
	m->shown = shown[who / 4 % 4];
	m->input = who / 16;
	m->place.rule = m->input + 10;
	m->value = values[what % 8];
	m->number = numbers[what / 8 % 16];
	return how != 0xfe;
}

struct differ_engine { struct correlate *fast, *tight; struct correlate_naive *naive; };

static inline void differ_feed(struct differ_bytes b, struct differ_engine *e, uint32_t rule_count)
{
	struct correlate_match m = {.place = {.time = -20}};

	while (b.n) {
		bool match = differ_match(&b, &m);
		m.input %= rule_count;
		if (match) {
			correlate_add(e->fast, &m);
			correlate_add(e->tight, &m);
			correlate_naive_add(e->naive, &m);
		} else {
			correlate_advance(e->fast, m.place.time);
			correlate_advance(e->tight, m.place.time);
			correlate_naive_advance(e->naive, m.place.time);
		}
		assert(correlate_time(e->fast) == m.place.time);
	}
	correlate_end(e->fast);
	correlate_end(e->tight);
	correlate_naive_end(e->naive);
}

/* True where all is well; else it says what differs in *out_why. */
static inline bool differ_run(struct differ_bytes b, struct buf *out_why)
{
	struct buf logs[3] = {0};
	struct correlate_spec spec = differ_spec(&b);
	unsigned narrow = differ_byte(&b);
	struct correlate_limits limits = {1 + narrow % 4, 1 + narrow / 4 % 8, narrow / 32 == 7 ? 2000 : 0};
	struct correlate_calls calls[3];
	for (int i = 0; i < 3; i++)
		calls[i] = (struct correlate_calls){&logs[i], differ_fired, differ_ended};
	struct differ_engine e = {correlate_new(&spec, NULL, &calls[0]), correlate_new(&spec, &limits, &calls[1]),
				  correlate_naive_new(&spec, &calls[2])};

	differ_feed(b, &e, spec.rule_count);
	struct correlate_counts full = correlate_counts(e.fast), tight = correlate_counts(e.tight);
	bool dropped = tight.dropped_groups || tight.dropped_entries;
	bool ok = str_eq(buf_get(&logs[0]), buf_get(&logs[2])) && (dropped || str_eq(buf_get(&logs[0]), buf_get(&logs[1])));
	assert(full.dropped_groups == 0 && full.dropped_entries == 0);
	assert(tight.groups_peak <= limits.groups_max);
	if (!ok && out_why)
		buf_printf(out_why, "%s, timespan %" PRId64 "\n--- fast\n%.*s--- narrow (dropped: %d)\n%.*s--- naive\n%.*s",
			   correlate_type_name(spec.type), spec.timespan, STR_ARGS(buf_get(&logs[0])), dropped,
			   STR_ARGS(buf_get(&logs[1])), STR_ARGS(buf_get(&logs[2])));
	correlate_free(e.fast);
	correlate_free(e.tight);
	correlate_naive_free(e.naive);
	for (int i = 0; i < 3; i++)
		buf_free(&logs[i]);
	return ok;
}
#endif
