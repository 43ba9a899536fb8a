/*
 * Rules to variants: for each row of the mapping that fits the rule's log source, a copy of its tree with the row's names,
 * behind what the event must be.
 */
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "sigma/correlation_load.h"
#include "sigma/naive.h"

#define ROWS_OF_RULE_MAX 64u
#define VARIANTS_MAX 2000000u

struct binding {
	struct sigma_set *set;
	struct sigma_load load;			/* for making nodes */
	const struct sigma_row *rows[2];	/* the category's, the service's; NULL where there is none */
	bool strict;
};

/* ---- does the tree need to know its source? ---- */

static bool has_keyword(const struct sigma_node *n)
{
	if (n->kind == SIGMA_NODE_MATCH)
		return n->match->keyword;
	for (uint32_t i = 0; i < n->child_count; i++)
		if (has_keyword(n->children[i]))
			return true;
	return false;
}

/* What the tree says of an event without any field. */
static bool holds_on_nothing(const struct sigma_node *n)
{
	bool all = true, any = false;

	if (n->kind == SIGMA_NODE_MATCH)
		return n->match->test == SIGMA_TEST_NULL || (n->match->test == SIGMA_TEST_EXISTS && !n->match->wanted);
	for (uint32_t i = 0; i < n->child_count; i++) {
		bool one = holds_on_nothing(n->children[i]);

		all &= one;
		any |= one;
	}
	switch (n->kind) {
	case SIGMA_NODE_AND:
		return all;
	case SIGMA_NODE_OR:
		return any;
	case SIGMA_NODE_NOT:
		return !any;
	default:
		return n->kind == SIGMA_NODE_TRUE;
	}
}

/* ---- the mapped copy ---- */

static uint32_t key_of(const struct binding *b, struct str field)
{
	for (int r = 0; r < 2; r++) {
		const struct sigma_row *row = b->rows[r];

		for (uint32_t i = 0; row && i < row->field_count; i++)
			if (str_eq_nocase(row->fields[i].from, field))
				return row->fields[i].key;
	}
	return keys_add(b->set->keys, field);
}

static struct sigma_node *copy_tree(struct binding *b, const struct sigma_node *from)
{
	struct sigma_node *n = ARENA_NEW(b->set->arena, struct sigma_node);

	*n = *from;
	if (from->match) {
		n->match = ARENA_NEW(b->set->arena, struct sigma_match);
		*n->match = *from->match;
		if (!n->match->keyword)
			n->match->key = key_of(b, n->match->field);
		if (n->match->other.p)
			n->match->other_key = key_of(b, n->match->other);
	}
	n->children = ARENA_ARRAY(b->set->arena, struct sigma_node *, from->child_count + 1);
	for (uint32_t i = 0; i < from->child_count; i++)
		n->children[i] = copy_tree(b, from->children[i]);
	return n;
}

static struct sigma_node *source_node(struct binding *b, const struct sigma_source *s, bool strict)
{
	struct sigma_node *n = ARENA_NEW(b->set->arena, struct sigma_node);

	n->kind = SIGMA_NODE_SOURCE;
	n->source = ARENA_NEW(b->set->arena, struct sigma_source);
	*n->source = *s;
	n->source->strict = strict;
	return n;
}

/* A channel says more than product and provider do: with one, only it and the event id need be known. */
static bool source_is_strict(const struct binding *b, const struct sigma_row *row, const struct sigma_source *s)
{
	bool channel = false;

	for (uint32_t i = 0; i < row->source_count; i++)
		channel |= row->sources[i].dimension == SIGMA_DIM_CHANNEL;
	return b->strict && !(channel && (s->dimension == SIGMA_DIM_PRODUCT || s->dimension == SIGMA_DIM_PROVIDER));
}

static uint32_t *feed_keys(const struct binding *b, const struct sigma_rule *rule)
{
	uint32_t *keys = ARENA_ARRAY(b->set->arena, uint32_t, rule->feed_count + 1);

	for (uint32_t i = 0; i < rule->feed_count; i++)
		keys[i] = key_of(b, rule->feeds[i]);
	return keys;
}

