#include "intel/scan.h"

#include <stdlib.h>
#include <string.h>

struct intel_matcher *intel_matcher_new(const struct intel *set)
{
	struct intel_matcher *m = mem_alloc(sizeof *m);

	m->set = set;
	m->clean = mem_alloc(CLEAN_SLOTS * sizeof *m->clean);
	return m;
}

void intel_matcher_free(struct intel_matcher *m)
{
	if (!m)
		return;
	buf_free(&m->text);
	vec_free(&m->hits);
	vec_free(&m->leaves);
	vec_free(&m->matches);
	free(m->clean);
	free(m);
}

const struct intel_matcher_stats *intel_matcher_stats(const struct intel_matcher *m)
{
	return &m->stats;
}

void hits_add(struct intel_matcher *m, uint32_t head, bool whole)
{
	struct intel_hit *last = m->hits.n ? &m->hits.at[m->hits.n - 1] : NULL;

	if (last && last->head == head && last->field == m->field) {
		last->whole |= whole;
		return;
	}
	if (m->hits.n == HITS_MAX) {
		m->stats.dropped++;
		return;
	}
	*vec_add(&m->hits) = (struct intel_hit){head, m->field, whole};
}

static int compare_hits(const void *x, const void *y)
{
	const struct intel_hit *a = x, *b = y;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return a->field < b->field ? -1 : a->field > b->field;
}

static int compare_matches(const void *x, const void *y)
{
	const struct intel_match *a = x, *b = y;

	return a->id < b->id ? -1 : a->id > b->id;
}

static bool is_valid(const struct intel_matcher *m, const struct intel_origin *o)
{
	int64_t t = m->event->time;

	if (m->set->judge_now || t == TICKS_NONE)
		return true;
	return (o->from == TICKS_NONE || o->from <= t) && (o->until == TICKS_NONE || t < o->until);
}

/* Of one key's entries: the valid one of the highest level, the first of these. NONE; *out_outside: some was not valid. */
static uint32_t choose(struct intel_matcher *m, uint32_t head, bool whole, bool *out_outside)
{
	const struct intel *set = m->set;
	uint32_t best = NONE;

	for (uint32_t i = head; i != NONE; i = set->entries.at[i].next) {
		const struct intel_entry *e = &set->entries.at[i];
		const struct intel_origin *o;

		if (e->flags & ENTRY_EXACT && !whole)
			continue;
		if (e->flags & ENTRY_LEAF) {
			*vec_add(&m->leaves) = i;
			continue;
		}
		o = &set->origins.at[e->origin];
		if (!is_valid(m, o)) {
			*out_outside = true;
			continue;
		}
		if (best == NONE || o->level > set->origins.at[set->entries.at[best].origin].level ||
		    (o->level == set->origins.at[set->entries.at[best].origin].level && i < best))
			best = i;
	}
	return best;
}

static struct intel_match *add_match(struct intel_matcher *m, uint32_t id)
{
	struct intel_match *match;

	if (m->matches.n == INTEL_MATCHES_MAX) {
		m->stats.dropped++;
		return NULL;
	}
	m->stats.untimed += !m->set->judge_now && m->event->time == TICKS_NONE;
	match = vec_add(&m->matches);
	match->id = id;
	return match;
}

static void add_field(struct intel_match *match, uint32_t field)
{
	uint32_t i = match->field_count;

	while (i && match->fields[i - 1] > field)
		i--;
	if (match->field_count == INTEL_FIELDS_MAX || (i && match->fields[i - 1] == field))
		return;
	memmove(match->fields + i + 1, match->fields + i, (match->field_count - i) * sizeof *match->fields);
	match->fields[i] = field;
	match->field_count++;
}

/* Hits [from, to) are of one head. */
static void settle_key(struct intel_matcher *m, size_t from, size_t to)
{
	bool whole = false, outside = false;
	struct intel_match *match;
	uint32_t id;

	for (size_t i = from; i < to; i++)
		whole |= m->hits.at[i].whole;
	id = choose(m, m->hits.at[from].head, whole, &outside);
	if (id == NONE) {
		m->stats.outside += outside;
		return;
	}
	match = add_match(m, id);
	for (size_t i = from; match && i < to; i++)
		add_field(match, m->hits.at[i].field);
}

static bool has_leaf(const struct intel_matcher *m, uint32_t leaf)
{
	for (size_t i = 0; i < m->leaves.n; i++) {
		if (m->leaves.at[i] == leaf)
			return true;
	}
	return false;
}

/* The fields in which a leaf was met: its key's head is among the hits. */
static void add_leaf_fields(struct intel_matcher *m, uint32_t leaf, struct intel_match *match)
{
	for (size_t i = 0; i < m->hits.n; i++) {
		for (uint32_t at = m->hits.at[i].head; at != NONE; at = m->set->entries.at[at].next) {
			if (at == leaf)
				add_field(match, m->hits.at[i].field);
		}
	}
}

static void settle_group(struct intel_matcher *m, uint32_t g)
{
	const struct intel_group *group = &m->set->groups.at[g];
	struct intel_match *match;

	for (uint32_t i = 0; i < group->count; i++) {
		if (!has_leaf(m, group->first + i))
			return;
	}
	if (!group->count)
		return;
	if (!is_valid(m, &m->set->origins.at[group->origin])) {
		m->stats.outside++;
		return;
	}
	match = add_match(m, g | ID_GROUP);
	for (uint32_t i = 0; match && i < group->count; i++)
		add_leaf_fields(m, group->first + i, match);
}

uint32_t hits_settle(struct intel_matcher *m, const struct event *e, const struct intel_match **out)
{
	size_t to;

	m->event = e;
	vec_clear(&m->matches);
	vec_clear(&m->leaves);
	if (m->hits.n > 1)
		qsort(m->hits.at, m->hits.n, sizeof *m->hits.at, compare_hits);
	for (size_t from = 0; from < m->hits.n; from = to) {
		for (to = from + 1; to < m->hits.n && m->hits.at[to].head == m->hits.at[from].head;)
			to++;
		settle_key(m, from, to);
	}
	for (size_t i = 0; i < m->leaves.n; i++) {
		uint32_t g = m->set->entries.at[m->leaves.at[i]].origin;

		if (m->set->groups.at[g].first == m->leaves.at[i])
			settle_group(m, g);
	}
	if (m->matches.n > 1)
		qsort(m->matches.at, m->matches.n, sizeof *m->matches.at, compare_matches);
	vec_clear(&m->hits);
	*out = m->matches.at;
	return (uint32_t)m->matches.n;
}
