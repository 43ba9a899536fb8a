/*
 * Correlations once all rules are known: what they name, in which order they stand, and which fields they want of
 * which rule.
 */
#include <stdlib.h>
#include <string.h>

#include "sigma/correlation_load.h"
#include "sigma/pattern.h"

struct bind {
	struct sigma_set *set;
	const struct sigma_references *refs;
	struct sigma_load load;
	uint32_t rule_count;			/* detection rules */
	struct sigma_pending *pending;
};

static struct sigma_pending_correlation *target_correlation(const struct bind *b, uint32_t target)
{
	return target < b->rule_count ? NULL : b->pending->correlations.at[target - b->rule_count];
}

/* Reports go to the document's file and are counted anew for each document. */
static struct sigma_load *at_document(struct bind *b, const struct sigma_pending_correlation *p)
{
	b->load.file = p->rule->file;
	b->load.errors = b->load.unsupported = 0;
	return &b->load;
}

static void refuse(struct bind *b, struct sigma_pending_correlation *p)
{
	p->state = SIGMA_REFUSED;
	b->set->counts.refused++;
}

/* ---- what the rules mean ---- */

static void report_unknown(struct bind *b, const struct sigma_text *t)
{
	struct str folded = sigma_fold(b->set->arena, t->text);

	if (map_get(b->pending->refused, folded) != MAP_NONE)
		sigma_report_at(&b->load, DIAG_ERROR, "refused-reference", t, "'%.*s' was not loaded itself",
				STR_ARGS(str_head(t->text, 60)));
	else
		sigma_report_at(&b->load, DIAG_ERROR, "unknown-reference", t, "no rule has the id or name '%.*s'",
				STR_ARGS(str_head(t->text, 60)));
}

static void find_target(struct bind *b, struct sigma_pending_correlation *p, uint32_t i)
{
	const struct sigma_text *t = &p->rules.at[i];

	p->targets[i] = sigma_references_find(b->refs, t->text, p->rule->file);
	if (p->targets[i] == SIGMA_REFERENCE_NONE)
		report_unknown(b, t);
	else if (p->targets[i] == SIGMA_REFERENCE_SEVERAL)
		sigma_report_at(&b->load, DIAG_ERROR, "ambiguous-reference", t, "more than one rule has the name '%.*s'; use the id",
				STR_ARGS(str_head(t->text, 60)));
	for (uint32_t k = 0; k < i; k++)
		if (p->targets[i] == p->targets[k] && p->targets[i] < SIGMA_REFERENCE_SEVERAL)
			sigma_report_at(&b->load, DIAG_ERROR, "bad-rules", t, "'%.*s' and '%.*s' are the same rule",
					STR_ARGS(str_head(t->text, 60)), STR_ARGS(str_head(p->rules.at[k].text, 60)));
}

static void find_targets(struct bind *b, struct sigma_pending_correlation *p)
{
	at_document(b, p);
	p->targets = ARENA_ARRAY(b->set->arena, uint32_t, p->rules.count + 1);
	for (uint32_t i = 0; i < p->rules.count; i++)
		find_target(b, p, i);
	if (b->load.errors)
		refuse(b, p);
}

/* ---- order ---- */

enum readiness { READY, NOT_YET, NEVER };

static enum readiness readiness(const struct bind *b, const struct sigma_pending_correlation *p, uint32_t *out_target)
{
	enum readiness r = READY;

	for (uint32_t i = 0; i < p->rules.count; i++) {
		const struct sigma_pending_correlation *t = target_correlation(b, p->targets[i]);

		if (!t || t->state == SIGMA_RESOLVED)
			continue;
		*out_target = i;
		if (t->state == SIGMA_REFUSED)
			return NEVER;
		r = NOT_YET;
	}
	return r;
}

static bool make(struct bind *b, struct sigma_pending_correlation *p);

/* One level of the chain: those whose references all stand already. */
static bool resolve_level(struct bind *b, unsigned depth)
{
	bool any = false;

	for (size_t i = 0; i < b->pending->correlations.n; i++) {
		struct sigma_pending_correlation *p = b->pending->correlations.at[i];
		uint32_t target = 0;

		if (p->state == SIGMA_PENDING && readiness(b, p, &target) == READY) {
			p->state = SIGMA_RESOLVING;
			any = true;
		}
	}
	for (size_t i = 0; i < b->pending->correlations.n; i++) {
		struct sigma_pending_correlation *p = b->pending->correlations.at[i];

		if (p->state != SIGMA_RESOLVING)
			continue;
		p->depth = depth;
		if (make(b, p))
			p->state = SIGMA_RESOLVED;
		else
			refuse(b, p);
	}
	return any;
}