static void add_variant(struct binding *b, uint32_t rule_index, struct str name, struct sigma_node *root)
{
	struct sigma_loader *l = b->set->loader;
	struct sigma_rule *rule = b->set->rules[rule_index];

	if (b->set->variant_count == l->variant_cap) {
		l->variant_cap = l->variant_cap ? l->variant_cap * 2 : 2048;
		b->set->variants = mem_resize(b->set->variants, l->variant_cap * sizeof *b->set->variants);
	}
	b->set->variants[b->set->variant_count++] =
		(struct sigma_variant){rule, rule_index, name, feed_keys(b, rule), root};
	rule->variant_count++;
}

/* The rule's tests, and those of its filters. */
static uint32_t copy_tests(struct binding *b, const struct sigma_rule *rule, struct sigma_node **out)
{
	uint32_t count = 0;

	out[count++] = copy_tree(b, rule->root);
	for (uint32_t i = 0; i < rule->filter_count; i++)
		out[count++] = copy_tree(b, rule->filters[i]);
	return count;
}

static void bind_rows(struct binding *b, uint32_t rule_index)
{
	const struct sigma_rule *rule = b->set->rules[rule_index];
	uint32_t count = 0, tests = 2 * (SIGMA_DIMS + 1) + 1 + rule->filter_count;
	struct str name = STR_NONE;

	for (int r = 0; r < 2; r++)
		tests += b->rows[r] ? b->rows[r]->test_count : 0;
	struct sigma_node **all = mem_alloc(tests * sizeof *all);

	for (int r = 0; r < 2; r++) {
		const struct sigma_row *row = b->rows[r];

		for (uint32_t i = 0; row && i < row->source_count; i++)
			all[count++] = source_node(b, &row->sources[i], source_is_strict(b, row, &row->sources[i]));
		for (uint32_t i = 0; row && i < row->test_count; i++)
			all[count++] = row->tests[i];
		if (row)
			name = name.p ? arena_printf(b->set->arena, "%.*s+%.*s", STR_ARGS(name), STR_ARGS(row->name)) : row->name;
	}
	count += copy_tests(b, rule, all + count);
	b->load.nodes = 0;
	add_variant(b, rule_index, name, sigma_node_join(&b->load, SIGMA_NODE_AND, all, count));
	vec_release(all);
}

/* ---- which rows ---- */

static bool fits(struct str row, struct str rule)
{
	return !row.p || !rule.p || str_eq(row, rule);
}

/* Rows for the rule's category, or for its service. A row without a product fits any. */
static uint32_t find_rows(const struct sigma_loader *l, const struct sigma_rule *rule, bool by_category,
			  const struct sigma_row **out)
{
	struct str wanted = by_category ? rule->category : rule->service;
	uint32_t count = 0;

	for (uint32_t i = 0; wanted.p && i < l->row_count && count < ROWS_OF_RULE_MAX; i++) {
		const struct sigma_row *row = &l->rows[i];
		struct str has = by_category ? row->category : row->service;

		if (has.p && str_eq(has, wanted) && fits(row->product, rule->product) &&
		    fits(by_category ? row->service : row->category, by_category ? rule->service : rule->category))
			out[count++] = row;
	}
	return count;
}

static struct sigma_source *own_source(struct binding *b, enum sigma_dimension dimension, struct str text)
{
	struct sigma_source *s = ARENA_NEW(b->set->arena, struct sigma_source);

	s->dimension = dimension;
	s->texts = ARENA_ARRAY(b->set->arena, struct str, 1);
	s->texts[0] = text;
	s->count = 1;
	return s;
}

static bool is_closed(const struct sigma_loader *l, struct str product)
{
	for (uint32_t i = 0; i < l->closed_count; i++)
		if (str_eq(l->closed[i], product))
			return true;
	return false;
}

