/*
 * Contract of the loader: every document is accounted for, each one refused has a problem with a place, what loads is a
 * well-formed tree and can be evaluated. An input that begins with "closed" or "sources" is read as a mapping, too.
 */
#include <assert.h>
#include <string.h>

#include "sigma/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char mapping[] =
	"sources:\n"
	"  - {name: a, for: {category: process_creation}, is: {event_id: 1}}\n"
	"  - name: b\n"
	"    for: {category: process_creation}\n"
	"    rename: {Image: Other}\n"
	"    derive: {User: {join: '{Image}-{X}'}, F: {any: [A, B]}, P: {decimal: '{P}'}, T: {table: {a: b}, of: '{T}'}, U: {urls: ['{A}', '{A}?{B}']}, E: {extension: '{A}'}}\n"
	"    absent: [G]\n";

static const char placeholders[] = "one: x\nmany: [a, 'b*', '%one%']\n";

static void check_match(const struct sigma_set *set, const struct sigma_match *m, bool bound)
{
	assert(m->line >= 1 && m->column >= 1);
	assert(m->keyword == !m->field.n);
	assert(!m->keyword || m->test == SIGMA_TEST_STRING || m->test == SIGMA_TEST_REGEX);
	assert(!bound || m->key <= keys_count(set->keys));
	assert(m->part_count <= SIGMA_PARTS_MAX);
	for (uint32_t i = 1; i < m->part_count; i++)
		assert(m->parts[i].kind != m->parts[i - 1].kind || m->parts[i].kind >= SIGMA_PART_ONE);
	assert(m->test != SIGMA_TEST_REGEX || m->pattern.p[m->pattern.n] == '\0');
	assert(m->test != SIGMA_TEST_FIELDREF || m->other.n);
}

static void check_tree(const struct sigma_set *set, const struct sigma_node *n, bool bound)
{
	assert((n->kind == SIGMA_NODE_MATCH) == (n->match != NULL));
	assert((n->kind == SIGMA_NODE_SOURCE) == (n->source != NULL));
	assert(bound || n->kind != SIGMA_NODE_SOURCE);
	if (n->kind == SIGMA_NODE_AND || n->kind == SIGMA_NODE_OR)
		assert(n->child_count >= 2);
	else
		assert(n->child_count == (n->kind == SIGMA_NODE_NOT));
	if (n->match)
		check_match(set, n->match, bound);
	for (uint32_t i = 0; i < n->child_count; i++)
		check_tree(set, n->children[i], bound);
}

/* What a correlation names stands before it, and its fields are among those that are wanted there. */
static void check_correlation(const struct sigma_set *set, const struct sigma_correlation *c)
{
	assert(c->spec.type < CORRELATE_TYPES && c->spec.timespan >= TICKS_PER_SECOND);
	assert(c->spec.rule_count >= 1 && c->spec.rule_count <= CORRELATE_RULES_MAX);
	assert(c->spec.condition_count <= CORRELATE_CONDITIONS_MAX);
	assert(c->spec.percentile >= 0 && c->spec.percentile <= 100);
	for (uint32_t i = 0; i < c->spec.rule_count; i++) {
		const struct sigma_rule *r = set->rules[c->inputs[i].rule];
		uint32_t have = r->correlation ? r->correlation->group_count : r->feed_count;

		assert(c->inputs[i].rule < c->rule);
		assert(!c->generate || !r->silent);
		for (uint32_t k = 0; k < c->group_count; k++)
			assert(c->inputs[i].groups[k] < have);
		for (uint32_t k = 0; k < c->value_count; k++)
			assert(c->inputs[i].values[k] < have);
	}
}

