/*
 * The plain reading of the same semantics, the oracle of the other: every match is kept, every window is recounted from all of
 * them. It shares with the other what a spec says (spec_*) and the exact sum, which has tests of its own.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "correlate/exact.h"
#include "correlate/kinds.h"
#include "correlate/order.h"

struct fed {
	struct correlate_place place;
	uint32_t input;
	struct str value;
	double number;
};

struct lot {				/* a group */
	struct str key, shown;
	VEC(struct fed) fed;
	size_t window;			/* closing: its first match, where `open`. Else: the first that counts at all */
	bool open;			/* matches are in the window */
	bool fired;
	size_t begin;			/* the episode's first match */
	struct correlate_place at;
	double value;
};

struct correlate_naive {
	struct correlate_spec spec;
	struct correlate_calls calls;
	bool closing;
	int64_t now;
	struct arena *arena;
	VEC(struct lot *) lots;
};

struct correlate_naive *correlate_naive_new(const struct correlate_spec *spec, const struct correlate_calls *calls)
{
	struct correlate_naive *c = mem_alloc(sizeof *c);

	c->spec = *spec;
	spec_check(&c->spec);
	c->calls = *calls;
	c->closing = spec_judges_on_close(&c->spec);
	c->now = INT64_MIN;
	c->arena = arena_new(0);
	return c;
}

void correlate_naive_free(struct correlate_naive *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->lots.n; i++)
		vec_free(&c->lots.at[i]->fed);
	vec_free(&c->lots);
	arena_free(c->arena);
	vec_release(c);
}

/* ---- what is compared: of fed[from .. n) ------------------------------------------------------------------------------ */

static double distinct_values(const struct lot *l, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < l->fed.n; i++) {
		size_t j = from;
		while (j < i && !str_eq(l->fed.at[j].value, l->fed.at[i].value))
			j++;
		n += j == i;
	}
	return (double)n;
}

