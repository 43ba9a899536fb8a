#include "sigma/naive.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "event/value.h"
#include "sigma/pattern.h"
#include "sigma/regex.h"

struct sigma_naive {
	const struct sigma_set *set;
	struct arena *arena;		/* of one event */
	struct arena *names;		/* keys of regex_index */
	const struct sigma_derived **derived;	/* by key; NULL where the key is a plain one */
	struct map *regex_index;	/* flags and expression to a place in `regexes` */
	VEC(const struct regex *) regexes;
	struct regex_cache *regex_cache;
	uint32_t *rules;
};

struct sigma_naive *sigma_naive_new(const struct sigma_set *set)
{
	struct sigma_naive *n = mem_alloc(sizeof *n);

	n->set = set;
	n->arena = arena_new(0);
	n->names = arena_new(0);
	n->regex_index = map_new(64);
	n->regex_cache = regex_cache_new();
	n->derived = mem_alloc((keys_count(set->keys) + 1) * sizeof *n->derived);
	for (uint32_t i = 0; i < set->derived_count; i++)
		n->derived[set->derived[i].key] = &set->derived[i];
	n->rules = mem_alloc((set->rule_count + 1) * sizeof *n->rules);
	return n;
}

void sigma_naive_free(struct sigma_naive *n)
{
	if (!n)
		return;
	vec_free(&n->regexes);
	regex_cache_free(n->regex_cache);
	map_free(n->regex_index);
	vec_release(n->derived);
	vec_release(n->rules);
	arena_free(n->names);
	arena_free(n->arena);
	vec_release(n);
}

/* ---- the values that a test looks at ---- */

struct walk {
	const struct event *e;
	uint32_t key, at;
	struct field *made;		/* a derived field's values; NULL for a plain key */
	uint32_t made_count;
};

static struct walk walk_key(struct sigma_naive *n, const struct event *e, uint32_t key)
{
	const struct sigma_derived *d = n->derived[key];
	struct walk w = {.e = e, .key = key};

	if (d) {
		w.made = ARENA_ARRAY(n->arena, struct field, SIGMA_DERIVED_VALUES_MAX);
		w.made_count = sigma_derive(d, e, n->arena, w.made, SIGMA_DERIVED_VALUES_MAX);
	}
	return w;
}

static const struct field *walk_next(struct walk *w)
{
	if (!w->made)
		return event_next(w->e, w->key, &w->at);
	return w->at < w->made_count ? &w->made[w->at++] : NULL;
}

static struct str text_of(struct sigma_naive *n, const struct field *f, bool cased)
{
	struct str s = value_text(f, n->arena);

	return cased ? s : sigma_fold(n->arena, s);
}

/* ---- regexes ---- */

/* Blocks are kept for good: the cache knows them by address. NULL: not a regex of ours; the loader refused it. */
static const struct regex *regex_of(struct sigma_naive *n, const struct sigma_match *m)
{
	struct str name = arena_printf(n->arena, "%d%d%d:%.*s", m->re_nocase, m->re_multiline, m->re_dotall,
				       STR_ARGS(m->pattern));
	uint32_t index = map_get(n->regex_index, name);
	struct buf block = {0}, why = {0};
	struct regex *kept = NULL;
	size_t at;

	if (index != MAP_NONE)
		return n->regexes.at[index];
	if (regex_compile(m->pattern, sigma_regex_flags(m), &block, &why, &at) == 0) {
		kept = arena_alloc(n->names, block.n);
		memcpy(kept, block.p, block.n);
	}
	buf_free(&block);
	buf_free(&why);
	map_put(n->regex_index, arena_str(n->names, name), (uint32_t)n->regexes.n);
	*vec_add(&n->regexes) = kept;
	return kept;
}

static bool regex_matches(struct sigma_naive *n, const struct sigma_match *m, struct str text)
{
	const struct regex *r = regex_of(n, m);

	return r && regex_search(r, n->regex_cache, text);
}

/* ---- tests ---- */

static bool text_matches(struct sigma_naive *n, const struct sigma_match *m, struct str text)
{
	if (m->test == SIGMA_TEST_REGEX)
		return regex_matches(n, m, text);
	return sigma_glob(m->parts, m->part_count, m->cased ? text : sigma_fold(n->arena, text));
}

static bool keyword_matches(struct sigma_naive *n, const struct sigma_match *m, const struct event *e)
{
	if (e->raw.p)
		return text_matches(n, m, e->raw);
	for (uint32_t i = 0; i < e->field_count; i++)
		if (e->fields[i].kind != VALUE_NULL && text_matches(n, m, value_text(&e->fields[i], n->arena)))
			return true;
	return false;
}