/* Those above a refused one are refused too; true where one was. */
static bool refuse_level(struct bind *b)
{
	bool any = false;

	for (size_t i = 0; i < b->pending->correlations.n; i++) {
		struct sigma_pending_correlation *p = b->pending->correlations.at[i];
		uint32_t target = 0;

		if (p->state != SIGMA_PENDING || readiness(b, p, &target) != NEVER)
			continue;
		at_document(b, p);
		sigma_report_at(&b->load, DIAG_ERROR, "refused-reference", &p->rules.at[target],
				"the correlation '%.*s' was not loaded itself", STR_ARGS(str_head(p->rules.at[target].text, 60)));
		refuse(b, p);
		any = true;
	}
	return any;
}

/* What is left names itself in the end, or stands too high. */
static void refuse_rest(struct bind *b, bool deep)
{
	for (size_t i = 0; i < b->pending->correlations.n; i++) {
		struct sigma_pending_correlation *p = b->pending->correlations.at[i];
		uint32_t target = 0;

		if (p->state != SIGMA_PENDING)
			continue;
		at_document(b, p);
		if (deep && readiness(b, p, &target) == READY) {
			sigma_report_at(&b->load, DIAG_ERROR, "chain-depth", &p->at, "more than %u correlations one above another",
					SIGMA_CHAIN_MAX);
			refuse(b, p);
		} else if (!deep) {
			readiness(b, p, &target);
			sigma_report_at(&b->load, DIAG_ERROR, "cycle", &p->rules.at[target],
					"through '%.*s' the correlation depends on itself", STR_ARGS(str_head(p->rules.at[target].text, 60)));
		}
	}
	for (size_t i = 0; i < b->pending->correlations.n; i++)
		if (!deep && b->pending->correlations.at[i]->state == SIGMA_PENDING)
			refuse(b, b->pending->correlations.at[i]);
}

/* ---- fields ---- */

static uint32_t add_feed(struct bind *b, struct sigma_rule *r, const struct sigma_text *at, struct str name)
{
	uint32_t n = r->feed_count;

	for (uint32_t i = 0; i < n; i++)
		if (str_eq_nocase(r->feeds[i], name))
			return i;
	if (n >= SIGMA_FEEDS_MAX) {
		sigma_report_at(&b->load, DIAG_ERROR, "too-large", at, "correlations want more than %u fields of one rule",
				SIGMA_FEEDS_MAX);
		return 0;
	}
	if ((n & (n - 1)) == 0) {	/* full at powers of two */
		struct str *more = ARENA_ARRAY(b->set->arena, struct str, n ? n * 2 : 1);

		if (n)
			memcpy(more, r->feeds, n * sizeof *more);
		r->feeds = more;
	}
	r->feeds[r->feed_count++] = name;
	return n;
}

static struct sigma_alias *find_alias(const struct sigma_pending_correlation *p, struct str name)
{
	for (uint32_t i = 0; i < p->alias_count; i++)
		if (str_eq_nocase(p->aliases[i].name.text, name))
			return &p->aliases[i];
	return NULL;
}

/* What the i-th rule calls a field of group-by or of the condition. */
static struct str field_of(struct bind *b, struct sigma_pending_correlation *p, uint32_t i, const struct sigma_text *name)
{
	struct sigma_alias *alias = find_alias(p, name->text);

	if (!alias)
		return name->text;
	alias->used = true;
	for (uint32_t k = 0; k < alias->count; k++) {
		struct sigma_alias_row *row = &alias->rows[k];

		if (!str_eq_nocase(row->rule.text, p->rules.at[i].text) &&
		    sigma_references_find(b->refs, row->rule.text, p->rule->file) != p->targets[i])
			continue;
		row->used = true;
		return row->field.text;
	}
	sigma_report_at(&b->load, DIAG_WARNING, "alias-missing", &alias->name, "the alias says nothing of '%.*s': its field '%.*s' is taken",
			STR_ARGS(str_head(p->rules.at[i].text, 60)), STR_ARGS(str_head(name->text, 60)));
	return name->text;
}

