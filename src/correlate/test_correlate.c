/* Correlations by a table: the rows' names are those that docs/correlate.md gives as proof. Each row runs through both engines. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/vec.h"
#include "correlate/differ.h"
#include "correlate/exact.h"
#include "correlate/order.h"

/*
 * spec: TYPE TIMESPAN RULES [OP NUMBER]... [pNN].
 * feed: TIME[key][/input][=value][#record] ..., or >TIME: time passes. The key is one letter (default k); its capital is the same
 * key spelled otherwise. Records are counted from 1 where they are not given. A value is a number or, for value_count, a text.
 * told: +KEY@TIME nCOUNT vVALUE where it fires, -KEY@TIME FIRST..LAST nCOUNT vVALUE where it ends.
 */
static const struct row { const char *name, *spec, *feed, *told; } rows[] = {
	/* item 2 of the semantics: the window, both ends */
	{"window-both-ends", "event_count 10 1 gte 2", "0 10", "+k@10 n2 v2 -k@10 0..10 n2 v2"},
	{"window-one-more", "event_count 10 1 gte 2", "0 11", ""},
	{"window-slides", "event_count 10 1 gte 3", "9 10 19", "+k@19 n3 v3 -k@19 9..19 n3 v3"},
	{"window-not-aligned", "event_count 10 1 gte 2", "9 11 29 31",
	 "+k@11 n2 v2 -k@11 9..11 n2 v2 +k@31 n2 v2 -k@31 29..31 n2 v2"},
	{"window-ends-of-time", "event_count 10 1 gte 2",
	 "-9223372036854775808 -9223372036854775800 9223372036854775806 9223372036854775807",
	 "+k@-9223372036854775800 n2 v2 -k@-9223372036854775800 -9223372036854775808..-9223372036854775800 n2 v2 "
	 "+k@9223372036854775807 n2 v2 -k@9223372036854775807 9223372036854775806..9223372036854775807 n2 v2"},
	{"window-longest", "event_count 9223372036854775807 1 gte 2", "0 9223372036854775807",
	 "+k@9223372036854775807 n2 v2 -k@9223372036854775807 0..9223372036854775807 n2 v2"},
	{"same-time", "event_count 1 1 gte 3", "5 5 5", "+k@5 n3 v3 -k@5 5..5 n3 v3"},
	/* item 3: operators that are decided on arrival */
	{"op-gt", "event_count 10 1 gt 2", "0 1 2", "+k@2 n3 v3 -k@2 0..2 n3 v3"},
	{"op-gt-not", "event_count 10 1 gt 3", "0 1 2", ""},
	{"op-gte-not", "event_count 10 1 gte 4", "0 1 2", ""},
	{"op-gte-one", "event_count 10 1 gte 1", "0", "+k@0 n1 v1 -k@0 0..0 n1 v1"},
	{"op-eq", "event_count 10 1 eq 2", "0 1 2", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"op-eq-again", "event_count 10 1 eq 2", "0 1 2 12 13", "+k@1 n2 v2 -k@1 0..1 n2 v2 +k@12 n2 v2 -k@12 2..13 n3 v2"},
	{"op-fraction", "event_count 10 1 gt 1.5", "0 1", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"op-both-on-arrival", "event_count 10 1 gt 1 gte 3", "0 1 2", "+k@2 n3 v3 -k@2 0..2 n3 v3"},
	/* item 3: operators that are decided when the window closes */
	{"close-lt", "event_count 10 1 lt 3", "0 1", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"close-lt-not", "event_count 10 1 lt 2", "0 1", ""},
	{"close-lte", "event_count 10 1 lte 2", "0 1", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"close-neq", "event_count 10 1 neq 3", "0 1 20 21 22", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"close-range", "event_count 10 1 gt 1 lte 3", "0 20 21 40 41 42 60 61 62 63",
	 "+k@21 n2 v2 -k@21 20..21 n2 v2 +k@42 n3 v3 -k@42 40..42 n3 v3"},
	{"close-both-ends", "event_count 10 1 lt 3", "0 5 10 11", "+k@11 n1 v1 -k@11 11..11 n1 v1"},
	{"close-next-begins", "event_count 10 1 lt 3", "0 5 11 12", "+k@5 n2 v2 -k@5 0..5 n2 v2 +k@12 n2 v2 -k@12 11..12 n2 v2"},
	{"close-by-time", "event_count 10 1 lt 3", "0 >10 >11 20", "+k@0 n1 v1 -k@0 0..0 n1 v1 +k@20 n1 v1 -k@20 20..20 n1 v1"},
	{"close-at-end", "event_count 10 1 lte 5", "0 1 2", "+k@2 n3 v3 -k@2 0..2 n3 v3"},
	{"close-in-order", "event_count 10 1 lt 9", "0c 1b 2a 3c >50",
	 "+b@1 n1 v1 -b@1 1..1 n1 v1 +a@2 n1 v1 -a@2 2..2 n1 v1 +c@3 n2 v2 -c@3 0..3 n2 v2"},
	{"close-values", "value_count 10 1 lt 2", "0=x 1=x 2=x 20=x 21=y", "+k@2 n3 v1 -k@2 0..2 n3 v1"},
	{"close-sum", "value_sum 10 1 lt 4", "0=1 1=2 20=5", "+k@1 n2 v3 -k@1 0..1 n2 v3"},
	{"close-avg", "value_avg 10 1 lte 2", "0=1 1=3 20=5", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"close-percentile", "value_percentile 10 1 lt 3 p50", "0=1 1=9 2=2 20=5", "+k@2 n3 v2 -k@2 0..2 n3 v2"},
	{"close-temporal", "temporal 10 2 lt 2", "0/0 1/0 20/0 21/1", "+k@1 n2 v1 -k@1 0..1 n2 v1"},
	{"close-ordered", "temporal_ordered 10 2 neq 2", "0/1 1/0 20/0 21/1", "+k@1 n2 v1 -k@1 0..1 n2 v1"},
	/* item 4: episodes */
	{"episode-goes-on", "event_count 10 1 gte 2", "0 1 2 3", "+k@1 n2 v2 -k@1 0..3 n4 v2"},
	{"episode-slides-on", "event_count 10 1 gte 2", "0 8 16 24", "+k@8 n2 v2 -k@8 0..24 n4 v2"},
	{"episode-ends-by-match", "event_count 10 1 gte 3", "0 1 2 12 13 14",
	 "+k@2 n3 v3 -k@2 0..2 n3 v3 +k@14 n3 v3 -k@14 12..14 n3 v3"},
	{"episode-ends-empty", "event_count 10 1 gte 2", "0 1 >11 >12 13", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"episode-not-by-shrinking", "event_count 10 1 gte 3", "0 1 2 >11 11 >50", "+k@2 n3 v3 -k@2 0..11 n4 v3"},
	{"episode-anew", "event_count 10 1 gte 2", "0 1 20 21", "+k@1 n2 v2 -k@1 0..1 n2 v2 +k@21 n2 v2 -k@21 20..21 n2 v2"},
	{"episodes-end-in-order", "event_count 10 1 gte 2", "0b 1a 2a 3b 3c 3c >50",
	 "+a@2 n2 v2 +b@3 n2 v2 +c@3 n2 v2 -a@2 1..2 n2 v2 -b@3 0..3 n2 v2 -c@3 3..3 n2 v2"},
	{"episode-at-end", "event_count 10 1 gte 2", "0 1", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	/* item 6: groups */
	{"groups-apart", "event_count 10 1 gte 2", "0a 1b 2b 3a", "+b@2 n2 v2 +a@3 n2 v2 -b@2 1..2 n2 v2 -a@3 0..3 n2 v2"},
	{"groups-spelling", "event_count 10 1 gte 2", "0A 1a", "+A@1 n2 v2 -A@1 0..1 n2 v2"},
	{"groups-spelling-anew", "event_count 10 1 gte 1", "0A 20a", "+A@0 n1 v1 -A@0 0..0 n1 v1 +a@20 n1 v1 -a@20 20..20 n1 v1"},
	/* several rules; one event counts once */
	{"rules-added", "event_count 10 2 gte 2", "0/0 1/1", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"event-counts-once", "event_count 10 2 gte 2", "0/0#7 0/1#7", ""},
	{"event-sums-once", "value_sum 10 2 gte 4", "0/0=3#7 0/1=3#7 1/0=1#8", "+k@1 n2 v4 -k@1 0..1 n2 v4"},
	/* item 7 */
	{"temporal", "temporal 10 2", "0/0 5/1", "+k@5 n2 v2 -k@5 0..5 n2 v2"},
	{"temporal-any-order", "temporal 10 2", "0/1 5/0", "+k@5 n2 v2 -k@5 0..5 n2 v2"},
	{"temporal-both-ends", "temporal 10 2", "0/0 10/1", "+k@10 n2 v2 -k@10 0..10 n2 v2"},
	{"temporal-one-more", "temporal 10 2", "0/0 11/1", ""},
	{"temporal-one-missing", "temporal 10 3", "0/0 1/1 2/0 3/1", ""},
	{"temporal-other-group", "temporal 10 2", "0a/0 1b/1", ""},
	{"temporal-distinct", "temporal 10 3 gte 2", "0/0 1/0 2/2", "+k@2 n3 v2 -k@2 0..2 n3 v2"},
	{"temporal-eq", "temporal 10 3 eq 2", "0/0 1/1 2/2", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"temporal-latest-counts", "temporal 10 2", "0/0 8/0 15/1", "+k@15 n2 v2 -k@15 8..15 n2 v2"},
	{"temporal-one-event", "temporal 10 2", "0/0#7 0/1#7", "+k@0 n2 v2 -k@0 0..0 n2 v2"},
	{"temporal-ends", "temporal 10 2", "0/0 5/1 12/1 13/0", "+k@5 n2 v2 -k@5 0..5 n2 v2 +k@13 n3 v2 -k@13 5..13 n3 v2"},
	/* item 8 */
	{"ordered", "temporal_ordered 10 3", "0/0 1/1 2/2", "+k@2 n3 v3 -k@2 0..2 n3 v3"},
	{"ordered-not", "temporal_ordered 10 3", "0/0 1/2 2/1", ""},
	{"ordered-whole-list", "temporal_ordered 10 3", "0/0 1/2 2/1 3/1", ""},
	{"ordered-both-ends", "temporal_ordered 10 2", "0/0 10/1", "+k@10 n2 v2 -k@10 0..10 n2 v2"},
	{"ordered-one-more", "temporal_ordered 10 2", "0/0 11/1", ""},
	{"ordered-latest-start", "temporal_ordered 10 3", "0/0 5/0 6/1 12/2", "+k@12 n3 v3 -k@12 5..12 n3 v3"},
	{"ordered-start-too-old", "temporal_ordered 10 3", "0/0 5/1 6/0 12/2", ""},
	{"ordered-tie", "temporal_ordered 10 2", "5/0#1 5/1#2", "+k@5 n2 v2 -k@5 5..5 n2 v2"},
	{"ordered-tie-not", "temporal_ordered 10 2", "5/1#1 5/0#2", ""},
	{"ordered-distinct", "temporal_ordered 10 2", "5/0#7 5/1#7", ""},
	{"ordered-distinct-backwards", "temporal_ordered 10 2", "5/1#7 5/0#7", ""},
	{"ordered-distinct-later", "temporal_ordered 10 2", "5/0#7 5/1#7 6/1#8", "+k@6 n3 v2 -k@6 5..6 n3 v2"},
	{"ordered-one-for-either", "temporal_ordered 10 2", "4/0#6 5/0#7 5/1#7", "+k@5 n3 v2 -k@5 4..5 n3 v2"},
	{"ordered-prefix", "temporal_ordered 10 3 gte 2", "0/0 1/2 2/1", "+k@2 n3 v2 -k@2 0..2 n3 v2"},
	{"ordered-other-group", "temporal_ordered 10 2", "0a/0 1b/1", ""},
	/* item 9 */
	{"values-distinct", "value_count 10 1 gte 2", "0=x 1=x 2=y", "+k@2 n3 v2 -k@2 0..2 n3 v2"},
	{"values-leave", "value_count 10 1 gte 2", "0=x 5=y 11=y 16=x", "+k@5 n2 v2 -k@5 0..5 n2 v2 +k@16 n2 v2 -k@16 11..16 n2 v2"},
	{"values-last-of-two-leaves", "value_count 10 1 gte 2", "0=x 1=x 11=y", "+k@11 n2 v2 -k@11 1..11 n2 v2"},
	{"values-missing", "value_count 10 1 gte 2", "0=x 1 2", ""},
	{"values-missing-keeps", "value_count 10 1 gte 2", "0=x 1=y 2 3=z", "+k@1 n2 v2 -k@1 0..3 n3 v2"},
	{"values-empty-is-one", "value_count 10 1 gte 2", "0=x 1=''", "+k@1 n2 v2 -k@1 0..1 n2 v2"},
	{"values-of-group", "value_count 10 1 gte 2", "0a=x 1b=y 2b=x", "+b@2 n2 v2 -b@2 1..2 n2 v2"},
	/* item 10 */
	{"sum", "value_sum 10 1 gt 5", "0=2 1=3 2=0.5", "+k@2 n3 v5.5 -k@2 0..2 n3 v5.5"},
	{"sum-leaves", "value_sum 10 1 gte 5", "0=4 11=4 12=1", "+k@12 n2 v5 -k@12 11..12 n2 v5"},
	{"sum-negative", "value_sum 10 1 gte 5", "0=4 1=-1 2=2", "+k@2 n3 v5 -k@2 0..2 n3 v5"},
	{"sum-no-number", "value_sum 10 1 gte 5", "0=4 1 2=1", "+k@2 n2 v5 -k@2 0..2 n2 v5"},
	{"sum-exact", "value_sum 10 1 eq 0.5", "0=1e300 11=0.5", "+k@11 n1 v0.5 -k@11 11..11 n1 v0.5"},
	{"sum-cancels", "value_sum 99 1 eq 2", "0=1e300 1=2 2=-1e300", "+k@2 n3 v2 -k@2 0..2 n3 v2"},
	{"avg", "value_avg 10 1 gt 2", "0=1 1=2 2=6", "+k@2 n3 v3 -k@2 0..2 n3 v3"},
	{"avg-ends", "value_avg 10 1 gte 3", "0=3 1=2 2=4", "+k@0 n1 v3 -k@0 0..0 n1 v3 +k@2 n3 v3 -k@2 0..2 n3 v3"},
	{"avg-no-number", "value_avg 10 1 lt 2", "0 1", ""},
	{"percentile-middle", "value_percentile 10 1 gte 3 p50", "0=1 1=5", "+k@1 n2 v3 -k@1 0..1 n2 v3"},
	{"percentile-between", "value_percentile 10 1 gte 4.75 p75", "0=1 1=5 2=4 3=7",
	 "+k@3 n4 v5.5 -k@3 0..3 n4 v5.5"},
	{"percentile-least", "value_percentile 10 1 gt 1 p0", "0=1 1=5 11=9", "+k@11 n2 v5 -k@11 1..11 n2 v5"},
	{"percentile-most", "value_percentile 10 1 gte 9 p100", "0=1 1=9", "+k@1 n2 v9 -k@1 0..1 n2 v9"},
	{"percentile-one", "value_percentile 10 1 gte 1 p99", "0=1", "+k@0 n1 v1 -k@0 0..0 n1 v1"},
};

/* ---- a row's texts ------------------------------------------------------------------------------------------------------ */

static struct str word(struct str *rest)
{
	*rest = str_trim(*rest);
	return str_cut(rest, ' ');
}

static double number(const char *row, struct str text)
{
	double x;
	if (str_to_double(text, &x) != 0)
		fail_msg("row %s: '%.*s' is no number", row, STR_ARGS(text));
	return x;
}

static struct correlate_spec spec_of(const struct row *row)
{
	static const char *const ops[CORRELATE_OPS] = {"gt", "gte", "lt", "lte", "eq", "neq"};
	struct correlate_spec s = {0};
	struct str rest = str_c(row->spec), w;

	s.type = correlate_type_of(word(&rest));
	assert_int_equal(str_to_i64(word(&rest), &s.timespan), 0);
	s.rule_count = (uint32_t)number(row->name, word(&rest));
	while ((w = word(&rest)).n) {
		if (w.p[0] == 'p') {
			s.percentile = number(row->name, str_skip(w, 1));
			continue;
		}
		unsigned op = 0;
		while (op < CORRELATE_OPS && !str_eq(w, str_c(ops[op])))
			op++;
		s.conditions[s.condition_count].op = op;
		s.conditions[s.condition_count++].number = number(row->name, word(&rest));
	}
	return s;
}

struct token { struct correlate_match m; bool advance; char key, shown; };

/* The part of *rest behind `mark`, which is cut off. */
static struct str behind(struct str *rest, char mark)
{
	ptrdiff_t at = str_find_byte(*rest, mark);
	struct str found = STR_NONE;

	if (at >= 0) {
		found = str_skip(*rest, (size_t)at + 1);
		*rest = str_head(*rest, (size_t)at);
	}
	return found;
}

static void token_of(const struct row *row, struct str text, struct token *t)
{
	struct str record = behind(&text, '#'), value = behind(&text, '='), input = behind(&text, '/');

	t->advance = text.p[0] == '>';
	text = str_skip(text, t->advance);
	t->shown = 'k';
	if ((unsigned)(text.p[text.n - 1] | 32) - 'a' < 26u) {
		t->shown = text.p[text.n - 1];
		text.n--;
	}
	t->key = (char)(t->shown | 32);
	t->m.key = str_n(&t->key, 1);
	t->m.shown = str_n(&t->shown, 1);
	if (str_to_i64(text, &t->m.place.time) != 0)
		fail_msg("row %s: time '%.*s'", row->name, STR_ARGS(text));
	t->m.place.record = record.p ? (uint64_t)number(row->name, record) : t->m.place.record + 1;
	t->m.input = input.p ? (uint32_t)number(row->name, input) : 0;
	t->m.place.rule = t->m.input;
	t->m.value = str_eq(value, STR("''")) ? STR("") : value;
	if (!value.p || str_to_double(value, &t->m.number) != 0)
		t->m.number = NAN;
}

static void note_fired(void *user, const struct correlate_episode *e)
{
	buf_printf(user, " +%.*s@%" PRId64 " n%" PRIu64 " v%g", STR_ARGS(e->shown), e->fired.time, e->count, e->value);
}

static void note_ended(void *user, const struct correlate_episode *e)
{
	buf_printf(user, " -%.*s@%" PRId64 " %" PRId64 "..%" PRId64 " n%" PRIu64 " v%g", STR_ARGS(e->shown), e->fired.time,
		   e->first_time, e->last_time, e->count, e->value);
}

static void run_row(const struct row *row, struct buf *fast, struct buf *naive)
{
	struct correlate_spec spec = spec_of(row);
	struct correlate_calls to_fast = {fast, note_fired, note_ended}, to_naive = {naive, note_fired, note_ended};
	struct correlate *c = correlate_new(&spec, NULL, &to_fast);
	struct correlate_naive *n = correlate_naive_new(&spec, &to_naive);
	struct token t = {0};
	struct str rest = str_c(row->feed), w;

	while ((w = word(&rest)).n) {
		token_of(row, w, &t);
		if (t.advance) {
			correlate_advance(c, t.m.place.time);
			correlate_naive_advance(n, t.m.place.time);
		} else {
			correlate_add(c, &t.m);
			correlate_naive_add(n, &t.m);
		}
	}
	correlate_end(c);
	correlate_naive_end(n);
	correlate_free(c);
	correlate_naive_free(n);
}

static void test_rows(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf fast = {0}, naive = {0};
		run_row(&rows[i], &fast, &naive);
		struct str want = str_c(rows[i].told), f = str_trim(buf_get(&fast)), n = str_trim(buf_get(&naive));
		if (!str_eq(f, want) || !str_eq(n, want)) {
			fprintf(stderr, "row %s (%s: %s)\n want %s\n fast %.*s\nnaive %.*s\n", rows[i].name, rows[i].spec,
				rows[i].feed, rows[i].told, STR_ARGS(f), STR_ARGS(n));
			bad++;
		}
		buf_free(&fast);
		buf_free(&naive);
	}
	assert_int_equal(bad, 0);
}

