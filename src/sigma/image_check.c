#include "sigma/image.h"

#include <math.h>

#include "base/err.h"

/*
 * Every number in the image that the program follows without looking must lead somewhere: spans lie within their tables,
 * numbers name elements, jumps lead forward, hash tables have an empty slot at which a search ends.
 */
static bool in(struct span s, uint32_t count)
{
	return s.at <= count && s.n <= count - s.at;
}

static bool ref_ok(const struct sigma_program *p, struct ref r)
{
	return r.at == IMAGE_NONE ? r.n == 0 : in((struct span){r.at, r.n}, p->text_count);
}

static bool text_ok(const struct sigma_program *p, struct ref r)
{
	return r.at != IMAGE_NONE && ref_ok(p, r);
}

static bool key_ok(const struct sigma_program *p, uint32_t key)
{
	return key <= p->key_names_count;
}

/* A span of numbers, each below `limit`. */
static bool numbers_ok(const struct sigma_program *p, struct span s, uint32_t limit)
{
	if (!in(s, p->numbers_count))
		return false;
	for (uint32_t i = 0; i < s.n; i++)
		if (p->numbers[s.at + i] >= limit)
			return false;
	return true;
}

static bool table_ok(const struct sigma_program *p, struct span s)
{
	uint32_t empty = 0;
	if (s.n == 0)
		return true;
	if (!in(s, p->slots_count) || (s.n & (s.n - 1)) != 0)
		return false;
	for (uint32_t i = 0; i < s.n; i++)
		empty += p->slots[s.at + i].n == 0;
	return empty > 0;
}

static bool feeds_ok(const struct sigma_program *p, const struct image_rule *r)
{
	for (uint32_t i = 0; i < r->variants.n; i++) {
		struct span keys = p->variants[r->variants.at + i].feed_keys;
		if (keys.n != r->feeds.n || !numbers_ok(p, keys, p->key_names_count + 1))
			return false;
	}
	return true;
}

static bool rules_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->rules_count; i++) {
		const struct image_rule *r = &p->rules[i];
		if (!ref_ok(p, r->id) || !ref_ok(p, r->title) || !ref_ok(p, r->status) || !ref_ok(p, r->author) ||
		    !ref_ok(p, r->file) || !ref_ok(p, r->description) || r->level >= SIGMA_LEVELS ||
		    !in(r->tags, p->refs_count) ||
		    !in(r->fields, p->refs_count) || !in(r->variants, p->variants_count) ||
		    !in(r->feeds, p->refs_count) || !feeds_ok(p, r))
			return false;
	}
	for (uint32_t i = 0; i < p->variants_count; i++) {
		const struct image_variant *v = &p->variants[i];
		if (v->rule >= p->rules_count || !in(v->looked, p->looked_count) ||
		    !numbers_ok(p, v->sources, p->sources_count))
			return false;
	}
	for (uint32_t i = 0; i < p->looked_count; i++)
		if (!text_ok(p, p->looked[i].name) || !key_ok(p, p->looked[i].key))
			return false;
	return p->counts_count == 1;
}

static bool texts_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->refs_count; i++)
		if (!ref_ok(p, p->refs[i]))
			return false;
	for (uint32_t i = 0; i < p->key_names_count; i++)
		if (!text_ok(p, p->key_names[i]))
			return false;
	for (uint32_t i = 0; i < p->parts_count; i++)
		if (!ref_ok(p, p->parts[i].text) || p->parts[i].kind > SIGMA_PART_DASH ||
		    (p->parts[i].kind == SIGMA_PART_LITERAL && p->parts[i].text.at == IMAGE_NONE))
			return false;
	for (uint32_t i = 0; i < p->patterns_count; i++)
		if (!text_ok(p, p->patterns[i].text) || p->patterns[i].form >= PATTERN_FORMS ||
		    !in(p->patterns[i].parts, p->parts_count))
			return false;
	return true;
}

static bool derived_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->derived_count; i++) {
		const struct image_derived *d = &p->derived[i];
		if (!key_ok(p, d->key) || d->kind >= SIGMA_DERIVE_KINDS || !in(d->parts, p->derive_parts_count) ||
		    !in(d->pairs, p->derive_pairs_count))
			return false;
	}
	for (uint32_t i = 0; i < p->derive_parts_count; i++)
		if (!ref_ok(p, p->derive_parts[i].text) || !key_ok(p, p->derive_parts[i].key))
			return false;
	for (uint32_t i = 0; i < p->derive_pairs_count; i++)
		if (!text_ok(p, p->derive_pairs[i].from) || !text_ok(p, p->derive_pairs[i].to))
			return false;
	return true;
}