static uint32_t group_of(struct bind *b, const struct sigma_pending_correlation *inner, const struct sigma_text *at,
			 struct str name)
{
	for (uint32_t i = 0; i < inner->made->group_count; i++)
		if (str_eq_nocase(inner->made->groups[i], name))
			return i;
	sigma_report_at(&b->load, DIAG_ERROR, "not-grouped", at,
			"the correlation '%.*s' does not group by '%.*s', so its findings have no such field",
			STR_ARGS(str_head(inner->rule->title, 60)), STR_ARGS(str_head(name, 60)));
	return 0;
}

static const uint32_t *find_fields(struct bind *b, struct sigma_pending_correlation *p, uint32_t i,
				   const struct sigma_texts *names)
{
	const struct sigma_pending_correlation *inner = target_correlation(b, p->targets[i]);
	uint32_t *out = ARENA_ARRAY(b->set->arena, uint32_t, names->count + 1);

	for (uint32_t k = 0; k < names->count; k++) {
		struct str field = field_of(b, p, i, &names->at[k]);

		out[k] = inner ? group_of(b, inner, &names->at[k], field) :
			 add_feed(b, b->set->rules[p->targets[i]], &names->at[k], field);
	}
	return out;
}

static void check_aliases(struct bind *b, const struct sigma_pending_correlation *p)
{
	for (uint32_t i = 0; i < p->alias_count; i++) {
		const struct sigma_alias *a = &p->aliases[i];

		if (!a->used)
			sigma_report_at(&b->load, DIAG_WARNING, "unused-alias", &a->name, "neither group-by nor the condition uses '%.*s'",
					STR_ARGS(str_head(a->name.text, 60)));
		for (uint32_t k = 0; a->used && k < a->count; k++)
			if (!a->rows[k].used)
				sigma_report_at(&b->load, DIAG_ERROR, "alias-rule", &a->rows[k].rule,
						"'%.*s' is none of the correlation's rules", STR_ARGS(str_head(a->rows[k].rule.text, 60)));
	}
}

static const struct str *names_of(struct bind *b, const struct sigma_texts *t)
{
	struct str *names = ARENA_ARRAY(b->set->arena, struct str, t->count + 1);

	for (uint32_t i = 0; i < t->count; i++)
		names[i] = t->at[i].text;
	return names;
}

static bool make(struct bind *b, struct sigma_pending_correlation *p)
{
	struct sigma_correlation *c = p->made;
	struct sigma_input *inputs = ARENA_ARRAY(b->set->arena, struct sigma_input, p->rules.count + 1);

	at_document(b, p);
	for (uint32_t i = 0; i < p->rules.count; i++) {
		const struct sigma_pending_correlation *inner = target_correlation(b, p->targets[i]);

		inputs[i].rule = inner ? inner->number : p->targets[i];
		inputs[i].groups = find_fields(b, p, i, &p->groups);
		inputs[i].values = find_fields(b, p, i, &p->values);
	}
	check_aliases(b, p);
	if (b->load.errors)
		return false;
	c->inputs = inputs;
	c->groups = names_of(b, &p->groups);
	c->group_count = p->groups.count;
	c->values = names_of(b, &p->values);
	c->value_count = p->values.count;
	c->rule = p->number = b->set->rule_count;
	sigma_set_keep(b->set, p->rule);
	b->set->counts.correlations++;
	return true;
}

/* Whom a correlation names does not alert by itself, unless another one that names it wants that. */
static void silence(struct sigma_set *set, uint32_t first)
{
	for (int generate = 0; generate < 2; generate++)
		for (uint32_t i = first; i < set->rule_count; i++) {
			const struct sigma_correlation *c = set->rules[i]->correlation;

			for (uint32_t k = 0; c->generate == generate && k < c->spec.rule_count; k++)
				set->rules[c->inputs[k].rule]->silent = !generate;
		}
}

void sigma_correlations_bind(struct sigma_set *set, const struct sigma_references *refs, struct diags *diags)
{
	struct bind b = {.set = set, .refs = refs, .load = {.set = set, .arena = set->arena, .diags = diags},
			 .rule_count = set->rule_count, .pending = set->loader->pending};
	unsigned depth = 0;

	for (size_t i = 0; i < b.pending->correlations.n; i++)
		find_targets(&b, b.pending->correlations.at[i]);
	while (refuse_level(&b))
		;
	while (depth < SIGMA_CHAIN_MAX && resolve_level(&b, ++depth))
		while (refuse_level(&b))
			;
	refuse_rest(&b, true);
	while (refuse_level(&b))
		;
	refuse_rest(&b, false);
	silence(set, b.rule_count);
}