/* ---- parts ---------------------------------------------------------------------------------------------------------------- */

static void note_parts(void *user, const struct correlate_episode *e)
{
	buf_printf(user, "n%" PRIu64 ":", e->count);
	for (uint32_t i = 0; i < e->part_count; i++)
		buf_printf(user, " %" PRIu64, e->parts[i].record);
	buf_byte(user, '\n');
}

static void test_parts(void **state)
{
	static const struct { int before, after; const char *want; } lengths[] = {
		{3, 0, "n3: 1 2 3\nn3: 1 2 3\n"},
		{2, 18, "n2: 1 2\nn20: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n"},
		{2, 19, "n2: 1 2\nn21: 1 2 3 4 5 6 7 8 9 10 12 13 14 15 16 17 18 19 20 21\n"},
		{25, 5, "n25: 1 2 3 4 5 6 7 8 9 10 16 17 18 19 20 21 22 23 24 25\n"
			"n30: 1 2 3 4 5 6 7 8 9 10 21 22 23 24 25 26 27 28 29 30\n"},
		{12, 1, "n12: 1 2 3 4 5 6 7 8 9 10 11 12\nn13: 1 2 3 4 5 6 7 8 9 10 11 12 13\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct buf log = {0};
		struct correlate_spec spec = {.type = CORRELATE_EVENT_COUNT, .rule_count = 1, .timespan = 1000,
					      .conditions = {{CORRELATE_GTE, lengths[i].before}}, .condition_count = 1};
		struct correlate_calls calls = {&log, note_parts, note_parts};
		struct correlate *c = correlate_new(&spec, NULL, &calls);
		for (int k = 1; k <= lengths[i].before + lengths[i].after; k++)
			correlate_add(c, &(struct correlate_match){.place = {k, (uint64_t)k, 0, 0}, .key = STR("k")});
		correlate_end(c);
		if (!str_eq(buf_get(&log), str_c(lengths[i].want)))
			fail_msg("row %zu: %.*s", i, STR_ARGS(buf_get(&log)));
		correlate_free(c);
		buf_free(&log);
	}
}

/* ---- limits ---------------------------------------------------------------------------------------------------------------- */

static struct correlate_counts run_limited(struct correlate_spec *spec, struct correlate_limits limits, const char *feed,
					   struct buf *log)
{
	struct row row = {"limited", "", feed, ""};
	struct correlate_calls calls = {log, note_fired, note_ended};
	struct correlate *c = correlate_new(spec, &limits, &calls);
	struct token t = {0};
	struct str rest = str_c(feed), w;

	while ((w = word(&rest)).n) {
		token_of(&row, w, &t);
		correlate_add(c, &t.m);
	}
	correlate_end(c);
	struct correlate_counts counts = correlate_counts(c);
	correlate_free(c);
	return counts;
}

static void test_limits(void **state)
{
	static const struct { const char *name; enum correlate_type type; double gte; struct correlate_limits limits;
			      const char *feed, *told; uint64_t groups, entries; } table[] = {
		{"stalest-group-goes", CORRELATE_EVENT_COUNT, 2, {.groups_max = 2}, "0a 1b 2a 3c 4b 5b",
		 " +a@2 n2 v2 -a@2 0..2 n2 v2 +b@5 n2 v2 -b@5 4..5 n2 v2", 2, 0},
		{"groups-fit", CORRELATE_EVENT_COUNT, 2, {.groups_max = 3}, "0a 1b 2a 3c 4b",
		 " +a@2 n2 v2 +b@4 n2 v2 -a@2 0..2 n2 v2 -b@4 1..4 n2 v2", 0, 0},
		{"count-needs-few", CORRELATE_EVENT_COUNT, 2, {.entries_max = 4}, "0 1 2 3 4 5 6 7", " +k@1 n2 v2 -k@1 0..7 n8 v2", 0, 0},
		{"entries-too-few", CORRELATE_EVENT_COUNT, 3, {.entries_max = 2}, "0 1 2 3", "", 0, 2},
		{"values-dropped", CORRELATE_VALUE_COUNT, 3, {.entries_max = 2}, "0=x 1=y 2=z", "", 0, 1},
		{"bytes", CORRELATE_EVENT_COUNT, 2, {.bytes_max = 1}, "0a 1b 2b", " +b@2 n2 v2 -b@2 1..2 n2 v2", 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buf log = {0};
		struct correlate_spec spec = {.type = table[i].type, .rule_count = 1, .timespan = 100,
					      .conditions = {{CORRELATE_GTE, table[i].gte}}, .condition_count = 1};
		struct correlate_counts n = run_limited(&spec, table[i].limits, table[i].feed, &log);
		bool bytes = table[i].limits.bytes_max != 0;
		if ((!bytes && !str_eq(buf_get(&log), str_c(table[i].told))) ||
		    (!bytes && (n.dropped_groups != table[i].groups || n.dropped_entries != table[i].entries)) ||
		    (bytes && n.dropped_groups + n.dropped_entries == 0))
			fail_msg("row %s: dropped %d groups, %d entries:%.*s", table[i].name, (int)n.dropped_groups,
				 (int)n.dropped_entries, STR_ARGS(buf_get(&log)));
		buf_free(&log);
	}
}

/* A key and a value of ordinary length, none twice. */
static void feed_keys(struct correlate *c, uint64_t keys, unsigned times)
{
	char key[32], shown[32], value[32];

	for (uint64_t i = 0; i < keys * times; i++) {
		int n = snprintf(key, sizeof key, "%04x10.%u.%u.%u", 12, (unsigned)(i % keys >> 16), (unsigned)(i >> 8 & 255), (unsigned)(i & 255));
		int s = snprintf(shown, sizeof shown, "10.%u.%u.%u", (unsigned)(i % keys >> 16), (unsigned)(i >> 8 & 255), (unsigned)(i & 255));
		int v = snprintf(value, sizeof value, "%04xuser%07u", 11, (unsigned)i);
		struct correlate_match m = {(uint32_t)(i / keys % 2), {(int64_t)i, i, 0, 0}, str_n(key, (size_t)n), str_n(shown, (size_t)s),
					    str_n(value, (size_t)v), (double)i};
		correlate_add(c, &m);
	}
}

static void test_bytes_per_key(void **state)
{
	static const enum correlate_type types[] = {CORRELATE_EVENT_COUNT, CORRELATE_VALUE_COUNT, CORRELATE_TEMPORAL};
	enum { KEYS = 1 << 17 };

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct correlate_spec spec = {.type = types[i], .rule_count = 3, .timespan = INT64_MAX,
					      .conditions = {{CORRELATE_GTE, 5}}, .condition_count = 1};
		struct correlate_calls calls = {0};
		struct correlate *c = correlate_new(&spec, NULL, &calls);
		feed_keys(c, KEYS, 1);
		struct correlate_counts n = correlate_counts(c);
		print_message("%s: %zu bytes a key\n", correlate_type_name(types[i]), n.bytes_peak / KEYS);
		assert_int_equal(n.groups_peak, KEYS);
		if (n.bytes_peak / KEYS > 400)
			fail_msg("%s: %zu bytes a key", correlate_type_name(types[i]), n.bytes_peak / KEYS);
		correlate_free(c);
	}
}

/* A flood of keys stays within the bytes, a flood in one group too; both are counted. */
static void test_bytes_bounded(void **state)
{
	(void)state;
	for (unsigned type = 0; type < CORRELATE_TYPES; type++)
		for (unsigned op = CORRELATE_GT; op <= CORRELATE_LT; op += CORRELATE_LT - CORRELATE_GT) {
			struct correlate_spec spec = {.type = type, .rule_count = 3, .timespan = INT64_MAX, .percentile = 50,
						      .conditions = {{op, 1e8}}, .condition_count = 1};
			struct correlate_limits limits = {.bytes_max = 1 << 20};
			struct correlate_calls calls = {0};
			for (uint64_t keys = 1; keys <= 20000; keys += 19999) {
				struct correlate *c = correlate_new(&spec, &limits, &calls);
				feed_keys(c, keys, (unsigned)(20000 / keys) + 1);
				struct correlate_counts n = correlate_counts(c);
				bool small = keys == 1 && (op == CORRELATE_LT ? type != CORRELATE_VALUE_COUNT && type != CORRELATE_VALUE_PERCENTILE
					: type == CORRELATE_TEMPORAL || type == CORRELATE_TEMPORAL_ORDERED || type == CORRELATE_EVENT_COUNT);
				if (n.bytes_peak > limits.bytes_max * 3 / 2 || (!small && !n.dropped_groups && !n.dropped_entries))
					fail_msg("%s, op %u, %d keys: %zu bytes, dropped %d, %d", correlate_type_name(type), op, (int)keys,
						 n.bytes_peak, (int)n.dropped_groups, (int)n.dropped_entries);
				correlate_free(c);
			}
		}
}

/* When all have gone, what they took is given back but for the tables. */
static void test_dead_groups_go(void **state)
{
	struct correlate_spec spec = {.type = CORRELATE_VALUE_COUNT, .rule_count = 3, .timespan = 100,
				      .conditions = {{CORRELATE_GTE, 5}}, .condition_count = 1};
	struct correlate_calls calls = {0};
	struct correlate *c = correlate_new(&spec, NULL, &calls);

	(void)state;
	feed_keys(c, 200000, 1);
	struct correlate_counts n = correlate_counts(c);
	assert_int_equal(n.groups_peak, 101);
	assert_true(n.bytes_peak < 200000);
	assert_int_equal(n.dropped_groups, 0);
	correlate_free(c);
}

static void test_counts(void **state)
{
	struct correlate_spec spec = {.type = CORRELATE_VALUE_SUM, .rule_count = 1, .timespan = 100,
				      .conditions = {{CORRELATE_GTE, 5}}, .condition_count = 1};
	struct buf log = {0};
	struct correlate_counts n = run_limited(&spec, (struct correlate_limits){0}, "0=1 1 2=x 3=9 4=inf 200=7", &log);

	(void)state;
	assert_int_equal(n.matches, 6);
	assert_int_equal(n.no_value, 3);
	assert_int_equal(n.episodes, 2);
	assert_int_equal(n.groups_peak, 1);
	buf_free(&log);
}

/* ---- time, keys, names ------------------------------------------------------------------------------------------------------ */

static void add_backwards(bool advance, bool naive)
{
	struct correlate_spec spec = {.type = CORRELATE_TEMPORAL, .rule_count = 1, .timespan = 100};
	struct correlate_calls calls = {0};
	struct correlate *c = correlate_new(&spec, NULL, &calls);
	struct correlate_naive *n = correlate_naive_new(&spec, &calls);
	struct correlate_match m = {.place = {.time = 5}, .key = STR("k")};

	correlate_add(c, &m);
	correlate_naive_add(n, &m);
	m.place.time = 4;
	if (advance)
		correlate_advance(c, 4);
	else if (naive)
		correlate_naive_add(n, &m);
	else
		correlate_add(c, &m);
}

static void test_time_must_not_fall(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		int status = 0;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			if (!freopen("/dev/null", "w", stderr))
				_exit(3);
			signal(SIGABRT, SIG_DFL);
			add_backwards(how == 1, how == 2);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			fail_msg("way %d: status %d", how, status);
	}
}