static bool sources_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->sources_count; i++) {
		const struct image_source *s = &p->sources[i];
		bool by_id = s->dimension == SIGMA_DIM_EVENT_ID;
		if (s->dimension >= SIGMA_DIMS || !in(s->texts, p->refs_count) || !in(s->ids, p->ids_count) ||
		    (by_id ? s->texts.n : s->ids.n) != 0)
			return false;
		for (uint32_t k = 0; k < s->texts.n; k++)
			if (!text_ok(p, p->refs[s->texts.at + k]))
				return false;
	}
	for (uint32_t i = 0; i < p->matches_count; i++) {
		const struct image_match *m = &p->matches[i];
		if (m->test > SIGMA_TEST_DATEPART || !key_ok(p, m->other_key) || m->compare > SIGMA_EQ ||
		    m->anchor > SIGMA_ENDS || m->part > SIGMA_YEAR || m->bits > 128)
			return false;
	}
	return true;
}

static uint32_t extra_limit(const struct sigma_program *p, uint32_t test)
{
	if (test == SIGMA_TEST_STRING)
		return UINT32_MAX;
	if (test == ATOM_SOURCE)
		return p->sources_count;
	return test == SIGMA_TEST_REGEX ? p->regex_dbs_count : p->matches_count;
}

static bool atoms_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->atoms_count; i++) {
		const struct image_atom *a = &p->atoms[i];
		if ((a->test > SIGMA_TEST_DATEPART && a->test != ATOM_SOURCE) || !key_ok(p, a->key) ||
		    a->extra >= extra_limit(p, a->test) || !numbers_ok(p, a->patterns, p->patterns_count) ||
		    !numbers_ok(p, a->loose, p->patterns_count) || !table_ok(p, a->table) ||
		    (a->set != IMAGE_NONE && (a->test != SIGMA_TEST_REGEX || a->set >= p->regex_sets_count)))
			return false;
		for (uint32_t k = 0; k < a->table.n; k++)
			if (p->slots[a->table.at + k].n && p->slots[a->table.at + k].at >= p->patterns_count)
				return false;
	}
	return true;
}

static bool ops_ok(const struct sigma_program *p, struct span ops)
{
	if (!in(ops, p->ops_count))
		return false;
	for (uint32_t i = 0; i < ops.n; i++) {
		const struct image_op *op = &p->ops[ops.at + i];
		bool yes = op->yes >= OP_NO || (op->yes > i && op->yes < ops.n);
		bool no = op->no >= OP_NO || (op->no > i && op->no < ops.n);
		if (!yes || !no || (op->atom & ~OP_EAGER) >= p->atoms_count)
			return false;
	}
	return true;
}

static bool hits_ok(const struct sigma_program *p, struct span hits, uint32_t programs)
{
	if (!numbers_ok(p, hits, p->hits_count))
		return false;
	for (uint32_t i = 0; i < hits.n; i++) {
		const struct image_hit *h = &p->hits[p->numbers[hits.at + i]];
		if (h->atom >= p->atoms_count || !key_ok(p, h->key) ||
		    (h->flags & HIT_EXACT && h->pattern >= p->patterns_count) ||
		    !numbers_ok(p, h->programs, programs))
			return false;
	}
	return true;
}

static bool group_ok(const struct sigma_program *p, const struct image_group *g)
{
	if (!numbers_ok(p, g->programs, p->programs_count) || !numbers_ok(p, g->always, g->programs.n) ||
	    (g->database != IMAGE_NONE && g->database >= p->literal_dbs_count) || !in(g->literals, p->spans_count) ||
	    !table_ok(p, g->table) || !in((struct span){g->keys, p->key_names_count + 1}, p->wants_count) ||
	    !numbers_ok(p, g->derived, p->derived_count) ||
	    (g->companion != IMAGE_NONE && g->companion >= p->groups_count))
		return false;
	for (uint32_t i = 0; i < g->literals.n; i++)
		if (!hits_ok(p, p->spans[g->literals.at + i], g->programs.n))
			return false;
	for (uint32_t i = 0; i < g->table.n; i++) {
		const struct image_slot *s = &p->slots[g->table.at + i];
		if (s->n && !hits_ok(p, (struct span){s->at, s->n}, g->programs.n))
			return false;
	}
	return true;
}

static bool programs_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->programs_count; i++)
		if (p->programs[i].rule >= p->rules_count || !ops_ok(p, p->programs[i].ops))
			return false;
	for (uint32_t i = 0; i < p->groups_count; i++)
		if (!group_ok(p, &p->groups[i]))
			return false;
	return true;
}

