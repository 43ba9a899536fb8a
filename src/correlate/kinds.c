#include "correlate/kinds.h"

#include "correlate/exact.h"
#include "correlate/order.h"
#include "correlate/values.h"

static void nothing_enters(struct correlate *c, struct group *g, const struct correlate_match *m,
			   const struct correlate_place *before, struct entry *e)
{
	(void)c, (void)g, (void)m, (void)before, (void)e;
}

static void nothing_leaves(struct correlate *c, struct group *g, const struct entry *e)
{
	(void)c, (void)g, (void)e;
}

/* A window that closes counts its matches in its episode; one that slides, in its ring. */
static double count_of(const struct correlate *c, const struct group *g)
{
	return c->closing ? (double)g->episode->count : (double)g->n;
}

/* ---- value_count ------------------------------------------------------------------------------------------------------ */

static void value_enters(struct correlate *c, struct group *g, const struct correlate_match *m,
			 const struct correlate_place *before, struct entry *e)
{
	(void)before;
	g->distinct += values_add(c->values, g->number, m->value, &e->value);
}

static void value_leaves(struct correlate *c, struct group *g, const struct entry *e)
{
	g->distinct -= values_remove(c->values, g->number, e->value);
}

static double distinct_of(const struct correlate *c, const struct group *g)
{
	(void)c;
	return g->distinct;
}

/* ---- value_sum, value_avg: exact, so that what leaves takes away just what it brought ------------------------------------ */

struct sum { struct exact exact; uint64_t n; };

static void number_summed(struct correlate *c, struct group *g, const struct correlate_match *m,
			  const struct correlate_place *before, struct entry *e)
{
	(void)before;
	if (!g->state)
		g->state = tally_zero(&c->tally, sizeof(struct sum));
	struct sum *s = g->state;
	exact_add(&c->tally, &s->exact, m->number);
	s->n++;
	e->number = m->number;
}

static void number_unsummed(struct correlate *c, struct group *g, const struct entry *e)
{
	struct sum *s = g->state;
	exact_add(&c->tally, &s->exact, -e->number);
	s->n--;
}

static double sum_of(const struct correlate *c, const struct group *g)
{
	(void)c;
	return exact_value(&((const struct sum *)g->state)->exact);
}

static double average_of(const struct correlate *c, const struct group *g)
{
	return sum_of(c, g) / (double)((const struct sum *)g->state)->n;
}

static void drop_sum(struct correlate *c, struct group *g)
{
	if (!g->state)
		return;
	exact_free(&c->tally, &((struct sum *)g->state)->exact);
	g->state = tally_resize(&c->tally, g->state, sizeof(struct sum), 0);
}

/* ---- value_percentile --------------------------------------------------------------------------------------------------- */

/* -0 would be equal to 0 and yet another number. */
static double plain_zero(double x)
{
	return x + 0.0;
}

static void number_ordered(struct correlate *c, struct group *g, const struct correlate_match *m,
			   const struct correlate_place *before, struct entry *e)
{
	(void)before;
	if (!g->state)
		g->state = tally_zero(&c->tally, sizeof(struct order));
	e->number = plain_zero(m->number);
	order_add(&c->tally, g->state, e->number);
}

static void number_unordered(struct correlate *c, struct group *g, const struct entry *e)
{
	order_remove(&c->tally, g->state, e->number);
}

static double percentile_of(const struct correlate *c, const struct group *g)
{
	return order_percentile(g->state, c->spec.percentile);
}

static void drop_order(struct correlate *c, struct group *g)
{
	if (!g->state)
		return;
	order_free(&c->tally, g->state);
	g->state = tally_resize(&c->tally, g->state, sizeof(struct order), 0);
}

/* ---- temporal ----------------------------------------------------------------------------------------------------------- */

struct temporal {
	uint64_t seen;
	int64_t last[];			/* by input, where seen */
};

static size_t temporal_size(const struct correlate *c)
{
	return sizeof(struct temporal) + c->spec.rule_count * sizeof(int64_t);
}

