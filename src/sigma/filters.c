/*
 * Filter documents: a condition that is joined to those of other rules. It is read against its own identifiers, so the
 * rule's `them` cannot see them, nor its own the rule's.
 */
#include <string.h>

#include "sigma/correlation_load.h"

#define FILTERS_MAX 10000u
#define MERGED_NODES_MAX 4000000u	/* of all filters on all rules */

static void read_rules(struct sigma_load *l, const struct yaml_node *map, struct sigma_pending_filter *f)
{
	const struct yaml_node *n = yaml_get(map, "rules");

	if (!n || n->kind == YAML_MAP || (n->kind == YAML_LIST && !n->count)) {
		sigma_report(l, DIAG_ERROR, "no-rules", n ? n : map, "the filter must list the ids or names of rules, or 'any'");
		return;
	}
	f->rules = sigma_texts_of(l, n, "bad-rules");
	f->any = f->rules.count == 1 && str_eq_nocase(f->rules.at[0].text, STR("any"));
}

static bool has_not(const struct sigma_node *n)
{
	bool found = n->kind == SIGMA_NODE_NOT;

	for (uint32_t i = 0; i < n->child_count && !found; i++)
		found = has_not(n->children[i]);
	return found;
}

/* Which way round a filter is meant the implementations do not agree on (docs/sigma.md). */
static struct sigma_node *turn(struct sigma_load *l, const struct yaml_node *map, struct sigma_node *tree)
{
	if (l->set->filters_exclude)
		return sigma_node_not(l, tree);
	if (!has_not(tree))
		sigma_report(l, DIAG_WARNING, "filter-without-not", yaml_get(map, "condition"),
			     "the condition has no 'not', so the rules will meet only what this filter describes; where it is "
			     "meant to leave that out, write 'not' or use --filters-exclude");
	return tree;
}

static void read_filter(struct sigma_load *l, const struct yaml_node *root, struct sigma_pending_filter *f)
{
	static const char *const skip[] = {"rules", NULL};
	const struct yaml_node *map = yaml_get(root, "filter");
	struct sigma_node *tree;

	if (map->kind != YAML_MAP) {
		sigma_report(l, DIAG_ERROR, "bad-filter", map, "'filter' must be a map");
		return;
	}
	f->at = (struct sigma_text){STR_NONE, map->line, map->column};
	read_rules(l, map, f);
	tree = sigma_document_conditions(l, map, skip);
	if (tree)
		f->tree = turn(l, map, tree);
	if (f->tree && f->tree->kind != SIGMA_NODE_MATCH)
		f->tree->label = arena_printf(l->arena, "filter '%.*s'", STR_ARGS(str_head(l->rule->title, 60)));
}

void sigma_filter_load(struct sigma_load *l, const struct yaml_node *root)
{
	struct sigma_pending *pending = l->set->loader->pending;
	struct sigma_pending_filter *f = ARENA_NEW(l->arena, struct sigma_pending_filter);

	l->rule = ARENA_NEW(l->arena, struct sigma_rule);
	l->rule->file = l->file;
	l->rule->line = root->line;
	sigma_document_texts(l, root);
	sigma_document_logsource(l, root);
	read_filter(l, root, f);
	f->title = l->rule->title;
	f->file = l->file;
	f->product = l->rule->product;
	f->category = l->rule->category;
	f->service = l->rule->service;
	if (pending->filters.n >= FILTERS_MAX)
		sigma_report(l, DIAG_ERROR, "too-many-rules", root, "more than %u filters", FILTERS_MAX);
	f->nodes = l->nodes;
	if (!l->errors && !l->unsupported && f->tree) {
		*vec_add(&pending->filters) = f;
		l->set->counts.filters++;
	}
}

/* ---- onto the rules ---- */

static bool within(struct str filter, struct str rule)
{
	return !filter.p || str_eq(filter, rule);
}

static bool is_within(const struct sigma_pending_filter *f, const struct sigma_rule *r)
{
	return within(f->product, r->product) && within(f->category, r->category) && within(f->service, r->service);
}

static void add_filter(struct sigma_load *l, struct sigma_rule *r, struct sigma_node *tree)
{
	uint32_t n = r->filter_count;

	if ((n & (n - 1)) == 0) {	/* full at powers of two */
		struct sigma_node **more = ARENA_ARRAY(l->arena, struct sigma_node *, n ? n * 2 : 1);

		if (n)
			memcpy(more, r->filters, n * sizeof *more);
		r->filters = more;
	}
	r->filters[r->filter_count++] = tree;
}

/* False once there is no room. */
static bool merge(struct sigma_load *l, const struct sigma_pending_filter *f, uint32_t rule)
{
	if (l->nodes + f->nodes > MERGED_NODES_MAX)
		return false;
	l->nodes += f->nodes;
	add_filter(l, l->set->rules[rule], f->tree);
	return true;
}

static uint32_t apply_any(struct sigma_load *l, const struct sigma_pending_filter *f, bool *out_full)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < l->set->rule_count && !*out_full; i++) {
		if (!is_within(f, l->set->rules[i]))
			continue;
		*out_full = !merge(l, f, i);
		count++;
	}
	return count;
}

static uint32_t apply_listed(struct sigma_load *l, const struct sigma_references *refs,
			     const struct sigma_pending_filter *f, bool *out_full)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < f->rules.count && !*out_full; i++) {
		const struct sigma_text *t = &f->rules.at[i];
		uint32_t target = sigma_references_find(refs, t->text, f->file);

		if (target == SIGMA_REFERENCE_NONE || target == SIGMA_REFERENCE_SEVERAL)
			sigma_report_at(l, DIAG_WARNING, "unknown-reference", t, "'%.*s' is the id or name of %s",
					STR_ARGS(str_head(t->text, 60)), target == SIGMA_REFERENCE_NONE ?
					"no rule that was loaded" : "more than one rule");
		else if (target >= l->set->rule_count)
			sigma_report_at(l, DIAG_WARNING, "filter-of-correlation", t, "a filter has no effect on a correlation");
		else if (!is_within(f, l->set->rules[target]))
			sigma_report_at(l, DIAG_WARNING, "filter-logsource", t,
					"the rule is for a log source outside the filter's, which has no effect on it");
		else
			*out_full = !merge(l, f, target);
		count += !*out_full;
	}
	return count;
}

void sigma_filters_apply(struct sigma_set *set, const struct sigma_references *refs, struct diags *diags)
{
	struct sigma_pending *pending = set->loader->pending;
	struct sigma_load l = {.set = set, .arena = set->arena, .diags = diags};
	bool full = false;

	for (size_t i = 0; i < pending->filters.n && !full; i++) {
		const struct sigma_pending_filter *f = pending->filters.at[i];
		uint32_t count;

		l.file = f->file;
		count = f->any ? apply_any(&l, f, &full) : apply_listed(&l, refs, f, &full);
		if (full)
			sigma_report_at(&l, DIAG_ERROR, "too-large", &f->at, "the filters on all rules have more than %u tests",
					MERGED_NODES_MAX);
		else if (!count)
			sigma_report_at(&l, DIAG_WARNING, "filter-unused", &f->at, "no rule is for a log source within the filter's");
	}
}