static bool regex_ok(const struct sigma_program *p, const struct image_blob *b)
{
	if (b->at > p->blob_count || b->n > p->blob_count - b->at || b->at % IMAGE_ALIGN)
		return false;
	return b->n == 0 || regex_is_sound(p->blob + b->at, b->n);
}

static bool blobs_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->literal_dbs_count; i++)
		if (p->literal_dbs[i].at > p->blob_count || p->literal_dbs[i].n > p->blob_count - p->literal_dbs[i].at)
			return false;
	for (uint32_t i = 0; i < p->regex_dbs_count; i++)
		if (!regex_ok(p, &p->regex_dbs[i]))
			return false;
	return true;
}

static bool sets_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->regex_sets_count; i++)
		if (!key_ok(p, p->regex_sets[i].key) || p->regex_sets[i].database >= p->regex_dbs_count ||
		    !numbers_ok(p, p->regex_sets[i].atoms, p->atoms_count))
			return false;
	return true;
}

static bool routes_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->values_count; i++)
		if (p->values[i].dimension >= SIGMA_DIMS || !text_ok(p, p->values[i].text))
			return false;
	for (uint32_t i = 0; i < p->row_ids_count; i++)
		if (p->row_ids[i].group >= p->groups_count)
			return false;
	for (uint32_t i = 0; i < p->rows_count; i++)
		if (!in(p->rows[i].ids, p->row_ids_count) || p->rows[i].open >= p->groups_count ||
		    p->rows[i].other >= p->groups_count || p->rows[i].absent >= p->groups_count)
			return false;
	for (uint32_t i = 0; i < p->classes_count; i++)
		if (!p->classes[i].rows.n || !numbers_ok(p, p->classes[i].rows, p->rows_count))
			return false;
	return p->classes_count > 0 && image_class_key(&p->classes[0]) == 0 && key_ok(p, p->header->event_id_key);
}

/* The correlation among the first `count` that is this rule; NULL: it is none. */
static const struct image_correlation *correlation_of(const struct sigma_program *p, uint32_t count, uint32_t rule)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (p->correlations[middle].rule == rule)
			return &p->correlations[middle];
		if (p->correlations[middle].rule < rule)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool inputs_ok(const struct sigma_program *p, uint32_t number)
{
	const struct image_correlation *c = &p->correlations[number];
	for (uint32_t i = 0; i < c->inputs.n; i++) {
		const struct image_input *n = &p->inputs[c->inputs.at + i];
		if (n->rule >= c->rule)
			return false;
		const struct image_correlation *inner = correlation_of(p, number, n->rule);
		uint32_t have = inner ? inner->groups.n : p->rules[n->rule].feeds.n;
		if (n->groups.n != c->groups.n || n->values.n != c->values.n ||
		    !numbers_ok(p, n->groups, have) || !numbers_ok(p, n->values, have))
			return false;
	}
	return true;
}

static bool spec_ok(const struct image_correlation *c)
{
	bool temporal = c->type == CORRELATE_TEMPORAL || c->type == CORRELATE_TEMPORAL_ORDERED;
	if (c->type >= CORRELATE_TYPES || c->timespan < 1 || c->timespan > SIGMA_TIMESPAN_MAX ||
	    c->condition_count > CORRELATE_CONDITIONS_MAX || (!c->condition_count && !temporal) ||
	    !(c->percentile >= 0 && c->percentile <= 100) || c->inputs.n < 1 || c->inputs.n > CORRELATE_RULES_MAX)
		return false;
	for (uint32_t i = 0; i < c->condition_count; i++)
		if (c->ops[i] >= CORRELATE_OPS || !isfinite(c->numbers[i]))
			return false;
	return true;
}

static bool correlations_ok(const struct sigma_program *p)
{
	for (uint32_t i = 0; i < p->correlations_count; i++) {
		const struct image_correlation *c = &p->correlations[i];
		if (!spec_ok(c) || c->rule >= p->rules_count || (i && c->rule <= p->correlations[i - 1].rule) ||
		    p->rules[c->rule].variants.n || !in(c->inputs, p->inputs_count) ||
		    !in(c->groups, p->refs_count) || c->groups.n > SIGMA_GROUPS_MAX ||
		    !in(c->values, p->refs_count) || c->values.n > SIGMA_VALUES_MAX || !inputs_ok(p, i))
			return false;
	}
	return true;
}

int image_check(const struct sigma_program *p)
{
	bool ok = rules_ok(p) && texts_ok(p) && derived_ok(p) && sources_ok(p) && atoms_ok(p) && programs_ok(p) &&
		  blobs_ok(p) && sets_ok(p) && routes_ok(p) && correlations_ok(p);
	return ok ? 0 : ERR_FORMAT;
}