/* A log source that the mapping does not list: product, category and service as the rule has them. */
static void bind_as_it_stands(struct binding *b, uint32_t rule_index)
{
	const struct sigma_rule *rule = b->set->rules[rule_index];
	struct { enum sigma_dimension dimension; struct str text; } own[] = {
		{SIGMA_DIM_PRODUCT, rule->product}, {SIGMA_DIM_CATEGORY, rule->category}, {SIGMA_DIM_SERVICE, rule->service}};
	bool closed = rule->product.p && is_closed(b->set->loader, rule->product);
	struct sigma_node **all = mem_alloc((4 + rule->filter_count) * sizeof *all);
	uint32_t count = 0;

	for (int i = 0; i < 3; i++)
		if (own[i].text.p)
			all[count++] = source_node(b, own_source(b, own[i].dimension, own[i].text), b->strict || (closed && i > 0));
	b->rows[0] = b->rows[1] = NULL;
	count += copy_tests(b, rule, all + count);
	b->load.nodes = 0;
	add_variant(b, rule_index, STR(""), sigma_node_join(&b->load, SIGMA_NODE_AND, all, count));
	vec_release(all);
}

static void bind_rule(struct binding *b, uint32_t rule_index)
{
	const struct sigma_rule *rule = b->set->rules[rule_index];
	const struct sigma_row *categories[ROWS_OF_RULE_MAX + 1] = {NULL}, *services[ROWS_OF_RULE_MAX + 1] = {NULL};
	uint32_t c = find_rows(b->set->loader, rule, true, categories), s = find_rows(b->set->loader, rule, false, services);

	b->strict = has_keyword(rule->root) || holds_on_nothing(rule->root);
	/* A category that the mapping does not know, beside a service that it knows, is not ignored: it stands as it is. */
	if ((rule->category.p && !c) || (rule->service.p && !s) || (!c && !s)) {
		bind_as_it_stands(b, rule_index);
		return;
	}
	for (uint32_t i = 0; i < (c ? c : 1); i++) {
		for (uint32_t k = 0; k < (s ? s : 1); k++) {
			b->rows[0] = categories[i];
			b->rows[1] = services[k];
			bind_rows(b, rule_index);
		}
	}
}

void sigma_set_bind(struct sigma_set *set, struct diags *diags)
{
	struct binding b = {.set = set, .load = {.set = set, .arena = set->arena, .diags = diags}};
	struct sigma_references *refs = sigma_references_new(set);
	uint32_t rules = set->rule_count;

	sigma_filters_apply(set, refs, diags);
	sigma_correlations_bind(set, refs, diags);
	sigma_references_free(refs);
	for (uint32_t i = 0; i < rules && set->variant_count < VARIANTS_MAX; i++) {
		set->rules[i]->first_variant = set->variant_count;
		bind_rule(&b, i);
	}
	set->derived_of_key = ARENA_ARRAY(set->arena, uint32_t, keys_count(set->keys) + 1);
	for (uint32_t i = 0; i < set->derived_count; i++)
		set->derived_of_key[set->derived[i].key] = i + 1;
}

bool sigma_variant_fits(const struct sigma_variant *v, const struct event *e)
{
	const struct sigma_node *root = v->root;

	if (root->kind == SIGMA_NODE_SOURCE)
		return sigma_source_match(root->source, e);
	for (uint32_t i = 0; i < root->child_count; i++)
		if (root->children[i]->kind == SIGMA_NODE_SOURCE && !sigma_source_match(root->children[i]->source, e))
			return false;
	return true;
}

bool sigma_set_feed(const void *user, uint32_t rule, uint32_t feed, const struct event *e, struct field *out)
{
	const struct sigma_set *set = user;
	const struct sigma_rule *r = set->rules[rule];

	for (uint32_t i = 0; i < r->variant_count; i++) {
		const struct sigma_variant *v = &set->variants[r->first_variant + i];
		uint32_t key = v->feed_keys[feed], derived = key == KEY_NONE ? 0 : set->derived_of_key[key];

		if (key != KEY_NONE && sigma_variant_fits(v, e) &&
		    sigma_feed_value(derived ? &set->derived[derived - 1] : NULL, key, e, out))
			return true;
	}
	return false;
}