static void rule_seen(struct correlate *c, struct group *g, const struct correlate_match *m,
		      const struct correlate_place *before, struct entry *e)
{
	(void)before, (void)e;
	if (!g->state)
		g->state = tally_zero(&c->tally, temporal_size(c));
	struct temporal *t = g->state;
	t->seen |= UINT64_C(1) << m->input;
	t->last[m->input] = m->place.time;
}

static double rules_of(const struct correlate *c, const struct group *g)
{
	const struct temporal *t = g->state;
	unsigned n = 0;

	if (c->closing)
		return __builtin_popcountll(t->seen);
	for (uint64_t left = t->seen; left; left &= left - 1)
		n += within(t->last[__builtin_ctzll(left)], c->now, c->spec.timespan);
	return n;
}

static void drop_temporal(struct correlate *c, struct group *g)
{
	g->state = tally_resize(&c->tally, g->state, g->state ? temporal_size(c) : 0, 0);
}

/* ---- temporal_ordered --------------------------------------------------------------------------------------------------- */

/*
 * best[k]: the latest time at which a prefix of k + 1 rules can have begun. A match of rule k prolongs the prefix of k, as it
 * was before this event: one event takes one place.
 */
struct ordered {
	uint32_t length, length_before;	/* prefixes that have been seen at all */
	int64_t best[];			/* rule_count now, then rule_count before the event */
};

static size_t ordered_size(const struct correlate *c)
{
	return sizeof(struct ordered) + 2 * c->spec.rule_count * sizeof(int64_t);
}

static void rule_ordered(struct correlate *c, struct group *g, const struct correlate_match *m,
			 const struct correlate_place *before, struct entry *e)
{
	(void)e;
	if (!g->state)
		g->state = tally_zero(&c->tally, ordered_size(c));
	struct ordered *o = g->state;
	int64_t *then = o->best + c->spec.rule_count;
	if (!before || !same_event(before, &m->place)) {
		o->length_before = o->length;
		for (uint32_t k = 0; k < o->length; k++)
			then[k] = o->best[k];
	}
	uint32_t k = m->input;
	if (k > o->length_before)
		return;
	o->best[k] = k ? then[k - 1] : m->place.time;
	if (o->length <= k)
		o->length = k + 1;
}

/* A longer prefix began no later than a shorter one: the first that is still within the window is the longest. */
static double prefix_of(const struct correlate *c, const struct group *g)
{
	const struct ordered *o = g->state;
	uint32_t k = o->length;

	while (!c->closing && k && !within(o->best[k - 1], c->now, c->spec.timespan))
		k--;
	return k;
}

static void drop_ordered(struct correlate *c, struct group *g)
{
	g->state = tally_resize(&c->tally, g->state, g->state ? ordered_size(c) : 0, 0);
}

const struct kind kinds[CORRELATE_TYPES] = {
	[CORRELATE_EVENT_COUNT] = {"event_count", .once = true, .enter = nothing_enters, .leave = nothing_leaves,
		.value_of = count_of},
	[CORRELATE_VALUE_COUNT] = {"value_count", .value = true, .keeps = true, .enter = value_enters, .leave = value_leaves,
		.value_of = distinct_of},
	[CORRELATE_VALUE_SUM] = {"value_sum", .number = true, .once = true, .enter = number_summed, .leave = number_unsummed,
		.value_of = sum_of, .drop = drop_sum},
	[CORRELATE_VALUE_AVG] = {"value_avg", .number = true, .once = true, .enter = number_summed, .leave = number_unsummed,
		.value_of = average_of, .drop = drop_sum},
	[CORRELATE_VALUE_PERCENTILE] = {"value_percentile", .number = true, .once = true, .keeps = true, .enter = number_ordered,
		.leave = number_unordered, .value_of = percentile_of, .drop = drop_order},
	[CORRELATE_TEMPORAL] = {"temporal", .enter = rule_seen, .leave = nothing_leaves, .value_of = rules_of,
		.drop = drop_temporal},
	[CORRELATE_TEMPORAL_ORDERED] = {"temporal_ordered", .enter = rule_ordered, .leave = nothing_leaves,
		.value_of = prefix_of, .drop = drop_ordered},
};