static void test_keys(void **state)
{
	static const struct { const char *a[2], *b[2]; bool same; } table[] = {
		{{"ab", "c"}, {"a", "bc"}, false}, {{"ab", "c"}, {"AB", "C"}, true}, {{"", "x"}, {"x", ""}, false},
		{{"\xc3\x89", ""}, {"\xc3\xa9", ""}, true}, {{"a", "b"}, {"a", "b"}, true}, {{"a", "b"}, {"b", "a"}, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buf a = {0}, b = {0};
		for (int k = 0; k < 2; k++) {
			correlate_key_add(&a, str_c(table[i].a[k]));
			correlate_key_add(&b, str_c(table[i].b[k]));
		}
		if (str_eq(buf_get(&a), buf_get(&b)) != table[i].same)
			fail_msg("row %zu", i);
		buf_free(&a);
		buf_free(&b);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned type = 0; type < CORRELATE_TYPES; type++)
		assert_int_equal(correlate_type_of(str_c(correlate_type_name(type))), type);
	assert_int_equal(correlate_type_of(STR("event")), CORRELATE_TYPES);
	assert_int_equal(correlate_type_of(STR("value_median")), CORRELATE_TYPES);
}

/* ---- the parts below --------------------------------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_exact(void **state)
{
	static const struct { double numbers[5], sum; } table[] = {
		{{0.1, 0.2, 0.3, -0.6}, 2.7755575615628914e-17}, {{1e308, 1e308, -1e308}, 1e308}, {{1e16, 1, 1}, 1e16 + 2},
		{{1e16, 1}, 1e16}, {{1e16, 3}, 1e16 + 4}, {{9007199254740993.0, 5e-324}, 9007199254740992.0},
		{{9007199254740992.0, 1, 5e-324}, 9007199254740994.0}, {{9007199254740992.0, 1}, 9007199254740992.0},
		{{9007199254740992.0, 1, -5e-324}, 9007199254740992.0}, {{5e-324, 5e-324}, 1e-323}, {{-5e-324}, -5e-324},
		{{1e308, 1e308}, INFINITY}, {{-1e308, -1e308}, -INFINITY}, {{0}, 0}, {{2.2250738585072014e-308, -5e-324}, 2.225073858507201e-308},
		{{-1, -2, -0.5}, -3.5}, {{1, -1}, 0}, {{4294967296.0, -1}, 4294967295.0}, {{-4294967296.0, 1}, -4294967295.0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct tally t = {0};
		struct exact e = {0};
		for (int k = 0; k < 5; k++)
			exact_add(&t, &e, table[i].numbers[k]);
		double sum = exact_value(&e);
		if (memcmp(&sum, &table[i].sum, sizeof sum) != 0)
			fail_msg("row %zu: %a, not %a", i, sum, table[i].sum);
		exact_free(&t, &e);
		assert_int_equal(t.now, 0);
	}
}

/* Numbers of all sizes come and go; integers below 2^96 are summed beside it as integers. */
static void test_exact_random(void **state)
{
	uint64_t random = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct tally t = {0};
		struct exact e = {0};
		__int128 want = 0;
		for (int k = 0; k < 200; k++) {
			__int128 x = (__int128)(next_random(&random) >> 11) << next_random(&random) % 44;
			if (next_random(&random) & 1)
				x = -x;
			want += x;
			exact_add(&t, &e, (double)x);
			if (exact_value(&e) != (double)want)
				fail_msg("round %d, number %d: %a, not %a", round, k, exact_value(&e), (double)want);
		}
		exact_free(&t, &e);
	}
}

