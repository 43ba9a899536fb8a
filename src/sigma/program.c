#include "sigma/compile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sigma/naive.h"

static void compiler_init(struct compiler *c, const struct sigma_set *set, unsigned threads)
{
	*c = (struct compiler){.set = set, .threads = threads};
	c->arena = arena_new(1u << 20);
	struct map **maps[] = {&c->texts, &c->patterns, &c->atoms, &c->nodes_by_key, &c->programs, &c->groups, &c->rows,
			       &c->databases, &c->regexes};
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
		*maps[i] = map_new(1024);
	for (int d = 0; d < SIGMA_DIMS; d++)
		c->values[d] = map_new(16);
	c->event_id_key = keys_find(set->keys, STR("EventID"));
}

static void compiler_free(struct compiler *c)
{
	struct map *maps[] = {c->texts, c->patterns, c->atoms, c->nodes_by_key, c->programs, c->groups, c->rows,
			      c->databases, c->regexes};
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
		map_free(maps[i]);
	for (int d = 0; d < SIGMA_DIMS; d++)
		map_free(c->values[d]);
#define X(name, type) vec_free(&c->t.name);
	IMAGE_SECTIONS(X)
#undef X
	vec_free(&c->nodes);
	vec_free(&c->children);
	vec_free(&c->kept);
	vec_free(&c->kept_atoms);
	vec_free(&c->roots);
	vec_free(&c->pattern_uses);
	vec_free(&c->hooks);
	vec_free(&c->witness_cost);
	vec_free(&c->program_nodes);
	vec_free(&c->group_programs);
	vec_free(&c->drafts);
	vec_free(&c->database_keys);
	vec_free(&c->regex_matches);
	vec_free(&c->in_set);
	buf_free(&c->key);
	arena_free(c->arena);
}

struct sigma_program *sigma_program_compile(const struct sigma_set *set, unsigned threads)
{
	struct compiler c;
	struct sigma_program *p = NULL;
	size_t size;
	compiler_init(&c, set, threads);
	for (uint32_t i = 0; i < set->variant_count; i++)
		*vec_add(&c.roots) = nodes_of_tree(&c, set->variants[i].root);
	image_describe_rules(&c);
	witness_count_uses(&c);
	route_build(&c);
	group_build_all(&c);
	image_atom_tables(&c);
	image_databases(&c);
	char *bytes = image_assemble(&c, &size);
	compiler_free(&c);
	int err = image_open(bytes, size, &p);
	assert(err == 0);
	return p;
}

uint32_t sigma_program_rule_count(const struct sigma_program *p)
{
	return p->rules_count;
}

const struct sigma_rule_info *sigma_program_rule(const struct sigma_program *p, uint32_t rule)
{
	assert(rule < p->rules_count);
	return &p->infos[rule];
}

const struct keys *sigma_program_keys(const struct sigma_program *p)
{
	return p->keys;
}

const struct sigma_counts *sigma_program_counts(const struct sigma_program *p)
{
	return &p->counts[0];
}

size_t sigma_program_bytes(const struct sigma_program *p)
{
	size_t n = p->size + arena_used(p->arena);
	for (uint32_t i = 0; i < p->literal_dbs_count; i++)
		n += atomic_load(&p->literal_ready[i]) ? p->literal_dbs[i].size : 0;
	return n;
}

/* What a finding looked at. */

static bool source_fits(const struct sigma_program *p, const struct image_variant *v, const struct event *e)
{
	for (uint32_t i = 0; i < v->sources.n; i++)
		if (!sigma_source_match(&p->source_objects[p->numbers[v->sources.at + i]], e))
			return false;
	return true;
}

struct looked_out { struct sigma_looked *at; uint32_t n, max; };

static void put_looked(struct looked_out *out, struct str name, const struct field *f)
{
	if (out->n < out->max)
		out->at[out->n++] = (struct sigma_looked){name, *f};
}

static void look(const struct sigma_program *p, const struct image_looked *l, const struct event *e,
		 struct looked_out *out)
{
	struct str name = image_text(p, l->name);
	uint32_t derived = p->derived_of_key[l->key], at = 0;
	for (uint32_t i = 0; i < out->n; i++)
		if (str_eq_nocase(out->at[i].name, name))
			return;
	if (derived) {
		struct field *f = arena_alloc(e->arena, SIGMA_DERIVED_VALUES_MAX * sizeof *f);
		uint32_t n = sigma_derive(&p->derived_objects[derived - 1], e, e->arena, f, SIGMA_DERIVED_VALUES_MAX);
		for (uint32_t i = 0; i < n; i++)
			put_looked(out, name, &f[i]);
		return;
	}
	for (const struct field *f; (f = event_next(e, l->key, &at)) != NULL;)
		put_looked(out, name, f);
}

uint32_t sigma_program_looked(const struct sigma_program *p, uint32_t rule, const struct event *e,
			      struct sigma_looked *out, uint32_t max)
{
	struct looked_out o = {out, 0, max};
	assert(rule < p->rules_count);
	for (uint32_t i = 0; i < p->rules[rule].variants.n; i++) {
		const struct image_variant *v = &p->variants[p->rules[rule].variants.at + i];
		if (!source_fits(p, v, e))
			continue;
		for (uint32_t k = 0; k < v->looked.n; k++)
			look(p, &p->looked[v->looked.at + k], e, &o);
	}
	return o.n;
}

bool sigma_program_feed(const void *user, uint32_t rule, uint32_t feed, const struct event *e, struct field *out)
{
	const struct sigma_program *p = user;
	assert(rule < p->rules_count && feed < p->rules[rule].feeds.n);
	for (uint32_t i = 0; i < p->rules[rule].variants.n; i++) {
		const struct image_variant *v = &p->variants[p->rules[rule].variants.at + i];
		uint32_t key = p->numbers[v->feed_keys.at + feed], derived = p->derived_of_key[key];
		if (key != KEY_NONE && source_fits(p, v, e) &&
		    sigma_feed_value(derived ? &p->derived_objects[derived - 1] : NULL, key, e, out))
			return true;
	}
	return false;
}