static bool anchored(enum sigma_anchor anchor, struct str text, struct str other)
{
	switch (anchor) {
	case SIGMA_WHOLE:
		return str_eq(text, other);
	case SIGMA_CONTAINS:
		return str_find(text, other) >= 0;
	case SIGMA_STARTS:
		return str_starts(text, other);
	case SIGMA_ENDS:
		return str_ends(text, other);
	}
	return false;
}

static bool fieldref_matches(struct sigma_naive *n, const struct sigma_match *m, const struct event *e,
			     const struct field *f)
{
	struct walk others = walk_key(n, e, m->other_key);
	struct str text = text_of(n, f, m->cased);

	for (const struct field *o; (o = walk_next(&others));)
		if (o->kind != VALUE_NULL && anchored(m->anchor, text, text_of(n, o, m->cased)))
			return true;
	return false;
}

/* One value that is not null. */
static bool value_matches(struct sigma_naive *n, const struct sigma_match *m, const struct event *e, const struct field *f)
{
	switch (m->test) {
	case SIGMA_TEST_STRING:
	case SIGMA_TEST_REGEX:
		return text_matches(n, m, value_text(f, n->arena));
	case SIGMA_TEST_CIDR:
		return sigma_cidr_match(m, value_text(f, n->arena));
	case SIGMA_TEST_COMPARE:
		return sigma_compare_match(m, f);
	case SIGMA_TEST_FIELDREF:
		return fieldref_matches(n, m, e, f);
	case SIGMA_TEST_DATEPART:
		return sigma_datepart_match(m, value_text(f, n->arena));
	case SIGMA_TEST_NULL:
	case SIGMA_TEST_EXISTS:
		break;
	}
	return false;
}

static bool field_matches(struct sigma_naive *n, const struct sigma_match *m, const struct event *e)
{
	struct walk w = walk_key(n, e, m->key);
	bool present = false, valued = false;

	for (const struct field *f; (f = walk_next(&w));) {
		present = true;
		if (f->kind == VALUE_NULL)
			continue;
		valued = true;
		if (value_matches(n, m, e, f))
			return true;
	}
	if (m->test == SIGMA_TEST_NULL)
		return !valued;
	return m->test == SIGMA_TEST_EXISTS && present == m->wanted;
}

uint32_t sigma_naive_values(struct sigma_naive *n, const struct sigma_match *m, const struct event *e, struct field *out,
			    uint32_t max)
{
	struct walk w = walk_key(n, e, m->key);
	uint32_t count = 0;

	for (const struct field *f; !m->keyword && (f = walk_next(&w)); count++)
		if (count < max)
			out[count] = *f;
	return count;
}

static bool any_child(struct sigma_naive *n, const struct sigma_node *node, const struct event *e, bool wanted)
{
	for (uint32_t i = 0; i < node->child_count; i++)
		if (sigma_naive_node(n, node->children[i], e) == wanted)
			return true;
	return false;
}

bool sigma_naive_node(struct sigma_naive *n, const struct sigma_node *node, const struct event *e)
{
	switch (node->kind) {
	case SIGMA_NODE_AND:
		return !any_child(n, node, e, false);
	case SIGMA_NODE_OR:
		return any_child(n, node, e, true);
	case SIGMA_NODE_NOT:
		return !sigma_naive_node(n, node->children[0], e);
	case SIGMA_NODE_MATCH:
		return node->match->keyword ? keyword_matches(n, node->match, e) : field_matches(n, node->match, e);
	case SIGMA_NODE_SOURCE:
		return sigma_source_match(node->source, e);
	case SIGMA_NODE_TRUE:
		return true;
	case SIGMA_NODE_FALSE:
		break;
	}
	return false;
}

bool sigma_naive_variant(struct sigma_naive *n, const struct sigma_variant *v, const struct event *e)
{
	arena_reset(n->arena);
	return sigma_naive_node(n, v->root, e);
}

uint32_t sigma_naive_run(struct sigma_naive *n, const struct event *e, const uint32_t **out_rules)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n->set->variant_count; i++) {
		const struct sigma_variant *v = &n->set->variants[i];
		bool had = count && n->rules[count - 1] == v->rule_index;

		if (!had && sigma_naive_variant(n, v, e))
			n->rules[count++] = v->rule_index;
	}
	*out_rules = n->rules;
	return count;
}
