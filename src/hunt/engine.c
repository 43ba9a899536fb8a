#include "hunt/engine.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

uint32_t engine_rule_count(const struct engine *g)
{
	return g->program ? sigma_program_rule_count(g->program) : g->set->rule_count;
}

struct sigma_rule_info engine_rule(const struct engine *g, uint32_t rule)
{
	const struct sigma_rule *r;

	if (g->program)
		return *sigma_program_rule(g->program, rule);
	r = g->set->rules[rule];
	return (struct sigma_rule_info){
		.id = r->id, .title = r->title, .status = r->status, .author = r->author, .file = r->file,
		.description = sigma_description_shown(r->description),
		.level = r->level, .tags = r->tags, .tag_count = r->tag_count,
		.fields = r->fields, .field_count = r->field_count,
		.feeds = r->feeds, .feed_count = r->feed_count, .correlation = r->correlation, .silent = r->silent,
	};
}

const struct keys *engine_keys(const struct engine *g)
{
	return g->program ? sigma_program_keys(g->program) : g->set->keys;
}

const struct sigma_counts *engine_counts(const struct engine *g)
{
	return g->program ? sigma_program_counts(g->program) : &g->set->counts;
}

struct engine_matcher {
	const struct engine *engine;
	struct sigma_matcher *matcher;
	struct sigma_naive *naive;
	uint8_t *keep;			/* of the naive evaluator, or NULL */
	VEC(uint32_t) kept;
};

struct engine_matcher *engine_matcher_new(const struct engine *g, const uint8_t *keep)
{
	struct engine_matcher *m = mem_alloc(sizeof *m);

	m->engine = g;
	if (g->program) {
		m->matcher = sigma_matcher_new(g->program);
		sigma_matcher_filter(m->matcher, keep);
		return m;
	}
	m->naive = sigma_naive_new(g->set);
	if (keep) {
		m->keep = mem_alloc(g->set->rule_count + 1);
		memcpy(m->keep, keep, g->set->rule_count);
	}
	return m;
}

void engine_matcher_free(struct engine_matcher *m)
{
	if (!m)
		return;
	if (m->matcher)
		sigma_matcher_free(m->matcher);
	if (m->naive)
		sigma_naive_free(m->naive);
	free(m->keep);
	vec_free(&m->kept);
	free(m);
}

uint32_t engine_run(struct engine_matcher *m, const struct event *e, const uint32_t **out_rules)
{
	const uint32_t *rules;
	uint32_t n;

	if (m->matcher)
		return sigma_matcher_run(m->matcher, e, out_rules);
	n = sigma_naive_run(m->naive, e, &rules);
	*out_rules = rules;
	if (!m->keep)
		return n;
	vec_clear(&m->kept);
	for (uint32_t i = 0; i < n; i++) {
		if (m->keep[rules[i]])
			*vec_add(&m->kept) = rules[i];
	}
	*out_rules = m->kept.at;
	return (uint32_t)m->kept.n;
}

struct sigma_feed_source engine_feed_source(const struct engine_matcher *m)
{
	if (m->matcher)
		return (struct sigma_feed_source){m->engine->program, sigma_program_feed};
	return (struct sigma_feed_source){m->engine->set, sigma_set_feed};
}

/* --- what a rule looked at, by way of its tree --- */

struct looked {
	const struct sigma_set *set;
	const struct event *e;
	struct report_field *out;
	uint32_t n, max;
};

static bool is_known(const struct looked *l, struct str name)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (str_eq_nocase(l->out[i].name, name))
			return true;
	}
	return false;
}

static const struct sigma_derived *find_derived(const struct sigma_set *set, uint32_t key)
{
	for (uint32_t i = 0; i < set->derived_count; i++) {
		if (set->derived[i].key == key)
			return &set->derived[i];
	}
	return NULL;
}

static void add_looked(struct looked *l, struct str name, struct field field)
{
	if (l->n < l->max)
		l->out[l->n++] = (struct report_field){name, field};
}

static void look_at(struct looked *l, struct str name, uint32_t key)
{
	const struct sigma_derived *d = find_derived(l->set, key);
	struct field values[SIGMA_DERIVED_VALUES_MAX];
	const struct field *f;
	uint32_t at = 0, n;

	if (key == KEY_NONE || is_known(l, name))
		return;
	if (!d) {
		while ((f = event_next(l->e, key, &at)))
			add_looked(l, name, *f);
		return;
	}
	n = sigma_derive(d, l->e, l->e->arena, values, SIGMA_DERIVED_VALUES_MAX);
	for (uint32_t i = 0; i < n; i++)
		add_looked(l, name, values[i]);
}

/* Trees are bounded and shallow: the loader sees to it. */
static void walk(struct looked *l, const struct sigma_node *node)
{
	if (node->kind == SIGMA_NODE_MATCH && !node->match->keyword) {
		look_at(l, node->match->field, node->match->key);
		if (node->match->test == SIGMA_TEST_FIELDREF)
			look_at(l, node->match->other, node->match->other_key);
	}
	for (uint32_t i = 0; i < node->child_count; i++)
		walk(l, node->children[i]);
}

static uint32_t looked_naive(uint32_t rule, struct looked *l)
{
	const struct sigma_set *set = l->set;

	for (uint32_t i = 0; i < set->variant_count; i++) {
		if (set->variants[i].rule_index == rule && sigma_variant_fits(&set->variants[i], l->e))
			walk(l, set->variants[i].root);
	}
	return l->n;
}

uint32_t engine_looked(struct engine_matcher *m, uint32_t rule, const struct event *e, struct report_field *out,
		       uint32_t max)
{
	struct looked l = {m->engine->set, e, out, 0, max};
	struct sigma_looked found[ENGINE_LOOKED_MAX];
	uint32_t n;

	if (m->naive)
		return looked_naive(rule, &l);
	n = sigma_program_looked(m->engine->program, rule, e, found, max < ENGINE_LOOKED_MAX ? max : ENGINE_LOOKED_MAX);
	for (uint32_t i = 0; i < n; i++)
		out[i] = (struct report_field){found[i].name, found[i].field};
	return n;
}