static void test_order(void **state)
{
	uint64_t random = 42424243u;
	struct tally t = {0};
	struct order o = {0};
	VEC(double) all = {0};

	(void)state;
	for (int step = 0; step < 6000; step++) {
		double x = (double)(next_random(&random) % 900);
		if (all.n && next_random(&random) % 100 < (step / 1500 % 2 ? 70u : 30u)) {
			size_t at = next_random(&random) % all.n;
			order_remove(&t, &o, all.at[at]);
			memmove(all.at + at, all.at + at + 1, (--all.n - at) * sizeof x);
		} else {
			size_t at = 0;
			order_add(&t, &o, x);
			vec_add(&all);
			while (at < all.n - 1 && all.at[at] <= x)
				at++;
			memmove(all.at + at + 1, all.at + at, (all.n - 1 - at) * sizeof x);
			all.at[at] = x;
		}
		assert_int_equal(o.n, all.n);
		for (size_t k = step % 7; k < all.n; k += 7)
			assert_true(order_at(&o, k) == all.at[k]);
	}
	order_free(&t, &o);
	vec_free(&all);
	assert_int_equal(t.now, 0);
}

static void test_percentile_far_apart(void **state)
{
	(void)state;
	assert_true(order_between(-1.7e308, 1.7e308, 0.5) == 0);
	assert_true(order_between(3, 3, 0.3) == 3);
	assert_true(order_between(1, 2, 0) == 1);
}

