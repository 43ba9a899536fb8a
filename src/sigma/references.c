/*
 * What the `rules` of correlations and filters mean: ids and names, compared without case.
 */
#include <stdlib.h>
#include <string.h>

#include "sigma/correlation_load.h"
#include "sigma/pattern.h"

#define CHAIN_MAX 1000u		/* targets of one id or name that are looked at */

struct sigma_references {
	const struct sigma_set *set;
	uint32_t rule_count;		/* when only detection rules stood there */
	struct arena *arena;
	struct map *first;		/* folded text to an entry */
	uint32_t *next, *last;		/* by entry: 2 * target for its id, + 1 for its name; last: of the first entry */
};

static const struct sigma_rule *target_rule(const struct sigma_references *r, uint32_t target)
{
	return target < r->rule_count ? r->set->rules[target] :
	       r->set->loader->pending->correlations.at[target - r->rule_count]->rule;
}

static void add_entry(struct sigma_references *r, struct str text, uint32_t entry)
{
	uint32_t first;

	r->next[entry] = MAP_NONE;
	if (!text.n)
		return;
	first = map_put(r->first, sigma_fold(r->arena, text), entry);
	if (first != entry)
		r->next[r->last[first]] = entry;
	r->last[first] = entry;
}

struct sigma_references *sigma_references_new(const struct sigma_set *set)
{
	struct sigma_references *r = mem_alloc(sizeof *r);
	uint32_t n = set->rule_count + (uint32_t)set->loader->pending->correlations.n;

	r->set = set;
	r->rule_count = set->rule_count;
	r->arena = arena_new(0);
	r->first = map_new(n * 2 + 1);
	r->next = mem_alloc((n * 2 + 1) * sizeof *r->next);
	r->last = mem_alloc((n * 2 + 1) * sizeof *r->last);
	for (uint32_t i = 0; i < n; i++) {
		add_entry(r, target_rule(r, i)->id, 2 * i);
		add_entry(r, target_rule(r, i)->name, 2 * i + 1);
	}
	return r;
}

void sigma_references_free(struct sigma_references *r)
{
	map_free(r->first);
	arena_free(r->arena);
	free(r->next);
	free(r->last);
	free(r);
}

uint32_t sigma_references_find(const struct sigma_references *r, struct str name, struct str file)
{
	struct arena *a = arena_new(256);
	uint32_t e = map_get(r->first, sigma_fold(a, name)), found = SIGMA_REFERENCE_NONE;
	unsigned best = 4, seen = 0;

	for (; e != MAP_NONE && seen < CHAIN_MAX; e = r->next[e], seen++) {
		unsigned rank = (str_eq(target_rule(r, e / 2)->file, file) ? 0 : 2) + e % 2;

		if (rank < best)
			found = e / 2;
		else if (rank == best && rank % 2 && found != e / 2)
			found = SIGMA_REFERENCE_SEVERAL;
		best = rank < best ? rank : best;
	}
	arena_free(a);
	return found;
}