static void check_rule(const struct sigma_set *set, uint32_t number)
{
	const struct sigma_rule *r = set->rules[number];

	assert((r->root != NULL) != (r->correlation != NULL));
	assert((number >= set->counts.loaded) == (r->correlation != NULL));
	for (uint32_t i = 0; i < r->filter_count; i++)
		check_tree(set, r->filters[i], false);
	if (r->root) {
		check_tree(set, r->root, false);
		assert(r->variant_count >= 1 && set->variants[r->first_variant].rule_index == number);
	} else {
		assert(r->correlation->rule == number);
		check_correlation(set, r->correlation);
	}
}

static void feed_event(const struct sigma_set *set, const struct event *e)
{
	struct sigma_feed_source source = {set, sigma_set_feed};
	struct sigma_feed feed = {0};

	for (uint32_t i = set->counts.loaded; i < set->rule_count; i++) {
		const struct sigma_correlation *c = set->rules[i]->correlation;

		for (uint32_t k = 0; k < c->spec.rule_count; k++) {
			struct str shown, value;
			uint32_t count = 0;

			if (set->rules[c->inputs[k].rule]->correlation || !sigma_feed_make(c, k, e, &source, &feed))
				continue;
			for (shown = buf_get(&feed.shown); sigma_shown_next(&shown, &value);)
				count++;
			assert(count == c->group_count && !shown.n);
		}
	}
	sigma_feed_free(&feed);
}

static void run_event(const struct sigma_set *set, struct sigma_naive *naive, struct str value, unsigned kind)
{
	struct arena *a = arena_new(0);
	struct names *names = names_new(set->keys);
	const uint32_t *rules;
	uint32_t count;
	struct event e;

	event_init(&e, names, a);
	for (uint32_t k = 1; k <= keys_count(set->keys) && k < 64; k++)
		event_add_named(&e, FIELD_DATA, keys_text(set->keys, k), kind == 1 ? VALUE_NULL : VALUE_TEXT, value);
	if (kind == 2)
		e.raw = value;
	count = sigma_naive_run(naive, &e, &rules);
	assert(count <= set->rule_count);
	for (uint32_t i = 1; i < count; i++)
		assert(rules[i] > rules[i - 1]);
	feed_event(set, &e);
	names_free(names);
	arena_free(a);
}

static void check_set(struct sigma_set *set, struct str value)
{
	const struct sigma_counts *c = &set->counts;
	struct sigma_naive *naive;

	assert(c->loaded + c->correlations == set->rule_count && set->variant_count >= c->loaded);
	assert(c->documents == c->loaded + c->refused + c->unsupported + c->correlations + c->filters);
	assert(c->placeholders <= c->unsupported);
	for (uint32_t i = 0; i < set->rule_count; i++)
		check_rule(set, i);
	for (uint32_t i = 0; i < set->variant_count; i++)
		check_tree(set, set->variants[i].root, true);
	naive = sigma_naive_new(set);
	for (unsigned kind = 0; kind < 3; kind++)
		run_event(set, naive, value, kind);
	sigma_naive_free(naive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n(data, size < 65536 ? size : 65536);
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	bool own = str_starts(text, STR("closed")) || str_starts(text, STR("sources"));
	int err = sigma_set_mapping(set, STR("m"), own ? text : str_c(mapping), diags);

	assert(own ? (err == 0) == !diags_count(diags, DIAG_ERROR) : err == 0);
	diags_free(diags);
	diags = diags_new();
	err |= sigma_set_placeholders(set, STR("p"), str_c(placeholders), diags);
	sigma_set_add(set, STR("f"), text, diags);
	sigma_set_bind(set, diags);
	assert(diags_count(diags, DIAG_ERROR) >= set->counts.refused);
	assert(diags_count(diags, DIAG_UNSUPPORTED) >= set->counts.unsupported);
	for (size_t i = 0; i < diags_kept(diags); i++)
		assert(diags_at(diags, i)->line || strcmp(diags_at(diags, i)->code, "too-large") == 0);
	if (err == 0)
		check_set(set, str_head(text, 64));
	diags_free(diags);
	sigma_set_free(set);
	return 0;
}