/* ---- both engines on random matches -------------------------------------------------------------------------------------------- */

static void test_fast_is_naive(void **state)
{
	uint64_t random = 1234567;
	uint8_t bytes[400];

	(void)state;
	for (int round = 0; round < 12000; round++) {
		struct buf why = {0};
		size_t n = 20 + next_random(&random) % (sizeof bytes - 20);
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(next_random(&random) >> 20);
		if (round % 2)			/* fewer keys, shorter steps */
			for (size_t i = 7; i + 3 < n; i += 3) {
				bytes[i] &= 0x6d;
				bytes[i + 1] &= 0x35;
			}
		if (!differ_run((struct differ_bytes){bytes, n}, &why))
			fail_msg("round %d: %.*s", round, STR_ARGS(buf_get(&why)));
		buf_free(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_parts), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bytes_per_key), cmocka_unit_test(test_bytes_bounded), cmocka_unit_test(test_dead_groups_go),
		cmocka_unit_test(test_counts), cmocka_unit_test(test_time_must_not_fall), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_names), cmocka_unit_test(test_exact), cmocka_unit_test(test_exact_random),
		cmocka_unit_test(test_order), cmocka_unit_test(test_percentile_far_apart), cmocka_unit_test(test_fast_is_naive),
	};
	return cmocka_run_group_tests_name("correlate", tests, NULL, NULL);
}
