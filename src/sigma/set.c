#include "sigma/set.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "sigma/correlation_load.h"
#include "sigma/pattern.h"

struct sigma_set *sigma_set_new(void)
{
	struct sigma_set *set = mem_alloc(sizeof *set);

	set->arena = arena_new(1u << 20);
	set->keys = keys_new();
	set->loader = mem_alloc(sizeof *set->loader);
	set->loader->ids = map_new(4096);
	set->loader->placeholder_names = map_new(16);
	set->loader->pending = mem_alloc(sizeof *set->loader->pending);
	set->loader->pending->refused = map_new(16);
	set->loader->scratch = arena_new(0);
	return set;
}

void sigma_set_free(struct sigma_set *set)
{
	if (!set)
		return;
	struct sigma_pending *pending = set->loader->pending;

	vec_free(&pending->correlations);
	vec_free(&pending->filters);
	map_free(pending->refused);
	vec_release(pending);
	map_free(set->loader->placeholder_names);
	vec_release(set->loader->placeholders);
	map_free(set->loader->ids);
	arena_free(set->loader->scratch);
	vec_release(set->loader);
	vec_release(set->rules);
	vec_release(set->variants);
	keys_free(set->keys);
	arena_free(set->arena);
	vec_release(set);
}

void sigma_set_keep(struct sigma_set *set, struct sigma_rule *rule)
{
	if (set->rule_count == set->loader->rule_cap) {
		set->loader->rule_cap = set->loader->rule_cap ? set->loader->rule_cap * 2 : 1024;
		set->rules = mem_resize(set->rules, set->loader->rule_cap * sizeof *set->rules);
	}
	set->rules[set->rule_count++] = rule;
}

/* Whoever names it is told that it is there, but was refused. */
static void note_refused(struct sigma_load *l)
{
	struct map *refused = l->set->loader->pending->refused;

	if (!l->rule || (!l->errors && !l->unsupported))
		return;
	if (l->rule->id.n)
		map_put(refused, sigma_fold(l->arena, l->rule->id), 0);
	if (l->rule->name.n)
		map_put(refused, sigma_fold(l->arena, l->rule->name), 0);
}

static void check_id(struct sigma_load *l, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "id");
	uint32_t mine = l->set->rule_count, first;

	if (!l->rule->id.p)
		return;
	first = map_put(l->set->loader->ids, l->rule->id, mine);
	if (first != mine && first < l->set->rule_count)
		sigma_report(l, DIAG_WARNING, "duplicate-id", n, "the id is also that of %.*s:%u",
			     STR_ARGS(l->set->rules[first]->file), l->set->rules[first]->line);
}

static void load_rule(struct sigma_load *l, const struct yaml_node *root)
{
	if (l->set->rule_count >= SIGMA_RULES_MAX)
		sigma_report(l, DIAG_ERROR, "too-many-rules", root, "more than %u rules", SIGMA_RULES_MAX);
	else if (sigma_document_load(l, root)) {
		check_id(l, root);
		sigma_set_keep(l->set, l->rule);
		l->set->counts.loaded++;
	}
}

/* What kind of document it is shows in its keys (specification, 3.1). */
static void load_document(struct sigma_load *l, const struct yaml_node *root)
{
	struct sigma_counts *c = &l->set->counts;

	c->documents++;
	if (root->kind != YAML_MAP)
		sigma_report(l, DIAG_ERROR, "not-a-rule", root, "a rule is a map");
	else if (yaml_get(root, "action"))
		sigma_report(l, DIAG_UNSUPPORTED, "v1-action", yaml_get(root, "action"),
			     "version 1 rule collections ('action') are not read");
	else if (yaml_get(root, "correlation"))
		sigma_correlation_load(l, root);
	else if (yaml_get(root, "filter"))
		sigma_filter_load(l, root);
	else if (yaml_get(root, "detection") || yaml_get(root, "logsource"))
		load_rule(l, root);
	else
		sigma_report(l, DIAG_ERROR, "not-a-rule", root, "neither 'detection' nor 'correlation' nor 'filter'");
	note_refused(l);
	c->refused += l->errors > 0;
	c->unsupported += !l->errors && l->unsupported;
	c->placeholders += !l->errors && l->placeholders;
}

void sigma_set_add(struct sigma_set *set, struct str file, struct str text, struct diags *diags)
{
	struct sigma_load base = {.set = set, .arena = set->arena, .scratch = set->loader->scratch, .diags = diags,
				  .file = arena_str(set->arena, file)};
	struct yaml_documents docs;

	set->counts.files++;
	if (text.n > SIGMA_FILE_MAX) {
		sigma_report(&base, DIAG_ERROR, "too-large", NULL, "a rule file may have %u bytes", SIGMA_FILE_MAX);
		set->counts.refused++;
		return;
	}
	arena_reset(set->loader->scratch);
	yaml_load(base.file, text, set->loader->scratch, diags, &docs);
	set->counts.documents += docs.bad;
	set->counts.refused += docs.bad;
	for (uint32_t i = 0; i < docs.count; i++) {
		struct sigma_load l = base;

		load_document(&l, docs.at[i]);
	}
}