static double sum(const struct lot *l, size_t from)
{
	struct tally t = {0};
	struct exact e = {0};

	for (size_t i = from; i < l->fed.n; i++)
		exact_add(&t, &e, l->fed.at[i].number);
	double value = exact_value(&e);
	exact_free(&t, &e);
	return value;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double percentile(const struct lot *l, size_t from, double percent)
{
	VEC(double) all = {0};

	for (size_t i = from; i < l->fed.n; i++)
		*vec_add(&all) = l->fed.at[i].number + 0.0;
	qsort(all.at, all.n, sizeof *all.at, compare_numbers);
	struct order_rank r = order_rank(all.n, percent);
	double value = order_between(all.at[r.below], all.at[r.below + 1 < all.n ? r.below + 1 : r.below], r.part);
	vec_free(&all);
	return value;
}

static double distinct_rules(const struct lot *l, size_t from)
{
	bool seen[CORRELATE_RULES_MAX] = {0};
	unsigned n = 0;

	for (size_t i = from; i < l->fed.n; i++) {
		n += !seen[l->fed.at[i].input];
		seen[l->fed.at[i].input] = true;
	}
	return n;
}

/* The next rule of the list is looked for in each event, which may give it once. */
static double longest_prefix(const struct lot *l, size_t from)
{
	uint32_t prefix = 0;

	for (size_t i = from, end; i < l->fed.n; i = end) {
		bool found = false;
		for (end = i; end < l->fed.n && same_event(&l->fed.at[end].place, &l->fed.at[i].place); end++)
			found |= l->fed.at[end].input == prefix;
		prefix += found;
	}
	return prefix;
}

static double value_of(const struct correlate_naive *c, const struct lot *l, size_t from)
{
	switch (c->spec.type) {
	case CORRELATE_EVENT_COUNT: return (double)(l->fed.n - from);
	case CORRELATE_VALUE_COUNT: return distinct_values(l, from);
	case CORRELATE_VALUE_SUM: return sum(l, from);
	case CORRELATE_VALUE_AVG: return sum(l, from) / (double)(l->fed.n - from);
	case CORRELATE_VALUE_PERCENTILE: return percentile(l, from, c->spec.percentile);
	case CORRELATE_TEMPORAL: return distinct_rules(l, from);
	case CORRELATE_TEMPORAL_ORDERED: return longest_prefix(l, from);
	case CORRELATE_TYPES: break;
	}
	return 0;
}

/* ---- episodes ------------------------------------------------------------------------------------------------------------ */

static void tell(const struct correlate_naive *c, const struct lot *l, void (*call)(void *, const struct correlate_episode *))
{
	struct correlate_place parts[CORRELATE_PARTS_HEAD + CORRELATE_PARTS_TAIL];
	uint32_t n = 0;

	for (size_t i = l->begin; i < l->fed.n; i++)
		if (i - l->begin < CORRELATE_PARTS_HEAD || l->fed.n - i <= CORRELATE_PARTS_TAIL)
			parts[n++] = l->fed.at[i].place;
	struct correlate_episode e = {l->key, l->shown, l->at, parts[0].time, parts[n - 1].time, l->fed.n - l->begin, l->value,
				      parts, n};
	if (call)
		call(c->calls.user, &e);
}

static bool comes_first(const struct lot *a, const struct lot *b)
{
	if (a->at.time != b->at.time)
		return a->at.time < b->at.time;
	if (a->at.file != b->at.file)
		return a->at.file < b->at.file;
	if (a->at.record != b->at.record)
		return a->at.record < b->at.record;
	if (a->at.rule != b->at.rule)
		return a->at.rule < b->at.rule;
	return str_cmp(a->key, b->key) < 0;
}

/* Whether time has emptied or closed its window, and that ends an episode, which is then in l->fired. */
static bool is_over(const struct correlate_naive *c, struct lot *l, bool end)
{
	const struct fed *last = &l->fed.at[l->fed.n - 1];
	int64_t since = c->closing ? l->fed.at[l->window].place.time : last->place.time;

	if (!l->open || (!end && within(since, c->now, c->spec.timespan)))
		return false;
	l->open = false;
	if (c->closing) {
		l->begin = l->window;
		l->at = last->place;
		l->value = value_of(c, l, l->window);
		l->fired = spec_holds(&c->spec, l->value);
	}
	return l->fired;
}

static void close_windows(struct correlate_naive *c, bool end)
{
	VEC(struct lot *) over = {0};

	for (size_t i = 0; i < c->lots.n; i++)
		if (is_over(c, c->lots.at[i], end))
			*vec_add(&over) = c->lots.at[i];
	for (size_t left = over.n; left; left--) {
		size_t first = 0;
		for (size_t i = 1; i < left; i++)
			if (comes_first(over.at[i], over.at[first]))
				first = i;
		struct lot *l = over.at[first];
		if (c->closing)
			tell(c, l, c->calls.fired);
		tell(c, l, c->calls.ended);
		l->fired = false;
		over.at[first] = over.at[left - 1];
	}
	vec_free(&over);
}

static struct lot *lot_of(struct correlate_naive *c, struct str key)
{
	for (size_t i = 0; i < c->lots.n; i++)
		if (str_eq(c->lots.at[i]->key, key))
			return c->lots.at[i];
	struct lot *l = ARENA_NEW(c->arena, struct lot);
	l->key = arena_str(c->arena, key);
	*vec_add(&c->lots) = l;
	return l;
}

static void judge(struct correlate_naive *c, struct lot *l)
{
	size_t from = l->window;

	while (!within(l->fed.at[from].place.time, c->now, c->spec.timespan))
		from++;
	double value = value_of(c, l, from);
	bool holds = spec_holds(&c->spec, value);
	if (holds && !l->fired) {
		l->begin = from;
		l->at = l->fed.at[l->fed.n - 1].place;
		l->value = value;
		l->fired = true;
		tell(c, l, c->calls.fired);
	} else if (!holds && l->fired) {
		l->fed.n--;			/* the match that ends it is none of its own */
		tell(c, l, c->calls.ended);
		l->fed.n++;
		l->fired = false;
	}
}

void correlate_naive_add(struct correlate_naive *c, const struct correlate_match *m)
{
	const struct kind *k = &kinds[c->spec.type];

	assert(m->input < c->spec.rule_count);
	correlate_naive_advance(c, m->place.time);
	if ((k->number && !isfinite(m->number)) || (k->value && !m->value.p))
		return;
	struct lot *l = lot_of(c, m->key);
	if (k->once && l->fed.n && same_event(&l->fed.at[l->fed.n - 1].place, &m->place))
		return;
	if (!l->open) {
		l->open = true;
		l->window = l->fed.n;
		l->shown = arena_str(c->arena, m->shown);
	}
	*vec_add(&l->fed) = (struct fed){m->place, m->input, m->value.p ? arena_str(c->arena, m->value) : STR_NONE, m->number};
	if (!c->closing)
		judge(c, l);
}

void correlate_naive_advance(struct correlate_naive *c, int64_t time)
{
	assert(time >= c->now);
	c->now = time;
	close_windows(c, false);
}

void correlate_naive_end(struct correlate_naive *c)
{
	close_windows(c, true);
}
